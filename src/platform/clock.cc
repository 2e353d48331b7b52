#include "doorbuster/platform/clock.h"

#include <ctime>

namespace doorbuster {
namespace {

std::int64_t read(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * kNsPerSecond + now.tv_nsec;
}

}  // namespace

Tick SystemClock::wall_now() const {
  return {read(CLOCK_REALTIME)};
}
std::int64_t SystemClock::monotonic_ns() const {
  return read(CLOCK_MONOTONIC);
}

}  // namespace doorbuster
