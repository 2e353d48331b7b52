#pragma once
// Writes the bytes of a reply into memory that is known to be enough. Passed and returned by value: a writer
// whose address nobody has is a register.

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "doorbuster/base/text.h"
#include "doorbuster/base/tick.h"

namespace doorbuster {

// "00" to "99".
inline constexpr std::array<std::array<char, 2>, 100> kDigitPairs = [] {
  std::array<std::array<char, 2>, 100> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    pairs[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  }
  return pairs;
}();

class ReplyWriter {
 public:
  // `at`: as many bytes as the caller's bound says, for all that is to come.
  explicit ReplyWriter(char* at) : begin_(at), at_(at) {}

  void text(std::string_view text) {
    if (text.empty()) return;                    // an empty view may have no address
    std::memcpy(at_, text.data(), text.size());  // of a literal: a few moves
    at_ += text.size();
  }
  // REQUIRES: value >= 0.
  void number(std::int64_t value) {
    auto rest = static_cast<std::uint64_t>(value);
    std::size_t digits = 1;
    for (std::uint64_t limit = 10; rest >= limit; limit *= 10) ++digits;
    char* end = at_ += digits;
    for (; rest >= 100; rest /= 100) std::memcpy(end -= 2, kDigitPairs[rest % 100].data(), 2);
    if (rest >= 10) {
      std::memcpy(end - 2, kDigitPairs[rest].data(), 2);
    } else {
      end[-1] = static_cast<char>('0' + rest);
    }
  }
  void time(Tick value) { text(format_rfc3339(value)); }
  // As a JSON string, which has at most kJsonBytesMax for each byte and two more.
  void json_string(std::string_view text) {
    std::string quoted;
    append_json_string(quoted, text);
    this->text(quoted);
  }
  std::string_view view() const { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }

  static constexpr std::size_t kNumberBytesMax = 20;
  static constexpr std::size_t kJsonBytesMax = 6;  // \u001f

 private:
  char* begin_;
  char* at_;
};

}  // namespace doorbuster
