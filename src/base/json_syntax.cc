#include "base/json_syntax.h"

#include <simdjson.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "base/json_lexer.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

namespace json = boost::json;

// Takes everything and keeps nothing: the parser is only asked how far it gets.
struct IgnoreValues {
  static constexpr auto max_object_size = static_cast<std::size_t>(-1);
  static constexpr auto max_array_size = static_cast<std::size_t>(-1);
  static constexpr auto max_key_size = static_cast<std::size_t>(-1);
  static constexpr auto max_string_size = static_cast<std::size_t>(-1);
  using Code = json::error_code;
  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t, Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_object_end(std::size_t, Code&) { return true; }
  bool on_string_part(json::string_view, std::size_t, Code&) { return true; }
  bool on_string(json::string_view, std::size_t, Code&) { return true; }
  bool on_key_part(json::string_view, std::size_t, Code&) { return true; }
  bool on_key(json::string_view, std::size_t, Code&) { return true; }
  bool on_number_part(json::string_view, Code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, Code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, Code&) { return true; }
  bool on_double(double, json::string_view, Code&) { return true; }
  bool on_bool(bool, Code&) { return true; }
  bool on_null(Code&) { return true; }
  bool on_comment_part(json::string_view, Code&) { return true; }
  bool on_comment(json::string_view, Code&) { return true; }
};

struct Stop {
  std::size_t offset = 0;
  json::error_code error;
};

// How far the text is valid, and why it ends to be.
Stop first_error(std::string_view text) {
  json::parse_options options;
  options.max_depth = kJsonDepthMax;
  json::basic_parser<IgnoreValues> parser(options);
  Stop stop;
  stop.offset = parser.write_some(false, text.data(), text.size(), stop.error);
  if (!stop.error && stop.offset < text.size()) stop.error = json::error::extra_data;
  return stop;
}

bool is_scalar_byte(char c) {
  return static_cast<unsigned char>(c) > ' ' &&
         std::string_view("{}[]:,\"").find(c) == std::string_view::npos;
}

bool starts_number(std::string_view word) {
  return !word.empty() && ((word[0] >= '0' && word[0] <= '9') || word[0] == '-');
}

constexpr std::string_view kWords[] = {"true", "false", "null"};

// The parser stops inside a number or a word as well as behind one. REQUIRES: it took `word` so far.
bool is_whole_scalar(std::string_view word) {
  if (starts_number(word)) return word.back() >= '0' && word.back() <= '9';
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

// What the valid part of the text has come to.
class Context {
 public:
  explicit Context(std::string_view valid) : text_(valid) {
    JsonLexer lexer(valid);
    for (JsonToken token = lexer.next(); token.kind != JsonToken::Kind::end; token = lexer.next())
      take(token);
  }

  enum class Expected { value, key, colon, separator };

  Expected expected() const { return expected_; }
  const JsonToken& last() const { return last_; }
  // The last token is this punctuation.
  bool after(char punctuation) const {
    return last_.kind == JsonToken::Kind::punctuation && text_[last_.offset] == punctuation;
  }
  bool any_open() const { return !open_.empty(); }
  std::size_t open_offset() const { return open_.back(); }
  bool in_object() const { return any_open() && text_[open_.back()] == '{'; }
  char closer() const { return in_object() ? '}' : ']'; }

 private:
  void take(const JsonToken& token) {
    last_ = token;
    const bool punctuation = token.kind == JsonToken::Kind::punctuation;
    const char c = punctuation ? text_[token.offset] : '\0';
    if (c == '{' || c == '[') {
      open_.push_back(token.offset);
      expected_ = c == '{' ? Expected::key : Expected::value;
    } else if (c == ':') {
      expected_ = Expected::value;
    } else if (c == ',') {
      expected_ = in_object() ? Expected::key : Expected::value;
    } else if (expected_ == Expected::key && !punctuation) {
      expected_ = Expected::colon;
    } else {
      if (punctuation && any_open()) open_.pop_back();
      expected_ = Expected::separator;
    }
  }

  std::string_view text_;
  std::vector<std::size_t> open_;  // where the containers start that are not closed yet
  JsonToken last_;
  Expected expected_ = Expected::value;
};

// The longest word that is shown. A longer one may be a secret that has lost its quotes or its comma, and
// these messages go to screens and logs.
constexpr std::size_t kWordShownMax = 15;
static_assert(kWordShownMax < kAudienceSecretBytesMin);

std::string shown(std::string_view word, std::string_view otherwise) {
  return word.size() <= kWordShownMax ? quoted(word) : std::string(otherwise);
}

class Explainer {
 public:
  explicit Explainer(std::string_view text)
      : text_(text), stop_(first_error(text)), at_(stop_.offset), context_(text.substr(0, stop_.offset)) {}

  Diagnostic explain() const;

 private:
  Diagnostic say(std::size_t offset, std::string message) const {
    const TextPosition position = text_position(text_, offset);
    return {"", position.line, position.column, std::move(message)};
  }
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  std::string_view word_at(std::size_t offset) const {
    std::size_t end = offset;
    while (end < text_.size() && is_scalar_byte(text_[end])) ++end;
    return text_.substr(offset, end - offset);
  }
  std::string place(std::size_t offset) const {
    const TextPosition position = text_position(text_, offset);
    return "line " + std::to_string(position.line) + ", column " + std::to_string(position.column);
  }

  Diagnostic in_string() const;
  Diagnostic at_end() const;
  Diagnostic bad_word(std::size_t offset) const;
  std::optional<Diagnostic> foreign_syntax() const;
  Diagnostic where_value_expected() const;
  Diagnostic where_key_expected() const;
  Diagnostic where_separator_expected() const;
  Diagnostic number_too_large() const;

  std::string_view text_;
  Stop stop_;
  std::size_t at_;  // the first byte that does not fit
  Context context_;
};

Diagnostic Explainer::explain() const {
  if (!stop_.error) return number_too_large();
  if (stop_.error == json::error::extra_data) {
    return say(at_, "there is more after the end of the JSON value: a file holds one value, remove the rest");
  }
  if (stop_.error == json::error::too_deep) {
    return say(at_, "is nested more than " + std::to_string(kJsonDepthMax) + " levels deep");
  }
  if (context_.last().kind == JsonToken::Kind::open_string) return in_string();

  const JsonToken& last = context_.last();
  if (last.kind == JsonToken::Kind::scalar && last.offset + last.size == at_) {
    const std::string_view word = text_.substr(last.offset, last.size);
    const bool goes_on = at_ < text_.size() && is_scalar_byte(here()) && here() != '/';
    if (goes_on || !is_whole_scalar(word)) return bad_word(last.offset);
  }
  if (at_ >= text_.size()) return at_end();
  if (std::optional<Diagnostic> foreign = foreign_syntax()) return *std::move(foreign);
  switch (context_.expected()) {
    case Context::Expected::value:
      return where_value_expected();
    case Context::Expected::key:
      return where_key_expected();
    case Context::Expected::colon: {
      const JsonToken& key = context_.last();
      return say(at_, "a colon is missing between the key " +
                          shown(text_.substr(key.offset + 1, key.size - 2), "before it") + " and its value");
    }
    case Context::Expected::separator:
      return where_separator_expected();
  }
  return say(at_, "is not valid JSON from here on");
}

Diagnostic Explainer::in_string() const {
  const std::size_t start = context_.last().offset;
  if (at_ >= text_.size() || here() == '\n' || here() == '\r') {
    return say(start,
               "this string is not closed on its line: add the closing double quote (a line break inside a "
               "string is written \\n)");
  }
  const auto byte = static_cast<unsigned char>(here());
  if (byte >= 0x80) return say(at_, "is not UTF-8: save the file as UTF-8");
  if (byte < 0x20) return say(at_, "a control character inside a string must be escaped, a tab as \\t");
  return say(at_,
             "is no escape that JSON has: after a backslash come \" \\ / b f n r t or u and four hexadecimal "
             "digits (characters beyond U+FFFF as two such escapes)");
}

Diagnostic Explainer::at_end() const {
  if (!context_.any_open()) return say(at_, "the file is empty: write a JSON object, {...}");
  return say(at_, std::string("the file ends here, but the ") + text_[context_.open_offset()] + " of " +
                      place(context_.open_offset()) + " is not closed: add " + context_.closer());
}

Diagnostic Explainer::bad_word(std::size_t offset) const {
  const std::string_view word = word_at(offset);
  const char first = word.empty() ? '\0' : word[0];
  if (starts_number(word) || first == '+' || first == '.') {
    return say(offset, (word.size() <= kWordShownMax ? std::string(word) : "this") +
                           " is not a JSON number: no leading zeros, no plus sign, and digits on both "
                           "sides of a decimal point");
  }
  std::string lower(word);
  for (char& c : lower) c = (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  const std::string_view meant = lower == "none" ? kWords[2] : nearest_word(lower, kWords);
  std::string message = shown(word, "this") + " is not a JSON value: ";
  message += meant.empty() ? "text stands in double quotes" : "did you mean " + std::string(meant) + "?";
  return say(offset, std::move(message));
}

// Things that other formats allow here.
std::optional<Diagnostic> Explainer::foreign_syntax() const {
  if (text_.starts_with("\xEF\xBB\xBF")) {
    return say(0, "the file starts with a byte order mark: save it as UTF-8 without one");
  }
  if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF")) {
    return say(0, "the file is UTF-16: save it as UTF-8");
  }
  const char c = here();
  if (c == '/' || c == '#') return say(at_, "JSON has no comments: remove it");
  if (c == '\'') return say(at_, "JSON has no single quotes: write \"...\"");
  if (c == '\0') return say(at_, "the file has a NUL byte here: it is no text, or no UTF-8");
  return std::nullopt;
}

Diagnostic Explainer::where_value_expected() const {
  const char c = here();
  if (context_.after(',') && c == ']')
    return say(context_.last().offset, "remove this comma: nothing follows it before ]");
  if (context_.after(',') && c == ',') return say(at_, "one comma too many: remove it");
  if (context_.after(':') && (c == '}' || c == ',' || c == ']')) {
    return say(context_.last().offset, "a value is missing after this colon");
  }
  if (c == '}' && context_.any_open()) {
    return say(at_, "this } does not close the [ of " + place(context_.open_offset()) + ": write ]");
  }
  if (is_scalar_byte(c)) return bad_word(at_);
  return say(at_, std::string("a value is missing before this ") + c);
}

Diagnostic Explainer::where_key_expected() const {
  const char c = here();
  if (context_.after(',') && c == '}')
    return say(context_.last().offset, "remove this comma: nothing follows it before }");
  if (c == ',') return say(at_, "one comma too many: remove it");
  if (c == ']')
    return say(at_, "this ] does not close the { of " + place(context_.open_offset()) + ": write }");
  if (is_scalar_byte(c)) {
    return say(at_, "a key stands in double quotes: write " + shown(word_at(at_), "them around it"));
  }
  return say(at_, std::string("a key in double quotes must come before this ") + c);
}

Diagnostic Explainer::where_separator_expected() const {
  const char c = here();
  if ((c == '}' || c == ']') && context_.any_open()) {
    return say(at_, std::string("this ") + c + " does not close the " + text_[context_.open_offset()] +
                        " of " + place(context_.open_offset()) + ": write " + context_.closer());
  }
  if (c == ':') return say(at_, "a colon stands only behind a key");
  return say(at_, "a comma is missing before this");
}

// The grammar is satisfied: what is left is a number that no 64-bit type can hold.
Diagnostic Explainer::number_too_large() const {
  simdjson::dom::parser parser;
  JsonLexer lexer(text_);
  for (JsonToken token = lexer.next(); token.kind != JsonToken::Kind::end; token = lexer.next()) {
    const std::string_view word = text_.substr(token.offset, token.size);
    if (token.kind != JsonToken::Kind::scalar || !starts_number(word)) continue;
    if (parser.parse(simdjson::padded_string(word)).error() != simdjson::SUCCESS) {
      return say(token.offset, "this number is too large: integers have at most 64 bits");
    }
  }
  return say(0, "is not valid JSON");
}

}  // namespace

Diagnostic explain_syntax_error(std::string_view text) {
  return Explainer(text).explain();
}

}  // namespace doorbuster
