#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <type_traits>

#include "doorbuster/base/check.h"

namespace doorbuster {

// An array of zeros with its full capacity reserved as address space at construction and memory taken by the kernel a
// page at a time, at first touch. So a table can be sized for the worst day and cost what the day really needs, and
// growing never moves an element and never calls an allocator.
template <typename T>
class ReservedArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  ReservedArray() = default;
  explicit ReservedArray(std::size_t capacity) : capacity_(capacity) {
    if (capacity == 0) return;
    void* memory =
        mmap(nullptr, capacity * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();  // at start only: there is nothing to run with
    data_ = static_cast<T*>(memory);
  }
  ~ReservedArray() {
    if (data_ != nullptr) munmap(data_, capacity_ * sizeof(T));
  }
  ReservedArray(const ReservedArray&) = delete;
  ReservedArray& operator=(const ReservedArray&) = delete;

  std::size_t capacity() const { return capacity_; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](std::size_t index) {
    DOORBUSTER_CHECK(index < capacity_);
    return data_[index];
  }
  const T& operator[](std::size_t index) const {
    DOORBUSTER_CHECK(index < capacity_);
    return data_[index];
  }

 private:
  T* data_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace doorbuster
