#include <span>
#include <string>
#include <vector>

#include "doorbuster/catalog/configuration.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::uint64_t kRoomForOrders = 10'000;

CampaignConfiguration campaign(std::string id, std::vector<OfferConfiguration> offers) {
  CampaignConfiguration value;
  value.id = id;
  value.name = std::move(id);
  value.currency = "EUR";
  value.starts_at = {100};
  value.ends_at = {200};
  value.limit_per_buyer = 2;
  value.show_remaining = true;
  value.offers = std::move(offers);
  return value;
}

using Campaigns = std::vector<CampaignConfiguration>;

// A data folder's catalog and what it sold, which a test changes step by step.
struct Folder {
  CatalogPointer catalog = std::make_shared<const Catalog>();
  std::vector<std::int64_t> committed;

  Result<CatalogChangeSet> plan(const Campaigns& campaigns, std::uint64_t room = kRoomForOrders) const {
    return plan_change(*catalog, committed, campaigns, room);
  }
  void change_to(const Campaigns& campaigns) {
    const Result<CatalogChangeSet> change = plan(campaigns);
    REQUIRE(change);
    catalog = apply_change(*catalog, *change);
    committed.resize(catalog->offers().size(), 0);
  }
  std::string refusal(const Campaigns& campaigns, std::uint64_t room = kRoomForOrders) const {
    const Result<CatalogChangeSet> change = plan(campaigns, room);
    if (change) return "accepted";
    CHECK(change.error().kind == ErrorKind::configuration);
    return change.error().message;
  }
};

TEST_CASE("a first configuration gets dense indexes in the order of the file") {
  Folder folder;
  folder.change_to({campaign("a", {{"x", 1, 5, 4}, {"y", 2, 5, 5}}), campaign("b", {{"x", 3, 5, 3}})});
  const Catalog& catalog = *folder.catalog;
  CHECK(catalog.version() == 1);
  REQUIRE(catalog.offers().size() == 3);
  CHECK(catalog.find_offer({0}, "y")->definition.offer.value == 1);
  CHECK(catalog.find_offer({1}, "x")->definition.offer.value == 2);
  const CampaignPut& put = catalog.campaign({0}).definition;
  CHECK(put.id == "a");
  CHECK(put.name == "a");
  CHECK(put.currency == "EUR");
  CHECK(put.starts_at == Tick{100});
  CHECK(put.ends_at == Tick{200});
  CHECK(put.limit_per_buyer == 2);
  CHECK(put.show_remaining);
  CHECK(put.listed);
  const OfferPut& offer = catalog.offer({0}).definition;
  CHECK(offer.stock == 1);
  CHECK(offer.list_price == 5);
  CHECK(offer.price == 4);
}

TEST_CASE("the same file changes nothing, in whatever order it stands") {
  Folder folder;
  const Campaigns campaigns = {campaign("a", {{"x", 1, 1, 1}, {"y", 1, 1, 1}}),
                               campaign("b", {{"x", 1, 1, 1}})};
  folder.change_to(campaigns);
  CHECK(folder.plan(campaigns)->empty());
  CHECK(folder.plan({campaign("b", {{"x", 1, 1, 1}}), campaign("a", {{"y", 1, 1, 1}, {"x", 1, 1, 1}})})
            ->empty());
}

TEST_CASE("only what differs is in the change, whatever it is that differs") {
  Folder folder;
  const Campaigns before = {campaign("a", {{"x", 1, 5, 4}, {"y", 1, 5, 4}}), campaign("b", {{"x", 1, 5, 4}})};
  folder.change_to(before);
  using Edit = void (*)(CampaignConfiguration&);
  const Edit campaign_edits[] = {
      [](CampaignConfiguration& c) { c.name = "other"; },
      [](CampaignConfiguration& c) { c.currency = "USD"; },
      [](CampaignConfiguration& c) { c.starts_at = {101}; },
      [](CampaignConfiguration& c) { c.ends_at = {201}; },
      [](CampaignConfiguration& c) { c.limit_per_buyer = 0; },
      [](CampaignConfiguration& c) { c.show_remaining = false; },
      [](CampaignConfiguration& c) { c.hold_seconds = 1; },
      [](CampaignConfiguration& c) { c.hold_max_seconds = 1; },
      [](CampaignConfiguration& c) { c.limit_per_buyer_total = 1; },
      [](CampaignConfiguration& c) { c.on_payment_failed = PaymentFailure::keep; },
      [](CampaignConfiguration& c) { c.grace_seconds = 1; },
      [](CampaignConfiguration& c) { c.waitlist = true; },
      [](CampaignConfiguration& c) { c.offer_seconds = 1; },
  };
  for (const Edit edit : campaign_edits) {
    Campaigns after = before;
    edit(after[1]);
    const Result<CatalogChangeSet> change = folder.plan(after);
    REQUIRE(change);
    CHECK(change->offers.empty());
    REQUIRE(change->campaigns.size() == 1);
    CHECK(change->campaigns[0].campaign.value == 1);
  }
  const Edit offer_edits[] = {
      [](CampaignConfiguration& c) { c.offers[1].stock = 9; },
      [](CampaignConfiguration& c) { c.offers[1].price = 3; },
      [](CampaignConfiguration& c) { c.offers[1].list_price = 9; },
  };
  for (const Edit edit : offer_edits) {
    Campaigns after = before;
    edit(after[0]);
    const Result<CatalogChangeSet> change = folder.plan(after);
    REQUIRE(change);
    CHECK(change->campaigns.empty());
    REQUIRE(change->offers.size() == 1);
    CHECK(change->offers[0].offer.value == 1);
  }
}

TEST_CASE("the rules of a hold's life stand in the change as they are configured, and read back so") {
  const ParsedConfiguration parsed = parse_configuration(R"({"campaigns": [
    {"id": "a", "currency": "EUR", "starts_at": "2026-11-27T08:00:00Z", "ends_at": "2026-11-27T20:00:00Z",
     "hold_seconds": 60, "hold_max_seconds": 120, "limit_per_buyer": 2, "limit_per_buyer_total": 3,
     "on_payment_failed": "grace", "grace_seconds": 20, "waitlist": true, "offer_seconds": 30,
     "offers": [{"sku": "x", "stock": 1, "price": 1}]},
    {"id": "b", "currency": "EUR", "starts_at": "2026-11-27T08:00:00Z", "ends_at": "2026-11-27T20:00:00Z",
     "hold_seconds": 60, "offers": [{"sku": "x", "stock": 1, "price": 1}]},
    {"id": "c", "currency": "EUR", "starts_at": "2026-11-27T08:00:00Z", "ends_at": "2026-11-27T20:00:00Z",
     "offers": [{"sku": "x", "stock": 1, "price": 1}]}]})");
  REQUIRE(parsed.configuration);
  const Result<CatalogChangeSet> change = Folder().plan(parsed.configuration->campaigns);
  REQUIRE(change);
  REQUIRE(change->campaigns.size() == 3);
  const CampaignPut& put = change->campaigns[0];
  CHECK(put.hold_seconds == 60);
  CHECK(put.hold_max_seconds == 120);
  CHECK(put.limit_per_buyer == 2);
  CHECK(put.limit_per_buyer_total == 3);
  CHECK(put.on_payment_failed == PaymentFailure::grace);
  CHECK(put.grace_seconds == 20);
  CHECK(put.waitlist);
  CHECK(put.offer_seconds == 30);
  // A configuration without the newer keys is journaled as it always was.
  CHECK(campaign_put_version(change->campaigns[0]) == 2);
  CHECK(campaign_put_version(change->campaigns[1]) == 1);
  CHECK(campaign_put_version(change->campaigns[2]) == 1);

  CatalogChangeSet read;
  read.offers = change->offers;
  for (const CampaignPut& wrote : change->campaigns) {
    std::string payload;
    encode(wrote, payload);
    const auto campaign = decode_campaign_put(std::as_bytes(std::span(payload)), campaign_put_version(wrote));
    REQUIRE(campaign);
    read.campaigns.push_back(*campaign);
  }
  Folder folder;
  folder.catalog = apply_change(*folder.catalog, read);
  folder.committed.resize(3, 0);
  CHECK(folder.plan(parsed.configuration->campaigns)->empty());
}

TEST_CASE("what leaves the file is withdrawn, and what comes back has its old index") {
  Folder folder;
  const Campaigns both = {campaign("a", {{"x", 5, 1, 1}, {"y", 5, 1, 1}}), campaign("b", {{"x", 5, 1, 1}})};
  folder.change_to(both);
  folder.committed = {3, 0, 2};

  folder.change_to({campaign("a", {{"y", 5, 1, 1}, {"z", 5, 1, 1}})});
  CHECK_FALSE(folder.catalog->find_campaign(kDefaultTenant, "b")->definition.listed);
  CHECK_FALSE(folder.catalog->find_offer({1}, "x")->definition.listed);
  CHECK_FALSE(folder.catalog->find_offer({0}, "x")->definition.listed);
  CHECK(folder.catalog->find_offer({0}, "x")->definition.stock == 5);
  CHECK(folder.catalog->find_offer({0}, "z")->definition.offer.value == 3);
  CHECK(folder.catalog->campaign({0}).offers == std::vector<OfferIndex>{{1}, {3}});
  CHECK(folder.catalog->campaign({1}).offers.empty());
  CHECK(folder.plan({campaign("a", {{"y", 5, 1, 1}, {"z", 5, 1, 1}})})->empty());

  folder.change_to(both);
  CHECK(folder.catalog->find_offer({0}, "x")->definition.listed);
  CHECK(folder.catalog->find_offer({0}, "x")->definition.offer.value == 0);
  CHECK(folder.catalog->find_offer({1}, "x")->definition.offer.value == 2);
  CHECK(folder.catalog->find_campaign(kDefaultTenant, "b")->definition.listed);
  CHECK_FALSE(folder.catalog->find_offer({0}, "z")->definition.listed);
  CHECK(folder.catalog->offers().size() == 4);
}

TEST_CASE("an empty file withdraws everything once") {
  Folder folder;
  folder.change_to({campaign("a", {{"x", 5, 1, 1}})});
  folder.change_to({});
  CHECK(folder.catalog->version() == 2);
  CHECK_FALSE(folder.catalog->campaign({0}).definition.listed);
  CHECK_FALSE(folder.catalog->offer({0}).definition.listed);
  CHECK(folder.plan({})->empty());
}

TEST_CASE("a stock may fall to what is committed and not below, also when an offer comes back") {
  Folder folder;
  folder.change_to({campaign("a", {{"x", 10, 1, 1}})});
  folder.committed = {7};
  CHECK(folder.refusal({campaign("a", {{"x", 7, 1, 1}})}) == "accepted");
  CHECK_THAT(folder.refusal({campaign("a", {{"x", 6, 1, 1}})}),
             Catch::Contains("campaign a, sku x: stock 6 is below the 7 units already sold or held"));
  folder.change_to({});
  CHECK_THAT(folder.refusal({campaign("a", {{"x", 6, 1, 1}})}),
             Catch::Contains("stock 6 is below the 7 units"));
}

TEST_CASE("a currency changes only while nothing is sold, withdrawn offers counted") {
  Folder folder;
  folder.change_to({campaign("a", {{"x", 10, 1, 1}, {"y", 10, 1, 1}})});
  Campaigns dollars = {campaign("a", {{"y", 10, 1, 1}})};
  dollars[0].currency = "USD";
  CHECK(folder.refusal(dollars) == "accepted");
  folder.committed = {4, 0};
  CHECK_THAT(folder.refusal(dollars),
             Catch::Contains("campaign a: currency cannot change from EUR to USD, 4 units"));
}

TEST_CASE("possible orders are listed stock and what withdrawn offers have sold") {
  Folder folder;
  folder.change_to({campaign("a", {{"x", 100, 1, 1}, {"y", 100, 1, 1}})});
  folder.committed = {30, 0};
  CHECK(folder.refusal({campaign("a", {{"y", 70, 1, 1}})}, 100) == "accepted");
  CHECK_THAT(folder.refusal({campaign("a", {{"y", 71, 1, 1}})}, 100),
             Catch::Contains("101 orders are possible") && Catch::Contains("room for 100") &&
                 Catch::Contains("restart with a larger server.max_orders"));
}

TEST_CASE("withdrawn offers and campaigns count towards the bounds of a data folder") {
  std::vector<CampaignPut> campaigns(kCampaignsMax);
  for (std::uint32_t i = 0; i < kCampaignsMax; ++i) {
    campaigns[i].campaign = {i};
    campaigns[i].id = "c" + std::to_string(i);
    campaigns[i].currency = "EUR";
    campaigns[i].listed = false;
  }
  std::vector<OfferPut> offers(kOffersMax);
  for (std::uint32_t i = 0; i < kOffersMax; ++i) {
    offers[i].offer = {i};
    offers[i].campaign = {i % kCampaignsMax};
    offers[i].sku = "s" + std::to_string(i);
    offers[i].listed = false;
  }
  const Folder full = {std::make_shared<const Catalog>(1, std::move(campaigns), std::move(offers)),
                       std::vector<std::int64_t>(kOffersMax, 0)};
  CHECK(full.refusal({campaign("c1", {{"s1", 1, 1, 1}})}) == "accepted");
  const std::string refusal =
      full.refusal({campaign("c1", {{"new", 1, 1, 1}}), campaign("new", {{"s", 1, 1, 1}})});
  CHECK_THAT(refusal, Catch::Contains("65537 campaigns, withdrawn ones included, and at most 65536"));
  CHECK_THAT(refusal, Catch::Contains("1048578 offers, withdrawn ones included, and at most 1048576"));
}

TEST_CASE("every reason stands in one message") {
  Folder folder;
  folder.change_to({campaign("a", {{"x", 10, 1, 1}, {"y", 10, 1, 1}}), campaign("b", {{"x", 10, 1, 1}})});
  folder.committed = {7, 8, 9};
  Campaigns wrong = {campaign("a", {{"x", 6, 1, 1}, {"y", 5, 1, 1}}), campaign("b", {{"x", 500, 1, 1}})};
  wrong[1].currency = "USD";
  const std::string refusal = folder.refusal(wrong, 100);
  for (const std::string part :
       {"campaign a, sku x: stock 6 is below the 7", "campaign a, sku y: stock 5 is below the 8",
        "campaign b: currency cannot change", "511 orders are possible"}) {
    CHECK_THAT(refusal, Catch::Contains(part));
  }
}

}  // namespace
}  // namespace doorbuster
