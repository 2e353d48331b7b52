#include "doorbuster/runtime/alert_log.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "doorbuster/base/limits.h"

namespace doorbuster {

void AlertLog::append(const Alert& alert) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() == kAlertsKeptMax) entries_.pop_front();
  entries_.push_back({.sequence = ++last_, .alert = alert});
}

std::vector<AlertLog::Entry> AlertLog::after(std::uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t newer = last_ - std::min(sequence, last_);
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(newer, entries_.size()));
  return {std::prev(entries_.end(), static_cast<std::ptrdiff_t>(count)), entries_.end()};
}

std::uint64_t AlertLog::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

}  // namespace doorbuster
