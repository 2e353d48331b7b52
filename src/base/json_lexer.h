#pragma once
// Where the tokens of a JSON text are. It judges nothing: the text, or the part of it that is looked at, is
// known to be valid.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace doorbuster {

struct JsonToken {
  enum class Kind : std::uint8_t {
    end,
    punctuation,  // one of { } [ ] : ,
    string,
    open_string,  // the text ends inside it
    scalar,       // a number or a word, up to what can follow one
  };
  Kind kind = Kind::end;
  std::size_t offset = 0;
  std::size_t size = 0;
};

class JsonLexer {
 public:
  explicit JsonLexer(std::string_view text) : text_(text) {}

  // Kind::end for ever once the text is used up.
  JsonToken next();

  // The next token that is a value's or a key's first byte.
  JsonToken next_start();

 private:
  JsonToken take_string();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace doorbuster
