// The keeper over a running shop, stepped by hand on a clock that the test moves.

#include "doorbuster/runtime/campaign_keeper.h"

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "support/customer.h"

namespace doorbuster {
namespace {

const WiringPlan kPlan = {.shards = 2, .http_threads = 2, .shared = true};
constexpr std::int64_t kHour = 3600 * kNsPerSecond;

// Stands still until the test moves it, while the shop's threads read it.
class SharedClock final : public Clock {
 public:
  explicit SharedClock(Tick now) : wall_(now.ns) {}
  Tick wall_now() const override { return {wall_.load()}; }
  std::int64_t monotonic_ns() const override { return monotonic_.load(); }
  void advance_ns(std::int64_t ns) {
    wall_ += ns;
    monotonic_ += ns;
  }
  void advance_to(Tick tick) { advance_ns(tick.ns - wall_.load()); }

 private:
  std::atomic<std::int64_t> wall_, monotonic_ = 0;
};

CampaignConfiguration sale(const std::string& id, std::int64_t stock) {
  CampaignConfiguration campaign;
  campaign.id = campaign.name = id;
  campaign.currency = "EUR";
  campaign.starts_at = kOpens;
  campaign.ends_at = kCloses;
  campaign.from_pool = true;
  campaign.arm_seconds = 60;
  campaign.offers = {{.sku = "tv", .stock = stock, .list_price = 2, .price = 1}};
  return campaign;
}

// A shop with 10 tv in its pool, and its keeper.
struct Kept {
  Kept(Storage& storage, SharedClock& shared, const std::vector<CampaignConfiguration>& campaigns)
      : clock(shared),
        shop(storage, shared, configuration(campaigns), kPlan),
        keeper(*shop.operator->(), shared, [this](CampaignKeeper::News news, const std::string& text) {
          told.push_back({news, text});
        }) {}
  ~Kept() { CHECK(shop->stop().has_value()); }

  static Configuration configuration(const std::vector<CampaignConfiguration>& campaigns) {
    Configuration configured;
    ItemPut& item = configured.items.emplace_back();
    item.sku = "tv";
    item.stock = 10;
    item.currency = "EUR";
    configured.campaigns = campaigns;
    return configured;
  }
  void put_item(std::int64_t stock) {
    REQUIRE(shop->change([&](const Catalog&, const auto&, Tick) {
                  CatalogChangeSet change;
                  ItemPut& item = change.items.emplace_back();
                  item.sku = "tv";
                  item.stock = stock;
                  return Result<CatalogChangeSet>(std::move(change));
                })
                .has_value());
  }
  Outcome buy(std::uint32_t offer = 0, std::uint32_t quantity = 1) {
    return shop.customer().buy({.buyer = "ann", .quantity = quantity, .offer = {offer}}).outcome;
  }
  OfferStock stock(std::uint32_t offer = 0) {
    const OfferIndex offers[] = {{offer}};
    return shop->stock(offers).value().front();
  }
  CampaignState state(std::uint32_t campaign = 0) {
    return campaign_phase(shop->catalog()->campaign({campaign}).definition, clock.wall_now()).state;
  }
  std::uint64_t counted(std::string_view action) {
    for (std::size_t i = 0; i < std::size(kChangeKinds); ++i) {
      if (kChangeKinds[i] == ChangeKind{ChangeOrigin::Source::clock, action}) return shop->changes(i);
    }
    return 99;
  }

  SharedClock& clock;
  std::vector<std::pair<CampaignKeeper::News, std::string>> told;
  OpenShop shop;
  CampaignKeeper keeper;
};

TEST_CASE("a campaign is armed at its instant and gives back at its end, once each") {
  MemoryStorage storage;
  SharedClock clock(after(kOpens, -kHour));
  Kept kept(storage, clock, {sale("s", 6)});
  CHECK(kept.keeper.has_work());
  CHECK(kept.keeper.do_work() == 0);
  CHECK_FALSE(kept.keeper.has_work());
  CHECK(kept.keeper.sleep_at_most_ns() == CampaignKeeper::kSleepMaxNs);
  CHECK(kept.state() == CampaignState::scheduled);

  clock.advance_to(after(kOpens, -60 * kNsPerSecond - 7));
  CHECK_FALSE(kept.keeper.has_work());
  CHECK(kept.keeper.sleep_at_most_ns() == 7);
  clock.advance_ns(7);
  CHECK(kept.keeper.has_work());
  CHECK(kept.keeper.do_work() == 1);
  CHECK(kept.state() == CampaignState::armed);
  CHECK(kept.buy() == Outcome::campaign_not_started);
  CHECK(kept.keeper.do_work() == 0);  // looks at its own change
  CHECK_FALSE(kept.keeper.has_work());

  clock.advance_to(kOpens);
  CHECK(kept.buy(0, 2) == Outcome::confirmed);
  clock.advance_to(kCloses);
  CHECK(kept.keeper.has_work());
  CHECK(kept.keeper.do_work() == 1);
  CHECK(kept.stock().allocated == 2);
  CHECK(kept.keeper.do_work() == 0);
  CHECK(pool_units(*kept.shop->catalog()).at(0).available() == 8);

  CHECK(kept.counted("arm") == 1);
  CHECK(kept.counted("release") == 1);
  const AuditEntry last = kept.shop->audit({}).entries.back();
  CHECK(last.origin.author == "clock");
  CHECK(last.origin.action == "release");
  REQUIRE(last.description.differences.size() == 1);
  CHECK(last.description.differences[0].member == "released");
  CHECK(last.description.differences[0].after == "4");
  REQUIRE(kept.told.size() == 2);
  CHECK(kept.told[0].second == "campaign s is armed");
  CHECK(kept.keeper.refused() == 0);
}

TEST_CASE("what the pool does not back is told once and tried again after every change of the catalog") {
  MemoryStorage storage;
  SharedClock clock(kOpens);
  Kept kept(storage, clock, {sale("s", 6), sale("t", 7)});
  CHECK(kept.keeper.do_work() == 1);
  CHECK(kept.state(0) == CampaignState::active);
  CHECK(kept.state(1) == CampaignState::scheduled);
  CHECK(kept.buy(1) == Outcome::campaign_not_started);
  const std::uint64_t refused = kept.keeper.refused();
  CHECK(refused >= 1);
  CHECK(kept.keeper.do_work() == 0);
  const std::uint64_t again = kept.keeper.refused();
  clock.advance_ns(kHour);
  CHECK(kept.keeper.do_work() == 0);
  CHECK(kept.keeper.refused() == again);  // nothing has changed

  kept.put_item(12);
  CHECK(kept.keeper.has_work());
  CHECK(kept.keeper.do_work() == 0);
  CHECK(kept.keeper.refused() == again + 1);
  kept.put_item(13);
  CHECK(kept.keeper.do_work() == 1);
  CHECK(kept.buy(1) == Outcome::confirmed);
  REQUIRE(kept.told.size() == 3);
  CHECK(kept.told[1].first == CampaignKeeper::News::refused);
  CHECK(
      kept.told[1].second ==
      "campaign t cannot be armed: sku tv: 7 units wanted and 4 of the pool's 10 available; it sells nothing "
      "until the pool has enough");
  CHECK(kept.told[2].first == CampaignKeeper::News::done);
}

TEST_CASE("what one campaign gives back arms the next in the same round") {
  MemoryStorage storage;
  SharedClock clock(kOpens);
  CampaignConfiguration next = sale("t", 10);
  next.starts_at = kCloses;
  next.ends_at = after(kCloses, kHour);
  next.arm_seconds = 0;
  Kept kept(storage, clock, {sale("s", 6), next});
  CHECK(kept.keeper.do_work() == 1);
  CHECK(kept.keeper.do_work() == 0);
  clock.advance_to(kCloses);
  CHECK(kept.keeper.do_work() == 2);
  CHECK(kept.state(0) == CampaignState::ended);
  CHECK(kept.buy(1, 10) == Outcome::confirmed);
  CHECK(kept.keeper.refused() == 0);
}

TEST_CASE("what was due while no process ran is done at the next start") {
  MemoryStorage storage;
  SharedClock clock(after(kOpens, -kHour));
  { Kept kept(storage, clock, {sale("s", 6)}); }
  storage.kill();
  clock.advance_to(kOpens);
  {
    Kept kept(storage, clock, {sale("s", 6)});
    CHECK(kept.buy() == Outcome::campaign_not_started);
    CHECK(kept.keeper.do_work() == 1);
    CHECK(kept.buy() == Outcome::confirmed);
  }
  storage.kill();
  clock.advance_to(kCloses);
  {
    Kept kept(storage, clock, {sale("s", 6)});
    CHECK(kept.stock().allocated == 6);
    CHECK(kept.keeper.do_work() == 1);
    CHECK(kept.stock().allocated == 1);
  }
  storage.kill();
  Kept kept(storage, clock, {sale("s", 6)});
  CHECK(kept.stock().allocated == 1);
  CHECK(kept.keeper.do_work() == 0);
}

TEST_CASE("a unit whose hold outlives the end is given back when it has run out") {
  MemoryStorage storage;
  SharedClock clock(kOpens);
  CampaignConfiguration campaign = sale("s", 6);
  campaign.hold_seconds = campaign.hold_max_seconds = campaign.offer_seconds = 600;
  Kept kept(storage, clock, {campaign});
  CHECK(kept.keeper.do_work() == 1);
  clock.advance_to(after(kCloses, -kNsPerSecond));
  CHECK(kept.buy(0, 2) == Outcome::held);
  clock.advance_to(kCloses);
  CHECK(kept.keeper.do_work() == 1);
  CHECK(kept.stock().allocated == 2);
  CHECK(kept.keeper.do_work() == 0);
  CHECK(kept.keeper.sleep_at_most_ns() == CampaignKeeper::kLookIntervalNs);
  clock.advance_ns(CampaignKeeper::kLookIntervalNs);
  CHECK(kept.keeper.has_work());
  CHECK(kept.keeper.do_work() == 0);  // held still
  CHECK_FALSE(kept.keeper.has_work());

  clock.advance_ns(600 * kNsPerSecond);
  // The timer lets the hold expire when the shard comes to it; each look wakes the shard.
  while (kept.keeper.do_work() == 0) clock.advance_ns(CampaignKeeper::kLookIntervalNs);
  CHECK(kept.stock().allocated == 0);
  CHECK(kept.keeper.do_work() == 0);
  CHECK_FALSE(kept.keeper.has_work());
  CHECK(kept.keeper.sleep_at_most_ns() == Agent::kUntilCalled);  // nothing can come back any more
}

TEST_CASE("a shop without pools lets the keeper sleep until somebody changes something") {
  MemoryStorage storage;
  SharedClock clock(kOpens);
  Kept kept(storage, clock, {});
  CHECK(kept.keeper.do_work() == 0);
  CHECK_FALSE(kept.keeper.has_work());
  CHECK(kept.keeper.sleep_at_most_ns() == Agent::kUntilCalled);
  kept.put_item(3);
  CHECK(kept.keeper.has_work());
}

}  // namespace
}  // namespace doorbuster
