#pragma once
// Who is served when units come back, and what is said to those who are not. From the record alone.

#include "load/judge.h"
#include "load/lives.h"

namespace doorbuster::load {

// Of two places in a SKU's line with the same quantity, the one in front is not offered later while both
// wait.
Check judge_line(const Lives& lives, const std::vector<SkuTerms>& skus);

// `all_held` only while something may be held, `sold_out` only while nothing must be. `others_hold` says, by
// SKU, whether somebody held units before the load.
Check judge_availability(const Lives& lives, const std::vector<SkuTerms>& skus,
                         const std::vector<bool>& others_hold, const ServerClock& clock);

}  // namespace doorbuster::load
