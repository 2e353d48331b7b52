#pragma once
// The crowd at the doors: asks, loses replies, asks again with the same key, clicks twice, uses a key for
// something else, confirms, cancels, extends, returns, gives up. What it is told is checked on the spot
// against what it was told before, and kept for the oracle.

#include <map>
#include <vector>

#include "doorbuster/runtime/runtime.h"
#include "simulation/history.h"
#include "simulation/shop_plan.h"

namespace doorbuster::simulation {

class Clients {
 public:
  Clients(const ShopPlan& shop, History& history, Dice& dice, Trace& trace)
      : shop_(shop), history_(history), dice_(dice), trace_(trace) {}

  // A process has started; the one before took all that was on its way with it.
  void meet(Runtime& runtime, const Clock& clock, const std::vector<std::int64_t>& available);
  // One client does one thing.
  void step(std::uint64_t step);
  // Takes every answer that is there.
  void hear(std::uint64_t step);
  // An operator has changed what there is to sell: who was told "sold out" may be wrong now.
  void stock_has_changed() { stock_changed_ = true; }
  bool wait_for_answers() const { return !pending_.empty(); }

  // One buy by a new buyer, without a key. Returns its attempt.
  std::size_t buy_one(OfferIndex offer, std::uint64_t step);
  void confirm(OrderNumber order, std::uint64_t step) { ask_command(OrderAction::confirm, order, step); }

  // At the end of a life: every "sold out" of the plain offers has an instant at which it was true.
  void check_sold_out() const;

 private:
  struct Pending {
    std::size_t attempt = 0;
    std::uint16_t door = 0;
  };

  Request* take(std::uint16_t& door);
  void send(Request* request, std::uint16_t door, const Attempt& attempt);
  std::uint32_t make_wish();
  std::uint32_t make_wish_with_key_of(std::uint32_t other);
  void make_basket(Wish& wish);
  void ask(std::uint32_t wish, std::uint64_t step);
  bool refuse_at_door(EngineDoor& door, const Wish& wish, const BuyHashes& hashes) const;
  void command(std::uint64_t step);
  void ask_command(OrderAction action, OrderNumber number, std::uint64_t step);
  void find(std::uint64_t step);

  void told_buy(Attempt& attempt, const Request& request);
  void told_order(const Attempt& attempt, const Request& request);
  void promise(Attempt& attempt, Wish& wish, const Request& request);
  void check_refusal(const Attempt& attempt, const Wish& wish) const;
  void know(OrderNumber number);
  bool is_plain(OfferIndex offer) const;
  bool is_over_limit(const Wish& wish) const;
  void check_sold_out(OfferIndex offer) const;

  const ShopPlan& shop_;
  History& history_;
  Dice& dice_;
  Trace& trace_;
  Runtime* runtime_ = nullptr;
  const Clock* clock_ = nullptr;
  std::map<const Request*, Pending> pending_;  // found by address, never walked
  bool stock_changed_ = false;
  std::uint64_t failed_at_ = 0;          // step: the journal has failed; 0: it has not
  std::vector<std::int64_t> available_;  // when this life began, by offer
  std::vector<bool> gave_back_;          // in this life, by offer
};

}  // namespace doorbuster::simulation
