#include "doorbuster/base/json_writer.h"

#include "doorbuster/base/text.h"

namespace doorbuster {

void JsonWriter::separate() {
  if (has_sibling_) text_ += ',';
  has_sibling_ = true;
}

void JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(text_, name);
  text_ += ':';
  has_sibling_ = false;  // the value has no comma before it
}

void JsonWriter::begin(char bracket) {
  separate();
  text_ += bracket;
  has_sibling_ = false;
}

void JsonWriter::end(char bracket) {
  text_ += bracket;
  has_sibling_ = true;
}

void JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(text_, text);
}

void JsonWriter::value(Tick tick) {
  separate();
  text_ += '"';
  text_ += format_rfc3339(tick);
  text_ += '"';
}

void JsonWriter::value_json(std::string_view json) {
  separate();
  text_ += json;
}

}  // namespace doorbuster
