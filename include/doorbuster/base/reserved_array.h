#pragma once
// Memory for tables that never move and never grow: reserved in whole at start.

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <type_traits>

#include "doorbuster/base/check.h"

namespace doorbuster {

// Whether pages are taken at once or by the kernel at first touch.
enum class Pages {
  at_first_touch,  // for what is filled from the front: costs what the day really needs
  at_once,         // for what is filled at random: there every page would be a fault on some buyer's time
};

// Above it also what is filled at random is taken at first touch: tables are sized for the worst day, memory
// is not. In huge pages that is a fault of about a millisecond for each two megabytes, nearly all of them in
// the first moments of a sale. To take them at the start costs half a second for a gigabyte, and many times
// as much on a crowded host; and each shard has tables of its own.
inline constexpr std::size_t kBytesTakenAtOnceMax = 512U << 20;

// Address space of zeros, in huge pages where the kernel gives them (one table lookup is then one cache miss
// and not two). Throws std::bad_alloc: at start only, when there is nothing to run with.
inline void* reserve_memory(std::size_t bytes, Pages pages) {
  void* memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // Both are advice: without them everything works, a little slower.
  madvise(memory, bytes, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
  if (pages == Pages::at_once && bytes <= kBytesTakenAtOnceMax) madvise(memory, bytes, MADV_POPULATE_WRITE);
#endif
  return memory;
}

// Has the kernel give the pages of these bytes now, to whoever calls, and not when they are first touched.
// Advice. Any thread, at any time: what stands there stays as it is.
inline void take_pages(const void* memory, std::size_t from_byte, std::size_t to_byte) {
#ifdef MADV_POPULATE_WRITE
  constexpr std::size_t kPageBytes = 4096;
  from_byte -= from_byte % kPageBytes;
  if (from_byte >= to_byte) return;
  char* const at = static_cast<char*>(const_cast<void*>(memory)) + from_byte;
  madvise(at, to_byte - from_byte, MADV_POPULATE_WRITE);
#endif
}

// An array of zeros with its full capacity from the constructor on.
template <typename T>
class ReservedArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  ReservedArray() = default;
  explicit ReservedArray(std::size_t capacity, Pages pages = Pages::at_first_touch) : capacity_(capacity) {
    if (capacity != 0) data_ = static_cast<T*>(reserve_memory(capacity * sizeof(T), pages));
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

// For hash tables that are reserved once, at start.
template <typename T>
struct ReservedAllocator {
  using value_type = T;
  ReservedAllocator() = default;
  template <typename U>
  ReservedAllocator(const ReservedAllocator<U>&) {}  // NOLINT: allocators convert
  T* allocate(std::size_t count) {
    return static_cast<T*>(reserve_memory(count * sizeof(T), Pages::at_once));
  }
  void deallocate(T* memory, std::size_t count) { munmap(memory, count * sizeof(T)); }
  friend bool operator==(const ReservedAllocator&, const ReservedAllocator&) { return true; }
};

}  // namespace doorbuster
