#include "doorbuster/catalog/campaign_action.h"

#include <algorithm>
#include <array>
#include <utility>

#include "catalog/file_memory.h"
#include "doorbuster/base/hash.h"
#include "doorbuster/catalog/pool.h"
#include "doorbuster/catalog/quotas.h"

namespace doorbuster {
namespace {

constexpr std::array<std::pair<std::string_view, CampaignAction>, 5> kActions = {{
    {"pause", CampaignAction::pause},
    {"resume", CampaignAction::resume},
    {"end", CampaignAction::end},
    {"extend", CampaignAction::extend},
    {"arm", CampaignAction::arm},
}};

constexpr std::uint64_t kCampaignSeed = 0x63616d706169676e;
constexpr std::uint64_t kOfferSeed = 0x6f66666572;

template <typename Put>
std::uint64_t hash_of(const Put& put, std::uint64_t seed) {
  std::string bytes;
  encode(put, bytes);
  for (const PlanPart& part : plan_parts(put)) encode(part, bytes);
  // Zero means that there is none.
  return hash64(bytes.data(), bytes.size(), seed) | 1;
}

tl::unexpected<ActionRefusal> refuse(Outcome outcome, std::string detail,
                                     std::optional<StockFigures> stock = {}) {
  return tl::unexpected(ActionRefusal{outcome, std::move(detail), stock});
}

tl::unexpected<ActionRefusal> refuse_withdrawn(const std::string& what) {
  return refuse(Outcome::change_refused,
                what + " is no longer in the configuration: put it back there before changing it");
}

// As many orders as there can come to be: each has a unit at least.
std::uint64_t orders_possible(const Catalog& catalog, const std::vector<std::int64_t>& committed) {
  std::uint64_t orders = 0;
  for (const Offer& offer : catalog.offers()) {
    const OfferPut& put = offer.definition;
    orders += static_cast<std::uint64_t>(put.listed ? put.stock : committed[put.offer.value]);
  }
  return orders;
}

}  // namespace

std::string_view campaign_action_name(CampaignAction action) {
  return kActions[static_cast<std::size_t>(action)].first;
}

std::optional<CampaignAction> campaign_action(std::string_view name) {
  for (const auto& [word, action] : kActions) {
    if (word == name) return action;
  }
  return std::nullopt;
}

std::uint64_t definition_hash(const CampaignPut& put) {
  CampaignPut said = put;
  said.campaign = {};
  said.tenant = kDefaultTenant;  // whose it is never changes
  said.listed = true;
  said.paused = said.by_hand = said.armed = false;
  said.ended_at = {};
  said.file_definition = 0;
  if (!said.plan.schedule.empty()) {
    // They follow from the schedule and from the rules of time zones, which change.
    said.plan.windows.clear();
    said.starts_at = {0};
    said.ends_at = {1};
  }
  return hash_of(said, kCampaignSeed);
}

std::uint64_t definition_hash(const OfferPut& put) {
  OfferPut said = put;
  said.offer = {};
  said.campaign = {};
  said.listed = true;
  said.released = 0;
  return hash_of(said, kOfferSeed);
}

tl::expected<CatalogChangeSet, ActionRefusal> plan_action(const Catalog& catalog, CampaignIndex campaign,
                                                          CampaignAction action, Tick now,
                                                          std::optional<Tick> until) {
  CampaignPut put = catalog.campaign(campaign).definition;
  CatalogChangeSet change;
  if (!put.listed) return refuse_withdrawn("campaign " + put.id);
  const bool is_over = now >= last_end(put);
  const std::string over = "campaign " + put.id + " ended at " + format_rfc3339(last_end(put));
  switch (action) {
    case CampaignAction::pause:
    case CampaignAction::resume: {
      const bool pause = action == CampaignAction::pause;
      if (put.paused == pause) return change;
      if (pause && is_over) return refuse(Outcome::campaign_ended, over + ": there is nothing to pause");
      put.paused = pause;
      break;
    }
    case CampaignAction::end:
      if (is_over) return change;
      put.ended_at = now;
      break;
    case CampaignAction::extend: {
      if (!until) return refuse(Outcome::validation_failed, "\"ends_at\" is missing: say when it is to end");
      if (*until == last_end(put)) return change;
      if (*until < last_end(put) || *until <= now) {
        return refuse(Outcome::validation_failed,
                      "ends_at " + format_rfc3339(*until) + " is not after " +
                          format_rfc3339(std::max(now, last_end(put))) +
                          ": an extension ends later; to stop sooner, end the campaign");
      }
      if (is_over) {
        return refuse(Outcome::campaign_ended, over + ": define a new campaign, or another window for it");
      }
      remember_the_file(catalog, put);
      put.ends_at = *until;
      put.ended_at = {};
      if (!put.plan.windows.empty()) put.plan.windows.back().to = *until;
      break;
    }
    case CampaignAction::arm:
      return plan_arming(catalog, campaign, now);
  }
  change.campaigns.push_back(std::move(put));
  return change;
}

tl::expected<CatalogChangeSet, ActionRefusal> plan_stock_adjustment(
    const Catalog& catalog, const std::vector<std::int64_t>& committed, OfferIndex offer, std::int64_t delta,
    std::uint64_t orders_reserved) {
  OfferPut put = catalog.offer(offer).definition;
  CampaignPut campaign = catalog.campaign(put.campaign).definition;
  if (!campaign.listed) return refuse_withdrawn("campaign " + campaign.id);
  if (!put.listed) return refuse_withdrawn("sku " + put.sku + " of campaign " + campaign.id);

  const std::int64_t taken = committed[offer.value];
  const StockFigures figures = {.allocated = put.allocation(), .available = put.allocation() - taken};
  if (delta == 0) return refuse(Outcome::validation_failed, "delta is 0: say how many units come or go");
  // No sum before the delta is known to be of a size that can be added.
  const bool possible = delta >= -put.allocation() && delta <= kStockMax - put.stock;
  if (!possible) {
    return refuse(Outcome::validation_failed,
                  "delta " + std::to_string(delta) + " takes the stock of " +
                      std::to_string(put.allocation()) + " out of the range 0 to " +
                      std::to_string(kStockMax),
                  figures);
  }
  put.stock += delta;
  if (put.allocation() < taken) {
    return refuse(Outcome::change_refused,
                  "stock " + std::to_string(put.allocation()) + " would be below the " +
                      std::to_string(taken) + " units already sold or held: at most " +
                      std::to_string(figures.available) + " can go",
                  figures);
  }
  if (const std::int64_t kept = units_kept(put.plan.channel_quotas); put.stock < kept) {
    return refuse(Outcome::change_refused,
                  "stock " + std::to_string(put.stock) + " would be below the " + std::to_string(kept) +
                      " units that channel_quotas keep: change those first",
                  figures);
  }
  const std::uint64_t orders = orders_possible(catalog, committed) + static_cast<std::uint64_t>(delta);
  if (delta > 0 && orders > orders_reserved) {
    return refuse(Outcome::change_refused,
                  std::to_string(orders) + " orders would be possible and the tables have room for " +
                      std::to_string(orders_reserved) + ": restart with a larger server.max_orders",
                  figures);
  }

  CatalogChangeSet change;
  remember_the_file(catalog, campaign);
  put.rule = 0;  // what somebody has said of its units is not the rule's any more
  if (campaign.file_definition != catalog.campaign(put.campaign).definition.file_definition) {
    change.campaigns.push_back(std::move(campaign));
  }
  change.offers.push_back(std::move(put));
  if (const auto faults = find_pool_faults(catalog, change); !faults.empty()) {
    return refuse(Outcome::change_refused, describe_faults(faults), figures);
  }
  return change;
}

}  // namespace doorbuster
