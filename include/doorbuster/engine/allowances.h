#pragma once
// Units by name over a whole campaign, where SKUs live in different shards: one table that all shards of the
// process use, without a lock. A name's units go up and down; one that has none any more keeps its place
// until nobody uses the table for a moment, and compact() makes it anew.
//
// Exact in the direction that matters: units are taken by compare-and-swap against the limit, so no
// interleaving takes one too many. Two buys of one person in two shards at the same instant may each meet
// what the other has taken for a moment, and both be refused.

#include <atomic>
#include <cstdint>
#include <span>

#include "doorbuster/base/hash.h"
#include "doorbuster/base/reserved_array.h"

namespace doorbuster {

class Allowances {
 public:
  // Room for `names_max` names; beyond it take() fails, and full() says so.
  explicit Allowances(std::uint64_t names_max);

  // --- any thread ---
  std::uint32_t units(const Hash128& name) const;
  // Adds `units` to every name unless one of them would be above `limit`; then to none.
  [[nodiscard]] bool take(std::span<const Hash128> names, std::uint32_t units, std::uint32_t limit);
  // False: no room for a new name.
  [[nodiscard]] bool take_anyway(std::span<const Hash128> names, std::uint32_t units);
  // REQUIRES: they were taken.
  void give_back(std::span<const Hash128> names, std::uint32_t units);
  bool full() const { return names_.load() >= names_max_; }
  std::uint64_t names() const { return names_.load(); }
  // Half of the room that compact() has left is used.
  bool is_crowded() const {
    const std::uint64_t left = left_.load();
    return names_.load() > left + (names_max_ - left) / 2;
  }

  // Takes out the names without units. REQUIRES: nobody else uses the table. May allocate.
  void compact();

  // Of names with units; whatever the order in which they came. Nobody else may be writing.
  std::uint64_t state_hash() const;

 private:
  // Zero words: free. The first word is claimed before the second; whoever meets a first word like its own
  // and no second one may complete it.
  struct Entry {
    std::atomic<std::uint64_t> low, high;
    std::atomic<std::uint64_t> units;
  };

  Entry* find_or_claim(const Hash128& name);
  const Entry* find(const Hash128& name) const;

  const std::uint64_t names_max_;
  const std::uint64_t mask_;
  ReservedArray<Entry> entries_;
  std::atomic<std::uint64_t> names_ = 0;
  std::atomic<std::uint64_t> left_ = 0;  // names that the last compact() found in use
};

}  // namespace doorbuster
