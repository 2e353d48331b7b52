#pragma once
// Small questions about words that come from outside.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace doorbuster {

// 1 to kIdentifierBytesMax bytes of A-Z a-z 0-9 . _ : @ -
bool is_identifier(std::string_view text);

// The candidate that `word` was most likely meant to be, or "" when none is near: at most a third of the
// letters may differ (inserted, dropped, replaced, or two neighbours swapped). Words above 64 bytes have no
// neighbour.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> candidates);

// Two digits a byte: "0a10".
std::string hex(std::span<const std::byte> bytes);

// `text` for a message: in double quotes, control characters and bytes that are not ASCII as \xNN, cut after
// 80 bytes.
std::string quoted(std::string_view text);

// Appends `text` as a JSON string: control characters, quotes and backslashes escaped, each byte that is not
// part of valid UTF-8 replaced by U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace doorbuster
