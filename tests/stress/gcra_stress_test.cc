// One limit, many threads: what they get together is what one would get alone.

#include <atomic>
#include <thread>
#include <vector>

#include "doorbuster/base/gcra.h"
#include "stress/stress.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

TEST_CASE("threads that race for a limit get no more and no less than it has") {
  constexpr int kThreads = 4, kInstants = 2'000;
  const RateLimit limit = {.requests_per_second = 1'000, .burst = 10};
  constexpr std::int64_t kInterval = kNsPerSecond / 1'000;
  Gcra gcra;
  std::atomic<std::int64_t> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      // Each asks at the same instants, so whoever is behind asks for what is gone already.
      for (std::int64_t instant = 0; instant <= kInstants; ++instant) {
        while (gcra.take(limit, instant * kInterval) == 0) taken.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(taken.load() == limit.burst + kInstants);
}

}  // namespace
}  // namespace doorbuster
