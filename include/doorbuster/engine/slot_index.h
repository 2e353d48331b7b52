#pragma once
// From the hash of what names an order to its slot: four bytes for each place. What names it stands in the
// order itself, so the index has the slot and a few bits of the hash, and whoever asks says whether the order
// in a slot is the one. Part of the engine; same owner.
//
// Open addressing with linear probing, like ReservedTable: what is taken out leaves no trace.

#include <cstdint>
#include <optional>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/prefetch.h"
#include "doorbuster/base/reserved_array.h"
#include "doorbuster/engine/order_slot.h"

namespace doorbuster {

class SlotIndex {
 public:
  SlotIndex(std::uint64_t size_max, Pages pages)
      : size_max_(size_max), places_(2 * size_max + 2), entries_(places_, pages) {}

  std::uint64_t size() const { return size_; }

  // The slot with this hash of which is(slot) is true. `is` is asked for one of 16 others that are passed,
  // and a full index passes two on the way to nothing.
  template <typename Is>
  std::optional<OrderSlot> find(std::uint64_t hash, Is&& is) const {
    for (std::uint64_t at = home_of(hash);; at = next(at)) {
      const std::uint32_t entry = entries_.data()[at];
      if (entry == 0) return std::nullopt;
      if (entry >> kSlotBits == tag_of(hash) && is(slot_in(entry))) return slot_in(entry);
    }
  }

  // REQUIRES: the slot is not there; there is room.
  void add(std::uint64_t hash, OrderSlot slot) {
    DOORBUSTER_CHECK(size_ < size_max_);
    ++size_;
    std::uint64_t at = home_of(hash);
    while (entries_.data()[at] != 0) at = next(at);
    entries_.data()[at] = tag_of(hash) << kSlotBits | (slot.value + 1);
  }

  // REQUIRES: it was added with this hash. `hash_of(slot)`: of those behind it.
  template <typename HashOf>
  void erase(std::uint64_t hash, OrderSlot slot, HashOf&& hash_of) {
    std::uint64_t hole = home_of(hash);
    for (; slot_in(entries_.data()[hole]) != slot; hole = next(hole))
      DOORBUSTER_CHECK(entries_.data()[hole] != 0);
    for (std::uint64_t at = next(hole); entries_.data()[at] != 0; at = next(at)) {
      // Whoever would be found on the way over the hole moves into it.
      const std::uint64_t home = home_of(hash_of(slot_in(entries_.data()[at])));
      if (steps(home, at) < steps(hole, at)) continue;
      entries_.data()[hole] = entries_.data()[at];
      hole = at;
    }
    entries_.data()[hole] = 0;
    --size_;
  }

  // Asks the memory for the place, so that it is there when the hash is looked up or added a moment later.
  void prefetch(std::uint64_t hash) const { prefetch_line(&entries_.data()[home_of(hash)]); }

 private:
  // An entry is four bits of the hash and the slot plus one; 0: free.
  static constexpr int kSlotBits = 28;
  static_assert(kOrdersMax < 1U << kSlotBits);
  static OrderSlot slot_in(std::uint32_t entry) { return {(entry & ((1U << kSlotBits) - 1)) - 1}; }
  static std::uint32_t tag_of(std::uint64_t hash) { return hash & 15; }

  // By the upper half of the hash; no size has to be a power of two (Lemire, "Fast random integer generation
  // in an interval", 2019, for the product).
  std::uint64_t home_of(std::uint64_t hash) const { return (hash >> 32) * places_ >> 32; }
  std::uint64_t next(std::uint64_t at) const { return at + 1 == places_ ? 0 : at + 1; }
  std::uint64_t steps(std::uint64_t from, std::uint64_t to) const {
    return to >= from ? to - from : to + places_ - from;
  }

  const std::uint64_t size_max_;
  const std::uint64_t places_;
  ReservedArray<std::uint32_t> entries_;
  std::uint64_t size_ = 0;
};

}  // namespace doorbuster
