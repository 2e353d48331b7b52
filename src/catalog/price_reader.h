#pragma once
// The keys of a configuration file that are about prices over time. A campaign and an offer both have them;
// their tables of members name the keys and call what is here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/json_reader.h"
#include "doorbuster/catalog/pricing.h"

namespace doorbuster {

// A campaign's steps are discounts: its offers have different prices. An offer's are discounts or prices.
enum class PriceStepsOf : std::uint8_t { campaign, offer };

// "price_steps": [{"starts_at": ..., "ends_at": ..., "discount_percent": 12.5}, ...], ends_at where the step
// has an end. Reports everything that is wrong with it.
void read_price_steps(JsonReader& reader, const JsonNode& node, PriceStepsOf owner,
                      std::vector<PriceLayer>& layers);
// The keys of one step; `under` is its place: "/campaigns/*/price_steps/*".
void add_price_step_keys(std::string_view under, PriceStepsOf owner, std::vector<std::string>& keys);

// "rounding": "half_even", and the other names of the enum. Like the two below it, it reports what is wrong
// and leaves `out` as it was then.
void read_rounding(JsonReader& reader, const JsonNode& node, Rounding& out);
// "ending": the last 1 to 4 digits of the price in minor units, as a string, because "05" is not "5".
void read_price_ending(JsonReader& reader, const JsonNode& node, std::optional<PriceEnding>& out);
// "price_floor": in minor units.
void read_price_floor(JsonReader& reader, const JsonNode& node, std::int64_t& out);

}  // namespace doorbuster
