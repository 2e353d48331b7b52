#include "doorbuster/platform/notifier.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "doorbuster/base/check.h"

namespace doorbuster {

Notifier::Notifier() : event_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  DOORBUSTER_CHECK(event_fd_ >= 0);
}

Notifier::~Notifier() {
  close(event_fd_);
}

// acq_rel: acquires what a notify() that came first had published, and is ordered before a notify() that
// comes later.
void Notifier::prepare_to_sleep() {
  state_.exchange(kAsleep, std::memory_order_acq_rel);
}

// acq_rel, and not a plain store: the word must only ever be changed by read-modify-writes, or a notify()
// that saw kAwake between two of ours would be overwritten unseen, and what it published with it.
void Notifier::cancel_sleep() {
  state_.exchange(kAwake, std::memory_order_acq_rel);
}

void Notifier::sleep(std::int64_t at_most_ns) {
  constexpr std::int64_t kNsPerMs = 1'000'000;
  constexpr std::int64_t kMsMax = 3'600'000;  // woken for nothing once an hour
  const std::int64_t ms = at_most_ns < 0 ? -1 : std::min((at_most_ns + kNsPerMs - 1) / kNsPerMs, kMsMax);
  pollfd descriptor = {.fd = event_fd_, .events = POLLIN, .revents = 0};
  while (poll(&descriptor, 1, static_cast<int>(ms)) < 0 && errno == EINTR) {
  }
  drain();
}

void Notifier::drain() {
  std::uint64_t count = 0;
  // Nothing to read is fine: the wake-up was cancelled or had another cause.
  [[maybe_unused]] const ssize_t n = read(event_fd_, &count, sizeof count);
  cancel_sleep();
}

void Notifier::notify() {
  // acq_rel: releases the published work to the prepare_to_sleep() that comes later, see the header.
  if (state_.exchange(kAwake, std::memory_order_acq_rel) != kAsleep) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = write(event_fd_, &one, sizeof one);
  wakeups_.fetch_add(1, std::memory_order_relaxed);  // a counter, tied to nothing
}

}  // namespace doorbuster
