// Random configurations, in small numbers: campaigns that begin, pause between windows and end while the
// steps of a sale go by, at prices that change meanwhile, for some of the buyers.
#include "differential/step.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kQuarterNs = kNsPerSecond / 4;

// When a sale begins, and what its times are multiples of.
struct Times {
  Tick opens;
  std::int64_t unit_ns = kQuarterNs;
};

class Dice {
 public:
  explicit Dice(std::uint64_t dice) : random_(dice) {}
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  bool one_in(std::uint32_t times) { return below(times) == 0; }

 private:
  std::mt19937_64 random_;
};

void plan_windows(Dice& dice, const Times& times, CampaignConfiguration& campaign) {
  Tick from = campaign.starts_at;
  for (std::uint32_t windows = 2 + dice.below(4); windows > 0; --windows) {
    const Tick to = after(from, (1 + dice.below(24)) * times.unit_ns);
    campaign.plan.windows.push_back({from, to});
    from = after(to, (1 + dice.below(3)) * times.unit_ns);
  }
  campaign.ends_at = campaign.plan.windows.back().to;
}

std::vector<PriceLayer> price_steps(Dice& dice, const Times& times, bool of_offer) {
  std::vector<PriceLayer> steps;
  for (std::uint32_t count = 1 + dice.below(3); count > 0; --count) {
    PriceLayer& step = steps.emplace_back();
    step.from = after(times.opens, dice.below(40) * times.unit_ns);
    if (!dice.one_in(4)) step.to = after(step.from, (1 + dice.below(20)) * times.unit_ns);
    step.value = dice.below(101) * 100;
    if (!of_offer || dice.one_in(2)) continue;
    step.kind = PriceLayer::Kind::price;
    step.value = dice.below(6);
  }
  return steps;
}

Audience audience(Dice& dice) {
  Audience audience;
  if (dice.one_in(2)) audience.regions = {origin_of(0).region, origin_of(4).region};
  if (dice.one_in(3)) audience.segments = {origin_of(2 * dice.below(2)).segment};
  if (dice.one_in(3)) audience.channels = {origin_of(dice.below(2)).channel};
  return audience;
}

// With dice of their own: what else a sale has does not depend on them.
void plan_quotas(Dice dice, const Times& times, CampaignConfiguration& campaign) {
  for (OfferConfiguration& offer : campaign.offers) {
    if (!dice.one_in(3)) continue;
    std::int64_t left = offer.stock;
    for (std::uint32_t channel = 0; channel < 2 && left > 0; ++channel) {
      if (dice.one_in(4)) continue;
      const std::int64_t units = 1 + dice.below(static_cast<std::uint32_t>(left));
      const Tick until = after(times.opens, dice.below(60) * times.unit_ns);
      offer.plan.channel_quotas.push_back({origin_of(channel).channel, units, until});
      left -= units;
    }
  }
}

void plan(Dice& dice, const Times& times, CampaignConfiguration& campaign) {
  if (dice.one_in(3)) plan_windows(dice, times, campaign);
  if (dice.one_in(6)) campaign.plan.audience = audience(dice);
  if (!dice.one_in(3)) return;
  campaign.plan.price_steps = price_steps(dice, times, false);
  PriceForm& form = campaign.plan.price_form;
  form.rounding = static_cast<Rounding>(dice.below(4));
  if (dice.one_in(3)) form.ending = {dice.below(2), 2 + dice.below(2)};
  if (dice.one_in(3)) form.floor = dice.below(4);
}

}  // namespace

Origin origin_of(std::uint32_t number) {
  return {"r" + std::to_string(number / 4), "g" + std::to_string(number / 2 % 2),
          "h" + std::to_string(number % 2)};
}

std::vector<CampaignConfiguration> configuration_from(std::uint64_t seed, Tick opens, bool days) {
  Dice dice(seed);
  std::vector<CampaignConfiguration> campaigns;
  for (std::uint32_t c = 0; c < kCampaigns; ++c) {
    if (dice.one_in(8)) continue;
    CampaignConfiguration& campaign = campaigns.emplace_back();
    campaign.id = campaign.name = "c" + std::to_string(c);
    campaign.currency = "EUR";
    Times times{.opens = opens};
    if (days && !dice.one_in(3)) times.unit_ns = 2 * 3600 * kNsPerSecond;
    campaign.starts_at = after(opens, dice.below(3) * kQuarterNs);
    campaign.ends_at = after(opens, (8 + dice.below(20)) * 4 * times.unit_ns);
    campaign.limit_per_buyer = dice.one_in(2) ? 0 : 1 + dice.below(4);
    campaign.limit_per_buyer_total = dice.one_in(3) ? 1 + dice.below(5) : 0;
    campaign.hold_seconds = dice.one_in(6) ? 0 : 1 + dice.below(6);
    campaign.hold_max_seconds = campaign.hold_seconds * (1 + dice.below(3));
    campaign.offer_seconds = campaign.hold_seconds;
    if (campaign.hold_seconds != 0) {
      campaign.on_payment_failed = static_cast<PaymentFailure>(dice.below(3));
      if (campaign.on_payment_failed == PaymentFailure::grace) campaign.grace_seconds = 1 + dice.below(3);
      campaign.waitlist = !dice.one_in(3);
      if (campaign.waitlist) campaign.offer_seconds = 1 + dice.below(4);
    }
    plan(dice, times, campaign);
    for (std::uint32_t s = 0; s < kSkus; ++s) {
      if (dice.one_in(8)) continue;
      OfferConfiguration& offer = campaign.offers.emplace_back();
      offer.sku = "s" + std::to_string(s);
      offer.stock = dice.one_in(4) ? dice.below(20) : dice.below(5);
      offer.list_price = 9;
      offer.price = 1 + dice.below(4);
      if (dice.one_in(10)) offer.plan.audience = audience(dice);
      if (dice.one_in(4)) offer.plan.price_steps = price_steps(dice, times, true);
    }
    plan_quotas(Dice(seed ^ (c + 1)), times, campaign);
  }
  return campaigns;
}

}  // namespace doorbuster
