#include "admin/change_body.h"

#include "doorbuster/base/limits.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

template <typename Read>
std::string outcome(Read read, const std::string& body) {
  const auto result = read(body);
  return result ? "ok" : std::string(outcome_code(result.error().outcome));
}

TEST_CASE("no body and an empty object are the same action without a reason") {
  for (const std::string body : {"", "{}", " {} "}) {
    const auto action = read_action(body);
    REQUIRE(action.has_value());
    CHECK(action->reason.empty());
    CHECK_FALSE(action->ends_at.has_value());
  }
}

TEST_CASE("what a body says is taken") {
  CHECK(read_action(R"({"reason":"wrong \"price\""})")->reason == "wrong \"price\"");
  const auto extension = read_extension(R"({"reason":"rain","ends_at":"2026-11-27T21:00:00+01:00"})");
  REQUIRE(extension.has_value());
  CHECK(format_rfc3339(*extension->ends_at) == "2026-11-27T20:00:00Z");
  CHECK(extension->reason == "rain");
  const auto stock = read_stock(R"({"sku":"tv","delta":-3,"reason":"broken"})");
  REQUIRE(stock.has_value());
  CHECK(stock->sku == "tv");
  CHECK(stock->delta == -3);
  CHECK(stock->reason == "broken");
  CHECK(read_stock(R"({"sku":"tv","delta":0,"reason":"b"})")->delta ==
        0);  // whether it can be is not asked here
}

TEST_CASE("the shape of a body and the values in it have different answers") {
  const std::string malformed = "malformed_request", impossible = "validation_failed";
  for (const char* body : {"[]", "{", "{}{}", "1", "{\"reason\":null}", "{\"reason\":\"a\",\"reason\":\"a\"}",
                           "{\"why\":\"a\"}", "{\"ends_at\":\"2026-11-27T20:00:00Z\"}"}) {
    INFO(body);
    CHECK(outcome(read_action, body) == malformed);
  }
  CHECK(outcome(read_action, R"({"reason":""})") == impossible);
  CHECK(outcome(read_action, R"({"reason":")" + std::string(kChangeTextBytesMax, 'x') + "\"}") == "ok");
  CHECK(outcome(read_action, R"({"reason":")" + std::string(kChangeTextBytesMax + 1, 'x') + "\"}") ==
        impossible);
  CHECK(outcome(read_extension, "") == malformed);
  CHECK(outcome(read_extension, R"({"ends_at":5})") == malformed);
  CHECK(outcome(read_extension, R"({"ends_at":"2026-11-27"})") == impossible);
  CHECK(outcome(read_stock, R"({"sku":"tv","delta":1})") == malformed);
  CHECK(outcome(read_stock, R"({"sku":"tv","delta":"1","reason":"r"})") == malformed);
  CHECK(outcome(read_stock, R"({"sku":"t/v","delta":1,"reason":"r"})") == impossible);
}

TEST_CASE("everything that is wrong is told at once, each with its place") {
  const auto wrong = read_stock(R"({"sku":"t/v","delta":"1","resaon":"r"})");
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().outcome == Outcome::malformed_request);
  for (const char* part : {"/sku: ", "/delta: ", "resaon", "\"reason\" is missing"}) {
    CHECK_THAT(wrong.error().detail, Catch::Contains(part));
  }
  CHECK_THAT(read_action("{\"reason\":").error().detail, Catch::StartsWith("line 1, column "));
}

}  // namespace
}  // namespace doorbuster
