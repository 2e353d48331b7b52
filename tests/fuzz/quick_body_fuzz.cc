// Any bytes as a buy's body: the quick way to read it leaves them, or agrees with the strict way in every
// member. Once the bytes are the body; then each of them chooses a piece of one, so that most inputs have the
// shape of one. What is behind a body makes no difference.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "doorbuster/base/check.h"
#include "http/body_reader.h"
#include "http/quick_body.h"
#include "support/alike.h"

namespace {

using namespace doorbuster;

constexpr std::size_t kBodyMax = 16'384;

constexpr std::array<std::string_view, 64> kPieces = {
    "{",
    "}",
    ",",
    ":",
    "\"",
    " ",
    "\n",
    "{\"campaign\":\"c\",\"sku\":\"s\",\"buyer\":\"b\"",
    "\"campaign\":\"c\"",
    "\"sku\":\"s\"",
    "\"buyer\":\"b\"",
    "\"quantity\":",
    "\"expected_price\":",
    "\"channel\":",
    "\"region\":",
    "\"segment\":",
    "\"reference\":",
    "\"token\":",
    "\"wait\":",
    "\"lines\":",
    "\"identities\":",
    "\"sku\"",
    "\"campaign\"",
    "\"color\":",
    "true",
    "false",
    "null",
    "0",
    "1",
    "9",
    "1000",
    "1000000000000",
    "999999999999999",
    "-",
    "+",
    ".",
    "e",
    "E1",
    "\"\"",
    "\"a\"",
    "\"a b\"",
    "\"a:b@c\"",
    "\"a\\u0062\"",
    "\\",
    "\"\xc3\xbc\"",
    "\xff",
    "\x7f",
    "\t",
    "\r\n",
    "[",
    "]",
    "[\"a\"]",
    "[{\"sku\":\"s\"}]",
    "{}",
    "campaign",
    "x",
    "0123456789abcdef",
    "0123456789abcdef0123456789abcdef",
    "~",
    "/",
    "'",
    "\"wait\"",
    ",\"wait\":true",
    ",\"quantity\":7",
};

void compare(std::string_view json) {
  static BodyReader reader(kBodyMax);
  static std::array<BuyLine, kBasketLinesMax> lines;
  // With several things behind it: what the text could go on with, and what it could not.
  for (const std::string_view behind : {"\"}", "x7 ", "\",\"sku\":\"s"}) {
    std::string bytes(json);
    while (bytes.size() < json.size() + kBodyPaddingBytes) bytes += behind;
    bytes.resize(json.size() + kBodyPaddingBytes);
    bytes.shrink_to_fit();
    const auto text = std::string_view(bytes).substr(0, json.size());
    BuyBody quick, strict;
    if (!decode_quickly(text, quick)) continue;
    DOORBUSTER_CHECK(decode_strictly(reader, lines, text, strict));
    DOORBUSTER_CHECK(differing_member(quick, strict).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t count) {
  if (count > kBodyMax) return 0;
  compare({reinterpret_cast<const char*>(data), count});
  std::string pieces;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view piece = kPieces[data[i] % kPieces.size()];
    if (pieces.size() + piece.size() > kBodyMax) break;
    pieces += piece;
  }
  compare(pieces);
  return 0;
}
