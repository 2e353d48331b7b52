#pragma once

#include <cstdint>

namespace doorbuster {

// Where an order stands in its engine's store; dense from 0, for tables that run along.
struct OrderSlot {
  std::uint32_t value = 0;
  friend constexpr bool operator==(OrderSlot, OrderSlot) = default;
};

}  // namespace doorbuster
