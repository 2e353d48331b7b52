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

}  // namespace

OrderId format_order_id(const HashKey& key, OrderNumber number) {
  OrderId id;
  put_word(number.value, id.data());
  put_word(siphash_word(key, number.value), id.data() + kCharactersPerWord);
  return id;
}

std::optional<OrderNumber> parse_order_id(const HashKey& key, std::string_view text) {
  if (text.size() != kOrderIdBytes) return std::nullopt;
  const auto number = take_word(text.substr(0, kCharactersPerWord));
  const auto tag = take_word(text.substr(kCharactersPerWord));
  if (!number || !tag || *tag != siphash_word(key, *number)) return std::nullopt;
  return OrderNumber{*number};
}

}  // namespace doorbuster
