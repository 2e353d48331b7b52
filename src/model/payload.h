#pragma once
// Payloads as bytes: words and texts, put one behind the other and taken off again.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace doorbuster {

static_assert(std::endian::native == std::endian::little, "the codecs copy words as they are in memory");

template <typename Word>
void put(std::string& out, Word word) {
  char bytes[sizeof(Word)];
  std::memcpy(bytes, &word, sizeof(Word));
  out.append(bytes, sizeof(Word));
}

inline void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint16_t>(text.size()));
  out += text;
}

// Takes words off the front of a payload. After the first that is not there, done() is false for good.
class Taker {
 public:
  explicit Taker(std::span<const std::byte> bytes) : rest_(bytes) {}
  template <typename Word>
  Word word() {
    Word value{};
    if (rest_.size() < sizeof(Word)) {
      ok_ = false;
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof(Word));
    rest_ = rest_.subspan(sizeof(Word));
    return value;
  }
  std::string_view text(std::size_t size) {
    if (rest_.size() < size) {
      ok_ = false;
      return {};
    }
    const std::string_view view(reinterpret_cast<const char*>(rest_.data()), size);
    rest_ = rest_.subspan(size);
    return view;
  }
  std::string_view sized_text(std::size_t size_max) {
    const auto size = word<std::uint16_t>();
    if (size > size_max) ok_ = false;
    return ok_ ? text(size) : std::string_view{};
  }
  bool flag() {
    const auto value = word<std::uint8_t>();
    if (value > 1) ok_ = false;
    return value == 1;
  }
  bool ok() const { return ok_; }  // none was missing so far
  // Every byte is taken, and none was missing.
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

}  // namespace doorbuster
