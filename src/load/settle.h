#pragma once
// Between the load and the audit: what is still open is brought to an end, so that the end can be judged.

#include <cstdint>
#include <vector>

#include "doorbuster/base/result.h"
#include "load/http_client.h"
#include "load/judge.h"
#include "load/record.h"
#include "load/server_view.h"
#include "load/wire.h"

namespace doorbuster::load {

// A server may answer an auditor, too, with a passing refusal; it is asked again this often.
inline constexpr int kPatienceRounds = 5;
inline constexpr std::int64_t kPatiencePauseMs = 100;

struct Settler {
  HttpClient& api;
  const RequestWriter& writer;
  std::int64_t start_ns = 0;  // monotonic clock at the record's time 0
  RunRecord& record;          // requests and answers are appended
};

// Sends every key once more that got no answer or lost it, so that at the end it is known what it stands for:
// either its order, or a refusal, or a fresh order.
Status settle_unknown(const Settler& settler);
// Takes everybody out of line who still waits, so that no unit that comes back is held for nobody.
Status leave_lines(const Settler& settler, const Names& names);

// Waits until the last hold that the promises know of has run out, a minute at most.
void wait_for_holds(const std::vector<Promise>& promises, std::int64_t clock_offset_ns,
                    std::int64_t clock_error_ns);
// Gives the server a second to write down that nothing is held any more but what was before.
void wait_for_free_units(HttpClient& admin, const std::string& campaign,
                         const std::vector<StockView>& baseline);

}  // namespace doorbuster::load
