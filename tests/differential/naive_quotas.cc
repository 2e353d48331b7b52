// The obvious twin's quotas: what is kept for a channel is counted from the orders whenever somebody asks.

#include <algorithm>

#include "differential/naive_shop.h"

namespace doorbuster {

std::int64_t NaiveShop::kept(const NaiveOffer& offer, const std::string& channel, Tick now) const {
  std::int64_t kept = 0;
  for (const ChannelQuota& quota : offer.rules.plan.channel_quotas) {
    if (quota.channel == channel && now < quota.until) kept = quota.units;
  }
  visit_units(offer, [&](const NaiveOrder& order, const NaivePart* part) {
    if (order.asked.channel != channel || order.is_forgotten) return;
    const OrderStatus status = status_at(order, now);
    if (status == OrderStatus::held) kept -= quantity(order, part);
    if (status != OrderStatus::confirmed) return;
    kept -= part == nullptr ? order.confirmed - order.restocked : part->quantity - part->restocked;
  });
  return std::max<std::int64_t>(kept, 0);
}

std::int64_t NaiveShop::open_to(const NaiveOffer& offer, const std::string& channel, Tick now) const {
  std::int64_t open = available(offer, now);
  for (const ChannelQuota& quota : offer.rules.plan.channel_quotas) {
    if (quota.channel != channel) open -= kept(offer, quota.channel, now);
  }
  // Where a change has left less than is kept, whoever of them comes first.
  return std::max(open, std::min(kept(offer, channel, now), available(offer, now)));
}

std::int64_t NaiveShop::open_to_newcomer(const NaiveOffer& offer, const std::string& channel,
                                         Tick now) const {
  if (offer.line.empty()) return open_to(offer, channel, now);
  for (const std::uint64_t number : offer.line) {
    if (offer.orders[number - 1].asked.channel == channel) return 0;
  }
  return std::min(kept(offer, channel, now), available(offer, now));
}

std::optional<Tick> NaiveShop::first_back(const NaiveOffer& offer, const NaiveBuy& wanted,
                                          std::uint32_t quantity, Tick now) const {
  std::optional<Tick> first;
  const auto look = [&](Tick at) { first = std::min(first.value_or(at), at); };
  visit_units(offer, [&](const NaiveOrder& order, const NaivePart*) {
    if (status_at(order, now) == OrderStatus::held) look(order.expires_at);
  });
  const std::int64_t there = available(offer, now);
  if (there <= 0 || (held(offer, now) == 0 && there < quantity)) return first;
  for (const ChannelQuota& quota : offer.rules.plan.channel_quotas) {
    if (quota.channel != wanted.channel && kept(offer, quota.channel, now) > 0) look(quota.until);
  }
  return first;
}

// Somebody in the line gets units, or can never have any and leaves. False: nobody does.
bool NaiveShop::serve_first(const NaiveCampaign& campaign, NaiveOffer& offer, Tick now) {
  const auto serve = [&](std::uint64_t number, std::int64_t units) {
    NaiveOrder& order = offer.orders[number - 1];
    const bool never = offer.rules.stock - sold(offer) < order.asked.quantity;
    if (!never && units < order.asked.quantity) return false;
    offer.line.erase(std::find(offer.line.begin(), offer.line.end(), number));
    order.status = never ? OrderStatus::cancelled : OrderStatus::held;
    if (never) order.since = now;
    if (never) return true;
    order.was_offered = true;
    order.held_at = now;
    order.expires_at = {now.ns + std::max(campaign.rules.offer_seconds, 1U) * kNsPerSecond};
    return true;
  };
  const auto channel_of = [&](std::uint64_t number) { return offer.orders[number - 1].asked.channel; };
  const std::uint64_t head = offer.line.front();
  if (serve(head, open_to(offer, channel_of(head), now))) return true;
  // It cannot have what is kept for others, so it is in nobody's way there.
  for (const ChannelQuota& quota : offer.rules.plan.channel_quotas) {
    const std::int64_t units = std::min(kept(offer, quota.channel, now), available(offer, now));
    const auto first = std::find_if(offer.line.begin(), offer.line.end(), [&](std::uint64_t number) {
      return channel_of(number) == quota.channel;
    });
    if (units > 0 && first != offer.line.end() && serve(*first, units)) return true;
  }
  return false;
}

bool NaiveShop::ends_quota(const NaiveOffer& offer, Tick after, Tick now) {
  const std::vector<ChannelQuota>& quotas = offer.rules.plan.channel_quotas;
  return std::any_of(quotas.begin(), quotas.end(),
                     [&](const ChannelQuota& quota) { return quota.until > after && quota.until <= now; });
}

void NaiveShop::end_quotas(Tick after, Tick now) {
  for (auto& [name, offer] : offers_) {
    if (ends_quota(offer, after, now)) serve_line(campaigns_[name.first], offer, now);
  }
}

bool NaiveShop::depends_on_timer(Tick after, Tick now) const {
  return std::any_of(offers_.begin(), offers_.end(), [&](const auto& entry) {
    const NaiveOffer& offer = entry.second;
    return ends_quota(offer, after, now) && !offer.line.empty() && has_run_out(offer, now);
  });
}

}  // namespace doorbuster
