// Offers with a plan: what the engine asks of the catalog before it touches anything.
#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kMinuteNs = 60 * kNsPerSecond;

// Two windows of an hour with an hour between them; holds last a minute; for Germany.
CampaignPut planned_campaign() {
  CampaignPut put = campaign_put(0);
  put.hold_seconds = put.hold_max_seconds = put.offer_seconds = 60;
  put.ends_at = after(kOpens, 180 * kMinuteNs);
  put.plan.windows = {{kOpens, after(kOpens, 60 * kMinuteNs)}, {after(kOpens, 120 * kMinuteNs), put.ends_at}};
  put.plan.audience.regions = {"de"};
  return put;
}

TEST_CASE("only a buy that could have the units lets a hold expire that is over") {
  Till till(catalog_of({planned_campaign()}, {offer_put(0, 1)}));
  Buy wanted = buy_of("ann");
  wanted.region = "de";
  const Tick last = after(kOpens, 59 * kMinuteNs);
  REQUIRE(till.sell(wanted, last).outcome == Outcome::held);
  const auto lets_expire = [&](const Buy& buy, Tick now) {
    return till.engine().due_before(buy, hash_buy(kTableKey, buy), now).has_value();
  };
  wanted.buyer = "ben";
  const Tick in_gap = after(last, kMinuteNs), open = after(kOpens, 120 * kMinuteNs);
  CHECK_FALSE(lets_expire(wanted, in_gap));
  CHECK_FALSE(lets_expire(wanted, after(open, -1)));
  CHECK(lets_expire(wanted, open));
  wanted.region = "fr";
  CHECK_FALSE(lets_expire(wanted, open));
  wanted.region = "de";
  CHECK_FALSE(lets_expire(wanted, after(kOpens, 180 * kMinuteNs)));
  CampaignPut paused = planned_campaign();
  paused.paused = true;
  till.engine().install(catalog_of({paused}, {offer_put(0, 1)}, 2));
  CHECK_FALSE(lets_expire(wanted, open));
}

TEST_CASE("an instant between the last window and a later early end is of no window") {
  CampaignPut put = planned_campaign();
  put.ended_at = after(kOpens, 100 * kMinuteNs);
  const Till till(catalog_of({put}, {offer_put(0, 1)}));
  Buy wanted = buy_of("ann");
  wanted.region = "de";
  CHECK(till.look(wanted, after(kOpens, 60 * kMinuteNs - 1)).outcome == Outcome::held);
  CHECK(till.look(wanted, after(kOpens, 60 * kMinuteNs)).outcome == Outcome::campaign_ended);
  CHECK(till.look(wanted, after(kOpens, 99 * kMinuteNs)).outcome == Outcome::campaign_ended);
}

TEST_CASE("a change whose windows are not from the start to the end of their campaign is refused") {
  const auto fits = [](auto edit) {
    CatalogChangeSet change = {{planned_campaign()}, {}};
    edit(change.campaigns[0]);
    return check_change(Catalog(), change).has_value();
  };
  CHECK(fits([](CampaignPut&) {}));
  CHECK(fits([](CampaignPut& put) { put.plan.windows.clear(); }));
  CHECK_FALSE(fits([](CampaignPut& put) { put.ends_at.ns += 1; }));
  CHECK_FALSE(fits([](CampaignPut& put) { put.starts_at.ns -= 1; }));
  CHECK_FALSE(fits([](CampaignPut& put) { put.plan.windows.pop_back(); }));
}

}  // namespace
}  // namespace doorbuster
