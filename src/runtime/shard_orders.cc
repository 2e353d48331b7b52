// What happens to orders in a shard: how they are shown, commands, expiries, the line.

#include <algorithm>

#include "doorbuster/base/check.h"
#include "doorbuster/runtime/shard_agent.h"

namespace doorbuster {

void ShardAgent::show_order(Request* request, OrderSlot slot) {
  const Order order = engine_->order(slot);
  request->forget_texts();
  request->order = order;
  // It has run out, whether or not anybody has written that down yet.
  if (order.status == OrderStatus::held && order.expires_at <= request->now) {
    request->order.status = OrderStatus::expired;
  }
  request->order.buyer = request->keep(order.buyer);
  request->order.reference = request->keep(order.reference);
  request->order.payment = request->keep(order.payment);
  request->order.key = request->order.channel = request->order.region = request->order.segment = {};
  request->order.identities = {};
  std::copy(order.lines.begin(), order.lines.end(), request->lines.begin());
  request->order.lines = OrderLines(request->lines).first(order.lines.size());
  request->place = engine_->place(slot);
  request->from_line = engine_->began_waiting(slot);
}

void ShardAgent::handle_command(Request* request, Tick now) {
  request->outcome = Outcome::overloaded;
  if (journal_->failed()) request->outcome = Outcome::journal_failed;
  const auto due_before = [&] { return engine_->due_before(request->command, now); };
  if (journal_->failed() || !clear_the_way(due_before, now)) return reply(request);

  const OrderDecision decision = engine_->decide(request->command, now);
  if (decision.outcome == Outcome::order_not_found || decision.outcome == Outcome::order_gone) {
    request->outcome = decision.outcome;
    return reply(request);
  }
  const bool moves_parts = decision.event && decision.event->kind != OrderEventKind::refund_due;
  if (moves_parts && engine_->is_basket(decision.slot)) return open_basket_event(request, decision, now);
  if (decision.event) {
    // The room first: what is charged must be recorded.
    const OrderEvent& event = *decision.event;
    const bool charged = event.late && engine_->has_total_limit(event.order.offer());
    if (!ring_.has_room() || (charged && !engine_->charge(event))) {
      metrics_.overloaded_journal.add();
      return reply(request);
    }
    const bool recorded = record(event);
    DOORBUSTER_CHECK(recorded);
  }
  request->outcome = decision.outcome;
  request->replayed = decision.replayed;
  show_order(request, decision.slot);
  answer(request, position_by_slot_[decision.slot.value]);
}

// One step of an order's life: into the journal's ring and into the books, with all that follows from it.
// False, with nothing changed, when the ring is full.
bool ShardAgent::record(const OrderEvent& event) {
  if (!ring_.has_room()) {
    metrics_.overloaded_journal.add();
    return false;
  }
  const OfferIndex offer = event.part.value_or(event.order.offer());
  encode(event, ring_.reserve(order_event_payload_bytes(event)));
  const TenantId tenant = engine_->catalog()->campaign_of(offer).definition.tenant;
  const std::uint64_t position = ring_.append({.kind = RecordKind::order_event,
                                               .version = order_event_version(event),
                                               .tenant = tenant,
                                               .tick = event.tick});
  Applied applied;
  const bool done = engine_->apply(event, applied);
  DOORBUSTER_CHECK(done);  // decided on the state that it is applied to
  position_by_slot_[applied.slot.value] = position;
  if (applied.discharged != 0 && engine_->has_total_limit(offer)) {
    discharges_[discharges_tail_++ % kDischargesMax] = {position, applied.slot, applied.discharged};
  }
  count(event);
  // Taken away before anybody can be told of a unit that is back.
  publish_offer(offer);
  if (applied.freed) serve_line(offer, event.tick);
  return true;
}

// Units that came back go to who stands in front.
void ShardAgent::serve_line(OfferIndex offer, Tick now) {
  while (const std::optional<OrderEvent> next = engine_->next_offer(offer, now)) {
    if (record(*next)) continue;
    lines_left_.push_back(offer);  // the units wait with the line
    return;
  }
}

std::size_t ShardAgent::serve_lines_left() {
  if (lines_left_.empty() || !ring_.has_room()) return 0;
  stamp();
  const OfferIndex offer = lines_left_.back();
  lines_left_.pop_back();
  serve_line(offer, last_tick_);
  return 1;
}

// Time goes on. What was kept for a channel until now goes to the line before anybody is asked: every answer
// is the same whether or not the timer has been there.
std::size_t ShardAgent::stamp() {
  last_tick_ = std::max(last_tick_, clock_.wall_now());
  std::size_t ended = 0;
  while (engine_->next_quota_end() <= last_tick_ && !journal_->failed()) {
    const OfferIndex offer = *engine_->ended_quota(last_tick_);
    publish_offer(offer);
    serve_line(offer, last_tick_);
    ++ended;
  }
  return ended;
}

// The timer: a bounded share of each cycle, so that a million holds that run out at once delay nobody.
std::size_t ShardAgent::expire_due() {
  const Tick next = std::min(engine_->next_due(), engine_->next_quota_end());
  if (next == HoldCalendar::kNever || next > std::max(last_tick_, clock_.wall_now())) return 0;
  std::size_t expired = stamp();
  const Tick now = last_tick_;
  while (expired < kExpiriesPerCycleMax && engine_->next_due() <= now && ring_.has_room()) {
    const std::optional<OrderSlot> due = engine_->due(now);
    if (!due) break;
    record(engine_->expiry_of(*due, now));
    ++expired;
  }
  return expired;
}

// A name's units are another shard's to give away only when the record that gave them back cannot be lost any
// more: else that shard's sale could outlive it.
std::size_t ShardAgent::discharge_durable() {
  const std::uint64_t durable = ring_.durable();
  std::size_t done = 0;
  while (discharges_head_ != discharges_tail_) {
    const Discharge& next = discharges_[discharges_head_ % kDischargesMax];
    if (next.position > durable) break;
    engine_->discharge(next.slot, next.units);
    ++discharges_head_;
    ++done;
  }
  return done;
}

bool ShardAgent::has_discharges_under_way(const Request* request) const {
  return request->asked == Request::Asked::once && discharges_head_ != discharges_tail_ &&
         engine_->has_total_limit(request->buy.offer);
}

void ShardAgent::mark_names(OfferIndex offer, const Hash128& buyer, Identities identities) {
  const CampaignIndex campaign = engine_->catalog()->offer(offer).definition.campaign;
  const auto mark = [&](const Hash128& name) {
    board_.mark_name(offer_limit_key(name, offer));
    if (engine_->has_total_limit(offer)) board_.mark_name(campaign_limit_key(name, campaign));
  };
  mark(buyer);
  for (const Hash128& identity : identities) mark(identity);
}

void ShardAgent::count(const OrderEvent& event) {
  switch (event.kind) {
    case OrderEventKind::confirmed:
      (event.late ? metrics_.confirmed_late : metrics_.confirmed_holds).add();
      metrics_.sold_orders.add();
      metrics_.sold_units.add(event.quantity);
      break;
    case OrderEventKind::cancelled:
      metrics_.cancelled_holds.add();
      break;
    case OrderEventKind::expired:
      metrics_.expired_holds.add();
      break;
    case OrderEventKind::extended:
      metrics_.extended_holds.add();
      break;
    case OrderEventKind::refund_due:
      metrics_.refunds_due.add();
      break;
    case OrderEventKind::returned:
      metrics_.returned_units.add(event.quantity);
      if (event.restock) metrics_.restocked_units.add(event.quantity);
      break;
    case OrderEventKind::offered:
      metrics_.offered_orders.add();
      break;
    case OrderEventKind::left_line:
      metrics_.left_lines.add();
      break;
  }
}

}  // namespace doorbuster
