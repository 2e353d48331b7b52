#pragma once
// The only place where the program meets time.

#include "doorbuster/base/tick.h"

namespace doorbuster {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall-clock time: decides windows. May step backwards; a shard never lets its own ticks do so.
  virtual Tick wall_now() const = 0;
  // Nanoseconds of a clock that never steps: measures durations and deadlines.
  virtual std::int64_t monotonic_ns() const = 0;
};

class SystemClock final : public Clock {
 public:
  Tick wall_now() const override;
  std::int64_t monotonic_ns() const override;
};

// Stands still until it is told to move. Not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Tick start = {}) : now_(start) {}
  Tick wall_now() const override { return now_; }
  std::int64_t monotonic_ns() const override { return monotonic_ns_; }
  void advance_ns(std::int64_t ns) {
    now_.ns += ns;
    monotonic_ns_ += ns;
  }
  void set_wall(Tick tick) { now_ = tick; }

 private:
  Tick now_;
  std::int64_t monotonic_ns_ = 0;
};

}  // namespace doorbuster
