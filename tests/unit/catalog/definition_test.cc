// A campaign as text: what is written, what is left out, and what comes back.

#include "doorbuster/catalog/definition.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "support/catch.h"

namespace doorbuster {
namespace {

namespace json = boost::json;

constexpr std::string_view kPlain =
    R"({"id":"sale","currency":"EUR","starts_at":"2026-11-27T08:00:00Z","ends_at":"2026-11-27T20:00:00Z",)"
    R"("offers":[{"sku":"tv","stock":5,"price":100}]})";

// Every member that there is, none at its default.
constexpr std::string_view kFull =
    R"({"id":"sale","name":"\"Ünter\" 50 %","currency":"EUR","starts_at":"2026-11-27T08:00:00Z",)"
    R"("ends_at":"2026-11-27T20:00:00.000000001Z","hold_seconds":60,"hold_max_seconds":90,)"
    R"("limit_per_buyer":2,"limit_per_buyer_total":3,"on_payment_failed":"grace","grace_seconds":20,)"
    R"("waitlist":true,"offer_seconds":30,"show_remaining":true,"from_pool":true,"arm_seconds":3600,)"
    R"("price_steps":[{"starts_at":"2026-11-27T09:00:00Z","ends_at":"2026-11-27T10:00:00Z",)"
    R"("discount_percent":12.35}],"rounding":"half_up","ending":"05","price_floor":10,)"
    R"("regions":["at","de"],"segments":["vip"],"channels":["app","web"],)"
    R"("low_stock_percent":7.5,"low_stock_units":9,)"
    R"("offers":[{"sku":"tv","stock":5,"list_price":200,"price":100,)"
    R"("price_steps":[{"starts_at":"2026-11-27T11:00:00Z","price":90},)"
    R"({"starts_at":"2026-11-27T12:00:00Z","ends_at":"2026-11-27T13:00:00Z","discount_percent":100}],)"
    R"("regions":["de"],"segments":["new","vip"],"channels":["web"],"low_stock_percent":0.01,)"
    R"("low_stock_units":1,)"
    R"("channel_quotas":[{"channel":"app","units":3,"until":"2026-11-27T10:00:00Z"},)"
    R"({"channel":"pos","units":2,"until":"2026-11-27T11:00:00.500Z"}]},)"
    R"({"sku":"radio","stock":0,"price":0}]})";

Configuration configuration(std::string_view text) {
  const ParsedConfiguration parsed = parse_configuration(text);
  for (const Diagnostic& diagnostic : parsed.diagnostics) UNSCOPED_INFO(format_diagnostic("", diagnostic));
  REQUIRE(parsed.configuration);
  return *parsed.configuration;
}

// With what campaigns with stock from the pool can be made of.
Configuration configured(const std::vector<CampaignConfiguration>& campaigns) {
  Configuration configuration;
  configuration.campaigns = campaigns;
  const bool pooled =
      std::any_of(campaigns.begin(), campaigns.end(), [](const auto& c) { return c.from_pool; });
  if (!pooled) return configuration;
  for (const char* const sku : {"tv", "radio"}) configuration.items.emplace_back().sku = sku;
  return configuration;
}

CatalogPointer catalog_of(const std::vector<CampaignConfiguration>& campaigns,
                          const std::vector<TenantConfiguration>& tenants = {}) {
  Configuration wanted = configured(campaigns);
  wanted.tenants = tenants;
  const Result<CatalogChangeSet> change = plan_change(Catalog(), {}, wanted, kOrdersMax);
  REQUIRE(change);
  return apply_change(Catalog(), *change);
}

CampaignConfiguration parsed(std::string_view text) {
  const ParsedDefinition definition = parse_definition(text);
  for (const Diagnostic& diagnostic : definition.diagnostics) {
    UNSCOPED_INFO(format_diagnostic("", diagnostic));
  }
  REQUIRE(definition.campaign);
  return *definition.campaign;
}

std::string text_of(const CampaignConfiguration& campaign) {
  return definition_json(*catalog_of({campaign}), {0});
}

// The keys of a text as configuration_keys() writes them.
void collect_keys(const json::value& value, const std::string& under, std::set<std::string>& keys) {
  if (value.is_array()) {
    for (const json::value& element : value.as_array()) collect_keys(element, under + "/*", keys);
  }
  if (!value.is_object()) return;
  for (const auto& [key, member] : value.as_object()) {
    keys.insert(under + '/' + std::string(key));
    collect_keys(member, under + '/' + std::string(key), keys);
  }
}

TEST_CASE("a canonical text comes back as it was") {
  CHECK(text_of(parsed(kPlain)) == kPlain);
  CHECK(text_of(parsed(kFull)) == kFull);
}

TEST_CASE("what a definition says twice or in another way has one text") {
  CHECK(text_of(parsed(R"({
    "offers": [{"price": 100, "list_price": 100, "stock": 5, "sku": "tv", "price_steps": []}],
    "ends_at": "2026-11-27T21:00:00+01:00", "starts_at": "2026-11-27T08:00:00.000Z", "currency": "EUR",
    "name": "sale", "id": "sale", "hold_seconds": 0, "hold_max_seconds": 0, "limit_per_buyer": 0,
    "limit_per_buyer_total": 0, "on_payment_failed": "release", "waitlist": false, "show_remaining": false,
    "price_steps": [], "rounding": "half_even", "price_floor": 0,
    "low_stock_percent": 0, "low_stock_units": 0
  })")) == kPlain);
  CHECK(text_of(parsed(R"({"id": "a", "currency": "EUR", "starts_at": "2026-11-27T08:00:00Z",
    "ends_at": "2026-11-27T20:00:00Z", "regions": ["de", "at"], "hold_seconds": 5, "hold_max_seconds": 5,
    "waitlist": true, "offer_seconds": 5, "price_steps": [{"starts_at": "2026-11-27T09:00:00Z",
    "discount_percent": 1.250e1}], "offers": [{"sku": "s", "stock": 1, "price": 1}]})")) ==
        R"({"id":"a","currency":"EUR","starts_at":"2026-11-27T08:00:00Z","ends_at":"2026-11-27T20:00:00Z",)"
        R"("hold_seconds":5,"waitlist":true,"price_steps":[{"starts_at":"2026-11-27T09:00:00Z",)"
        R"("discount_percent":12.5}],"regions":["at","de"],"offers":[{"sku":"s","stock":1,"price":1}]})");
}

// No key of it has its default.
ServerOptions unusual_server() {
  return {.listen = "0.0.0.0:1",
          .admin = "0.0.0.0:2",
          .data_dir = "elsewhere",
          .cores = 3,
          .acknowledge = Acknowledge::decided,
          .wiring = Wiring::dedicated,
          .max_body_bytes = 1024,
          .max_connections = 10,
          .max_pipeline = 4,
          .order_retention_seconds = kOrderRetentionSecondsMin,
          .max_orders = 1000,
          .segment_bytes = kSegmentBytesMin,
          .checkpoint_segments = 7,
          .journal_retention_seconds = 3600,
          .header_timeout_ms = 1000,
          .body_timeout_ms = 1001,
          .idle_timeout_ms = 1002,
          .write_timeout_ms = 1003,
          .stock_metrics = true};
}

// What is sold by rules, with every key that an item and a rule can have.
CatalogPointer catalog_by_rule() {
  const Configuration by_rule = configuration(R"({"catalog": [{"sku": "i", "category": "c", "currency": "EUR",
    "list_price": 1, "stock": 2, "attributes": {"brand": "acme"}}],
    "campaigns": [{"id": "r", "currency": "EUR",
    "starts_at": "2026-11-27T08:00:00Z", "ends_at": "2026-11-27T20:00:00Z", "offer_rules": [
      {"category": "c", "attributes": {"brand": "acme"}, "discount_percent": 1,
       "stock_percent": 50, "rounding": "up", "ending": "9", "price_floor": 1},
      {"category": "d", "discount_percent": 1, "stock": 1}],
    "offers": [{"sku": "a", "stock": 1, "price": 1}]}]})");
  const auto change = plan_change(Catalog(), {}, by_rule, kOrdersMax);
  REQUIRE(change);
  return apply_change(Catalog(), *change);
}

TEST_CASE("no key that the reader knows is forgotten, and all stand in the order of its tables") {
  std::set<std::string> written;
  Configuration full;
  full.server = unusual_server();
  full.campaigns = {parsed(kFull)};
  const std::string text = configuration_json(full, *catalog_of(full.campaigns));
  collect_keys(json::parse(text), "", written);
  // What excludes something of that stands in a second campaign.
  std::vector<CampaignConfiguration> scheduled = {parsed(R"({"id": "s", "currency": "EUR",
    "schedule": {"zone": "Europe/Berlin", "starts_at": "2026-11-27T08:00:00",
                 "ends_at": "2026-11-27T20:00:00"},
    "offers": [{"sku": "a", "stock": 1, "price": 1}]})"),
                                                  parsed(R"({"id": "t", "currency": "EUR",
    "schedule": {"zone": "Etc/UTC", "starts_at": "2026-11-27T08:00:00", "duration_seconds": 60,
                 "rrule": "FREQ=DAILY;COUNT=2", "on_gap": "skip", "on_overlap": "second"},
    "offers": [{"sku": "a", "stock": 1, "price": 1}]})")};
  collect_keys(json::parse(configuration_json(full, *catalog_of(scheduled))), "", written);
  collect_keys(json::parse(configuration_json(full, *catalog_by_rule())), "", written);
  written.erase("/catalog/*/attributes/brand");  // a word of the shop's, no key
  written.erase("/campaigns/*/offer_rules/*/attributes/brand");
  full.tenants = {{.id = "t",
                   .rate_limit = RateLimit{.requests_per_second = 2, .burst = 3},
                   .requests_share_percent = 50}};
  std::vector<ItemPut>& items = full.tenants.front().items;
  items.resize(2);
  items[0].list_price = 1;
  items[0].stock = 9;
  items[0].sku = "tv";
  items[0].category = "c";
  items[0].currency = "EUR";
  items[0].attributes = {{"brand", "acme"}};
  items[1].sku = "radio";
  full.api_keys = {{.id = "k", .tenant = "t", .scopes = ScopeSet::all()}};
  full.campaigns.front().tenant = "t";
  const CatalogPointer owned = catalog_of(full.campaigns, full.tenants);
  const Configuration read_back = configuration(configuration_json(full, *owned));
  CHECK(read_back.tenants == full.tenants);
  CHECK(read_back.api_keys == full.api_keys);
  CHECK(read_back.campaigns == full.campaigns);
  collect_keys(json::parse(configuration_json(full, *owned)), "", written);
  written.erase("/tenants/*/catalog/*/attributes/brand");
  std::set<std::string> known;
  for (const std::string& key : configuration_keys()) {
    // Secrets are not printed, and sinks have some.
    const bool has_secrets = key.find("/audience_tokens") != std::string::npos || key.starts_with("/sinks");
    if (!has_secrets) known.insert(key);
  }
  CHECK(written == known);
  CHECK(changed_server_keys(full.server, configuration(text).server).empty());

  // Of one object, in the order in which they stand.
  for (const std::string under : {"/server", "/campaigns/*", "/campaigns/*/offers/*"}) {
    std::vector<std::string> in_table, in_text;
    const json::value whole = json::parse(text);
    const json::value* object = &whole.at("server");
    if (under != "/server") object = &whole.at("campaigns").at(0);
    if (under == "/campaigns/*/offers/*") object = &object->at("offers").at(0);
    for (const auto& member : object->as_object()) in_text.emplace_back(member.key());
    for (const std::string& key : configuration_keys()) {
      const std::string name = key.substr(key.rfind('/') + 1);
      const bool is_left_out =
          name == "schedule" || name == "audience_tokens" || name == "offer_rules" || name == "tenant";
      if (key == under + '/' + name && !is_left_out) in_table.push_back(name);
    }
    CHECK(in_text == in_table);
  }
}

TEST_CASE("a configuration is written for people: a line for each member and each offer") {
  Configuration two;
  two.server.cores = 2;
  two.server.stock_metrics = true;
  two.campaigns = {parsed(kPlain), parsed(kPlain)};
  two.campaigns[1].id = two.campaigns[1].name = "other";
  two.campaigns[1].offers.push_back({"radio", 7, 20, 10});
  CHECK(configuration_json(two, *catalog_of(two.campaigns)) == R"({
  "server": {
    "cores": 2,
    "stock_metrics": true
  },
  "campaigns": [
    {
      "id": "sale",
      "currency": "EUR",
      "starts_at": "2026-11-27T08:00:00Z",
      "ends_at": "2026-11-27T20:00:00Z",
      "offers": [
        {"sku":"tv","stock":5,"price":100}
      ]
    },
    {
      "id": "other",
      "currency": "EUR",
      "starts_at": "2026-11-27T08:00:00Z",
      "ends_at": "2026-11-27T20:00:00Z",
      "offers": [
        {"sku":"tv","stock":5,"price":100},
        {"sku":"radio","stock":7,"list_price":20,"price":10}
      ]
    }
  ]
}
)");
  CHECK(configuration_json({}, Catalog()) == "{\n  \"campaigns\": []\n}\n");
}

TEST_CASE("what is withdrawn is not in force, and what no configuration can say is told") {
  Configuration two;
  two.campaigns = {parsed(kFull), parsed(kPlain)};
  two.campaigns[0].id = "full";
  CatalogPointer catalog = catalog_of(two.campaigns);
  CHECK(not_in_configuration(*catalog).empty());

  CatalogChangeSet change = plan_remove(*catalog, {0});
  change.campaigns.push_back(catalog->campaign({1}).definition);
  change.campaigns.back().paused = true;
  change.campaigns.back().ended_at = *parse_rfc3339("2026-11-27T09:00:00Z");
  catalog = apply_change(*catalog, change);
  const Configuration left = configuration(configuration_json({}, *catalog));
  REQUIRE(left.campaigns.size() == 1);
  CHECK(left.campaigns[0].id == "sale");
  CHECK(
      not_in_configuration(*catalog) ==
      std::vector<std::string>{"campaign sale is paused", "campaign sale was ended at 2026-11-27T09:00:00Z"});

  change = {};
  change.offers.push_back(catalog->offer({2}).definition);
  change.offers.back().listed = false;
  change.offers.push_back(change.offers.back());
  change.offers.back().offer = {3};
  change.offers.back().sku = "second";
  change.offers.back().listed = true;
  catalog = apply_change(*catalog, change);
  CHECK_THAT(definition_json(*catalog, {1}),
             Catch::EndsWith(R"("offers":[{"sku":"second","stock":5,"price":100}]})"));
}

TEST_CASE("a schedule stands in the place of the window that was made of it") {
  CampaignConfiguration campaign = parsed(kPlain);
  campaign.plan.schedule = R"({"zone":"Europe/Berlin","starts_at":"2026-11-27T08:00:00"})";
  CHECK(text_of(campaign) ==
        R"({"id":"sale","currency":"EUR","schedule":{"zone":"Europe/Berlin",)"
        R"("starts_at":"2026-11-27T08:00:00"},"offers":[{"sku":"tv","stock":5,"price":100}]})");
}

TEST_CASE("all that is wrong with a definition is told, with pointers from its root") {
  const auto pointers = [](std::string_view text) {
    const ParsedDefinition definition = parse_definition(text);
    CHECK_FALSE(definition.campaign);
    std::vector<std::string> found;
    for (const Diagnostic& diagnostic : definition.diagnostics) {
      CHECK_FALSE(diagnostic.message.empty());
      found.push_back(diagnostic.pointer);
    }
    return found;
  };
  using Pointers = std::vector<std::string>;
  CHECK(pointers("{") == Pointers{""});
  CHECK(pointers("[]") == Pointers{""});
  CHECK(pointers("{}") == Pointers{"", "", "", "", ""});
  CHECK(pointers(R"({"id": "a b", "currency": "EUR", "starts_at": "2026-11-27T08:00:00Z",
    "ends_at": "2026-11-27T08:00:00Z", "waitlist": true, "surprise": 1,
    "offers": [{"sku": "s", "stock": -1, "price": 1}, {"sku": "s", "stock": 1, "price": 1}]})") ==
        Pointers{"/id", "/ends_at", "/waitlist", "/surprise", "/offers/0/stock", "/offers/1/sku"});
}

}  // namespace
}  // namespace doorbuster
