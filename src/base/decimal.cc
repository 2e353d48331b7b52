#include "doorbuster/base/decimal.h"

#include <charconv>

#include "doorbuster/base/check.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kDigitsMax = 18;  // what always fits into 64 bits
// Beyond every number that is not zero, and far enough from the ends to add a length to.
constexpr std::int64_t kExponentFar = 1'000'000'000'000'000'000;

std::int64_t parse_exponent(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error == std::errc::result_out_of_range || exponent > kExponentFar || exponent < -kExponentFar) {
    return text.starts_with('-') ? -kExponentFar : kExponentFar;
  }
  return exponent;
}

}  // namespace

std::optional<std::int64_t> parse_decimal(std::string_view number, int decimals) {
  const bool negative = number.starts_with('-');
  if (negative) number.remove_prefix(1);
  const std::size_t e = number.find_first_of("eE");
  std::int64_t zeros = e == std::string_view::npos ? 0 : parse_exponent(number.substr(e + 1));
  zeros += decimals;

  // The number is `digits` with so many `zeros` behind them, in units of the last place.
  std::string digits(number.substr(0, e));
  if (const std::size_t point = digits.find('.'); point != std::string::npos) {
    zeros -= static_cast<std::int64_t>(digits.size() - point - 1);
    digits.erase(point, 1);
  }
  const std::size_t last = digits.find_last_not_of('0');
  if (last == std::string::npos) return 0;
  zeros += static_cast<std::int64_t>(digits.size() - last - 1);
  digits.erase(last + 1);
  digits.erase(0, digits.find_first_not_of('0'));
  if (zeros < 0 || zeros + static_cast<std::int64_t>(digits.size()) > kDigitsMax) return std::nullopt;

  digits.append(static_cast<std::size_t>(zeros), '0');
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return negative ? -value : value;
}

std::string format_decimal(std::int64_t value, int decimals) {
  DOORBUSTER_CHECK(decimals >= 0 && decimals <= kDigitsMax);
  std::string out = std::to_string(value);
  if (decimals == 0) return out;
  const std::size_t places = static_cast<std::size_t>(decimals);
  const std::size_t sign = value < 0 ? 1 : 0;
  if (out.size() - sign <= places) out.insert(sign, places + 1 - (out.size() - sign), '0');
  out.insert(out.size() - places, ".");
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

}  // namespace doorbuster
