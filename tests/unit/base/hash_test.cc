#include "doorbuster/base/hash.h"

#include <cstring>
#include <numeric>
#include <set>
#include <string>

#include "doorbuster/base/checksum.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

// The key of the reference vectors: bytes 00, 01, ..., 0f.
constexpr HashKey kReferenceKey{.k0 = 0x0706050403020100, .k1 = 0x0f0e0d0c0b0a0908};

TEST_CASE("the tag of a word is SipHash-2-4 as its authors publish it") {
  // vectors.h of the reference implementation, vectors_sip64[8]: the message 00 01 ... 07.
  CHECK(siphash_word(kReferenceKey, 0x0706050403020100) == 0x93f5f5799a932462);
}

TEST_CASE("the tag of a word depends on every bit of the word and of the key") {
  const std::uint64_t tag = siphash_word(kReferenceKey, 42);
  for (int bit = 0; bit < 64; ++bit) {
    CAPTURE(bit);
    const std::uint64_t flip = 1ULL << bit;
    CHECK(siphash_word(kReferenceKey, 42 ^ flip) != tag);
    CHECK(siphash_word({kReferenceKey.k0 ^ flip, kReferenceKey.k1}, 42) != tag);
    CHECK(siphash_word({kReferenceKey.k0, kReferenceKey.k1 ^ flip}, 42) != tag);
  }
}

TEST_CASE("the checksum is CRC32C as RFC 3720 has it") {
  CHECK(crc32c("123456789", 9) == 0xe3069283);
  CHECK(crc32c("", 0) == 0);
  const std::string zeros(32, '\0'), ones(32, '\xff');
  std::string rising(32, '\0');
  std::iota(rising.begin(), rising.end(), '\0');
  const std::string falling(rising.rbegin(), rising.rend());
  CHECK(crc32c(zeros.data(), 32) == 0x8a9136aa);
  CHECK(crc32c(ones.data(), 32) == 0x62a8ab43);
  CHECK(crc32c(rising.data(), 32) == 0x46dd794e);
  CHECK(crc32c(falling.data(), 32) == 0x113fdb5c);
}

TEST_CASE("a checksum can be continued over any cut") {
  const std::string text = "a flash sale ends before it has begun; the journal says who was there";
  const std::uint32_t whole = crc32c(text.data(), text.size());
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CAPTURE(cut);
    CHECK(crc32c(text.data() + cut, text.size() - cut, crc32c(text.data(), cut)) == whole);
  }
}

TEST_CASE("the checksum finds every flipped bit of a record") {
  std::string record(600, 'r');
  const std::uint32_t sum = crc32c(record.data(), record.size());
  for (std::size_t bit = 0; bit < 8 * record.size(); ++bit) {
    record[bit / 8] = static_cast<char>(record[bit / 8] ^ (1 << bit % 8));
    REQUIRE(crc32c(record.data(), record.size()) != sum);
    record[bit / 8] = static_cast<char>(record[bit / 8] ^ (1 << bit % 8));
  }
}

TEST_CASE("the same text hashes apart under another key and in another scope") {
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  const auto add = [&seen](const Hash128& hash) { CHECK(seen.insert({hash.low, hash.high}).second); };
  for (std::uint64_t scope = 0; scope < 1000; ++scope) add(keyed_hash(kReferenceKey, scope, "b-829301"));
  for (int bit = 0; bit < 64; ++bit) {
    CAPTURE(bit);
    // Scope 0 is the key's own seed plus k1, so the two halves are told apart by scopes as well.
    add(keyed_hash({kReferenceKey.k0 ^ (1ULL << bit), kReferenceKey.k1}, 7, "b-829301"));
  }
  CHECK(keyed_hash(kReferenceKey, 3, "b-829301") == keyed_hash(kReferenceKey, 3, "b-829301"));
}

TEST_CASE("texts of every length that are one letter apart hash apart") {
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::size_t texts = 0;
  for (std::size_t length = 1; length <= 255; ++length) {
    std::string text(length, 'a');
    for (std::size_t at = 0; at < length; at += 1 + length / 16) {
      text[at] = 'b';
      const Hash128 hash = keyed_hash(kReferenceKey, 0, text);
      seen.insert({hash.low, hash.high});
      text[at] = 'a';
      ++texts;
    }
  }
  CHECK(seen.size() == texts);
}

}  // namespace
}  // namespace doorbuster
