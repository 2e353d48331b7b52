#pragma once
// The alerts that were raised and cleared, the last kAlertsKeptMax of them, and what stands: what operators
// and streams read. An alert is here when its record is durable.

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "doorbuster/model/alert.h"

namespace doorbuster {

// Safe to use from any number of threads.
class AlertLog {
 public:
  struct Entry {
    std::uint64_t sequence =
        0;  // 1, 2, 3, ... in the order of the journal; never reused, also not by restarts
    Alert alert;
  };

  void append(const Alert& alert);
  // Of an earlier life: entries in their order, and what stands though its entry has left them. REQUIRES:
  // nothing was appended; sequences ascend and end with `last`.
  void restore(const std::vector<Entry>& entries, const std::vector<Entry>& active, std::uint64_t last);
  // What came behind this one, the oldest first; 0: all that is kept. Entries that have left it are not told
  // of: the first one's sequence says so.
  std::vector<Entry> after(std::uint64_t sequence) const;
  std::uint64_t last() const;    // sequence of the newest; 0: there never was one
  std::uint64_t oldest() const;  // that is kept; 0: none

  // What was raised and is not cleared, in the order in which it was raised.
  std::vector<Entry> active() const;
  std::array<std::uint64_t, kAlertKindCount> active_counts() const;  // by kind

 private:
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
  boost::unordered_flat_map<std::uint64_t, Entry> active_;  // by kind and whose it is
  std::array<std::uint64_t, kAlertKindCount> active_counts_{};
  std::uint64_t last_ = 0;
};

}  // namespace doorbuster
