// Stock from the pool in a configuration file: what is refused at its place, and what `check` says of it.

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "doorbuster/base/tick.h"
#include "doorbuster/catalog/configuration.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

Tick at(std::string_view text) {
  return *parse_rfc3339(text);
}

std::string sale(std::string_view id, std::string_view times, int stock, std::string_view rules) {
  return R"({"id":")" + std::string(id) + R"(","currency":"EUR",)" + std::string(times) + "," +
         std::string(rules) + R"("offers":[{"sku":"tv","stock":)" + std::to_string(stock) +
         R"(,"price":1}]})";
}
constexpr std::string_view kMorning =
    R"("starts_at":"2026-11-27T08:00:00Z","ends_at":"2026-11-27T12:00:00Z")";
constexpr std::string_view kEvening =
    R"("starts_at":"2026-11-27T12:00:00Z","ends_at":"2026-11-27T20:00:00Z")";
constexpr std::string_view kPooled = R"("from_pool":true,)";

std::string file(const std::string& campaigns) {
  return R"({"catalog":[{"sku":"tv","list_price":2,"stock":100}],"campaigns":[)" + campaigns + "]}";
}

// "pointer: message" of each mistake, a line each.
std::string mistakes(const std::string& text) {
  std::string found;
  for (const Diagnostic& diagnostic : parse_configuration(text).diagnostics) {
    found += diagnostic.pointer + ": " + diagnostic.message + "\n";
  }
  return found;
}

std::string description(const std::string& text) {
  const ParsedConfiguration parsed = parse_configuration(text);
  REQUIRE(parsed.configuration.has_value());
  return describe_configuration(*parsed.configuration, at("2026-11-27T00:00:00Z"));
}

TEST_CASE("a campaign says that it takes its stock out of the pool, and how long before its start") {
  const auto parsed =
      parse_configuration(file(sale("s", kMorning, 60, R"("from_pool":true,"arm_seconds":1800,)")));
  REQUIRE(parsed.configuration.has_value());
  CHECK(parsed.configuration->campaigns[0].from_pool);
  CHECK(parsed.configuration->campaigns[0].arm_seconds == 1800);
  CHECK(mistakes(file(sale("s", kMorning, 60, R"("from_pool":true,"arm_seconds":2592000,)"))) == "");
  CHECK_THAT(mistakes(file(sale("s", kMorning, 60, R"("from_pool":true,"arm_seconds":2592001,)"))),
             Catch::StartsWith("/campaigns/0/arm_seconds: "));
}

TEST_CASE("arm_seconds without from_pool is a mistake, and one is enough where both are wrong") {
  CHECK(mistakes(file(sale("s", kMorning, 60, R"("arm_seconds":0,)"))) ==
        "/campaigns/0/arm_seconds: arm_seconds goes with \"from_pool\": true: set that, or leave arm_seconds "
        "out\n");
  CHECK_THAT(mistakes(file(sale("s", kMorning, 60, R"("arm_seconds":60,"from_pool":1,)"))),
             Catch::StartsWith("/campaigns/0/from_pool: ") && !Catch::Contains("arm_seconds goes with"));
}

TEST_CASE("what is sold out of the pool is an item of the file, and its place is told where it is not") {
  const std::string no_items =
      R"({"campaigns":[)" + sale("own", kMorning, 60, "") + "," + sale("s", kMorning, 60, kPooled) + "]}";
  CHECK(mistakes(no_items) ==
        "/campaigns/1/offers/0/sku: \"tv\" is no item of \"catalog\": from_pool takes its stock from there; "
        "add "
        "it, or leave from_pool out\n");
}

TEST_CASE("what several campaigns want of one item at one time is a warning with the figures") {
  const std::string both = file(sale("a", kMorning, 60, kPooled) + "," +
                                sale("b", kEvening, 80, R"("from_pool":true,"arm_seconds":1800,)"));
  const std::string warning =
      "sku tv: from 2026-11-27T11:30:00Z on a, b want 140 units and the pool has 100: whoever is armed last "
      "is "
      "not armed until others have given back";
  const std::string text = description(both);
  CHECK_THAT(text, Catch::Contains("warning: " + warning + "\n"));
  CHECK_THAT(text, Catch::Contains("stock backing     out of the pool"));
  CHECK_THAT(text, Catch::Contains("armed             2026-11-27T11:30:00Z"));
  const auto parsed = parse_configuration(both);
  const boost::json::value json =
      boost::json::parse(describe_configuration_json(parsed, at("2026-11-27T00:00:00Z")));
  CHECK(json.at("warnings").as_array().size() == 1);
  CHECK(std::string_view(json.at("warnings").at(0).as_string()) == warning);
  CHECK(json.at("campaigns").at(1).at("stock_backing").as_string() == "pool");
  CHECK(json.at("campaigns").at(1).at("arms_at").as_string() == "2026-11-27T11:30:00Z");

  // One behind the other: what the first gives back is there at the same instant.
  CHECK_THAT(description(file(sale("a", kMorning, 60, kPooled) + "," + sale("b", kEvening, 80, kPooled))),
             !Catch::Contains("warning"));
  // Stock of its own is nobody's pool.
  CHECK_THAT(description(file(sale("a", kMorning, 60, kPooled) + "," + sale("b", kMorning, 80, ""))),
             !Catch::Contains("warning"));
  CHECK_THAT(description(file(sale("a", kMorning, 101, kPooled))),
             Catch::Contains("on a want 101 units and the pool has 100"));
}

}  // namespace
}  // namespace doorbuster
