#include "doorbuster/catalog/catalog.h"

#include <array>
#include <cstring>
#include <utility>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"

namespace doorbuster {
namespace {

// A campaign's key: its tenant's bytes and its id. Fixed size, so that looking up allocates nothing.
struct CampaignKey {
  CampaignKey(TenantId tenant, std::string_view id) : size_(sizeof(tenant.value) + id.size()) {
    DOORBUSTER_CHECK(id.size() <= kIdentifierBytesMax);
    std::memcpy(bytes_.data(), &tenant.value, sizeof(tenant.value));
    id.copy(bytes_.data() + sizeof(tenant.value), id.size());
  }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, sizeof(TenantId::value) + kIdentifierBytesMax> bytes_;
  std::size_t size_;
};

std::string named(const CampaignPut& campaign) {
  return "campaign " + std::to_string(campaign.campaign.value) + " (" + campaign.id + ")";
}

std::string named(const OfferPut& offer) {
  return "offer " + std::to_string(offer.offer.value) + " (" + offer.sku + ")";
}

Status refuse(std::string message) {
  return fail(ErrorKind::configuration, "catalog change: " + std::move(message));
}

}  // namespace

std::string_view campaign_state_name(CampaignState state) {
  switch (state) {
    case CampaignState::scheduled:
      return "scheduled";
    case CampaignState::active:
      return "active";
    case CampaignState::paused:
      return "paused";
    case CampaignState::ended:
      return "ended";
  }
  return "unknown";
}

CampaignState campaign_state(const CampaignPut& campaign, Tick now) {
  return campaign_state(campaign.starts_at, campaign.ends_at, now);
}

CampaignState campaign_state(Tick starts_at, Tick ends_at, Tick now) {
  if (now < starts_at) return CampaignState::scheduled;
  return now < ends_at ? CampaignState::active : CampaignState::ended;
}

Catalog::Catalog(std::uint64_t version, std::vector<CampaignPut> campaigns, std::vector<OfferPut> offers)
    : version_(version) {
  // No vector below grows after it is filled: the maps' keys are views into them.
  campaigns_.reserve(campaigns.size());
  campaign_keys_.reserve(campaigns.size());
  campaign_by_key_.reserve(campaigns.size());
  offer_by_sku_.resize(campaigns.size());
  for (CampaignPut& campaign : campaigns) {
    const CampaignIndex index = campaign.campaign;
    DOORBUSTER_CHECK(index.value == campaigns_.size());
    campaign_keys_.emplace_back(CampaignKey(campaign.tenant, campaign.id).view());
    DOORBUSTER_CHECK(campaign_by_key_.emplace(campaign_keys_.back(), index).second);
    campaigns_.push_back({std::move(campaign), {}});
  }
  offers_.reserve(offers.size());
  for (OfferPut& put : offers) {
    DOORBUSTER_CHECK(put.offer.value == offers_.size());
    DOORBUSTER_CHECK(put.campaign.value < campaigns_.size());
    const OfferPut& offer = offers_.emplace_back(Offer{std::move(put)}).definition;
    DOORBUSTER_CHECK(offer_by_sku_[offer.campaign.value].emplace(offer.sku, offer.offer).second);
    if (offer.listed) campaigns_[offer.campaign.value].offers.push_back(offer.offer);
  }
}

const Campaign* Catalog::find_campaign(TenantId tenant, std::string_view id) const {
  if (id.size() > kIdentifierBytesMax) return nullptr;
  const auto found = campaign_by_key_.find(CampaignKey(tenant, id).view());
  return found == campaign_by_key_.end() ? nullptr : &campaigns_[found->second.value];
}

const Offer* Catalog::find_offer(CampaignIndex campaign, std::string_view sku) const {
  const ByName<OfferIndex>& by_sku = offer_by_sku_[campaign.value];
  const auto found = by_sku.find(sku);
  return found == by_sku.end() ? nullptr : &offers_[found->second.value];
}

Status check_change(const Catalog& catalog, const CatalogChangeSet& change) {
  std::vector<const CampaignPut*> added_campaigns;
  boost::unordered_flat_map<std::string, CampaignIndex> added_keys;
  for (const CampaignPut& put : change.campaigns) {
    if (put.id.empty() || put.id.size() > kIdentifierBytesMax)
      return refuse("a campaign's id has a wrong length");
    if (put.campaign.value < catalog.campaigns().size()) {
      const CampaignPut& known = catalog.campaign(put.campaign).definition;
      if (known.id != put.id || known.tenant != put.tenant)
        return refuse(named(known) + " cannot become " + named(put));
      continue;
    }
    if (put.campaign.value != catalog.campaigns().size() + added_campaigns.size()) {
      return refuse(named(put) + " is not the next campaign");
    }
    const std::string key(CampaignKey(put.tenant, put.id).view());
    if (catalog.find_campaign(put.tenant, put.id) != nullptr ||
        !added_keys.emplace(key, put.campaign).second) {
      return refuse(named(put) + " has the id of another campaign");
    }
    added_campaigns.push_back(&put);
  }
  const std::size_t campaigns = catalog.campaigns().size() + added_campaigns.size();
  std::size_t offers = catalog.offers().size();
  boost::unordered_flat_map<std::string, OfferIndex> added_skus;  // campaign's index and SKU
  for (const OfferPut& put : change.offers) {
    if (put.sku.empty() || put.sku.size() > kIdentifierBytesMax)
      return refuse("an offer's SKU has a wrong length");
    if (put.campaign.value >= campaigns) return refuse(named(put) + " belongs to no campaign");
    if (put.offer.value < catalog.offers().size()) {
      const OfferPut& known = catalog.offer(put.offer).definition;
      if (known.sku != put.sku || known.campaign != put.campaign) {
        return refuse(named(known) + " cannot become " + named(put) + " or change its campaign");
      }
      continue;
    }
    if (put.offer.value != offers) return refuse(named(put) + " is not the next offer");
    const bool known_campaign = put.campaign.value < catalog.campaigns().size();
    const bool taken = known_campaign && catalog.find_offer(put.campaign, put.sku) != nullptr;
    if (taken || !added_skus.emplace(std::to_string(put.campaign.value) + '/' + put.sku, put.offer).second) {
      return refuse(named(put) + " has the SKU of another offer of its campaign");
    }
    ++offers;
  }
  return {};
}

CatalogPointer apply_change(const Catalog& catalog, const CatalogChangeSet& change) {
  DOORBUSTER_CHECK(check_change(catalog, change).has_value());
  std::vector<CampaignPut> campaigns;
  campaigns.reserve(catalog.campaigns().size() + change.campaigns.size());
  for (const Campaign& campaign : catalog.campaigns()) campaigns.push_back(campaign.definition);
  for (const CampaignPut& put : change.campaigns) {
    if (put.campaign.value == campaigns.size()) {
      campaigns.push_back(put);
    } else {
      campaigns[put.campaign.value] = put;
    }
  }
  std::vector<OfferPut> offers;
  offers.reserve(catalog.offers().size() + change.offers.size());
  for (const Offer& offer : catalog.offers()) offers.push_back(offer.definition);
  for (const OfferPut& put : change.offers) {
    if (put.offer.value == offers.size()) {
      offers.push_back(put);
    } else {
      offers[put.offer.value] = put;
    }
  }
  return std::make_shared<const Catalog>(catalog.version() + 1, std::move(campaigns), std::move(offers));
}

}  // namespace doorbuster
