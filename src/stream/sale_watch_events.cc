#include "stream/sale_watch_events.h"

#include <memory>
#include <utility>

#include "doorbuster/base/limits.h"

namespace doorbuster {

ChunkPointer campaign_event(const Campaign& campaign, const CampaignView& view, Tick now) {
  const CampaignPut& put = campaign.definition;
  std::string text;
  append_campaign_event(text, put, view, now);
  return std::make_shared<Chunk>(ChunkScope{.tenant = put.tenant, .campaign = put.campaign}, std::move(text));
}

void OffersWriter::add(const Offer& offer, const OfferView& view, unsigned members) {
  const CampaignIndex campaign = offer.definition.campaign;
  if (offers_ == kStreamEventOffersMax || (offers_ != 0 && campaign != campaign_)) finish();
  if (offers_ == 0) {
    campaign_ = campaign;
    begin_offers_event(text_, catalog_.campaign(campaign).definition, now_);
  }
  append_offer(text_, offer.definition, view, members);
  ++offers_;
}

void OffersWriter::finish() {
  if (offers_ == 0) return;
  end_offers_event(text_);
  const TenantId tenant = catalog_.campaign(campaign_).definition.tenant;
  out_.push_back(
      std::make_shared<Chunk>(ChunkScope{.tenant = tenant, .campaign = campaign_}, std::move(text_)));
  text_.clear();
  offers_ = 0;
}

}  // namespace doorbuster
