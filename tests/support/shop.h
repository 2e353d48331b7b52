#pragma once
// A small shop for tests: definitions, buys and instants in as few words as they need.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/engine/engine.h"
#include "support/catch.h"

namespace doorbuster {

inline constexpr HashKey kTableKey{.k0 = 0x0123456789abcdef, .k1 = 0xfedcba9876543210};
inline constexpr HashKey kOrderIdKey{.k0 = 0x0706050403020100, .k1 = 0x0f0e0d0c0b0a0908};

inline constexpr Tick kOpens{1'795'766'400'000'000'000};  // 2026-11-27T08:00:00Z
inline constexpr Tick kCloses{kOpens.ns + 12 * 3600 * kNsPerSecond};
constexpr Tick after(Tick tick, std::int64_t ns) {
  return {tick.ns + ns};
}

inline CampaignPut campaign_put(std::uint32_t index, std::uint32_t limit_per_buyer = 0) {
  CampaignPut put;
  put.campaign = {index};
  put.starts_at = kOpens;
  put.ends_at = kCloses;
  put.limit_per_buyer = limit_per_buyer;
  put.id = "campaign-" + std::to_string(index);
  put.name = "Campaign " + std::to_string(index);
  put.currency = "EUR";
  return put;
}

inline OfferPut offer_put(std::uint32_t index, std::int64_t stock, std::int64_t price = 4990,
                          std::uint32_t campaign = 0) {
  OfferPut put;
  put.offer = {index};
  put.campaign = {campaign};
  put.stock = stock;
  put.list_price = 2 * price;
  put.price = price;
  put.sku = "sku-" + std::to_string(index);
  return put;
}

inline CatalogPointer catalog_of(std::vector<CampaignPut> campaigns, std::vector<OfferPut> offers,
                                 std::uint64_t version = 1) {
  return std::make_shared<const Catalog>(version, std::move(campaigns), std::move(offers));
}

inline Buy buy_of(std::string_view buyer, std::string_view key = {}, std::uint32_t quantity = 1,
                  OfferIndex offer = {}) {
  Buy buy;
  buy.offer = offer;
  buy.quantity = quantity;
  buy.buyer = buyer;
  buy.key = key;
  return buy;
}

inline bool is_new_order(const Decision& decision) {
  const bool accepted = decision.outcome == Outcome::confirmed || decision.outcome == Outcome::held ||
                        decision.outcome == Outcome::waiting;
  return accepted && !decision.replayed;
}

// An engine and the way a sale goes through it: decide, then apply what was accepted.
class Till {
 public:
  explicit Till(CatalogPointer catalog, std::uint64_t orders_max = 100)
      : allowances_(orders_max * (kIdentitiesMax + 1)),
        engine_({.orders_max = orders_max, .table_key = kTableKey, .allowances = &allowances_}) {
    engine_.install(std::move(catalog));
  }

  Decision look(const Buy& buy, Tick now = kOpens) const {
    return engine_.decide(buy, hash_buy(kTableKey, buy), now);
  }
  Decision sell(const Buy& buy, Tick now = kOpens) {
    const Decision decision = look(buy, now);
    if (!is_new_order(decision)) return decision;
    OrderSlot slot;
    REQUIRE(engine_.apply(decision.order, hash_buy(kTableKey, buy), slot));
    return decision;
  }
  Engine& engine() { return engine_; }
  const Engine& engine() const { return engine_; }

 private:
  Allowances allowances_;
  Engine engine_;
};

}  // namespace doorbuster

// So that a failed comparison prints the word and not a number.
template <>
struct Catch::StringMaker<doorbuster::Outcome> {
  static std::string convert(doorbuster::Outcome outcome) {
    return std::string(doorbuster::outcome_code(outcome));
  }
};
