#pragma once
// When holds run out: the first of each offer, and the first of all. Part of the engine; same owner.
//
// Holds of one offer last equally long, so they run out in the order in which they were made: a list in that
// order gives the first in O(1), and adding to it is writing at its end. Holds whose end was moved (extended,
// in grace, offered to the line) do not fit the order and stand in a heap of their own. The offers' firsts
// stand in one small heap: the timer.

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "doorbuster/base/reserved_array.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/engine/order_slot.h"
#include "doorbuster/model/ids.h"

namespace doorbuster {

class HoldCalendar {
 public:
  static constexpr Tick kNever{std::numeric_limits<std::int64_t>::max()};

  explicit HoldCalendar(std::uint64_t orders_max) : entries_(orders_max) {}
  void resize_offers(std::size_t offers) { lanes_.resize(offers); }

  void add(OrderSlot hold, OfferIndex offer, Tick expires_at);
  void remove(OrderSlot hold);  // REQUIRES: it is there
  void move(OrderSlot hold, Tick expires_at);
  // One whose end was moved before.
  void add_moved(OrderSlot hold, OfferIndex offer, Tick expires_at);

  struct First {
    OrderSlot hold;
    Tick expires_at = kNever;  // kNever: the offer has no hold
  };
  First first(OfferIndex offer) const;
  Tick next() const { return timer_.empty() ? kNever : timer_.front().at; }
  // An offer whose first hold has run out at `now`; forgets alarms that mean nothing any more.
  std::optional<OfferIndex> due(Tick now);

 private:
  // Links are slots plus one: zero, which fresh memory is, means none.
  struct Entry {
    std::int64_t expires_ns;
    std::uint32_t offer;
    std::uint32_t previous, next;  // in the lane's list
    std::uint32_t heap_place;      // in the lane's heap, plus one; 0: in the list
  };
  struct Lane {
    std::uint32_t head = 0, tail = 0;
    Tick armed = kNever;               // the earliest alarm of this offer that is in the timer
    std::vector<std::uint32_t> moved;  // heap of slots, the first to run out in front
  };
  struct Alarm {
    Tick at;
    std::uint32_t offer;
  };

  void arm(std::uint32_t offer);
  void push_moved(Lane& lane, std::uint32_t slot);
  void place(Lane& lane, std::size_t at, std::uint32_t slot);
  void sift_up(Lane& lane, std::size_t at);
  void sift_down(Lane& lane, std::size_t at);
  std::int64_t expires(std::uint32_t slot) const { return entries_[slot].expires_ns; }

  ReservedArray<Entry> entries_;  // by order slot
  std::vector<Lane> lanes_;       // by offer
  std::vector<Alarm> timer_;      // a heap; of one offer there may be several, the later ones stale
};

}  // namespace doorbuster
