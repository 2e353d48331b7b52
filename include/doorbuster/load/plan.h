#pragma once
// The plan: who comes when, decided before the first request is sent, so that a slow server cannot slow its
// own load down (coordinated omission). The same scenario, seed and number of SKUs give the same plan on
// every machine.

#include <cstdint>
#include <optional>
#include <vector>

#include "doorbuster/load/scenario.h"

namespace doorbuster::load {

// splitmix64: the standard library's distributions differ between libraries, these do not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  double unit();                             // [0, 1)
  double exponential();                      // mean 1
  double half_normal();                      // |N(0, 1)|
  std::uint32_t below(std::uint32_t bound);  // [0, bound); REQUIRES: bound > 0

 private:
  std::uint64_t state_;
};

struct Visitor {
  std::int64_t due_ns = 0;  // from the start of the load
  std::uint32_t buyer = 0;
  std::uint16_t sku = 0;  // index into the SKUs given to make_plan()
  Actor actor = Actor::shopper;
  std::uint8_t gap_ms = 1;  // 1 to 50: between the two clicks of a double_clicker
};
static_assert(sizeof(Visitor) == 16);

struct Plan {
  std::vector<Visitor> visitors;  // by due_ns
  std::int64_t duration_ns = 0;   // the stages' whole length
};

// `hot` is the hot SKU's index. REQUIRES: 0 < sku_count <= kScenarioSkusMax.
Plan make_plan(const Scenario& scenario, std::size_t sku_count, std::optional<std::size_t> hot);

}  // namespace doorbuster::load
