#pragma once
// What a campaign plans ahead: when it sells, at which price at which instant, and to whom. All of it is
// evaluated at the tick of a decision; nothing is written when an instant comes or is over.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/tick.h"

namespace doorbuster {

// [from, to)
struct Window {
  Tick from, to;
  friend constexpr bool operator==(const Window&, const Window&) = default;
};

// The end of what has none.
inline constexpr Tick kNoEnd{std::numeric_limits<std::int64_t>::max()};

// A dated layer over the base price, in force in [from, to).
struct PriceLayer {
  enum class Kind : std::uint8_t {
    price,     // value: minor units
    discount,  // value: basis points of the base price
  };
  Tick from, to = kNoEnd;
  Kind kind = Kind::price;
  std::int64_t value = 0;
  friend constexpr bool operator==(const PriceLayer&, const PriceLayer&) = default;
};

// How a discounted price becomes whole minor units.
enum class Rounding : std::uint8_t { half_even, half_up, up, down };

// "half_even" for Rounding::half_even, and so on: the word of the configuration.
std::string_view rounding_name(Rounding rounding);

// How discounts of a campaign end in prices.
struct PriceForm {
  Rounding rounding = Rounding::half_even;
  std::uint16_t ending = 0, ending_modulus = 0;  // the last digits that a price must have; modulus 0: any
  std::int64_t floor = 0;                        // no discount goes below it
  friend constexpr bool operator==(const PriceForm&, const PriceForm&) = default;
};

// Who may buy: in each list that is not empty, the buy's value must be there. Sorted, each value once.
struct Audience {
  std::vector<std::string> regions, segments, channels;
  bool empty() const { return regions.empty() && segments.empty() && channels.empty(); }
  friend bool operator==(const Audience&, const Audience&) = default;
};

// A campaign's or an offer's part of the plan that most do not have.
struct CampaignPlan {
  std::vector<Window> windows;  // of a recurring campaign: sorted, apart from each other; empty: one window
  std::vector<PriceLayer> price_steps;  // discounts, on every offer
  PriceForm price_form;
  Audience audience;
  std::string schedule;  // how the windows were asked for: JSON text, for people and for the next change
  friend bool operator==(const CampaignPlan&, const CampaignPlan&) = default;
};
struct OfferPlan {
  std::vector<PriceLayer> price_steps;
  Audience audience;
  friend bool operator==(const OfferPlan&, const OfferPlan&) = default;
};

}  // namespace doorbuster
