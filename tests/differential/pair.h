#pragma once
// The engine and its twin side by side: the same question to both, and every way in which they may differ.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "differential/naive_shop.h"
#include "differential/step.h"
#include "support/world.h"

namespace doorbuster {

// What became of the orders of a sale: whether there was anything to differ in.
struct Fates {
  std::size_t orders = 0, forgotten = 0, expired = 0, confirmed = 0, offered = 0, refunds = 0, returned = 0,
              baskets = 0, owed_baskets = 0;
  std::map<std::string, std::size_t> answers;  // how often each code was told, and each thing was done
};

class Pair {
 public:
  // Begins with a configuration. `days`: its sales last for days, and others follow them.
  Pair(std::uint64_t dice, std::uint64_t orders_max, bool days = false);

  // Empty, or how the two differ. Answers, stock, orders, places and limits are compared of what was touched,
  // after a restart, a timer and a change of the configuration of everything.
  std::string play(const Step& step);
  void add_to(Fates& fates) const;
  const World& world() const { return world_; }

 private:
  NaiveBuy wanted_by(const Step& step) const;
  std::string play_step(const Step& step);
  std::string play_buy(const Step& step);
  std::string play_command(const Step& step);
  std::string play_timer(std::uint32_t at_most, bool sweeps);
  std::string play_configure(const Step& step);
  std::string play_act(const Step& step);
  void run_timer();

  std::string ask_engine(const NaiveBuy& wanted);
  BasketDecision ask_basket(const NaiveBuy& wanted, const Buy& buy);
  std::string ask_engine(const NaiveCommand& command);

  // --- pair_quotas.cc ---
  std::string check_promises(bool may_be_broken);
  bool gives_what_is_kept(const NaiveShop::OfferName& name, const NaiveOffer& offer,
                          const std::string& channel) const;

  // --- pair_compare.cc ---
  std::string compare_all() const;
  std::string compare_held() const;  // after a timer that has left nothing: what has run out is not held
  std::string compare_touched(const NaiveBuy& asked) const;
  std::string compare(const NaiveShop::OfferName& name) const;
  std::string compare_orders(const NaiveShop::OfferName& name) const;
  std::string compare_plan(const NaiveShop::OfferName& name) const;
  std::string compare_limits(const NaiveBuy& asked) const;
  std::string compare_limit(const NaiveBuy& asked, std::string_view buyer, Identities identity) const;
  // A question of somebody whom nothing but a limit can refuse, and when; nothing: there is no such moment.
  std::optional<Tick> when_only_limits_count(const NaiveBuy& asked, Buy& buy) const;
  // Every order and every line of a basket that has units in the offer.
  std::vector<Order> orders_in(const NaiveShop::OfferName& name) const;
  OfferIndex index_of(const NaiveShop::OfferName& name) const;

  World world_;
  NaiveShop twin_{World::kRetentionSeconds};
  const bool days_;
  Tick now_ = kOpens, opens_ = kOpens;  // opens_: of the configuration in force
  std::uint64_t dice_;                  // of the configuration in force
  std::map<std::string, std::size_t> answers_;
  std::map<NaiveShop::OfferName, bool> promises_;  // whether as much is left as is kept
};

// A sale of so many random questions. Fails with the first at which the two differ.
void play_random_sale(std::uint64_t seed, std::uint32_t steps, Fates& fates);
// Sales of some weeks, one after the other, in which days go by between two questions.
void play_random_weeks(std::uint64_t seed, std::uint32_t steps, Fates& fates);

}  // namespace doorbuster
