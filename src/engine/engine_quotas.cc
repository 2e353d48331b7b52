// Quotas of channels: what a buy of a channel can have, and what that rests on.

#include <algorithm>

#include "doorbuster/base/check.h"
#include "doorbuster/engine/engine.h"

namespace doorbuster {
namespace {

// Scope of keyed_hash(), with the offer's index below it.
constexpr std::uint64_t kChannelScope = 3ULL << 32;

}  // namespace

std::int64_t Engine::open_under_quotas(OfferIndex offer, std::string_view channel, Tick now) const {
  const OfferState& state = offers_[offer.value];
  return state.has_line ? quotas_.open_past_line(offer, channel, state.available(), now)
                        : quotas_.open_to(offer, channel, state.available(), now);
}

// Until when units that would do are kept from a buy that cannot have any; zero: that is not what is in its
// way.
Tick Engine::kept_from(const Buy& buy, Tick now) const {
  const OfferState& offer = offers_[buy.offer.value];
  if (!offer.has_quotas || offer.available() <= 0) return {};
  if (offer.held == 0 && offer.available() < buy.quantity) return {};
  return quotas_.next_end_for(buy.offer, buy.channel, now).value_or(Tick{});
}

Availability Engine::availability(OfferIndex index, Tick now) const {
  const OfferState& offer = offers_[index.value];
  if (tallies_[index.value].is_broken) return Availability::stopped;
  if (offer.open() > 0) return Availability::on_sale;
  if (offer.is_gone()) return Availability::sold_out;
  if (!offer.has_quotas || now >= offer.ends_at) return Availability::all_held;
  const auto quotas = quotas_.of(index);
  const bool past_line =
      offer.available() > 0 && std::any_of(quotas.begin(), quotas.end(), [&](const auto& counter) {
        return counter.waiting == 0 && counter.kept(now) > 0;
      });
  return past_line ? Availability::on_sale : Availability::all_held;
}

// The first in the line goes first. Units that are kept from it go to the first of those for whom they are
// kept.
std::optional<OrderEvent> Engine::next_offer_under_quotas(OfferIndex index, Tick now) const {
  const std::int64_t available = offers_[index.value].available();
  const OrderSlot first = *lines_.first(index);
  const std::int64_t open = quotas_.open_to(index, store_.channel(first), available, now);
  if (auto event = offer_to(first, open, now)) return event;
  for (const ChannelQuotas::Counter& counter : quotas_.of(index)) {
    const std::int64_t kept = std::min(counter.kept(now), available);
    if (counter.waiting == 0 || kept == 0) continue;
    const auto of_channel = lines_.find_first(
        index, [&](OrderSlot slot) { return store_.channel(slot) == counter.quota.channel; });
    if (auto event = offer_to(*of_channel, kept, now)) return event;
  }
  return std::nullopt;
}

Hash128 Engine::channel_key(OfferIndex offer, std::string_view channel) const {
  return keyed_hash(options_.table_key, kChannelScope + offer.value, channel);
}

void Engine::count_reserved(OfferIndex offer, std::string_view channel, std::int64_t units) {
  if (channel.empty()) return;
  const auto reserved = reserved_by_channel_.try_emplace(channel_key(offer, channel)).first;
  reserved->second += units;
  DOORBUSTER_CHECK(reserved->second >= 0);
  if (reserved->second == 0) reserved_by_channel_.erase(reserved);
  if (offers_[offer.value].has_quotas) quotas_.add_taken(offer, channel, units);
}

void Engine::count_place(OrderSlot slot, std::int32_t places) {
  const OfferIndex offer = store_.offer(slot);
  if (offers_[offer.value].has_quotas) quotas_.add_waiting(offer, store_.channel(slot), places);
}

std::int64_t Engine::units_in_stock(OrderSlot slot) const {
  const OrderRow& row = store_.row(slot);
  if (row.lines != 0 || row.status == OrderStatus::waiting) return 0;
  return live_units(slot) + (row.has_life ? store_.life(slot).written_off : 0);
}

bool Engine::install_quotas(const Offer& offer) {
  const OfferPut& definition = offer.definition;
  offers_[definition.offer.value].has_quotas = !definition.plan.channel_quotas.empty();
  return quotas_.set(definition.offer, definition.plan.channel_quotas);
}

// Adds what the orders of these offers come to, and what baskets that are being decided have reserved.
// REQUIRES: the counters are zero.
void Engine::count_quotas(const std::vector<bool>& offers, ChannelQuotas& quotas) const {
  store_.visit([&](OrderSlot slot) {
    const OfferIndex offer = store_.offer(slot);
    if (!offers[offer.value] || store_.row(slot).lines != 0) return;
    quotas.add_taken(offer, store_.channel(slot), units_in_stock(slot));
    if (store_.row(slot).status == OrderStatus::waiting) quotas.add_waiting(offer, store_.channel(slot), 1);
  });
  for (std::uint32_t i = 0; i < offers.size(); ++i) {
    if (!offers[i]) continue;
    for (const ChannelQuotas::Counter& counter : quotas.of({i})) {
      const auto reserved = reserved_by_channel_.find(channel_key({i}, counter.quota.channel));
      if (reserved == reserved_by_channel_.end()) continue;
      quotas.add_taken({i}, counter.quota.channel, reserved->second);
    }
  }
}

bool Engine::check_quotas() const {
  ChannelQuotas counted;
  counted.resize_offers(offers_.size());
  std::vector<bool> owned(offers_.size(), false);
  for (const Offer& offer : catalog_->offers()) {
    const OfferIndex index = offer.definition.offer;
    owned[index.value] = owns(index) && counted.set(index, offer.definition.plan.channel_quotas);
  }
  count_quotas(owned, counted);
  for (std::uint32_t i = 0; i < offers_.size(); ++i) {
    const auto is = quotas_.of({i}), must = counted.of({i});
    if (offers_[i].has_quotas == must.empty()) return false;
    if (!std::equal(is.begin(), is.end(), must.begin(), must.end())) return false;
  }
  return true;
}

}  // namespace doorbuster
