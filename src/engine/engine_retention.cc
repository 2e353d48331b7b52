// Which orders are over, since when, and what it takes to forget one.

#include <algorithm>
#include <limits>

#include "doorbuster/base/check.h"
#include "doorbuster/engine/engine.h"

namespace doorbuster {
namespace {

// A sale can end when time does.
Tick later(Tick from, std::int64_t ns) {
  return {from.ns > std::numeric_limits<std::int64_t>::max() - ns ? std::numeric_limits<std::int64_t>::max()
                                                                  : from.ns + ns};
}

// Who held a unit at a campaign's end can confirm it so much later, and is asked for the limits then.
constexpr std::int64_t kLastHoldNs = kHoldSecondsMax * kNsPerSecond;

}  // namespace

// A basket is judged as a whole, by its own row. Its parts do not know each other, so they ask for whatever
// any of them can count for.
std::optional<Tick> Engine::over_since(OrderSlot slot, Tick now) const {
  const OrderRow& row = store_.row(slot);
  if (row.is_pinned || row.status == OrderStatus::waiting) return std::nullopt;
  const Tick last = store_.last_event(slot);
  if (row.status == OrderStatus::held) {
    const Tick expires_at{store_.life(slot).expires_ns};
    return expires_at > now ? std::nullopt : std::optional(std::max(expires_at, last));
  }
  if (row.status != OrderStatus::confirmed) return last;

  const OfferIndex index = store_.offer(slot);
  const OfferState& offer = offers_[index.value];
  const OfferRules& rules = rules_[index.value];
  const OrderLife* life = row.has_life ? &store_.life(slot) : nullptr;
  const std::uint32_t units =
      store_.confirmed_quantity(slot) - (life == nullptr ? 0 : life->returned_quantity);
  // What came back and cannot be sold again counts for its channel still.
  const std::uint32_t of_channel = units + (life == nullptr ? 0 : life->written_off);
  const bool has_limits = offer.limit_per_buyer != 0 || rules.total_limit != 0;
  const bool of_basket = row.lines != 0 || row.is_part;
  const bool has_quotas = of_basket ? rules.campaign_has_quotas : offer.has_quotas;
  const bool counts = (units != 0 && has_limits) || (of_channel != 0 && has_quotas);
  return counts ? std::max(last, later(offer.ends_at, kLastHoldNs)) : last;
}

std::optional<Tick> Engine::forgotten_at(OrderSlot slot, Tick now, std::int64_t retention_ns) const {
  const std::optional<Tick> over = over_since(slot, now);
  if (!over) return std::nullopt;
  return later(*over, retention_ns);
}

bool Engine::is_forgotten(OrderSlot slot, Tick now) const {
  const std::optional<Tick> at = forgotten_at(slot, now);
  return at && *at <= now;
}

Outcome Engine::find(OrderNumber number, Tick now, OrderSlot& slot) const {
  if (const auto found = store_.find(number)) {
    slot = *found;
    return is_forgotten(slot, now) ? Outcome::order_gone : Outcome::ok;
  }
  const OfferIndex offer = number.offer();
  // A number that nobody has: forgotten, or told before it was durable, and lost with the power.
  const bool was_there = offer.value < offers_.size() && tallies_[offer.value].forgotten_orders != 0 &&
                         number.ordinal() != 0 && number.ordinal() <= offers_[offer.value].last_ordinal;
  return was_there ? Outcome::order_gone : Outcome::order_not_found;
}

std::optional<ForgottenOrder> Engine::forgetting_of(OrderSlot slot) const {
  const OrderRow& row = store_.row(slot);
  if (row.status == OrderStatus::held && row.lines == 0) return std::nullopt;
  ForgottenOrder order = {.order = {row.number}, .part = {}};
  if (row.is_part) order.part = store_.offer(slot);
  return order;
}

bool Engine::forget(const ForgottenOrder& order, Tick now, std::int64_t retention_ns) {
  const OfferIndex owner = order.part.value_or(order.order.offer());
  if (owner.value >= offers_.size() || !owns(owner)) return false;
  const auto slot = order.part ? store_.find_part(order.order, owner) : store_.find(order.order);
  if (!slot || !forgetting_of(*slot)) return false;
  const std::optional<Tick> at = forgotten_at(*slot, now, retention_ns);
  if (!at || *at > now) return false;

  const OfferBooks gone = books_of(*slot);
  tallies_[owner.value].forgotten_sold += gone.sold;
  tallies_[owner.value].forgotten_orders += gone.orders;
  count_books(*slot, -1);
  if (!is_basket(*slot)) {
    count_channel(*slot, -units_in_stock(*slot));
    release_names(*slot, live_units(*slot));
  }
  store_.remove(*slot);
  return true;
}

// Nobody is asked for a limit that these units could still count for, so they need not wait for the record.
void Engine::release_names(OrderSlot slot, std::uint32_t units) {
  const OfferIndex offer = store_.offer(slot);
  if (units != 0 && has_total_limit(offer)) discharge(slot, units);
  NamedHold hold{.slot = slot};
  visit_names(buyer_name(slot), store_.identities(slot), [&](const Hash128& name) {
    ledger_.forget(offer_limit_key(name, offer), units, hold);
    ++hold.name;
  });
}

}  // namespace doorbuster
