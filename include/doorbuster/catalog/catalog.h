#pragma once
// What is for sale: an immutable snapshot. A change makes a new snapshot; nobody ever edits one.
//
// Campaigns and offers keep their index for ever, also when they leave the configuration (`listed` false): their orders
// stay readable and their idempotency keys stay valid.

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/tick.h"
#include "doorbuster/model/ids.h"
#include "doorbuster/model/record.h"

namespace doorbuster {

struct Campaign {
  CampaignPut definition;
  std::vector<OfferIndex> offers;  // listed ones, in the configuration's order
};

struct Offer {
  OfferPut definition;
};

enum class CampaignState { scheduled, active, paused, ended };
std::string_view campaign_state_name(CampaignState state);

// [starts_at, ends_at)
CampaignState campaign_state(const CampaignPut& campaign, Tick now);

class Catalog {
 public:
  Catalog() = default;
  // Offers and campaigns in the order of their indexes. REQUIRES: indexes dense from 0, offers' campaigns exist.
  Catalog(std::uint64_t version, std::vector<CampaignPut> campaigns, std::vector<OfferPut> offers);
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  std::uint64_t version() const { return version_; }  // number of changes so far
  std::span<const Campaign> campaigns() const { return campaigns_; }
  std::span<const Offer> offers() const { return offers_; }
  const Campaign& campaign(CampaignIndex index) const { return campaigns_[index.value]; }
  const Offer& offer(OfferIndex index) const { return offers_[index.value]; }
  const Campaign& campaign_of(OfferIndex index) const {
    return campaigns_[offers_[index.value].definition.campaign.value];
  }

  // Listed or not; null when there never was one of this name.
  const Campaign* find_campaign(TenantId tenant, std::string_view id) const;
  const Offer* find_offer(CampaignIndex campaign, std::string_view sku) const;

 private:
  std::uint64_t version_ = 0;
  std::vector<Campaign> campaigns_;
  std::vector<Offer> offers_;
  boost::unordered_flat_map<std::string_view, CampaignIndex> campaign_by_id_;  // key: tenant bytes + id
  std::vector<std::string> campaign_keys_;                                     // what those views point into
  std::vector<boost::unordered_flat_map<std::string_view, OfferIndex>> offer_by_sku_;  // by campaign
};

using CatalogPointer = std::shared_ptr<const Catalog>;

// One change, as it is journaled: whole definitions of what is new or different.
struct CatalogChangeSet {
  std::vector<CampaignPut> campaigns;
  std::vector<OfferPut> offers;
  bool empty() const { return campaigns.empty() && offers.empty(); }
};

// The next snapshot. REQUIRES: new indexes continue the dense order.
CatalogPointer apply_change(const Catalog& catalog, const CatalogChangeSet& change);

}  // namespace doorbuster
