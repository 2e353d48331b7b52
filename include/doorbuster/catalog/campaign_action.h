#pragma once
// What an operator does to one campaign while it runs: plans of a change, as plan_change() makes them from a
// file. Nothing here happens by itself; Runtime::change() makes it durable and puts it in force.

#include <cstdint>
#include <optional>
#include <string_view>

#include "doorbuster/catalog/catalog.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster {

enum class CampaignAction : std::uint8_t {
  pause,   // nothing new is sold; what is held can be confirmed, cancelled and run out
  resume,  // undoes a pause
  end,     // over from now on, whatever the plan says
  extend,  // the last window ends later
};
// "pause" for CampaignAction::pause, and so on: the word of the route and of the audit trail.
std::string_view campaign_action_name(CampaignAction action);
std::optional<CampaignAction> campaign_action(std::string_view name);

struct ActionRefusal {
  Outcome outcome = Outcome::validation_failed;
  std::string detail;
};

// What has to change; empty when it is so already. `until`: extend, the new end. REQUIRES: the campaign is in
// the catalog.
tl::expected<CatalogChangeSet, ActionRefusal> plan_action(const Catalog& catalog, CampaignIndex campaign,
                                                          CampaignAction action, Tick now,
                                                          std::optional<Tick> until = {});

// Of what a file can say about a campaign or an offer, whatever index it has and whatever was done to it
// since. A campaign's and its offers' hashes are added.
std::uint64_t definition_hash(const CampaignPut& put);
std::uint64_t definition_hash(const OfferPut& put);

}  // namespace doorbuster
