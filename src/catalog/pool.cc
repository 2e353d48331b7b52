#include "doorbuster/catalog/pool.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <utility>

namespace doorbuster {
namespace {

// The catalog as it would be after a change, without making it: definitions by index.
class After {
 public:
  After(const Catalog& catalog, const CatalogChangeSet& change) : catalog_(catalog) {
    for (const Campaign& campaign : catalog.campaigns()) campaigns_.push_back(&campaign.definition);
    for (const Offer& offer : catalog.offers()) offers_.push_back(&offer.definition);
    for (const ItemPut& item : catalog.items()) items_.push_back(&item);
    for (const CampaignPut& put : change.campaigns) set(campaigns_, put.campaign.value, put);
    for (const OfferPut& put : change.offers) set(offers_, put.offer.value, put);
    for (const ItemPut& put : change.items) {
      if (put.item.value >= catalog.items().size()) added_.emplace(key(put.tenant, put.sku), put.item);
      set(items_, put.item.value, put);
    }
  }

  const std::vector<const OfferPut*>& offers() const { return offers_; }
  const std::vector<const ItemPut*>& items() const { return items_; }
  const CampaignPut& campaign_of(const OfferPut& offer) const { return *campaigns_[offer.campaign.value]; }
  const ItemPut* find_item(TenantId tenant, std::string_view sku) const {
    if (const ItemPut* known = catalog_.find_item(tenant, sku)) return items_[known->item.value];
    if (added_.empty()) return nullptr;
    const auto found = added_.find(key(tenant, sku));
    return found == added_.end() ? nullptr : items_[found->second.value];
  }

 private:
  static std::string key(TenantId tenant, std::string_view sku) {
    return std::to_string(tenant.value) + '/' + std::string(sku);
  }
  template <typename Put>
  static void set(std::vector<const Put*>& puts, std::uint32_t index, const Put& put) {
    if (index == puts.size()) puts.emplace_back();
    puts[index] = &put;
  }

  const Catalog& catalog_;
  std::vector<const CampaignPut*> campaigns_;
  std::vector<const OfferPut*> offers_;
  std::vector<const ItemPut*> items_;
  boost::unordered_flat_map<std::string, ItemIndex> added_;
};

// Most catalogs have none, and a million offers.
bool has_pools(const Catalog& catalog, const CatalogChangeSet& change) {
  return std::any_of(catalog.campaigns().begin(), catalog.campaigns().end(),
                     [](const Campaign& campaign) { return campaign.definition.from_pool; }) ||
         std::any_of(change.campaigns.begin(), change.campaigns.end(),
                     [](const CampaignPut& put) { return put.from_pool; });
}

std::vector<PoolUnits> units_of(const After& after) {
  std::vector<PoolUnits> units(after.items().size());
  for (std::size_t i = 0; i < units.size(); ++i) units[i].stock = after.items()[i]->stock;
  for (const OfferPut* offer : after.offers()) {
    const CampaignPut& campaign = after.campaign_of(*offer);
    if (!campaign.from_pool || !campaign.armed) continue;
    if (const ItemPut* item = after.find_item(campaign.tenant, offer->sku)) {
      units[item->item.value].locked += offer->allocation();
    }
  }
  return units;
}

// "sku tv-1: 50 units wanted and 20 of the pool's 100 available"
std::string shortage(const ItemPut& item, const PoolUnits& before, const PoolUnits& after) {
  const std::int64_t wanted = after.locked - before.locked;
  const std::string sku = "sku " + item.sku + ": ";
  if (wanted <= 0 || before.locked > after.stock) {
    return sku + "a stock of " + std::to_string(after.stock) + " in the pool is below the " +
           std::to_string(wanted <= 0 ? after.locked : before.locked) +
           " units that armed campaigns have taken";
  }
  return sku + std::to_string(wanted) + " units wanted and " + std::to_string(after.stock - before.locked) +
         " of the pool's " + std::to_string(after.stock) + " available";
}

bool is_over(const CampaignPut& campaign, Tick now) {
  return now >= last_end(campaign);
}

tl::unexpected<ActionRefusal> refuse(Outcome outcome, std::string detail) {
  return tl::unexpected(ActionRefusal{outcome, std::move(detail), {}});
}

}  // namespace

std::vector<PoolUnits> pool_units(const Catalog& catalog) {
  return units_of(After(catalog, {}));
}

std::vector<std::string> find_pool_faults(const Catalog& catalog, const CatalogChangeSet& change) {
  std::vector<std::string> faults;
  if (!has_pools(catalog, change)) return faults;
  const After after(catalog, change);
  for (const OfferPut* offer : after.offers()) {
    const CampaignPut& campaign = after.campaign_of(*offer);
    if (!campaign.from_pool || !campaign.listed || !offer->listed) continue;
    const ItemPut* item = after.find_item(campaign.tenant, offer->sku);
    if (item != nullptr && item->listed) continue;
    faults.push_back("campaign " + campaign.id + ", sku " + offer->sku +
                     ": from_pool, and the catalog has no item of this SKU");
  }
  const std::vector<PoolUnits> had = pool_units(catalog), units = units_of(after);
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (units[i].available() >= 0) continue;
    faults.push_back(shortage(*after.items()[i], i < had.size() ? had[i] : PoolUnits{}, units[i]));
  }
  return faults;
}

std::string describe_faults(const std::vector<std::string>& faults) {
  std::string text;
  for (const std::string& fault : faults) text += (text.empty() ? "" : "; ") + fault;
  return text;
}

Tick arms_at(const CampaignPut& campaign) {
  return {std::max<std::int64_t>(0, campaign.starts_at.ns - campaign.arm_seconds * kNsPerSecond)};
}

bool is_to_arm(const CampaignPut& campaign, Tick now) {
  return campaign.listed && is_unarmed(campaign) && now >= arms_at(campaign) && !is_over(campaign, now);
}

tl::expected<CatalogChangeSet, ActionRefusal> plan_arming(const Catalog& catalog, CampaignIndex index,
                                                          Tick now) {
  CampaignPut campaign = catalog.campaign(index).definition;
  const std::string name = "campaign " + campaign.id;
  if (!campaign.listed) {
    return refuse(Outcome::change_refused,
                  name + " is no longer in the configuration: put it back there before changing it");
  }
  if (!campaign.from_pool) {
    return refuse(Outcome::change_refused,
                  name + " has stock of its own: only what has from_pool can be armed");
  }
  CatalogChangeSet change;
  if (campaign.armed) return change;
  if (is_over(campaign, now)) {
    return refuse(Outcome::campaign_ended,
                  name + " ended at " + format_rfc3339(last_end(campaign)) + ": there is nothing to arm");
  }
  campaign.armed = true;
  change.campaigns.push_back(std::move(campaign));
  // What was withdrawn while it was not armed has sold nothing, and is to take nothing.
  for (const Offer& offer : catalog.offers()) {
    const OfferPut& put = offer.definition;
    const std::int64_t released = put.listed ? 0 : put.stock;
    if (put.campaign != index || put.released == released) continue;
    change.offers.push_back(put);
    change.offers.back().released = released;
  }
  if (const auto faults = find_pool_faults(catalog, change); !faults.empty()) {
    return refuse(Outcome::change_refused, name + " cannot be armed: " + describe_faults(faults));
  }
  return change;
}

bool gives_back(const CampaignPut& campaign, const OfferPut& offer, Tick now) {
  if (!campaign.from_pool || !campaign.armed) return false;
  return !campaign.listed || !offer.listed || is_over(campaign, now);
}

CatalogChangeSet plan_release(const Catalog& catalog, const std::vector<std::int64_t>& committed,
                              CampaignIndex index, Tick now) {
  CatalogChangeSet change;
  const CampaignPut& campaign = catalog.campaign(index).definition;
  for (const Offer& offer : catalog.offers()) {
    const OfferPut& put = offer.definition;
    if (put.campaign != index || !gives_back(campaign, put, now)) continue;
    const std::int64_t unsold = put.allocation() - committed[put.offer.value];
    if (unsold <= 0) continue;
    change.offers.push_back(put);
    change.offers.back().released += unsold;
  }
  return change;
}

std::optional<Tick> next_pool_instant(const Catalog& catalog, Tick now) {
  std::optional<Tick> next;
  for (const Campaign& each : catalog.campaigns()) {
    const CampaignPut& campaign = each.definition;
    if (!campaign.from_pool || !campaign.listed) continue;
    const Tick at = campaign.armed ? last_end(campaign) : arms_at(campaign);
    if (at > now) next = std::min(next.value_or(at), at);
  }
  return next;
}

}  // namespace doorbuster
