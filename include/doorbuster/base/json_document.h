#pragma once
// A JSON file as a tree that knows where in the text each key and value stands, so that every complaint about
// it can carry a JSON Pointer, a line and a column. For files that people write; requests have a faster way.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "doorbuster/base/check.h"

namespace doorbuster {

// One thing that is wrong with a file.
struct Diagnostic {
  std::string pointer;                 // RFC 6901, "" is the whole document
  std::uint32_t line = 1, column = 1;  // 1-based; column in bytes
  std::string message;                 // what is wrong and what to write instead
};
std::string format_diagnostic(std::string_view file,
                              const Diagnostic& diagnostic);  // "file:line:col: /ptr: message"

struct TextPosition {
  std::uint32_t line = 1, column = 1;  // 1-based; column in bytes
};
// Counts from the start of the text: for one position, not for many.
TextPosition text_position(std::string_view text, std::size_t offset);

enum class JsonType : std::uint8_t { null, boolean, integer, real, string, array, object };
// "a string", "an integer", ...
std::string_view json_type_name(JsonType type);

class JsonNode;

// The members of an object or the elements of an array, in the order of the text, duplicate keys included.
class JsonChildren {
 public:
  class Iterator {
   public:
    explicit Iterator(const JsonNode* node) : node_(node) {}
    const JsonNode& operator*() const { return *node_; }
    Iterator& operator++();
    friend bool operator==(Iterator, Iterator) = default;

   private:
    const JsonNode* node_;
  };
  JsonChildren(const JsonNode* first, const JsonNode* end) : first_(first), end_(end) {}
  Iterator begin() const { return Iterator(first_); }
  Iterator end() const { return Iterator(end_); }
  bool empty() const { return first_ == end_; }

 private:
  const JsonNode* first_;
  const JsonNode* end_;
};

// One value. Nodes stand in one array in document order: a node's children are right behind it, and its next
// sibling is behind its subtree. That makes a tree of half a million values one allocation.
class JsonNode {
 public:
  JsonNode() : integer_(0) {}  // null

  JsonType type() const { return type_; }
  bool is(JsonType type) const { return type_ == type; }

  // REQUIRES: the type in question.
  bool boolean() const { return checked(JsonType::boolean).boolean_; }
  std::int64_t integer() const { return checked(JsonType::integer).integer_; }
  double real() const { return checked(JsonType::real).real_; }  // also an integer beyond int64
  std::string_view string() const { return checked(JsonType::string).string_; }

  // The member's name when the parent is an object, "" otherwise.
  std::string_view key() const { return key_; }
  // Where the value's first byte stands in the text.
  std::size_t offset() const { return offset_; }
  // Where the key's opening quote stands; the value where there is no key.
  std::size_t key_offset() const { return key_offset_; }

  // Empty for scalars.
  JsonChildren children() const { return {this + 1, this + size_}; }
  std::size_t child_count() const { return child_count_; }
  // The first member of this name; null when there is none or this is no object.
  const JsonNode* find(std::string_view key) const;

  std::string pointer() const;  // RFC 6901

 private:
  friend class JsonChildren::Iterator;
  friend class JsonTreeBuilder;

  const JsonNode& checked(JsonType type) const {
    DOORBUSTER_CHECK(type_ == type);
    return *this;
  }

  std::string_view key_;
  union {
    std::int64_t integer_;
    double real_;
    bool boolean_;
    std::string_view string_;
  };
  std::uint32_t offset_ = 0;
  std::uint32_t key_offset_ = 0;
  std::uint32_t size_ = 1;     // nodes of the subtree, this one included
  std::uint32_t up_ = 0;       // nodes back to the parent; 0: the root
  std::uint32_t ordinal_ = 0;  // place among its siblings
  std::uint32_t child_count_ = 0;
  JsonType type_ = JsonType::null;
};

inline JsonChildren::Iterator& JsonChildren::Iterator::operator++() {
  node_ += node_->size_;
  return *this;
}

// Owns its text and its nodes: references to nodes and their strings live as long as the document, moves
// included.
class JsonDocument {
 public:
  // All of RFC 8259 and nothing else: no comments, trailing commas or byte order mark. Bounds:
  // kConfigurationBytesMax, kJsonDepthMax, kJsonValuesMax. The first mistake, in words that say how to repair
  // it, is the error.
  static tl::expected<JsonDocument, Diagnostic> parse(std::string_view text);

  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  const JsonNode& root() const { return nodes_.front(); }
  std::string_view text() const;
  // The scalar as it is written, for messages. REQUIRES: no array, no object.
  std::string_view written(const JsonNode& scalar) const;

 private:
  struct Parsed;  // the JSON library's part
  JsonDocument(std::unique_ptr<Parsed> parsed, std::vector<JsonNode> nodes);

  std::unique_ptr<Parsed> parsed_;
  std::vector<JsonNode> nodes_;
};

}  // namespace doorbuster
