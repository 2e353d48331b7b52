#pragma once
// Keyed hashes. Clients choose buyers and keys, so every table that they can fill is hashed with a secret of
// the data folder; nobody outside can aim for a collision.

#include <cstdint>
#include <functional>
#include <string_view>

namespace doorbuster {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend constexpr bool operator==(const Hash128&, const Hash128&) = default;
};

// For tables keyed by a Hash128: it is uniform already.
struct Hash128Identity {
  using is_avalanching = void;
  std::size_t operator()(const Hash128& hash) const noexcept { return hash.low; }
};

struct HashKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
  friend constexpr bool operator==(const HashKey&, const HashKey&) = default;
};

// XXH3-128 of `text`, seeded with the key and with `scope` (an offer's index, so that the same buyer or key
// in two offers hashes to two values). 128 bits stand for the text itself: for ten million entries the chance
// of any collision is below 2^-81.
Hash128 keyed_hash(const HashKey& key, std::uint64_t scope, std::string_view text);

// SipHash-2-4 (Aumasson, Bernstein 2012) of one 64-bit word: the tag that makes order ids unguessable.
std::uint64_t siphash_word(const HashKey& key, std::uint64_t word);

// XXH3-64 with a seed: for state hashes.
std::uint64_t hash64(const void* bytes, std::size_t count, std::uint64_t seed = 0);

}  // namespace doorbuster
