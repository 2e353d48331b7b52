#pragma once
// Words and texts one behind the other, and back: for parts of a checkpoint that are read as a whole.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace doorbuster {

class TextPutter {
 public:
  explicit TextPutter(std::string& out) : out_(out) {}
  template <typename Word>
  void word(Word value) {
    static_assert(std::is_integral_v<Word>);
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view text) {
    word(static_cast<std::uint64_t>(text.size()));
    out_ += text;
  }

 private:
  std::string& out_;
};

// What goes beyond the end is zero or empty, and fine() says so afterwards.
class TextTaker {
 public:
  explicit TextTaker(std::string_view bytes) : bytes_(bytes) {}
  template <typename Word>
  Word word() {
    static_assert(std::is_integral_v<Word>);
    Word value{};
    const std::string_view from = take(sizeof value);
    if (fine_) std::memcpy(&value, from.data(), sizeof value);
    return value;
  }
  std::string_view text() { return take(word<std::uint64_t>()); }
  bool fine() const { return fine_; }
  bool done() const { return bytes_.empty(); }

 private:
  std::string_view take(std::uint64_t count) {
    fine_ = fine_ && count <= bytes_.size();
    if (!fine_) return {};
    const std::string_view taken = bytes_.substr(0, static_cast<std::size_t>(count));
    bytes_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view bytes_;
  bool fine_ = true;
};

}  // namespace doorbuster
