#include "doorbuster/engine/retention_sweep.h"

#include <algorithm>

#include "doorbuster/base/limits.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kLineRetentionNs = kLineRetentionSeconds * kNsPerSecond;
constexpr std::int64_t kIntervalNs = kForgettingIntervalMs * (kNsPerSecond / 1000);

}  // namespace

std::span<OrderSlot> RetentionSweep::look(const Engine& engine, Tick now, std::span<OrderSlot> found,
                                          Lines lines) {
  const OrderStore& store = engine.store();
  if (cursor_ == 0) earliest_ = {now.ns + engine.retention_ns()};  // of what is not over yet
  std::size_t count = 0;
  const std::uint32_t end = std::min(store.rows_used(), cursor_ + kForgettingRowsPerLook);
  for (; cursor_ < end && count < found.size(); ++cursor_) {
    const OrderSlot slot{cursor_};
    if (store.is_vacant(slot)) continue;
    std::optional<Tick> at = engine.forgotten_at(slot, now);
    if (!at) continue;
    const bool goes_later = lines == Lines::later && store.row(slot).is_part;
    if (goes_later && *at <= now) at = {at->ns + kLineRetentionNs};
    // What is held still is forgotten in the next circle: its expiry is somebody else's to write.
    const bool now_then = *at <= now && engine.forgetting_of(slot);
    if (now_then) found[count++] = slot;
    if (!now_then) earliest_ = std::min(earliest_, *at);
  }
  next_look_ = count == found.size() ? now : Tick{now.ns + kIntervalNs};
  if (cursor_ < store.rows_used()) return found.first(count);
  cursor_ = 0;
  next_look_ = std::max(next_look_, earliest_);
  return found.first(count);
}

void RetentionSweep::put_off(Tick now) {
  earliest_ = std::min(earliest_, now);
  next_look_ = std::min(next_look_, Tick{now.ns + kIntervalNs});
}

void RetentionSweep::start_over() {
  cursor_ = 0;
  earliest_ = next_look_ = {};
}

}  // namespace doorbuster
