// What an operator does to a running shop: one durable change between two decisions, remembered with who made
// it and why.

#include <atomic>
#include <thread>

#include "doorbuster/catalog/campaign_action.h"
#include "support/customer.h"

namespace doorbuster {
namespace {

const WiringPlan kPlan = {.shards = 2, .http_threads = 2, .shared = true};

Configuration one_sale() {
  return configuration_with({{"tv", 20, 99900, 49900}, {"radio", 5, 2000, 1000}});
}

Runtime::ChangePlanner planner(CampaignAction action, std::string author = "ann") {
  return [action, author](const Catalog& catalog, const std::vector<std::int64_t>&,
                          Tick now) -> Result<CatalogChangeSet> {
    auto planned = plan_action(catalog, {0}, action, now);
    if (!planned) return fail(ErrorKind::configuration, planned.error().detail);
    planned->origin = {ChangeOrigin::Source::admin, author, std::string(campaign_action_name(action)), "why"};
    return std::move(*planned);
  };
}

std::uint64_t counted(OpenShop& shop, std::string_view action) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < std::size(kChangeKinds); ++i) {
    if (kChangeKinds[i].action == action) sum += shop->changes(i);
  }
  return sum;
}

std::string text_of(const AuditPage& page) {
  JsonWriter json;
  json.begin_array();
  for (const AuditEntry& entry : page.entries) {
    json.begin_object();
    json.member("change", entry.change);
    json.member("at", entry.at);
    json.member("source", change_source_name(entry.origin.source));
    json.member("author", entry.origin.author);
    json.member("action", entry.origin.action);
    json.member("reason", entry.origin.reason);
    write_differences(json, "differences", entry.description);
    json.end_object();
  }
  json.end_array();
  return std::move(json).take();
}

TEST_CASE("what was done by hand is in force at once, and found by the next start with who did it and why") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  std::uint64_t hash = 0;
  std::string audit;
  {
    OpenShop shop(storage, clock, one_sale(), kPlan);
    CHECK(shop.customer().buy({.buyer = "ann"}).outcome == Outcome::confirmed);
    REQUIRE(shop->change(planner(CampaignAction::pause)).value_or(0) == 1);
    for (std::size_t i = 0; i < shop.customers(); ++i) {
      CHECK(shop.customer(i).buy({.buyer = "ben", .offer = {1}}).outcome == Outcome::campaign_paused);
    }
    CHECK(shop->change(planner(CampaignAction::pause)).value_or(9) == 0);
    CHECK(counted(shop, "pause") == 1);
    CHECK(counted(shop, "resume") == 0);
    audit = text_of(shop->audit({}));
    CHECK_THAT(audit, Catch::Contains(
                          R"("change":2,"at":"2026-11-27T08:00:00Z","source":"admin",)"
                          R"("author":"ann","action":"pause","reason":"why","differences":)"
                          R"([{"campaign":"black-friday","member":"paused","before":false,"after":true}])"));
    const auto stopped = shop->stop();
    REQUIRE(stopped.has_value());
    hash = *stopped;
  }
  storage.kill();
  OpenShop shop(storage, clock, one_sale(), {.shards = 1, .http_threads = 1, .shared = true});
  CHECK(shop->recovery().state_hash == hash);
  CHECK(text_of(shop->audit({})) == audit);
  CHECK(counted(shop, "pause") == 0);  // of this life
  CHECK(shop.customer().buy({.buyer = "ben"}).outcome == Outcome::campaign_paused);
  REQUIRE(shop->change(planner(CampaignAction::resume)).has_value());
  CHECK(shop.customer().buy({.buyer = "ben"}).outcome == Outcome::confirmed);
  CHECK(shop->audit({}).entries.back().change == 3);
  REQUIRE(shop->stop().has_value());
}

TEST_CASE("a change that is refused, or is none, is in no journal and in no audit trail") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  OpenShop shop(storage, clock, one_sale(), kPlan);
  const auto writes = storage.operations(StorageOperation::write);
  const auto refused = shop->change([](const Catalog&, const std::vector<std::int64_t>&, Tick) {
    return Result<CatalogChangeSet>(fail(ErrorKind::configuration, "not today"));
  });
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message == "not today");
  CHECK(shop->change(planner(CampaignAction::resume)).value_or(9) == 0);
  CHECK(shop->audit({}).entries.size() == 1);
  CHECK(shop->catalog()->version() == 1);
  CHECK(storage.operations(StorageOperation::write) == writes);
  CHECK(shop.customer().buy({.buyer = "ann"}).outcome == Outcome::confirmed);
  REQUIRE(shop->stop().has_value());
}

TEST_CASE("operators who pause and resume at once, and one who reads along, all see every change once") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  OpenShop shop(storage, clock, one_sale(), kPlan);
  constexpr int kRounds = 20;
  std::atomic<std::uint64_t> changes = 0;
  const auto operate = [&](CampaignAction action, const char* author) {
    for (int i = 0; i < kRounds; ++i) changes += shop->change(planner(action, author)).value_or(1000);
  };
  std::thread ann(operate, CampaignAction::pause, "ann");
  std::thread ben(operate, CampaignAction::resume, "ben");
  std::uint64_t seen = 1;
  const auto read_on = [&] {
    AuditQuery query;
    query.after = seen;
    const AuditPage page = shop->audit(query);
    for (const AuditEntry& entry : page.entries) {
      CHECK(entry.change == ++seen);
      const bool pauses = entry.origin.author == "ann";
      CHECK(entry.description.differences.at(0).after == (pauses ? "true" : "false"));
    }
  };
  for (int i = 0; i < kRounds; ++i) read_on();
  ann.join();
  ben.join();
  read_on();
  CHECK(seen == 1 + changes.load());
  CHECK(counted(shop, "pause") + counted(shop, "resume") == changes.load());
  CHECK(shop->catalog()->version() == seen);
  REQUIRE(shop->stop().has_value());
}

TEST_CASE("a change that the disk does not take is not in force and not remembered") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  OpenShop shop(storage, clock, one_sale(), kPlan);
  storage.fail_nth(StorageOperation::sync, 1);
  CHECK_FALSE(shop->change(planner(CampaignAction::pause)).has_value());
  CHECK(shop->failed());
  CHECK(shop->catalog()->version() == 1);
  CHECK(shop->audit({}).entries.size() == 1);
  CHECK(counted(shop, "pause") == 0);
  CHECK_FALSE(shop->stop().has_value());
}

}  // namespace
}  // namespace doorbuster
