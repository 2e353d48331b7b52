#include "doorbuster/catalog/campaign_action.h"

#include <limits>

#include "support/catch.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr Tick kNoon = after(kOpens, 4 * 3600 * kNsPerSecond);
constexpr Tick kLater = after(kCloses, 3600 * kNsPerSecond);
constexpr std::uint64_t kRoom = 1000;

using Planned = tl::expected<CatalogChangeSet, ActionRefusal>;

// One campaign with two offers, changed step by step.
struct Folder {
  CatalogPointer catalog = catalog_of({campaign_put(0)}, {offer_put(0, 10), offer_put(1, 20)});
  std::vector<std::int64_t> committed = {4, 0};

  Planned plan(CampaignAction action, Tick now, std::optional<Tick> until = {}) const {
    return plan_action(*catalog, {0}, action, now, until);
  }
  Planned adjust(std::int64_t delta, std::uint64_t room = kRoom, OfferIndex offer = {0}) const {
    return plan_stock_adjustment(*catalog, committed, offer, delta, room);
  }
  // "done", "nothing", or the refusal's code.
  std::string act(CampaignAction action, Tick now, std::optional<Tick> until = {}) {
    return apply(plan(action, now, until));
  }
  std::string apply(const Planned& planned) {
    if (!planned) return std::string(outcome_code(planned.error().outcome));
    if (planned->empty()) return "nothing";
    REQUIRE(check_change(*catalog, *planned).has_value());
    catalog = apply_change(*catalog, *planned);
    return "done";
  }
  const CampaignPut& put() const { return catalog->campaign({0}).definition; }
  CampaignState state(Tick now) const { return campaign_phase(put(), now).state; }
  void edit(void (*change)(CampaignPut&)) {
    CatalogChangeSet set;
    set.campaigns.push_back(put());
    change(set.campaigns.back());
    catalog = apply_change(*catalog, set);
  }
};

using enum CampaignAction;

TEST_CASE("each action has a word, and no other word is one") {
  for (const CampaignAction action : {pause, resume, end, extend, arm}) {
    CHECK(campaign_action(campaign_action_name(action)) == action);
  }
  CHECK_FALSE(campaign_action("Pause").has_value());
  CHECK_FALSE(campaign_action("").has_value());
}

TEST_CASE("pausing and resuming are undone by each other, and are nothing when it is so already") {
  Folder folder;
  CHECK(folder.act(resume, kNoon) == "nothing");
  CHECK(folder.act(pause, kNoon) == "done");
  CHECK(folder.state(kNoon) == CampaignState::paused);
  CHECK(folder.act(pause, kNoon) == "nothing");
  CHECK(folder.act(resume, kNoon) == "done");
  CHECK(folder.state(kNoon) == CampaignState::active);
  CHECK(folder.put().file_definition == 0);  // the file does not say whether a campaign is paused
  // Before the start too, and what has been paused can be resumed after the end; pausing is too late then.
  CHECK(folder.act(pause, {0}) == "done");
  CHECK(folder.state(kCloses) == CampaignState::ended);
  CHECK(folder.act(resume, kCloses) == "done");
  CHECK(folder.act(pause, kCloses) == "campaign_ended");
}

TEST_CASE(
    "an early end is at the instant of the action, whether or not the campaign is paused or has begun") {
  for (const Tick now : {Tick{5}, kNoon}) {
    for (const bool paused : {false, true}) {
      Folder folder;
      if (paused) CHECK(folder.act(pause, now) == "done");
      CHECK(folder.act(end, now) == "done");
      CHECK(folder.put().ended_at == now);
      CHECK(folder.put().ends_at == kCloses);
      CHECK(folder.state(now) == CampaignState::ended);
      CHECK(folder.act(end, kNoon) == "nothing");
    }
  }
  Folder over;
  CHECK(over.act(end, kCloses) == "nothing");
  CHECK(over.put().ended_at == Tick{});
}

TEST_CASE("an extension ends later than now and than the end, or is refused") {
  Folder folder;
  CHECK(folder.act(extend, kNoon) == "validation_failed");
  CHECK(folder.act(extend, kNoon, kCloses) == "nothing");
  CHECK(folder.act(extend, kNoon, after(kCloses, -1)) == "validation_failed");
  CHECK(folder.act(extend, kNoon, kLater) == "done");
  CHECK(folder.put().ends_at == kLater);
  CHECK(folder.put().file_definition != 0);
  const std::uint64_t remembered = folder.put().file_definition;
  CHECK(folder.act(extend, kNoon, after(kLater, 1)) == "done");
  CHECK(folder.put().file_definition == remembered);  // of the file, not of the first extension
  CHECK(folder.act(extend, after(kLater, 1), after(kLater, 2)) == "campaign_ended");
  CHECK(folder.act(end, kNoon) == "done");
  CHECK(folder.act(extend, kNoon, after(kLater, 5)) == "campaign_ended");
}

TEST_CASE("an extension of a recurring campaign moves the end of its last window") {
  Folder folder;
  folder.edit([](CampaignPut& put) {
    put.plan.windows = {{kOpens, after(kOpens, 10)}, {after(kCloses, -10), kCloses}};
  });
  CHECK(folder.act(extend, kNoon, kLater) == "done");
  CHECK(folder.put().plan.windows[0] == Window{kOpens, after(kOpens, 10)});
  CHECK(folder.put().plan.windows[1] == Window{after(kCloses, -10), kLater});
}

TEST_CASE("what has left the configuration is not acted on") {
  Folder folder;
  folder.edit([](CampaignPut& put) { put.listed = false; });
  for (const CampaignAction action : {pause, resume, end, extend, arm}) {
    CHECK(folder.act(action, kNoon, kLater) == "change_refused");
  }
  CHECK(folder.apply(folder.adjust(1)) == "change_refused");
}

TEST_CASE("stock is moved by a delta, down to what is sold or held and not below") {
  Folder folder;
  CHECK(folder.apply(folder.adjust(5)) == "done");
  CHECK(folder.catalog->offer({0}).definition.stock == 15);
  CHECK(folder.catalog->offer({1}).definition.stock == 20);
  CHECK(folder.put().file_definition != 0);
  const std::uint64_t remembered = folder.put().file_definition;

  const Planned refused = folder.adjust(-12);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().outcome == Outcome::change_refused);
  REQUIRE(refused.error().stock.has_value());
  CHECK(refused.error().stock->allocated == 15);
  CHECK(refused.error().stock->available == 11);
  CHECK_THAT(refused.error().detail, Catch::Contains("at most 11 can go"));

  const Planned lowest = folder.adjust(-11);
  REQUIRE(lowest.has_value());
  CHECK(lowest->campaigns.empty());  // the file is remembered already
  CHECK(folder.apply(lowest) == "done");
  CHECK(folder.catalog->offer({0}).definition.stock == 4);
  CHECK(folder.put().file_definition == remembered);
}

TEST_CASE("a delta that is nothing, or leads out of the range of stock, is no delta") {
  const Folder folder;
  for (const std::int64_t delta :
       {std::int64_t{0}, kStockMax, kStockMax - 9, std::int64_t{-11},
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    INFO(delta);
    const Planned refused = folder.adjust(delta, std::numeric_limits<std::uint64_t>::max());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().outcome == Outcome::validation_failed);
  }
  CHECK(folder.adjust(kStockMax - 10, std::numeric_limits<std::uint64_t>::max()).has_value());
}

TEST_CASE("more stock than the tables have room for is refused, and less of it never is") {
  Folder folder;  // 30 units
  CHECK(folder.adjust(5, 35).has_value());
  const Planned refused = folder.adjust(6, 35);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().outcome == Outcome::change_refused);
  CHECK_THAT(refused.error().detail, Catch::Contains("36 orders") && Catch::Contains("room for 35"));
  CHECK(folder.adjust(-1, 20).has_value());
  // Of an offer that is withdrawn only what was sold needs room; it gets no new stock.
  CatalogChangeSet withdraw;
  withdraw.offers.push_back(folder.catalog->offer({1}).definition);
  withdraw.offers[0].listed = false;
  CHECK(folder.apply(Planned(withdraw)) == "done");
  CHECK(folder.adjust(25, 35).has_value());
  CHECK_FALSE(folder.adjust(26, 35).has_value());
  CHECK(folder.apply(folder.adjust(1, kRoom, {1})) == "change_refused");
}

}  // namespace
}  // namespace doorbuster
