// Orders whose retention is over, in a shard: out of the journal's books and out of memory.

#include <algorithm>
#include <array>

#include "doorbuster/base/check.h"
#include "doorbuster/runtime/shard_agent.h"

namespace doorbuster {

// Not as long as something is under way with it: units on their way back to its names, which know it by its
// slot, or a step of its basket.
bool ShardAgent::can_forget(OrderSlot slot) const {
  const bool is_durable = position_by_slot_[slot.value] <= ring_.durable();
  if (!is_durable && engine_->has_total_limit(engine_->store().offer(slot))) return false;
  if (open_baskets_.empty()) return true;
  const std::optional<ForgottenOrder> order = engine_->forgetting_of(slot);
  return !order || order->part || !is_in_flight(order->order);
}

// A buy came with the key of an order that is over. False: it has to come again.
bool ShardAgent::free_key(OrderSlot slot, Tick now) {
  // Its time may be over for as long as the process was not there.
  if (!engine_->forgetting_of(slot) && !record(engine_->expiry_of(slot, now))) return false;
  return can_forget(slot) && forget({&slot, 1}, now);
}

// False, with nothing changed, when the ring is full. REQUIRES: each of them can_forget() and is over.
bool ShardAgent::forget(std::span<const OrderSlot> slots, Tick now) {
  if (!ring_.has_room()) {
    metrics_.overloaded_journal.add();
    return false;
  }
  discharge_durable();  // units of what is durable
  std::array<ForgottenOrder, kForgottenPerRecordMax> list;
  for (std::size_t i = 0; i < slots.size(); ++i) list[i] = *engine_->forgetting_of(slots[i]);
  const OrdersForgotten forgotten = {
      .retention_seconds = static_cast<std::uint32_t>(engine_->retention_ns() / kNsPerSecond),
      .orders = std::span(list).first(slots.size())};
  encode(forgotten, ring_.reserve(forgotten_payload_bytes(forgotten.orders)));
  ring_.append({.kind = RecordKind::orders_forgotten, .version = 1, .tenant = kDefaultTenant, .tick = now});
  for (const ForgottenOrder& order : forgotten.orders) {
    const bool done = engine_->forget(order, now, engine_->retention_ns());
    DOORBUSTER_CHECK(done);  // it was just said to be over
  }
  metrics_.forgotten_orders.add(slots.size());
  return true;
}

// One look of the sweep, and one record for what it finds. False: the ring is full.
bool ShardAgent::look_for_forgotten(RetentionSweep::Lines lines, std::size_t& forgotten) {
  if (!ring_.has_room()) return false;
  std::array<OrderSlot, kForgottenPerRecordMax> room;
  const std::span<OrderSlot> found = sweep_.look(*engine_, last_tick_, room, lines);
  const auto end =
      std::partition(found.begin(), found.end(), [this](OrderSlot slot) { return can_forget(slot); });
  if (end != found.end()) sweep_.put_off(last_tick_);
  forgotten = static_cast<std::size_t>(end - found.begin());
  if (forgotten != 0) {
    const bool recorded = forget(found.first(forgotten), last_tick_);
    DOORBUSTER_CHECK(recorded);  // there was room
  }
  return true;
}

// A bounded share of a cycle, about once a second while there is anything to look at.
std::size_t ShardAgent::forget_some(bool stamped) {
  if (engine_->orders() == 0) return 0;
  const Tick next = sweep_.next_look();
  if (next > last_tick_ && (stamped || next > clock_.wall_now())) return 0;
  const std::size_t ended = stamp();
  std::size_t forgotten = 0;
  look_for_forgotten(RetentionSweep::Lines::later, forgotten);
  return ended + forgotten;
}

bool ShardAgent::forget_all() {
  last_tick_ = std::max(last_tick_, clock_.wall_now());
  const auto publish = [this] {
    if (ring_.publish()) journal_notifier_->notify();
  };
  // Lines that are over may still be there when a circle has found nothing: they go at once now.
  const auto is_clean = [this] {
    return sweep_.is_clean({last_tick_.ns + kLineRetentionSeconds * kNsPerSecond});
  };
  if (!is_clean()) sweep_.start_over();
  while (!is_clean()) {
    std::size_t forgotten = 0;
    const bool looked = look_for_forgotten(RetentionSweep::Lines::at_once, forgotten);
    publish();
    if (!looked) return false;
    if (sweep_.at_start()) return true;  // a whole circle
  }
  return true;
}

// When something is to be done that nobody asks for.
Tick ShardAgent::next_instant() const {
  const Tick next = std::min(engine_->next_due(), engine_->next_quota_end());
  return engine_->orders() == 0 ? next : std::min(next, sweep_.next_look());
}

}  // namespace doorbuster
