#include <boost/json.hpp>
#include <cstdlib>
#include <string>

#include "catalog/currency.h"
#include "catalog/description.h"
#include "doorbuster/catalog/configuration.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

namespace json = boost::json;

// The machine's time zone, for as long as this lives.
class TimeZone {
 public:
  explicit TimeZone(const char* name) { setenv("TZ", name, 1); }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
  ~TimeZone() { unsetenv("TZ"); }
};

Tick at(std::string_view text) {
  return *parse_rfc3339(text);
}

CampaignConfiguration campaign(std::string id, std::string_view starts_at, std::string_view ends_at,
                               std::vector<OfferConfiguration> offers) {
  CampaignConfiguration value;
  value.id = id;
  value.name = std::move(id);
  value.currency = "EUR";
  value.starts_at = at(starts_at);
  value.ends_at = at(ends_at);
  value.offers = std::move(offers);
  return value;
}

Configuration sample() {
  Configuration configuration;
  configuration.campaigns = {
      campaign("ended", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", {{"tv", 5, 100, 100}}),
      campaign("active", "2026-11-27T08:00:00Z", "2026-11-27T20:00:00Z",
               {{"tv", 500, 99900, 49900}, {"pc", 1000, 30000, 20000}, {"pen", 2, 100, 99}}),
      campaign("later", "2026-11-27T18:00:00Z", "2026-11-28T20:00:00Z", {{"tv", 1, 300, 100}}),
  };
  configuration.campaigns[1].name = "Friday";
  configuration.campaigns[1].limit_per_buyer = 1;
  return configuration;
}

const Tick kNoon = at("2026-11-27T12:00:00Z");

TEST_CASE("money is written in the currency's own digits") {
  CHECK(format_money(49900, "EUR") == "499.00 EUR");
  CHECK(format_money(5, "EUR") == "0.05 EUR");
  CHECK(format_money(0, "USD") == "0.00 USD");
  CHECK(format_money(500, "JPY") == "500 JPY");
  CHECK(format_money(1, "KWD") == "0.001 KWD");
  CHECK(format_money(12345, "CLF") == "1.2345 CLF");
  CHECK_FALSE(currency_digits("").has_value());
  CHECK_FALSE(currency_digits("EU").has_value());
  CHECK_FALSE(currency_digits("EURO").has_value());
  CHECK_FALSE(currency_digits("UR ").has_value());
  CHECK_FALSE(currency_digits("XTS").has_value());
}

TEST_CASE("the text says what will happen, in UTC and local time") {
  const TimeZone berlin("Europe/Berlin");
  const std::string text = describe_configuration(sample(), kNoon);
  for (const std::string part : {
           "valid: 3 campaigns, 5 offers, 1,508 units\n",
           "next start: 2026-11-27T18:00:00Z  local 2026-11-27T19:00:00+01:00 (CET)  in 6 hours  later\n",
           "next end:   2026-11-27T20:00:00Z  local 2026-11-27T21:00:00+01:00 (CET)  in 8 hours  active\n",
           "campaign active  Friday\n  state             active\n",
           "starts            2026-11-27T08:00:00Z  local 2026-11-27T09:00:00+01:00 (CET)  4 hours ago\n",
           "offers            3 offers, 1,502 units\n",
           "stock backing     each offer by its own stock\n",
           "holds             none: a buy is final at once\n",
           "limit per buyer   1 unit of each SKU\n",
           "lowest price      0.99 EUR (pen)\n",
           "biggest discount  50.0 % (tv, 999.00 EUR to 499.00 EUR)\n",
           "campaign ended\n  state             ended\n",
           "biggest discount  none\n",
           "  tv in active and later  2026-11-27T18:00:00Z to 2026-11-27T20:00:00Z\n",
       }) {
    CHECK_THAT(text, Catch::Contains(part));
  }
  CHECK_THAT(text, !Catch::Contains("tv in ended"));
}

TEST_CASE("the text says what holds, failed payments, lines and limits do") {
  Configuration configuration = sample();
  CampaignConfiguration& active = configuration.campaigns[1];
  const auto says = [&](std::string_view part) {
    return Catch::Contains(std::string(part)).match(describe_configuration(configuration, kNoon));
  };
  CHECK_FALSE(says("failed payment"));
  CHECK_FALSE(says("wait-list"));
  active.hold_seconds = active.hold_max_seconds = active.offer_seconds = 600;
  CHECK(says("holds             10 minutes to confirm, cannot be extended\n"));
  CHECK(says("failed payment    releases the hold at once\n"));
  CHECK(says("wait-list         none: what comes back is for whoever asks first\n"));
  active.hold_seconds = 1;
  active.hold_max_seconds = 86'400;
  active.on_payment_failed = PaymentFailure::keep;
  CHECK(says("holds             1 second to confirm, can be extended to 1 day\n"));
  CHECK(says("failed payment    changes nothing: the hold runs on\n"));
  active.hold_max_seconds = 5400;
  active.on_payment_failed = PaymentFailure::grace;
  active.grace_seconds = 3601;
  active.waitlist = true;
  active.offer_seconds = 7200;
  CHECK(says("can be extended to 90 minutes\n"));
  CHECK(says("failed payment    leaves 3,601 seconds to pay in another way\n"));
  CHECK(says("wait-list         what comes back is held 2 hours for the first in the line\n"));
  active.limit_per_buyer_total = 3;
  CHECK(says("limit per buyer   1 unit of each SKU, 3 units of all SKUs together\n"));
  active.limit_per_buyer = 0;
  CHECK(says("limit per buyer   3 units of all SKUs together\n"));
  CHECK(says("limit per buyer   none\n"));  // the others
}

TEST_CASE("local time follows daylight saving") {
  const TimeZone new_york("America/New_York");
  CHECK(format_local(at("2026-03-08T06:59:59Z")) == "2026-03-08T01:59:59-05:00");
  CHECK(format_local(at("2026-03-08T07:00:00Z")) == "2026-03-08T03:00:00-04:00");
  CHECK(local_zone(at("2026-03-08T07:00:00Z")) == "EDT");
}

TEST_CASE("nothing to come is said as well") {
  const std::string text = describe_configuration(sample(), at("2030-01-01T00:00:00Z"));
  CHECK_THAT(text, Catch::Contains("next start: none\nnext end:   none\n"));
  CHECK_THAT(describe_configuration({}, kNoon), Catch::Contains("valid: 0 campaigns, 0 offers, 0 units\n"));
  CHECK_THAT(describe_configuration({}, kNoon), Catch::Contains("overlaps: none\n"));
}

TEST_CASE("campaigns that meet at an instant do not overlap, and three at once are three pairs") {
  Configuration configuration;
  const auto add = [&](std::string id, std::string_view starts_at, std::string_view ends_at) {
    configuration.campaigns.push_back(campaign(std::move(id), starts_at, ends_at, {{"s", 1, 1, 1}}));
  };
  add("b", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z");
  add("a", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
  CHECK(describe(configuration, kNoon).overlaps.empty());
  add("c", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z");
  add("d", "2026-01-01T12:00:00Z", "2026-01-01T13:00:00Z");
  std::vector<std::string> pairs;
  for (const Overlap& overlap : describe(configuration, kNoon).overlaps) {
    pairs.push_back(overlap.first->id + overlap.second->id);
    CHECK(overlap.from < overlap.until);
  }
  CHECK(pairs == std::vector<std::string>{"ac", "ad", "cd", "cb"});
}

TEST_CASE("overlaps are listed up to their bound") {
  Configuration configuration;
  for (int i = 0; i < 60; ++i) {  // 1770 pairs
    configuration.campaigns.push_back(
        campaign(std::to_string(i), "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", {{"s", 1, 1, 1}}));
  }
  const Description description = describe(configuration, kNoon);
  CHECK(description.overlaps.size() == kOverlapsListedMax);
  CHECK(description.more_overlaps);
  CHECK_THAT(describe_configuration(configuration, kNoon), Catch::Contains("and more than these 1,000"));
}

TEST_CASE("the JSON has the same for machines") {
  const TimeZone berlin("Europe/Berlin");
  const json::value value = json::parse(describe_configuration_json({sample(), {}}, kNoon));
  CHECK(value.at("valid").as_bool());
  CHECK(value.at("errors").as_array().empty());
  CHECK(value.at("units") == json::value(1508));
  CHECK(value.at_pointer("/next_start/campaign") == "later");
  CHECK(value.at_pointer("/next_start/at_local") == "2026-11-27T19:00:00+01:00");
  CHECK(value.at_pointer("/campaigns/1/state") == "active");
  CHECK(value.at_pointer("/campaigns/1/name") == "Friday");
  CHECK(value.at_pointer("/campaigns/1/lowest_price") == json::value{{"sku", "pen"}, {"price", 99}});
  CHECK(value.at_pointer("/campaigns/1/biggest_discount/basis_points") == json::value(5005));
  CHECK(value.at_pointer("/campaigns/0/biggest_discount").is_null());
  CHECK(value.at_pointer("/overlaps/0/campaigns") == json::array{"active", "later"});
  CHECK_FALSE(value.at("more_overlaps").as_bool());
}

TEST_CASE("the JSON has the rules of holds, failed payments, lines and limits") {
  Configuration configuration = sample();
  CampaignConfiguration& active = configuration.campaigns[1];
  active.hold_seconds = 60;
  active.hold_max_seconds = 120;
  active.limit_per_buyer_total = 3;
  active.on_payment_failed = PaymentFailure::grace;
  active.grace_seconds = 20;
  active.waitlist = true;
  active.offer_seconds = 30;
  const json::value value = json::parse(describe_configuration_json({configuration, {}}, kNoon));
  const json::object& campaign = value.at_pointer("/campaigns/1").as_object();
  CHECK(campaign.at("hold_seconds") == json::value(60));
  CHECK(campaign.at("hold_max_seconds") == json::value(120));
  CHECK(campaign.at("limit_per_buyer") == json::value(1));
  CHECK(campaign.at("limit_per_buyer_total") == json::value(3));
  CHECK(campaign.at("on_payment_failed") == "grace");
  CHECK(campaign.at("grace_seconds") == json::value(20));
  CHECK(campaign.at("waitlist") == json::value(true));
  CHECK(campaign.at("offer_seconds") == json::value(30));
  CHECK(value.at_pointer("/campaigns/0/hold_seconds") == json::value(0));
  CHECK(value.at_pointer("/campaigns/0/on_payment_failed") == "release");
}

TEST_CASE("the JSON of a refused file has its errors and nothing else") {
  const json::value value =
      json::parse(describe_configuration_json(parse_configuration("{\n\"campaigns\": 1}"), kNoon));
  CHECK(value == json::parse(R"({"valid": false, "errors": [{"pointer": "/campaigns", "line": 2, "column": 14,
                                 "message": "must be an array, not an integer"}]})"));
}

TEST_CASE("a schedule is told in windows, by the clock of its zone") {
  const ParsedConfiguration parsed =
      parse_configuration(R"({"campaigns": [{"id": "fridays", "currency": "EUR",
    "schedule": {"zone": "Europe/Berlin", "starts_at": "2026-10-16T08:00:00", "duration_seconds": 3600,
                 "rrule": "FREQ=WEEKLY;COUNT=8"},
    "offers": [{"sku": "s", "stock": 1, "price": 1}]}]})");
  REQUIRE(parsed.configuration);
  const Tick now = *parse_rfc3339("2026-10-16T06:30:00Z");
  const std::string text = describe_configuration(*parsed.configuration, now);
  CHECK_THAT(text, Catch::Contains("state             active"));
  CHECK_THAT(text, Catch::Contains("8 windows by the clock of Europe/Berlin\n"));
  // The window that is open is told, what is over is not, and winter time shows.
  CHECK_THAT(text, Catch::Contains("2026-10-16T08:00:00+02:00 CEST to 2026-10-16T09:00:00+02:00 CEST"));
  CHECK_THAT(text, Catch::Contains(
                       "2026-10-30T07:00:00Z to 2026-10-30T08:00:00Z  local 2026-10-30T08:00:00+01:00 CET"));
  CHECK_THAT(text, Catch::Contains("and 3 more"));
  CHECK_THAT(text, Catch::Contains("next start: 2026-10-23T06:00:00Z"));
  CHECK_THAT(describe_configuration(*parsed.configuration, *parse_rfc3339("2026-10-16T07:00:00Z")),
             Catch::Contains("state             scheduled"));
  const std::string json = describe_configuration_json(parsed, now);
  CHECK_THAT(json, Catch::Contains(R"("zone":"Europe/Berlin","is_cut":false)"));
  CHECK_THAT(json, Catch::Contains(R"("starts_at_local":"2026-12-04T08:00:00+01:00 CET")"));
}

TEST_CASE("a rule that goes on is said to be cut") {
  const ParsedConfiguration parsed = parse_configuration(R"({"campaigns": [{"id": "days", "currency": "EUR",
    "schedule": {"zone": "UTC", "starts_at": "2026-10-16T08:00:00", "duration_seconds": 60,
                 "rrule": "FREQ=DAILY"},
    "offers": [{"sku": "s", "stock": 1, "price": 1}]}]})");
  REQUIRE(parsed.configuration);
  CHECK_THAT(describe_configuration(*parsed.configuration, {}),
             Catch::Contains("1,000 windows by the clock of UTC; the rule goes on"));
}

ParsedConfiguration sale_by_rule(int items) {
  std::string text = R"({"catalog": [)";
  for (int i = 0; i < items; ++i) {
    text += (i == 0 ? "" : ",") + std::string(R"({"sku": "tv-)") + std::to_string(i) +
            R"(", "category": "tv", "list_price": 4999, "stock": 2})";
  }
  return parse_configuration(text + R"(], "campaigns": [{"id": "s", "currency": "EUR",
    "starts_at": "2026-11-27T08:00:00Z", "ends_at": "2026-11-27T20:00:00Z",
    "price_steps": [{"starts_at": "2026-11-27T10:00:00Z", "discount_percent": 10}],
    "offer_rules": [{"category": "tv", "discount_percent": 12.5},
                    {"category": "radio", "discount_percent": 1}, {"category": "tv", "discount_percent": 50}]}]})");
}

TEST_CASE("the text shows how rules come to prices, and warns of a rule that makes no offer") {
  const std::string few = describe_configuration(*sale_by_rule(2).configuration, kNoon);
  CHECK_THAT(few, Catch::Contains("valid: 1 campaign, 2 offers, 4 units\n"));
  CHECK_THAT(few,
             Catch::Contains("offers by rule    2 offers of 3 rules\n                    tv-0  49.99 EUR -> "
                             "rule 1, 12.5 % off -> 43.74 EUR -> lowest 39.37 EUR\n"));
  CHECK_THAT(few, !Catch::Contains(" more\n"));
  CHECK_THAT(few, Catch::Contains("\nwarning: campaign s, offer rule 2 matches no item of the catalog\n"));
  CHECK_THAT(few,
             Catch::Contains("\nwarning: campaign s, offer rule 3 makes no offer: rules before it, or offers "
                             "of the campaign's own, have all of its items\n"));
  const std::string many = describe_configuration(*sale_by_rule(1021).configuration, kNoon);
  CHECK_THAT(many, Catch::Contains("tv-19  "));
  CHECK_THAT(many, !Catch::Contains("tv-20  "));
  CHECK_THAT(many, Catch::Contains("\n                    and 1,001 more\n"));
  CHECK_THAT(describe_configuration(sample(), kNoon),
             !Catch::Contains("rule") && !Catch::Contains("warning"));
}

TEST_CASE("the JSON has every price by rule, and the warnings") {
  const json::value value = json::parse(describe_configuration_json(sale_by_rule(30), kNoon));
  const json::array& offers = value.at("campaigns").at(0).at("offers_by_rule").as_array();
  CHECK(offers.size() == 30);
  CHECK(offers.at(29) == json::parse(R"({"sku": "tv-29", "list_price": 4999, "rule": 1,
    "discount_basis_points": 1250, "price": 4374, "lowest_price": 3937, "units": 2})"));
  CHECK(value.at("warnings").as_array().size() == 2);
}

TEST_CASE("the lowest price and the biggest discount are those of any instant of the sale") {
  const ParsedConfiguration parsed = parse_configuration(R"({"campaigns": [{"id": "a", "currency": "EUR",
    "starts_at": "2026-11-27T08:00:00Z", "ends_at": "2026-11-27T20:00:00Z",
    "price_steps": [{"starts_at": "2026-11-27T09:00:00Z", "discount_percent": 12.5},
                    {"starts_at": "2026-11-27T20:00:00Z", "discount_percent": 90}],
    "offers": [{"sku": "s", "stock": 1, "price": 1000, "list_price": 1000},
               {"sku": "t", "stock": 1, "price": 2000, "list_price": 2000,
                "price_steps": [{"starts_at": "2026-11-27T09:00:00Z", "price": 1900}]}]}]})");
  REQUIRE(parsed.configuration);
  const std::string text = describe_configuration(*parsed.configuration, {});
  CHECK_THAT(text, Catch::Contains("lowest price      8.75 EUR (s)"));
  CHECK_THAT(text, Catch::Contains("biggest discount  12.5 % (s, 10.00 EUR to 8.75 EUR)"));
  CHECK_THAT(text, Catch::Contains("price step        12.5 % off from 2026-11-27T09:00:00Z on"));
  CHECK_THAT(text, Catch::Contains("own price steps   1 offer; they win over the campaign's"));
}

}  // namespace
}  // namespace doorbuster
