#pragma once

#include <cstddef>
#include <cstdlib>

namespace doorbuster {

// How much a stress test does: `normal`, times DOORBUSTER_STRESS.
inline std::size_t stressed(std::size_t normal) {
  const char* factor = std::getenv("DOORBUSTER_STRESS");
  return normal * (factor == nullptr ? 1 : std::strtoul(factor, nullptr, 10));
}

}  // namespace doorbuster
