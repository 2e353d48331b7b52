#include "doorbuster/engine/channel_quotas.h"

#include <tuple>

namespace doorbuster {

bool ChannelQuotas::set(OfferIndex offer, const std::vector<ChannelQuota>& quotas) {
  auto& counters = counters_[offer.value];
  const auto had = of(offer);
  const bool same = std::equal(had.begin(), had.end(), quotas.begin(), quotas.end(),
                               [](const Counter& a, const ChannelQuota& b) { return a.quota == b; });
  if (same) return false;
  counters = quotas.empty() ? nullptr : std::make_unique<Counters>();
  for (const ChannelQuota& quota : quotas) counters->push_back({.quota = quota});
  return true;
}

void ChannelQuotas::arm() {
  ends_.clear();
  for (std::uint32_t i = 0; i < counters_.size(); ++i) {
    for (const Counter& counter : of({i})) ends_.push_back({counter.quota.until, {i}});
  }
  std::sort(ends_.begin(), ends_.end(),
            [](const End& a, const End& b) { return std::tie(b.at, b.offer) < std::tie(a.at, a.offer); });
}

std::optional<OfferIndex> ChannelQuotas::ended(Tick now) {
  if (ends_.empty() || ends_.back().at > now) return std::nullopt;
  const OfferIndex offer = ends_.back().offer;
  ends_.pop_back();
  return offer;
}

std::span<const ChannelQuotas::Counter> ChannelQuotas::of(OfferIndex offer) const {
  const Counters* counters = counters_[offer.value].get();
  return counters == nullptr ? std::span<const Counter>() : std::span<const Counter>(*counters);
}

ChannelQuotas::Counter* ChannelQuotas::find(OfferIndex offer, std::string_view channel) {
  Counters* counters = counters_[offer.value].get();
  if (counters == nullptr || channel.empty()) return nullptr;
  const auto found = std::find_if(counters->begin(), counters->end(),
                                  [&](const Counter& counter) { return counter.quota.channel == channel; });
  return found == counters->end() ? nullptr : &*found;
}

std::int64_t ChannelQuotas::open_to(OfferIndex offer, std::string_view channel, std::int64_t available,
                                    Tick now) const {
  std::int64_t own = 0, others = 0;
  for (const Counter& counter : of(offer)) {
    (counter.quota.channel == channel ? own : others) += counter.kept(now);
  }
  // The second is the larger one only where less is left than is kept.
  return std::max(available - others, std::min(own, available));
}

std::int64_t ChannelQuotas::open_past_line(OfferIndex offer, std::string_view channel, std::int64_t available,
                                           Tick now) const {
  for (const Counter& counter : of(offer)) {
    if (counter.quota.channel != channel) continue;
    return counter.waiting != 0 ? 0 : std::min(counter.kept(now), available);
  }
  return 0;
}

std::optional<Tick> ChannelQuotas::next_end_for(OfferIndex offer, std::string_view channel, Tick now) const {
  std::optional<Tick> next;
  for (const Counter& counter : of(offer)) {
    if (counter.quota.channel == channel || counter.kept(now) == 0) continue;
    next = std::min(next.value_or(counter.quota.until), counter.quota.until);
  }
  return next;
}

}  // namespace doorbuster
