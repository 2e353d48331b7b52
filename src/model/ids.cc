#include "doorbuster/model/ids.h"

#include <algorithm>

namespace doorbuster {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford: no i, l, o, u
constexpr int kDigitBits = 5;
constexpr std::size_t kCharactersPerWord = 13;  // 13 * 5 = 65 bits for 64: the first has four
static_assert(kOrderIdBytes == 2 * kCharactersPerWord);

// Two digits at a time: what the characters of ten bits are.
using Pair = std::array<char, 2>;
constexpr std::array<Pair, 1 << 2 * kDigitBits> kPairs = [] {
  std::array<Pair, 1 << 2 * kDigitBits> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kAlphabet[i >> kDigitBits], kAlphabet[i & 31]};
  return pairs;
}();

constexpr std::uint8_t kNoDigit = 1 << kDigitBits;
constexpr std::array<std::uint8_t, 256> kDigitOf = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}();

void put_word(std::uint64_t word, char* out) {
  int left = 64 - 4;
  *out++ = kAlphabet[word >> left];
  while (left > 0) {
    left -= 2 * kDigitBits;
    out = std::copy_n(kPairs[word >> left & (kPairs.size() - 1)].data(), 2, out);
  }
}

std::optional<std::uint64_t> take_word(std::string_view text) {
  std::uint64_t word = 0;
  unsigned seen = 0;
  for (const char c : text) {
    const std::uint8_t digit = kDigitOf[static_cast<unsigned char>(c)];
    seen |= digit;
    word = (word << kDigitBits) | digit;
  }
  // 64 bits leave four for the first character; above is overflow.
  const bool fits = kDigitOf[static_cast<unsigned char>(text.front())] < 16;
  return (seen & kNoDigit) == 0 && fits ? std::optional(word) : std::nullopt;
}

// The number is masked with a keyed function of its tag, so that an id does not tell how much has been sold.
// (A synthetic initialisation vector, as in RFC 5297: the tag is both the check and what the mask is made
// from.)
std::uint64_t mask(const HashKey& key, std::uint64_t tag) {
  return siphash_word({.k0 = ~key.k1, .k1 = ~key.k0}, tag);
}

}  // namespace

OrderId format_order_id(const HashKey& key, OrderNumber number) {
  const std::uint64_t tag = siphash_word(key, number.value);
  OrderId id;
  put_word(tag, id.data());
  put_word(number.value ^ mask(key, tag), id.data() + kCharactersPerWord);
  return id;
}

std::optional<OrderNumber> parse_order_id(const HashKey& key, std::string_view text) {
  if (text.size() != kOrderIdBytes) return std::nullopt;
  const auto tag = take_word(text.substr(0, kCharactersPerWord));
  const auto masked = take_word(text.substr(kCharactersPerWord));
  if (!tag || !masked) return std::nullopt;
  const OrderNumber number{*masked ^ mask(key, *tag)};
  if (*tag != siphash_word(key, number.value)) return std::nullopt;
  return number;
}

}  // namespace doorbuster
