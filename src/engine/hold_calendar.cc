#include "doorbuster/engine/hold_calendar.h"

#include <algorithm>

#include "doorbuster/base/check.h"

namespace doorbuster {

void HoldCalendar::add(OrderSlot hold, OfferIndex offer, Tick expires_at) {
  Lane& lane = lanes_[offer.value];
  Entry& entry = entries_[hold.value];
  entry = {
      .expires_ns = expires_at.ns, .offer = offer.value, .previous = lane.tail, .next = 0, .heap_place = 0};
  if (lane.tail != 0 && entries_[lane.tail - 1].expires_ns > expires_at.ns) {
    entry.previous = 0;
    push_moved(lane, hold.value);
  } else {
    (lane.tail == 0 ? lane.head : entries_[lane.tail - 1].next) = hold.value + 1;
    lane.tail = hold.value + 1;
  }
  if (expires_at < lane.armed) arm(offer.value);
}

void HoldCalendar::remove(OrderSlot hold) {
  Entry& entry = entries_[hold.value];
  Lane& lane = lanes_[entry.offer];
  if (entry.heap_place == 0) {
    (entry.previous == 0 ? lane.head : entries_[entry.previous - 1].next) = entry.next;
    (entry.next == 0 ? lane.tail : entries_[entry.next - 1].previous) = entry.previous;
    return;
  }
  const std::size_t at = entry.heap_place - 1;
  const std::uint32_t last = lane.moved.back();
  lane.moved.pop_back();
  if (at == lane.moved.size()) return;
  place(lane, at, last);
  sift_up(lane, at);
  sift_down(lane, entries_[last].heap_place - 1);
}

void HoldCalendar::move(OrderSlot hold, Tick expires_at) {
  const OfferIndex offer{entries_[hold.value].offer};
  remove(hold);
  add_moved(hold, offer, expires_at);
}

void HoldCalendar::add_moved(OrderSlot hold, OfferIndex offer, Tick expires_at) {
  Lane& lane = lanes_[offer.value];
  entries_[hold.value] = {
      .expires_ns = expires_at.ns, .offer = offer.value, .previous = 0, .next = 0, .heap_place = 0};
  push_moved(lane, hold.value);
  if (expires_at < lane.armed) arm(offer.value);
}

HoldCalendar::First HoldCalendar::first(OfferIndex offer) const {
  const Lane& lane = lanes_[offer.value];
  First first;
  if (lane.head != 0) first = {{lane.head - 1}, {expires(lane.head - 1)}};
  if (!lane.moved.empty() && expires(lane.moved.front()) < first.expires_at.ns) {
    first = {{lane.moved.front()}, {expires(lane.moved.front())}};
  }
  return first;
}

std::optional<OfferIndex> HoldCalendar::due(Tick now) {
  const auto later = [](const Alarm& a, const Alarm& b) { return a.at > b.at; };
  while (!timer_.empty() && timer_.front().at <= now) {
    const OfferIndex offer{timer_.front().offer};
    const First waiting = first(offer);
    if (waiting.expires_at <= now) return offer;
    Lane& lane = lanes_[offer.value];
    const bool current = timer_.front().at == lane.armed;
    std::pop_heap(timer_.begin(), timer_.end(), later);
    timer_.pop_back();
    if (!current) continue;
    lane.armed = kNever;
    if (waiting.expires_at != kNever) arm(offer.value);
  }
  return std::nullopt;
}

void HoldCalendar::arm(std::uint32_t offer) {
  lanes_[offer].armed = first({offer}).expires_at;
  timer_.push_back({lanes_[offer].armed, offer});
  std::push_heap(timer_.begin(), timer_.end(), [](const Alarm& a, const Alarm& b) { return a.at > b.at; });
}

void HoldCalendar::push_moved(Lane& lane, std::uint32_t slot) {
  lane.moved.push_back(slot);
  place(lane, lane.moved.size() - 1, slot);
  sift_up(lane, lane.moved.size() - 1);
}

void HoldCalendar::place(Lane& lane, std::size_t at, std::uint32_t slot) {
  lane.moved[at] = slot;
  entries_[slot].heap_place = static_cast<std::uint32_t>(at + 1);
}

void HoldCalendar::sift_up(Lane& lane, std::size_t at) {
  const std::uint32_t slot = lane.moved[at];
  while (at > 0 && expires(lane.moved[(at - 1) / 2]) > expires(slot)) {
    place(lane, at, lane.moved[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  place(lane, at, slot);
}

void HoldCalendar::sift_down(Lane& lane, std::size_t at) {
  const std::uint32_t slot = lane.moved[at];
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= lane.moved.size()) break;
    if (child + 1 < lane.moved.size() && expires(lane.moved[child + 1]) < expires(lane.moved[child])) ++child;
    if (expires(lane.moved[child]) >= expires(slot)) break;
    place(lane, at, lane.moved[child]);
    at = child;
  }
  place(lane, at, slot);
}

}  // namespace doorbuster
