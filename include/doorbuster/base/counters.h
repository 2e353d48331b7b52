#pragma once
// Numbers that one thread writes and any thread reads. Metrics observe; nothing is ever decided by them.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace doorbuster {

// Single writer. Relaxed throughout: a counter is tied to no other data, and a reader may be a little late.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    // relaxed: see above
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }       // relaxed: see above
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }  // relaxed: see above

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// Upper bounds of the latency buckets, in nanoseconds; the last bucket, +Inf, is not listed.
inline constexpr std::array<std::int64_t, 16> kLatencyBoundsNs = {
    25'000,     50'000,     100'000,    250'000,     500'000,     1'000'000,   2'500'000,     5'000'000,
    10'000'000, 25'000'000, 50'000'000, 100'000'000, 250'000'000, 500'000'000, 1'000'000'000, 2'500'000'000};
// Upper bounds of buckets that count things (records in a batch).
inline constexpr std::array<std::int64_t, 16> kSizeBounds = {1,   2,   4,    8,    16,   32,   64,    128,
                                                             256, 512, 1024, 2048, 4096, 8192, 16384, 65536};

// Single writer; a Prometheus histogram. The bounds are ascending.
class BucketHistogram {
 public:
  explicit constexpr BucketHistogram(const std::array<std::int64_t, 16>& bounds) : bounds_(bounds) {}
  void record(std::int64_t value) {
    std::size_t bucket = 0;
    while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
    counts_[bucket].add();
    sum_.add(value > 0 ? static_cast<std::uint64_t>(value) : 0);
  }
  const std::array<std::int64_t, 16>& bounds() const { return bounds_; }
  std::uint64_t count(std::size_t bucket) const {
    return counts_[bucket].value();
  }  // 16 is +Inf; not cumulative
  std::uint64_t sum() const { return sum_.value(); }

 private:
  const std::array<std::int64_t, 16>& bounds_;
  std::array<Counter, 17> counts_;
  Counter sum_;
};

}  // namespace doorbuster
