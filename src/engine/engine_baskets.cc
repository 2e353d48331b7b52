// Baskets: what an engine does for an order whose lines may live in several.

#include <algorithm>

#include "doorbuster/base/check.h"
#include "doorbuster/engine/engine.h"
#include "engine/recount.h"

namespace doorbuster {

OrderStatus Engine::status_at(OrderSlot slot, Tick now) const {
  const OrderRow& row = store_.row(slot);
  return is_basket(slot) && is_due(slot, now) ? OrderStatus::expired : row.status;
}

bool Engine::within_total_limit(const Buy& basket, const BuyHashes& hashes) const {
  bool within = true;
  visit_names(hashes.buyer, basket.identities, [&](const Hash128& name) {
    within = within && !over_total_limit(name, basket.quantity, basket.offer);
  });
  return within;
}

bool Engine::reserve(const Buy& line, const BuyHashes& hashes, bool& charged) {
  charged = has_total_limit(line.offer);
  if (charged &&
      !charge(campaign_keys(hashes.buyer, line.identities, line.offer), line.quantity, line.offer)) {
    return false;
  }
  ++reserved_rows_;
  offers_[line.offer.value].held += line.quantity;
  tallies_[line.offer.value].reserved += line.quantity;
  count_reserved(line.offer, line.channel, line.quantity);
  visit_names(hashes.buyer, line.identities,
              [&](const Hash128& name) { ledger_.add(offer_limit_key(name, line.offer), line.quantity); });
  return true;
}

void Engine::release(const Buy& line, const BuyHashes& hashes, bool charged) {
  if (charged) {
    options_.allowances->give_back(campaign_keys(hashes.buyer, line.identities, line.offer).view(),
                                   line.quantity);
  }
  --reserved_rows_;
  offers_[line.offer.value].held -= line.quantity;
  tallies_[line.offer.value].reserved -= line.quantity;
  count_reserved(line.offer, line.channel, -std::int64_t{line.quantity});
  visit_names(hashes.buyer, line.identities, [&](const Hash128& name) {
    ledger_.subtract(offer_limit_key(name, line.offer), line.quantity);
    ledger_.forget_if_empty(offer_limit_key(name, line.offer));
  });
}

void Engine::agree_on_charge(const Buy& line, const BuyHashes& hashes, bool& charged) {
  const bool counts = has_total_limit(line.offer);
  const CampaignKeys keys = campaign_keys(hashes.buyer, line.identities, line.offer);
  if (counts && !charged) DOORBUSTER_CHECK(options_.allowances->take_anyway(keys.view(), line.quantity));
  if (!counts && charged) options_.allowances->give_back(keys.view(), line.quantity);
  charged = counts;
}

Order Engine::new_basket(const Buy& basket, Tick now) const {
  const bool holds = offers_[basket.offer.value].sells_by_hold;
  std::int64_t total = 0;
  for (const OrderLine& line : basket.lines) total += line.quantity * line.unit_price;
  return new_order(basket, holds ? Outcome::held : Outcome::confirmed, total, now);
}

bool Engine::apply_part(const Order& basket, const OrderLine& line, const BuyHashes& hashes, Units from) {
  if (line.offer.value >= offers_.size() || !owns(line.offer)) return false;
  OfferState& offer = offers_[line.offer.value];
  if (from == Units::reserved) {
    --reserved_rows_;
    offer.held -= line.quantity;
    tallies_[line.offer.value].reserved -= line.quantity;
    count_reserved(line.offer, basket.channel, -std::int64_t{line.quantity});
  } else if (full() || offer.available() < line.quantity || store_.find_part(basket.number, line.offer)) {
    return false;
  }
  const OrderSlot slot = store_.add_part(basket, line);
  const NewBooks books(*this, slot);
  const std::uint32_t newly_counted = from == Units::reserved ? 0 : line.quantity;
  if (basket.status == OrderStatus::held) {
    hold_units(slot, hashes.buyer, newly_counted, basket.decided_at, basket.expires_at);
    store_.life(slot).first_expires_ns = basket.expires_at.ns;
    return true;
  }
  offer.sold += line.quantity;
  count_channel(slot, line.quantity);
  if (newly_counted == 0) return true;
  visit_names(hashes.buyer, store_.identities(slot),
              [&](const Hash128& name) { ledger_.add(offer_limit_key(name, line.offer), newly_counted); });
  return true;
}

std::optional<OrderSlot> Engine::due_before_part(OrderSlot part, const OrderEvent& event, Tick now) const {
  if (is_due(part, now)) return part;
  const OrderRow& row = store_.row(part);
  if (event.kind != OrderEventKind::confirmed || row.status != OrderStatus::expired) return std::nullopt;
  const OfferIndex offer = store_.offer(part);
  const HoldCalendar::First first = calendar_.first(offer);
  if (first.expires_at > now) return std::nullopt;
  if (free_for_late(part, now) < row.quantity) return first.hold;
  return own_due(buyer_name(part), store_.identities(part), row.quantity, offer, now).hold;
}

Engine::Pin Engine::pin(OrderSlot part, const OrderEvent& event, Tick now) {
  OrderRow& row = store_.row(part);
  DOORBUSTER_CHECK(!is_due(part, now) && !row.is_pinned);
  if (event.kind == OrderEventKind::returned) {
    const bool is_its_own = *event.part == store_.offer(part);
    if (is_its_own && (event.quantity == 0 || event.quantity > live_units(part))) return Pin::not_enough;
    row.is_pinned = true;
    return Pin::untouched;
  }
  if (row.status == OrderStatus::held) {
    calendar_.remove(part);
    row.is_pinned = true;
    return Pin::still;
  }
  if (event.kind == OrderEventKind::cancelled) {
    row.is_pinned = true;
    return Pin::untouched;
  }
  const OfferIndex offer = store_.offer(part);
  if (event.kind == OrderEventKind::extended || free_for_late(part, now) < row.quantity) return Pin::expired;
  if (would_exceed_limit(part, row.quantity)) return Pin::limited;
  if (!ledger_.has_room()) return Pin::no_room;
  if (has_total_limit(offer) && !charge(campaign_keys(part), row.quantity, offer)) return Pin::limited;
  const Recount books(*this, part);
  take_again(part);
  row.is_pinned = true;
  return Pin::again;
}

void Engine::take_again(OrderSlot slot) {
  OrderRow& row = store_.row(slot);
  const OfferIndex offer = store_.offer(slot);
  row.status = OrderStatus::held;
  offers_[offer.value].held += row.quantity;
  count_channel(slot, row.quantity);
  visit_names(buyer_name(slot), store_.identities(slot),
              [&](const Hash128& name) { ledger_.add(offer_limit_key(name, offer), row.quantity); });
}

void Engine::unpin(OrderSlot part, Pin pin) {
  OrderRow& row = store_.row(part);
  row.is_pinned = false;
  if (pin == Pin::still) calendar_.add(part, store_.offer(part), {store_.life(part).expires_ns});
  if (pin != Pin::again) return;
  const Recount books(*this, part);
  row.status = OrderStatus::expired;
  offers_[store_.offer(part).value].held -= row.quantity;
  count_channel(part, -std::int64_t{row.quantity});
  subtract_names(part, row.quantity);
  if (has_total_limit(store_.offer(part))) discharge(part, row.quantity);
}

bool Engine::can_apply_to_basket(const OrderEvent& event, OrderSlot slot) const {
  const OrderRow& row = store_.row(slot);
  const bool held = row.status == OrderStatus::held;
  switch (event.kind) {
    case OrderEventKind::confirmed:
      return held && event.quantity == row.quantity && !row.refund_due;
    case OrderEventKind::cancelled:
    case OrderEventKind::extended:
      return held;
    case OrderEventKind::refund_due:
      // Also while it is held: its parts may have run out by the clock of their shards, a moment earlier.
      return row.status != OrderStatus::confirmed && !row.refund_due;
    case OrderEventKind::returned: {
      const bool room =
          event.key == Hash128{} || (!store_.returns_full() && store_.find_return(event.key) == nullptr);
      return room && event.part && row.status == OrderStatus::confirmed;
    }
    default:
      return false;
  }
}

void Engine::apply_to_basket(const OrderEvent& event, OrderSlot slot) {
  OrderRow& row = store_.row(slot);
  OrderLife& life = store_.life(slot);
  row.has_life = true;
  switch (event.kind) {
    case OrderEventKind::confirmed:
      row.status = OrderStatus::confirmed;
      life.confirmed_quantity = event.quantity;
      store_.keep_payment(slot, event.payment);
      break;
    case OrderEventKind::cancelled:
      row.status = OrderStatus::cancelled;
      row.payment_failed = event.reason == OrderEventReason::payment_failed;
      break;
    case OrderEventKind::extended:
      life.expires_ns = event.expires_at.ns;
      break;
    case OrderEventKind::refund_due:
      row.refund_due = true;
      store_.keep_payment(slot, event.payment);
      break;
    default:  // returned; the others do not happen to baskets, see can_apply_to_basket()
      life.returned_quantity += event.quantity;
      if (!event.restock) life.written_off += event.quantity;
      if (event.key != Hash128{}) store_.keep_return(slot, event.key, event.quantity, event.restock);
  }
}

bool Engine::apply_to_part(const OrderEvent& event, OfferIndex index, Pin pin, Applied& applied) {
  if (index.value >= offers_.size() || !owns(index)) return false;
  const auto slot = store_.find_part(event.order, index);
  const bool is_others = event.part && *event.part != index;
  applied = {};
  if (!slot) return is_others;
  applied.slot = *slot;
  const Recount books(*this, *slot);
  OrderRow& row = store_.row(*slot);
  OfferState& offer = offers_[index.value];
  store_.touch(*slot, event.tick);
  row.is_pinned = false;
  if (is_others) return true;
  const bool held = row.status == OrderStatus::held;
  if (held && pin == Pin::none) calendar_.remove(*slot);
  switch (event.kind) {
    case OrderEventKind::confirmed:
      if (!held) {
        if (offer.available() < row.quantity || !ledger_.has_room()) return false;
        take_again(*slot);
        applied.charged = row.quantity;
      }
      offer.held -= row.quantity;
      offer.sold += row.quantity;
      row.status = OrderStatus::confirmed;
      store_.life(*slot).confirmed_quantity = row.quantity;
      applied.freed = offer.has_line;  // as for one SKU: its first may wait for more than there can be now
      break;
    case OrderEventKind::cancelled:
      if (!held) return true;
      offer.held -= row.quantity;
      count_channel(*slot, -std::int64_t{row.quantity});
      row.status = OrderStatus::expired;
      applied.discharged = row.quantity;
      applied.freed = true;
      break;
    case OrderEventKind::extended:
      if (!held) return false;
      store_.life(*slot).expires_ns = event.expires_at.ns;
      calendar_.add(*slot, index, event.expires_at);
      break;
    case OrderEventKind::returned:
      if (row.status != OrderStatus::confirmed || event.quantity > live_units(*slot)) return false;
      give_back(event, *slot);
      applied.discharged = event.quantity;
      applied.freed = event.restock;
      break;
    default:
      return false;
  }
  if (applied.discharged != 0) subtract_names(*slot, applied.discharged);
  return true;
}

}  // namespace doorbuster
