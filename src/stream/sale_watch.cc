#include "stream/sale_watch.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "stream/sale_watch_events.h"

namespace doorbuster {
namespace {

bool same(const CampaignView& a, const CampaignView& b) {
  if (a.listed != b.listed) return false;
  return !a.listed ||
         (a.phase.state == b.phase.state && a.phase.window == b.phase.window && a.revision == b.revision);
}

// Of an offer that was not there, all is new.
unsigned differences(const OfferView& told, const OfferView& now) {
  if (told.showing == Showing::withdrawn || now.showing == Showing::withdrawn) {
    if (told.showing == now.showing) return 0;
    if (now.showing == Showing::withdrawn) return kAvailabilityMember;
    return now.remaining == OfferView::kNotShown ? kAllMembers & ~kRemainingMember : kAllMembers;
  }
  return (told.price != now.price ? kPriceMember : 0) |
         (told.showing != now.showing ? kAvailabilityMember : 0) |
         (told.remaining != now.remaining ? kRemainingMember : 0);
}

}  // namespace

void SaleWatch::forget() {
  catalog_.reset();
  prepared_.reset();
  to_compare_.clear();
  campaigns_ = {};
  offers_ = {};
}

CampaignView SaleWatch::campaign_now(const Campaign& campaign, Tick now) const {
  return {.phase = campaign_phase(campaign.definition, now),
          .revision = campaign.revision,
          .listed = campaign.definition.listed};
}

Showing SaleWatch::showing_now(OfferIndex offer, const CampaignView& campaign) const {
  if (!campaign.active()) return Showing::not_on_sale;
  switch (board_.availability(offer)) {
    case Availability::all_held:
      return Showing::all_held;
    case Availability::sold_out:
      return Showing::sold_out;
    case Availability::stopped:
      return Showing::not_on_sale;
    default:
      return Showing::on_sale;
  }
}

OfferView SaleWatch::offer_now(const Offer& offer, const CampaignView& campaign, Tick now) const {
  const OfferPut& put = offer.definition;
  if (!put.listed || !campaign.listed) return {};
  OfferView view = {.price = offer.price(now), .showing = showing_now(put.offer, campaign)};
  if (catalog_->campaign(put.campaign).definition.show_remaining) {
    view.remaining = static_cast<std::uint32_t>(board_.remaining(put.offer));
  }
  return view;
}

void SaleWatch::set_catalog(CatalogPointer catalog, Tick now, Events& out) {
  const CatalogPointer before = std::exchange(catalog_, std::move(catalog));
  prepared_.reset();
  to_compare_.clear();
  campaigns_.resize(catalog_->campaigns().size());
  offers_.resize(catalog_->offers().size());
  compare_campaigns(before == nullptr, now, out);
  compare_offers(before.get(), now, out);
  instants_.read(*catalog_, now);
}

void SaleWatch::compare_campaigns(bool silently, Tick now, Events& out) {
  live_campaigns_.clear();
  for (const Campaign& campaign : catalog_->campaigns()) {
    const CampaignIndex index = campaign.definition.campaign;
    const CampaignView view = campaign_now(campaign, now);
    if (view.listed && view.phase.state != CampaignState::ended) live_campaigns_.push_back(index);
    CampaignView& told = campaigns_[index.value];
    if (!silently && !same(told, view)) out.push_back(campaign_event(campaign, view, now));
    told = view;
  }
}

void SaleWatch::compare_offers(const Catalog* before, Tick now, Events& out) {
  OffersWriter writer(*catalog_, now, out);
  for (const Offer& offer : catalog_->offers()) {
    const OfferPut& put = offer.definition;
    const CampaignView& campaign = campaigns_[put.campaign.value];
    const OfferView view = offer_now(offer, campaign, now);
    OfferView& told = offers_[put.offer.value];
    // With its campaign its offers are gone, and nobody says it of each.
    if (before != nullptr && campaign.listed) {
      unsigned members = differences(told, view);
      if (view.showing != Showing::withdrawn && put.offer.value < before->offers().size() &&
          before->offer(put.offer).definition.list_price != put.list_price) {
        members |= kListPriceMember;
      }
      if (members != 0) writer.add(offer, view, members);
    }
    told = view;
  }
  writer.finish();
}

void SaleWatch::take_changed(Tick now, Events& out) {
  std::vector<OfferIndex> changed = std::exchange(to_compare_, {});
  board_.take_changed(BoardReader::stream, static_cast<std::uint32_t>(offers_.size()),
                      [&changed](OfferIndex offer) { changed.push_back(offer); });
  if (changed.empty()) return;
  const auto campaign_of = [this](OfferIndex offer) { return catalog_->offer(offer).definition.campaign; };
  std::sort(changed.begin(), changed.end(), [&](OfferIndex a, OfferIndex b) {
    return std::pair(campaign_of(a), a) < std::pair(campaign_of(b), b);
  });
  OffersWriter writer(*catalog_, now, out);
  for (const OfferIndex index : changed) {
    const Offer& offer = catalog_->offer(index);
    const OfferView view = offer_now(offer, campaigns_[offer.definition.campaign.value], now);
    OfferView& told = offers_[index.value];
    if (const unsigned members = differences(told, view); members != 0) writer.add(offer, view, members);
    told = view;
  }
  writer.finish();
}

std::optional<Tick> SaleWatch::next_instant() const {
  return prepared_ ? std::optional(prepared_->at) : instants_.next();
}

// Prices, and what a campaign's state does to its offers: all that an instant decides. What the board says is
// told by take_changed() at any time, so that is left as it was told.
SaleWatch::Prepared SaleWatch::make_instant(Tick at) {
  Instants::Due due;
  instants_.take(*catalog_, at, due);
  Prepared prepared{.at = at, .events = {}, .campaigns = {}, .offers = {}};
  std::sort(due.campaigns.begin(), due.campaigns.end());
  std::vector<std::pair<CampaignIndex, OfferIndex>> offers;
  for (const OfferIndex offer : due.offers)
    offers.push_back({catalog_->offer(offer).definition.campaign, offer});
  for (const CampaignIndex index : due.campaigns) {
    const Campaign& campaign = catalog_->campaign(index);
    const CampaignView view = campaign_now(campaign, at);
    if (same(campaigns_[index.value], view)) continue;
    prepared.events.push_back(campaign_event(campaign, view, at));
    prepared.campaigns.push_back({index, view});
    if (view.active() == campaigns_[index.value].active()) continue;
    for (const OfferIndex offer : campaign.offers) offers.push_back({index, offer});
  }
  std::sort(offers.begin(), offers.end());
  offers.erase(std::unique(offers.begin(), offers.end()), offers.end());

  OffersWriter writer(*catalog_, at, prepared.events);
  auto changing = prepared.campaigns.begin();
  for (const auto& [campaign, index] : offers) {
    while (changing != prepared.campaigns.end() && changing->first < campaign) ++changing;
    const bool changes = changing != prepared.campaigns.end() && changing->first == campaign;
    const Offer& offer = catalog_->offer(index);
    const OfferView& told = offers_[index.value];
    OfferView view = told;
    view.price = offer.price(at);
    if (changes) view.showing = showing_now(index, changing->second);
    const unsigned members = differences(told, view);
    if (members == 0) continue;
    writer.add(offer, view, members);
    prepared.offers.push_back({index, view, members});
  }
  writer.finish();
  return prepared;
}

bool SaleWatch::prepare(Deflater* deflater) {
  if (prepared_ || catalog_ == nullptr || !instants_.next()) return false;
  prepared_ = make_instant(*instants_.next());
  if (deflater != nullptr) {
    for (const ChunkPointer& event : prepared_->events) event->pack(*deflater);
  }
  return true;
}

void SaleWatch::tell(Prepared&& prepared, Events& out) {
  out.insert(out.end(), std::make_move_iterator(prepared.events.begin()),
             std::make_move_iterator(prepared.events.end()));
  for (const auto& [index, view] : prepared.campaigns) campaigns_[index.value] = view;
  for (const auto& [index, view, members] : prepared.offers) {
    OfferView& told = offers_[index.value];
    told.price = view.price;
    if ((members & kAvailabilityMember) == 0) continue;
    told.showing = view.showing;
    to_compare_.push_back(index);  // the board may have moved since it was prepared
  }
}

std::optional<Tick> SaleWatch::pass_instants(Tick now, Events& out) {
  const std::size_t before = out.size();
  std::optional<Tick> first;
  if (prepared_ && prepared_->at <= now) {
    first = prepared_->at;
    tell(std::move(*prepared_), out);
    prepared_.reset();
  }
  if (!prepared_ && is_due(now)) {
    if (!first) first = instants_.next();
    tell(make_instant(now), out);
  }
  return out.size() == before ? std::nullopt : first;
}

}  // namespace doorbuster
