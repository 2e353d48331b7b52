#include "doorbuster/catalog/pool.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/catalog/definition.h"
#include "support/catch.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr Tick kEarly = after(kOpens, -3600 * kNsPerSecond);
constexpr Tick kNoon = after(kOpens, 4 * 3600 * kNsPerSecond);
constexpr std::uint64_t kRoom = 10'000;

ItemPut item_put(std::uint32_t index, std::int64_t stock, TenantId tenant = kDefaultTenant) {
  ItemPut put;
  put.item = {index};
  put.tenant = tenant;
  put.stock = stock;
  put.sku = "sku-" + std::to_string(index);
  put.currency = "EUR";
  return put;
}

CampaignPut pooled(std::uint32_t index, std::uint32_t arm_seconds = 0) {
  CampaignPut put = campaign_put(index);
  put.from_pool = true;
  put.arm_seconds = arm_seconds;
  return put;
}

OfferPut offer_of(std::uint32_t offer, std::uint32_t campaign, std::uint32_t item, std::int64_t stock) {
  OfferPut put = offer_put(offer, stock, 4990, campaign);
  put.sku = "sku-" + std::to_string(item);
  return put;
}

// Two campaigns that want 60 and 50 of the first item's 100 units; the first one wants 5 of the second's 10
// besides.
struct Folder {
  CatalogPointer catalog;
  std::vector<std::int64_t> committed = {0, 0, 0};

  Folder() {
    CatalogChangeSet change;
    change.items = {item_put(0, 100), item_put(1, 10)};
    change.campaigns = {pooled(0), pooled(1)};
    change.offers = {offer_of(0, 0, 0, 60), offer_of(1, 0, 1, 5), offer_of(2, 1, 0, 50)};
    catalog = apply_change(Catalog(), change);
  }

  using Planned = tl::expected<CatalogChangeSet, ActionRefusal>;
  // "done", "nothing", or the refusal's code and sentence.
  std::string apply(const Planned& planned) {
    if (!planned) return std::string(outcome_code(planned.error().outcome)) + ": " + planned.error().detail;
    return apply(*planned);
  }
  std::string apply(const CatalogChangeSet& planned) {
    if (planned.empty()) return "nothing";
    REQUIRE(check_change(*catalog, planned).has_value());
    catalog = apply_change(*catalog, planned);
    return "done";
  }
  std::string arm(std::uint32_t campaign, Tick now = kEarly) {
    return apply(plan_action(*catalog, {campaign}, CampaignAction::arm, now));
  }
  std::string release(std::uint32_t campaign, Tick now = kCloses) {
    return apply(plan_release(*catalog, committed, {campaign}, now));
  }
  std::string adjust(std::uint32_t offer, std::int64_t delta) {
    return apply(plan_stock_adjustment(*catalog, committed, {offer}, delta, kRoom));
  }
  template <typename Edit>
  void edit(std::uint32_t campaign, Edit edit) {
    CatalogChangeSet set;
    set.campaigns.push_back(put(campaign));
    edit(set.campaigns.back());
    catalog = apply_change(*catalog, set);
  }
  template <typename Edit>
  void edit_offer(std::uint32_t offer, Edit edit) {
    CatalogChangeSet set;
    set.offers.push_back(catalog->offer({offer}).definition);
    edit(set.offers.back());
    catalog = apply_change(*catalog, set);
  }
  const CampaignPut& put(std::uint32_t campaign) const { return catalog->campaign({campaign}).definition; }
  std::int64_t released(std::uint32_t offer) const { return catalog->offer({offer}).definition.released; }
  PoolUnits pool(std::size_t item) const { return pool_units(*catalog).at(item); }
};

TEST_CASE("nothing is taken out of the pool until a campaign is armed, and then all of it") {
  Folder folder;
  CHECK(folder.pool(0) == PoolUnits{.stock = 100, .locked = 0});
  CHECK(folder.arm(0) == "done");
  CHECK(folder.pool(0) == PoolUnits{.stock = 100, .locked = 60});
  CHECK(folder.pool(1) == PoolUnits{.stock = 10, .locked = 5});
  CHECK(folder.pool(0).available() == 40);
  CHECK(folder.arm(0) == "nothing");
  CHECK(folder.put(0).file_definition == 0);  // no file says whether a campaign is armed
}

TEST_CASE("a campaign that the pool does not back is not armed at all, and every SKU is told") {
  Folder folder;
  CHECK(folder.arm(0) == "done");
  CHECK(folder.arm(1) ==
        "change_refused: campaign campaign-1 cannot be armed: "
        "sku sku-0: 50 units wanted and 40 of the pool's 100 available");
  CHECK_FALSE(folder.put(1).armed);

  Folder other;
  CHECK(other.arm(1) == "done");
  other.edit_offer(1, [](OfferPut& put) { put.stock = 11; });
  CHECK(other.arm(0) ==
        "change_refused: campaign campaign-0 cannot be armed: "
        "sku sku-0: 60 units wanted and 50 of the pool's 100 available; "
        "sku sku-1: 11 units wanted and 10 of the pool's 10 available");
  CHECK(other.pool(1).locked == 0);
}

TEST_CASE("the pool of one tenant is nothing to another") {
  Folder folder;
  CatalogChangeSet change;
  change.tenants = {{.tenant = {2}, .id = "other"}};
  change.items = {item_put(2, 7, {2})};
  change.items[0].sku = "sku-0";
  change.campaigns = {pooled(2)};
  change.campaigns[0].tenant = {2};
  change.offers = {offer_of(3, 2, 0, 7)};
  REQUIRE(folder.apply(change) == "done");
  CHECK(folder.arm(0) == "done");
  CHECK(folder.arm(2) == "done");
  CHECK(folder.pool(0).locked == 60);
  CHECK(folder.pool(2) == PoolUnits{.stock = 7, .locked = 7});
}

TEST_CASE("what cannot be armed says why") {
  Folder folder;
  CHECK(folder.arm(0, kCloses) ==
        "campaign_ended: campaign campaign-0 ended at 2026-11-27T20:00:00Z: there is nothing to arm");
  folder.edit(0, [](CampaignPut& put) { put.from_pool = false; });
  CHECK(folder.arm(0) ==
        "change_refused: campaign campaign-0 has stock of its own: only what has from_pool can be armed");
  folder.edit(1, [](CampaignPut& put) { put.listed = false; });
  CHECK(folder.arm(1) ==
        "change_refused: campaign campaign-1 is no longer in the configuration: put it back there before "
        "changing it");
}

TEST_CASE("an offer without an item is a fault of its campaign, armed or not, until it is withdrawn") {
  Folder folder;
  CatalogChangeSet change;
  change.offers = {offer_of(3, 1, 9, 1)};
  REQUIRE(find_pool_faults(*folder.catalog, change).size() == 1);
  CHECK(find_pool_faults(*folder.catalog, change)[0] ==
        "campaign campaign-1, sku sku-9: from_pool, and the catalog has no item of this SKU");
  change.items = {item_put(2, 1)};  // in the same change
  change.items[0].sku = "sku-9";
  CHECK(find_pool_faults(*folder.catalog, change).empty());
  change.items[0].listed = false;
  CHECK(find_pool_faults(*folder.catalog, change).size() == 1);
  change.offers[0].listed = false;
  CHECK(find_pool_faults(*folder.catalog, change).empty());
}

TEST_CASE("the pool never falls below what is taken out of it") {
  Folder folder;
  CHECK(folder.arm(0) == "done");
  CatalogChangeSet change;
  change.items = {item_put(0, 60), item_put(1, 4)};
  REQUIRE(find_pool_faults(*folder.catalog, change).size() == 1);
  CHECK(find_pool_faults(*folder.catalog, change)[0] ==
        "sku sku-1: a stock of 4 in the pool is below the 5 units that armed campaigns have taken");
  change.items.pop_back();
  CHECK(find_pool_faults(*folder.catalog, change).empty());
}

TEST_CASE("more stock of an armed campaign comes out of the pool, and less goes back to it") {
  Folder folder;
  CHECK(folder.adjust(0, 1000) == "done");  // not armed: nobody's units
  CHECK(folder.adjust(0, -1000) == "done");
  CHECK(folder.arm(0) == "done");
  CHECK(folder.adjust(0, 41) ==
        "change_refused: sku sku-0: 41 units wanted and 40 of the pool's 100 available");
  CHECK(folder.adjust(0, 40) == "done");
  CHECK(folder.pool(0).available() == 0);
  CHECK(folder.adjust(0, -30) == "done");
  CHECK(folder.pool(0).available() == 30);
}

TEST_CASE("an end gives back what is neither sold nor held, and later what comes free") {
  Folder folder;
  CHECK(folder.arm(0) == "done");
  CHECK(folder.release(0, after(kCloses, -1)) == "nothing");
  folder.committed = {23, 5, 0};
  CHECK(folder.release(0) == "done");
  CHECK(folder.released(0) == 37);
  CHECK(folder.released(1) == 0);
  CHECK(folder.pool(0) == PoolUnits{.stock = 100, .locked = 23});
  CHECK(folder.release(0) == "nothing");
  CHECK(folder.arm(1) == "done");  // before its own end, with what came back
  folder.committed = {20, 0, 50};
  CHECK(folder.release(0) == "done");
  CHECK(folder.released(0) == 40);
  CHECK(folder.pool(0) == PoolUnits{.stock = 100, .locked = 70});
  CHECK(folder.pool(1).locked == 0);
  CHECK(folder.put(0).armed);  // it has been
}

TEST_CASE("what was never armed, or has stock of its own, gives nothing back") {
  Folder folder;
  CHECK(folder.release(0) == "nothing");
  folder.edit(0, [](CampaignPut& put) { put.from_pool = false; });
  CHECK(folder.release(0) == "nothing");
}

TEST_CASE("what is withdrawn gives back before its end: a campaign, or one offer") {
  Folder folder;
  CHECK(folder.arm(0) == "done");
  folder.committed = {10, 2, 0};
  folder.edit_offer(1, [](OfferPut& put) { put.listed = false; });
  CHECK(folder.release(0, kNoon) == "done");
  CHECK(folder.released(0) == 0);
  CHECK(folder.released(1) == 3);
  CHECK(folder.apply(plan_remove(*folder.catalog, {0})) == "done");
  CHECK(folder.release(0, kNoon) == "done");
  CHECK(folder.pool(0).locked == 10);
}

TEST_CASE("an offer that was withdrawn before the campaign is armed takes nothing") {
  Folder folder;
  folder.edit_offer(1, [](OfferPut& put) {
    put.listed = false;
    put.stock = 1000;
  });
  CHECK(folder.arm(0) == "done");
  CHECK(folder.pool(1).locked == 0);
  CHECK(folder.pool(0).locked == 60);
}

TEST_CASE("stock of a campaign that is over is changed by what it still has") {
  Folder folder;
  CHECK(folder.arm(0) == "done");
  folder.committed = {23, 0, 0};
  CHECK(folder.release(0) == "done");
  CHECK(folder.adjust(0, -1) ==
        "change_refused: stock 22 would be below the 23 units already sold or held: at most 0 can go");
  CHECK(folder.adjust(0, 5) == "done");
  CHECK(folder.pool(0).locked == 28);
  CHECK(folder.release(0) == "done");
  CHECK(folder.pool(0).locked == 23);
}

TEST_CASE("the clock arms so long before the first window, once, and never what is over or withdrawn") {
  CampaignPut put = pooled(0, 3600);
  CHECK(arms_at(put) == kEarly);
  CHECK_FALSE(is_to_arm(put, after(kEarly, -1)));
  CHECK(is_to_arm(put, kEarly));
  CHECK(is_to_arm(put, kNoon));
  CHECK_FALSE(is_to_arm(put, kCloses));
  put.paused = true;
  CHECK(is_to_arm(put, kEarly));
  put.listed = false;
  CHECK_FALSE(is_to_arm(put, kEarly));
  put.listed = true;
  put.armed = true;
  CHECK_FALSE(is_to_arm(put, kEarly));
  put.armed = put.from_pool = false;
  CHECK_FALSE(is_to_arm(put, kEarly));
}

TEST_CASE("the next instant is an arming or an end of what is armed") {
  Folder folder;
  CHECK(next_pool_instant(*Folder().catalog, kEarly) == kOpens);
  CHECK(next_pool_instant(*folder.catalog, kOpens) == std::nullopt);  // due already
  CHECK(folder.arm(0) == "done");
  CHECK(next_pool_instant(*folder.catalog, kEarly) == kOpens);
  CHECK(next_pool_instant(*folder.catalog, kOpens) == kCloses);
  CHECK(next_pool_instant(*folder.catalog, kCloses) == std::nullopt);
  folder.edit(1, [](CampaignPut& put) { put.arm_seconds = 7200; });
  CHECK(next_pool_instant(*folder.catalog, after(kEarly, -7200 * kNsPerSecond)) ==
        after(kEarly, -3600 * kNsPerSecond));
  CHECK(next_pool_instant(Catalog(), kOpens) == std::nullopt);
}

TEST_CASE("the phase of a campaign with stock from the pool, in every state and at every edge") {
  struct Row {
    bool armed, paused;
    Tick now;
    std::string_view state;
  };
  const Tick before = after(kOpens, -1), last = after(kCloses, -1);
  for (const Row& row : std::initializer_list<Row>{{false, false, before, "scheduled"},
                                                   {false, false, kOpens, "scheduled"},
                                                   {false, false, last, "scheduled"},
                                                   {false, false, kCloses, "ended"},
                                                   {false, true, before, "paused"},
                                                   {false, true, kOpens, "paused"},
                                                   {true, false, before, "armed"},
                                                   {true, false, kOpens, "active"},
                                                   {true, false, last, "active"},
                                                   {true, false, kCloses, "ended"},
                                                   {true, true, before, "paused"},
                                                   {true, true, kOpens, "paused"},
                                                   {true, true, kCloses, "ended"}}) {
    CampaignPut put = pooled(0);
    put.armed = row.armed;
    put.paused = row.paused;
    INFO("armed " << row.armed << ", paused " << row.paused << ", at " << format_rfc3339(row.now));
    CHECK(campaign_state_name(campaign_phase(put, row.now).state) == row.state);
  }
  CampaignPut gaps = pooled(0);
  gaps.armed = true;
  gaps.plan.windows = {{kOpens, after(kOpens, 10)}, {after(kCloses, -10), kCloses}};
  CHECK(campaign_phase(gaps, after(kOpens, 10)).state == CampaignState::armed);  // what is left is backed
}

}  // namespace
}  // namespace doorbuster
