// RFC 7396, and what definitions need besides.

#include <string>

#include "doorbuster/catalog/definition.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

std::string merged(std::string_view target, std::string_view patch) {
  const Result<std::string> result = merge_patch(target, patch);
  return result ? *result : "refused: " + result.error().message;
}

std::string patched(std::string_view definition, std::string_view patch) {
  const Result<std::string> result = merge_definition(definition, patch);
  if (!result) CHECK(result.error().kind == ErrorKind::configuration);
  return result ? *result : "refused: " + result.error().message;
}

TEST_CASE("a merge patch does what the table of RFC 7396, appendix A, says") {
  struct Row {
    std::string_view target, patch, result;
  };
  const Row rows[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
      {R"({"a":"foo"})", R"(null)", R"(null)"},
      {R"({"a":"foo"})", R"("bar")", R"("bar")"},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const Row& row : rows) {
    INFO(row.target << " with " << row.patch);
    CHECK(merged(row.target, row.patch) == row.result);
    CHECK(patched(row.target, row.patch) == row.result);
  }
  // Its example, section 3.
  CHECK(merged(R"({"title": "Goodbye!", "author" : {"givenName" : "John", "familyName" : "Doe"},
                   "tags":[ "example", "sample" ], "content": "This will be unchanged"})",
               R"({"title": "Hello!", "phoneNumber": "+01-123-456-7890", "author": {"familyName": null},
                   "tags": [ "example" ]})") ==
        R"({"title":"Hello!","author":{"givenName":"John"},"tags":["example"],)"
        R"("content":"This will be unchanged","phoneNumber":"+01-123-456-7890"})");
}

TEST_CASE("no value is rounded or written in another way") {
  const std::string_view values[] = {"12.5",
                                     "12.35",
                                     "0.1",
                                     "-0",
                                     "1.250e1",
                                     "9223372036854775807",
                                     "18446744073709551615",
                                     "100000000000000000000.01",
                                     R"("\u00e9 \/ \ud83d\ude00")",
                                     R"("{")",
                                     "true",
                                     R"([null,{"a":null,"b":[]},{}])"};
  for (const std::string_view value : values) {
    INFO(value);
    const std::string object = R"({"a":)" + std::string(value) + "}";
    const std::string with_b = R"({"b":)" + std::string(value) + "}";
    CHECK(merged(object, "{}") == object);
    CHECK(merged("{}", object) == object);
    CHECK(merged(object, with_b) == R"({"a":)" + std::string(value) + R"(,"b":)" + std::string(value) + "}");
  }
}

TEST_CASE("keys are told apart by what they mean, and written so that they mean the same") {
  CHECK(merged(R"({"a\"b":1,"é":2})", R"({"\u0061\u0022b":3,"\u00e9":null})") == R"({"a\"b":3})");
  CHECK(merged(R"({"":1})", R"({"":{"":2}})") == R"({"":{"":2}})");
}

TEST_CASE("what is no JSON or says a thing twice is refused, with all places") {
  CHECK_THAT(merged("{", "{}"), Catch::StartsWith("refused: target:1:"));
  CHECK_THAT(merged("{}", "{}x"), Catch::StartsWith("refused: patch:1:3"));
  CHECK_THAT(merged("{}", "18446744073709551616"), Catch::Contains("too large"));
  CHECK_THAT(merged("{}", ""), Catch::StartsWith("refused: patch:1:1"));
  CHECK(merged(R"({"a":1,"a":2})", R"({"b":{"c":1,
"c":null},"b":null})") ==
        "refused: target:1:8: /a: duplicate key: it stands in this object already; "
        "patch:2:1: /b/c: duplicate key: it stands in this object already; "
        "patch:2:11: /b: duplicate key: it stands in this object already");
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  CHECK_THAT(merged("{}", deep), Catch::StartsWith("refused: patch:1:"));
}

TEST_CASE("offers by SKU are patched, added and withdrawn one by one") {
  const std::string_view definition =
      R"({"id":"a","offers":[{"sku":"x","stock":1,"price":5},{"sku":"y","stock":2,"price":6}]})";
  CHECK(patched(definition, R"({"offers":{"x":{"price":4}}})") ==
        R"({"id":"a","offers":[{"sku":"x","stock":1,"price":4},{"sku":"y","stock":2,"price":6}]})");
  CHECK(patched(definition, R"({"offers":{"x":null}})") ==
        R"({"id":"a","offers":[{"sku":"y","stock":2,"price":6}]})");
  CHECK(patched(definition, R"({"offers":{"z":{"stock":3,"price":7},"x":null,"y":{"list_price":9}}})") ==
        R"({"id":"a","offers":[{"sku":"y","stock":2,"price":6,"list_price":9},)"
        R"({"sku":"z","stock":3,"price":7}]})");
  CHECK(patched(definition, R"({"offers":{"nobody":null},"id":"b"})") ==
        R"({"id":"b","offers":[{"sku":"x","stock":1,"price":5},{"sku":"y","stock":2,"price":6}]})");
  CHECK(patched(definition, R"({"offers":{"x":{"sku":"x","stock":null},"n":{"sku":"n","regions":null}}})") ==
        R"({"id":"a","offers":[{"sku":"x","price":5},{"sku":"y","stock":2,"price":6},{"sku":"n"}]})");
  CHECK(patched(definition, R"({"offers":{}})") == definition);
  CHECK(patched(R"({"id":"a"})", R"({"offers":{"x":{"stock":1}}})") ==
        R"({"id":"a","offers":[{"sku":"x","stock":1}]})");
  // An array is one value, as RFC 7396 says.
  CHECK(patched(definition, R"({"offers":[{"sku":"z"}]})") == R"({"id":"a","offers":[{"sku":"z"}]})");
  CHECK(merged(definition, R"({"offers":{"x":{"price":4}}})") == R"({"id":"a","offers":{"x":{"price":4}}})");
  // Only a campaign's own offers have names.
  CHECK(patched(R"({"a":{"offers":[1]}})", R"({"a":{"offers":{"x":{}}}})") == R"({"a":{"offers":{"x":{}}}})");
}

TEST_CASE("an offer that is no object or another one is refused, with all places") {
  const std::string_view definition = R"({"offers":[{"sku":"x"},{"sku":"y"}]})";
  CHECK(patched(definition, R"({"offers":{"x":5,"y":{"sku":"z"},"n":[],"m":{"sku":null},"x":{}}})") ==
        "refused: patch:1:16: /offers/x: must be an object with what is new about the offer, or null to "
        "withdraw it, not an integer; "
        "patch:1:29: /offers/y/sku: the offer is \"y\" here: leave sku out; "
        "patch:1:38: /offers/n: must be an object with what is new about the offer, or null to withdraw it, "
        "not an array; "
        "patch:1:52: /offers/m/sku: the offer is \"m\" here: leave sku out; "
        "patch:1:58: /offers/x: duplicate key: it stands in this object already");
}

TEST_CASE("a hundred thousand offers by SKU are merged in one go") {
  constexpr int kOffers = 100'000;
  std::string definition = R"({"offers":[)", patch = R"({"offers":{)", expected = definition;
  for (int i = 0; i < kOffers; ++i) {
    const std::string sku = "s-" + std::to_string(i), comma = i == 0 ? "" : ",";
    definition += comma + R"({"sku":")" + sku + R"(","stock":1,"price":2})";
    patch += comma + '"' + sku + R"(":{"price":3})";
    expected += comma + R"({"sku":")" + sku + R"(","stock":1,"price":3})";
  }
  CHECK((patched(definition + "]}", patch + "}}") == expected + "]}"));
}

}  // namespace
}  // namespace doorbuster
