#include "differential/step.h"

#include <algorithm>
#include <ostream>

namespace doorbuster {
namespace {

constexpr const char* kActions[] = {"confirm", "cancel", "extend", "payment-failed", "return", "leave"};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Step& step) {
  out << (step.to_next_expiry      ? "at the next expiry and "
          : step.to_next_border    ? "at the next border and "
          : step.to_next_forgotten ? "when the next is forgotten and "
                                   : "after ")
      << step.pause_ns << " ns: ";
  switch (step.kind) {
    case Step::restart:
      return out << "restart shards=" << step.shards << '\n';
    case Step::configure:
      return out << "configure dice=" << step.dice << " again " << step.again << '\n';
    case Step::act:
      return out << campaign_action_name(step.campaign_action) << " c" << step.campaign << " dice "
                 << step.dice << '\n';
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
             << " o" << step.origin << " x" << step.quantity << " k" << step.key << " r" << step.reference
             << " price " << step.expected_price << " wait " << step.wait << " again " << step.again
             << " order " << step.order << '\n';
}

Step random_step(std::mt19937_64& random) {
  const auto below = [&random](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  Step step;
  const std::uint32_t kind = below(200);
  step.kind = kind < 4     ? Step::configure
              : kind < 6   ? Step::restart
              : kind < 10  ? Step::act
              : kind < 23  ? Step::timer
              : kind < 110 ? Step::command
              : kind < 170 ? Step::buy
                           : Step::basket;
  step.to_next_expiry = below(12) == 0;
  step.to_next_border = !step.to_next_expiry && below(30) == 0;
  step.pause_ns = step.to_next_expiry || step.to_next_border ? static_cast<std::int64_t>(below(3)) - 1
                  : below(5) == 0                            ? below(400'000'000)
                                                             : below(3);
  step.campaign = below(60) == 0 ? 9 : below(kCampaigns);
  step.sku = below(60) == 0 ? 9 : std::min(below(kSkus), below(kSkus));
  step.order = below(30);
  step.key = below(2) == 0 ? 0 : 1 + below(60);
  step.again = below(step.kind == Step::configure ? 3 : 12) == 0;
  step.origin = below(kOrigins);
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
  const std::uint32_t act = below(24);
  step.campaign_action = act < 5    ? CampaignAction::pause
                         : act < 16 ? CampaignAction::resume
                         : act < 17 ? CampaignAction::end
                                    : CampaignAction::extend;
  return step;
}

}  // namespace doorbuster
