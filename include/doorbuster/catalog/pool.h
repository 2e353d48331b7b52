#pragma once
// Stock that campaigns have in common. An item of the catalog has so many units; a campaign with `from_pool`
// takes what its offers sell out of them when it is armed, and gives back what is unsold when it is over.
//
// Nothing is counted twice because nothing is kept twice: what is taken follows from the definitions. An
// offer of an armed campaign has taken its allocation(), sold units included, and what is left of the item is
// the rest. So a change is possible or not by what the catalog would be after it, whoever asks for it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/catalog/campaign_action.h"
#include "doorbuster/catalog/catalog.h"

namespace doorbuster {

// Of one item. Invariant of every catalog that came out of plans: 0 <= available().
struct PoolUnits {
  std::int64_t stock = 0;
  std::int64_t locked = 0;  // taken by armed campaigns of the item's tenant
  std::int64_t available() const { return stock - locked; }
  friend bool operator==(const PoolUnits&, const PoolUnits&) = default;
};
// By item index.
std::vector<PoolUnits> pool_units(const Catalog& catalog);

// Why the catalog after the change could not be backed, a sentence for each SKU, in the order of the items;
// empty: it can. Wrong is an item with less stock than is taken of it, and a listed offer of a listed
// campaign with `from_pool` that is no listed item. REQUIRES: check_change().
std::vector<std::string> find_pool_faults(const Catalog& catalog, const CatalogChangeSet& change);
// One sentence behind the other.
std::string describe_faults(const std::vector<std::string>& faults);

// --- arming ---

// When the clock arms it: arm_seconds before its first window.
Tick arms_at(const CampaignPut& campaign);
// Whether the clock arms it now: listed, not armed, and between arms_at() and its end.
bool is_to_arm(const CampaignPut& campaign, Tick now);
// plan_action() with CampaignAction::arm. All offers are backed or none is.
tl::expected<CatalogChangeSet, ActionRefusal> plan_arming(const Catalog& catalog, CampaignIndex campaign,
                                                          Tick now);

// --- giving back ---

// Whether what is unsold of the offer belongs to the pool again: its campaign is armed, and is over or one of
// the two was withdrawn.
bool gives_back(const CampaignPut& campaign, const OfferPut& offer, Tick now);
// Gives back what is neither sold nor held of the campaign's offers that give back; empty: there is nothing.
// Repeatable: what a hold or a return frees later is given back by the next one. REQUIRES: the campaign is in
// the catalog; committed.size() == catalog.offers().size().
CatalogChangeSet plan_release(const Catalog& catalog, const std::vector<std::int64_t>& committed,
                              CampaignIndex campaign, Tick now);

// The next instant after `now` at which one of the two begins; nothing: none will.
std::optional<Tick> next_pool_instant(const Catalog& catalog, Tick now);

}  // namespace doorbuster
