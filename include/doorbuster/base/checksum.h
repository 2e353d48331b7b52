#pragma once

#include <cstddef>
#include <cstdint>

namespace doorbuster {

// CRC32C (Castagnoli, RFC 3720 appendix B.4), continued from `seed`, the checksum of the bytes before. 0
// starts. The instruction set is chosen at run time by ISA-L.
std::uint32_t crc32c(const void* bytes, std::size_t count, std::uint32_t seed = 0);

}  // namespace doorbuster
