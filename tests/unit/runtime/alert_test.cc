// Alerts of a whole shop, with its journal: who follows is stepped by the test.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "doorbuster/runtime/alert_agent.h"
#include "support/customer.h"
#include "support/house.h"

namespace doorbuster {
namespace {

// The shard and its customers on one thread: what an answer is about has been marked before it is heard.
constexpr WiringPlan kOneThread{.shards = 1, .http_threads = 1, .shared = true};

Configuration low_at_two(std::int64_t stock) {
  Configuration configuration = configuration_with({{"tv", stock, 99900, 49900}});
  configuration.campaigns.front().plan.low_stock.units = 2;
  return configuration;
}

// A shop and who follows it. What was told, as text.
struct WatchedShop {
  WatchedShop(MemoryStorage& storage, const Clock& clock, const Configuration& configuration,
              const WiringPlan& plan = kOneThread)
      : shop(storage, clock, configuration, plan),
        agent(*shop.operator->(), clock, [this](const Alert& alert, const Catalog& catalog) {
          told += (told.empty() ? "" : " ") + std::string(alert.raised ? "+" : "-") +
                  std::string(alert_kind_name(alert.kind));
          if (alert.offer) told += "/" + catalog.offer(*alert.offer).definition.sku;
        }) {}

  std::string look() {
    told.clear();
    agent.do_work();
    return told;
  }
  void sell(std::uint32_t quantity) {
    REQUIRE(shop.customer().buy({.buyer = "ann", .quantity = quantity}).outcome == Outcome::confirmed);
  }

  std::string told;
  OpenShop shop;
  AlertAgent agent;
};

TEST_CASE("alerts are told once each, in a running shop and after a restart") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  const Configuration configuration = low_at_two(5);
  std::uint64_t hash = 0;
  {
    WatchedShop watched(storage, clock, configuration);
    CHECK(watched.look() == "+campaign_started");
    CHECK_FALSE(watched.agent.has_work());
    CHECK(watched.agent.sleep_at_most_ns() == 60 * kNsPerSecond);
    watched.sell(2);
    CHECK(watched.agent.has_work());
    CHECK(watched.look().empty());
    watched.sell(1);
    CHECK(watched.look() == "+low_stock/tv");
    CHECK(watched.look().empty());
    CHECK(watched.agent.metrics().raised[static_cast<std::size_t>(AlertKind::low_stock)].value() == 1);
    const std::vector<AlertLog::Entry> log = watched.shop->alerts().after(1);
    REQUIRE(log.size() == 1);
    CHECK(log[0].sequence == 2);
    CHECK(log[0].alert.available == 2);
    CHECK(log[0].alert.sold == 3);
    CHECK(log[0].alert.at == kOpens);
    const auto stopped = watched.shop->stop();
    REQUIRE(stopped.has_value());
    hash = *stopped;
  }
  storage.kill();
  clock.advance_ns(kNsPerSecond);
  {
    WatchedShop watched(storage, clock, configuration);
    CHECK(watched.shop->recovery().state_hash == hash);
    CHECK(watched.shop->alerts().last() == 2);
    CHECK(watched.shop->alerts().active().size() == 2);
    CHECK(watched.look().empty());
    // What a reload changes is seen too: more stock, so low no more.
    REQUIRE(watched.shop->reconfigure(low_at_two(50).campaigns).has_value());
    CHECK(watched.agent.has_work());
    CHECK(watched.look() == "-low_stock/tv");
    CHECK(watched.shop->alerts().last() == 3);
    watched.sell(47);
    CHECK(watched.look() == "+sold_out/tv");
    REQUIRE(watched.shop->stop().has_value());
  }
  storage.kill();
  clock.set_wall(after(kCloses, kNsPerSecond));
  WatchedShop watched(storage, clock, low_at_two(50));
  CHECK(watched.look() == "-campaign_started +campaign_ended -sold_out/tv");
  CHECK(watched.agent.sleep_at_most_ns() == Agent::kUntilCalled);
  const auto active = watched.shop->alerts().active();
  REQUIRE(active.size() == 1);
  CHECK(active[0].alert.kind == AlertKind::campaign_ended);
  CHECK(active[0].alert.at == kCloses);
  CHECK(watched.shop->alerts().active_counts() == std::array<std::uint64_t, kAlertKindCount>{0, 0, 0, 0, 1});
  REQUIRE(watched.shop->stop().has_value());
}

TEST_CASE("an alert whose record is lost is raised again, one whose record is not stays raised") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  const Configuration configuration = low_at_two(3);
  {
    WatchedShop watched(storage, clock, configuration);
    CHECK(watched.look() == "+campaign_started");
    watched.sell(1);
    // The record of the alert never reaches the disk.
    storage.fail_nth(StorageOperation::write, 1);
    CHECK(watched.look().empty());
    CHECK(watched.shop->failed());
    CHECK(watched.shop->alerts().last() == 1);
    // When the journal has failed nothing more is raised.
    CHECK_FALSE(watched.agent.has_work());
    CHECK(watched.look().empty());
    CHECK_FALSE(watched.shop->stop().has_value());
  }
  storage.kill();
  WatchedShop watched(storage, clock, configuration);
  CHECK(watched.shop->alerts().last() == 1);
  CHECK(watched.look() == "+low_stock/tv");
  CHECK(watched.shop->alerts().last() == 2);
  REQUIRE(watched.shop->stop().has_value());
}

TEST_CASE("who follows the sale is woken by it and told everything, with every wiring") {
  for (const WiringPlan& plan : {WiringPlan{.shards = 2, .http_threads = 2, .shared = true},
                                 WiringPlan{.shards = 2, .http_threads = 3, .shared = false}}) {
    MemoryStorage storage;
    ManualClock clock(kOpens);
    Configuration configuration = configuration_with({{"tv", 3, 99900, 49900}, {"radio", 2, 2000, 1000}});
    WatchedShop watched(storage, clock, configuration, plan);
    PacedSleeper pace(watched.shop->watch_notifier(), clock, 0);
    auto thread = std::make_unique<AgentThread>("watch", -1, watched.shop->watch_notifier(),
                                                std::vector<Agent*>{&pace, &watched.agent}, &pace);
    for (std::uint32_t i = 0; i < 3; ++i) {
      Customer& customer = watched.shop.customer(i % 2);
      CHECK(customer.buy({.buyer = "ann"}).outcome == Outcome::confirmed);
      if (i < 2) CHECK(customer.buy({.buyer = "ben", .offer = {1}}).outcome == Outcome::confirmed);
    }
    while (watched.shop->alerts().last() < 3) std::this_thread::yield();
    const auto log = watched.shop->alerts().after(0);
    CHECK(log[0].alert.kind == AlertKind::campaign_started);
    for (const std::size_t i : {1U, 2U}) CHECK(log[i].alert.kind == AlertKind::sold_out);
    CHECK(log[1].alert.offer != log[2].alert.offer);
    CHECK(watched.shop->alerts().last() == 3);
    thread.reset();
    REQUIRE(watched.shop->stop().has_value());
  }
}

}  // namespace
}  // namespace doorbuster
