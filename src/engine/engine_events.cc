// What has happened to an order: changes, none of which decides anything.

#include "doorbuster/base/check.h"
#include "doorbuster/engine/engine.h"
#include "engine/recount.h"

namespace doorbuster {

bool Engine::can_apply(const OrderEvent& event, OrderSlot slot) const {
  const OrderRow& row = store_.row(slot);
  const OfferState& offer = offers_[store_.offer(slot).value];
  const bool held = row.status == OrderStatus::held;
  const bool waiting = row.status == OrderStatus::waiting;
  switch (event.kind) {
    case OrderEventKind::confirmed:
      if (event.quantity == 0 || event.quantity > row.quantity) return false;
      if (!event.late) return held;
      return row.status == OrderStatus::expired && !row.refund_due && offer.available() >= event.quantity &&
             ledger_.has_room();
    case OrderEventKind::cancelled:
    case OrderEventKind::extended:
      return held;
    case OrderEventKind::expired:
      return is_due(slot, event.tick);
    case OrderEventKind::refund_due:
      return (row.status == OrderStatus::expired || row.status == OrderStatus::cancelled) && !row.refund_due;
    case OrderEventKind::returned: {
      const bool room =
          event.key == Hash128{} || (!store_.returns_full() && store_.find_return(event.key) == nullptr);
      return room && row.status == OrderStatus::confirmed && event.quantity != 0 &&
             event.quantity <= live_units(slot);
    }
    case OrderEventKind::offered:
      return waiting && offer.available() >= row.quantity;
    case OrderEventKind::left_line:
      return waiting;
  }
  return false;
}

bool Engine::apply(const OrderEvent& event, Applied& applied) {
  const bool to_part = event.part && event.kind == OrderEventKind::expired;
  const OfferIndex owner = to_part ? *event.part : event.order.offer();
  if (owner.value >= offers_.size() || !owns(owner)) return false;
  const auto slot = to_part ? store_.find_part(event.order, owner) : find(event.order);
  if (!slot) return false;
  applied = {.slot = *slot};
  const Recount books(*this, *slot);
  if (is_basket(*slot)) {
    if (!can_apply_to_basket(event, *slot)) return false;
    apply_to_basket(event, *slot);
    store_.touch(*slot, event.tick);
    return true;
  }
  if (!can_apply(event, *slot)) return false;
  OrderRow& row = store_.row(*slot);
  switch (event.kind) {
    case OrderEventKind::confirmed:
      apply_confirmed(event, applied);
      break;
    case OrderEventKind::cancelled:
      row.payment_failed = event.reason == OrderEventReason::payment_failed;
      end_hold(*slot, OrderStatus::cancelled);
      applied.discharged = row.quantity;
      applied.freed = true;
      break;
    case OrderEventKind::expired:
      end_hold(*slot, OrderStatus::expired);
      applied.discharged = row.quantity;
      applied.freed = true;
      break;
    case OrderEventKind::extended:
      store_.life(*slot).expires_ns = event.expires_at.ns;
      calendar_.move(*slot, event.expires_at);
      break;
    case OrderEventKind::refund_due:
      row.refund_due = true;
      store_.keep_payment(*slot, event.payment);
      break;
    case OrderEventKind::returned:
      apply_returned(event, applied);
      break;
    case OrderEventKind::offered:
      apply_offered(event, *slot);
      break;
    case OrderEventKind::left_line:
      apply_left_line(*slot);
      applied.discharged = row.quantity;
      applied.freed = event.reason == OrderEventReason::asked;  // else the owner is asking on
      break;
  }
  // A hold has run out when its time is over, whenever that is noticed.
  const bool expired = event.kind == OrderEventKind::expired;
  store_.touch(*slot, expired ? Tick{store_.life(*slot).expires_ns} : event.tick);
  if (applied.discharged != 0) subtract_names(*slot, applied.discharged);
  const OfferState& offer = offers_[owner.value];
  DOORBUSTER_CHECK(offer.held >= 0 && offer.sold >= 0 && offer.available() >= 0);
  return true;
}

void Engine::end_hold(OrderSlot slot, OrderStatus becomes) {
  OrderRow& row = store_.row(slot);
  calendar_.remove(slot);
  offers_[store_.offer(slot).value].held -= row.quantity;
  count_channel(slot, -std::int64_t{row.quantity});
  row.status = becomes;
}

void Engine::apply_confirmed(const OrderEvent& event, Applied& applied) {
  const OrderSlot slot = applied.slot;
  OfferState& offer = offers_[event.order.offer().value];
  OrderRow& row = store_.row(slot);
  if (event.late) {
    row.status = OrderStatus::confirmed;
    visit_names(buyer_name(slot), store_.identities(slot), [&](const Hash128& name) {
      ledger_.add(offer_limit_key(name, event.order.offer()), event.quantity);
    });
  } else {
    end_hold(slot, OrderStatus::confirmed);
    applied.discharged = row.quantity - event.quantity;
  }
  // With a line also when nothing is left: what is kept for its first may never be enough any more.
  applied.freed = applied.discharged != 0 || offer.has_line;
  offer.sold += event.quantity;
  count_channel(slot, event.quantity);
  store_.life(slot).confirmed_quantity = event.quantity;
  store_.keep_payment(slot, event.payment);
}

void Engine::apply_returned(const OrderEvent& event, Applied& applied) {
  give_back(event, applied.slot);
  if (event.key != Hash128{}) {
    store_.keep_return(applied.slot, event.key, event.quantity, event.restock);
  }
  applied.discharged = event.quantity;
  applied.freed = event.restock;
}

// What cannot be sold again stays sold: it never comes back to the campaign, nor to its channel.
void Engine::give_back(const OrderEvent& event, OrderSlot slot) {
  store_.row(slot).has_life = true;
  OrderLife& life = store_.life(slot);
  life.returned_quantity += event.quantity;
  if (!event.restock) {
    life.written_off += event.quantity;
    return;
  }
  offers_[store_.offer(slot).value].sold -= event.quantity;
  count_channel(slot, -std::int64_t{event.quantity});
}

void Engine::apply_offered(const OrderEvent& event, OrderSlot slot) {
  leave_line(slot);
  hold_units(slot, buyer_name(slot), 0, event.tick, event.expires_at);
}

void Engine::apply_left_line(OrderSlot slot) {
  leave_line(slot);
  store_.row(slot).status = OrderStatus::cancelled;
}

void Engine::leave_line(OrderSlot slot) {
  const OfferIndex offer = store_.offer(slot);
  lines_.leave(offer, store_.life(slot).place);
  offers_[offer.value].has_line = lines_.size(offer) != 0;
  count_place(slot, -1);
}

void Engine::subtract_names(OrderSlot slot, std::uint32_t units) {
  const OfferIndex offer = store_.offer(slot);
  visit_names(buyer_name(slot), store_.identities(slot),
              [&](const Hash128& name) { ledger_.subtract(offer_limit_key(name, offer), units); });
}

}  // namespace doorbuster
