#pragma once
// The alerts that were raised and cleared, the last kAlertsKeptMax of them: what operators and streams read.
// An alert is here when its record is durable.

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
  // What came behind this one, the oldest first; 0: all that is kept. Entries that have left it are not told
  // of: the first one's sequence says so.
  std::vector<Entry> after(std::uint64_t sequence) const;
  std::uint64_t last() const;  // sequence of the newest; 0: there never was one

 private:
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
  std::uint64_t last_ = 0;
};

}  // namespace doorbuster
