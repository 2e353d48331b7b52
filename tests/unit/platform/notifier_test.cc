#include "doorbuster/platform/notifier.h"

#include <poll.h>

#include <thread>

#include "doorbuster/platform/clock.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

bool readable(const Notifier& notifier) {
  pollfd descriptor = {.fd = notifier.descriptor(), .events = POLLIN, .revents = 0};
  return poll(&descriptor, 1, 0) == 1;
}

TEST_CASE("who is awake is not rung") {
  Notifier notifier;
  notifier.notify();
  CHECK(notifier.wakeups() == 0);
  CHECK_FALSE(readable(notifier));
  notifier.prepare_to_sleep();
  notifier.cancel_sleep();
  notifier.notify();
  CHECK(notifier.wakeups() == 0);
}

TEST_CASE("who prepares to sleep is rung once, and sleep() returns at once") {
  Notifier notifier;
  notifier.prepare_to_sleep();
  notifier.notify();
  notifier.notify();
  CHECK(notifier.wakeups() == 1);
  CHECK(readable(notifier));
  notifier.sleep();
  CHECK_FALSE(readable(notifier));
  notifier.notify();  // awake again
  CHECK(notifier.wakeups() == 1);
}

TEST_CASE("drain() resets the descriptor and the sleeper, also when nobody had rung") {
  Notifier notifier;
  notifier.prepare_to_sleep();
  notifier.drain();
  notifier.notify();
  CHECK(notifier.wakeups() == 0);
  notifier.prepare_to_sleep();
  notifier.notify();
  notifier.drain();
  CHECK_FALSE(readable(notifier));
}

TEST_CASE("a sleeper on another thread sees what was published before it was rung") {
  Notifier to, from;
  int value = 0;  // handed over by the notifiers alone
  std::thread sleeper([&] {
    for (int turn = 0; turn < 2000; ++turn) {
      to.prepare_to_sleep();
      to.sleep();
      value += 1;
      from.notify();
    }
  });
  for (int turn = 0; turn < 2000; ++turn) {
    from.prepare_to_sleep();
    while (to.wakeups() == static_cast<std::uint64_t>(turn)) {
      to.notify();  // until it has prepared
      std::this_thread::yield();
    }
    from.sleep();
    REQUIRE(value == turn + 1);
  }
  sleeper.join();
}

TEST_CASE("a manual clock moves only when it is told to, a system clock by itself and never back") {
  ManualClock manual({100});
  CHECK(manual.wall_now() == Tick{100});
  CHECK(manual.monotonic_ns() == 0);
  manual.advance_ns(5);
  CHECK(manual.wall_now() == Tick{105});
  CHECK(manual.monotonic_ns() == 5);
  manual.set_wall({50});
  CHECK(manual.wall_now() == Tick{50});
  CHECK(manual.monotonic_ns() == 5);

  const SystemClock system;
  CHECK(system.wall_now() > Tick{1'700'000'000'000'000'000});
  std::int64_t last = system.monotonic_ns();
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t now = system.monotonic_ns();
    REQUIRE(now >= last);
    last = now;
  }
}

}  // namespace
}  // namespace doorbuster
