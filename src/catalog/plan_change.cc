// From the catalog that a data folder has to the one that a configuration asks for.

#include <tuple>
#include <utility>

#include "doorbuster/base/check.h"
#include "doorbuster/catalog/campaign_action.h"
#include "doorbuster/catalog/configuration.h"

namespace doorbuster {
namespace {

bool same(const CampaignPut& a, const CampaignPut& b) {
  const auto all = [](const CampaignPut& c) {
    return std::tie(c.campaign, c.tenant, c.starts_at, c.ends_at, c.hold_seconds, c.hold_max_seconds,
                    c.limit_per_buyer, c.limit_per_buyer_total, c.on_payment_failed, c.grace_seconds,
                    c.waitlist, c.offer_seconds, c.listed, c.show_remaining, c.id, c.name, c.currency,
                    c.paused, c.ended_at, c.file_definition, c.by_hand, c.plan);
  };
  return all(a) == all(b);
}

bool same(const OfferPut& a, const OfferPut& b) {
  const auto all = [](const OfferPut& o) {
    return std::tie(o.offer, o.campaign, o.stock, o.list_price, o.price, o.listed, o.sku, o.plan);
  };
  return all(a) == all(b);
}

class Planner {
 public:
  Planner(const Catalog& catalog, const std::vector<std::int64_t>& committed)
      : catalog_(catalog),
        committed_(committed),
        committed_by_campaign_(catalog.campaigns().size(), 0),
        wanted_campaigns_(catalog.campaigns().size(), false),
        wanted_offers_(catalog.offers().size(), false),
        campaigns_(catalog.campaigns().size()),
        offers_(catalog.offers().size()) {
    DOORBUSTER_CHECK(committed.size() == catalog.offers().size());
    for (const Offer& offer : catalog.offers()) {
      committed_by_campaign_[offer.definition.campaign.value] += committed[offer.definition.offer.value];
    }
  }

  void want(const CampaignConfiguration& configured);
  // After all that is wanted.
  void withdraw_the_rest();
  void check_bounds(std::uint64_t orders_reserved);
  Result<CatalogChangeSet> finish() &&;

 private:
  void want(const CampaignPut& campaign, const Campaign* known, const OfferConfiguration& configured);
  bool was_changed_by_hand_since(const CampaignConfiguration& configured, const Campaign& known) const;
  void keep(const Campaign& known);
  void check_currency(const CampaignPut& wanted, const Campaign& known);
  void refuse(std::string reason) { reasons_.push_back(std::move(reason)); }

  const Catalog& catalog_;
  const std::vector<std::int64_t>& committed_;
  std::vector<std::int64_t> committed_by_campaign_;     // withdrawn offers included: their orders were paid
  std::vector<bool> wanted_campaigns_, wanted_offers_;  // by index, of those that exist
  std::size_t campaigns_, offers_;                      // how many there will be
  std::uint64_t orders_ = 0;                            // how many there can come to be
  CatalogChangeSet change_;
  std::vector<std::string> reasons_;
};

OfferPut offer_of(const OfferConfiguration& configured) {
  OfferPut put;
  put.stock = configured.stock;
  put.list_price = configured.list_price;
  put.price = configured.price;
  put.sku = configured.sku;
  put.plan = configured.plan;
  return put;
}

// Whether the file asks for other times than the campaign was ended in. Rules of time zones that changed, or
// the end from before somebody moved it by hand, are not the file's doing: what was ended is not to open
// again by itself.
bool brings_another_window(const CampaignPut& file, const CampaignPut& known) {
  if (!file.plan.schedule.empty() && file.plan.schedule == known.plan.schedule) return false;
  std::vector<Window> wanted = selling_windows(file), had = known.plan.windows;
  if (had.empty()) had.push_back({known.starts_at, known.ends_at});
  const bool was_extended = known.file_definition != 0 && wanted.back().to < had.back().to;
  if (was_extended) wanted.back().to = had.back().to;
  return wanted != had;
}

// The file's campaign as it was when somebody changed it by hand: the file has said nothing new since.
bool Planner::was_changed_by_hand_since(const CampaignConfiguration& configured,
                                        const Campaign& known) const {
  if (known.definition.file_definition == 0 || !known.definition.listed) return false;
  std::uint64_t hash = definition_hash(campaign_put_of(configured));
  for (const OfferConfiguration& offer : configured.offers) hash += definition_hash(offer_of(offer));
  return hash == known.definition.file_definition;
}

void Planner::keep(const Campaign& known) {
  wanted_campaigns_[known.definition.campaign.value] = true;
  for (const OfferIndex index : known.offers) {
    wanted_offers_[index.value] = true;
    orders_ += static_cast<std::uint64_t>(catalog_.offer(index).definition.stock);
  }
}

void Planner::want(const CampaignConfiguration& configured) {
  CampaignPut put = campaign_put_of(configured);
  const Campaign* known = catalog_.find_campaign(put.tenant, put.id);
  if (known != nullptr && was_changed_by_hand_since(configured, *known)) return keep(*known);
  if (known != nullptr) {
    put.campaign = known->definition.campaign;
    put.paused = known->definition.paused;
    if (!brings_another_window(put, known->definition)) put.ended_at = known->definition.ended_at;
    wanted_campaigns_[put.campaign.value] = true;
    check_currency(put, *known);
  } else {
    put.campaign = {static_cast<std::uint32_t>(campaigns_)};
    ++campaigns_;
  }
  if (known == nullptr || !same(put, known->definition)) change_.campaigns.push_back(put);
  for (const OfferConfiguration& offer : configured.offers) want(put, known, offer);
}

void Planner::want(const CampaignPut& campaign, const Campaign* known, const OfferConfiguration& configured) {
  OfferPut put = offer_of(configured);
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
  if (!same(put, offer->definition)) change_.offers.push_back(std::move(put));
}

void Planner::check_currency(const CampaignPut& wanted, const Campaign& known) {
  if (wanted.currency == known.definition.currency) return;
  const std::int64_t committed = committed_by_campaign_[known.definition.campaign.value];
  if (committed == 0) return;
  refuse("campaign " + wanted.id + ": currency cannot change from " + known.definition.currency + " to " +
         wanted.currency + ", " + std::to_string(committed) + " units are already sold or held");
}

void Planner::withdraw_the_rest() {
  for (const Campaign& campaign : catalog_.campaigns()) {
    if (campaign.definition.by_hand && !wanted_campaigns_[campaign.definition.campaign.value]) keep(campaign);
  }
  for (const Campaign& campaign : catalog_.campaigns()) {
    if (wanted_campaigns_[campaign.definition.campaign.value] || !campaign.definition.listed) continue;
    change_.campaigns.push_back(campaign.definition);
    change_.campaigns.back().listed = false;
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
  if (orders_ > orders_reserved) {
    refuse(std::to_string(orders_) + " orders are possible with this stock and the tables have room for " +
           std::to_string(orders_reserved) + ": restart with a larger server.max_orders");
  }
}

Result<CatalogChangeSet> Planner::finish() && {
  if (reasons_.empty()) return std::move(change_);
  std::string message = "the configuration does not fit the data folder: ";
  for (std::size_t i = 0; i < reasons_.size(); ++i) message += (i == 0 ? "" : "; ") + reasons_[i];
  return fail(ErrorKind::configuration, std::move(message));
}

}  // namespace

CampaignPut campaign_put_of(const CampaignConfiguration& configured) {
  CampaignPut put;
  put.tenant = kDefaultTenant;
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
  put.id = configured.id;
  put.name = configured.name;
  put.currency = configured.currency;
  put.plan = configured.plan;
  return put;
}

Result<CatalogChangeSet> plan_change(const Catalog& catalog, const std::vector<std::int64_t>& committed,
                                     const std::vector<CampaignConfiguration>& campaigns,
                                     std::uint64_t orders_reserved) {
  Planner planner(catalog, committed);
  for (const CampaignConfiguration& campaign : campaigns) planner.want(campaign);
  planner.withdraw_the_rest();
  planner.check_bounds(orders_reserved);
  return std::move(planner).finish();
}

}  // namespace doorbuster
