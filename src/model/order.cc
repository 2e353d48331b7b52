#include "doorbuster/model/order.h"

#include <array>

namespace doorbuster {

std::string_view order_status_name(OrderStatus status) {
  static constexpr std::array<std::string_view, kOrderStatusCount> kNames = {"confirmed", "held", "cancelled",
                                                                             "expired", "waiting"};
  return kNames[static_cast<std::size_t>(status)];
}

}  // namespace doorbuster
