// What somebody wants to happen to an order: decisions, none of which changes anything.

#include <algorithm>

#include "doorbuster/engine/engine.h"

namespace doorbuster {
namespace {

// Scope of keyed_hash() for the keys of returns: order numbers are below it.
constexpr std::uint64_t kReturnScope = 1ULL << 63;

OrderDecision outcome_of(OrderSlot slot, Outcome outcome) {
  OrderDecision decision;
  decision.slot = slot;
  decision.outcome = outcome;
  return decision;
}

const OrderLine* line_of(OrderLines lines, OfferIndex offer) {
  const auto found =
      std::find_if(lines.begin(), lines.end(), [&](const OrderLine& line) { return line.offer == offer; });
  return found == lines.end() ? nullptr : &*found;
}

OrderDecision with_event(OrderSlot slot, Outcome outcome, const OrderEvent& event) {
  OrderDecision decision = outcome_of(slot, outcome);
  decision.event = event;
  return decision;
}

OrderEvent event_of(OrderEventKind kind, OrderNumber order, Tick now) {
  OrderEvent event;
  event.kind = kind;
  event.order = order;
  event.tick = now;
  return event;
}

Tick after(Tick from, std::uint32_t seconds) {
  return {from.ns + seconds * kNsPerSecond};
}

}  // namespace

std::optional<OrderSlot> Engine::due_before(const OrderCommand& command, Tick now) const {
  const auto slot = find(command.order);
  if (!slot || is_basket(*slot) || is_forgotten(*slot, now)) return std::nullopt;
  if (is_due(*slot, now)) return slot;
  // A late confirmation takes free units, and what has run out is free: for the buyer's limit too.
  const OrderRow& row = store_.row(*slot);
  if (command.action != OrderAction::confirm || row.status != OrderStatus::expired || row.refund_due) {
    return std::nullopt;
  }
  const OfferIndex offer = store_.offer(*slot);
  const std::uint32_t wanted = command.quantity == 0 ? row.quantity : command.quantity;
  const HoldCalendar::First first = calendar_.first(offer);
  if (first.expires_at > now) return std::nullopt;
  if (free_for_late(*slot, now) < wanted) return first.hold;
  return own_due(buyer_name(*slot), store_.identities(*slot), wanted, offer, now).hold;
}

// With a line, what comes back belongs to it as long as the sale lasts; what is kept for a channel is its.
// What is not armed has no units yet.
std::int64_t Engine::free_for_late(OrderSlot slot, Tick now) const {
  const OfferIndex index = store_.offer(slot);
  const OfferState& offer = offers_[index.value];
  if (offer.is_planned && is_unarmed(catalog_->campaign_of(index).definition)) return 0;
  return now < offer.ends_at ? open_to(index, store_.channel(slot), now) : offer.available();
}

OrderDecision Engine::decide(const OrderCommand& command, Tick now) const {
  OrderSlot slot;
  if (const Outcome found = find(command.order, now, slot); found != Outcome::ok) {
    return outcome_of(slot, found);
  }
  switch (command.action) {
    case OrderAction::confirm:
      return decide_confirm(slot, command, now);
    case OrderAction::cancel:
      return decide_cancel(slot, now);
    case OrderAction::extend:
      return decide_extend(slot, command.seconds, now);
    case OrderAction::payment_failed:
      return decide_payment_failed(slot, now);
    case OrderAction::give_back:
      return decide_give_back(slot, command, now);
    case OrderAction::leave_line:
      return decide_leave_line(slot, now);
  }
  return {};
}

OrderDecision Engine::decide_confirm(OrderSlot slot, const OrderCommand& command, Tick now) const {
  const OrderRow& row = store_.row(slot);
  const std::uint32_t wanted = command.quantity == 0 ? row.quantity : command.quantity;
  const OrderStatus status = status_at(slot, now);
  switch (status) {
    case OrderStatus::confirmed: {
      const bool same = command.quantity == 0 || command.quantity == store_.confirmed_quantity(slot);
      return outcome_of(slot, same ? Outcome::ok : Outcome::order_not_held);
    }
    case OrderStatus::cancelled:
      return refuse_money(slot, Outcome::order_not_held, command, now);
    case OrderStatus::waiting:
      return outcome_of(slot, Outcome::order_not_held);
    case OrderStatus::held:
    case OrderStatus::expired:
      break;
  }
  // A basket is taken as a whole.
  const bool possible = is_basket(slot) ? wanted == row.quantity : wanted <= row.quantity;
  if (!possible) return outcome_of(slot, Outcome::validation_failed);
  if (row.refund_due) return outcome_of(slot, Outcome::hold_expired);
  if (status == OrderStatus::expired) return decide_late_confirm(slot, command, now);
  OrderEvent event = event_of(OrderEventKind::confirmed, command.order, now);
  event.quantity = wanted;
  event.payment = command.payment;
  return with_event(slot, Outcome::ok, event);
}

// The time is over and the units are free: whoever pays late gets them while nobody else has.
OrderDecision Engine::decide_late_confirm(OrderSlot slot, const OrderCommand& command, Tick now) const {
  const OrderRow& row = store_.row(slot);
  const std::uint32_t wanted = command.quantity == 0 ? row.quantity : command.quantity;
  // Once money is to go back it goes back, whatever comes free later. Of a basket's units its parts know.
  const bool gone = !is_basket(slot) && free_for_late(slot, now) < wanted;
  if (row.refund_due || gone) return refuse_money(slot, Outcome::hold_expired, command, now);
  if (!is_basket(slot) && would_exceed_limit(slot, wanted)) {
    return refuse_money(slot, Outcome::limit_reached, command, now);
  }
  // Its names may have gone with others of the same buyer.
  if (!is_basket(slot) && !ledger_.has_room()) return outcome_of(slot, Outcome::overloaded);
  OrderEvent event = event_of(OrderEventKind::confirmed, command.order, now);
  event.late = true;
  event.quantity = wanted;
  event.payment = command.payment;
  return with_event(slot, Outcome::ok, event);
}

// No units for what somebody says is paid: with a payment, that is kept for ever.
OrderDecision Engine::refuse_money(OrderSlot slot, Outcome outcome, const OrderCommand& command,
                                   Tick now) const {
  if (command.payment.empty() || store_.row(slot).refund_due) return outcome_of(slot, outcome);
  OrderEvent event = event_of(OrderEventKind::refund_due, command.order, now);
  event.payment = command.payment;
  return with_event(slot, outcome, event);
}

bool Engine::would_exceed_limit(OrderSlot slot, std::uint32_t units) const {
  return over_any_limit(buyer_name(slot), store_.identities(slot), units, store_.offer(slot));
}

OrderDecision Engine::decide_cancel(OrderSlot slot, Tick now) const {
  const OrderRow& row = store_.row(slot);
  if (row.status == OrderStatus::cancelled) return outcome_of(slot, Outcome::ok);
  if (status_at(slot, now) != OrderStatus::held) return outcome_of(slot, Outcome::order_not_held);
  return with_event(slot, Outcome::ok, event_of(OrderEventKind::cancelled, {row.number}, now));
}

OrderDecision Engine::decide_extend(OrderSlot slot, std::uint32_t seconds, Tick now) const {
  const OrderRow& row = store_.row(slot);
  if (status_at(slot, now) == OrderStatus::expired) return outcome_of(slot, Outcome::hold_expired);
  if (row.status != OrderStatus::held) return outcome_of(slot, Outcome::order_not_held);
  const OfferRules& rules = rules_[store_.offer(slot).value];
  const OrderLife& life = store_.life(slot);
  const Tick wanted = after(now, seconds == 0 ? rules.hold_seconds : seconds);
  const Tick last = after({life.held_ns}, rules.hold_max_seconds);
  const Tick until = std::max(Tick{life.expires_ns}, std::min(wanted, last));
  if (until.ns == life.expires_ns) return outcome_of(slot, Outcome::ok);
  OrderEvent event = event_of(OrderEventKind::extended, {row.number}, now);
  event.expires_at = until;
  return with_event(slot, Outcome::ok, event);
}

OrderDecision Engine::decide_payment_failed(OrderSlot slot, Tick now) const {
  const OrderRow& row = store_.row(slot);
  if (status_at(slot, now) == OrderStatus::expired) return outcome_of(slot, Outcome::hold_expired);
  if (row.status == OrderStatus::cancelled && row.payment_failed) return outcome_of(slot, Outcome::ok);
  if (row.status != OrderStatus::held) return outcome_of(slot, Outcome::order_not_held);
  const OfferRules& rules = rules_[store_.offer(slot).value];
  if (rules.on_payment_failed == PaymentFailure::keep) return outcome_of(slot, Outcome::ok);
  OrderEvent event = event_of(OrderEventKind::cancelled, {row.number}, now);
  event.reason = OrderEventReason::payment_failed;
  if (rules.on_payment_failed == PaymentFailure::grace) {
    // However often it fails, the hold ends where it could have been extended to.
    const OrderLife& life = store_.life(slot);
    const std::int64_t last = std::max(after({life.held_ns}, rules.hold_max_seconds).ns, life.expires_ns);
    event.kind = OrderEventKind::extended;
    event.expires_at = {std::min(after(now, rules.grace_seconds).ns, last)};
    if (event.expires_at.ns == life.expires_ns) return outcome_of(slot, Outcome::ok);
  }
  return with_event(slot, Outcome::ok, event);
}

Hash128 Engine::return_key(const OrderCommand& command, bool basket) const {
  const Hash128 key = keyed_hash(options_.table_key, kReturnScope | command.order.value, command.key);
  // A basket's lines are returned one by one, each with keys of its own.
  return basket && command.part ? offer_limit_key(key, *command.part) : key;
}

OrderDecision Engine::decide_give_back(OrderSlot slot, const OrderCommand& command, Tick now) const {
  OrderEvent event = event_of(OrderEventKind::returned, command.order, now);
  if (!command.key.empty()) {
    event.key = return_key(command, is_basket(slot));
    if (const KeptReturn* kept = store_.find_return(event.key)) {
      const bool same =
          (command.quantity == 0 || command.quantity == kept->quantity) && command.restock == kept->restock;
      OrderDecision again = outcome_of(slot, same ? Outcome::ok : Outcome::idempotency_key_reused);
      again.replayed = same;
      return again;
    }
    if (store_.returns_full()) return outcome_of(slot, Outcome::overloaded);
  }
  const OrderRow& row = store_.row(slot);
  if (row.status != OrderStatus::confirmed) return outcome_of(slot, Outcome::order_not_held);
  if (is_basket(slot)) {
    // What is left of a line its part knows.
    const OrderLine* line = command.part ? line_of(store_.lines(slot), *command.part) : nullptr;
    if (line == nullptr) return outcome_of(slot, Outcome::validation_failed);
    event.part = line->offer;
    event.quantity = command.quantity == 0 ? line->quantity : command.quantity;
  } else {
    const std::uint32_t left = live_units(slot);
    event.quantity = command.quantity == 0 ? left : command.quantity;
    if (event.quantity > left || command.part.value_or(store_.offer(slot)) != store_.offer(slot)) {
      return outcome_of(slot, Outcome::validation_failed);
    }
  }
  if (event.quantity == 0) return outcome_of(slot, Outcome::validation_failed);
  event.restock = command.restock;
  return with_event(slot, Outcome::ok, event);
}

OrderDecision Engine::decide_leave_line(OrderSlot slot, Tick now) const {
  const OrderRow& row = store_.row(slot);
  if (row.first_status != OrderStatus::waiting) return {};
  const bool was_offered = store_.life(slot).held_ns != 0;
  if (row.status == OrderStatus::cancelled && !was_offered) return outcome_of(slot, Outcome::ok);
  if (row.status != OrderStatus::waiting) return outcome_of(slot, Outcome::order_not_held);
  return with_event(slot, Outcome::ok, event_of(OrderEventKind::left_line, {row.number}, now));
}

std::optional<OrderSlot> Engine::due(Tick now) {
  const auto offer = calendar_.due(now);
  if (!offer) return std::nullopt;
  return calendar_.first(*offer).hold;
}

OrderEvent Engine::expiry_of(OrderSlot slot, Tick now) const {
  OrderEvent event = event_of(OrderEventKind::expired, {store_.row(slot).number}, now);
  if (store_.row(slot).is_part) event.part = store_.offer(slot);
  return event;
}

std::optional<OrderEvent> Engine::next_offer(OfferIndex index, Tick now) const {
  const OfferState& offer = offers_[index.value];
  if (!offer.has_line || now >= offer.ends_at) return std::nullopt;
  if (offer.is_planned) {
    const CampaignPut& campaign = catalog_->campaign_of(index).definition;
    if (tallies_[index.value].is_broken || campaign.paused || is_unarmed(campaign)) return std::nullopt;
  }
  if (offer.available() == 0) return std::nullopt;
  if (offer.has_quotas) return next_offer_under_quotas(index, now);
  return offer_to(*lines_.first(index), offer.available(), now);
}

// What somebody in the line gets of so many units, if they are enough.
std::optional<OrderEvent> Engine::offer_to(OrderSlot slot, std::int64_t units, Tick now) const {
  const OfferIndex index = store_.offer(slot);
  const OfferState& offer = offers_[index.value];
  const OrderRow& row = store_.row(slot);
  // It would keep what is there from those behind it, and for nothing.
  if (offer.allocated - offer.sold < row.quantity) {
    OrderEvent event = event_of(OrderEventKind::left_line, {row.number}, now);
    event.reason = OrderEventReason::cannot_be_served;
    return event;
  }
  if (units < row.quantity) return std::nullopt;
  OrderEvent event = event_of(OrderEventKind::offered, {row.number}, now);
  // Never without an end, also when the campaign has lost its line since.
  event.expires_at = after(now, std::max(rules_[index.value].offer_seconds, 1U));
  return event;
}

}  // namespace doorbuster
