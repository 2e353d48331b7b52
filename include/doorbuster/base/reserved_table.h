#pragma once
// A hash table with its full size from the constructor on, whose entries come and go for ever.
//
// Open addressing with linear probing, and what is taken out leaves no trace: the entries behind it move up.
// A table that only marks what was taken out has to be made anew from time to time, and that is a pause and
// an allocation in the middle of a sale.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "doorbuster/base/cache_line.h"
#include "doorbuster/base/check.h"
#include "doorbuster/base/prefetch.h"
#include "doorbuster/base/reserved_array.h"

namespace doorbuster {

// A key is not Key{}: that marks what is free. Pointers to values hold until the next add() or erase().
template <typename Key, typename Value, typename Hash>
class ReservedTable {
 public:
  // Three quarters full at most: then who looks for a key that is not there passes eight entries (Knuth, "The
  // Art of Computer Programming", volume 3, 6.4, for linear probing), and at two thirds five.
  explicit ReservedTable(std::uint64_t size_max, Pages pages = Pages::at_once)
      : size_max_(size_max), places_(size_max + size_max / 3 + 2), entries_(places_, pages) {
    DOORBUSTER_CHECK(places_ <= UINT32_MAX);
  }

  std::uint64_t size() const { return size_; }
  bool full() const { return size_ == size_max_; }

  const Value* find(const Key& key) const {
    const Entry& entry = entries_.data()[place_of(key)];
    return entry.key == key && !(key == Key{}) ? &entry.value : nullptr;
  }
  Value* find(const Key& key) { return const_cast<Value*>(std::as_const(*this).find(key)); }
  bool contains(const Key& key) const { return find(key) != nullptr; }
  // Asks the memory for the place of the key, so that it is there when the key is looked up a moment later.
  // Two cache lines: in a table that is half full or more the way of a key often ends in the second.
  void prefetch(const Key& key) const {
    const char* at = reinterpret_cast<const char*>(entries_.data() + home_of(key));
    prefetch_line(at);
    prefetch_line(at + kCacheLineBytes);
  }

  // The value of the key, which is Value{} when it is new. REQUIRES: key is not Key{}; there is room for it.
  Value& add(const Key& key) {
    Entry& entry = entries_.data()[place_of(key)];
    if (entry.key == key) return entry.value;
    DOORBUSTER_CHECK(size_ < size_max_ && !(key == Key{}));
    ++size_;
    entry.key = key;
    entry.value = Value{};
    return entry.value;
  }

  // REQUIRES: it is there.
  void erase(const Key& key) {
    std::uint64_t hole = place_of(key);
    DOORBUSTER_CHECK(entries_.data()[hole].key == key && !(key == Key{}));
    for (std::uint64_t at = next(hole); !(entries_.data()[at].key == Key{}); at = next(at)) {
      // Whoever would be found on the way over the hole moves into it.
      const std::uint64_t home = home_of(entries_.data()[at].key);
      if (steps(home, at) < steps(hole, at)) continue;
      entries_.data()[hole] = entries_.data()[at];
      hole = at;
    }
    entries_.data()[hole] = {};
    --size_;
  }

  // Calls visit(key, value) for each, not in any order.
  template <typename Visit>
  void visit(Visit&& visit) const {
    for (std::uint64_t at = 0; at < places_; ++at) {
      const Entry& entry = entries_.data()[at];
      if (!(entry.key == Key{})) visit(entry.key, entry.value);
    }
  }

 private:
  struct Entry {
    Key key{};
    Value value{};
  };

  std::uint64_t next(std::uint64_t at) const { return at + 1 == places_ ? 0 : at + 1; }
  std::uint64_t steps(std::uint64_t from, std::uint64_t to) const {
    return to >= from ? to - from : to + places_ - from;
  }
  // By the upper half of a product: numbers that differ in a few bits are spread too. The second product
  // makes a place of it, whatever the number of places (Lemire, "Fast random integer generation in an
  // interval", 2019).
  std::uint64_t home_of(const Key& key) const {
    const std::uint64_t product = Hash{}(key)*0x9e3779b97f4a7c15;
    return (product >> 32) * places_ >> 32;
  }
  // Where the key is, or where it would be.
  std::uint64_t place_of(const Key& key) const {
    std::uint64_t at = home_of(key);
    while (!(entries_.data()[at].key == key) && !(entries_.data()[at].key == Key{})) at = next(at);
    return at;
  }

  const std::uint64_t size_max_;
  const std::uint64_t places_;
  ReservedArray<Entry> entries_;
  std::uint64_t size_ = 0;
};

// The same in two parts: one for as many as are expected, and one for more, which takes memory only when they
// come.
template <typename Key, typename Value, typename Hash>
class SpillingTable {
 public:
  SpillingTable(std::uint64_t expected, std::uint64_t size_max)
      : expected_(std::min(expected, size_max)),
        more_(size_max - std::min(expected, size_max), Pages::at_first_touch) {}

  std::uint64_t size() const { return expected_.size() + more_.size(); }
  const Value* find(const Key& key) const {
    const Value* value = expected_.find(key);
    return value != nullptr || more_.size() == 0 ? value : more_.find(key);
  }
  Value* find(const Key& key) { return const_cast<Value*>(std::as_const(*this).find(key)); }
  void prefetch(const Key& key) const { expected_.prefetch(key); }
  Value& add(const Key& key) {
    if (more_.size() == 0 && !expected_.full()) return expected_.add(key);
    if (Value* value = find(key); value != nullptr) return *value;
    return expected_.full() ? more_.add(key) : expected_.add(key);
  }
  void erase(const Key& key) { expected_.contains(key) ? expected_.erase(key) : more_.erase(key); }
  template <typename Visit>
  void visit(Visit&& visit) const {
    expected_.visit(visit);
    if (more_.size() != 0) more_.visit(visit);
  }

 private:
  ReservedTable<Key, Value, Hash> expected_, more_;
};

}  // namespace doorbuster
