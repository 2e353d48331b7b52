#include "stream/snapshots.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "doorbuster/base/limits.h"

namespace doorbuster {

const Snapshot& Snapshots::of(CampaignIndex campaign, const SaleWatch& watch, const ChunkLog& log,
                              std::uint64_t& made) {
  Entry& entry = entries_[campaign.value];
  const bool usable = !entry.snapshot.pages.empty() && entry.snapshot.at + 1 >= log.first() &&
                      2 * entry.bytes_since <= entry.bytes;
  if (!usable) {
    entry = make(watch.catalog()->campaign(campaign), watch, log);
    ++made;
  }
  return entry.snapshot;
}

void Snapshots::count(const Chunk& chunk) {
  if (!chunk.scope().campaign) return;
  const auto entry = entries_.find(chunk.scope().campaign->value);
  if (entry != entries_.end()) entry->second.bytes_since += chunk.text().size();
}

Snapshots::Entry Snapshots::make(const Campaign& campaign, const SaleWatch& watch, const ChunkLog& log) {
  const CampaignPut& put = campaign.definition;
  Entry entry{.snapshot = {.at = log.last(), .pages = {}}};
  const std::size_t offers = campaign.offers.size();
  const std::size_t pages = offers == 0 ? 1 : (offers - 1) / kStreamEventOffersMax + 1;
  for (std::size_t page = 0; page < pages; ++page) {
    std::string text;
    begin_snapshot_event(text, put, watch.campaign(put.campaign), page + 1, pages);
    const std::size_t end = std::min(offers, (page + 1) * kStreamEventOffersMax);
    for (std::size_t i = page * kStreamEventOffersMax; i < end; ++i) {
      const OfferView& view = watch.offer(campaign.offers[i]);
      append_offer(text, watch.catalog()->offer(campaign.offers[i]).definition, view,
                   view.remaining == OfferView::kNotShown ? kAllMembers & ~kRemainingMember : kAllMembers);
    }
    end_offers_event(text);
    auto chunk =
        std::make_shared<Chunk>(ChunkScope{.tenant = put.tenant, .campaign = put.campaign}, std::move(text));
    chunk->end();
    entry.bytes += chunk->text().size();
    entry.snapshot.pages.push_back(std::move(chunk));
  }
  return entry;
}

}  // namespace doorbuster
