#include "doorbuster/base/hash.h"

#include <array>
#include <bit>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace doorbuster {

Hash128 keyed_hash(const HashKey& key, std::uint64_t scope, std::string_view text) {
  // The scope is mixed into the seed; k1 keeps the mix unknown to outsiders even where k0 alone would not.
  const std::uint64_t seed = key.k0 ^ ((scope + 1) * (key.k1 | 1));
  const XXH128_hash_t hash = XXH3_128bits_withSeed(text.data(), text.size(), seed);
  return {hash.low64, hash.high64};
}

std::uint64_t hash64(const void* bytes, std::size_t count, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes, count, seed);
}

std::uint64_t siphash_word(const HashKey& key, std::uint64_t word) {
  std::array<std::uint64_t, 4> v = {key.k0 ^ 0x736f6d6570736575ULL, key.k1 ^ 0x646f72616e646f6dULL,
                                    key.k0 ^ 0x6c7967656e657261ULL, key.k1 ^ 0x7465646279746573ULL};
  const auto round = [&v] {
    v[0] += v[1];
    v[1] = std::rotl(v[1], 13) ^ v[0];
    v[0] = std::rotl(v[0], 32);
    v[2] += v[3];
    v[3] = std::rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = std::rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = std::rotl(v[1], 17) ^ v[2];
    v[2] = std::rotl(v[2], 32);
  };
  const auto absorb = [&](std::uint64_t block) {
    v[3] ^= block;
    round();
    round();
    v[0] ^= block;
  };
  absorb(word);
  absorb(8ULL << 56);  // the last block carries the length: eight bytes and no remainder
  v[2] ^= 0xff;
  for (int i = 0; i < 4; ++i) round();
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

}  // namespace doorbuster
