#include "doorbuster/catalog/campaign_action.h"

#include <algorithm>
#include <array>
#include <utility>

#include "catalog/file_memory.h"
#include "doorbuster/base/hash.h"

namespace doorbuster {
namespace {

constexpr std::array<std::pair<std::string_view, CampaignAction>, 4> kActions = {{
    {"pause", CampaignAction::pause},
    {"resume", CampaignAction::resume},
    {"end", CampaignAction::end},
    {"extend", CampaignAction::extend},
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

tl::unexpected<ActionRefusal> refuse(Outcome outcome, std::string detail) {
  return tl::unexpected(ActionRefusal{outcome, std::move(detail)});
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
  said.listed = true;
  said.paused = said.by_hand = false;
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
  return hash_of(said, kOfferSeed);
}

tl::expected<CatalogChangeSet, ActionRefusal> plan_action(const Catalog& catalog, CampaignIndex campaign,
                                                          CampaignAction action, Tick now,
                                                          std::optional<Tick> until) {
  CampaignPut put = catalog.campaign(campaign).definition;
  CatalogChangeSet change;
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
  }
  change.campaigns.push_back(std::move(put));
  return change;
}

}  // namespace doorbuster
