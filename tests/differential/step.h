#pragma once
// One question to the engine and its twin, in small numbers that meet each other often.

#include <cstdint>
#include <iosfwd>
#include <random>
#include <string>
#include <vector>

#include "doorbuster/catalog/campaign_action.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/model/order.h"

namespace doorbuster {

struct Step {
  enum Kind : std::uint32_t { buy, basket, command, timer, configure, act, restart } kind = buy;
  // Time goes on by `pause_ns`, or to the next moment at which a hold runs out, or at which a window or a
  // price step begins or ends, and `pause_ns` from there.
  std::int64_t pause_ns = 0;
  bool to_next_expiry = false, to_next_border = false;
  bool to_next_forgotten = false;  // the next moment at which the retention of an order is over

  std::uint32_t campaign = 0, sku = 0, key = 0, quantity = 1;  // buy, basket, command; key 0: none
  std::uint32_t order = 0;  // command: which of the offer's; 0: one that it has not
  // buy
  std::uint32_t buyer = 0, reference = 0, identities = 0;  // identities: a bit for each
  std::int64_t expected_price = 0;                         // 0: none
  std::uint32_t origin = 0;                                // region, segment and channel
  std::uint32_t lines = 0;                                 // basket: two bits for each SKU, its quantity
  bool wait = false;
  // As `order` was asked for; with a reference, if there is one here. configure: the file in force once more.
  bool again = false;
  // command
  OrderAction action = OrderAction::confirm;
  std::uint32_t seconds = 0, payment = 0;  // 0: none
  bool restock = true;
  std::uint32_t at_most = 0;  // timer; 0: all
  std::uint32_t shards = 1;   // restart
  std::uint64_t dice = 0;     // configure; act: the new end
  CampaignAction campaign_action = CampaignAction::pause;
};

inline constexpr std::uint32_t kCampaigns = 2, kSkus = 3, kIdentities = 5, kOrigins = 12;

// Of an origin, in small numbers: three regions, two segments, two channels.
struct Origin {
  std::string region, segment, channel;
};
Origin origin_of(std::uint32_t number);

std::ostream& operator<<(std::ostream& out, const Step& step);
// Of sales that begin at `opens` and are over some seconds later; with `days`, some of them a week later.
std::vector<CampaignConfiguration> configuration_from(std::uint64_t dice, Tick opens, bool days);
Step random_step(std::mt19937_64& random);

}  // namespace doorbuster
