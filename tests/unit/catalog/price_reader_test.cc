#include "catalog/price_reader.h"

#include <random>
#include <string>
#include <vector>

#include "support/catch.h"

namespace doorbuster {
namespace {

using Layers = std::vector<PriceLayer>;
using Words = std::vector<std::string>;

// What `read(reader, root)` has to say about the text.
template <typename Read>
Words errors_of(std::string_view text, Read&& read) {
  const tl::expected<JsonDocument, Diagnostic> document = JsonDocument::parse(text);
  REQUIRE(document);
  JsonReader reader(*document);
  read(reader, document->root());
  Words wrong;
  for (const Diagnostic& diagnostic : reader.take_diagnostics())
    wrong.push_back(format_diagnostic("f", diagnostic));
  return wrong;
}

Words step_errors(std::string_view text, PriceStepsOf owner) {
  Layers layers;
  return errors_of(text, [&](JsonReader& r, const JsonNode& n) { read_price_steps(r, n, owner, layers); });
}

Layers steps(std::string_view text, PriceStepsOf owner = PriceStepsOf::offer) {
  Layers layers;
  CHECK(errors_of(text, [&](JsonReader& r, const JsonNode& n) {
          read_price_steps(r, n, owner, layers);
        }).empty());
  return layers;
}

Tick tick(std::string_view text) {
  const std::optional<Tick> parsed = parse_rfc3339(text);
  REQUIRE(parsed);
  return *parsed;
}

TEST_CASE("steps become layers in the order of the list") {
  const Layers expected{
      {tick("2026-11-27T08:00:00Z"), tick("2026-11-27T20:00:00Z"), PriceLayer::Kind::discount, 1250},
      {tick("2026-11-26T23:00:00Z"), kNoEnd, PriceLayer::Kind::price, 1999},
  };
  CHECK(steps(R"([
    {"starts_at": "2026-11-27T08:00:00Z", "ends_at": "2026-11-27T21:00:00+01:00", "discount_percent": 12.5},
    {"price": 1999, "starts_at": "2026-11-27T00:00:00+01:00"}
  ])") == expected);
  CHECK(steps("[]").empty());
  CHECK(steps(R"([{"starts_at": "2026-11-27T08:00:00Z", "discount_percent": 20}])", PriceStepsOf::campaign) ==
        Layers{{tick("2026-11-27T08:00:00Z"), kNoEnd, PriceLayer::Kind::discount, 2000}});
}

TEST_CASE("a discount is a percentage with at most two decimals") {
  const auto of = [](std::string_view percent) {
    return R"([{"starts_at": "2026-11-27T08:00:00Z", "discount_percent": )" + std::string(percent) + "}]";
  };
  const std::pair<std::string_view, std::int64_t> good[] = {
      {"0", 0},        {"0.01", 1},     {"12.5", 1250},    {"1.25E1", 1250},
      {"99.99", 9999}, {"100", 10'000}, {"100.00", 10'000}};
  for (const auto& [percent, basis_points] : good) {
    INFO(percent);
    CHECK(steps(of(percent), PriceStepsOf::campaign).at(0).value == basis_points);
  }
  for (const std::string bad : {"-0.01", "-5", "100.01", "101", "12.345", "0.001", "1e3"}) {
    CHECK(
        step_errors(of(bad), PriceStepsOf::offer) ==
        Words{"f:1:60: /0/discount_percent: must be a number from 0 to 100 percent with at most 2 decimals, "
              "not " +
              bad});
  }
  CHECK(step_errors(of("\"20%\""), PriceStepsOf::campaign) ==
        Words{"f:1:60: /0/discount_percent: must be a number from 0 to 100 percent with at most 2 decimals, "
              "not a string"});
}

TEST_CASE("everything that is wrong with an offer's steps is told at its place") {
  CHECK(step_errors(R"([
  {"starts_at": "2026-11-27T08:00:00", "discount_percent": 20},
  {"starts_at": "2026-11-27T08:00:00Z", "ends_at": "2026-11-27T08:00:00Z", "price": 5},
  {"discount_percent": 20, "starts_at": "2026-11-27T08:00:00Z", "price": 5},
  {"price": 5, "starts_at": "2026-11-27T08:00:00Z", "discount_percent": 20},
  {"starts_at": "2026-11-27T08:00:00Z"},
  {"price": -1},
  {"starts_at": "2026-11-27T08:00:00Z", "price": 9.5, "prise": 1},
  7
])",
                    PriceStepsOf::offer) ==
        Words{
            "f:2:17: /0/starts_at: \"2026-11-27T08:00:00\" has no time zone: add Z for UTC or an offset such "
            "as "
            "+01:00",
            "f:3:52: /1/ends_at: ends_at 2026-11-27T08:00:00Z is not after starts_at 2026-11-27T08:00:00Z",
            "f:4:65: /2/price: a step has either discount_percent or price: leave one of them out",
            "f:5:53: /3/discount_percent: a step has either discount_percent or price: leave one of them out",
            "f:6:3: /4: discount_percent or price is missing: write one of them",
            "f:7:3: /5: \"starts_at\" is missing",
            "f:7:13: /5/price: must be an integer from 0 to 1000000000000 minor units, not -1",
            "f:8:50: /6/price: must be an integer from 0 to 1000000000000 minor units, written without "
            "fraction "
            "and exponent, not 9.5",
            "f:8:55: /6/prise: unknown key; did you mean \"price\"?",
            "f:9:3: /7: must be an object, not an integer",
        });
}

TEST_CASE("a price among a campaign's steps is told where it belongs") {
  CHECK(step_errors(R"([
  {"starts_at": "2026-11-27T08:00:00Z", "price": 5},
  {"starts_at": "2026-11-27T08:00:00Z", "price": 5, "discount_percent": 20},
  {"starts_at": "2026-11-27T08:00:00Z"},
  {"starts_at": "2026-11-27T08:00:00Z", "discount_precent": 20}
])",
                    PriceStepsOf::campaign) ==
        Words{
            "f:2:41: /0/price: a campaign's step has no price, because its offers have different ones: write "
            "discount_percent, or move the step to the price_steps of an offer",
            "f:3:41: /1/price: a campaign's step has no price, because its offers have different ones: write "
            "discount_percent, or move the step to the price_steps of an offer",
            "f:4:3: /2: \"discount_percent\" is missing",
            "f:5:3: /3: \"discount_percent\" is missing",
            "f:5:41: /3/discount_precent: unknown key; did you mean \"discount_percent\"?",
        });
}

TEST_CASE("there are at most as many steps as the bound says") {
  const PriceLayer layer{{0}, kNoEnd, PriceLayer::Kind::price, 1};
  CHECK(steps(price_steps_json(Layers(kPriceLayersMax, layer))).size() == kPriceLayersMax);
  CHECK(step_errors(price_steps_json(Layers(kPriceLayersMax + 1, layer)), PriceStepsOf::offer) ==
        Words{"f:1:1: must have at most 64 elements, not 65"});
  CHECK(step_errors("{}", PriceStepsOf::offer) == Words{"f:1:1: must be an array, not an object"});
}

TEST_CASE("layers are written as text that reads back to the same layers") {
  const Layers layers{
      {tick("2026-11-27T08:00:00Z"), tick("2026-11-27T20:00:00.5Z"), PriceLayer::Kind::discount, 1250},
      {tick("2026-11-27T09:00:00Z"), kNoEnd, PriceLayer::Kind::price, kPriceMax},
  };
  CHECK(price_steps_json({}) == "[]");
  CHECK(
      price_steps_json(layers) ==
      R"([{"starts_at":"2026-11-27T08:00:00Z","ends_at":"2026-11-27T20:00:00.500Z","discount_percent":12.5},)"
      R"({"starts_at":"2026-11-27T09:00:00Z","price":1000000000000}])");
  CHECK(steps(price_steps_json(layers)) == layers);

  for (std::int64_t basis_points = 0; basis_points <= kBasisPointsMax;) {
    Layers some;
    while (some.size() < kPriceLayersMax && basis_points <= kBasisPointsMax) {
      some.push_back({{basis_points}, {basis_points + 1}, PriceLayer::Kind::discount, basis_points});
      ++basis_points;
    }
    REQUIRE(steps(price_steps_json(some), PriceStepsOf::campaign) == some);
  }

  std::mt19937_64 random(20261127);
  const auto up_to = [&](std::int64_t max) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(max + 1));
  };
  const Tick last = tick("2261-12-31T23:59:59.999999999Z");
  for (int i = 0; i < 200; ++i) {
    Layers some(static_cast<std::size_t>(up_to(8)));
    for (PriceLayer& layer : some) {
      layer.from = {up_to(last.ns - 1)};
      if (random() % 3 != 0) layer.to = {layer.from.ns + 1 + up_to(last.ns - layer.from.ns - 1)};
      layer.kind = random() % 2 == 0 ? PriceLayer::Kind::price : PriceLayer::Kind::discount;
      layer.value = up_to(layer.kind == PriceLayer::Kind::price ? kPriceMax : kBasisPointsMax);
    }
    const std::string text = price_steps_json(some);
    REQUIRE(steps(text) == some);
    REQUIRE(price_steps_json(steps(text)) == text);
  }
}

TEST_CASE("every rounding has the name that the enum gives it") {
  for (const Rounding rounding : {Rounding::half_even, Rounding::half_up, Rounding::up, Rounding::down}) {
    Rounding read = rounding == Rounding::up ? Rounding::down : Rounding::up;
    const std::string text = '"' + std::string(rounding_name(rounding)) + '"';
    CHECK(errors_of(text, [&](JsonReader& r, const JsonNode& n) { read_rounding(r, n, read); }).empty());
    CHECK(read == rounding);
  }
  Rounding kept = Rounding::down;
  CHECK(errors_of("\"half_evn\"", [&](JsonReader& r, const JsonNode& n) { read_rounding(r, n, kept); }) ==
        Words{"f:1:1: must be \"half_even\", \"half_up\", \"up\" or \"down\", not \"half_evn\"; did you mean "
              "\"half_even\"?"});
  CHECK(kept == Rounding::down);
}

TEST_CASE("an ending is the last one to four digits") {
  std::optional<PriceEnding> ending;
  const auto wrong = [&](std::string_view text) {
    return errors_of(text, [&](JsonReader& r, const JsonNode& n) { read_price_ending(r, n, ending); });
  };
  const std::pair<std::string_view, PriceEnding> good[] = {{R"("99")", {99, 100}},
                                                           {R"("05")", {5, 100}},
                                                           {R"("5")", {5, 10}},
                                                           {R"("000")", {0, 1000}},
                                                           {R"("9999")", {9999, 10'000}}};
  for (const auto& [text, expected] : good) {
    INFO(text);
    CHECK(wrong(text).empty());
    CHECK(ending == expected);
  }
  const std::string wanted =
      "f:1:1: must be the last 1 to 4 digits of a price in minor units, as a string such as \"99\", not ";
  for (const std::string bad : {R"("")", R"("99999")", R"("9,9")", R"("-9")", R"(" 9")", R"("x")"}) {
    CHECK(wrong(bad) == Words{wanted + bad});
  }
  CHECK(wrong("99") == Words{wanted + "an integer"});
  CHECK(wrong("null") == Words{wanted + "null"});
  CHECK(ending == PriceEnding{9999, 10'000});
}

TEST_CASE("a floor is a price") {
  std::int64_t floor = 7;
  const auto wrong = [&](std::string_view text) {
    return errors_of(text, [&](JsonReader& r, const JsonNode& n) { read_price_floor(r, n, floor); });
  };
  CHECK(wrong("1000000000000").empty());
  CHECK(floor == kPriceMax);
  CHECK(wrong("0").empty());
  CHECK(floor == 0);
  const std::string wanted = "f:1:1: must be an integer from 0 to 1000000000000 minor units";
  CHECK(wrong("-1") == Words{wanted + ", not -1"});
  CHECK(wrong("1000000000001") == Words{wanted + ", not 1000000000001"});
  CHECK(wrong("9.5") == Words{wanted + ", written without fraction and exponent, not 9.5"});
  CHECK(floor == 0);
}

TEST_CASE("the keys of a step are those that its reader knows") {
  Words of_campaign, of_offer;
  add_price_step_keys("/c/*", PriceStepsOf::campaign, of_campaign);
  add_price_step_keys("/o/*", PriceStepsOf::offer, of_offer);
  CHECK(of_campaign == Words{"/c/*/starts_at", "/c/*/ends_at", "/c/*/discount_percent"});
  CHECK(of_offer == Words{"/o/*/starts_at", "/o/*/ends_at", "/o/*/discount_percent", "/o/*/price"});
}

}  // namespace
}  // namespace doorbuster
