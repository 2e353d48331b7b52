// Samples of a running engine's state in its journal: a checkpoint and a start find out when the engine had
// something else than what its journal comes to.
#include <set>
#include <string>

#include "support/engine_breaker.h"
#include "unit/runtime/sold_folder.h"

namespace doorbuster {
namespace {

constexpr OfferIndex kOffer{3};

// One shard, orders of one line and no baskets: what there is of units is sampled too.
class Shop {
 public:
  Shop() { open(); }
  void open() {
    house.reset();
    storage.kill();
    auto started = House::start(storage, clock, shop(), {.orders_max = 20'000});
    REQUIRE(started.has_value());
    house = std::move(*started);
  }
  void sell(int orders) {
    for (int i = 0; i < orders; ++i) {
      const std::string buyer = "b-" + std::to_string(++sold_);
      const Answer answer = house->sell(buy_of(buyer, "k-" + std::to_string(sold_), 1, kOffer));
      REQUIRE(answer.outcome == Outcome::held);
      numbers.push_back(answer.number);
      OrderCommand confirm;
      confirm.action = OrderAction::confirm;
      confirm.order = answer.number;
      if (sold_ % 2 == 0) house->command(confirm);
    }
  }
  // Until a segment is complete that begins behind this moment.
  void fill() {
    const auto segments = [this] { return house->journal().writer().counters().segments; };
    for (const std::uint64_t until = segments() + 2; segments() < until;) sell(20);
  }
  void break_units() { EngineBreaker(house->owner(kOffer)).add_sold(kOffer, 1); }
  void break_orders() {
    Engine& engine = house->owner(kOffer);
    for (const OrderNumber number : numbers) EngineBreaker(engine).set_quantity(*engine.find(number), 2);
  }

  MemoryStorage storage;
  ManualClock clock{kOpens};
  std::unique_ptr<House> house;
  std::vector<OrderNumber> numbers;

 private:
  int sold_ = 0;
};

TEST_CASE("a checkpoint is held against the engine that runs") {
  Shop shop;
  shop.fill();
  const auto built = build_checkpoint(shop.storage, {});
  REQUIRE((built && *built));
  CHECK((*built)->samples > 50);
}

TEST_CASE("no checkpoint is made of a journal that does not come to what the running engine has") {
  Shop shop;
  shop.fill();
  REQUIRE(build_checkpoint(shop.storage, {})->has_value());
  SECTION("units") {
    shop.break_units();
  }
  SECTION("an order") {
    shop.break_orders();
  }
  shop.fill();
  const auto built = build_checkpoint(shop.storage, {});
  REQUIRE_FALSE(built.has_value());
  CHECK(built.error().kind == ErrorKind::runtime);
  CHECK(built.error().message.find("(state_sample): sku sku-3, order ") != std::string::npos);
  CHECK(built.error().message.find("the engine that wrote this had ") != std::string::npos);

  // Whoever runs from now on has what the journal says, and so has its next checkpoint.
  shop.open();
  CHECK(shop.house->samples() > 50);
  CHECK(shop.house->state_faults().size() == kStateFaultsKept);
  shop.fill();
  const auto next = build_checkpoint(shop.storage, {});
  INFO((next ? std::string() : next.error().message));
  CHECK((next && *next));
}

TEST_CASE("of more faults than are kept the newest are told") {
  Shop shop;
  const auto epochs = [&shop] {
    std::set<std::uint64_t> all;
    for (const StateFault& fault : shop.house->state_faults()) all.insert(fault.epoch);
    return all;
  };
  shop.break_units();
  shop.fill();
  shop.open();
  const std::set<std::uint64_t> first = epochs();
  CHECK(first.size() == 1);
  shop.break_units();
  shop.fill();
  shop.open();
  CHECK(shop.house->state_faults().size() == kStateFaultsKept);
  CHECK(epochs().size() == 1);
  CHECK(epochs() > first);
}

TEST_CASE("samples of baskets' shards say nothing of units, and what they say holds") {
  for (const std::uint32_t shards : {1U, 3U}) {
    Folder folder(shards);
    folder.fill(2);
    CHECK(folder.build().samples > 50);
    folder.fill(1);
    folder.open();
    CHECK(folder.house->samples() > 10);
    CHECK(folder.house->state_faults().empty());
  }
}

}  // namespace
}  // namespace doorbuster
