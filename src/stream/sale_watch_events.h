#pragma once
// From single differences to events: those of one campaign together, so many in an event.

#include <string>

#include "doorbuster/catalog/catalog.h"
#include "stream/chunk.h"
#include "stream/event_text.h"
#include "stream/sale_watch.h"

namespace doorbuster {

ChunkPointer campaign_event(const Campaign& campaign, const CampaignView& view, Tick now);

// Offers of one campaign one after the other, or there are more events than needed.
class OffersWriter {
 public:
  OffersWriter(const Catalog& catalog, Tick now, Events& out) : catalog_(catalog), now_(now), out_(out) {}
  // `members` is not 0.
  void add(const Offer& offer, const OfferView& view, unsigned members);
  void finish();  // after the last one

 private:
  const Catalog& catalog_;
  const Tick now_;
  Events& out_;
  std::string text_;
  CampaignIndex campaign_;
  std::size_t offers_ = 0;  // of the event that is being written
};

}  // namespace doorbuster
