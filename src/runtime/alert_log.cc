#include "doorbuster/runtime/alert_log.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "doorbuster/base/limits.h"

namespace doorbuster {
namespace {

std::uint64_t key_of(const Alert& alert) {
  const std::uint32_t whose = alert.offer ? alert.offer->value : alert.campaign.value;
  return static_cast<std::uint64_t>(alert.kind) << 32 | whose;
}

}  // namespace

void AlertLog::append(const Alert& alert) {
  const std::lock_guard lock(mutex_);
  std::uint64_t& count = active_counts_[static_cast<std::size_t>(alert.kind)];
  if (alert.raised) {
    count += active_.insert_or_assign(key_of(alert), Entry{last_ + 1, alert}).second ? 1U : 0U;
  } else {
    count -= active_.erase(key_of(alert));
  }
  if (entries_.size() == kAlertsKeptMax) entries_.pop_front();
  entries_.push_back({.sequence = ++last_, .alert = alert});
}

void AlertLog::restore(const std::vector<Entry>& entries, const std::vector<Entry>& active,
                       std::uint64_t last) {
  const std::lock_guard lock(mutex_);
  entries_.assign(entries.begin(), entries.end());
  for (const Entry& entry : active) {
    if (active_.insert_or_assign(key_of(entry.alert), entry).second) {
      ++active_counts_[static_cast<std::size_t>(entry.alert.kind)];
    }
  }
  last_ = last;
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

std::uint64_t AlertLog::oldest() const {
  const std::lock_guard lock(mutex_);
  return entries_.empty() ? 0 : entries_.front().sequence;
}

std::vector<AlertLog::Entry> AlertLog::active() const {
  std::vector<Entry> all;
  {
    const std::lock_guard lock(mutex_);
    all.reserve(active_.size());
    for (const auto& [key, entry] : active_) all.push_back(entry);
  }
  std::ranges::sort(all, {}, &Entry::sequence);
  return all;
}

std::array<std::uint64_t, kAlertKindCount> AlertLog::active_counts() const {
  const std::lock_guard lock(mutex_);
  return active_counts_;
}

}  // namespace doorbuster
