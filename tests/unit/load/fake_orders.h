#pragma once
// The fake shop's books: what it decides, and how it lies. No HTTP.

#include <cstdint>
#include <string>
#include <string_view>

#include "doorbuster/base/json_document.h"
#include "unit/load/fake_shop.h"

namespace doorbuster::load::testing {

struct FakeReply {
  unsigned status = 200;
  std::string body = {};
  bool replayed = false;
};
FakeReply fake_refusal(unsigned status, std::string_view code, const std::string& more = "");

class FakeOrders {
 public:
  FakeOrders(FakeState& state, Fault fault) : state_(state), fault_(fault) {}

  // Holds that are over run out, and who stands in line gets what is free. Before everything else.
  void tick(std::int64_t now_ns);
  FakeReply buy(const JsonNode& body, const std::string& key);
  FakeReply order(const std::string& name) const;
  // "confirm", "cancel", "payment-failed", "extend", "return"
  FakeReply step(const std::string& name, std::string_view action, const JsonNode& body,
                 const std::string& key);
  FakeReply look(const std::string& ticket) const;
  FakeReply leave(const std::string& ticket);
  std::string stock_json() const;

 private:
  FakeOffer& offer_of(const std::string& sku);
  std::int64_t open_units(const FakeOffer& offer) const;
  // `total` counts over all SKUs.
  bool over_limit(const FakeOrder& wanted, std::int64_t total) const;
  bool unlucky() { return ++luck_ % 5 == 2; }
  std::string order_json(const FakeOrder& order) const;
  std::string ticket_json(const FakeOrder& order) const;
  FakeReply replay(const FakeOrder& first) const;
  FakeReply begin(FakeOrder& wanted) const;
  FakeReply sell(FakeOffer& offer, FakeOrder wanted);
  FakeReply take_place(FakeOffer& offer, FakeOrder wanted);
  FakeReply not_held(const FakeOrder& order, bool refund) const;
  FakeReply confirm(FakeOrder& order, const JsonNode& body);
  FakeReply confirm_late(FakeOrder& order, std::int64_t units, const std::string& payment);
  FakeReply refuse_late(FakeOrder& order, const std::string& payment);
  FakeReply cancel(FakeOrder& order);
  FakeReply extend(FakeOrder& order, const JsonNode& body);
  FakeReply give_back(FakeOrder& order, const JsonNode& body, const std::string& key);
  void free_hold(FakeOrder& order, const std::string& status);
  void serve_line(FakeOffer& offer);

  // --- baskets: fake_baskets.cc
  static std::int64_t units_of_sku(const FakeOrder& order, const std::string& sku, std::int64_t units);
  static std::string content_json(const FakeOrder& order);
  FakeReply buy_basket(const JsonNode& body, const std::string& key);
  FakeReply refuse_line(FakeOrder& wanted, std::size_t line, std::string_view code);
  const FakeLine* line_over_limit(const FakeOrder& wanted) const;
  FakeReply confirm_basket(FakeOrder& order, const std::string& payment);
  void add_units(const FakeOrder& order, std::int64_t FakeOffer::*units, std::int64_t sign);

  FakeState& state_;
  const Fault fault_;
  std::int64_t now_ns_ = 0;
  int sales_ = 0;
  int baskets_ = 0;
  int luck_ = 0;
  std::size_t forgotten_ = 0;
};

}  // namespace doorbuster::load::testing
