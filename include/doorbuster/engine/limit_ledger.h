#pragma once
// Units by name in one offer, and which holds they are in. Part of the engine; same owner.
//
// A name's holds hang on its entry, so that a buyer who is at the limit only because of holds whose time is
// over can be told from one who is really there, whatever the timer has got to. A hold that is over hangs
// there until the name gets another one or its order is forgotten.

#include <cstdint>

#include "doorbuster/base/hash.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/reserved_array.h"
#include "doorbuster/base/reserved_table.h"
#include "doorbuster/engine/order_slot.h"

namespace doorbuster {

// One of an order's names: the buyer is the first, the identities follow.
struct NamedHold {
  OrderSlot slot;
  std::uint32_t name = 0;  // at most kIdentitiesMax
};

class LimitLedger {
 public:
  // Fixed for good: has_room() is to be asked before an order is added. Most orders have one name: memory for
  // more than names_expected is taken when they come.
  LimitLedger(std::uint64_t names_expected, std::uint64_t names_max, std::uint64_t slots_max);

  // Whether one order with all its names fits.
  bool has_room() const;
  std::uint64_t names() const { return entries_.size(); }

  std::uint32_t units(const Hash128& key) const {
    const Entry* entry = entries_.find(key);
    return entry == nullptr ? 0 : entry->units;
  }
  void prefetch(const Hash128& key) const { entries_.prefetch(key); }  // see ReservedTable
  void add(const Hash128& key, std::uint32_t units) { entries_.add(key).units += units; }
  void subtract(const Hash128& key, std::uint32_t units);
  // add(), and remembers the hold. Lets go of some of the name's for which live(slot) is false.
  template <typename Live>
  void add_hold(const Hash128& key, std::uint32_t units, const NamedHold& hold, const Live& live);
  // subtract(), and the hold with its slot is nobody's any more. A name without units and holds is gone.
  void forget(const Hash128& key, std::uint32_t units, const NamedHold& hold);
  // The name itself, if nothing is kept under it.
  void forget_if_empty(const Hash128& key);

  // The newest remembered hold for which wanted(slot) is true, among the newest kHoldsWalkedMax.
  template <typename Wanted>
  bool find_hold(const Hash128& key, const Wanted& wanted, OrderSlot& hold) const;

  template <typename Visit>
  void visit(Visit&& visit) const {
    entries_.visit([&](const Hash128& key, const Entry&) { visit(key); });
  }
  std::uint64_t state_hash() const;

 private:
  // Links are indexes plus one; 0: none. A link belongs to a slot and one of its names for good, so nothing
  // has to be looked for when the slot is given to another order.
  struct Entry {
    std::uint32_t units = 0;
    std::uint32_t newest = 0;
  };
  struct Link {
    std::uint32_t older, newer;
  };
  static constexpr std::uint32_t kNamesPerOrder = kIdentitiesMax + 1;
  static constexpr int kHoldsPrunedMax = 8;     // of those looked at when one is added
  static constexpr int kHoldsWalkedMax = 1024;  // a name with more live holds in one offer has no limit

  // Those of buyers together: most orders have no other name.
  std::uint32_t link_of(const NamedHold& hold) const {
    return static_cast<std::uint32_t>(hold.name * slots_max_ + hold.slot.value + 1);
  }
  OrderSlot slot_of(std::uint32_t link) const {
    std::uint64_t index = link - 1;
    while (index >= slots_max_) index -= slots_max_;  // at most kIdentitiesMax times
    return {static_cast<std::uint32_t>(index)};
  }
  void unlink(Entry& entry, std::uint32_t link);

  const std::uint64_t names_max_, slots_max_;
  SpillingTable<Hash128, Entry, Hash128Identity> entries_;
  ReservedArray<Link> links_;
};

template <typename Live>
void LimitLedger::add_hold(const Hash128& key, std::uint32_t units, const NamedHold& hold, const Live& live) {
  Entry& entry = entries_.add(key);
  entry.units += units;
  std::uint32_t at = entry.newest;
  for (int i = 0; i < kHoldsPrunedMax && at != 0; ++i) {
    const std::uint32_t older = links_[at - 1].older;
    if (!live(slot_of(at))) unlink(entry, at);
    at = older;
  }
  const std::uint32_t added = link_of(hold);
  links_[added - 1] = {.older = entry.newest, .newer = 0};
  if (entry.newest != 0) links_[entry.newest - 1].newer = added;
  entry.newest = added;
}

template <typename Wanted>
bool LimitLedger::find_hold(const Hash128& key, const Wanted& wanted, OrderSlot& hold) const {
  const Entry* entry = entries_.find(key);
  std::uint32_t at = entry == nullptr ? 0 : entry->newest;
  for (int i = 0; i < kHoldsWalkedMax && at != 0; ++i) {
    if (wanted(slot_of(at))) {
      hold = slot_of(at);
      return true;
    }
    at = links_[at - 1].older;
  }
  return false;
}

}  // namespace doorbuster
