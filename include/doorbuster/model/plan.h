#pragma once
// What a campaign plans ahead: when it sells, at which price at which instant, and to whom. All of it is
// evaluated at the tick of a decision; nothing is written when an instant comes or is over.

#include <cstdint>
#include <limits>
#include <optional>
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

// A price or a discount for a time: [from, to).
struct PriceLayer {
  enum class Kind : std::uint8_t {
    price,     // `value` is the price in minor units, as it is: no rule is applied to it
    discount,  // `value` is in basis points, and of the base price: layers do not add up
  };
  Tick from;
  Tick to = kNoEnd;  // kNoEnd: for ever
  Kind kind = Kind::discount;
  std::int64_t value = 0;
  friend constexpr bool operator==(const PriceLayer&, const PriceLayer&) = default;
};

// Where a price goes that falls between two minor units. `up` and `down` are the price's direction, not the
// discount's. half_even takes a half to the even neighbour, so that many lines do not drift to one side.
enum class Rounding : std::uint8_t { half_even, half_up, up, down };
// "half_even" for Rounding::half_even, and so on: the word of the configuration.
std::string_view rounding_name(Rounding rounding);

// What a price must leave when it is divided by `modulus`: {99, 100} for 19.99, {0, 500} for whole fives.
struct PriceEnding {
  std::int64_t ending = 0;     // 0 to modulus - 1
  std::int64_t modulus = 100;  // 1 to kPriceMax
  friend constexpr bool operator==(const PriceEnding&, const PriceEnding&) = default;
};

// What discounts of a campaign come to: catalog/pricing.h.
struct PriceForm {
  Rounding rounding = Rounding::half_even;
  std::optional<PriceEnding> ending = {};
  std::int64_t floor = 0;  // 0: none
  friend constexpr bool operator==(const PriceForm&, const PriceForm&) = default;
};

// Who may buy: in each list that is not empty, the buy's value must be there. Sorted, each value once.
struct Audience {
  std::vector<std::string> regions, segments, channels;
  bool empty() const { return regions.empty() && segments.empty() && channels.empty(); }
  friend bool operator==(const Audience&, const Audience&) = default;
};

// Units of an offer that only buys of one channel get, until an instant; then they are everybody's.
struct ChannelQuota {
  std::string channel;
  std::int64_t units = 0;
  Tick until;
  friend bool operator==(const ChannelQuota&, const ChannelQuota&) = default;
};

// Stock at or below which an offer is low: whichever of the two is more units. Zero: that one is not set.
struct LowStock {
  std::uint32_t basis_points = 0;  // of what is allocated
  std::int64_t units = 0;
  bool is_set() const { return basis_points != 0 || units != 0; }
  friend constexpr bool operator==(const LowStock&, const LowStock&) = default;
};

// A campaign's or an offer's part of the plan that most do not have.
struct CampaignPlan {
  // Of a recurring campaign: sorted, apart from each other, the first from its starts_at and the last to its
  // ends_at. Empty: that is the one window.
  std::vector<Window> windows;
  std::vector<PriceLayer> price_steps;  // discounts, on every offer
  PriceForm price_form;
  Audience audience;
  LowStock low_stock;                    // of every offer that has none of its own
  std::vector<std::string> offer_rules;  // JSON texts, in their order: catalog/offer_rules.h
  std::string schedule;  // how the windows were asked for: JSON text, for people and for the next change
  friend bool operator==(const CampaignPlan&, const CampaignPlan&) = default;
};
struct OfferPlan {
  std::vector<PriceLayer> price_steps;
  Audience audience;
  LowStock low_stock;
  std::vector<ChannelQuota> channel_quotas;  // sorted by channel, each once
  friend bool operator==(const OfferPlan&, const OfferPlan&) = default;
};

}  // namespace doorbuster
