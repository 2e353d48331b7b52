#include "differential/naive_shop.h"

namespace doorbuster {

std::string NaiveShop::configure(const std::vector<CampaignConfiguration>& campaigns) {
  for (const CampaignConfiguration& campaign : campaigns) {
    for (const OfferConfiguration& offer : campaign.offers) {
      if (offer.stock < sold(campaign.id, offer.sku)) return "refused";
    }
  }
  for (auto& [name, campaign] : campaigns_) campaign.listed = false;
  for (auto& [name, offer] : offers_) offer.listed = false;
  for (const CampaignConfiguration& campaign : campaigns) {
    campaigns_[campaign.id] = {true, campaign.starts_at, campaign.ends_at, campaign.limit_per_buyer};
    for (const OfferConfiguration& offer : campaign.offers) {
      offers_[{campaign.id, offer.sku}] = {true, offer.stock, offer.price};
    }
  }
  return "";
}

std::string NaiveShop::buy(const NaiveBuy& wanted, Tick now) {
  if (!wanted.key.empty()) {
    for (const NaiveOrder& order : orders_) {
      const NaiveBuy& first = order.asked;
      if (first.campaign != wanted.campaign || first.sku != wanted.sku || first.key != wanted.key) continue;
      const bool same = first.quantity == wanted.quantity && first.buyer == wanted.buyer &&
                        first.expected_price == wanted.expected_price && first.reference == wanted.reference;
      if (!same) return "idempotency_key_reused";
      return "again " + std::to_string(order.number) + " at " + std::to_string(order.unit_price);
    }
  }
  if (!campaigns_.contains(wanted.campaign) || !campaigns_[wanted.campaign].listed)
    return "campaign_not_found";
  const auto found = offers_.find({wanted.campaign, wanted.sku});
  if (found == offers_.end() || !found->second.listed) return "sku_not_found";
  const NaiveCampaign& campaign = campaigns_[wanted.campaign];
  const NaiveOffer& offer = found->second;

  if (now.ns < campaign.from.ns) return "campaign_not_started";
  if (now.ns >= campaign.to.ns) return "campaign_ended";

  std::uint64_t number = 1, had = 0;
  for (const NaiveOrder& order : orders_) {
    if (order.asked.campaign != wanted.campaign || order.asked.sku != wanted.sku) continue;
    ++number;
    if (order.asked.buyer == wanted.buyer) had += order.asked.quantity;
  }
  if (campaign.limit > 0 && had + wanted.quantity > campaign.limit) return "limit_reached";
  if (wanted.expected_price >= 0 && wanted.expected_price < offer.price) {
    return "price_changed to " + std::to_string(offer.price);
  }
  if (sold(wanted.campaign, wanted.sku) + wanted.quantity > offer.stock) return "sold_out";
  orders_.push_back({wanted, number, offer.price});
  return "order " + std::to_string(number) + " at " + std::to_string(offer.price);
}

std::int64_t NaiveShop::sold(const std::string& campaign, const std::string& sku) const {
  std::int64_t units = 0;
  for (const NaiveOrder& order : orders_) {
    if (order.asked.campaign == campaign && order.asked.sku == sku) units += order.asked.quantity;
  }
  return units;
}

}  // namespace doorbuster
