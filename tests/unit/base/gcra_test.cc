#include "doorbuster/base/gcra.h"

#include <algorithm>
#include <random>
#include <vector>

#include "support/catch.h"

namespace doorbuster {
namespace {

__extension__ using Wide = __int128;  // exact, whatever the numbers

// The same promise as slowly as can be, without a schedule: the bucket that leaks. Exact, in parts of
// interval().
class Bucket {
 public:
  explicit Bucket(const RateLimit& limit) : limit_(limit) {}
  bool take(std::int64_t now_ns) {
    const Wide passed = Wide{now_ns - last_ns_} * RateLimit::kPartsPerNs;
    level_ = std::max(Wide{0}, level_ - passed);
    last_ns_ = now_ns;
    if (level_ > Wide{limit_.burst - 1} * limit_.interval()) return false;
    level_ += limit_.interval();
    return true;
  }

 private:
  const RateLimit limit_;
  Wide level_ = 0;
  std::int64_t last_ns_ = 0;
};

TEST_CASE("a limit takes its burst, then one an interval, and says when the next is due") {
  struct Step {
    std::int64_t at_ns, wait_ns;
  };
  const RateLimit limit = {.requests_per_second = 10, .burst = 3};
  constexpr std::int64_t kInterval = kNsPerSecond / 10;
  Gcra gcra;
  for (const Step& step : std::vector<Step>{{0, 0},
                                            {0, 0},
                                            {0, 0},
                                            {0, kInterval},
                                            {kInterval - 1, 1},
                                            {kInterval, 0},
                                            {kInterval, kInterval},
                                            {10 * kInterval, 0},  // rest gives the burst back, and no more
                                            {10 * kInterval, 0},
                                            {10 * kInterval, 0},
                                            {10 * kInterval, kInterval},
                                            {5 * kInterval, 6 * kInterval}}) {  // a clock that is behind
    INFO(step.at_ns);
    CHECK(gcra.take(limit, step.at_ns) == step.wait_ns);
  }
}

TEST_CASE("the largest limits do not overflow after four years") {
  constexpr std::int64_t kFourYears = 4 * 365 * 24 * 3600 * kNsPerSecond;
  for (const RateLimit& limit : {RateLimit{1, kRequestBurstMax}, RateLimit{kRequestsPerSecondMax, 1},
                                 RateLimit{kRequestsPerSecondMax, kRequestBurstMax}, RateLimit{1, 1}}) {
    Gcra gcra;
    for (std::uint32_t i = 0; i < limit.burst; ++i) REQUIRE(gcra.take(limit, kFourYears) == 0);
    CHECK(gcra.take(limit, kFourYears) == kNsPerSecond / limit.requests_per_second);
  }
}

TEST_CASE("it decides as a leaking bucket does, and no window has more than burst and rate") {
  std::mt19937_64 random(20261127);
  const auto up_to = [&](std::int64_t most) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most + 1));
  };
  for (int round = 0; round < 200; ++round) {
    const RateLimit limit = {
        .requests_per_second = static_cast<std::uint32_t>(1 + up_to(kRequestsPerSecondMax - 1)),
        .burst = static_cast<std::uint32_t>(1 + up_to(50))};
    CAPTURE(limit.requests_per_second, limit.burst);
    const std::int64_t mean_ns = kNsPerSecond / limit.requests_per_second;
    Gcra gcra;
    Bucket bucket(limit);
    std::vector<std::int64_t> taken;
    std::int64_t now_ns = up_to(kNsPerSecond);
    for (int i = 0; i < 400; ++i) {
      if (up_to(20) == 0) now_ns += up_to(60) * mean_ns;
      now_ns += up_to(2 * mean_ns) * (up_to(3) == 0 ? 1 : 0);
      const std::int64_t wait_ns = gcra.take(limit, now_ns);
      REQUIRE((wait_ns == 0) == bucket.take(now_ns));
      if (wait_ns == 0) taken.push_back(now_ns);
    }
    for (std::size_t from = 0; from < taken.size(); ++from) {
      for (std::size_t to = from; to < taken.size(); ++to) {
        const Wide parts = Wide{taken[to] - taken[from]} * RateLimit::kPartsPerNs;
        REQUIRE(Wide{to - from + 1} <= limit.burst + parts / limit.interval());
      }
    }
  }
}

TEST_CASE("who keeps to the rate is never refused, whatever the rate") {
  std::mt19937_64 random(20261127);
  for (int round = 0; round < 200; ++round) {
    const auto rate = static_cast<std::uint32_t>(1 + random() % kRequestsPerSecondMax);
    CAPTURE(rate);
    const auto up = [rate](std::int64_t n) {
      return static_cast<std::int64_t>((Wide{n} * kNsPerSecond + rate - 1) / rate);
    };
    // Apart from each other by no less than the interval, now and then by more.
    Gcra apart;
    std::int64_t now_ns = 0;
    // The n-th at n / rate seconds for ever: rounded to nanoseconds it is early by less than one.
    Gcra steady;
    for (std::int64_t n = 0; n < 5'000; ++n) {
      now_ns += up(1) + static_cast<std::int64_t>(random() % 10 == 0 ? random() % 1'000 : 0);
      REQUIRE(apart.take({.requests_per_second = rate, .burst = 1}, now_ns) == 0);
      REQUIRE(steady.take({.requests_per_second = rate, .burst = 2}, up(n)) == 0);
    }
  }
}

TEST_CASE("the rate in force is at most 16 millionths above the one that was asked for") {
  for (std::uint32_t rate = 1; rate <= kRequestsPerSecondMax; rate += 37) {
    const Wide interval = RateLimit{.requests_per_second = rate, .burst = 1}.interval();
    const Wide second = Wide{kNsPerSecond} * RateLimit::kPartsPerNs;
    REQUIRE(interval * rate <= second);
    REQUIRE((second - interval * rate) * 1'000'000 <= second * 16);
  }
}

}  // namespace
}  // namespace doorbuster
