#pragma once
// Bytes as URL-safe text and back: RFC 4648 section 5, without padding.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace doorbuster {

constexpr std::size_t base64url_size(std::size_t bytes) {
  return (bytes * 4 + 2) / 3;
}

void append_base64url(std::string& out, std::string_view bytes);

bool is_base64url(std::string_view text);  // only letters of the alphabet

// How many bytes of `out` the text has become. Nothing when it is no such text, padded or not the only one
// for its bytes (bits behind the last byte that are not zero). REQUIRES: out.size() >= text.size() * 3 / 4.
std::optional<std::size_t> decode_base64url(std::string_view text, std::span<char> out);

}  // namespace doorbuster
