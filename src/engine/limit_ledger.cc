#include "doorbuster/engine/limit_ledger.h"

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"

namespace doorbuster {

LimitLedger::LimitLedger(std::uint64_t names_max, std::uint64_t links_max)
    : names_max_(names_max), links_(links_max) {
  entries_.reserve(names_max);
}

bool LimitLedger::has_room() const {
  constexpr std::uint64_t kNamesPerOrder = kIdentitiesMax + 1;
  const bool names = entries_.size() + kNamesPerOrder <= names_max_;
  return names && links_used_ + kNamesPerOrder <= links_.capacity();
}

void LimitLedger::subtract(const Hash128& key, std::uint32_t units) {
  Entry& entry = entries_[key];
  DOORBUSTER_CHECK(entry.units >= units);
  entry.units -= units;
}

std::uint32_t LimitLedger::take_link() {
  if (free_link_ == 0) return ++links_used_;
  const std::uint32_t link = free_link_;
  free_link_ = links_[link - 1].older;
  return link;
}

std::uint64_t LimitLedger::state_hash() const {
  std::uint64_t sum = 0;
  for (const auto& [key, entry] : entries_) {
    if (entry.units == 0) continue;  // left by what was given back, or by a basket that never came to be
    const std::uint64_t words[] = {key.low, key.high, entry.units};
    sum += hash64(words, sizeof words, 3);
  }
  return sum;
}

}  // namespace doorbuster
