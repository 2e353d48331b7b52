// A whole life with its threads: open, sell, change, stop, and open again.
#include "doorbuster/runtime/runtime.h"

#include <thread>

#include "doorbuster/catalog/campaign_action.h"
#include "support/customer.h"
#include "support/house.h"

namespace doorbuster {
namespace {

const WiringPlan kPlans[] = {
    {.shards = 1, .http_threads = 1, .shared = true},
    {.shards = 2, .http_threads = 2, .shared = true},
    {.shards = 2, .http_threads = 3, .shared = false},
};

TEST_CASE("what one wiring sold, every other finds again") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  const Configuration configuration =
      configuration_with({{"tv", 20, 99900, 49900}, {"radio", 5, 2000, 1000}});
  std::uint64_t hash = 0;
  std::uint32_t sold = 0;
  std::uint64_t skipped = 0;
  for (const WiringPlan& plan : kPlans) {
    OpenShop shop(storage, clock, configuration, plan);
    CHECK(shop->recovery().fresh == (sold == 0));
    if (sold != 0) CHECK(shop->recovery().state_hash == hash);
    CHECK(shop->recovery().orders == sold);
    for (std::uint32_t i = 0; i < shop.customers(); ++i) {
      const Answer answer =
          shop.customer(i).buy({.buyer = "b-" + std::to_string(sold), .key = "k-" + std::to_string(sold)});
      CHECK(answer.outcome == Outcome::confirmed);
      CHECK(answer.durable);
      CHECK(answer.number == OrderNumber::make({0}, skipped + ++sold));
      const Answer first = shop.customer(i).buy({.buyer = "b-0", .key = "k-0"});
      CHECK(first.replayed);
      CHECK(first.number == OrderNumber::make({0}, 1));
    }
    CHECK(shop.stock({0}).sold == sold);
    CHECK(shop.stock({1}).sold == 0);
    const auto stopped = shop->stop();
    REQUIRE(stopped.has_value());
    hash = *stopped;
    storage.kill();  // the lock is free
    skipped += OrderNumber::kOrdinalsPerStart;
  }
}

TEST_CASE("raised stock re-opens a sold-out offer, on the board before the first new unit is sold") {
  ManualClock clock(kOpens);
  for (const WiringPlan& plan : kPlans) {
    MemoryStorage own;
    OpenShop shop(own, clock, configuration_with({{"tv", 1, 99900, 49900}}), plan);
    CHECK(shop.customer().buy({.buyer = "ann"}).outcome == Outcome::confirmed);
    CHECK(shop->door(0).board().sold_out({0}));
    CHECK(shop.customer().buy({.buyer = "ben"}).outcome == Outcome::sold_out);
    const auto changed =
        shop->reconfigure({campaign_with({{"tv", 2, 99900, 39900}, {"radio", 5, 2000, 1000}})});
    REQUIRE(changed.has_value());
    CHECK(*changed == 2);
    CHECK_FALSE(shop->door(0).board().sold_out({0}));
    CHECK(shop->door(0).board().remaining({0}) == 1);
    CHECK(shop->catalog()->version() == 2);
    const Answer answer = shop.customer().buy({.buyer = "ben"});
    CHECK(answer.outcome == Outcome::confirmed);
    CHECK(answer.unit_price == 39900);
    CHECK(answer.number == OrderNumber::make({0}, 2));
    CHECK(shop->door(0).board().sold_out({0}));
    CHECK(shop.customer().buy({.buyer = "eve", .offer = {1}}).outcome == Outcome::confirmed);
    REQUIRE(shop->stop().has_value());
  }
}

TEST_CASE("a stock below what is sold is refused in a running shop, and nothing has changed") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  OpenShop shop(storage, clock, configuration_with({{"tv", 5, 99900, 49900}}), kPlans[1]);
  for (int i = 0; i < 3; ++i) CHECK(shop.customer().buy({.buyer = "ann"}).outcome == Outcome::confirmed);
  const CatalogPointer before = shop->catalog();
  const auto refused = shop->reconfigure({campaign_with({{"tv", 2, 99900, 100}, {"radio", 5, 2000, 1000}})});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == ErrorKind::configuration);
  CHECK_THAT(refused.error().message, Catch::Contains("below the 3 units"));
  CHECK(shop->catalog() == before);
  CHECK(shop.stock({0}).allocated == 5);
  CHECK(shop.customer().buy({.buyer = "ann"}).unit_price == 49900);
  // Exactly what is sold is possible, and sells out.
  REQUIRE(shop->reconfigure({campaign_with({{"tv", 4, 99900, 49900}})}).has_value());
  CHECK(shop.customer().buy({.buyer = "ann"}).outcome == Outcome::sold_out);
  CHECK(shop->door(0).board().sold_out({0}));
  REQUIRE(shop->stop().has_value());
}

TEST_CASE("the same configuration again changes nothing and writes nothing") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  const Configuration configuration = configuration_with({{"tv", 5, 99900, 49900}});
  OpenShop shop(storage, clock, configuration, kPlans[0]);
  const auto writes = storage.operations(StorageOperation::write);
  const auto changed = shop->reconfigure(configuration.campaigns);
  REQUIRE(changed.has_value());
  CHECK(*changed == 0);
  CHECK(storage.operations(StorageOperation::write) == writes);
  CHECK(shop->catalog()->version() == 1);
  REQUIRE(shop->stop().has_value());
}

TEST_CASE("a changed configuration is a journaled command: the next start finds it in force") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  Configuration configuration = configuration_with({{"tv", 5, 99900, 49900}});
  std::uint64_t hash = 0;
  {
    OpenShop shop(storage, clock, configuration, kPlans[0]);
    CHECK(shop.customer().buy({.buyer = "ann", .key = "k-1"}).outcome == Outcome::confirmed);
    configuration.campaigns = {campaign_with({{"tv", 9, 99900, 39900}}, 2)};
    REQUIRE(shop->reconfigure(configuration.campaigns).has_value());
    const auto stopped = shop->stop();
    REQUIRE(stopped.has_value());
    hash = *stopped;
  }
  storage.kill();
  OpenShop shop(storage, clock, configuration, kPlans[2]);
  CHECK(shop->recovery().state_hash == hash);
  CHECK(shop->catalog()->version() == 2);
  CHECK(shop.customer().buy({.buyer = "ann", .quantity = 2}).outcome == Outcome::limit_reached);
  CHECK(shop.customer().buy({.buyer = "ann"}).unit_price == 39900);
  REQUIRE(shop->stop().has_value());
}

TEST_CASE("a pause in a running shop is in force when it is answered, and in the next start") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  const Configuration configuration = configuration_with({{"tv", 5, 99900, 49900}});
  const auto act = [](OpenShop& shop, CampaignAction action) {
    const auto changed = shop->change(
        [&](const Catalog& catalog, const std::vector<std::int64_t>&, Tick now) -> Result<CatalogChangeSet> {
          auto change = plan_action(catalog, {0}, action, now);
          REQUIRE(change.has_value());
          change->origin = {ChangeOrigin::Source::admin, "ann", "test", "a test"};
          return std::move(*change);
        });
    REQUIRE(changed.has_value());
    return *changed;
  };
  std::uint64_t hash = 0;
  {
    OpenShop shop(storage, clock, configuration, kPlans[1]);
    CHECK(shop.customer().buy({.buyer = "ann"}).outcome == Outcome::confirmed);
    CHECK(act(shop, CampaignAction::pause) == 1);
    CHECK(shop.customer().buy({.buyer = "ann"}).outcome == Outcome::campaign_paused);
    CHECK(act(shop, CampaignAction::pause) == 0);
    CHECK(shop->catalog()->version() == 2);
    const auto stopped = shop->stop();
    REQUIRE(stopped.has_value());
    hash = *stopped;
  }
  storage.kill();
  OpenShop shop(storage, clock, configuration, kPlans[2]);
  CHECK(shop->recovery().state_hash == hash);
  CHECK(shop.customer().buy({.buyer = "ann"}).outcome == Outcome::campaign_paused);
  CHECK(act(shop, CampaignAction::resume) == 1);
  CHECK(shop.customer().buy({.buyer = "ann"}).outcome == Outcome::confirmed);
  CHECK(act(shop, CampaignAction::end) == 1);
  CHECK(shop.customer().buy({.buyer = "ann"}).outcome == Outcome::campaign_ended);
  REQUIRE(shop->stop().has_value());
}

TEST_CASE("when the disk fails in a running shop, all is refused from then on and the stop says why") {
  ManualClock clock(kOpens);
  for (const WiringPlan& plan : kPlans) {
    MemoryStorage own;
    OpenShop shop(own, clock, configuration_with({{"tv", 5, 99900, 49900}}), plan);
    CHECK(shop.customer().buy({.buyer = "ann"}).outcome == Outcome::confirmed);
    own.fail_nth(StorageOperation::sync, 1);
    CHECK(shop.customer().buy({.buyer = "ben"}).outcome == Outcome::journal_failed);
    CHECK(shop->failed());
    CHECK(shop->failure() == "planned error");
    CHECK(shop.customer().buy({.buyer = "eve"}).outcome == Outcome::journal_failed);
    CHECK_FALSE(shop->reconfigure({campaign_with({{"tv", 9, 99900, 49900}})}).has_value());
    CHECK(shop->catalog()->version() == 1);
    const auto stopped = shop->stop();
    REQUIRE_FALSE(stopped.has_value());
    CHECK(stopped.error().message == "planned error");
  }
}

TEST_CASE("an agent thread runs its agents, and one last time after it was told to stop") {
  struct Counted final : Agent {
    std::size_t do_work() override {
      runs.fetch_add(1);
      runs.notify_all();
      return 0;
    }
    bool has_work() override { return false; }
    std::atomic<int> runs = 0;
  };
  Counted agent;
  Notifier notifier;
  int before = 0;
  {
    // The name's memory is gone at once: the thread has its own.
    const AgentThread thread(std::make_unique<std::string>("a name too long for the string itself")->c_str(),
                             -1, notifier, {&agent}, nullptr);
    agent.runs.wait(0);
    before = agent.runs.load();
  }
  CHECK(agent.runs.load() > before);
}

TEST_CASE("a task for a shard that nobody runs is given up in time and never run") {
  const SystemClock clock;
  Board board(10);
  Notifier notifier;
  Estate estate({{campaign_put(0)}, {offer_put(0, 5)}});
  Allowances allowances(10);
  ShardAgent shard({},
                   std::make_unique<Engine>(
                       EngineOptions{.orders_max = 10, .table_key = kTableKey, .allowances = &allowances}),
                   1, board, clock);
  shard.connect({}, &estate.house->journal(), &notifier, &notifier, {&shard});
  bool ran = false;
  CHECK_FALSE(shard.run_on_shard([&ran] { ran = true; }, kNsPerMillisecond));
  CHECK(shard.do_work() == 0);
  CHECK_FALSE(ran);

  std::atomic<bool> done = false;
  std::thread runner([&] {
    while (!done.load()) shard.do_work();
  });
  CHECK(shard.run_on_shard([&ran] { ran = true; }, 60 * kNsPerSecond));
  done.store(true);
  runner.join();
  CHECK(ran);
}

TEST_CASE("by hand nothing happens between steps, and what waits for others has them stepped") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  const WiringPlan plan = {.shards = 2, .http_threads = 2, .spare_thread = false, .requests_max = 8};
  auto opened = Runtime::open(storage, clock, configuration_with({{"tv", 3, 2, 1}}), plan);
  REQUIRE(opened.has_value());
  Runtime& runtime = **opened;
  std::vector<Agent*> agents;
  std::size_t waits = 0;
  agents = runtime.run_by_hand([&] { agents[waits++ % agents.size()]->do_work(); });
  REQUIRE(agents.size() == 3);

  EngineDoor& door = runtime.door(0);
  Request* request = door.take();
  fill(*request, buy_of("ann"), door.keys().table_key);
  REQUIRE(door.submit(request));
  CHECK_FALSE(door.has_replies());
  CHECK(agents[0]->do_work() != 0);
  CHECK_FALSE(door.has_replies());  // decided, and not durable
  // The change waits until it is.
  const auto changed = runtime.reconfigure({campaign_with({{"tv", 4, 2, 1}})});
  REQUIRE(changed.has_value());
  CHECK(*changed == 1);
  CHECK(waits > 4);
  while (agents[0]->do_work() + agents[2]->do_work() != 0) {
  }
  CHECK(door.has_replies());
  const std::uint64_t hash = runtime.state_hash();
  CHECK(runtime.stop().value_or(0) == hash);
}

TEST_CASE("a process run by hand can die while a change waits, and the next one goes on without it") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  const Configuration configuration = configuration_with({{"tv", 3, 2, 1}});
  const WiringPlan plan = {.shards = 1, .spare_thread = false};
  {
    auto opened = Runtime::open(storage, clock, configuration, plan);
    REQUIRE(opened.has_value());
    (*opened)->run_by_hand([] { throw 1; });
    CHECK_THROWS_AS((*opened)->reconfigure({campaign_with({{"tv", 4, 2, 1}})}), int);
  }
  storage.kill();
  auto again = Runtime::open(storage, clock, configuration, plan);
  REQUIRE(again.has_value());
  CHECK((*again)->catalog()->version() == 1);
}

}  // namespace
}  // namespace doorbuster
