#pragma once
// What is for sale: an immutable snapshot. A change makes a new snapshot; nobody ever edits one.
//
// Campaigns and offers keep their index for ever, also when they leave the configuration (`listed` false):
// their orders stay readable and their idempotency keys stay valid.

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doorbuster/base/hash.h"
#include "doorbuster/base/result.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/catalog/pricing.h"
#include "doorbuster/model/ids.h"
#include "doorbuster/model/record.h"

namespace doorbuster {

struct Campaign {
  CampaignPut definition;
  std::vector<OfferIndex> offers;  // listed ones, in the order of their indexes: as they were first defined
  std::uint64_t revision = 0;      // the catalog's version when it or one of its offers last changed
};

struct Offer {
  OfferPut definition;
  std::vector<PricePoint> prices;  // what the plan makes of the price; empty: it never changes
  std::int64_t price(Tick now) const { return price_at(definition.price, prices, now); }
};

enum class CampaignState { scheduled, armed, active, paused, ended };
inline constexpr CampaignState kCampaignStates[] = {CampaignState::scheduled, CampaignState::armed,
                                                    CampaignState::active, CampaignState::paused,
                                                    CampaignState::ended};
std::string_view campaign_state_name(CampaignState state);

// Where a campaign stands at an instant, and which window that is about: the one that is open, else the next,
// else the last. An end before its time ends that window and all behind it. What is paused is neither
// scheduled nor active; over is over. What takes its stock out of the pool is armed before a window when it
// has the stock, and goes on being scheduled in a window as long as it has not.
struct CampaignPhase {
  CampaignState state = CampaignState::ended;
  Window window;
};
Tick last_end(const CampaignPut& campaign);  // by the plan, or when it was ended before
// It waits for stock that is not in its hands: until it is armed nothing of it is sold.
constexpr bool is_unarmed(const CampaignPut& campaign) {
  return campaign.from_pool && !campaign.armed;
}
CampaignPhase campaign_phase(const CampaignPut& campaign, Tick now);
// What a campaign that is neither paused nor over is in this window, or before it.
CampaignState state_in(const CampaignPut& campaign, const Window& window, Tick now);
// The windows in which the campaign sells, at least one, those behind an early end left out or cut.
std::vector<Window> selling_windows(const CampaignPut& campaign);

// What leaves a buyer out: a token that does not hold, or which list of the audience, in the order regions,
// segments, channels.
enum class AudienceRule : std::uint8_t { none, token, region, segment, channel };
std::string_view audience_rule_name(AudienceRule rule);  // "region"

struct CatalogChangeSet;

// Safe to read from any number of threads.
class Catalog {
 public:
  Catalog();  // version 0: nothing was ever defined but the first tenant
  // Offers and campaigns in the order of their indexes. REQUIRES: indexes dense from 0, offers' campaigns
  // exist, no tenant has two campaigns of one id, no campaign two offers of one SKU.
  Catalog(std::uint64_t version, std::vector<CampaignPut> campaigns, std::vector<OfferPut> offers);
  // The next snapshot. REQUIRES: check_change().
  Catalog(const Catalog& before, const CatalogChangeSet& change);
  // All of a catalog as definitions, and a revision for each campaign. REQUIRES: check_change() of them on
  // Catalog(), a revision for each.
  Catalog(std::uint64_t version, const CatalogChangeSet& definitions,
          std::span<const std::uint64_t> revisions);
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  std::uint64_t version() const { return version_; }  // number of changes so far
  std::span<const Campaign> campaigns() const { return campaigns_; }
  std::span<const Offer> offers() const { return offers_; }
  std::span<const ItemPut> items() const { return items_->items; }
  // The first tenant first: TenantId n is at n - 1.
  std::span<const TenantPut> tenants() const { return tenants_; }
  const TenantPut& tenant(TenantId id) const { return tenants_[id.value - 1]; }
  const ItemPut& item(ItemIndex index) const { return items_->items[index.value]; }
  const Campaign& campaign(CampaignIndex index) const { return campaigns_[index.value]; }
  const Offer& offer(OfferIndex index) const { return offers_[index.value]; }
  const Campaign& campaign_of(OfferIndex index) const {
    return campaigns_[offers_[index.value].definition.campaign.value];
  }

  // The buy's token first, then the campaign's audience, then the offer's.
  AudienceRule leaves_out(OfferIndex index, const Buy& buy) const;

  // Listed or not; null when there never was one of this name.
  const Campaign* find_campaign(TenantId tenant, std::string_view id) const;
  const Offer* find_offer(CampaignIndex campaign, std::string_view sku) const;
  const ItemPut* find_item(TenantId tenant, std::string_view sku) const;
  const TenantPut* find_tenant(std::string_view id) const;

 private:
  struct TextHash {
    using is_avalanching = void;
    std::size_t operator()(std::string_view text) const noexcept { return hash64(text.data(), text.size()); }
  };
  template <typename Index>
  using ByName = boost::unordered_flat_map<std::string_view, Index, TextHash>;

  // Items change seldom, and there may be many more than campaigns and offers: snapshots share them until one
  // changes. Made in one piece and not edited after it.
  struct ItemTable {
    std::vector<ItemPut> items;
    std::vector<std::string> keys;  // tenant and SKU, by item
    ByName<ItemIndex> by_key;       // views of keys
  };
  static std::shared_ptr<const ItemTable> make_items(std::vector<ItemPut> items);

  void compile(Offer& offer) const;
  void index();

  std::uint64_t version_ = 0;
  std::vector<Campaign> campaigns_;
  std::vector<Offer> offers_;
  std::vector<TenantPut> tenants_;
  std::shared_ptr<const ItemTable> items_ = std::make_shared<const ItemTable>();
  std::vector<std::string> campaign_keys_;        // tenant and id, by campaign
  ByName<CampaignIndex> campaign_by_key_;         // views of campaign_keys_
  std::vector<ByName<OfferIndex>> offer_by_sku_;  // by campaign; views of offers_
};

using CatalogPointer = std::shared_ptr<const Catalog>;

// One change, as it is journaled: whole definitions of what is new or different.
struct CatalogChangeSet {
  std::vector<CampaignPut> campaigns;
  std::vector<OfferPut> offers;
  ChangeOrigin origin = {};
  std::vector<TenantPut> tenants = {};
  std::vector<ItemPut> items = {};
  std::size_t size() const { return campaigns.size() + offers.size() + tenants.size() + items.size(); }
  bool empty() const { return size() == 0; }
  // A part of the campaign or offer that was put last. False: it cannot be one.
  [[nodiscard]] bool add_part(PlanPart part) {
    if (!offers.empty()) return doorbuster::add_part(std::move(part), offers.back());
    return !campaigns.empty() && doorbuster::add_part(std::move(part), campaigns.back());
  }
};

// Whether the change can follow this catalog: new indexes continue the dense order, and no index gets another
// name, another tenant or another campaign. What plan_change() makes can; what a journal says is asked first.
Status check_change(const Catalog& catalog, const CatalogChangeSet& change);

// The next snapshot. REQUIRES: check_change().
CatalogPointer apply_change(const Catalog& catalog, const CatalogChangeSet& change);

}  // namespace doorbuster
