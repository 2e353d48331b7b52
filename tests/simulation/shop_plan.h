#pragma once
// What is for sale in one run, as a seed says: campaigns of every shape that the engine knows.

#include "doorbuster/catalog/configuration.h"
#include "doorbuster/catalog/quotas.h"
#include "simulation/base.h"

namespace doorbuster::simulation {

inline constexpr Tick kBegin{1'795'766'400'000'000'000};  // 2026-11-27T08:00:00Z
inline constexpr std::uint64_t kOrdersMax = 2000;
inline constexpr std::uint32_t kBuyers = 14;

struct ShopPlan {
  Configuration configuration;  // the file
  bool fills_segments = false;  // much stock, long texts, long lives
  bool clients_return = true;
  // Where a campaign sells final orders without anything that gives units back: by its id.
  bool is_plain(const CampaignPut& campaign) const {
    return campaign.hold_seconds == 0 && !campaign.from_pool && campaign.limit_per_buyer_total == 0;
  }
};

ShopPlan make_shop(Dice& dice);
// What somebody may write into the file next: prices, stock, limits, a campaign that comes or goes.
Configuration edit(const Configuration& file, Dice& dice);

inline constexpr const char* kChannels[] = {"app", "web", "shop"};

}  // namespace doorbuster::simulation
