#include "doorbuster/base/checksum.h"

#include <isa-l/crc.h>

namespace doorbuster {

std::uint32_t crc32c(const void* bytes, std::size_t count, std::uint32_t seed) {
  // ISA-L wants a mutable pointer and leaves the inversions of the Castagnoli definition to its caller.
  auto* data = static_cast<unsigned char*>(const_cast<void*>(bytes));
  return ~crc32_iscsi(data, static_cast<int>(count), ~seed);
}

}  // namespace doorbuster
