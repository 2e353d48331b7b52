#pragma once
// One HTTP/1.x request, framed: where it ends, and the few parts of it that we ask for. RFC 9112.
//
// Framing is where two parsers of the same bytes can be made to disagree (request smuggling), so what is
// ambiguous is refused here, including what the library's parser would let through: any Transfer-Encoding,
// HTTP/1.1 without exactly one Host, folded header lines.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "doorbuster/base/limits.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster {

enum class Method : std::uint8_t { get, head, post, put, patch, del, other };

// The views point into the bytes that were parsed.
struct HttpRequest {
  Method method = Method::other;
  std::string_view path;   // without the query
  std::string_view query;  // behind the '?', or empty
  std::string_view content_type;
  std::string_view idempotency_key;  // as sent, quotes and all
  std::string_view prefer;
  std::string_view if_match;         // a list of entity tags, or *; empty: not sent
  std::string_view if_none_match;    // the same
  std::string_view last_event_id;    // empty: not sent
  std::string_view accept_encoding;  // of several headers the last one
  std::string_view authorization;    // as sent: scheme and credentials
  std::string_view body;
  bool has_idempotency_key = false;
  bool has_authorization = false;
  bool has_content_type = false;
  bool has_content_length = false;
  bool keep_alive = true;
  bool http_1_0 = false;
};

struct Framing {
  enum class State : std::uint8_t {
    need_header,  // the header has not ended yet
    need_body,    // the header is here; `bytes` are needed in all
    complete,     // `bytes` are this request
    refused,      // answer `refusal` and close: where the next request begins is not known
  };
  State state = State::need_header;
  std::size_t bytes = 0;
  bool expects_continue = false;  // need_body: the client waits for "100 Continue"
  Outcome refusal = Outcome::malformed_request;
  std::string_view detail;  // refused: what is wrong, in one sentence
};

// Looks at the request at the front of `bytes`. Stateless: called again with more bytes when it needs more.
Framing frame_request(std::string_view bytes, std::size_t body_bytes_max, HttpRequest& request);

// True when the comma-separated list `header` has `token` (without case), alone or with parameters.
bool header_list_has(std::string_view header, std::string_view token);

}  // namespace doorbuster
