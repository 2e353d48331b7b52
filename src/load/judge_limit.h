#pragma once
// No buyer, and no identity, has more units at any moment than the limits allow. Only units of which the
// record is certain count: from the answer that gave them to the request that may have ended them.

#include <cstdint>
#include <optional>
#include <vector>

#include "load/judge.h"
#include "load/lives.h"

namespace doorbuster::load {

struct Limits {
  std::optional<std::uint32_t> per_buyer;        // of each SKU; 0: none
  std::optional<std::uint32_t> per_buyer_total;  // over all SKUs; 0: none
};

// Units of one SKU that an order had for certain. The order must outlive it.
struct LiveUnits {
  const Promise* order = nullptr;
  const OrderLine* line = nullptr;  // of the order
  std::uint32_t units = 0;
  bool of_device = false;                  // they count for the order's identity; otherwise for its buyer
  std::int64_t from_ns = 0, until_ns = 0;  // record's time
};

// Held and confirmed units over the time of the record. REQUIRES: orders[i] is of lives.all()[i].
std::vector<LiveUnits> live_units(const Lives& lives, const std::vector<Promise>& orders,
                                  const ServerClock& clock);
// Confirmed units at the end, where there is no record of times.
std::vector<LiveUnits> final_units(const std::vector<Promise>& orders);

Check judge_limit(const std::vector<LiveUnits>& live, std::optional<std::uint32_t> limit);
Check judge_total_limit(const std::vector<LiveUnits>& live, std::optional<std::uint32_t> limit);

}  // namespace doorbuster::load
