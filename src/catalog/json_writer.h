#pragma once
// JSON text by hand: members in the order in which they are written, on one line or on one line each.

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include "doorbuster/base/text.h"

namespace doorbuster {

// Where the lines of a value begin.
class JsonLayout {
 public:
  static constexpr JsonLayout one_line() { return JsonLayout(kNone); }
  static constexpr JsonLayout indented(std::size_t columns) { return JsonLayout(columns); }
  // Of what stands inside of this.
  constexpr JsonLayout inside() const { return columns_ == kNone ? *this : JsonLayout(columns_ + 2); }

  void begin_line(std::string& out) const {
    if (columns_ == kNone) return;
    out += '\n';
    out.append(columns_, ' ');
  }
  std::string_view behind_colon() const { return columns_ == kNone ? "" : " "; }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  explicit constexpr JsonLayout(std::size_t columns) : columns_(columns) {}
  std::size_t columns_;
};

// Appends an object to `out`, which must outlive it. `layout` is the object's own; its members stand inside.
class JsonObjectWriter {
 public:
  JsonObjectWriter(std::string& out, JsonLayout layout) : out_(out), layout_(layout) { out_ += '{'; }

  // Begins a member, whose value the caller appends.
  void key(std::string_view name) {
    if (!empty_) out_ += ',';
    empty_ = false;
    layout_.inside().begin_line(out_);
    append_json_string(out_, name);
    out_ += ':';
    out_ += layout_.behind_colon();
  }
  void member(std::string_view name, std::string_view text) {
    key(name);
    append_json_string(out_, text);
  }
  template <std::integral T>
  void member(std::string_view name, T value) {
    key(name);
    if constexpr (std::is_same_v<T, bool>) {
      out_ += value ? "true" : "false";
    } else {
      out_ += std::to_string(value);
    }
  }
  // A value that is JSON text already.
  void json(std::string_view name, std::string_view text) {
    key(name);
    out_ += text;
  }
  void end() {
    if (!empty_) layout_.begin_line(out_);
    out_ += '}';
  }

 private:
  std::string& out_;
  const JsonLayout layout_;
  bool empty_ = true;
};

}  // namespace doorbuster
