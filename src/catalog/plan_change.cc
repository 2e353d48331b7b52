// From the catalog that a data folder has to the one that is asked for: by a file for all campaigns, by a
// person for one.

#include <utility>

#include "catalog/file_memory.h"
#include "catalog/planner.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/catalog/definition.h"

namespace doorbuster {

CampaignPut campaign_put_of(const CampaignConfiguration& configured) {
  CampaignPut put;
  put.starts_at = configured.starts_at;
  put.ends_at = configured.ends_at;
  put.hold_seconds = configured.hold_seconds;
  put.hold_max_seconds = configured.hold_max_seconds;
  put.limit_per_buyer = configured.limit_per_buyer;
  put.limit_per_buyer_total = configured.limit_per_buyer_total;
  put.on_payment_failed = configured.on_payment_failed;
  put.grace_seconds = configured.grace_seconds;
  put.waitlist = configured.waitlist;
  put.offer_seconds = configured.offer_seconds;
  put.show_remaining = configured.show_remaining;
  put.from_pool = configured.from_pool;
  put.arm_seconds = configured.arm_seconds;
  put.id = configured.id;
  put.name = configured.name;
  put.currency = configured.currency;
  put.plan = configured.plan;
  return put;
}

Result<CatalogChangeSet> plan_change(const Catalog& catalog, const std::vector<std::int64_t>& committed,
                                     const Configuration& configuration, std::uint64_t orders_reserved) {
  Planner planner(catalog, committed);
  planner.want_tenants(configuration.tenants);
  planner.want_items(configuration);
  for (const CampaignConfiguration& campaign : configuration.campaigns) planner.want_from_file(campaign);
  planner.keep_what_no_file_has();
  planner.withdraw_the_rest();
  planner.check_bounds(orders_reserved);
  return std::move(planner).finish("the configuration");
}

Result<CatalogChangeSet> plan_change(const Catalog& catalog, const std::vector<std::int64_t>& committed,
                                     const std::vector<CampaignConfiguration>& campaigns,
                                     std::uint64_t orders_reserved) {
  Configuration configuration;
  configuration.campaigns = campaigns;
  return plan_change(catalog, committed, configuration, orders_reserved);
}

Result<CatalogChangeSet> plan_put(const Catalog& catalog, const std::vector<std::int64_t>& committed,
                                  const CampaignConfiguration& configured, std::uint64_t orders_reserved) {
  Planner planner(catalog, committed);
  planner.want_by_hand(configured);
  planner.keep_the_rest();
  planner.withdraw_the_rest();
  planner.check_bounds(orders_reserved);
  return std::move(planner).finish("the definition");
}

CatalogChangeSet plan_remove(const Catalog& catalog, CampaignIndex campaign) {
  CatalogChangeSet change;
  const Campaign& known = catalog.campaign(campaign);
  if (!known.definition.listed) return change;
  change.campaigns.push_back(known.definition);
  remember_the_file(catalog, change.campaigns.back());
  change.campaigns.back().listed = false;
  for (const OfferIndex offer : known.offers) {
    change.offers.push_back(catalog.offer(offer).definition);
    change.offers.back().listed = false;
  }
  return change;
}

}  // namespace doorbuster
