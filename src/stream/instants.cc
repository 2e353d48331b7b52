#include "stream/instants.h"

#include <algorithm>

namespace doorbuster {
namespace {

// Of what a subscriber sees: the window that a campaign stands in or before begins or ends.
std::optional<Tick> next_edge(const Campaign& campaign, Tick now) {
  if (!campaign.definition.listed) return std::nullopt;
  const Window window = campaign_phase(campaign.definition, now).window;
  if (now < window.from) return window.from;
  return now < window.to ? std::optional(window.to) : std::nullopt;
}

std::optional<Tick> next_step(const Catalog& catalog, const Offer& offer, Tick now) {
  if (offer.prices.empty() || !offer.definition.listed) return std::nullopt;
  if (!catalog.campaign(offer.definition.campaign).definition.listed) return std::nullopt;
  const std::optional<PricePoint> point = next_price(offer.prices, now);
  return point ? std::optional(point->from) : std::nullopt;
}

}  // namespace

void Instants::put(const Catalog& catalog, std::uint32_t index, bool is_campaign, Tick now) {
  const auto at = is_campaign ? next_edge(catalog.campaign({index}), now)
                              : next_step(catalog, catalog.offer({index}), now);
  if (at) queue_.push_back({*at, index, is_campaign});
}

void Instants::read(const Catalog& catalog, Tick now) {
  queue_.clear();
  for (std::uint32_t i = 0; i < catalog.campaigns().size(); ++i) put(catalog, i, true, now);
  for (std::uint32_t i = 0; i < catalog.offers().size(); ++i) put(catalog, i, false, now);
  std::make_heap(queue_.begin(), queue_.end(), later);
}

void Instants::take(const Catalog& catalog, Tick at, Due& due) {
  while (!queue_.empty() && queue_.front().at <= at) {
    std::pop_heap(queue_.begin(), queue_.end(), later);
    const Entry entry = queue_.back();
    queue_.pop_back();
    entry.is_campaign ? due.campaigns.push_back({entry.index}) : due.offers.push_back({entry.index});
    const std::size_t before = queue_.size();
    put(catalog, entry.index, entry.is_campaign, at);
    if (queue_.size() != before) std::push_heap(queue_.begin(), queue_.end(), later);
  }
}

}  // namespace doorbuster
