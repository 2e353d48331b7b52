#include "doorbuster/engine/limit_ledger.h"

#include "doorbuster/base/check.h"

namespace doorbuster {

LimitLedger::LimitLedger(std::uint64_t names_expected, std::uint64_t names_max, std::uint64_t slots_max)
    : names_max_(names_max),
      slots_max_(slots_max),
      entries_(names_expected, names_max),
      links_(slots_max * kNamesPerOrder) {}

bool LimitLedger::has_room() const {
  return entries_.size() + kNamesPerOrder <= names_max_;
}

void LimitLedger::subtract(const Hash128& key, std::uint32_t units) {
  Entry* entry = entries_.find(key);
  DOORBUSTER_CHECK(entry != nullptr && entry->units >= units);
  entry->units -= units;
}

void LimitLedger::forget(const Hash128& key, std::uint32_t units, const NamedHold& hold) {
  Entry* entry = entries_.find(key);
  DOORBUSTER_CHECK((entry == nullptr ? 0 : entry->units) >= units);
  if (entry == nullptr) return;  // went with another order of the same name
  entry->units -= units;
  const std::uint32_t link = link_of(hold);
  // Without a newer one it is the newest, or hangs nowhere.
  if (links_[link - 1].newer != 0 || entry->newest == link) unlink(*entry, link);
  if (entry->units == 0 && entry->newest == 0) entries_.erase(key);
}

void LimitLedger::forget_if_empty(const Hash128& key) {
  const Entry* entry = entries_.find(key);
  if (entry != nullptr && entry->units == 0 && entry->newest == 0) entries_.erase(key);
}

void LimitLedger::unlink(Entry& entry, std::uint32_t link) {
  Link& gone = links_[link - 1];
  (gone.newer == 0 ? entry.newest : links_[gone.newer - 1].older) = gone.older;
  if (gone.older != 0) links_[gone.older - 1].newer = gone.newer;
  gone = {};
}

std::uint64_t LimitLedger::state_hash() const {
  std::uint64_t sum = 0;
  entries_.visit([&](const Hash128& key, const Entry& entry) {
    if (entry.units == 0) return;  // left by what was given back, or by a basket that never came to be
    const std::uint64_t words[] = {key.low, key.high, entry.units};
    sum += hash64(words, sizeof words, 3);
  });
  return sum;
}

}  // namespace doorbuster
