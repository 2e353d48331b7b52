#pragma once
// Units by name in one offer, and which holds they are in. Part of the engine; same owner.
//
// A name's holds hang on its entry, so that a buyer who is at the limit only because of holds whose time is
// over can be told from one who is really there, whatever the timer has got to.

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <utility>

#include "doorbuster/base/hash.h"
#include "doorbuster/base/reserved_array.h"
#include "doorbuster/engine/order_slot.h"

namespace doorbuster {

template <typename Key, typename Value, typename Hash>
using ReservedTable = boost::unordered_flat_map<Key, Value, Hash, std::equal_to<Key>,
                                                ReservedAllocator<std::pair<const Key, Value>>>;

class LimitLedger {
 public:
  // Fixed for good: has_room() is to be asked before an order is added.
  LimitLedger(std::uint64_t names_max, std::uint64_t links_max);

  // Whether one order with all its names fits.
  bool has_room() const;

  std::uint32_t units(const Hash128& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? 0 : found->second.units;
  }
  void add(const Hash128& key, std::uint32_t units) { entries_[key].units += units; }
  void subtract(const Hash128& key, std::uint32_t units);
  // add(), and remembers the hold. Forgets some of the name's for which live(slot) is false.
  template <typename Live>
  void add_hold(const Hash128& key, std::uint32_t units, OrderSlot hold, const Live& live);

  // The newest remembered hold for which wanted(slot) is true, among the newest kHoldsWalkedMax.
  template <typename Wanted>
  bool find_hold(const Hash128& key, const Wanted& wanted, OrderSlot& hold) const;

  template <typename Visit>
  void visit(Visit&& visit) const {
    for (const auto& entry : entries_) visit(entry.first);
  }
  std::uint64_t state_hash() const;

 private:
  // Links are indexes plus one; 0: none.
  struct Entry {
    std::uint32_t units = 0;
    std::uint32_t newest = 0;
  };
  struct Link {
    std::uint32_t slot;
    std::uint32_t older;
  };
  static constexpr int kHoldsPrunedMax = 8;     // of those looked at when one is added
  static constexpr int kHoldsWalkedMax = 1024;  // a name with more live holds in one offer has no limit

  std::uint32_t take_link();

  const std::uint64_t names_max_;
  ReservedTable<Hash128, Entry, Hash128Identity> entries_;
  ReservedArray<Link> links_;
  std::uint32_t links_used_ = 0;  // of links_, from the front; some of them free again
  std::uint32_t free_link_ = 0;
};

template <typename Live>
void LimitLedger::add_hold(const Hash128& key, std::uint32_t units, OrderSlot hold, const Live& live) {
  Entry& entry = entries_[key];
  entry.units += units;
  std::uint32_t* at = &entry.newest;
  for (int i = 0; i < kHoldsPrunedMax && *at != 0; ++i) {
    Link& link = links_[*at - 1];
    if (live(OrderSlot{link.slot})) {
      at = &link.older;
      continue;
    }
    const std::uint32_t gone = *at;
    *at = link.older;
    link.older = free_link_;
    free_link_ = gone;
  }
  const std::uint32_t added = take_link();
  links_[added - 1] = {.slot = hold.value, .older = entry.newest};
  entry.newest = added;
}

template <typename Wanted>
bool LimitLedger::find_hold(const Hash128& key, const Wanted& wanted, OrderSlot& hold) const {
  const auto found = entries_.find(key);
  std::uint32_t at = found == entries_.end() ? 0 : found->second.newest;
  for (int i = 0; i < kHoldsWalkedMax && at != 0; ++i) {
    const Link& link = links_[at - 1];
    if (wanted(OrderSlot{link.slot})) {
      hold = {link.slot};
      return true;
    }
    at = link.older;
  }
  return false;
}

}  // namespace doorbuster
