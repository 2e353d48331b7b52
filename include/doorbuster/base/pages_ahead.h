#pragma once
// Keeps an array that is filled from the front in memory some way ahead of where it is filled. A huge page is
// filled with zeros by the kernel when it is first touched: a millisecond, on a crowded host ten, in which
// whoever fills the array would stand still. Somebody else takes it before.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "doorbuster/base/limits.h"
#include "doorbuster/base/reserved_array.h"

namespace doorbuster {

// One thread: the one that follows, not the one that fills. One for each array.
class PagesAhead {
 public:
  // So many elements are filled.
  template <typename T>
  void follow(const ReservedArray<T>& array, std::uint64_t filled) {
    const std::size_t end = array.capacity() * sizeof(T);
    const std::size_t filled_bytes = filled * sizeof(T);
    if (taken_ >= std::min(filled_bytes + kPagesAheadBytes, end)) return;
    const std::size_t from = std::max(taken_, filled_bytes);  // what is filled has its pages
    taken_ = std::min(from + kPagesAheadBytes, end);
    take_pages(array.data(), from, taken_);
  }
  std::size_t taken_bytes() const { return taken_; }

 private:
  std::size_t taken_ = 0;
};

}  // namespace doorbuster
