#include "catalog/planner.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "catalog/file_memory.h"
#include "doorbuster/base/check.h"
#include "doorbuster/catalog/pool.h"

namespace doorbuster {
namespace {

bool same(const CampaignPut& a, const CampaignPut& b) {
  const auto all = [](const CampaignPut& c) {
    return std::tie(c.campaign, c.tenant, c.starts_at, c.ends_at, c.hold_seconds, c.hold_max_seconds,
                    c.limit_per_buyer, c.limit_per_buyer_total, c.on_payment_failed, c.grace_seconds,
                    c.waitlist, c.offer_seconds, c.listed, c.show_remaining, c.id, c.name, c.currency,
                    c.paused, c.ended_at, c.file_definition, c.by_hand, c.from_pool, c.armed, c.arm_seconds,
                    c.plan);
  };
  return all(a) == all(b);
}

bool same(const OfferPut& a, const OfferPut& b) {
  const auto all = [](const OfferPut& o) {
    return std::tie(o.offer, o.campaign, o.stock, o.list_price, o.price, o.listed, o.rule, o.released, o.sku,
                    o.plan);
  };
  return all(a) == all(b);
}

bool same_windows(const CampaignPut& a, const CampaignPut& b) {
  return a.starts_at == b.starts_at && a.ends_at == b.ends_at && a.plan.windows == b.plan.windows;
}

// Whether other times are asked for than the campaign was ended in. Rules of time zones that changed, or the
// end from before somebody moved it by hand, are nobody's doing: what was ended is not to open again by
// itself.
bool brings_another_window(const CampaignPut& put, const CampaignPut& known) {
  if (!put.plan.schedule.empty() && put.plan.schedule == known.plan.schedule) return false;
  std::vector<Window> wanted = selling_windows(put), had = known.plan.windows;
  if (had.empty()) had.push_back({known.starts_at, known.ends_at});
  const bool was_extended = known.file_definition != 0 && wanted.back().to < had.back().to;
  if (was_extended) wanted.back().to = had.back().to;
  return wanted != had;
}

// The index, and what an operator did to the campaign and no definition says.
void take_over(CampaignPut& put, const CampaignPut& known) {
  put.campaign = known.campaign;
  put.paused = known.paused;
  put.armed = put.from_pool && known.armed;
  if (!brings_another_window(put, known)) put.ended_at = known.ended_at;
}

// What of its stock stays given back to the pool: nothing of what is on sale again, or for longer than
// before.
std::int64_t released_still(const CampaignPut& put, const CampaignPut& known, const OfferPut& offer,
                            std::int64_t stock, std::int64_t committed) {
  // Rules of time zones that changed are nobody's doing.
  const bool same_schedule = !put.plan.schedule.empty() && put.plan.schedule == known.plan.schedule;
  const bool no_longer = same_schedule || last_end(put) <= last_end(known);
  const bool stays = put.armed && known.listed && offer.listed && no_longer;
  return stays ? std::clamp<std::int64_t>(stock - committed, 0, offer.released) : 0;
}

// A schedule's text does not say that its last window was extended. Where all else about the windows is as
// it was, who says the schedule again does not mean to undo that. True: it was extended, and is still.
bool keep_extension(CampaignPut& put, const CampaignPut& known) {
  if (put.plan.schedule.empty() || put.plan.schedule != known.plan.schedule) return false;
  if (known.ends_at <= put.ends_at) return false;
  CampaignPut extended = put;
  extended.ends_at = known.ends_at;
  if (!extended.plan.windows.empty()) extended.plan.windows.back().to = known.ends_at;
  if (!same_windows(extended, known)) return false;
  put = std::move(extended);
  return true;
}

}  // namespace

OfferPut offer_put_of(const OfferConfiguration& configured) {
  OfferPut put;
  put.stock = configured.stock;
  put.list_price = configured.list_price;
  put.price = configured.price;
  put.sku = configured.sku;
  put.rule = configured.rule;
  put.plan = configured.plan;
  return put;
}

Planner::Planner(const Catalog& catalog, const std::vector<std::int64_t>& committed)
    : catalog_(catalog),
      committed_(committed),
      committed_by_campaign_(catalog.campaigns().size(), 0),
      wanted_campaigns_(catalog.campaigns().size(), false),
      wanted_offers_(catalog.offers().size(), false),
      campaigns_(catalog.campaigns().size()),
      offers_(catalog.offers().size()),
      items_(catalog.items()),
      item_count_(catalog.items().size()) {
  DOORBUSTER_CHECK(committed.size() == catalog.offers().size());
  for (const Offer& offer : catalog.offers()) {
    committed_by_campaign_[offer.definition.campaign.value] += committed[offer.definition.offer.value];
  }
}

void Planner::want_tenants(const std::vector<TenantConfiguration>& tenants) {
  std::size_t count = catalog_.tenants().size();
  for (const TenantConfiguration& tenant : tenants) {
    const TenantPut* known = catalog_.find_tenant(tenant.id);
    if (known != nullptr && known->listed) continue;
    const TenantId id = known != nullptr ? known->tenant : TenantId{static_cast<std::uint32_t>(++count)};
    change_.tenants.push_back({.tenant = id, .listed = true, .id = tenant.id});
  }
  for (const TenantPut& known : catalog_.tenants()) {
    const bool stays = known.tenant == kDefaultTenant || !known.listed ||
                       std::ranges::any_of(tenants, [&](const auto& each) { return each.id == known.id; });
    if (stays) continue;
    change_.tenants.push_back(known);
    change_.tenants.back().listed = false;
  }
  if (count > kTenantsMax) {
    refuse("the data folder would have " + std::to_string(count) + " tenants, those that left included, " +
           "and at most " + std::to_string(kTenantsMax) + " are possible: start a new data folder");
  }
}

TenantId Planner::tenant_of(std::string_view tenant) const {
  if (const TenantPut* known = catalog_.find_tenant(tenant)) return known->tenant;
  const auto added = std::ranges::find(change_.tenants, tenant, &TenantPut::id);
  DOORBUSTER_CHECK(added != change_.tenants.end());
  return added->tenant;
}

CampaignPut Planner::put_of(const CampaignConfiguration& configured) const {
  CampaignPut put = campaign_put_of(configured);
  put.tenant = tenant_of(configured.tenant);
  return put;
}

bool Planner::is_leaving(TenantId tenant) const {
  return std::ranges::any_of(change_.tenants,
                             [&](const TenantPut& put) { return put.tenant == tenant && !put.listed; });
}

void Planner::want_from_file(const CampaignConfiguration& configured) {
  CampaignPut put = put_of(configured);
  const Campaign* known = catalog_.find_campaign(put.tenant, put.id);
  if (known != nullptr) {
    // Changed or withdrawn by hand, and the file has said nothing new since.
    const std::uint64_t said = known->definition.file_definition;
    if (said != 0 && said == definition_hash(configured)) return keep(*known);
    take_over(put, known->definition);
  }
  want(put, known, configured);
}

void Planner::want_by_hand(const CampaignConfiguration& said) {
  const CampaignConfiguration configured = with_offers_by_rule(said);
  CampaignPut put = put_of(configured);
  const Campaign* known = catalog_.find_campaign(put.tenant, put.id);
  if (known == nullptr) {
    put.by_hand = true;
    return want(put, known, configured);
  }
  const CampaignPut& was = known->definition;
  const bool extended = keep_extension(put, was);
  take_over(put, was);
  put.file_definition = was.file_definition;
  put.by_hand = was.by_hand;
  if (is_as_configured(*known, put, configured)) return keep(*known);

  const bool no_file_has_it = was.by_hand || (!was.listed && was.file_definition == 0);
  put.by_hand = no_file_has_it;
  if (!no_file_has_it) {
    remember_the_file(catalog_, put);
    // Back to what the file says, so that it speaks for the campaign again.
    if (!extended && put.file_definition == definition_hash(configured)) put.file_definition = 0;
  }
  want(put, known, configured);
}

bool Planner::is_as_configured(const Campaign& known, const CampaignPut& put,
                               const CampaignConfiguration& configured) const {
  if (!same(put, known.definition) || known.offers.size() != configured.offers.size()) return false;
  return std::all_of(configured.offers.begin(), configured.offers.end(),
                     [&](const OfferConfiguration& wanted) {
                       const Offer* offer = catalog_.find_offer(known.definition.campaign, wanted.sku);
                       if (offer == nullptr) return false;
                       OfferPut offer_put = offer_put_of(wanted);
                       offer_put.offer = offer->definition.offer;
                       offer_put.campaign = offer->definition.campaign;
                       offer_put.released = offer->definition.released;
                       return same(offer_put, offer->definition);
                     });
}

void Planner::keep(const Campaign& known) {
  wanted_campaigns_[known.definition.campaign.value] = true;
  const CampaignPut& put = known.definition;
  const bool follows = put.listed && !put.plan.offer_rules.empty() && !change_.items.empty();
  if (follows) return keep_by_rule(known);
  for (const OfferIndex index : known.offers) keep(catalog_.offer(index).definition);
}

void Planner::keep(const OfferPut& known) {
  wanted_offers_[known.offer.value] = true;
  orders_ += static_cast<std::uint64_t>(known.stock);
}

void Planner::want(const CampaignPut& wanted, const Campaign* known,
                   const CampaignConfiguration& configured) {
  CampaignPut put = wanted;
  if (known != nullptr) {
    wanted_campaigns_[put.campaign.value] = true;
    check_currency(put, *known);
    check_source(put, *known);
  } else {
    put.campaign = {static_cast<std::uint32_t>(campaigns_)};
    ++campaigns_;
  }
  for (const OfferConfiguration& offer : configured.offers) want(put, known, offer);
  if (known == nullptr || !same(put, known->definition)) change_.campaigns.push_back(std::move(put));
}

void Planner::want(const CampaignPut& campaign, const Campaign* known, const OfferConfiguration& configured) {
  OfferPut put = offer_put_of(configured);
  put.campaign = campaign.campaign;
  orders_ += static_cast<std::uint64_t>(put.stock);

  const Offer* offer = known == nullptr ? nullptr : catalog_.find_offer(campaign.campaign, put.sku);
  if (offer == nullptr) {
    put.offer = {static_cast<std::uint32_t>(offers_)};
    ++offers_;
    change_.offers.push_back(std::move(put));
    return;
  }
  put.offer = offer->definition.offer;
  wanted_offers_[put.offer.value] = true;
  const std::int64_t committed = committed_[put.offer.value];
  if (put.stock < committed) {
    refuse("campaign " + campaign.id + ", sku " + put.sku + ": stock " + std::to_string(put.stock) +
           " is below the " + std::to_string(committed) + " units already sold or held");
  }
  put.released = released_still(campaign, known->definition, offer->definition, put.stock, committed);
  if (!same(put, offer->definition)) change_.offers.push_back(std::move(put));
}

void Planner::check_currency(const CampaignPut& wanted, const Campaign& known) {
  if (wanted.currency == known.definition.currency) return;
  const std::int64_t committed = committed_by_campaign_[known.definition.campaign.value];
  if (committed == 0) return;
  refuse("campaign " + wanted.id + ": currency cannot change from " + known.definition.currency + " to " +
         wanted.currency + ", " + std::to_string(committed) + " units are already sold or held");
}

// Units that are sold came from somewhere, and would be missing there or counted twice.
void Planner::check_source(const CampaignPut& wanted, const Campaign& known) {
  if (wanted.from_pool == known.definition.from_pool) return;
  const std::int64_t committed = committed_by_campaign_[known.definition.campaign.value];
  if (committed == 0) return;
  refuse("campaign " + wanted.id + ": from_pool cannot change, " + std::to_string(committed) +
         " units are already sold or held");
}

void Planner::keep_the_rest() {
  for (const Campaign& campaign : catalog_.campaigns()) {
    if (!wanted_campaigns_[campaign.definition.campaign.value]) keep(campaign);
  }
}

void Planner::keep_what_no_file_has() {
  for (const Campaign& campaign : catalog_.campaigns()) {
    const CampaignPut& put = campaign.definition;
    if (put.by_hand && !wanted_campaigns_[put.campaign.value] && !is_leaving(put.tenant)) keep(campaign);
  }
}

void Planner::withdraw_the_rest() {
  for (const Campaign& campaign : catalog_.campaigns()) {
    const CampaignPut& was = campaign.definition;
    if (wanted_campaigns_[was.campaign.value] || (!was.listed && was.file_definition == 0)) continue;
    change_.campaigns.push_back(was);
    change_.campaigns.back().listed = false;
    // No file has it any more. When one has it again, that is something new.
    change_.campaigns.back().file_definition = 0;
  }
  for (const Offer& offer : catalog_.offers()) {
    if (wanted_offers_[offer.definition.offer.value]) continue;
    orders_ += static_cast<std::uint64_t>(committed_[offer.definition.offer.value]);
    if (!offer.definition.listed) continue;
    change_.offers.push_back(offer.definition);
    change_.offers.back().listed = false;
  }
}

void Planner::check_bounds(std::uint64_t orders_reserved) {
  const auto check = [&](std::string_view what, std::size_t count, std::size_t max) {
    if (count <= max) return;
    refuse("the data folder would have " + std::to_string(count) + ' ' + std::string(what) +
           ", withdrawn ones included, and at most " + std::to_string(max) +
           " are possible: start a new data folder");
  };
  check("campaigns", campaigns_, kCampaignsMax);
  check("offers", offers_, kOffersMax);
  check("items", item_count_, kItemsMax);
  if (orders_ > orders_reserved) {
    refuse(std::to_string(orders_) + " orders are possible with this stock and the tables have room for " +
           std::to_string(orders_reserved) + ": restart with a larger server.max_orders");
  }
}

Result<CatalogChangeSet> Planner::finish(std::string_view what) && {
  if (reasons_.empty()) reasons_ = find_pool_faults(catalog_, change_);
  if (reasons_.empty()) return std::move(change_);
  std::string message = std::string(what) + " does not fit the data folder: ";
  for (std::size_t i = 0; i < reasons_.size(); ++i) message += (i == 0 ? "" : "; ") + reasons_[i];
  return fail(ErrorKind::configuration, std::move(message));
}

}  // namespace doorbuster
