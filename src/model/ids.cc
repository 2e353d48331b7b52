#include "doorbuster/model/ids.h"

namespace doorbuster {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford: no i, l, o, u
constexpr std::size_t kCharactersPerWord = 13;                              // 13 * 5 = 65 bits for 64
static_assert(kOrderIdBytes == 2 * kCharactersPerWord);

void put_word(std::uint64_t word, char* out) {
  for (std::size_t i = kCharactersPerWord; i-- > 0;) {
    out[i] = kAlphabet[word & 31];
    word >>= 5;
  }
}

std::optional<std::uint64_t> take_word(std::string_view text) {
  std::uint64_t word = 0;
  if (text.front() > 'f')
    return std::nullopt;  // 64 bits leave four for the first character; above is overflow
  for (const char c : text) {
    const auto digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    word = (word << 5) | digit;
  }
  return word;
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
