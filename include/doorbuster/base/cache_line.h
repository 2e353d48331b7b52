#pragma once

#include <cstddef>

namespace doorbuster {

// What two threads write must not share a line. 64 and not std::hardware_destructive_interference_size, whose
// value depends on compiler flags. Never align above 128: mimalloc 2.0.9 returns misaligned blocks for 256
// and 512.
inline constexpr std::size_t kCacheLineBytes = 64;

}  // namespace doorbuster
