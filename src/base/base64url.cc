#include "doorbuster/base/base64url.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "doorbuster/base/check.h"

namespace doorbuster {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNone = 0xff;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

std::uint8_t value_of(char letter) {
  return kValues[static_cast<unsigned char>(letter)];
}

}  // namespace

void append_base64url(std::string& out, std::string_view bytes) {
  std::uint32_t bits = 0;
  int count = 0;  // of `bits` that are not written yet
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (count += 8; count >= 6; count -= 6) out += kAlphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) out += kAlphabet[bits << (6 - count) & 63];
}

bool is_base64url(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char letter) { return value_of(letter) != kNone; });
}

std::optional<std::size_t> decode_base64url(std::string_view text, std::span<char> out) {
  DOORBUSTER_CHECK(out.size() >= text.size() * 3 / 4);
  std::size_t written = 0;
  std::uint32_t bits = 0;
  int count = 0;  // of `bits` that belong to no byte yet
  for (const char letter : text) {
    const std::uint8_t value = value_of(letter);
    if (value == kNone) return std::nullopt;
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out[written++] = static_cast<char>(bits >> count & 0xff);
  }
  // A letter that is left alone has less than a byte.
  if (count == 6 || (bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return written;
}

}  // namespace doorbuster
