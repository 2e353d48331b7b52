// A whole sale with all of its threads: many buyers on few units, retries, changes of the stock in between, a
// stop and a start. The books must be right to the unit.
#include <map>
#include <random>
#include <set>
#include <thread>

#include "stress/stress.h"
#include "support/customer.h"

namespace doorbuster {
namespace {

constexpr std::uint32_t kOffers = 3;
constexpr std::uint32_t kLimit = 4;

Configuration sale_of(std::int64_t stock) {
  Configuration configuration =
      configuration_with({{"tv", stock, 9, 5}, {"radio", stock, 9, 5}, {"pan", stock, 9, 5}}, kLimit);
  configuration.server.max_orders = 200'000;
  return configuration;
}

// What was answered, as a judge outside would keep it.
class Ledger {
 public:
  void take(const std::vector<Answer>& answers) {
    for (const Answer& answer : answers) {
      ++outcomes_[answer.outcome];
      if (answer.outcome != Outcome::confirmed) continue;
      REQUIRE(answer.durable);
      const std::uint32_t offer = answer.number.offer().value;
      const auto [order, fresh] = orders_.emplace(answer.number.value, answer);
      REQUIRE(order->second.buyer == answer.buyer);
      REQUIRE(order->second.quantity == answer.quantity);
      if (!answer.key.empty()) {
        // One key of an offer, one order.
        const auto [known, first] = by_key_.emplace(std::to_string(offer) + answer.key, answer.number.value);
        REQUIRE(known->second == answer.number.value);
      }
      if (!fresh) {
        REQUIRE((answer.replayed || order->second.replayed));
        continue;
      }
      sold_[offer] += answer.quantity;
      REQUIRE((units_[std::to_string(offer) + answer.buyer] += answer.quantity) <= kLimit);
    }
  }
  std::int64_t sold(std::uint32_t offer) const { return sold_.contains(offer) ? sold_.at(offer) : 0; }
  std::size_t orders() const { return orders_.size(); }
  std::size_t count(Outcome outcome) const { return outcomes_.contains(outcome) ? outcomes_.at(outcome) : 0; }

 private:
  std::map<std::uint64_t, Answer> orders_;
  std::map<std::string, std::uint64_t> by_key_;
  std::map<std::uint32_t, std::int64_t> sold_;
  std::map<std::string, std::uint32_t> units_;
  std::map<Outcome, std::size_t> outcomes_;
};

// Buyers and keys belong to a thread, so that its own answers are all that the ledger needs.
void crowd(Customer& customer, std::size_t me, std::size_t wishes, std::vector<Answer>& answers) {
  std::mt19937_64 random(me);
  for (std::size_t i = 0; i < wishes; ++i) {
    const std::uint64_t number = random() % 400;
    customer.want({.buyer = "b-" + std::to_string(me) + "-" + std::to_string(number),
                   .key = number % 3 == 0 ? "" : "k-" + std::to_string(me) + "-" + std::to_string(number),
                   .quantity = 1 + static_cast<std::uint32_t>(number % 2),
                   .offer = {static_cast<std::uint32_t>(random() % kOffers)}});
    if (i % 200 == 199) {
      for (Answer& answer : customer.wait()) answers.push_back(std::move(answer));
    }
  }
  for (Answer& answer : customer.wait()) answers.push_back(std::move(answer));
}

void run_sale(OpenShop& shop, std::int64_t stock_first, Ledger& ledger) {
  std::vector<std::vector<Answer>> answers(shop.customers());
  std::vector<std::thread> crowds;
  for (std::size_t i = 0; i < shop.customers(); ++i) {
    crowds.emplace_back([&, i] { crowd(shop.customer(i), i, stressed(6000), answers[i]); });
  }
  for (std::int64_t stock = stock_first; stock <= stock_first + 100; stock += 20) {
    const auto changed = shop->reconfigure(sale_of(stock).campaigns);
    REQUIRE(changed.has_value());
    for (std::uint32_t offer = 0; offer < kOffers; ++offer) {
      const OfferStock now = shop.stock({offer});
      REQUIRE(now.allocated == stock);
      REQUIRE(now.allocated == now.available + now.held + now.sold);
      REQUIRE(now.available >= 0);
    }
  }
  for (std::thread& each : crowds) each.join();
  for (const auto& each : answers) ledger.take(each);
}

TEST_CASE(
    "after a sale with every thread at work the books are right to the unit, and again after a restart") {
  const WiringPlan plans[] = {
      {.shards = 1, .http_threads = 1, .shared = true},
      {.shards = 3, .http_threads = 3, .shared = true},
      {.shards = 2, .http_threads = 3, .shared = false},
  };
  ManualClock clock(kOpens);
  for (const WiringPlan& plan : plans) {
    MemoryStorage storage;
    Ledger ledger;
    std::uint64_t hash = 0;
    {
      OpenShop shop(storage, clock, sale_of(100), plan);
      run_sale(shop, 100, ledger);
      for (std::uint32_t offer = 0; offer < kOffers; ++offer) {
        REQUIRE(shop.stock({offer}).sold == ledger.sold(offer));
      }
      const auto stopped = shop->stop();
      REQUIRE(stopped.has_value());
      hash = *stopped;
    }
    CHECK(ledger.orders() > 100);
    CHECK(ledger.count(Outcome::sold_out) > 0);
    CHECK(ledger.count(Outcome::overloaded) == 0);
    storage.kill();
    OpenShop again(storage, clock, sale_of(200), plans[plan.shards % 3]);
    CHECK(again->recovery().state_hash == hash);
    CHECK(again->recovery().orders == ledger.orders());
    REQUIRE(again->stop().has_value());
  }
}

}  // namespace
}  // namespace doorbuster
