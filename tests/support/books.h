#pragma once
// What must be true of an offer's books after every step, counted from its orders and nothing else.

#include <cstdint>
#include <set>
#include <string>

#include "support/world.h"

namespace doorbuster {

// Empty, or the promise of engine.h that does not hold.
inline std::string what_is_wrong(const World& world, OfferIndex offer) {
  const OfferStock stock = world.stock(offer);
  std::int64_t held = 0, confirmed = 0, returned = 0;
  std::uint32_t waiting = 0;
  std::set<std::string_view> keys;
  for (std::uint64_t ordinal = 1;; ++ordinal) {
    const auto order = world.find(OrderNumber::make(offer, ordinal));
    if (!order) break;
    if (order->number != OrderNumber::make(offer, ordinal)) return "an order has another's number";
    if (!order->key.empty() && !keys.insert(order->key).second) return "two orders have one key";
    if (order->status == OrderStatus::held) held += order->quantity;
    confirmed += order->confirmed_quantity;
    returned += order->returned_quantity;
    if (order->returned_quantity > order->confirmed_quantity) return "more came back than went out";
    if (order->confirmed_quantity > order->quantity) return "more was sold than was asked for";
    if (order->status == OrderStatus::waiting && world.place(order->number) != ++waiting) {
      return "places do not follow the order of arrival";
    }
  }
  if (stock.held < 0 || stock.sold < 0 || stock.available < 0) return "a count is below zero";
  if (stock.allocated != stock.available + stock.held + stock.sold) return "the parts are not the whole";
  if (stock.held != held) return "held is not what the orders hold";
  // Units that came back and cannot be sold again stay sold.
  if (stock.sold > confirmed || stock.sold < confirmed - returned) return "sold is not what the orders have";
  return "";
}

}  // namespace doorbuster
