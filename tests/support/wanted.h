#pragma once
// What a test asks a World for, and what it is told.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
  if (pin == Engine::Pin::no_room) return Outcome::overloaded;
  return pin == Engine::Pin::not_enough ? Outcome::validation_failed : Outcome::ok;
}

// As an HTTP thread does it: each SKU once, in the order of the offers. With a key the owner is asked about
// what is not listed any more: the order may be kept there.
inline BasketDecision resolve(const Catalog& catalog, std::string_view campaign,
                              const std::vector<WantedLine>& wanted, bool has_key,
                              std::vector<OrderLine>& lines) {
  const Campaign* found = catalog.find_campaign(kDefaultTenant, campaign);
  if (found == nullptr) return {refused(Outcome::campaign_not_found), ""};
  for (const WantedLine& line : wanted) {
    const Offer* offer = catalog.find_offer(found->definition.campaign, line.sku);
    const bool kept = offer != nullptr && has_key;
    if (!found->definition.listed && !kept) return {refused(Outcome::campaign_not_found), ""};
    if (offer == nullptr || (!offer->definition.listed && !kept)) {
      return {refused(Outcome::sku_not_found), line.sku};
    }
    const OfferIndex index = offer->definition.offer;
    const auto at = std::lower_bound(lines.begin(), lines.end(), index,
                                     [](const OrderLine& a, OfferIndex b) { return a.offer < b; });
    const bool again = at != lines.end() && at->offer == index;
    if (again) at->quantity += line.quantity;
    if (!again) lines.insert(at, {.offer = index, .quantity = line.quantity});
  }
  return {refused(Outcome::ok), ""};
}

// The lines in the order in which they are visited: the first line's shard, then that of the first line that
// is left.
inline std::vector<std::size_t> way_through(OrderLines lines, std::uint32_t shards) {
  std::vector<std::size_t> way;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (std::size_t j = i; j < lines.size(); ++j) {
      const bool same_shard = owner_shard(lines[i].offer, shards) == owner_shard(lines[j].offer, shards);
      if (same_shard && std::find(way.begin(), way.end(), j) == way.end()) way.push_back(j);
    }
  }
  return way;
}

}  // namespace doorbuster
