#pragma once
// Decimal numbers as integers of their last place: 12.5 with two decimals is 1250. Exact both ways.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace doorbuster {

// Nothing when the number needs more decimals than that, or is 10^18 or more in units of the last one. It is
// the number that counts, not how it is written: 12.5, 12.500 and 1.25e1 are the same.
// REQUIRES: `number` is one by RFC 8259; decimals >= 0.
std::optional<std::int64_t> parse_decimal(std::string_view number, int decimals);

// As short as it can be, without an exponent: "12.5", "12", "-0.05". REQUIRES: decimals from 0 to 18.
std::string format_decimal(std::int64_t value, int decimals);

}  // namespace doorbuster
