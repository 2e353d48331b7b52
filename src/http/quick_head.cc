#include "quick_head.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "byte_run.h"

namespace doorbuster {
namespace {

// A head is taken when all of it is in this grammar, which is a part of RFC 9112's:
//
//   head    = ("GET" / "POST") SP path ["?" query] SP "HTTP/1.1" CRLF *field CRLF
//   path    = 1*VCHAR without "?"
//   query   = *VCHAR
//   field   = 1*(ALPHA / DIGIT / "-") ":" *SP value *SP CRLF
//   value   = what is left of *(SP / VCHAR)
//
// and each of its fields either has no meaning for framing and for us, or is one that take_field() knows.
// There is no byte outside of ASCII, no control character but those of the CRLFs, and nothing that could
// begin a folded line: where a field's name must be, a blank is none.
class QuickHead {
 public:
  QuickHead(std::string_view bytes, HttpRequest& request)
      : at_(bytes.data()), end_(at_ + std::min(bytes.size(), kHeaderBytesMax)), request_(request) {}

  // False: it is no such head, or not all of it is there.
  bool take() {
    if (!take_request_line()) return false;
    while (!take_literal("\r\n")) {
      if (!take_line()) return false;
    }
    return has_host_;
  }
  const char* end() const { return at_; }             // behind the empty line
  std::size_t body_bytes() const { return length_; }  // Content-Length; 0: also when there is none

 private:
  template <std::size_t N>
  bool take_literal(const char (&literal)[N]) {
    constexpr std::size_t kBytes = N - 1;
    if (static_cast<std::size_t>(end_ - at_) < kBytes || std::memcmp(at_, literal, kBytes) != 0) return false;
    at_ += kBytes;
    return true;
  }

  template <typename Kind>
  std::string_view take_run() {
    const char* const first = at_;
    at_ = skip_run<Kind>(at_, end_);
    return {first, at_};
  }

  bool take_request_line() {
    if (take_literal("POST ")) {
      request_.method = Method::post;
    } else if (take_literal("GET ")) {
      request_.method = Method::get;
    } else {
      return false;
    }
    request_.path = take_run<PathByte>();
    if (take_literal("?")) request_.query = take_run<VisibleByte>();
    return !request_.path.empty() && take_literal(" HTTP/1.1\r\n");
  }

  bool take_line() {
    const std::string_view name = take_run<ByteOtherThan<':'>>();
    if (!take_literal(":")) return false;
    while (at_ != end_ && *at_ == ' ') ++at_;
    std::string_view value = take_run<PrintableByte>();
    while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
    return take_literal("\r\n") && take_field(name, value);
  }

  // Whether the name is `lower`, which has letters and '-' alone, in any case.
  template <std::size_t N>
  static bool is(std::string_view name, const char (&lower)[N]) {
    using Word = std::conditional_t<(N > sizeof(std::uint64_t)), std::uint64_t, std::uint32_t>;
    constexpr std::size_t kBytes = N - 1, kLast = kBytes - sizeof(Word);
    if (name.size() != kBytes) return false;
    for (std::size_t i = 0; i < kLast; i += sizeof(Word)) {
      if (!is_word<Word>(name.data() + i, lower + i)) return false;
    }
    return is_word<Word>(name.data() + kLast, lower + kLast);  // overlaps the one before
  }
  // A letter is in lower case when 0x20 is set. '-' has that bit too and must have nothing done to it, or a
  // CR would do; what tells it from the letters is 0x40.
  template <typename Word>
  static bool is_word(const char* name, const char* lower) {
    Word word = 0, wanted = 0;
    std::memcpy(&word, name, sizeof word);
    std::memcpy(&wanted, lower, sizeof wanted);
    const Word letters = wanted & static_cast<Word>(0x4040'4040'4040'4040);
    return (word | letters >> 1) == wanted;
  }

  // Every name that the strict way asks for: its own, and the library's. What may stand there once is taken
  // once; what decides how a message is framed or how its connection goes on is taken in one form.
  bool take_field(std::string_view name, std::string_view value) {
    switch (name.size()) {
      case 4:
        if (is(name, "host")) return take_once(has_host_);
        break;
      case 6:
        if (is(name, "expect")) return false;
        if (is(name, "prefer")) return take_last(request_.prefer, value);
        break;
      case 7:
        if (is(name, "upgrade")) return false;
        break;
      case 8:
        if (is(name, "if-match")) return false;
        break;
      case 10:
        if (is(name, "connection")) return value == "keep-alive" || value == "Keep-Alive";
        break;
      case 12:
        if (is(name, "content-type")) {
          return take_once(request_.has_content_type) && take_last(request_.content_type, value);
        }
        break;
      case 13:
        if (is(name, "if-none-match")) return false;
        if (is(name, "last-event-id")) return take_last(request_.last_event_id, value);
        if (is(name, "authorization")) {
          return take_once(request_.has_authorization) && take_last(request_.authorization, value);
        }
        break;
      case 14:
        if (is(name, "content-length")) return take_once(request_.has_content_length) && take_length(value);
        break;
      case 15:
        if (is(name, "accept-encoding")) return take_last(request_.accept_encoding, value);
        if (is(name, "idempotency-key")) {
          return take_once(request_.has_idempotency_key) && take_last(request_.idempotency_key, value);
        }
        break;
      case 16:
        if (is(name, "proxy-connection")) return false;
        break;
      case 17:
        if (is(name, "transfer-encoding")) return false;
        break;
      default:
        break;
    }
    // Nothing that anybody asks for. The run may look at the value too: the colon ends it.
    return !name.empty() && skip_run<NameByte>(name.data(), end_) == name.end();
  }

  static bool take_last(std::string_view& member, std::string_view value) {
    member = value;
    return true;
  }
  static bool take_once(bool& seen) {
    const bool first = !seen;
    seen = true;
    return first;
  }

  // 1 to 9 digits: no bound of a body has more, and they cannot overflow.
  bool take_length(std::string_view value) {
    if (value.empty() || value.size() > 9) return false;
    for (const char digit : value) {
      if (digit < '0' || digit > '9') return false;
      length_ = length_ * 10 + static_cast<std::size_t>(digit - '0');
    }
    return true;
  }

  const char* at_;
  const char* const end_;
  HttpRequest& request_;
  bool has_host_ = false;
  std::size_t length_ = 0;
};

}  // namespace

std::optional<Framing> frame_quickly(std::string_view bytes, std::size_t body_bytes_max,
                                     HttpRequest& request) {
  QuickHead head(bytes, request);
  if (!head.take() || head.body_bytes() > body_bytes_max) return std::nullopt;
  const auto header_bytes = static_cast<std::size_t>(head.end() - bytes.data());
  Framing framing;
  framing.bytes = header_bytes + head.body_bytes();
  if (bytes.size() < framing.bytes) {
    framing.state = Framing::State::need_body;
    return framing;
  }
  framing.state = Framing::State::complete;
  request.body = bytes.substr(header_bytes, head.body_bytes());
  return framing;
}

}  // namespace doorbuster
