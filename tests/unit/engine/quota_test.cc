// Units that are kept for a channel until an instant.
#include "doorbuster/engine/channel_quotas.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr Tick kUntil = after(kOpens, 3600 * kNsPerSecond);
constexpr Tick kJustBefore = after(kUntil, -1);

CatalogPointer catalog(std::int64_t stock, std::vector<ChannelQuota> quotas, std::uint32_t hold_seconds = 0) {
  CampaignPut campaign = campaign_put(0);
  campaign.hold_seconds = campaign.hold_max_seconds = campaign.offer_seconds = hold_seconds;
  campaign.waitlist = hold_seconds != 0;
  OfferPut offer = offer_put(0, stock);
  offer.plan.channel_quotas = std::move(quotas);
  return catalog_of({campaign}, {offer});
}

Buy buy_from(std::string_view channel, std::uint32_t quantity = 1) {
  Buy buy = buy_of("ann", {}, quantity);
  buy.channel = channel;
  return buy;
}

// How many units a buy of the channel could have, by asking for each number of them.
std::uint32_t open_to(const Till& till, std::string_view channel, Tick now) {
  std::uint32_t most = 0;
  for (std::uint32_t quantity = 1; quantity <= 20; ++quantity) {
    if (is_new_order(till.look(buy_from(channel, quantity), now))) most = quantity;
  }
  return most;
}

TEST_CASE("what is kept for a channel is its own until the instant, and everybody's from then on") {
  Till till(catalog(10, {{"app", 4, kUntil}, {"pos", 3, after(kUntil, 1)}}));
  struct Case {
    Tick now;
    std::uint32_t app, pos, web, nobody;
  };
  for (const Case& expected : {Case{kOpens, 7, 6, 3, 3}, Case{kJustBefore, 7, 6, 3, 3},
                               Case{kUntil, 7, 10, 7, 7}, Case{after(kUntil, 1), 10, 10, 10, 10}}) {
    CHECK(open_to(till, "app", expected.now) == expected.app);
    CHECK(open_to(till, "pos", expected.now) == expected.pos);
    CHECK(open_to(till, "web", expected.now) == expected.web);
    CHECK(open_to(till, "", expected.now) == expected.nobody);
  }
  // A channel's first units are its own, those beyond are everybody's.
  till.sell(buy_from("app", 4));
  CHECK(open_to(till, "web", kOpens) == 3);
  till.sell(buy_from("app", 1));
  CHECK(open_to(till, "web", kOpens) == 2);
  till.sell(buy_from("web", 2));
  CHECK(open_to(till, "web", kOpens) == 0);
  CHECK(open_to(till, "app", kOpens) == 0);
  CHECK(open_to(till, "pos", kOpens) == 3);
  CHECK(till.engine().check_quotas());
}

TEST_CASE("who is refused because of a quota is told when it ends, and sold out is only what is sold") {
  Till till(catalog(3, {{"app", 2, kUntil}}));
  Decision refused = till.look(buy_from("web", 2));
  CHECK(refused.outcome == Outcome::all_held);
  CHECK(refused.kept_until == kUntil);
  CHECK(refused.free_at == kUntil);
  CHECK(till.look(buy_from("web", 4)).outcome == Outcome::sold_out);  // more than there can be
  CHECK(till.look(buy_from("app", 4)).outcome == Outcome::sold_out);
  CHECK(till.sell(buy_from("web")).outcome == Outcome::confirmed);
  CHECK(till.look(buy_from("web")).outcome == Outcome::all_held);
  CHECK(till.engine().availability({0}, kOpens) == Availability::on_sale);
  CHECK(till.sell(buy_from("app", 2)).outcome == Outcome::confirmed);
  refused = till.look(buy_from("web"));
  CHECK(refused.outcome == Outcome::sold_out);
  CHECK(refused.kept_until == Tick{});
  CHECK(till.engine().availability({0}, kOpens) == Availability::sold_out);
}

TEST_CASE("limits, prices and audiences are asked before a quota") {
  CampaignPut campaign = campaign_put(0, 1);
  OfferPut offer = offer_put(0, 1);
  offer.plan.channel_quotas = {{"app", 1, kUntil}};
  const Till till(catalog_of({campaign}, {offer}));
  CHECK(till.look(buy_from("web", 2)).outcome == Outcome::limit_reached);
  Buy cheap = buy_from("web");
  cheap.expected_price = 1;
  CHECK(till.look(cheap).outcome == Outcome::price_changed);
  CHECK(till.look(buy_from("web")).outcome == Outcome::all_held);
  CHECK(till.look(buy_from("web"), kCloses).outcome == Outcome::campaign_ended);
}

TEST_CASE("a hold that ends sooner than the quota is what a refused buy is told") {
  Till till(catalog(3, {{"app", 2, kUntil}}, 60));
  till.sell(buy_from("web"));
  const Decision refused = till.look(buy_from("web"));
  CHECK(refused.outcome == Outcome::all_held);
  CHECK(refused.free_at == after(kOpens, 60 * kNsPerSecond));
  CHECK(refused.kept_until == kUntil);
}

TEST_CASE("whoever is in the line, a channel gets what is kept for it, unless its own wait before") {
  Till till(catalog(3, {{"app", 2, kUntil}}, 60));
  till.sell(buy_from("web"));
  Buy waits = buy_from("web");
  waits.wait = true;
  REQUIRE(till.sell(waits).outcome == Outcome::waiting);
  CHECK(till.engine().availability({0}, kOpens) == Availability::on_sale);
  CHECK(open_to(till, "app", kOpens) == 2);
  CHECK(open_to(till, "web", kOpens) == 0);
  CHECK_FALSE(till.engine().next_offer({0}, kJustBefore));

  waits = buy_from("app", 3);
  waits.wait = true;
  REQUIRE(till.sell(waits).outcome == Outcome::waiting);
  CHECK(open_to(till, "app", kOpens) == 0);
  CHECK(till.engine().availability({0}, kOpens) == Availability::all_held);
  CHECK(till.engine().check_quotas());

  // At the instant the first in the line is the first.
  const auto offered = till.engine().next_offer({0}, kUntil);
  REQUIRE(offered);
  CHECK(offered->kind == OrderEventKind::offered);
  CHECK(offered->order.ordinal() == 2);
}

TEST_CASE("each end of a quota is told once, in the order of time, and once more behind a change") {
  CampaignPut campaign = campaign_put(0);
  OfferPut first = offer_put(0, 10), second = offer_put(1, 10);
  first.plan.channel_quotas = {{"app", 1, kUntil}, {"pos", 1, after(kUntil, 2)}};
  second.plan.channel_quotas = {{"app", 1, after(kUntil, 1)}};
  Till till(catalog_of({campaign}, {first, second}));
  Engine& engine = till.engine();
  CHECK(engine.next_quota_end() == kUntil);
  CHECK_FALSE(engine.ended_quota(kJustBefore));
  CHECK(engine.ended_quota(after(kUntil, 1)) == OfferIndex{0});
  CHECK(engine.ended_quota(after(kUntil, 1)) == OfferIndex{1});
  CHECK_FALSE(engine.ended_quota(after(kUntil, 1)));
  CHECK(engine.next_quota_end() == after(kUntil, 2));
  second.plan.channel_quotas.clear();
  engine.install(catalog_of({campaign}, {first, second}, 2));
  CHECK(engine.next_quota_end() == kUntil);
  first.plan.channel_quotas.clear();
  engine.install(catalog_of({campaign}, {first, second}, 3));
  CHECK(engine.next_quota_end() == ChannelQuotas::kNever);
}

TEST_CASE("a quota that comes later counts what its channel has, held, sold, reserved and returned") {
  Till till(catalog(10, {}, 60));
  Engine& engine = till.engine();
  till.sell(buy_from("app", 2));
  till.sell(buy_from("web", 1));
  const Buy line = buy_from("app", 3);
  const BuyHashes hashes = hash_buy(kTableKey, line);
  bool charged = false;
  REQUIRE(engine.reserve(line, hashes, charged));
  engine.install(catalog(10, {{"app", 8, kUntil}}, 60));
  CHECK(engine.check_quotas());
  CHECK(open_to(till, "web", kOpens) == 1);  // 4 are left, and 3 of 8 are still kept
  engine.release(line, hashes, charged);
  CHECK(engine.check_quotas());
  CHECK(open_to(till, "web", kOpens) == 1);
  CHECK(open_to(till, "app", kOpens) == 7);

  // Two are sold, and one of them comes back but cannot be sold again.
  OrderEvent event;
  event.order = OrderNumber::make({0}, 1);
  event.tick = kOpens;
  event.kind = OrderEventKind::confirmed;
  event.quantity = 2;
  Applied applied;
  REQUIRE(engine.apply(event, applied));
  event.kind = OrderEventKind::returned;
  event.quantity = 1;
  REQUIRE(engine.apply(event, applied));
  engine.install(catalog(10, {{"app", 7, kUntil}}, 60));
  CHECK(engine.check_quotas());
  CHECK(open_to(till, "web", kOpens) == 2);
}

TEST_CASE("where less is left than is kept, those for whom it is kept get it as they come") {
  Till till(catalog(4, {}));
  till.sell(buy_from("web", 2));
  till.engine().install(catalog(4, {{"app", 2, kUntil}, {"pos", 2, kUntil}}));
  CHECK(open_to(till, "web", kOpens) == 0);
  CHECK(open_to(till, "app", kOpens) == 2);
  CHECK(open_to(till, "pos", kOpens) == 2);
  till.sell(buy_from("pos"));
  CHECK(open_to(till, "app", kOpens) == 1);
  CHECK(open_to(till, "pos", kOpens) == 1);
  CHECK(till.engine().check_quotas());
}

}  // namespace
}  // namespace doorbuster
