#pragma once
// The generic cell rate algorithm, as a virtual schedule: ITU-T I.371, annex A; ATM Forum Traffic Management
// 4.1, section 4.4.2. All that it remembers is when the next request would be on time if everybody came
// evenly. One word for any number of threads.

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "doorbuster/base/cache_line.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/tick.h"

namespace doorbuster {

// So many requests a second for ever, and so many at once. Times are in 64ths of a nanosecond: the distance
// of two requests is rounded down to that, so who keeps to the rate is never refused, and the rate in force
// is at most 16 millionths above the one that was asked for (at kRequestsPerSecondMax; far less below).
struct RateLimit {
  std::uint32_t requests_per_second = 1;  // 1 to kRequestsPerSecondMax
  std::uint32_t burst = 1;                // 1 to kRequestBurstMax

  static constexpr std::int64_t kPartsPerNs = 64;
  constexpr std::int64_t interval() const { return kNsPerSecond * kPartsPerNs / requests_per_second; }
  constexpr std::int64_t tolerance() const { return (std::int64_t{burst} - 1) * interval(); }
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

class alignas(kCacheLineBytes) Gcra {
 public:
  // 0: the request is within the limit and counts. Else it is not, nothing has changed, and one would be so
  // many nanoseconds later. Any thread. `now_ns` is monotonic, at least 0 and below 4 years; threads may
  // disagree about it, and then the largest counts.
  std::int64_t take(const RateLimit& limit, std::int64_t now_ns) {
    const std::int64_t now = now_ns * RateLimit::kPartsPerNs, tolerance = limit.tolerance();
    // relaxed, here and below: the word orders nothing but itself, and it is one total order of its changes
    std::int64_t arrival = arrival_.load(std::memory_order_relaxed);
    for (;;) {
      const std::int64_t early = std::max(arrival, now) - now;
      if (early > tolerance) {
        return (early - tolerance + RateLimit::kPartsPerNs - 1) / RateLimit::kPartsPerNs;
      }
      // relaxed: see above
      if (arrival_.compare_exchange_weak(arrival, now + early + limit.interval(),
                                         std::memory_order_relaxed)) {
        return 0;
      }
    }
  }

 private:
  std::atomic<std::int64_t> arrival_ = 0;  // the theoretical arrival time of the next request
};

}  // namespace doorbuster
