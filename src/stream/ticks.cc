#include "stream/ticks.h"

#include <memory>
#include <string>
#include <utility>

#include "doorbuster/base/limits.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kTickNs = kNsPerSecond;

}  // namespace

void Ticks::renew(Tick now, std::int64_t now_ns) {
  if (now_ns < next_ns_) return;
  next_ns_ = now_ns + kTickNs;
  now_ = now;
  made_.clear();
  ++number_;
}

const std::vector<ChunkPointer>& Ticks::current(const Subscription& wants) {
  const auto [at, is_new] = made_.try_emplace({wants.tenant, wants.campaign});
  if (is_new) at->second = make(wants, now_);
  return at->second;
}

std::vector<ChunkPointer> Ticks::make(const Subscription& wants, Tick now) const {
  std::vector<ChunkPointer> chunks;
  std::string text;
  std::size_t campaigns = 0;
  const auto finish = [&] {
    if (campaigns == 0) return;
    end_offers_event(text);
    auto chunk = std::make_shared<Chunk>(ChunkScope{.tenant = wants.tenant}, std::exchange(text, {}));
    chunk->end();
    chunks.push_back(std::move(chunk));
    campaigns = 0;
  };
  for (const CampaignIndex index : watch_.live_campaigns()) {
    const CampaignPut& put = watch_.catalog()->campaign(index).definition;
    const CampaignView& view = watch_.campaign(index);
    if (put.tenant != wants.tenant || (wants.campaign && *wants.campaign != index)) continue;
    if (view.phase.state == CampaignState::ended) continue;
    if (campaigns == 0) begin_tick_event(text, now);
    append_tick_campaign(text, put, view, now);
    if (++campaigns == kStreamEventOffersMax) finish();
  }
  finish();
  return chunks;
}

}  // namespace doorbuster
