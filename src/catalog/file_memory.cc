#include "catalog/file_memory.h"

#include "catalog/planner.h"
#include "doorbuster/catalog/campaign_action.h"

namespace doorbuster {

std::uint64_t definition_hash(const CampaignConfiguration& configured) {
  std::uint64_t hash = definition_hash(campaign_put_of(configured));
  for (const OfferConfiguration& offer : configured.offers) {
    if (offer.rule == 0) hash += definition_hash(offer_put_of(offer));
  }
  return hash;
}

std::uint64_t definition_hash(const Catalog& catalog, const Campaign& campaign) {
  std::uint64_t hash = definition_hash(campaign.definition);
  for (const OfferIndex index : campaign.offers) {
    const OfferPut& offer = catalog.offer(index).definition;
    if (offer.rule == 0) hash += definition_hash(offer);
  }
  return hash;
}

void remember_the_file(const Catalog& catalog, CampaignPut& put) {
  if (put.by_hand || put.file_definition != 0) return;
  put.file_definition = definition_hash(catalog, catalog.campaign(put.campaign));
}

}  // namespace doorbuster
