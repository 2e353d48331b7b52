#include "doorbuster/catalog/catalog.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <utility>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"

namespace doorbuster {
namespace {

// The key of a campaign or an item: its tenant's bytes and its id. Fixed size, so that looking up allocates
// nothing.
struct TenantKey {
  TenantKey(TenantId tenant, std::string_view id) : size_(sizeof(tenant.value) + id.size()) {
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

// The first window, but never the very first, that begins when all is over.
std::vector<Window>::const_iterator first_behind(const std::vector<Window>& windows, Tick last_end) {
  return std::lower_bound(windows.begin() + 1, windows.end(), last_end,
                          [](const Window& window, Tick tick) { return window.from < tick; });
}

// Every data folder has the first tenant, and no journal says so.
std::vector<TenantPut> first_tenants() {
  return {{.tenant = kDefaultTenant, .id = std::string(kDefaultTenantName)}};
}

Status refuse(std::string message) {
  return fail(ErrorKind::configuration, "catalog change: " + std::move(message));
}

}  // namespace

std::string_view campaign_state_name(CampaignState state) {
  switch (state) {
    case CampaignState::scheduled:
      return "scheduled";
    case CampaignState::armed:
      return "armed";
    case CampaignState::active:
      return "active";
    case CampaignState::paused:
      return "paused";
    case CampaignState::ended:
      return "ended";
  }
  return "unknown";
}

Tick last_end(const CampaignPut& campaign) {
  if (campaign.ended_at == Tick{}) return campaign.ends_at;
  const std::vector<Window>& windows = campaign.plan.windows;
  if (windows.empty()) return std::min(campaign.ended_at, campaign.ends_at);
  // Ended between two windows it was over with the one before: no instant in between is of any window.
  return std::min(campaign.ended_at, (first_behind(windows, campaign.ended_at) - 1)->to);
}

CampaignPhase campaign_phase(const CampaignPut& campaign, Tick now) {
  const std::vector<Window>& windows = campaign.plan.windows;
  const Tick last_end = doorbuster::last_end(campaign);
  CampaignPhase phase;
  phase.window = {campaign.starts_at, campaign.ends_at};
  if (!windows.empty()) {
    // The first that is not over, but none that would begin after the end.
    auto window = std::upper_bound(windows.begin(), windows.end(), now,
                                   [](Tick tick, const Window& other) { return tick < other.to; });
    window = std::min(window, first_behind(windows, last_end) - 1);
    phase.window = *window;
  }
  phase.window.to = std::min(phase.window.to, last_end);
  phase.window.from = std::min(phase.window.from, phase.window.to);
  if (now >= last_end) {
    phase.state = CampaignState::ended;
  } else if (campaign.paused) {
    phase.state = CampaignState::paused;
  } else {
    phase.state = state_in(campaign, phase.window, now);
  }
  return phase;
}

CampaignState state_in(const CampaignPut& campaign, const Window& window, Tick now) {
  if (is_unarmed(campaign)) return CampaignState::scheduled;
  if (now >= window.from) return CampaignState::active;
  return campaign.from_pool ? CampaignState::armed : CampaignState::scheduled;
}

std::vector<Window> selling_windows(const CampaignPut& campaign) {
  std::vector<Window> windows = campaign.plan.windows;
  if (windows.empty()) windows.push_back({campaign.starts_at, campaign.ends_at});
  if (campaign.ended_at == Tick{}) return windows;
  while (windows.size() > 1 && windows.back().from >= campaign.ended_at) windows.pop_back();
  Window& last = windows.back();
  last.to = std::min(last.to, campaign.ended_at);
  last.from = std::min(last.from, last.to);  // it never began
  return windows;
}

std::string_view audience_rule_name(AudienceRule rule) {
  switch (rule) {
    case AudienceRule::none:
      return "none";
    case AudienceRule::token:
      return "token";
    case AudienceRule::region:
      return "region";
    case AudienceRule::segment:
      return "segment";
    case AudienceRule::channel:
      return "channel";
  }
  return "unknown";
}

Catalog::Catalog() : tenants_(first_tenants()) {}

Catalog::Catalog(std::uint64_t version, std::vector<CampaignPut> campaigns, std::vector<OfferPut> offers)
    : version_(version), tenants_(first_tenants()) {
  campaigns_.reserve(campaigns.size());
  for (CampaignPut& campaign : campaigns) campaigns_.push_back({std::move(campaign), {}, version});
  offers_.reserve(offers.size());
  for (OfferPut& offer : offers) offers_.push_back({std::move(offer), {}});
  for (Offer& offer : offers_) compile(offer);
  index();
}

void Catalog::compile(Offer& offer) const {
  const OfferPut& put = offer.definition;
  DOORBUSTER_CHECK(put.campaign.value < campaigns_.size());
  const CampaignPlan& plan = campaigns_[put.campaign.value].definition.plan;
  offer.prices =
      compile_prices(put.price, put.plan.price_steps, plan.price_steps, price_rule(plan.price_form));
}

std::shared_ptr<const Catalog::ItemTable> Catalog::make_items(std::vector<ItemPut> items) {
  auto table = std::make_shared<ItemTable>();
  table->items = std::move(items);
  table->keys.reserve(table->items.size());  // so that no key moves: the map has views of them
  table->by_key.reserve(table->items.size());
  for (const ItemPut& item : table->items) {
    DOORBUSTER_CHECK(item.item.value == table->keys.size());
    table->keys.emplace_back(TenantKey(item.tenant, item.sku).view());
    DOORBUSTER_CHECK(table->by_key.emplace(table->keys.back(), item.item).second);
  }
  return table;
}

// After this no vector grows: the maps' keys are views into them.
void Catalog::index() {
  campaign_keys_.reserve(campaigns_.size());
  campaign_by_key_.reserve(campaigns_.size());
  offer_by_sku_.resize(campaigns_.size());
  for (Campaign& campaign : campaigns_) {
    const CampaignPut& put = campaign.definition;
    DOORBUSTER_CHECK(put.campaign.value == campaign_keys_.size());
    campaign_keys_.emplace_back(TenantKey(put.tenant, put.id).view());
    DOORBUSTER_CHECK(campaign_by_key_.emplace(campaign_keys_.back(), put.campaign).second);
    campaign.offers.clear();
  }
  for (std::uint32_t i = 0; i < offers_.size(); ++i) {
    const OfferPut& offer = offers_[i].definition;
    DOORBUSTER_CHECK(offer.offer.value == i && offer.campaign.value < campaigns_.size());
    DOORBUSTER_CHECK(offer_by_sku_[offer.campaign.value].emplace(offer.sku, offer.offer).second);
    if (offer.listed) campaigns_[offer.campaign.value].offers.push_back(offer.offer);
  }
}

const Campaign* Catalog::find_campaign(TenantId tenant, std::string_view id) const {
  if (id.size() > kIdentifierBytesMax) return nullptr;
  const auto found = campaign_by_key_.find(TenantKey(tenant, id).view());
  return found == campaign_by_key_.end() ? nullptr : &campaigns_[found->second.value];
}

const ItemPut* Catalog::find_item(TenantId tenant, std::string_view sku) const {
  if (sku.size() > kIdentifierBytesMax) return nullptr;
  const auto found = items_->by_key.find(TenantKey(tenant, sku).view());
  return found == items_->by_key.end() ? nullptr : &items_->items[found->second.value];
}

const TenantPut* Catalog::find_tenant(std::string_view id) const {
  const auto found = std::ranges::find(tenants_, id, &TenantPut::id);
  return found == tenants_.end() ? nullptr : &*found;
}

const Offer* Catalog::find_offer(CampaignIndex campaign, std::string_view sku) const {
  const ByName<OfferIndex>& by_sku = offer_by_sku_[campaign.value];
  const auto found = by_sku.find(sku);
  return found == by_sku.end() ? nullptr : &offers_[found->second.value];
}

AudienceRule Catalog::leaves_out(OfferIndex index, const Buy& buy) const {
  if (buy.token_fault != TokenFault::none) return AudienceRule::token;
  const auto is_missing = [](const std::vector<std::string>& names, std::string_view name) {
    return !names.empty() && !std::binary_search(names.begin(), names.end(), name, std::less<>());
  };
  for (const Audience* audience :
       {&campaign_of(index).definition.plan.audience, &offer(index).definition.plan.audience}) {
    if (is_missing(audience->regions, buy.region)) return AudienceRule::region;
    if (is_missing(audience->segments, buy.segment)) return AudienceRule::segment;
    if (is_missing(audience->channels, buy.channel)) return AudienceRule::channel;
  }
  return AudienceRule::none;
}

namespace {

Status check_tenants(const Catalog& catalog, const CatalogChangeSet& change, std::size_t& tenants) {
  boost::unordered_flat_map<std::string, TenantId> added;
  tenants = catalog.tenants().size();
  for (const TenantPut& put : change.tenants) {
    if (put.tenant == kDefaultTenant || put.tenant.value == 0)
      return refuse("the first tenant cannot be put");
    if (put.tenant.value <= catalog.tenants().size()) {
      const std::string& known = catalog.tenant(put.tenant).id;
      if (known != put.id) return refuse("tenant " + known + " cannot become " + put.id);
      continue;
    }
    if (put.tenant.value != tenants + 1) return refuse("tenant " + put.id + " is not the next tenant");
    if (catalog.find_tenant(put.id) != nullptr || !added.emplace(put.id, put.tenant).second) {
      return refuse("tenant " + put.id + " has the id of another tenant");
    }
    ++tenants;
  }
  return {};
}

Status check_items(const Catalog& catalog, const CatalogChangeSet& change, std::size_t tenants) {
  boost::unordered_flat_map<std::string, ItemIndex> added;
  std::size_t items = catalog.items().size();
  for (const ItemPut& put : change.items) {
    if (put.sku.empty() || put.sku.size() > kIdentifierBytesMax)
      return refuse("an item's SKU has a wrong length");
    if (put.item.value < catalog.items().size()) {
      const ItemPut& known = catalog.item(put.item);
      if (known.sku != put.sku || known.tenant != put.tenant) {
        return refuse("item " + known.sku + " cannot become " + put.sku + " or change its tenant");
      }
      continue;
    }
    if (put.tenant.value == 0 || put.tenant.value > tenants)
      return refuse("item " + put.sku + " belongs to no tenant");
    if (put.item.value != items) return refuse("item " + put.sku + " is not the next item");
    const std::string key(TenantKey(put.tenant, put.sku).view());
    if (catalog.find_item(put.tenant, put.sku) != nullptr || !added.emplace(key, put.item).second) {
      return refuse("item " + put.sku + " has the SKU of another item of its tenant");
    }
    ++items;
  }
  return {};
}

}  // namespace

Status check_change(const Catalog& catalog, const CatalogChangeSet& change) {
  std::size_t tenants = 0;
  if (Status fits = check_tenants(catalog, change, tenants); !fits) return fits;
  if (Status fits = check_items(catalog, change, tenants); !fits) return fits;
  std::vector<const CampaignPut*> added_campaigns;
  boost::unordered_flat_map<std::string, CampaignIndex> added_keys;
  for (const CampaignPut& put : change.campaigns) {
    if (put.id.empty() || put.id.size() > kIdentifierBytesMax)
      return refuse("a campaign's id has a wrong length");
    const std::vector<Window>& windows = put.plan.windows;
    if (!windows.empty() &&
        Window{windows.front().from, windows.back().to} != Window{put.starts_at, put.ends_at}) {
      return refuse("the windows of " + named(put) + " are not from its start to its end");
    }
    if (put.campaign.value < catalog.campaigns().size()) {
      const CampaignPut& known = catalog.campaign(put.campaign).definition;
      if (known.id != put.id || known.tenant != put.tenant)
        return refuse(named(known) + " cannot become " + named(put));
      continue;
    }
    if (put.tenant.value == 0 || put.tenant.value > tenants)
      return refuse(named(put) + " belongs to no tenant");
    if (put.campaign.value != catalog.campaigns().size() + added_campaigns.size()) {
      return refuse(named(put) + " is not the next campaign");
    }
    const std::string key(TenantKey(put.tenant, put.id).view());
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
  return std::make_shared<const Catalog>(catalog, change);
}

Catalog::Catalog(const Catalog& before, const CatalogChangeSet& change)
    : version_(before.version_ + 1),
      campaigns_(before.campaigns_),
      offers_(before.offers_),
      tenants_(before.tenants_),
      items_(before.items_) {
  for (const TenantPut& put : change.tenants) {
    if (put.tenant.value > tenants_.size()) tenants_.emplace_back();
    tenants_[put.tenant.value - 1] = put;
  }
  if (!change.items.empty()) {
    std::vector<ItemPut> items = items_->items;
    for (const ItemPut& put : change.items) {
      if (put.item.value == items.size()) items.emplace_back();
      items[put.item.value] = put;
    }
    items_ = make_items(std::move(items));
  }
  std::vector<bool> prices_change(campaigns_.size() + change.campaigns.size(), false);
  for (const CampaignPut& put : change.campaigns) {
    const std::uint32_t at = put.campaign.value;
    if (at == campaigns_.size()) campaigns_.emplace_back();
    const CampaignPlan& plan = campaigns_[at].definition.plan;
    prices_change[at] = plan.price_steps != put.plan.price_steps || plan.price_form != put.plan.price_form;
    campaigns_[at].definition = put;
    campaigns_[at].revision = version_;
  }
  for (Offer& offer : offers_) {
    if (prices_change[offer.definition.campaign.value]) compile(offer);
  }
  for (const OfferPut& put : change.offers) {
    if (put.offer.value == offers_.size()) offers_.emplace_back();
    Offer& offer = offers_[put.offer.value];
    offer.definition = put;
    compile(offer);
    campaigns_[put.campaign.value].revision = version_;
  }
  index();
}

Catalog::Catalog(std::uint64_t version, const CatalogChangeSet& definitions,
                 std::span<const std::uint64_t> revisions)
    : Catalog(Catalog(), definitions) {
  version_ = version;
  DOORBUSTER_CHECK(revisions.size() == campaigns_.size());
  for (std::size_t i = 0; i < revisions.size(); ++i) campaigns_[i].revision = revisions[i];
}

}  // namespace doorbuster
