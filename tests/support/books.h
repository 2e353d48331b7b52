#pragma once
// What must be true of an offer's books after every step, counted from its orders and nothing else.

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include "support/world.h"

namespace doorbuster {

// What one offer's orders say of its units.
struct BooksOfOffer {
  std::int64_t held = 0, confirmed = 0, returned = 0;
  bool is_whole = true;  // nothing is forgotten
  void add(const Order& order) {
    if (order.status == OrderStatus::held) held += order.quantity;
    confirmed += order.confirmed_quantity;
    returned += order.returned_quantity;
  }
};

// A basket and its lines: the order has no units of its own, each line has its part of them.
inline std::string what_is_wrong_in_basket(const World& world, const Order& basket) {
  BooksOfOffer parts;
  std::int64_t quantity = 0, price = 0;
  for (const OrderLine& line : basket.lines) {
    quantity += line.quantity;
    price += line.quantity * line.unit_price;
    const auto found = world.part(basket.number, line.offer);
    if (!found) {
      // Forgotten: all of it came back; or it ran out, and its order lives on because money is owed since.
      const std::uint32_t units = basket.status == OrderStatus::confirmed ? line.quantity : 0;
      parts.confirmed += units;
      parts.returned += units;
      continue;
    }
    const Order& part = *found;
    if (part.quantity != line.quantity) return "a part is not its line";
    if (part.buyer != basket.buyer) return "a part is another's";
    const bool sold = basket.status == OrderStatus::confirmed;
    if ((part.status == OrderStatus::confirmed) != sold) return "a basket is sold in part";
    if (part.status == OrderStatus::held && basket.status != OrderStatus::held) return "a part is left over";
    if (sold && part.confirmed_quantity != line.quantity) return "a line is sold in part";
    if (part.status == OrderStatus::held && part.expires_at != basket.expires_at)
      return "a part has its own time";
    if (part.returned_quantity > line.quantity) return "more came back of a line than went out";
    parts.add(part);
  }
  if (basket.quantity != quantity || basket.unit_price != price)
    return "a basket is not the sum of its lines";
  if (basket.confirmed_quantity != parts.confirmed) return "a basket is not sold as a whole";
  if (basket.returned_quantity != parts.returned) return "what came back of a basket is not of its lines";
  return "";
}

inline bool has_line(const Order& order, OfferIndex offer) {
  return std::any_of(order.lines.begin(), order.lines.end(),
                     [&](const OrderLine& line) { return line.offer == offer; });
}

// The units that baskets have of the offer.
inline BooksOfOffer baskets_of(const World& world, OfferIndex offer) {
  BooksOfOffer books;
  const CampaignIndex campaign = world.catalog()->offer(offer).definition.campaign;
  for (const Offer& home : world.catalog()->offers()) {
    if (home.definition.campaign != campaign) continue;
    for (std::uint64_t ordinal = 1;; ++ordinal) {
      const OrderNumber number = OrderNumber::make(home.definition.offer, ordinal);
      if (world.find(number, kOpens) == Outcome::order_not_found) break;
      const auto order = world.find(number), part = world.part(number, offer);
      if (part) books.add(*part);
      books.is_whole = books.is_whole && order && (part || !has_line(*order, offer));
    }
  }
  return books;
}

// Empty, or the promise of engine.h that does not hold.
inline std::string what_is_wrong(const World& world, OfferIndex offer) {
  const OfferStock stock = world.stock(offer);
  BooksOfOffer books = baskets_of(world, offer);
  std::uint32_t waiting = 0;
  std::set<std::string_view> keys;
  for (std::uint64_t ordinal = 1;; ++ordinal) {
    if (world.find(OrderNumber::make(offer, ordinal), kOpens) == Outcome::order_not_found) break;
    const auto order = world.find(OrderNumber::make(offer, ordinal));
    books.is_whole = books.is_whole && order;
    if (!order) continue;
    if (order->number != OrderNumber::make(offer, ordinal)) return "an order has another's number";
    if (!order->key.empty() && !keys.insert(order->key).second) return "two orders have one key";
    if (!order->lines.empty()) {
      const std::string wrong = what_is_wrong_in_basket(world, *order);
      if (!wrong.empty()) return wrong;
    } else {
      books.add(*order);
    }
    if (order->returned_quantity > order->confirmed_quantity) return "more came back than went out";
    if (order->confirmed_quantity > order->quantity) return "more was sold than was asked for";
    if (order->status == OrderStatus::waiting && world.place(order->number) != ++waiting) {
      return "places do not follow the order of arrival";
    }
  }
  if (stock.held < 0 || stock.sold < 0 || stock.available < 0) return "a count is below zero";
  if (stock.allocated != stock.available + stock.held + stock.sold) return "the parts are not the whole";
  if (stock.held != books.held) return "held is not what the orders hold";
  // Units that came back and cannot be sold again stay sold.
  if ((books.is_whole && stock.sold > books.confirmed) || stock.sold < books.confirmed - books.returned)
    return "sold is not what the orders have";
  return "";
}

}  // namespace doorbuster
