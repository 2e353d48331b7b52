#pragma once
// Wakes a thread that sleeps, and costs no system call when it does not.
//
// The sleeper:            prepare_to_sleep(); if (there is work) cancel_sleep(); else sleep();
// Everybody else:         publish the work; notify();
//
// Both sides do a read-modify-write on the same word. Those have one total order: if the sleeper's came
// first, notify() sees it and writes the eventfd; if notify()'s came first, the sleeper's read-modify-write
// reads from it and so sees the published work. There is no third case, and no stand-alone fence (which
// ThreadSanitizer does not understand).

#include <atomic>
#include <cstdint>

#include "doorbuster/base/cache_line.h"

namespace doorbuster {

class Notifier {
 public:
  Notifier();
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // --- the owner thread ---
  void prepare_to_sleep();
  void cancel_sleep();
  // Blocks until notify(), or for `at_most_ns` (rounded up to milliseconds; negative: for ever).
  // REQUIRES: prepare_to_sleep() before.
  void sleep(std::int64_t at_most_ns = -1);
  // For owners that sleep in epoll instead: readable after a notify() that met a sleeper; drain() resets it.
  int descriptor() const { return event_fd_; }
  void drain();

  // --- any thread ---
  void notify();
  std::uint64_t wakeups() const {
    // relaxed: a counter, tied to nothing.
    return wakeups_.load(std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint32_t kAwake = 0;
  static constexpr std::uint32_t kAsleep = 1;

  alignas(kCacheLineBytes) std::atomic<std::uint32_t> state_ = kAwake;
  std::atomic<std::uint64_t> wakeups_ = 0;
  int event_fd_ = -1;
};

}  // namespace doorbuster
