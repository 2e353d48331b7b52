// What a file or a person says about campaigns with stock from the pool: plan_change() and plan_put().

#include <string>
#include <utility>
#include <vector>

#include "doorbuster/catalog/definition.h"
#include "doorbuster/catalog/pool.h"
#include "support/catch.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr std::uint64_t kRoom = 10'000;

CampaignConfiguration sale(std::int64_t stock, Tick ends_at = kCloses) {
  CampaignConfiguration configured;
  configured.id = configured.name = "sale";
  configured.currency = "EUR";
  configured.starts_at = kOpens;
  configured.ends_at = ends_at;
  configured.from_pool = true;
  configured.offers = {{.sku = "tv", .stock = stock, .list_price = 2, .price = 1}};
  return configured;
}

// One pool of 100 tv.
struct Folder {
  CatalogPointer catalog;
  std::vector<std::int64_t> committed;

  Folder() {
    CatalogChangeSet change;
    change.items.emplace_back();
    change.items[0].sku = "tv";
    change.items[0].stock = 100;
    catalog = apply_change(Catalog(), change);
  }
  // "done", "nothing", or why not.
  std::string apply(const Result<CatalogChangeSet>& planned) {
    if (!planned) return planned.error().message;
    if (planned->empty()) return "nothing";
    REQUIRE(check_change(*catalog, *planned).has_value());
    catalog = apply_change(*catalog, *planned);
    committed.resize(catalog->offers().size());
    return "done";
  }
  std::string put(const CampaignConfiguration& configured) {
    return apply(plan_put(*catalog, committed, configured, kRoom));
  }
  std::string arm() {
    const auto planned = plan_action(*catalog, {0}, CampaignAction::arm, kOpens);
    return planned ? apply(*planned) : planned.error().detail;
  }
  std::string release(Tick now = kCloses) { return apply(plan_release(*catalog, committed, {0}, now)); }
  std::int64_t locked() const { return pool_units(*catalog).at(0).locked; }
  const OfferPut& offer() const { return catalog->offer({0}).definition; }
  const CampaignPut& campaign() const { return catalog->campaign({0}).definition; }
};

TEST_CASE("a campaign that has given back stays so while nothing makes it sell longer") {
  Folder folder;
  REQUIRE(folder.put(sale(60)) == "done");
  REQUIRE(folder.arm() == "done");
  CHECK(folder.put(sale(60)) == "nothing");
  folder.committed = {25};
  REQUIRE(folder.release() == "done");
  CHECK(folder.put(sale(60)) == "nothing");
  CampaignConfiguration renamed = sale(60);
  renamed.name = "Another name";
  CHECK(folder.put(renamed) == "done");
  CHECK(folder.campaign().armed);
  CHECK(folder.offer().released == 35);
  CHECK(folder.locked() == 25);
}

TEST_CASE("a campaign that is to sell longer takes its whole stock again, or is refused") {
  Folder folder;
  REQUIRE(folder.put(sale(60)) == "done");
  REQUIRE(folder.arm() == "done");
  folder.committed = {25};
  REQUIRE(folder.release() == "done");
  CampaignConfiguration other = sale(70);
  other.id = "other";
  REQUIRE(folder.put(other) == "done");
  const auto armed = plan_action(*folder.catalog, {1}, CampaignAction::arm, kOpens);
  REQUIRE(folder.apply(*armed) == "done");
  CHECK(folder.put(sale(60, after(kCloses, 1))) ==
        "the definition does not fit the data folder: "
        "sku tv: 35 units wanted and 5 of the pool's 100 available");
  CHECK(folder.offer().released == 35);
  REQUIRE(folder.apply(plan_stock_adjustment(*folder.catalog, folder.committed, {1}, -30, kRoom).value()) ==
          "done");
  CHECK(folder.put(sale(60, after(kCloses, 1))) == "done");
  CHECK(folder.offer().released == 0);
  CHECK(folder.campaign().armed);
  CHECK(folder.locked() == 100);
}

TEST_CASE("less stock of a campaign that is over takes from what it has given back") {
  Folder folder;
  REQUIRE(folder.put(sale(60)) == "done");
  REQUIRE(folder.arm() == "done");
  folder.committed = {25};
  REQUIRE(folder.release() == "done");
  CHECK(folder.put(sale(40)) == "done");
  CHECK(folder.offer().released == 15);
  CHECK(folder.locked() == 25);
  CHECK(folder.put(sale(24)) ==
        "the definition does not fit the data folder: "
        "campaign sale, sku tv: stock 24 is below the 25 units already sold or held");
}

TEST_CASE("where the units of a campaign come from cannot change once some are sold") {
  Folder folder;
  REQUIRE(folder.put(sale(60)) == "done");
  REQUIRE(folder.arm() == "done");
  CampaignConfiguration own = sale(60);
  own.from_pool = false;
  folder.committed = {1};
  CHECK(folder.put(own) ==
        "the definition does not fit the data folder: "
        "campaign sale: from_pool cannot change, 1 units are already sold or held");
  folder.committed = {0};
  CHECK(folder.put(own) == "done");
  CHECK_FALSE(folder.campaign().armed);
  CHECK(folder.locked() == 0);
  CHECK(folder.put(sale(60)) == "done");
  CHECK_FALSE(folder.campaign().armed);  // to be armed again
}

TEST_CASE("a SKU that is no item, and stock that the pool has not, are refused by name") {
  Folder folder;
  CampaignConfiguration unknown = sale(60);
  unknown.offers[0].sku = "radio";
  CHECK(folder.put(unknown) ==
        "the definition does not fit the data folder: "
        "campaign sale, sku radio: from_pool, and the catalog has no item of this SKU");
  CHECK(folder.put(sale(101)) == "done");  // planned is not taken
  CHECK(folder.arm() ==
        "campaign sale cannot be armed: sku tv: 101 units wanted and 100 of the pool's 100 available");
  CHECK(folder.put(sale(100)) == "done");
  CHECK(folder.arm() == "done");
  CHECK(folder.put(sale(101)) ==
        "the definition does not fit the data folder: "
        "sku tv: 1 units wanted and 0 of the pool's 100 available");
}

TEST_CASE("what was withdrawn, has given back and comes again takes its stock again") {
  Folder folder;
  REQUIRE(folder.put(sale(60)) == "done");
  REQUIRE(folder.arm() == "done");
  REQUIRE(folder.apply(plan_remove(*folder.catalog, {0})) == "done");
  folder.committed = {25};
  REQUIRE(folder.release(kOpens) == "done");
  CHECK(folder.locked() == 25);
  CHECK(folder.put(sale(60)) == "done");
  CHECK(folder.locked() == 60);
  CHECK(folder.campaign().armed);
}

TEST_CASE("a file that says nothing new keeps what the clock did, and its hash does not know of it") {
  Folder folder;
  REQUIRE(folder.put(sale(60)) == "done");
  const std::uint64_t said = definition_hash(folder.campaign()) + definition_hash(folder.offer());
  REQUIRE(folder.arm() == "done");
  folder.committed = {25};
  REQUIRE(folder.release() == "done");
  CHECK(definition_hash(folder.campaign()) + definition_hash(folder.offer()) == said);
  const std::string text = definition_json(*folder.catalog, {0});
  CHECK_THAT(text, Catch::Contains(R"("from_pool":true)") && Catch::Contains(R"("stock":60)"));
  const ParsedDefinition parsed = parse_definition(text);
  REQUIRE(parsed.campaign.has_value());
  CHECK(folder.put(*parsed.campaign) == "nothing");
}

}  // namespace
}  // namespace doorbuster
