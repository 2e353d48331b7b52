// The obvious twin's baskets: several SKUs, all of them or none.

#include <algorithm>

#include "differential/naive_shop.h"

namespace doorbuster {

NaiveBuy NaiveShop::as_basket(NaiveBuy wanted) const {
  const auto defined = [&](const NaiveLine& line) {
    const auto offer = offers_.find({wanted.campaign, line.sku});
    return offer == offers_.end() ? offers_.size() : offer->second.defined;
  };
  std::sort(wanted.lines.begin(), wanted.lines.end(),
            [&](const NaiveLine& a, const NaiveLine& b) { return defined(a) < defined(b); });
  wanted.sku = wanted.lines.front().sku;
  wanted.quantity = 0;
  for (const NaiveLine& line : wanted.lines) wanted.quantity += line.quantity;
  return wanted;
}

std::string NaiveShop::basket(const NaiveBuy& wanted, Tick now) {
  const NaiveCampaign* campaign = find_campaign(wanted.campaign);
  if (campaign == nullptr) return "campaign_not_found";
  const bool all_known = std::all_of(wanted.lines.begin(), wanted.lines.end(), [&](const NaiveLine& line) {
    return offers_.contains({wanted.campaign, line.sku});
  });
  if (!all_known) return campaign->listed ? "sku_not_found" : "campaign_not_found";
  NaiveOffer& home = offers_.at({wanted.campaign, wanted.sku});
  if (const auto again = answer_again(home, wanted)) return *again;
  if (const auto refusal = refuse_lines(*campaign, wanted, now)) return *refusal;

  NaiveOrder order;
  order.asked = wanted;
  for (const NaiveLine& line : wanted.lines) {
    const std::int64_t unit_price = price(offers_.at({wanted.campaign, line.sku}), now);
    order.unit_price += line.quantity * unit_price;
    order.parts.push_back({.sku = line.sku, .quantity = line.quantity, .unit_price = unit_price});
  }
  return take(*campaign, home, order, now);
}

// Of all that can be wrong with any of the lines, the first in the order of the checks.
std::optional<std::string> NaiveShop::refuse_lines(const NaiveCampaign& campaign, const NaiveBuy& wanted,
                                                   Tick now) const {
  if (!campaign.listed) return "campaign_not_found";
  std::int64_t total = 0;
  bool sold_out = false, for_all = true;
  std::optional<Tick> all_back;
  for (const NaiveLine& line : wanted.lines) {
    const NaiveOffer& offer = offers_.at({wanted.campaign, line.sku});
    if (!offer.listed) return "sku_not_found";
    total += line.quantity * price(offer, now);
    for_all = for_all && is_for(offer, wanted);
    if (open_to_newcomer(offer, wanted.channel, now) >= line.quantity) continue;
    const auto back = first_back(offer, wanted, line.quantity, now);
    sold_out = sold_out || !back;
    if (back) all_back = std::max(all_back.value_or(*back), *back);
  }
  if (const auto closed = refuse_now(campaign, now)) return *closed;
  if (!for_all) return "not_eligible";
  if (!within_limits(wanted, wanted.lines, now)) return "limit_reached";
  if (wanted.expected_price >= 0 && wanted.expected_price < total) {
    return "price_changed to " + std::to_string(total);
  }
  if (all_back) return "all_held until " + std::to_string(all_back->ns);
  return sold_out ? std::optional<std::string>("sold_out") : std::nullopt;
}

}  // namespace doorbuster
