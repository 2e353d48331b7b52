#include "doorbuster/model/order.h"

#include <array>

namespace doorbuster {

std::string_view order_status_name(OrderStatus status) {
  static constexpr std::array<std::string_view, kOrderStatusCount> kNames = {"confirmed", "held", "cancelled",
                                                                             "expired", "waiting"};
  return kNames[static_cast<std::size_t>(status)];
}

std::string_view order_event_reason_name(OrderEventReason reason) {
  static constexpr std::array<std::string_view, 3> kNames = {"asked", "payment_failed", "cannot_be_served"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace doorbuster
