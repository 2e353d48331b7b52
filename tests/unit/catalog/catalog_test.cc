#include "doorbuster/catalog/catalog.h"

#include <string>
#include <vector>

#include "doorbuster/base/limits.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

CampaignPut campaign(std::uint32_t index, std::string id) {
  CampaignPut put;
  put.campaign = {index};
  put.starts_at = {100};
  put.ends_at = {200};
  put.id = std::move(id);
  put.currency = "EUR";
  return put;
}

OfferPut offer(std::uint32_t index, std::uint32_t campaign_index, std::string sku, bool listed = true) {
  OfferPut put;
  put.offer = {index};
  put.campaign = {campaign_index};
  put.stock = 10;
  put.listed = listed;
  put.sku = std::move(sku);
  return put;
}

TEST_CASE("a campaign is active from its first instant up to its end, which is outside") {
  const CampaignPut put = campaign(0, "a");
  CHECK(campaign_phase(put, {99}).state == CampaignState::scheduled);
  CHECK(campaign_phase(put, {100}).state == CampaignState::active);
  CHECK(campaign_phase(put, {199}).state == CampaignState::active);
  CHECK(campaign_phase(put, {200}).state == CampaignState::ended);
  CHECK(campaign_state_name(CampaignState::scheduled) == "scheduled");
  CHECK(campaign_state_name(CampaignState::paused) == "paused");
}

TEST_CASE("an empty catalog finds nothing") {
  const Catalog catalog;
  CHECK(catalog.version() == 0);
  CHECK(catalog.find_campaign(kDefaultTenant, "a") == nullptr);
  CHECK(catalog.find_campaign(kDefaultTenant, "") == nullptr);
}

TEST_CASE("campaigns and offers are found by name, withdrawn ones too") {
  const std::string long_id(kIdentifierBytesMax, 'x');
  const Catalog catalog(3, {campaign(0, "a"), campaign(1, long_id)},
                        {offer(0, 0, "s"), offer(1, 1, "s"), offer(2, 0, "t", false), offer(3, 0, long_id)});
  CHECK(catalog.version() == 3);
  REQUIRE(catalog.find_campaign(kDefaultTenant, "a") != nullptr);
  CHECK(catalog.find_campaign(kDefaultTenant, "a") == &catalog.campaign({0}));
  CHECK(catalog.find_campaign(kDefaultTenant, long_id) == &catalog.campaign({1}));
  CHECK(catalog.find_campaign(kDefaultTenant, long_id + "x") == nullptr);
  CHECK(catalog.find_campaign({kDefaultTenant.value + 1}, "a") == nullptr);
  CHECK(catalog.find_offer({0}, "s") == &catalog.offer({0}));
  CHECK(catalog.find_offer({1}, "s") == &catalog.offer({1}));
  CHECK(catalog.find_offer({0}, "t") == &catalog.offer({2}));
  CHECK(catalog.find_offer({0}, long_id) == &catalog.offer({3}));
  CHECK(catalog.find_offer({1}, "t") == nullptr);
  CHECK(catalog.find_offer({0}, "") == nullptr);
  CHECK(&catalog.campaign_of({1}) == &catalog.campaign({1}));
  CHECK(catalog.campaign({0}).offers == std::vector<OfferIndex>{{0}, {3}});
}

TEST_CASE("two tenants may use one campaign id") {
  CampaignPut other = campaign(1, "a");
  other.tenant = {kDefaultTenant.value + 1};
  const Catalog catalog(1, {campaign(0, "a"), other}, {});
  CHECK(catalog.find_campaign(kDefaultTenant, "a")->definition.campaign.value == 0);
  CHECK(catalog.find_campaign(other.tenant, "a")->definition.campaign.value == 1);
}

TEST_CASE("a change makes a new snapshot and leaves the old one as it was") {
  const Catalog before(1, {campaign(0, "a")}, {offer(0, 0, "s")});
  CatalogChangeSet change;
  change.campaigns = {campaign(1, "b")};
  change.offers = {offer(0, 0, "s", false), offer(1, 1, "s"), offer(2, 0, "t")};
  change.offers[1].stock = 77;
  REQUIRE(check_change(before, change).has_value());
  const CatalogPointer after = apply_change(before, change);
  CHECK(after->version() == 2);
  CHECK(after->campaigns().size() == 2);
  CHECK(after->offers().size() == 3);
  CHECK(after->campaign({0}).offers == std::vector<OfferIndex>{{2}});
  CHECK(after->find_offer({0}, "s")->definition.listed == false);
  CHECK(after->find_offer({1}, "s")->definition.stock == 77);
  CHECK(before.version() == 1);
  CHECK(before.campaigns().size() == 1);
  CHECK(before.campaign({0}).offers == std::vector<OfferIndex>{{0}});
}

TEST_CASE("a change that cannot follow the catalog is told why") {
  const Catalog catalog(1, {campaign(0, "a")}, {offer(0, 0, "s")});
  struct Case {
    CatalogChangeSet change;
    std::string message;
  };
  CampaignPut other_tenant = campaign(0, "a");
  other_tenant.tenant = {kDefaultTenant.value + 1};
  const std::vector<Case> cases = {
      {{{campaign(2, "c")}, {}}, "not the next campaign"},
      {{{campaign(1, "b"), campaign(1, "c")}, {}}, "not the next campaign"},
      {{{campaign(1, "a")}, {}}, "the id of another campaign"},
      {{{campaign(1, "b"), campaign(2, "b")}, {}}, "the id of another campaign"},
      {{{campaign(0, "b")}, {}}, "cannot become"},
      {{{other_tenant}, {}}, "cannot become"},
      {{{campaign(1, "")}, {}}, "wrong length"},
      {{{campaign(1, std::string(65, 'x'))}, {}}, "wrong length"},
      {{{}, {offer(2, 0, "t")}}, "not the next offer"},
      {{{}, {offer(1, 1, "t")}}, "belongs to no campaign"},
      {{{}, {offer(1, 0, "s")}}, "the SKU of another offer"},
      {{{}, {offer(1, 0, "t"), offer(2, 0, "t")}}, "the SKU of another offer"},
      {{{}, {offer(0, 0, "t")}}, "cannot become"},
      {{{campaign(1, "b")}, {offer(0, 1, "s")}}, "cannot become"},
      {{{}, {offer(1, 0, "")}}, "wrong length"},
  };
  for (const Case& wrong : cases) {
    const Status status = check_change(catalog, wrong.change);
    INFO(wrong.message);
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().kind == ErrorKind::configuration);
    CHECK_THAT(status.error().message, Catch::Contains(wrong.message));
  }
}

}  // namespace
}  // namespace doorbuster
