#include "doorbuster/base/tick.h"

#include <random>

#include "support/catch.h"

namespace doorbuster {
namespace {

struct Instant {
  const char* text;
  std::int64_t ns;
};

TEST_CASE("a date-time is the instant that RFC 3339 says") {
  const auto instant = GENERATE(values<Instant>({
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T00:00:00.000000001Z", 1},
      {"1970-01-01T01:00:00+01:00", 0},
      {"1970-01-01T00:00:00-00:30", 1'800'000'000'000},
      {"2026-11-27T08:00:00Z", 1'795'766'400'000'000'000},
      {"2026-11-27t08:00:00z", 1'795'766'400'000'000'000},
      {"2026-11-27T10:30:00+02:30", 1'795'766'400'000'000'000},
      {"2026-11-27T08:00:00.25Z", 1'795'766'400'250'000'000},
      {"2026-11-27T08:00:00.123456789Z", 1'795'766'400'123'456'789},
      {"2026-11-27T08:00:00.1234567899999Z", 1'795'766'400'123'456'789},  // beyond nanoseconds: cut
      {"2024-02-29T00:00:00Z", 1'709'164'800'000'000'000},
      {"2000-02-29T23:59:59Z", 951'868'799'000'000'000},
      {"2261-12-31T23:59:59.999999999Z", 9'214'646'399'999'999'999},
  }));
  CAPTURE(instant.text);
  const auto tick = parse_rfc3339(instant.text);
  REQUIRE(tick.has_value());
  CHECK(tick->ns == instant.ns);
}

TEST_CASE("what is not a date-time, or a date that does not exist, is nothing") {
  const std::string text = GENERATE(values<std::string>({"",
                                                         "2026",
                                                         "2026-11-27",
                                                         "2026-11-27T08:00:00",
                                                         "2026-11-27 08:00:00Z",
                                                         "2026-11-27T08:00Z",
                                                         "2026-11-27T08:00:00ZZ",
                                                         "2026-11-27T08:00:00Z ",
                                                         " 2026-11-27T08:00:00Z",
                                                         "2026-11-27T08:00:00.Z",
                                                         "2026-11-27T08:00:00,5Z",
                                                         "2026-11-27T08:00:00+0100",
                                                         "2026-11-27T08:00:00+01",
                                                         "2026-11-27T08:00:00+24:00",
                                                         "2026-11-27T08:00:00+01:60",
                                                         "2026-11-27T24:00:00Z",
                                                         "2026-11-27T08:60:00Z",
                                                         "2026-11-27T08:00:60Z",
                                                         "2016-12-31T23:59:60Z",
                                                         "2026-00-10T00:00:00Z",
                                                         "2026-13-10T00:00:00Z",
                                                         "2026-11-00T00:00:00Z",
                                                         "2026-11-31T00:00:00Z",
                                                         "2026-02-29T00:00:00Z",
                                                         "2100-02-29T00:00:00Z",
                                                         "1969-12-31T23:59:59Z",
                                                         "1970-01-01T00:00:00+00:01",
                                                         "2262-01-01T00:00:00Z",
                                                         "9999-12-31T23:59:59Z",
                                                         "-026-11-27T08:00:00Z",
                                                         "+026-11-27T08:00:00Z",
                                                         "2026-1-27T08:00:00Z",
                                                         "2026-11-27T8:00:00Z",
                                                         "2026-11-27T08:00:-1Z"}));
  CAPTURE(text);
  CHECK_FALSE(parse_rfc3339(text).has_value());
}

TEST_CASE("an instant is written in UTC with as many digits as it needs") {
  CHECK(format_rfc3339({0}) == "1970-01-01T00:00:00Z");
  CHECK(format_rfc3339({1'795'766'400'000'000'000}) == "2026-11-27T08:00:00Z");
  CHECK(format_rfc3339({1'795'766'400'250'000'000}) == "2026-11-27T08:00:00.250Z");
  CHECK(format_rfc3339({1'795'766'400'000'250'000}) == "2026-11-27T08:00:00.000250Z");
  CHECK(format_rfc3339({1'795'766'400'000'000'001}) == "2026-11-27T08:00:00.000000001Z");
}

TEST_CASE("what is written reads back as the same instant") {
  std::mt19937_64 random(27);
  for (int i = 0; i < 20'000; ++i) {
    const Tick tick{static_cast<std::int64_t>(random() % 9'214'646'399'999'999'999)};
    const std::string text = format_rfc3339(tick);
    CAPTURE(text);
    REQUIRE(parse_rfc3339(text) == tick);
  }
}

}  // namespace
}  // namespace doorbuster
