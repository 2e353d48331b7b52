#pragma once
// What is in force, for threads that only read it: an immutable value, swapped whole.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace doorbuster {

// Any thread. Readers keep the pointer and ask changes() whether there is a new one, so that the lock is
// taken once for each change and never in between.
template <typename T>
class SnapshotCell {
 public:
  using Pointer = std::shared_ptr<const T>;

  void set(Pointer value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
    changes_.fetch_add(1);
  }
  Pointer get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  std::uint64_t changes() const {
    // Pairs with the read-modify-write in set(); what is read then is read under the lock.
    return changes_.load(std::memory_order_acquire);
  }

 private:
  mutable std::mutex mutex_;
  Pointer value_ = std::make_shared<const T>();
  std::atomic<std::uint64_t> changes_ = 0;
};

}  // namespace doorbuster
