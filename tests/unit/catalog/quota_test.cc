// Quotas of channels from the configuration to what an operator is told of them.
#include <string>

#include "doorbuster/catalog/campaign_action.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/catalog/definition.h"
#include "doorbuster/catalog/definition_members.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

std::string with_quotas(const std::string& quotas, const std::string& stock = "10") {
  return R"({"campaigns":[{"id":"sale","currency":"EUR","starts_at":"2026-11-27T08:00:00Z",)"
         R"("ends_at":"2026-11-27T20:00:00Z","offers":[{"sku":"tv","price":100,"stock":)" +
         stock + R"(,"channel_quotas":)" + quotas + "}]}]}";
}

std::string quota(const std::string& channel, const std::string& units,
                  const std::string& until = "\"2026-11-27T10:00:00Z\"") {
  return R"({"channel":)" + channel + R"(,"units":)" + units + R"(,"until":)" + until + "}";
}

// "pointer: message", a line each.
std::string errors_of(const std::string& text) {
  std::string told;
  for (const Diagnostic& diagnostic : parse_configuration(text).diagnostics) {
    told += diagnostic.pointer + ": " + diagnostic.message + "\n";
  }
  return told;
}

CatalogPointer catalog_of(const std::string& text) {
  const ParsedConfiguration parsed = parse_configuration(text);
  REQUIRE(parsed.configuration);
  const auto change = plan_change(Catalog(), {}, parsed.configuration->campaigns, kOrdersMax);
  REQUIRE(change);
  return apply_change(Catalog(), *change);
}

TEST_CASE("quotas are read in the order of their channels, with offsets as instants") {
  const CatalogPointer catalog = catalog_of(with_quotas(
      "[" + quota("\"web\"", "1", "\"2026-11-27T11:00:00+01:00\"") + "," + quota("\"app\"", "9") + "]"));
  const Tick ten = *parse_rfc3339("2026-11-27T10:00:00Z");
  CHECK(catalog->offers()[0].definition.plan.channel_quotas ==
        std::vector<ChannelQuota>{{"app", 9, ten}, {"web", 1, ten}});
  CHECK(errors_of(with_quotas("[]")).empty());
}

TEST_CASE("a quota that cannot be kept is refused, each mistake at its place") {
  const std::string at = "/campaigns/0/offers/0/channel_quotas";
  const std::string above =
      errors_of(with_quotas("[" + quota("\"app\"", "6") + "," + quota("\"pos\"", "5") + "]"));
  CHECK(above == at + ": keeps 11 units of a stock of 10: at most the stock can be kept for channels\n");
  const std::string twice =
      errors_of(with_quotas("[" + quota("\"app\"", "1") + "," + quota("\"app\"", "2") + "]"));
  CHECK(twice == at + "/1/channel: \"app\" is the channel of line 1 already\n");
  for (const std::string& wrong :
       {quota("\"app\"", "0"), quota("\"app\"", "1000000001"), quota("\"\"", "1"), quota("\"app\"", "1.5"),
        quota("\"app\"", "1", "\"tomorrow\""), quota("\"app\"", "1", "1"), quota("5", "1"),
        std::string(R"({"channel":"app","units":1})"),
        std::string(R"({"units":1,"until":"2026-11-27T10:00:00Z"})"),
        std::string(R"({"channel":"app","until":"2026-11-27T10:00:00Z"})"), std::string("5")}) {
    CAPTURE(wrong);
    CHECK_THAT(errors_of(with_quotas("[" + wrong + "]")), Catch::StartsWith(at + "/0"));
  }
  std::string many = "[";
  for (std::size_t i = 0; i <= kChannelQuotasMax; ++i) {
    many += (i == 0 ? "" : ",") + quota("\"c" + std::to_string(i) + "\"", "1");
  }
  CHECK_THAT(errors_of(with_quotas(many + "]", "100")), Catch::StartsWith(at + ":"));
}

TEST_CASE("a quota that changes is a change, of its offer alone, and is told with its values") {
  const CatalogPointer catalog = catalog_of(with_quotas("[" + quota("\"app\"", "4") + "]"));
  const auto changed = [&](const std::string& quotas) {
    const auto parsed = parse_configuration(with_quotas(quotas));
    REQUIRE(parsed.configuration);
    const auto change = plan_change(*catalog, {0}, parsed.configuration->campaigns, kOrdersMax);
    REQUIRE(change);
    CHECK(change->campaigns.empty());
    return change->offers;
  };
  CHECK(changed("[" + quota("\"app\"", "4") + "]").empty());
  CHECK(changed("[" + quota("\"app\"", "4", "\"2026-11-27T10:00:01Z\"") + "]").size() == 1);
  CHECK(changed("[" + quota("\"pos\"", "4") + "]").size() == 1);
  const std::vector<OfferPut> offers = changed("[]");
  REQUIRE(offers.size() == 1);
  const OfferPut& before = catalog->offers()[0].definition;
  CHECK(definition_hash(before) != definition_hash(offers[0]));
  std::string told;
  for (const DefinitionMember<OfferPut>& member : offer_members()) {
    if (!member.same(before, offers[0])) {
      told += std::string(member.name) + " " + member.json(before) + " > " + member.json(offers[0]);
    }
  }
  CHECK(told == R"(channel_quotas [{"channel":"app","units":4,"until":"2026-11-27T10:00:00Z"}] > null)");
}

TEST_CASE("stock that quotas keep cannot be taken away by hand") {
  const CatalogPointer catalog = catalog_of(with_quotas("[" + quota("\"app\"", "4") + "]"));
  CHECK(plan_stock_adjustment(*catalog, {0}, {0}, -6, kOrdersMax).has_value());
  const auto refused = plan_stock_adjustment(*catalog, {0}, {0}, -7, kOrdersMax);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().outcome == Outcome::change_refused);
  CHECK(refused.error().detail ==
        "stock 3 would be below the 4 units that channel_quotas keep: change those first");
}

TEST_CASE("a check of a configuration says what is kept for whom until when") {
  const ParsedConfiguration parsed = parse_configuration(with_quotas("[" + quota("\"app\"", "4") + "]"));
  REQUIRE(parsed.configuration);
  const Tick now = *parse_rfc3339("2026-11-27T09:00:00Z");
  CHECK_THAT(describe_configuration(*parsed.configuration, now),
             Catch::Contains(
                 "\n  kept              4 units of tv for channel app until 2026-11-27T10:00:00Z  local "));
  CHECK_THAT(describe_configuration_json(parsed, now),
             Catch::Contains(R"("channel_quotas":[{"sku":"tv","channel":"app","units":4,)"
                             R"("until":"2026-11-27T10:00:00Z","until_local":")"));
}

}  // namespace
}  // namespace doorbuster
