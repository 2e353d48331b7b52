#include "doorbuster/base/json_reader.h"

#include <string>
#include <vector>

#include "support/catch.h"

namespace doorbuster {
namespace {

enum class Mode { slow, fast };

struct Motor {
  std::string id;
  std::uint16_t rate = 7;
  Mode mode = Mode::slow;
  bool loud = false;
  double load = 0.5;
  std::vector<std::string> tags;
};

constexpr std::pair<std::string_view, Mode> kModes[] = {{"slow", Mode::slow}, {"fast", Mode::fast}};
constexpr JsonMember<Motor> kMotorMembers[] = {
    {"id", Presence::required, [](JsonReader& r, const JsonNode& n, Motor& m) { r.identifier(n, m.id); }},
    {"rate", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Motor& m) {
       r.integer(n, {1, 1000, "per second"}, m.rate);
     }},
    {"mode", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Motor& m) { r.choice(n, kModes, m.mode); }},
    {"loud", Presence::optional, [](JsonReader& r, const JsonNode& n, Motor& m) { r.boolean(n, m.loud); }},
    {"load", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Motor& m) {
       r.real(n, {0, 1, ""}, m.load);
     }},
    {"tags", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Motor& m) {
       r.array(n, {1, 2}, [&](const JsonNode& tag) { r.string(tag, {1, 5}, m.tags.emplace_back()); });
     }},
};

struct Reading {
  bool good = false;
  Motor motor;
  std::vector<std::string> wrong;
};

Reading read(std::string_view text) {
  const tl::expected<JsonDocument, Diagnostic> document = JsonDocument::parse(text);
  REQUIRE(document);
  JsonReader reader(*document);
  Reading reading;
  reading.good = reader.object(document->root(), kMotorMembers, reading.motor);
  for (const Diagnostic& diagnostic : reader.take_diagnostics()) {
    reading.wrong.push_back(format_diagnostic("t", diagnostic));
  }
  return reading;
}

TEST_CASE("members are stored, and what is absent keeps its default") {
  const Reading all =
      read(R"({"id": "m:1", "rate": 1000, "mode": "fast", "loud": true, "load": 1, "tags": ["a", "b"]})");
  CHECK(all.good);
  CHECK(all.wrong.empty());
  CHECK(all.motor.id == "m:1");
  CHECK(all.motor.rate == 1000);
  CHECK(all.motor.mode == Mode::fast);
  CHECK(all.motor.loud);
  CHECK(all.motor.load == 1.0);
  CHECK(all.motor.tags == std::vector<std::string>{"a", "b"});
  CHECK(read(R"({"id": "x"})").motor.rate == 7);
}

TEST_CASE("every mistake is reported once, in the order of the text") {
  const Reading reading = read(R"({
  "rate": 1001,
  "mode": "fsat",
  "loud": 1,
  "laod": 0.2,
  "load": 1.5,
  "tags": ["", "toolong", 3],
  "rate": 5
})");
  CHECK_FALSE(reading.good);
  CHECK(reading.wrong ==
        std::vector<std::string>{
            "t:1:1: \"id\" is missing",
            "t:2:11: /rate: must be an integer from 1 to 1000 per second, not 1001",
            "t:3:11: /mode: must be \"slow\" or \"fast\", not \"fsat\"; did you mean \"fast\"?",
            "t:4:11: /loud: must be true or false, not an integer",
            "t:5:3: /laod: unknown key; did you mean \"load\"?",
            "t:6:11: /load: must be a number from 0 to 1, not 1.5",
            "t:7:11: /tags: must have at most 2 elements, not 3",
            "t:7:12: /tags/0: must not be empty",
            "t:7:16: /tags/1: must have 1 to 5 bytes, not 7",
            "t:7:27: /tags/2: must be a string, not an integer",
            "t:8:3: /rate: duplicate key: line 2 has it already; keep one",
        });
}

TEST_CASE("an integer is neither rounded nor cut to fit") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"1.0", "written without fraction and exponent, not 1.0"},
      {"1e2", "written without fraction and exponent, not 1e2"},
      {"0", "not 0"},
      {"-1", "not -1"},
      {"65537", "not 65537"},
      {"18446744073709551615", "not 18446744073709551615"},
      {"null", "not null"},
      {"\"5\"", "not a string"},
  };
  for (const auto& [value, message] : cases) {
    INFO(value);
    const Reading reading = read(R"({"id": "x", "rate": )" + std::string(value) + "}");
    REQUIRE(reading.wrong.size() == 1);
    CHECK_THAT(reading.wrong[0], Catch::Contains(std::string(message)));
    CHECK(reading.motor.rate == 7);
  }
}

TEST_CASE("a decimal is read by its text, and a digit too many is not rounded away") {
  const auto read_share = [](std::string_view value) {
    const tl::expected<JsonDocument, Diagnostic> document = JsonDocument::parse(value);
    REQUIRE(document);
    JsonReader reader(*document);
    std::int64_t share = -7;
    const bool good = reader.decimal(document->root(), {50, 10'000, 2, "percent"}, share);
    const std::vector<Diagnostic> wrong = reader.take_diagnostics();
    CHECK(good == wrong.empty());
    if (good) return std::to_string(share);
    CHECK(share == -7);
    return wrong.at(0).message;
  };
  CHECK(read_share("0.5") == "50");
  CHECK(read_share("12.5") == "1250");
  CHECK(read_share("1.25E1") == "1250");
  CHECK(read_share("99.99") == "9999");
  CHECK(read_share("100") == "10000");
  const std::string wanted = "must be a number from 0.5 to 100 percent with at most 2 decimals, not ";
  for (const std::string number : {"0.49", "12.505", "100.01", "101", "-12.5", "1e-99",
                                   "99.99000000000000001", "18446744073709551615"}) {
    INFO(number);
    CHECK(read_share(number) == wanted + number);
  }
  CHECK(read_share("\"12.5\"") == wanted + "a string");
  CHECK(read_share("null") == wanted + "null");
}

TEST_CASE("an identifier has 1 to 64 characters of its alphabet") {
  CHECK(read("{\"id\": \"" + std::string(64, 'a') + "\"}").good);
  for (const std::string& bad : {std::string(), std::string(65, 'a'), std::string("a b"),
                                 std::string("\u00e9"), std::string("a/b"), std::string("a\\u0000")}) {
    INFO(bad);
    const Reading reading = read("{\"id\": \"" + bad + "\"}");
    REQUIRE(reading.wrong.size() == 1);
    CHECK_THAT(reading.wrong[0], Catch::Contains("is no identifier"));
  }
}

TEST_CASE("strings refuse control characters, escaped or not") {
  const Reading reading = read(R"({"id": "x", "tags": ["a\u0000b", "\u007f"]})");
  CHECK(reading.wrong.size() == 2);
}

TEST_CASE("an unknown key that stands twice is told twice, and no guess is made for a far word") {
  const Reading reading = read(R"({"id": "x", "zebra": 1, "zebra": 2})");
  REQUIRE(reading.wrong.size() == 2);
  CHECK(reading.wrong[0] == "t:1:13: /zebra: unknown key");
  CHECK_THAT(reading.wrong[1], Catch::Contains("duplicate key"));
}

TEST_CASE("sound members are those that are there and not reported") {
  const tl::expected<JsonDocument, Diagnostic> document = JsonDocument::parse(R"({"id": "x", "rate": 0})");
  REQUIRE(document);
  JsonReader reader(*document);
  Motor motor;
  reader.object(document->root(), kMotorMembers, motor);
  CHECK(reader.sound(document->root(), "id") == document->root().find("id"));
  CHECK(reader.sound(document->root(), "rate") == nullptr);
  CHECK(reader.sound(document->root(), "mode") == nullptr);
}

}  // namespace
}  // namespace doorbuster
