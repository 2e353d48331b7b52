#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace doorbuster {

// How many digits the minor unit of an active ISO 4217 currency has: 2 for EUR, 0 for JPY, 3 for KWD. Nothing
// when the code is not one of them; metals, baskets and test codes have no minor unit and are not.
std::optional<int> currency_digits(std::string_view code);

// "499.00 EUR". REQUIRES: currency_digits(code); amount >= 0.
std::string format_money(std::int64_t amount, std::string_view code);

}  // namespace doorbuster
