#include "doorbuster/base/decimal.h"

#include "support/catch.h"

namespace doorbuster {
namespace {

TEST_CASE("a decimal is the number that is written, in units of its last place") {
  const std::pair<std::string_view, std::int64_t> cases[] = {
      {"0", 0},
      {"-0", 0},
      {"0.00", 0},
      {"0.0000000", 0},
      {"0e99999999999999999999", 0},
      {"1", 100},
      {"-1", -100},
      {"12.5", 1250},
      {"12.50", 1250},
      {"12.5000000000000000000000000", 1250},
      {"0.01", 1},
      {"-0.01", -1},
      {"10.05", 1005},
      {"1.25e1", 1250},
      {"1.25E+1", 1250},
      {"1250e-2", 1250},
      {"125000e-4", 1250},
      {"0.000001e6", 100},
      {"9999999999999999.99", 999'999'999'999'999'999},
      {"-9999999999999999.99", -999'999'999'999'999'999},
  };
  for (const auto& [text, value] : cases) {
    INFO(text);
    CHECK(parse_decimal(text, 2) == value);
  }
}

TEST_CASE("what needs more decimals or more room is no such decimal") {
  for (const std::string_view text :
       {"0.001", "12.345", "-0.005", "1e-3", "0.1e-2", "12.50000000000000000000000001", "10000000000000000",
        "1e16", "1e17", "1e9999", "1e-9999", "1e99999999999999999999", "1e-99999999999999999999",
        "123456789012345678901234567890"}) {
    INFO(text);
    CHECK_FALSE(parse_decimal(text, 2));
  }
  CHECK(parse_decimal("7", 0) == 7);
  CHECK_FALSE(parse_decimal("7.5", 0));
}

TEST_CASE("a decimal is written as short as it can be, and reads back") {
  CHECK(format_decimal(1250, 2) == "12.5");
  CHECK(format_decimal(1200, 2) == "12");
  CHECK(format_decimal(1205, 2) == "12.05");
  CHECK(format_decimal(100, 2) == "1");
  CHECK(format_decimal(5, 2) == "0.05");
  CHECK(format_decimal(-5, 2) == "-0.05");
  CHECK(format_decimal(-1250, 2) == "-12.5");
  CHECK(format_decimal(0, 2) == "0");
  CHECK(format_decimal(100, 0) == "100");
  for (std::int64_t value = -20'000; value <= 20'000; ++value) {
    const std::optional<std::int64_t> back = parse_decimal(format_decimal(value, 2), 2);
    if (back != value) FAIL(value);
  }
}

}  // namespace
}  // namespace doorbuster
