#pragma once
// What a unit costs, and when. Money is an integer in minor units and a discount an integer in basis points:
// a price is exact, or rounded once by a rule that has a name, and the same on every machine.
//
// Nothing is written back when a price step ends: its layer is over, and what lies below it shows again.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "doorbuster/base/limits.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/model/plan.h"

namespace doorbuster {

inline constexpr int kPercentDecimals = 2;  // a basis point is 0.01 %

struct PriceRule {
  std::int64_t discount_basis_points = 0;  // 0 to kBasisPointsMax
  Rounding rounding = Rounding::half_even;
  std::optional<PriceEnding> ending = {};
  std::int64_t floor = 0;  // at least 0; 0: none
  friend bool operator==(const PriceRule&, const PriceRule&) = default;
};

constexpr PriceRule price_rule(const PriceForm& form) {
  return {.rounding = form.rounding, .ending = form.ending, .floor = form.floor};
}

// The price less the discount. It is never negative and never above `price`. In this order:
//  1. Rounding, to a minor unit: 4999 less 15 % is 4249.15, so 4249.
//  2. Ending: the nearest price that has it, of two that are as near the lower one, and none that is above
//     `price`. 4249 with {99, 100} lies between 4199 and 4299, 50 from each: 4199. Where no such price has
//     the ending (50 with {99, 100}), step 1 stands. The rule is the same at both ends: 5000 less 0 % is
//     4999, and less 100 % it is 99. Where 0 has the ending, a low price can become 0: a floor is against
//     that.
//  3. Floor: it wins over the ending. Below it, the lowest price that has the ending and is not below the
//     floor: 4199 with a floor of 4200 becomes 4299. If that is above `price`, the floor itself: 4980 less
//     15 % with a floor of 4950 would be 4999, so 4950. A floor above `price` is `price`.
// A larger discount never gives a higher price.
// REQUIRES: price from 0 to kPriceMax; the rule as its members say.
std::int64_t discounted(std::int64_t price, const PriceRule& rule);

// From `from` until the next point the price is `price`.
struct PricePoint {
  Tick from;
  std::int64_t price = 0;
  friend bool operator==(const PricePoint&, const PricePoint&) = default;
};

// The price over time, as the points at which it changes: in order, none that changes nothing. Before the
// first one it is `base`. At each tick it is decided by the offer's own layer in force that began last (of
// several that began together, the last in the list); where the offer has none, by the campaign's, chosen
// alike; where there is none either, it is `base`. `rule` has the rounding, ending and floor of the
// discounts; its own discount means nothing here.
// REQUIRES: base, values and rule as discounted() needs them; at most kPriceLayersMax layers in each list.
std::vector<PricePoint> compile_prices(std::int64_t base, std::span<const PriceLayer> offer_layers,
                                       std::span<const PriceLayer> campaign_layers, const PriceRule& rule);

// The price in force. O(log n), without allocation. REQUIRES: the points are in order.
std::int64_t price_at(std::int64_t base, std::span<const PricePoint> points, Tick now);
// The next change after `now`, if there is one. O(log n), without allocation. REQUIRES: the same.
std::optional<PricePoint> next_price(std::span<const PricePoint> points, Tick now);

// The layers as the JSON text of "price_steps", one text for one list. A configuration reads it back to the
// same layers. REQUIRES: ticks of the years that parse_rfc3339() knows.
std::string price_steps_json(std::span<const PriceLayer> layers);

// {5, 100} is "05": as many digits as the modulus has zeros.
std::string price_ending_digits(const PriceEnding& ending);

}  // namespace doorbuster
