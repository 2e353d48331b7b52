// Marks of low stock, from the file to the catalog.
#include <string>

#include "doorbuster/catalog/configuration.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

// A file of one campaign with one offer, and what each of the two has besides.
ParsedConfiguration parse(const std::string& campaign, const std::string& offer = {}) {
  return parse_configuration(
      R"({"campaigns":[{"id":"sale","currency":"EUR","starts_at":"2026-11-27T08:00:00Z",)"
      R"("ends_at":"2026-11-27T20:00:00Z",)" +
      campaign + R"("offers":[{"sku":"tv","stock":50,"price":100)" + offer + "}]}]}");
}
CampaignConfiguration campaign(const std::string& members, const std::string& offer = {}) {
  const ParsedConfiguration parsed = parse(members, offer);
  for (const Diagnostic& diagnostic : parsed.diagnostics) UNSCOPED_INFO(diagnostic.message);
  REQUIRE(parsed.configuration);
  return parsed.configuration->campaigns.front();
}

TEST_CASE("a campaign and an offer each have a mark, in percent and in units") {
  const CampaignConfiguration none = campaign("");
  CHECK_FALSE(none.plan.low_stock.is_set());
  CHECK_FALSE(none.offers.front().plan.low_stock.is_set());
  const CampaignConfiguration both =
      campaign(R"("low_stock_percent":12.25,"low_stock_units":7,)", R"(,"low_stock_percent":100)");
  CHECK(both.plan.low_stock == LowStock{.basis_points = 1225, .units = 7});
  CHECK(both.offers.front().plan.low_stock == LowStock{.basis_points = 10'000, .units = 0});
  CHECK_FALSE(campaign(R"("low_stock_percent":0,"low_stock_units":0,)").plan.low_stock.is_set());
}

TEST_CASE("what is wrong with a mark is told at its place") {
  struct Case {
    std::string campaign, offer, pointer, why;
  };
  const Case cases[] = {
      {R"("low_stock_percent":101,)", "", "/campaigns/0/low_stock_percent", "not 101"},
      {R"("low_stock_percent":-1,)", "", "/campaigns/0/low_stock_percent",
       "from 0 to 100 percent with at most 2 decimals, not -1"},
      {R"("low_stock_percent":1.005,)", "", "/campaigns/0/low_stock_percent", "1.005"},
      {R"("low_stock_units":1000000001,)", "", "/campaigns/0/low_stock_units", "not 1000000001"},
      {"", R"(,"low_stock_units":-1)", "/campaigns/0/offers/0/low_stock_units", "not -1"},
      {"", R"(,"low_stock_units":1.5)", "/campaigns/0/offers/0/low_stock_units", "1.5"},
      {"", R"(,"low_stock_percent":"5")", "/campaigns/0/offers/0/low_stock_percent", "number"},
  };
  for (const Case& each : cases) {
    const ParsedConfiguration parsed = parse(each.campaign, each.offer);
    REQUIRE(parsed.diagnostics.size() == 1);
    CHECK(parsed.diagnostics.front().pointer == each.pointer);
    CHECK_THAT(parsed.diagnostics.front().message, Catch::Contains(each.why));
  }
}

TEST_CASE("another mark is a change of its campaign or offer, and the same one is none") {
  const auto change = [](const Catalog& catalog, const CampaignConfiguration& wanted) {
    auto planned =
        plan_change(catalog, std::vector<std::int64_t>(catalog.offers().size(), 0), {wanted}, kOrdersMax);
    REQUIRE(planned);
    return std::move(*planned);
  };
  const CampaignConfiguration marked = campaign(R"("low_stock_percent":10,)", R"(,"low_stock_units":5)");
  const CatalogPointer catalog = apply_change(Catalog(), change(Catalog(), marked));
  CHECK(catalog->campaign({0}).definition.plan.low_stock.basis_points == 1000);
  CHECK(catalog->offer({0}).definition.plan.low_stock.units == 5);
  CHECK(change(*catalog, marked).empty());
  const CatalogChangeSet of_campaign = change(*catalog, campaign("", R"(,"low_stock_units":5)"));
  CHECK(of_campaign.campaigns.size() == 1);
  CHECK(of_campaign.offers.empty());
  const CatalogChangeSet of_offer =
      change(*catalog, campaign(R"("low_stock_percent":10,)", R"(,"low_stock_units":6)"));
  CHECK(of_offer.campaigns.empty());
  CHECK(of_offer.offers.size() == 1);
}

}  // namespace
}  // namespace doorbuster
