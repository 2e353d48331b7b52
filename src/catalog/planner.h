#pragma once
// What all plans of a change have in common, whether a file asks for it or a person: the checks, the memory
// of what the file said, and the change set that grows meanwhile.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/catalog/configuration.h"
#include "doorbuster/catalog/offer_rules.h"

namespace doorbuster {

// The offer as the catalog has it, without its index and its campaign.
OfferPut offer_put_of(const OfferConfiguration& configured);

// Asked in this order: the items, if they may change; what is wanted, what is kept, withdraw_the_rest(),
// check_bounds(), finish(). Each campaign is wanted or kept at most once.
class Planner {
 public:
  // REQUIRES: committed.size() == catalog.offers().size(). Both outlive it.
  Planner(const Catalog& catalog, const std::vector<std::int64_t>& committed);

  // The tenants besides the first, all of them: who is not among them is withdrawn with all campaigns. Before
  // any campaign, or not at all: then they stay as they are.
  void want_tenants(const std::vector<TenantConfiguration>& tenants);
  // The whole catalog of items; those that are not there any more are withdrawn. What rules of campaigns
  // make of them follows, also where a campaign is kept. Not asked: the items in force stay.
  void want_items(const Configuration& configuration);
  // As a file has it: what was done by hand since the file said so stands.
  void want_from_file(const CampaignConfiguration& configured);
  // As a person has it: what the file says meanwhile is remembered. Offers by rule are made of the items.
  void want_by_hand(const CampaignConfiguration& configured);
  // Campaigns that nobody has spoken of stay as they are: all of them, or those that no file has.
  void keep_the_rest();
  void keep_what_no_file_has();
  // Campaigns that are neither wanted nor kept, and offers that a wanted campaign no longer has.
  void withdraw_the_rest();
  void check_bounds(std::uint64_t orders_reserved);
  // `what` does not fit the data folder, if it does not.
  Result<CatalogChangeSet> finish(std::string_view what) &&;

 private:
  void want(const CampaignPut& put, const Campaign* known, const CampaignConfiguration& configured);
  void want(const CampaignPut& campaign, const Campaign* known, const OfferConfiguration& configured);
  bool is_as_configured(const Campaign& known, const CampaignPut& put,
                        const CampaignConfiguration& configured) const;
  void keep(const Campaign& known);
  void keep(const OfferPut& known);
  // Its own offers stay, and what its rules make is made anew.
  void keep_by_rule(const Campaign& known);
  CampaignConfiguration with_offers_by_rule(const CampaignConfiguration& configured);
  // REQUIRES, here and below: the tenant was wanted, or is there.
  TenantId tenant_of(std::string_view tenant) const;
  // The campaign with its tenant.
  CampaignPut put_of(const CampaignConfiguration& configured) const;
  bool is_leaving(TenantId tenant) const;
  void check_currency(const CampaignPut& wanted, const Campaign& known);
  void check_source(const CampaignPut& wanted, const Campaign& known);
  void refuse_rule(const std::string& campaign, const OfferRuleRefusal& refusal);
  void refuse(std::string reason) { reasons_.push_back(std::move(reason)); }

  const Catalog& catalog_;
  const std::vector<std::int64_t>& committed_;
  std::vector<std::int64_t> committed_by_campaign_;     // withdrawn offers included: their orders were paid
  std::vector<bool> wanted_campaigns_, wanted_offers_;  // by index, of those that exist
  std::size_t campaigns_, offers_;                      // how many there will be
  std::span<const ItemPut> items_;  // as they are going to be: the catalog's, or changed_items_
  std::vector<ItemPut> changed_items_;
  std::size_t item_count_;    // how many items there will be
  std::uint64_t orders_ = 0;  // how many there can come to be
  CatalogChangeSet change_;
  std::vector<std::string> reasons_;
};

}  // namespace doorbuster
