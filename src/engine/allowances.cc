#include "doorbuster/engine/allowances.h"

#include <bit>
#include <vector>

#include "doorbuster/base/check.h"

namespace doorbuster {
namespace {

// A word of zero means "free", so it stands for no name.
Hash128 without_zeros(const Hash128& name) {
  return {.low = name.low == 0 ? 1 : name.low, .high = name.high == 0 ? 1 : name.high};
}

}  // namespace

// At most half full: probes stay short.
Allowances::Allowances(std::uint64_t names_max)
    : names_max_(names_max), mask_(std::bit_ceil(names_max * 2 + 2) - 1), entries_(mask_ + 1) {}

Allowances::Entry* Allowances::find_or_claim(const Hash128& given) {
  const Hash128 name = without_zeros(given);
  for (std::uint64_t at = name.low & mask_;; at = (at + 1) & mask_) {
    Entry& entry = entries_.data()[at];
    std::uint64_t low = entry.low.load();
    if (low == 0) {
      if (names_.load() >= names_max_) return nullptr;
      if (entry.low.compare_exchange_strong(low, name.low)) {
        names_.fetch_add(1);
        low = name.low;
      }
    }
    if (low != name.low) continue;
    std::uint64_t high = 0;
    if (entry.high.compare_exchange_strong(high, name.high) || high == name.high) return &entry;
  }
}

const Allowances::Entry* Allowances::find(const Hash128& given) const {
  const Hash128 name = without_zeros(given);
  for (std::uint64_t at = name.low & mask_;; at = (at + 1) & mask_) {
    const Entry& entry = entries_.data()[at];
    const std::uint64_t low = entry.low.load();
    if (low == 0) return nullptr;
    if (low == name.low && entry.high.load() == name.high) return &entry;
  }
}

std::uint32_t Allowances::units(const Hash128& name) const {
  const Entry* entry = find(name);
  return entry == nullptr ? 0 : static_cast<std::uint32_t>(entry->units.load());
}

bool Allowances::take(std::span<const Hash128> names, std::uint32_t units, std::uint32_t limit) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    Entry* entry = find_or_claim(names[i]);
    std::uint64_t had = entry == nullptr ? 0 : entry->units.load();
    while (entry != nullptr && had + units <= limit &&
           !entry->units.compare_exchange_weak(had, had + units)) {
    }
    if (entry == nullptr || had + units > limit) {
      give_back(names.first(i), units);
      return false;
    }
  }
  return true;
}

bool Allowances::take_anyway(std::span<const Hash128> names, std::uint32_t units) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    Entry* entry = find_or_claim(names[i]);
    if (entry == nullptr) {
      give_back(names.first(i), units);
      return false;
    }
    entry->units.fetch_add(units);
  }
  return true;
}

void Allowances::give_back(std::span<const Hash128> names, std::uint32_t units) {
  for (const Hash128& name : names) {
    Entry* entry = find_or_claim(name);
    const std::uint64_t had = entry->units.fetch_sub(units);
    DOORBUSTER_CHECK(had >= units);
  }
}

void Allowances::compact() {
  struct Kept {
    Hash128 name;
    std::uint64_t units;
  };
  std::vector<Kept> kept;
  for (std::uint64_t i = 0; i <= mask_; ++i) {
    Entry& entry = entries_.data()[i];
    if (entry.low.load() == 0) continue;
    if (entry.units.load() != 0) kept.push_back({{entry.low.load(), entry.high.load()}, entry.units.load()});
    entry.low.store(0);
    entry.high.store(0);
    entry.units.store(0);
  }
  names_.store(0);
  for (const Kept& each : kept) find_or_claim(each.name)->units.store(each.units);
  left_.store(kept.size());
}

std::uint64_t Allowances::state_hash() const {
  if (names_.load() == 0) return 0;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i <= mask_; ++i) {
    const Entry& entry = entries_.data()[i];
    if (entry.low.load() == 0 || entry.units.load() == 0) continue;
    const std::uint64_t words[] = {entry.low.load(), entry.high.load(), entry.units.load()};
    sum += hash64(words, sizeof words, 7);
  }
  return sum;
}

}  // namespace doorbuster
