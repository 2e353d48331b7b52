#pragma once
// What a test asks a World for, and what it is told.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "doorbuster/runtime/basket.h"
#include "support/shop.h"

namespace doorbuster {

struct WantedLine {
  std::string sku;
  std::uint32_t quantity = 1;
};

// Of a basket: whose refusal it is, where it is a line's.
struct BasketDecision : Decision {
  std::string refused_sku;
};
struct CommandDecision : OrderDecision {
  std::string refused_sku;
};

inline Decision refused(Outcome outcome) {
  Decision decision;
  decision.outcome = outcome;
  return decision;
}

// --- a basket's line, as a shard asks for it ---

inline BuyHashes nameless(const BuyHashes& hashes) {
  return {.buyer = hashes.buyer, .key = {}};
}
inline Buy line_as_buy(const Buy& basket, const OrderLine& line) {
  Buy buy = buy_of(basket.buyer, {}, line.quantity, line.offer);
  buy.channel = basket.channel;
  buy.region = basket.region;
  buy.segment = basket.segment;
  buy.identities = basket.identities;
  return buy;
}
// The price of the whole comes after the limits and before the stock.
inline void check_price(Basket& basket, const Buy& buy, BasketDecision& answer) {
  std::int64_t price = 0;
  for (const Basket::Line& line : std::span(basket.lines).first(basket.count)) {
    price += line.line.quantity * line.line.unit_price;
  }
  const Basket::Line* refusal = basket.first_refusal();
  if (buy.expected_price == Buy::kNoExpectedPrice || price <= buy.expected_price) return;
  if (refusal != nullptr && refusal->outcome < Outcome::price_changed) return;
  answer.price = price;
  basket.lines[0].outcome = Outcome::price_changed;
  basket.refused = true;
}

inline Outcome refusal_of(Engine::Pin pin) {
  if (pin == Engine::Pin::expired) return Outcome::hold_expired;
  if (pin == Engine::Pin::limited) return Outcome::limit_reached;
  return pin == Engine::Pin::not_enough ? Outcome::validation_failed : Outcome::ok;
}

}  // namespace doorbuster
