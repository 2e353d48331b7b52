#include "simulation/shop_plan.h"

#include <algorithm>
#include <string>

namespace doorbuster::simulation {
namespace {

Tick seconds_from(Tick tick, std::int64_t seconds) {
  return {tick.ns + seconds * kNsPerSecond};
}

void plan_windows(CampaignConfiguration& campaign, Dice& dice) {
  campaign.starts_at = seconds_from(kBegin, dice.percent(70) ? -10 : dice.between(1, 20));
  campaign.ends_at = seconds_from(campaign.starts_at, dice.percent(50) ? 7200 : dice.between(20, 300));
  if (!dice.percent(25)) return;
  Tick from = campaign.starts_at;
  for (std::int64_t i = dice.between(2, 4); i > 0; --i) {
    const Tick to = seconds_from(from, dice.between(5, 60));
    campaign.plan.windows.push_back({from, to});
    from = seconds_from(to, dice.between(1, 20));
  }
  campaign.ends_at = campaign.plan.windows.back().to;
}

void plan_holds(CampaignConfiguration& campaign, Dice& dice) {
  campaign.hold_seconds = 2 + dice.below32(20);
  campaign.hold_max_seconds = campaign.hold_seconds * (1 + dice.below32(3));
  campaign.on_payment_failed = static_cast<PaymentFailure>(dice.below(3));
  if (campaign.on_payment_failed == PaymentFailure::grace) campaign.grace_seconds = 1 + dice.below32(8);
  campaign.waitlist = dice.percent(50);
  campaign.offer_seconds = campaign.waitlist ? 1 + dice.below32(15) : campaign.hold_seconds;
}

std::vector<PriceLayer> price_steps(Dice& dice, PriceLayer::Kind kind) {
  std::vector<PriceLayer> steps;
  Tick from = seconds_from(kBegin, dice.between(-5, 20));
  for (std::int64_t i = dice.between(1, 3); i > 0; --i) {
    const Tick to = seconds_from(from, dice.between(2, 60));
    const std::int64_t value =
        kind == PriceLayer::Kind::discount ? dice.between(0, 9000) : dice.between(100, 5000);
    steps.push_back({.from = from, .to = to, .kind = kind, .value = value});
    from = to;
  }
  return steps;
}

OfferConfiguration plan_offer(const std::string& sku, bool quotas, Dice& dice) {
  OfferConfiguration offer;
  offer.sku = sku;
  offer.stock = dice.percent(10) ? dice.between(20, 60) : dice.between(1, 12);
  offer.list_price = 10'000;
  offer.price = dice.between(1000, 10'000);
  if (dice.percent(25)) offer.plan.price_steps = price_steps(dice, PriceLayer::Kind::price);
  if (dice.percent(40)) offer.plan.low_stock = {.basis_points = 2000, .units = dice.between(0, 3)};
  if (quotas && offer.stock >= 4) {
    const Tick until = seconds_from(kBegin, dice.between(5, 120));
    offer.plan.channel_quotas.push_back({"app", dice.between(1, offer.stock / 2), until});
    if (dice.percent(50))
      offer.plan.channel_quotas.push_back({"web", dice.between(1, offer.stock / 4), until});
  }
  return offer;
}

CampaignConfiguration plan_campaign(const std::string& id, bool pooled, Dice& dice) {
  CampaignConfiguration campaign;
  campaign.id = campaign.name = id;
  campaign.currency = "EUR";
  plan_windows(campaign, dice);
  if (dice.percent(55)) plan_holds(campaign, dice);
  if (dice.percent(60)) campaign.limit_per_buyer = 1 + dice.below32(4);
  if (dice.percent(35)) campaign.limit_per_buyer_total = 2 + dice.below32(5);
  if (dice.percent(25)) campaign.plan.price_steps = price_steps(dice, PriceLayer::Kind::discount);
  if (pooled) {
    campaign.from_pool = true;
    campaign.arm_seconds = dice.below32(10);
  }
  const bool quotas = dice.percent(25);
  for (std::int64_t i = dice.between(1, 3); i > 0; --i) {
    const std::string sku = (pooled ? "item-" : "sku-") + std::to_string(i);
    campaign.offers.push_back(plan_offer(sku, quotas, dice));
  }
  return campaign;
}

}  // namespace

ShopPlan make_shop(Dice& dice) {
  ShopPlan shop;
  shop.fills_segments = dice.percent(15);
  shop.clients_return = dice.percent(60);
  const bool has_pool = dice.percent(35);
  for (int i = 1; has_pool && i <= 3; ++i) {
    ItemPut& item = shop.configuration.items.emplace_back();
    item.sku = "item-" + std::to_string(i);
    item.stock = dice.between(3, 30);
    item.list_price = 10'000;
    item.currency = "EUR";
  }
  for (std::int64_t i = dice.between(1, 3); i > 0; --i) {
    const bool pooled = has_pool && dice.percent(70);
    shop.configuration.campaigns.push_back(plan_campaign("sale-" + std::to_string(i), pooled, dice));
  }
  if (shop.fills_segments) {
    CampaignConfiguration& campaign = shop.configuration.campaigns.front();
    campaign.limit_per_buyer = campaign.limit_per_buyer_total = 0;
    if (!campaign.from_pool) campaign.offers.front().stock = 400;
  }
  ServerOptions& server = shop.configuration.server;
  server.max_orders = kOrdersMax;
  server.segment_bytes = kSegmentBytesMin;
  return shop;
}

Configuration edit(const Configuration& file, Dice& dice) {
  Configuration edited = file;
  CampaignConfiguration& campaign = edited.campaigns[dice.below(edited.campaigns.size())];
  OfferConfiguration& offer = campaign.offers[dice.below(campaign.offers.size())];
  switch (dice.below(6)) {
    case 0:
      offer.price = dice.between(1000, 10'000);
      break;
    case 1:
      offer.stock += dice.between(1, 5);
      break;
    case 2:
      offer.stock = std::max(offer.stock - dice.between(1, 3), units_kept(offer.plan.channel_quotas));
      break;
    case 3:
      campaign.limit_per_buyer = dice.below32(4);
      break;
    case 4:
      campaign.limit_per_buyer_total = dice.below32(6);
      break;
    default:
      if (edited.campaigns.size() > 1 && dice.percent(30)) {
        edited.campaigns.pop_back();
      } else {
        campaign.offers.push_back(plan_offer("sku-" + std::to_string(10 + dice.below(3)), false, dice));
        const auto same = [&](const OfferConfiguration& other) {
          return other.sku == campaign.offers.back().sku;
        };
        if (campaign.from_pool || std::count_if(campaign.offers.begin(), campaign.offers.end(), same) > 1) {
          campaign.offers.pop_back();
        }
      }
  }
  return edited;
}

}  // namespace doorbuster::simulation
