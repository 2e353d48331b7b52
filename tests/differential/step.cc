#include "differential/step.h"

#include <algorithm>
#include <ostream>

#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr const char* kActions[] = {"confirm", "cancel", "extend", "payment-failed", "return", "leave"};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Step& step) {
  out << (step.to_next_expiry ? "at the next expiry and " : "after ") << step.pause_ns << " ns: ";
  switch (step.kind) {
    case Step::restart:
      return out << "restart shards=" << step.shards << '\n';
    case Step::configure:
      return out << "configure dice=" << step.dice << '\n';
    case Step::timer:
      return out << "timer at_most=" << step.at_most << '\n';
    case Step::command:
      return out << kActions[static_cast<int>(step.action)] << " c" << step.campaign << "/s" << step.sku
                 << " order " << step.order << " x" << step.quantity << " k" << step.key << " payment "
                 << step.payment << " seconds " << step.seconds << " restock " << step.restock << '\n';
    case Step::basket:
      out << "basket lines " << step.lines << ", else as ";
      break;
    case Step::buy:
      break;
  }
  return out << "buy c" << step.campaign << "/s" << step.sku << " b" << step.buyer << " i" << step.identities
             << " x" << step.quantity << " k" << step.key << " r" << step.reference << " price "
             << step.expected_price << " wait " << step.wait << " again " << step.again << " order "
             << step.order << '\n';
}

std::vector<CampaignConfiguration> configuration_from(std::uint64_t dice) {
  std::mt19937_64 random(dice);
  const auto below = [&random](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  std::vector<CampaignConfiguration> campaigns;
  for (std::uint32_t c = 0; c < kCampaigns; ++c) {
    if (below(8) == 0) continue;
    CampaignConfiguration& campaign = campaigns.emplace_back();
    campaign.id = campaign.name = "c" + std::to_string(c);
    campaign.currency = "EUR";
    campaign.starts_at = after(kOpens, below(3) * (kNsPerSecond / 4));
    campaign.ends_at = after(kOpens, (8 + below(20)) * kNsPerSecond);
    campaign.limit_per_buyer = below(2) == 0 ? 0 : 1 + below(4);
    campaign.limit_per_buyer_total = below(3) == 0 ? 1 + below(5) : 0;
    campaign.hold_seconds = below(6) == 0 ? 0 : 1 + below(6);
    campaign.hold_max_seconds = campaign.hold_seconds * (1 + below(3));
    campaign.offer_seconds = campaign.hold_seconds;
    if (campaign.hold_seconds != 0) {
      campaign.on_payment_failed = static_cast<PaymentFailure>(below(3));
      if (campaign.on_payment_failed == PaymentFailure::grace) campaign.grace_seconds = 1 + below(3);
      campaign.waitlist = below(3) != 0;
      if (campaign.waitlist) campaign.offer_seconds = 1 + below(4);
    }
    for (std::uint32_t s = 0; s < kSkus; ++s) {
      if (below(8) == 0) continue;
      campaign.offers.push_back({.sku = "s" + std::to_string(s),
                                 .stock = below(4) == 0 ? below(20) : below(5),
                                 .list_price = 9,
                                 .price = 1 + below(4)});
    }
  }
  return campaigns;
}

Step random_step(std::mt19937_64& random) {
  const auto below = [&random](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  Step step;
  const std::uint32_t kind = below(200);
  step.kind = kind < 4     ? Step::configure
              : kind < 6   ? Step::restart
              : kind < 20  ? Step::timer
              : kind < 110 ? Step::command
              : kind < 170 ? Step::buy
                           : Step::basket;
  step.to_next_expiry = below(12) == 0;
  step.pause_ns = step.to_next_expiry ? static_cast<std::int64_t>(below(3)) - 1
                  : below(5) == 0     ? below(400'000'000)
                                      : below(3);
  step.campaign = below(60) == 0 ? 9 : below(kCampaigns);
  step.sku = below(60) == 0 ? 9 : std::min(below(kSkus), below(kSkus));
  step.order = below(30);
  step.key = below(2) == 0 ? 0 : 1 + below(60);
  step.again = below(12) == 0;
  step.quantity = below(40) == 0 ? 1000 : below(2) == 0 ? 1 : 1 + below(3);
  step.buyer = below(10);
  step.reference = below(8) == 0 ? 1 + below(2) : 0;
  step.identities = below(2) == 0 ? 0 : below(1U << kIdentities) & below(1U << kIdentities);
  step.expected_price = below(4) != 0 ? 0 : 1 + below(5);
  step.wait = below(3) != 0;
  // Mostly one of each, so that some can be had.
  step.lines = below(4) == 0 ? below(1U << 2 * kSkus) : below(1U << 2 * kSkus) & 0b010101;
  const std::uint32_t action = below(16);
  step.action = action < 3    ? OrderAction::confirm
                : action < 6  ? OrderAction::cancel
                : action < 8  ? OrderAction::extend
                : action < 10 ? OrderAction::payment_failed
                : action < 13 ? OrderAction::give_back
                              : OrderAction::leave_line;
  step.seconds = below(2) == 0 ? 0 : 1 + below(10);
  step.payment = below(2) == 0 ? 0 : 1 + below(3);
  step.restock = below(4) != 0;
  step.at_most = below(3);
  step.shards = 1 + below(5);
  step.dice = random();
  return step;
}

}  // namespace doorbuster
