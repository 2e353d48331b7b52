#include "doorbuster/catalog/configuration.h"

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "support/catch.h"

namespace doorbuster {
namespace {

// A valid file. Cases below change a part of it, so that one thing is wrong with the rest in order.
constexpr std::string_view kValid = R"({
  "server": {
    "listen": "127.0.0.1:8080",
    "admin": "127.0.0.1:9090",
    "max_orders": 600
  },
  "campaigns": [
    {
      "id": "bf",
      "currency": "EUR",
      "starts_at": "2026-11-27T08:00:00Z",
      "ends_at": "2026-11-27T20:00:00Z",
      "offers": [
        {"sku": "tv", "stock": 500, "list_price": 999, "price": 499},
        {"sku": "pc", "stock": 100, "price": 5}
      ]
    }
  ]
}
)";

std::string replaced(std::string_view what, std::string_view by) {
  std::string text(kValid);
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

std::vector<std::string> errors_of(std::string_view text) {
  const ParsedConfiguration parsed = parse_configuration(text);
  CHECK(parsed.configuration.has_value() == parsed.diagnostics.empty());
  std::vector<std::string> errors;
  for (const Diagnostic& diagnostic : parsed.diagnostics)
    errors.push_back(format_diagnostic("f", diagnostic));
  return errors;
}

TEST_CASE("a valid file becomes typed values") {
  const ParsedConfiguration parsed = parse_configuration(kValid);
  REQUIRE(errors_of(kValid).empty());
  const Configuration& configuration = *parsed.configuration;
  CHECK(configuration.server.max_orders == 600);
  REQUIRE(configuration.campaigns.size() == 1);
  const CampaignConfiguration& campaign = configuration.campaigns[0];
  CHECK(campaign.id == "bf");
  CHECK(campaign.name == "bf");
  CHECK(campaign.currency == "EUR");
  CHECK(format_rfc3339(campaign.starts_at) == "2026-11-27T08:00:00Z");
  CHECK(format_rfc3339(campaign.ends_at) == "2026-11-27T20:00:00Z");
  REQUIRE(campaign.offers.size() == 2);
  CHECK(campaign.offers[0].sku == "tv");
  CHECK(campaign.offers[0].stock == 500);
  CHECK(campaign.offers[0].list_price == 999);
  CHECK(campaign.offers[0].price == 499);
  CHECK(campaign.offers[1].list_price == 5);
  CHECK(orders_possible(configuration.campaigns) == 600);
}

TEST_CASE("every server key is taken from the file") {
  const ParsedConfiguration parsed = parse_configuration(R"({"campaigns": [], "server": {
    "listen": "0.0.0.0:0", "admin": "[::1]:9", "data_dir": "/srv/d", "cores": 3, "acknowledge": "decided",
    "wiring": "dedicated", "max_body_bytes": 512, "max_connections": 2, "max_pipeline": 4, "max_orders": 5,
    "order_retention_seconds": 86400, "segment_bytes": 65536, "checkpoint_segments": 0,
    "journal_retention_seconds": 9, "header_timeout_ms": 100, "body_timeout_ms": 101,
    "idle_timeout_ms": 102, "write_timeout_ms": 3600000, "stock_metrics": true,
    "audience_tokens": {"secrets": ["a secret of 2026", "another of 2025."], "required": true}}})");
  REQUIRE(parsed.configuration);
  const ServerOptions& server = parsed.configuration->server;
  CHECK(server.listen == "0.0.0.0:0");
  CHECK(server.admin == "[::1]:9");
  CHECK(server.data_dir == "/srv/d");
  CHECK(server.cores == 3);
  CHECK(server.acknowledge == Acknowledge::decided);
  CHECK(server.wiring == Wiring::dedicated);
  CHECK(server.max_body_bytes == 512);
  CHECK(server.max_connections == 2);
  CHECK(server.max_pipeline == 4);
  CHECK(server.max_orders == 5);
  CHECK(server.order_retention_seconds == 86'400);
  CHECK(server.segment_bytes == 65536);
  CHECK(server.checkpoint_segments == 0);
  CHECK(server.journal_retention_seconds == 9);
  CHECK(server.header_timeout_ms == 100);
  CHECK(server.body_timeout_ms == 101);
  CHECK(server.idle_timeout_ms == 102);
  CHECK(server.write_timeout_ms == 3'600'000);
  CHECK(server.stock_metrics);
  CHECK(server.audience_tokens.secrets == std::vector<std::string>{"a secret of 2026", "another of 2025."});
  CHECK(server.audience_tokens.required);
  CHECK(parsed.configuration->campaigns.empty());
}

struct Case {
  std::string text;
  std::string place;    // line:column: /pointer
  std::string message;  // a part of it
};

void check_cases(const std::vector<Case>& cases) {
  for (const Case& wrong : cases) {
    INFO(wrong.text);
    const std::vector<std::string> errors = errors_of(wrong.text);
    REQUIRE(errors.size() == 1);
    CHECK_THAT(errors[0], Catch::StartsWith("f:" + wrong.place + ": ") && Catch::Contains(wrong.message));
  }
}

TEST_CASE("what is wrong with the file as a whole is told at its place") {
  check_cases({
      {"", "1:1", "the file is empty"},
      {"[]", "1:1", "must be an object, not an array"},
      {"{}", "1:1", "\"campaigns\" is missing"},
      {R"({"campaigns": {}})", "1:15: /campaigns", "must be an array, not an object"},
      {R"({"campaigns": [1]})", "1:16: /campaigns/0", "must be an object, not an integer"},
      {R"({"campaigns": [], "server": null})", "1:29: /server", "must be an object, not null"},
      {R"({"campaigns": [], "sever": {}})", "1:19: /sever", "unknown key; did you mean \"server\"?"},
      {R"({"campaigns": [], "campaigns": []})", "1:19: /campaigns", "duplicate key: line 1"},
      {replaced("},\n  \"campaigns\"", "}\n  \"campaigns\""), "7:3", "a comma is missing before this"},
      {replaced("\"price\": 5}\n", "\"price\": 5},\n"), "15:48", "remove this comma"},
  });
}

TEST_CASE("what is wrong with the server is told at its place") {
  check_cases({
      {replaced("\"listen\"", "\"lisen\""), "3:5: /server/lisen", "did you mean \"listen\"?"},
      {replaced("\"127.0.0.1:8080\"", "8080"), "3:15: /server/listen", "must be a string, not an integer"},
      {replaced("127.0.0.1:8080", "localhost"), "3:15: /server/listen", "\"localhost\" must be HOST:PORT"},
      {replaced("127.0.0.1:8080", "::1:80"), "3:15: /server/listen", "brackets around an IPv6 address"},
      {replaced("127.0.0.1:8080", "a:65536"), "3:15: /server/listen", "a port from 0 to 65535"},
      {replaced("9090", "8080"), "4:14: /server/admin", "listen and admin are both 127.0.0.1:8080"},
      {replaced("600", "599"), "5:19: /server/max_orders", "raise max_orders from 599 to at least 600"},
      {replaced("\"max_orders\": 600", "\"order_retention_seconds\": 86399"),
       "5:32: /server/order_retention_seconds", "from 86400 to 315619200, not 86399"},
      {replaced("600", "-1"), "5:19: /server/max_orders", "from 0 to 134217728, not -1"},
      {replaced("600", "600.0"), "5:19: /server/max_orders", "without fraction and exponent, not 600.0"},
      {replaced("\"max_orders\": 600", "\"acknowledge\": \"durrable\""), "5:20: /server/acknowledge",
       R"(must be "durable" or "decided", not "durrable"; did you mean "durable"?)"},
      {replaced("\"max_orders\": 600", "\"wiring\": true"), "5:15: /server/wiring",
       R"(must be "automatic", "shared" or "dedicated", not true or false)"},
      {replaced("\"max_orders\": 600", "\"idle_timeout_ms\": 99"), "5:24: /server/idle_timeout_ms",
       "from 100 to 3600000 milliseconds, not 99"},
      {replaced("\"max_orders\": 600", "\"data_dir\": \"\""), "5:17: /server/data_dir", "must not be empty"},
      {replaced("\"max_orders\": 600", "\"stock_metrics\": 1"), "5:22: /server/stock_metrics",
       "must be true or false, not an integer"},
  });
}

TEST_CASE("two listeners on free ports of one address are two listeners") {
  CHECK(
      errors_of(R"({"campaigns": [], "server": {"listen": "127.0.0.1:0", "admin": "127.0.0.1:0"}})").empty());
}

TEST_CASE("what is wrong with a campaign is told at its place") {
  const std::string long_name(257, 'n');
  check_cases({
      {replaced("\"id\": \"bf\",", ""), "8:5: /campaigns/0", "\"id\" is missing"},
      {replaced("\"bf\"", "\"b f\""), "9:13: /campaigns/0/id", "\"b f\" is no identifier"},
      {replaced("\"bf\",", "\"bf\", \"name\": \"" + long_name + "\","), "9:27: /campaigns/0/name", "not 257"},
      {replaced("\"bf\",", "\"bf\", \"name\": \"\","), "9:27: /campaigns/0/name", "must not be empty"},
      {replaced("\"EUR\"", "\"eur\""), "10:19: /campaigns/0/currency", "three capital letters such as EUR"},
      {replaced("\"EUR\"", "\"XYZ\""), "10:19: /campaigns/0/currency", "no ISO 4217 code"},
      {replaced("\"EUR\"", "\"XAU\""), "10:19: /campaigns/0/currency", "no ISO 4217 code"},
      {replaced("08:00:00Z", "08:00:00"), "11:20: /campaigns/0/starts_at", "has no time zone: add Z"},
      {replaced("2026-11-27T08", "2026-02-30T08"), "11:20: /campaigns/0/starts_at", "no RFC 3339 time"},
      {replaced("\"2026-11-27T08:00:00Z\"", "1795766400"), "11:20: /campaigns/0/starts_at",
       "must be a string, not an integer"},
      {replaced("20:00:00Z", "08:00:00Z"), "12:18: /campaigns/0/ends_at",
       "is not after starts_at 2026-11-27T08:00:00Z"},
      {replaced("20:00:00Z", "20:00:00+12:30"), "12:18: /campaigns/0/ends_at",
       "ends_at 2026-11-27T07:30:00Z is not"},
      {replaced("\"offers\"", "\"hold_seconds\": 86401, \"offers\""), "13:23: /campaigns/0/hold_seconds",
       "from 0 to 86400 seconds"},
      {replaced("\"offers\"", "\"limit_per_buyer\": 1000000001, \"offers\""),
       "13:26: /campaigns/0/limit_per_buyer", "from 0 to 1000000000 units"},
      {replaced("\"offers\"", "\"show_remaining\": \"yes\", \"offers\""),
       "13:25: /campaigns/0/show_remaining", "must be true or false, not a string"},
      {R"({"campaigns": [{"id": "a", "currency": "EUR", "starts_at": "2026-11-27T08:00:00Z",
        "ends_at": "2026-11-27T20:00:00Z", "offers": []}]})",
       "2:54: /campaigns/0/offers", "must have at least 1 element, not 0"},
  });
}

// The valid file, with more keys of its campaign in line 13.
std::string with_rules(std::string_view rules) {
  return replaced("\"offers\"", std::string(rules) + ", \"offers\"");
}

CampaignConfiguration campaign_with(std::string_view rules) {
  const std::string text = with_rules(rules);
  INFO(text);
  REQUIRE(errors_of(text).empty());
  return parse_configuration(text).configuration->campaigns[0];
}

TEST_CASE("a campaign that says nothing about holds has none, and nothing that belongs to them") {
  const CampaignConfiguration campaign = campaign_with(R"("limit_per_buyer": 3)");
  CHECK(campaign.hold_seconds == 0);
  CHECK(campaign.hold_max_seconds == 0);
  CHECK(campaign.limit_per_buyer == 3);
  CHECK(campaign.limit_per_buyer_total == 0);
  CHECK(campaign.on_payment_failed == PaymentFailure::release);
  CHECK(campaign.grace_seconds == 0);
  CHECK_FALSE(campaign.waitlist);
  CHECK(campaign.offer_seconds == 0);
}

TEST_CASE("every rule of a hold's life is taken from the file") {
  const CampaignConfiguration campaign =
      campaign_with(R"("hold_seconds": 60, "hold_max_seconds": 86400, "limit_per_buyer_total": 1000000,
        "on_payment_failed": "grace", "grace_seconds": 30, "waitlist": true, "offer_seconds": 1)");
  CHECK(campaign.hold_seconds == 60);
  CHECK(campaign.hold_max_seconds == 86'400);
  CHECK(campaign.limit_per_buyer_total == 1'000'000);
  CHECK(campaign.on_payment_failed == PaymentFailure::grace);
  CHECK(campaign.grace_seconds == 30);
  CHECK(campaign.waitlist);
  CHECK(campaign.offer_seconds == 1);
  CHECK(campaign_with(R"("hold_seconds": 1, "on_payment_failed": "keep")").on_payment_failed ==
        PaymentFailure::keep);
}

TEST_CASE("spans that are left out follow hold_seconds") {
  CampaignConfiguration campaign = campaign_with(R"("hold_seconds": 600)");
  CHECK(campaign.hold_max_seconds == 600);
  CHECK(campaign.offer_seconds == 600);
  campaign = campaign_with(R"("waitlist": true, "hold_max_seconds": 900, "hold_seconds": 600)");
  CHECK(campaign.hold_max_seconds == 900);
  CHECK(campaign.offer_seconds == 600);
}

TEST_CASE("a rule about holds that says its default needs none") {
  const CampaignConfiguration campaign = campaign_with(
      R"("hold_seconds": 0, "hold_max_seconds": 0, "on_payment_failed": "release", "waitlist": false)");
  CHECK(campaign.hold_max_seconds == 0);
}

TEST_CASE("what is wrong with the rules of a hold's life is told at its place") {
  check_cases({
      {with_rules(R"("hold_seconds": -1)"), "13:23: /campaigns/0/hold_seconds", "from 0 to 86400 seconds"},
      {with_rules(R"("hold_max_seconds": 60)"), "13:27: /campaigns/0/hold_max_seconds",
       "hold_max_seconds needs holds, there is nothing to extend without them: set hold_seconds above 0, or "
       "leave hold_max_seconds out"},
      {with_rules(R"("hold_seconds": 60, "hold_max_seconds": 59)"), "13:47: /campaigns/0/hold_max_seconds",
       "hold_max_seconds 59 is below hold_seconds 60: it must be at least as long"},
      {with_rules(R"("hold_seconds": 60, "hold_max_seconds": 0)"), "13:47: /campaigns/0/hold_max_seconds",
       "hold_max_seconds 0 is below hold_seconds 60"},
      {with_rules(R"("hold_seconds": 60, "hold_max_seconds": 86401)"), "13:47: /campaigns/0/hold_max_seconds",
       "from 0 to 86400 seconds, not 86401"},
      {with_rules(R"("limit_per_buyer_total": 1000001)"), "13:32: /campaigns/0/limit_per_buyer_total",
       "from 0 to 1000000 units, not 1000001"},
      {with_rules(R"("on_payment_failed": "keep")"), "13:28: /campaigns/0/on_payment_failed",
       "on_payment_failed needs holds, a buy is final at once without them: set hold_seconds above 0"},
      {with_rules(R"("hold_seconds": 60, "on_payment_failed": "relase")"),
       "13:48: /campaigns/0/on_payment_failed",
       R"(must be "release", "keep" or "grace", not "relase"; did you mean "release"?)"},
      {with_rules(R"("hold_seconds": 60, "on_payment_failed": "grace")"),
       "13:48: /campaigns/0/on_payment_failed", "\"grace\" needs grace_seconds: add how long"},
      {with_rules(R"("grace_seconds": 60)"), "13:24: /campaigns/0/grace_seconds",
       "grace_seconds needs holds, a buy is final at once without them"},
      {with_rules(R"("hold_seconds": 60, "grace_seconds": 60)"), "13:44: /campaigns/0/grace_seconds",
       R"(grace_seconds goes with "on_payment_failed": "grace": set that, or leave grace_seconds out)"},
      {with_rules(R"("hold_seconds": 60, "on_payment_failed": "keep", "grace_seconds": 60)"),
       "13:73: /campaigns/0/grace_seconds", "goes with \"on_payment_failed\": \"grace\""},
      {with_rules(R"("hold_seconds": 60, "on_payment_failed": "grace", "grace_seconds": 0)"),
       "13:74: /campaigns/0/grace_seconds", "from 1 to 86400 seconds, not 0"},
      {with_rules(R"("waitlist": true)"), "13:19: /campaigns/0/waitlist",
       "waitlist needs holds, no unit comes back without them: set hold_seconds above 0, or leave waitlist "
       "out"},
      {with_rules(R"("hold_seconds": 60, "waitlist": 1)"), "13:39: /campaigns/0/waitlist",
       "must be true or false, not an integer"},
      {with_rules(R"("hold_seconds": 60, "offer_seconds": 60)"), "13:44: /campaigns/0/offer_seconds",
       R"(offer_seconds goes with "waitlist": true: set that, or leave offer_seconds out)"},
      {with_rules(R"("hold_seconds": 60, "waitlist": true, "offer_seconds": 0)"),
       "13:62: /campaigns/0/offer_seconds", "from 1 to 86400 seconds, not 0"},
  });
}

TEST_CASE("a rule is not held against a key that has a mistake of its own") {
  check_cases({
      {with_rules(R"("hold_seconds": "60", "hold_max_seconds": 90, "waitlist": true, "offer_seconds": 5)"),
       "13:23: /campaigns/0/hold_seconds", "not a string"},
      {with_rules(R"("hold_seconds": 60, "on_payment_failed": "gace", "grace_seconds": 5)"),
       "13:48: /campaigns/0/on_payment_failed", "did you mean \"grace\"?"},
      {with_rules(R"("hold_seconds": 60, "waitlist": "true", "offer_seconds": 5)"),
       "13:39: /campaigns/0/waitlist", "not a string"},
  });
}

TEST_CASE("without holds each rule that needs them is told, once") {
  const std::vector<std::string> errors =
      errors_of(with_rules(R"("hold_max_seconds": 60, "on_payment_failed": "grace", "grace_seconds": 5,
 "waitlist": true, "offer_seconds": 5)"));
  REQUIRE(errors.size() == 4);
  CHECK_THAT(errors[0], Catch::StartsWith("f:13:27: /campaigns/0/hold_max_seconds: "));
  CHECK_THAT(errors[1], Catch::StartsWith("f:13:52: /campaigns/0/on_payment_failed: "));
  CHECK_THAT(errors[2], Catch::StartsWith("f:13:78: /campaigns/0/grace_seconds: "));
  CHECK_THAT(errors[3], Catch::StartsWith("f:14:14: /campaigns/0/waitlist: "));
  for (const std::string& error : errors) CHECK_THAT(error, Catch::Contains(" needs holds, "));
}

TEST_CASE("what is wrong with an offer is told at its place") {
  check_cases({
      {replaced("\"tv\"", "\"\""), "14:17: /campaigns/0/offers/0/sku", "is no identifier"},
      {replaced("\"pc\"", "\"tv\""), "15:17: /campaigns/0/offers/1/sku",
       "\"tv\" is the SKU of line 14 already"},
      {replaced("500,", "-1,"), "14:32: /campaigns/0/offers/0/stock", "from 0 to 1000000000 units, not -1"},
      {replaced("500,", "1000000001,"), "14:32: /campaigns/0/offers/0/stock", "not 1000000001"},
      {replaced("500,", "\"500\","), "14:32: /campaigns/0/offers/0/stock", "not a string"},
      {replaced("500,", "5e2,"), "14:32: /campaigns/0/offers/0/stock",
       "without fraction and exponent, not 5e2"},
      {replaced("499", "1000"), "14:51: /campaigns/0/offers/0/list_price",
       "list_price 999 is below price 1000"},
      {replaced(", \"price\": 5}", "}"), "15:9: /campaigns/0/offers/1", "\"price\" is missing"},
      {replaced("\"price\": 5}", "\"price\": 1000000000001}"), "15:46: /campaigns/0/offers/1/price",
       "minor units"},
  });
}

TEST_CASE("a campaign id that stands twice is told with the line of the first") {
  const std::string campaign = R"({"id": "a", "currency": "EUR", "starts_at": "2026-11-27T08:00:00Z",
    "ends_at": "2026-11-27T20:00:00Z", "offers": [{"sku": "s", "stock": 1, "price": 1}]})";
  const std::vector<std::string> errors =
      errors_of("{\"campaigns\": [\n" + campaign + ",\n" + campaign + "]}");
  REQUIRE(errors.size() == 1);
  CHECK(errors[0] == "f:4:8: /campaigns/1/id: \"a\" is the id of the campaign of line 2 already");
}

TEST_CASE("no mistake hides another") {
  const std::vector<std::string> errors = errors_of(R"({
  "server": {"cores": 65, "max_body_bytes": 511, "cores": 1, "acknowlege": "decided"},
  "campaigns": [
    {"id": "a", "currency": "USD", "starts_at": "2026-11-27T20:00:00Z", "ends_at": "2026-11-27T08:00:00Z",
     "offers": [{"sku": "s", "stock": 1.5, "list_price": 1, "price": 2}, {"sku": "s", "price": -1}]},
    {"id": "a", "starts_at": "soon", "ends_at": "2026-11-27T08:00:00Z", "offers": {}}
  ]
})");
  std::vector<std::string> places;
  for (const std::string& error : errors) places.push_back(error.substr(2, error.find(": ") - 2));
  CHECK(places == std::vector<std::string>{"2:23", "2:45", "2:50", "2:62", "4:84", "5:39", "5:58", "5:74",
                                           "5:82", "5:96", "6:5", "6:12", "6:30", "6:83"});
}

TEST_CASE("more stock than any table holds is refused, whatever max_orders says") {
  const std::string half = std::to_string(kOrdersMax / 2 + 1);
  const auto text = [&](std::string_view server) {
    return R"({"server": {)" + std::string(server) + R"(}, "campaigns": [{"id": "a", "currency": "EUR",
      "starts_at": "2026-11-27T08:00:00Z", "ends_at": "2026-11-27T20:00:00Z",
      "offers": [{"sku": "s", "price": 1, "stock": )" +
           half + R"(}, {"sku": "t", "price": 1, "stock": )" + half + "}]}]}";
  };
  for (const std::string& file : {text(""), text("\"max_orders\": " + std::to_string(kOrdersMax))}) {
    const std::vector<std::string> errors = errors_of(file);
    REQUIRE(errors.size() == 1);
    CHECK_THAT(errors[0], Catch::Contains(": /campaigns: ") && Catch::Contains("lower the stocks"));
  }
}

TEST_CASE("a hundred thousand offers are read in far less than a quadratic time") {
  std::string text = R"({"campaigns": [{"id": "big", "currency": "EUR", "starts_at": "2026-11-27T08:00:00Z",
    "ends_at": "2026-11-27T20:00:00Z", "offers": [)";
  constexpr int kOffers = 100'000;
  for (int i = 0; i < kOffers; ++i) {
    text += (i == 0 ? "\n" : ",\n");
    text += R"({"sku": "sku-)" + std::to_string(i) + R"(", "stock": 10, "list_price": 999, "price": 499})";
  }
  text += "]}]}";
  const std::clock_t before = std::clock();
  const ParsedConfiguration good = parse_configuration(text);
  REQUIRE(good.configuration);
  CHECK(good.configuration->campaigns[0].offers.size() == kOffers);
  CHECK(good.configuration->campaigns[0].offers.back().sku == "sku-99999");

  // And with something wrong in every one of them.
  std::string bad = text;
  for (std::size_t at = bad.find("\"stock\""); at != std::string::npos; at = bad.find("\"stock\"", at))
    bad[at + 1] = 'S';
  CHECK(parse_configuration(bad).diagnostics.size() == 2 * kOffers);
  const auto cpu_seconds = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  CHECK(cpu_seconds < 20);  // room for sanitizers; comparing each with each would take minutes
}

TEST_CASE("a file that cannot be read is one diagnostic") {
  const ParsedConfiguration parsed = read_configuration("/nonexistent/doorbuster.json");
  CHECK_FALSE(parsed.configuration);
  REQUIRE(parsed.diagnostics.size() == 1);
  CHECK_THAT(parsed.diagnostics[0].message, Catch::Contains("No such file"));
}

}  // namespace
}  // namespace doorbuster
