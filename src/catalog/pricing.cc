#include "doorbuster/catalog/pricing.h"

#include <algorithm>
#include <limits>

#include "doorbuster/base/check.h"
#include "doorbuster/base/decimal.h"

namespace doorbuster {
namespace {

static_assert(kPriceMax <= std::numeric_limits<std::int64_t>::max() / kBasisPointsMax,
              "a price times a share must fit");
static_assert(kPriceMax <= std::numeric_limits<std::int64_t>::max() / 4, "sums of prices must fit");

bool is_sound(const PriceRule& rule) {
  const bool sound_ending =
      !rule.ending || (rule.ending->modulus > 0 && rule.ending->modulus <= kPriceMax &&
                       rule.ending->ending >= 0 && rule.ending->ending < rule.ending->modulus);
  return sound_ending && rule.floor >= 0 && rule.discount_basis_points >= 0 &&
         rule.discount_basis_points <= kBasisPointsMax;
}

// numerator / kBasisPointsMax. REQUIRES: numerator >= 0.
std::int64_t divide(std::int64_t numerator, Rounding rounding) {
  const std::int64_t below = numerator / kBasisPointsMax;
  const std::int64_t rest = numerator % kBasisPointsMax;
  constexpr std::int64_t kHalf = kBasisPointsMax / 2;
  switch (rounding) {
    case Rounding::half_even:
      return below + (rest > kHalf || (rest == kHalf && below % 2 == 1) ? 1 : 0);
    case Rounding::half_up:
      return below + (rest >= kHalf ? 1 : 0);
    case Rounding::up:
      return below + (rest > 0 ? 1 : 0);
    case Rounding::down:
      return below;
  }
  return below;
}

// The highest number with the ending that is not above `limit`; negative when no price has it.
std::int64_t last_with(const PriceEnding& ending, std::int64_t limit) {
  const std::int64_t past = (limit - ending.ending) % ending.modulus;
  return limit - (past < 0 ? past + ending.modulus : past);
}

// The price with the ending that is nearest to `wanted`, the lower one of two; nothing when there is none up
// to `highest`.
std::optional<std::int64_t> nearest_with(const PriceEnding& ending, std::int64_t wanted,
                                         std::int64_t highest) {
  const std::int64_t below = last_with(ending, wanted);
  const std::int64_t above = below + ending.modulus;
  if (above > highest) return below < 0 ? std::nullopt : std::optional(below);
  return below >= 0 && wanted - below <= above - wanted ? below : above;
}

// The layers of one list as time goes by. They come in the order in which they began, so the one that decides
// is always the last that is not over: a stack.
class LayerStack {
 public:
  explicit LayerStack(std::span<const PriceLayer> layers) {
    DOORBUSTER_CHECK(layers.size() <= kPriceLayersMax);
    for (const PriceLayer& layer : layers) coming_.push_back(&layer);
    // Stable, and the list's order with it: of several that begin together the last one comes out on top.
    std::stable_sort(coming_.begin(), coming_.end(),
                     [](const PriceLayer* a, const PriceLayer* b) { return a->from < b->from; });
  }

  // The layer that decides at `now`; null: none. REQUIRES: `now` is not before the one of the last call.
  const PriceLayer* advance(Tick now) {
    for (; next_ < coming_.size() && coming_[next_]->from <= now; ++next_) begun_.push_back(coming_[next_]);
    while (!begun_.empty() && begun_.back()->to <= now) begun_.pop_back();
    return begun_.empty() ? nullptr : begun_.back();
  }

 private:
  std::vector<const PriceLayer*> coming_, begun_;
  std::size_t next_ = 0;
};

// Every tick at which a layer begins or ends, in order, once.
std::vector<Tick> boundaries(std::span<const PriceLayer> offer_layers,
                             std::span<const PriceLayer> campaign_layers) {
  std::vector<Tick> ticks;
  ticks.reserve(2 * (offer_layers.size() + campaign_layers.size()));
  for (const std::span<const PriceLayer> layers : {offer_layers, campaign_layers}) {
    for (const PriceLayer& layer : layers) {
      ticks.push_back(layer.from);
      if (layer.to != kNoEnd) ticks.push_back(layer.to);
    }
  }
  std::sort(ticks.begin(), ticks.end());
  ticks.erase(std::unique(ticks.begin(), ticks.end()), ticks.end());
  return ticks;
}

std::int64_t price_under(const PriceLayer* layer, std::int64_t base, PriceRule rule) {
  if (layer == nullptr) return base;
  if (layer->kind == PriceLayer::Kind::price) return layer->value;
  rule.discount_basis_points = layer->value;
  return discounted(base, rule);
}

// The first point after `now`.
std::span<const PricePoint>::iterator point_after(std::span<const PricePoint> points, Tick now) {
  return std::upper_bound(points.begin(), points.end(), now,
                          [](Tick tick, const PricePoint& point) { return tick < point.from; });
}

}  // namespace

std::int64_t discounted(std::int64_t price, const PriceRule& rule) {
  DOORBUSTER_CHECK(price >= 0 && price <= kPriceMax && is_sound(rule));
  const std::int64_t floor = std::min(rule.floor, price);
  const std::int64_t rounded = divide(price * (kBasisPointsMax - rule.discount_basis_points), rule.rounding);
  const std::optional<std::int64_t> nearest =
      rule.ending ? nearest_with(*rule.ending, rounded, price) : std::nullopt;
  if (!nearest) return std::max(rounded, floor);
  if (*nearest >= floor) return *nearest;
  const std::int64_t lifted = last_with(*rule.ending, floor + rule.ending->modulus - 1);
  return lifted <= price ? lifted : floor;
}

std::vector<PricePoint> compile_prices(std::int64_t base, std::span<const PriceLayer> offer_layers,
                                       std::span<const PriceLayer> campaign_layers, const PriceRule& rule) {
  LayerStack of_offer(offer_layers), of_campaign(campaign_layers);
  std::vector<PricePoint> points;
  std::int64_t before = base;
  for (const Tick now : boundaries(offer_layers, campaign_layers)) {
    const PriceLayer* own = of_offer.advance(now);
    const PriceLayer* shared = of_campaign.advance(now);
    const std::int64_t price = price_under(own != nullptr ? own : shared, base, rule);
    if (price != before) points.push_back({now, price});
    before = price;
  }
  return points;
}

std::int64_t price_at(std::int64_t base, std::span<const PricePoint> points, Tick now) {
  const auto after = point_after(points, now);
  return after == points.begin() ? base : (after - 1)->price;
}

std::optional<PricePoint> next_price(std::span<const PricePoint> points, Tick now) {
  const auto after = point_after(points, now);
  return after == points.end() ? std::nullopt : std::optional(*after);
}

std::string price_steps_json(std::span<const PriceLayer> layers) {
  std::string out = "[";
  for (const PriceLayer& layer : layers) {
    if (out.size() > 1) out += ',';
    out += R"({"starts_at":")" + format_rfc3339(layer.from) + '"';
    if (layer.to != kNoEnd) out += R"(,"ends_at":")" + format_rfc3339(layer.to) + '"';
    if (layer.kind == PriceLayer::Kind::price) {
      out += R"(,"price":)" + std::to_string(layer.value);
    } else {
      out += R"(,"discount_percent":)" + format_decimal(layer.value, kPercentDecimals);
    }
    out += '}';
  }
  return out + ']';
}

std::string price_ending_digits(const PriceEnding& ending) {
  return std::to_string(ending.modulus + ending.ending).substr(1);
}

}  // namespace doorbuster
