#include "doorbuster/base/base64url.h"

#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "support/catch.h"

namespace doorbuster {
namespace {

std::string encoded(std::string_view bytes) {
  std::string text;
  append_base64url(text, bytes);
  return text;
}

// "<none>" for what is no base64url.
std::string decoded(std::string_view text) {
  std::string bytes(text.size(), '\0');
  const auto size = decode_base64url(text, bytes);
  return size ? bytes.substr(0, *size) : "<none>";
}

TEST_CASE("base64url is RFC 4648's, without padding") {
  for (const auto& [bytes, text] :
       std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                        {"f", "Zg"},
                                                        {"fo", "Zm8"},
                                                        {"foo", "Zm9v"},
                                                        {"foob", "Zm9vYg"},
                                                        {"fooba", "Zm9vYmE"},
                                                        {"foobar", "Zm9vYmFy"},
                                                        {"\xfb\xff\xbf", "-_-_"}}) {
    INFO(text);
    CHECK(encoded(bytes) == text);
    CHECK(decoded(text) == bytes);
    CHECK(base64url_size(bytes.size()) == text.size());
  }
}

TEST_CASE("of all texts of two and three letters, those are taken that bytes become, and no other") {
  std::array<int, 2> taken{};
  for (int bytes = 1; bytes <= 2; ++bytes) {
    for (int value = 0; value < (bytes == 1 ? 256 : 65536); ++value) {
      std::string plain(1, static_cast<char>(value & 255));
      if (bytes == 2) plain += static_cast<char>(value >> 8);
      REQUIRE(decoded(encoded(plain)) == plain);
    }
  }
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string two = {static_cast<char>(a), static_cast<char>(b)};
      taken[0] += decoded(two) == "<none>" ? 0 : 1;
      taken[1] += decoded(two + 'A') == "<none>" ? 0 : 1;
    }
  }
  CHECK(taken[0] == 256);   // one byte each
  CHECK(taken[1] == 4096);  // any two letters of the alphabet; the third ends the second byte with zeros
}

TEST_CASE("what is not of the alphabet, or has a letter alone at the end, is no base64url") {
  for (const char* text :
       {"Z", "Zm9vY", "Zg==", "Zm8=", "Zm 8", "Zm8\n", "Zm+8", "Zm/8", "Zm9v.", "Zh", "Zm9"}) {
    INFO(text);
    CHECK(decoded(text) == "<none>");
  }
  CHECK(is_base64url(""));
  CHECK(is_base64url("Zm9_-"));  // letters, whatever they mean
  for (int letter = 0; letter < 256; ++letter) {
    const bool known = letter < 128 && (std::isalnum(letter) != 0 || letter == '-' || letter == '_');
    CHECK(is_base64url(std::string(1, static_cast<char>(letter))) == known);
  }
}

}  // namespace
}  // namespace doorbuster
