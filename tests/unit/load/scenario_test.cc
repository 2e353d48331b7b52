#include "doorbuster/load/scenario.h"

#include <filesystem>

#include "support/catch.h"

using namespace doorbuster;
using namespace doorbuster::load;
using Catch::Contains;

namespace {

std::string error_of(const std::string& text) {
  const Result<Scenario> scenario = parse_scenario(text, "s.json");
  REQUIRE_FALSE(scenario);
  REQUIRE(scenario.error().kind == ErrorKind::usage);
  return scenario.error().message;
}

}  // namespace

TEST_CASE("scenario: every member is read") {
  const Result<Scenario> scenario = parse_scenario(R"({
    "name": "all", "seed": 42, "campaign": "demo", "arrivals": "burst", "connections": 8, "pipeline": 4,
    "buyers": 1000, "quantity": 2, "retries": 5, "limit_per_buyer": 3, "limit_per_buyer_total": 4,
    "stages": [{"shape": "ramp", "seconds": 1.5, "rate": 100},
               {"shape": "spike", "seconds": 2, "rate": 50.5}],
    "skus": {"hot": "tv", "hot_share": 0.5, "zipf": 1.2, "only": ["tv", "mug"]},
    "actors": {"shopper": 0.9, "lost_reply": 0.1}
  })",
                                                   "s.json");
  REQUIRE(scenario);
  REQUIRE(scenario->name == "all");
  REQUIRE(scenario->seed == 42);
  REQUIRE(scenario->campaign == "demo");
  REQUIRE(scenario->arrivals == Arrivals::burst);
  REQUIRE(scenario->connections == 8);
  REQUIRE(scenario->pipeline == 4);
  REQUIRE(scenario->buyers == 1000);
  REQUIRE(scenario->quantity == 2);
  REQUIRE(scenario->retries == 5);
  REQUIRE(scenario->limit_per_buyer == 3U);
  REQUIRE(scenario->limit_per_buyer_total == 4U);
  REQUIRE(scenario->stages.size() == 2);
  REQUIRE(scenario->stages[0].shape == StageShape::ramp);
  REQUIRE(scenario->stages[1].rate == 50.5);
  REQUIRE(scenario->skus.hot == "tv");
  REQUIRE(scenario->skus.hot_share == 0.5);
  REQUIRE(scenario->skus.only == std::vector<std::string>{"tv", "mug"});
  REQUIRE(scenario->actors[static_cast<std::size_t>(Actor::shopper)] == 0.9);
  REQUIRE(scenario->actors[static_cast<std::size_t>(Actor::lost_reply)] == 0.1);
  REQUIRE(expected_visitors(scenario->stages) == Approx(75 + 101));
}

TEST_CASE("scenario: every actor has a word and a share of its own") {
  for (std::size_t i = 0; i < kActorCount; ++i) {
    const std::string word(actor_name(static_cast<Actor>(i)));
    INFO(word);
    const Result<Scenario> scenario = parse_scenario(
        R"({"stages":[{"shape":"hold","seconds":1,"rate":10}],"actors":{")" + word + R"(":1}})", "s.json");
    REQUIRE(scenario);
    REQUIRE(scenario->actors[i] == 1);
  }
}

TEST_CASE("scenario: everything that is wrong is said at once, each at its place") {
  const std::string message = error_of(
      "{\n"
      "  \"stages\": [{\"shape\": \"hump\", \"seconds\": 0, \"rate\": 1}],\n"
      "  \"connections\": 0,\n"
      "  \"pipelin\": 3\n"
      "}");
  REQUIRE_THAT(message, Contains("s.json:2:24: /stages/0/shape"));
  REQUIRE_THAT(message, Contains("/stages/0/seconds"));
  REQUIRE_THAT(message, Contains("s.json:3:18: /connections"));
  REQUIRE_THAT(message, Contains("s.json:4:3: /pipelin"));
}

TEST_CASE("scenario: members that do not go together are refused") {
  const std::string stages = R"("stages":[{"shape":"hold","seconds":1,"rate":10}])";
  REQUIRE_THAT(error_of("{" + stages + R"(,"actors":{"shopper":0.5,"no_key":0.4}})"), Contains("sum to 0.9"));
  REQUIRE_THAT(error_of("{" + stages + R"(,"skus":{"hot":"tv"}})"), Contains("/skus"));
  REQUIRE_THAT(error_of("{" + stages + R"(,"skus":{"hot":"tv","hot_share":1,"only":["mug"]}})"),
               Contains("only"));
  REQUIRE_THAT(error_of("{" + stages + R"(,"skus":{"only":["mug","mug"]}})"), Contains("/skus/only/1"));
  REQUIRE_THAT(error_of("{" + stages + R"(,"actors":{"tourist":1}})"), Contains("/actors/tourist"));
}

TEST_CASE("scenario: a load without stages, without visitors or with too many is refused") {
  REQUIRE_THAT(error_of("{}"), Contains("stages"));
  REQUIRE_THAT(error_of(R"({"stages":[{"shape":"hold","seconds":1,"rate":0}]})"), Contains("no visitor"));
  REQUIRE_THAT(error_of(R"({"stages":[{"shape":"hold","seconds":3600,"rate":1000000}]})"),
               Contains("at most"));
  REQUIRE_THAT(error_of("not json"), Contains("s.json:1:1"));
}

TEST_CASE("scenario: a file that cannot be read is a usage error that names it") {
  const Result<Scenario> scenario = read_scenario("/nowhere/at-all.json");
  REQUIRE_FALSE(scenario);
  REQUIRE(scenario.error().kind == ErrorKind::usage);
  REQUIRE_THAT(scenario.error().message, Contains("/nowhere/at-all.json"));
}

TEST_CASE("scenario: every file in config/scenarios is sound") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("config/scenarios")) {
    if (entry.path().extension() != ".json") continue;
    ++files;
    const Result<Scenario> scenario = read_scenario(entry.path().string());
    INFO(entry.path() << ": " << (scenario ? "" : scenario.error().message));
    REQUIRE(scenario);
  }
  REQUIRE(files >= 6);
}
