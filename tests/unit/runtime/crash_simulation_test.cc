// Hundreds of machines that lose power in the middle of a sale. Whatever was answered as durable is there,
// once; nothing is sold twice; and what was in doubt is answered when it is asked again.
#include <map>
#include <set>

#include "support/house.h"
#include "support/mortal_machine.h"

namespace doorbuster {
namespace {

constexpr std::uint32_t kOffers = 4;
constexpr std::int64_t kStock = 60;

class Saga : public MortalMachine {
 public:
  explicit Saga(std::uint64_t seed) : MortalMachine(seed), clock_(kOpens) {}

  void live() {
    if (below(5) == 0) plan_an_error(20);
    const HouseOptions options = {.shards = 1 + static_cast<std::uint32_t>(below(3)), .http_threads = 2};
    CatalogChangeSet shop = {{campaign_put(0, 3)}, {}};
    for (std::uint32_t i = 0; i < kOffers; ++i) shop.offers.push_back(offer_put(i, kStock));
    auto started = House::start(storage_, clock_, shop, options);
    if (!started) {
      // A planned error may stop a start; what a crash leaves behind must not.
      INFO(started.error().message);
      REQUIRE(started.error().message == "planned error");
      return;
    }
    House& house = **started;
    REQUIRE(house.state_faults().empty());
    samples_ += house.samples();
    check_promises(house);
    const std::uint64_t steps = below(120);
    for (std::uint64_t i = 0; i < steps; ++i) step(house);
    if (below(6) == 0 && house.stop()) listen(house);
  }

  std::size_t promises() const { return promised_.size(); }
  std::uint64_t samples() const { return samples_; }

 private:
  void step(House& house) {
    clock_.advance_ns(static_cast<std::int64_t>(below(1000)));
    switch (below(8)) {
      case 0:
        house.write();
        break;
      case 1:
        listen(house);
        break;
      case 2:
        house.decide();
        break;
      case 3:
        if (below(40) == 0) plan_an_error(20);
        break;
      default:
        ask(house);
        break;
    }
  }

  void ask(House& house) {
    const std::size_t http = below(2);
    if (house.door(http).in_use() == 200) return;
    const std::string buyer = "b-" + std::to_string(below(50));
    const std::string key = below(4) == 0 ? std::string() : "k-" + std::to_string(below(150));
    // One draw in each statement: the order of arguments is the compiler's.
    const OfferIndex offer{static_cast<std::uint32_t>(below(kOffers))};
    Buy buy = buy_of(buyer, key, 1 + static_cast<std::uint32_t>(below(2)), offer);
    const std::string reference = "r-" + std::to_string(below(2));
    buy.reference = reference;
    house.ask(buy, http, below(10) == 0);
  }

  void listen(House& house) {
    for (std::size_t http = 0; http < 2; ++http) {
      for (const Answer& answer : house.answers(http)) {
        if (answer.outcome != Outcome::confirmed || !answer.durable) continue;
        const auto at = promised_.emplace(answer.number.value, answer).first;
        // A replay repeats the same promise, also over crashes. It may be read before the promise itself:
        // the two came through different doors.
        REQUIRE(at->second.buyer == answer.buyer);
        REQUIRE(at->second.quantity == answer.quantity);
        REQUIRE(at->second.decided_at == answer.decided_at);
        if (!answer.replayed) REQUIRE(told_as_new_.insert(answer.number.value).second);
      }
    }
  }

  void check_promises(House& house) {
    for (const auto& [number, answer] : promised_) {
      Engine& engine = house.owner(OrderNumber{number}.offer());
      const auto slot = engine.find({number});
      REQUIRE(slot.has_value());
      const Order order = engine.order(*slot);
      REQUIRE(order.buyer == answer.buyer);
      REQUIRE(order.key == answer.key);
      REQUIRE(order.reference == answer.reference);
      REQUIRE(order.quantity == answer.quantity);
      REQUIRE(order.unit_price == answer.unit_price);
      REQUIRE(order.decided_at == answer.decided_at);
    }
    check_books(house);
  }

  // What was sold is the sum of its orders, within the stock, the limit and one order for each key.
  void check_books(House& house) {
    std::uint64_t orders = 0;
    for (std::uint32_t offer = 0; offer < kOffers; ++offer) {
      Engine& engine = house.owner({offer});
      std::map<std::string, std::uint32_t> units;
      std::set<std::string> keys;
      std::int64_t sold = 0;
      for (const OrderNumber number : house.numbers({offer})) {
        const Order order = engine.order(*engine.find(number));
        sold += order.quantity;
        REQUIRE((units[std::string(order.buyer)] += order.quantity) <= 3);
        if (!order.key.empty()) REQUIRE(keys.insert(std::string(order.key)).second);
        ++orders;
      }
      const OfferStock stock = house.stock({offer});
      REQUIRE(stock.sold == sold);
      REQUIRE(stock.allocated == kStock);
      REQUIRE(stock.available == kStock - sold);
      REQUIRE(stock.available >= 0);
    }
    REQUIRE(orders == house.recovered_orders());
  }

  ManualClock clock_;
  std::map<std::uint64_t, Answer> promised_;
  std::set<std::uint64_t> told_as_new_;
  std::uint64_t samples_ = 0;
};

TEST_CASE("over hundreds of crashes every durable answer is kept, once, and nothing is oversold") {
  std::size_t promises = 0;
  std::uint64_t samples = 0;
  for (std::uint64_t seed = 1; seed <= 250; ++seed) {
    CAPTURE(seed);
    Saga saga(seed);
    for (int life = 0; life < 5; ++life) {
      saga.live();
      saga.die();
    }
    saga.live();
    promises += saga.promises();
    samples += saga.samples();
  }
  CHECK(promises > 5'000);  // the sagas did happen
  CHECK(samples > 2'000);   // of the state of who had died, compared with what its journal made
}

}  // namespace
}  // namespace doorbuster
