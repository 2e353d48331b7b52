// Items, and the campaigns whose offers follow them.

#include <algorithm>
#include <utility>

#include "catalog/planner.h"
#include "doorbuster/catalog/offer_rules.h"

namespace doorbuster {
void Planner::want_items(const Configuration& configuration) {
  std::vector<ItemPut> wanted = configuration.items;
  for (const TenantConfiguration& tenant : configuration.tenants) {
    for (const ItemPut& item : tenant.items) wanted.emplace_back(item).tenant = tenant_of(tenant.id);
  }
  std::vector<bool> is_wanted(catalog_.items().size(), false);
  for (ItemPut& put : wanted) {
    put.listed = true;
    const ItemPut* known = catalog_.find_item(put.tenant, put.sku);
    if (known == nullptr) {
      put.item = {static_cast<std::uint32_t>(item_count_)};
      ++item_count_;
    } else {
      put.item = known->item;
      is_wanted[put.item.value] = true;
      if (put == *known) continue;
    }
    change_.items.push_back(std::move(put));
  }
  for (const ItemPut& known : catalog_.items()) {
    if (is_wanted[known.item.value] || !known.listed) continue;
    change_.items.push_back(known);
    change_.items.back().listed = false;
  }
  if (change_.items.empty()) return;
  changed_items_.assign(catalog_.items().begin(), catalog_.items().end());
  changed_items_.resize(item_count_);
  for (const ItemPut& put : change_.items) changed_items_[put.item.value] = put;
  items_ = changed_items_;
}

CampaignConfiguration Planner::with_offers_by_rule(const CampaignConfiguration& configured) {
  std::vector<OfferRuleRefusal> refusals;
  CampaignConfiguration whole =
      doorbuster::with_offers_by_rule(configured, items_, refusals, tenant_of(configured.tenant));
  for (const OfferRuleRefusal& refusal : refusals) refuse_rule(configured.id, refusal);
  return whole;
}

void Planner::keep_by_rule(const Campaign& known) {
  const CampaignPut& put = known.definition;
  std::vector<std::string_view> own;
  for (const OfferIndex index : known.offers) {
    const OfferPut& offer = catalog_.offer(index).definition;
    if (offer.rule != 0) continue;
    keep(offer);
    own.push_back(offer.sku);
  }
  const OffersByRule made = expand_offer_rules(put, own, items_);
  for (const OfferRuleRefusal& refusal : made.refusals) refuse_rule(put.id, refusal);
  for (const OfferConfiguration& offer : made.offers) want(put, &known, offer);
}

void Planner::refuse_rule(const std::string& campaign, const OfferRuleRefusal& refusal) {
  refuse("campaign " + campaign + ", offer rule " + std::to_string(refusal.rule) + ": " + refusal.reason);
}

}  // namespace doorbuster
