#pragma once
// Records as JSON, for `journal dump`.

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "doorbuster/base/text.h"
#include "doorbuster/journal/journal.h"

namespace doorbuster {

// Writes one object, member by member: construct, member()..., end().
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  JsonObject& member(std::string_view name, std::string_view value) {
    append_json_string(begin(name), value);
    return *this;
  }
  // Without this a literal would be a bool.
  JsonObject& member(std::string_view name, const char* value) {
    return member(name, std::string_view(value));
  }
  JsonObject& member(std::string_view name, bool value) {
    begin(name) += value ? "true" : "false";
    return *this;
  }
  template <std::integral Integer>
  JsonObject& member(std::string_view name, Integer value) {
    begin(name) += std::to_string(value);
    return *this;
  }
  // The value is what the caller appends to the string that is returned.
  std::string& begin(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    append_json_string(out_, name);
    return out_ += ':';
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
};

// Reads payloads of one journal in order: the first record holds the key that order ids are made with.
class PayloadReader {
 public:
  // Appends the payload as a JSON object. False, and nothing appended, when the kind or the version is
  // unknown or the bytes are no such payload.
  bool append_json(const JournalRecord& record, std::string& out);

 private:
  std::optional<HashKey> order_id_key_;
};

}  // namespace doorbuster
