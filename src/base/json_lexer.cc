#include "base/json_lexer.h"

namespace doorbuster {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kPunctuation = "{}[]:,";
constexpr std::string_view kScalarEnd = " \t\r\n{}[]:,\"";

}  // namespace

JsonToken JsonLexer::next() {
  while (at_ < text_.size() && kSpace.find(text_[at_]) != std::string_view::npos) ++at_;
  if (at_ == text_.size()) return {JsonToken::Kind::end, at_, 0};
  const char first = text_[at_];
  if (first == '"') return take_string();
  const std::size_t offset = at_;
  if (kPunctuation.find(first) != std::string_view::npos) {
    ++at_;
    return {JsonToken::Kind::punctuation, offset, 1};
  }
  do {
    ++at_;
  } while (at_ < text_.size() && kScalarEnd.find(text_[at_]) == std::string_view::npos);
  return {JsonToken::Kind::scalar, offset, at_ - offset};
}

JsonToken JsonLexer::next_start() {
  while (true) {
    const JsonToken token = next();
    if (token.kind != JsonToken::Kind::punctuation) return token;
    if (text_[token.offset] == '{' || text_[token.offset] == '[') return token;
  }
}

JsonToken JsonLexer::take_string() {
  const std::size_t offset = at_;
  ++at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    ++at_;
    if (c == '"') return {JsonToken::Kind::string, offset, at_ - offset};
    if (c == '\\' && at_ < text_.size()) ++at_;
  }
  return {JsonToken::Kind::open_string, offset, at_ - offset};
}

}  // namespace doorbuster
