#include "doorbuster/engine/alert_tracker.h"

#include <utility>

namespace doorbuster {
namespace {

constexpr AlertKind kOfferKinds[] = {AlertKind::low_stock, AlertKind::sold_out, AlertKind::all_held};

}  // namespace

std::int64_t low_stock_mark(const CampaignPut& campaign, const OfferPut& offer, std::int64_t allocated) {
  const LowStock& mark = offer.plan.low_stock.is_set() ? offer.plan.low_stock : campaign.plan.low_stock;
  if (!mark.is_set()) return -1;
  return std::max(mark.units, allocated * std::int64_t{mark.basis_points} / kBasisPointsMax);
}

AlertTracker::AlertTracker(const FigureSource& source, Tick since, std::span<const Alert> raised)
    : source_(source), now_(since) {
  const auto mark = [](std::vector<Bits>& all, std::size_t index, AlertKind kind) {
    if (index >= all.size()) all.resize(index + 1, 0);
    all[index] |= bit(kind);
  };
  for (const Alert& alert : raised) {
    if (alert.offer) {
      mark(offers_, alert.offer->value, alert.kind);
    } else {
      mark(campaigns_, alert.campaign.value, alert.kind);
    }
  }
}

void AlertTracker::install(CatalogPointer catalog, Tick now, std::vector<Alert>& out) {
  // By the old catalog up to here; what the new one says of the past never was. The first one is what stood
  // while nobody looked.
  Tick seen = now_;
  if (catalog_ != nullptr) {
    look_at_campaigns(now, out);
    seen = now_;
  }
  now_ = std::max(now_, now);
  catalog_ = std::move(catalog);
  // Never fewer than before: definitions are for ever.
  campaigns_.resize(catalog_->campaigns().size(), 0);
  is_open_.resize(catalog_->campaigns().size(), false);
  instants_.resize(catalog_->campaigns().size(), kNoEnd);
  offers_.resize(catalog_->offers().size(), 0);
  for (const Campaign& campaign : catalog_->campaigns()) look_at_windows(campaign, seen, out);
  for (const Offer& offer : catalog_->offers()) look_at_offer(offer.definition, out);
  next_instant_ = instants_.empty() ? kNoEnd : *std::min_element(instants_.begin(), instants_.end());
}

void AlertTracker::look_at_campaigns(Tick now, std::vector<Alert>& out) {
  const Tick seen = now_;
  now_ = std::max(now_, now);
  if (now_ < next_instant_) return;
  for (const Campaign& campaign : catalog_->campaigns()) {
    if (now_ < instants_[campaign.definition.campaign.value]) continue;
    look_at_windows(campaign, seen, out);
    for (const OfferIndex offer : campaign.offers) look_at_offer(catalog_->offer(offer).definition, out);
  }
  next_instant_ = *std::min_element(instants_.begin(), instants_.end());
}

void AlertTracker::look_at_windows(const Campaign& campaign, Tick seen, std::vector<Alert>& out) {
  bool is_open = false;
  Tick next = kNoEnd;
  const CampaignPut& put = campaign.definition;
  const bool waits_for_stock = put.from_pool && !put.armed;
  if (put.listed && !waits_for_stock) {
    for (const Window& window : selling_windows(put)) {
      if (window.to <= seen || window.to <= window.from) continue;
      if (window.from > now_) {
        next = window.from;
        break;
      }
      is_open = now_ < window.to;
      open(campaign, window.from > seen || !is_open ? window.from : now_, out);
      if (is_open) {
        next = window.to;
        break;
      }
      close(campaign, window.to, out);
    }
  }
  if (!is_open) close(campaign, now_, out);  // before its time, or withdrawn
  is_open_[put.campaign.value] = is_open;
  instants_[put.campaign.value] = next;
}

void AlertTracker::open(const Campaign& campaign, Tick at, std::vector<Alert>& out) {
  set(campaign, AlertKind::campaign_ended, false, at, out);
  set(campaign, AlertKind::campaign_started, true, at, out);
}

void AlertTracker::close(const Campaign& campaign, Tick at, std::vector<Alert>& out) {
  const bool had_opened =
      (campaigns_[campaign.definition.campaign.value] & bit(AlertKind::campaign_started)) != 0;
  if (!had_opened) return;
  set(campaign, AlertKind::campaign_started, false, at, out);
  set(campaign, AlertKind::campaign_ended, true, at, out);
}

void AlertTracker::set(const Campaign& campaign, AlertKind kind, bool raised, Tick at,
                       std::vector<Alert>& out) {
  Bits& bits = campaigns_[campaign.definition.campaign.value];
  if (((bits & bit(kind)) != 0) == raised) return;
  bits ^= bit(kind);
  Alert& alert = out.emplace_back();
  alert.kind = kind;
  alert.raised = raised;
  alert.campaign = campaign.definition.campaign;
  alert.at = at;
  for (const OfferIndex offer : campaign.offers) {
    const OfferStock stock = source_.figures(offer).stock;
    alert.allocated += stock.allocated;
    alert.available += stock.available;
    alert.held += stock.held;
    alert.sold += stock.sold;
  }
}

void AlertTracker::look_at_offer(OfferIndex offer, Tick now, std::vector<Alert>& out) {
  look_at_campaigns(now, out);
  look_at_offer(catalog_->offer(offer).definition, out);
}

void AlertTracker::look_at_offer(const OfferPut& offer, std::vector<Alert>& out) {
  Bits& bits = offers_[offer.offer.value];
  if (bits == 0 && !is_open_[offer.campaign.value]) return;
  const OfferFigures figures = source_.figures(offer.offer);
  const Bits after = conditions(offer, figures, bits);
  for (const bool raised : {false, true}) {  // first what is over
    for (const AlertKind kind : kOfferKinds) {
      if (((bits ^ after) & bit(kind)) == 0 || ((after & bit(kind)) != 0) != raised) continue;
      const OfferStock& stock = figures.stock;
      out.push_back({.kind = kind,
                     .raised = raised,
                     .campaign = offer.campaign,
                     .offer = offer.offer,
                     .at = now_,
                     .allocated = stock.allocated,
                     .available = stock.available,
                     .held = stock.held,
                     .sold = stock.sold});
    }
  }
  bits = after;
}

AlertTracker::Bits AlertTracker::conditions(const OfferPut& offer, const OfferFigures& figures,
                                            Bits before) const {
  if (!is_open_[offer.campaign.value] || !offer.listed) return 0;
  Bits now = 0;
  if (figures.availability == Availability::sold_out) now |= bit(AlertKind::sold_out);
  if (figures.availability == Availability::all_held) now |= bit(AlertKind::all_held);
  const CampaignPut& campaign = catalog_->campaign(offer.campaign).definition;
  const std::int64_t mark = low_stock_mark(campaign, offer, figures.stock.allocated);
  if (mark < 0) return now;
  const bool was_low = (before & bit(AlertKind::low_stock)) != 0;
  const bool is_low = was_low ? figures.stock.available <= mark + low_stock_step(mark)
                              : figures.stock.available <= mark && (now & bit(AlertKind::sold_out)) == 0;
  if (is_low) now |= bit(AlertKind::low_stock);
  return now;
}

}  // namespace doorbuster
