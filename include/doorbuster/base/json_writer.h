#pragma once
// JSON text, written from front to back: commas and escapes by themselves, nothing kept but the text. For
// answers to people and for what is kept about them; a reply to a buyer has a faster way.
//
//   JsonWriter json;
//   json.begin_object();
//   json.member("id", "black-friday");
//   json.begin_array("prices");
//   json.value(4990);
//   json.end_array();
//   json.end_object();
//   std::string text = std::move(json).take();

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "doorbuster/base/tick.h"

namespace doorbuster {

// What is begun must be ended; members stand in objects and values in arrays. Nothing checks that but tests.
class JsonWriter {
 public:
  void begin_object() { begin('{'); }
  void begin_object(std::string_view name) { key(name), begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void begin_array(std::string_view name) { key(name), begin('['); }
  void end_array() { end(']'); }

  // Text that is UTF-8, or becomes it: append_json_string().
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(Tick tick);  // RFC 3339
  void value(bool flag) { value_json(flag ? "true" : "false"); }
  template <std::integral Number>
  void value(Number number) {
    value_json(std::to_string(number));
  }
  // JSON text as it is.
  void value_json(std::string_view json);

  template <typename Value>
  void member(std::string_view name, const Value& content) {
    key(name);
    value(content);
  }
  void member_json(std::string_view name, std::string_view json) {
    key(name);
    value_json(json);
  }

  std::string take() && { return std::move(text_); }

 private:
  void key(std::string_view name);
  void separate();
  void begin(char bracket);
  void end(char bracket);

  std::string text_;
  bool has_sibling_ = false;  // something stands before, at the same depth
};

}  // namespace doorbuster
