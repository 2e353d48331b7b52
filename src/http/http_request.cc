#include "doorbuster/http/http_request.h"

#include <boost/beast/http/basic_parser.hpp>
#include <functional>

#include "quick_head.h"

namespace doorbuster {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

// Takes what we need while the library parses, and stores nothing else: no allocation.
class HeadParser final : public http::basic_parser<true> {
 public:
  HeadParser(std::string_view input, HttpRequest& request) : input_(input), request_(request) {
    header_limit(kHeaderBytesMax);
    body_limit(boost::none);  // the body is framed and bounded by frame_request()
  }

  int hosts = 0;
  int keys = 0;
  int content_types = 0;
  int conditions = 0;
  int authorizations = 0;
  bool transfer_encoding = false;
  bool only_chunked = false;
  bool folded = false;
  bool expects_continue = false;

 protected:
  void on_request_impl(http::verb method, boost::beast::string_view, boost::beast::string_view target,
                       int version, error_code&) override {
    switch (method) {
      case http::verb::get:
        request_.method = Method::get;
        break;
      case http::verb::head:
        request_.method = Method::head;
        break;
      case http::verb::post:
        request_.method = Method::post;
        break;
      case http::verb::put:
        request_.method = Method::put;
        break;
      case http::verb::patch:
        request_.method = Method::patch;
        break;
      case http::verb::delete_:
        request_.method = Method::del;
        break;
      default:
        request_.method = Method::other;
    }
    const std::string_view whole(target.data(), target.size());
    const auto question = whole.find('?');
    request_.path = whole.substr(0, question);
    request_.query = question == std::string_view::npos ? std::string_view{} : whole.substr(question + 1);
    request_.http_1_0 = version == 10;
  }

  void on_field_impl(http::field field, boost::beast::string_view name, boost::beast::string_view text,
                     error_code&) override {
    const std::string_view value(text.data(), text.size());
    if (!stands_behind({name.data(), name.size()}, value)) folded = true;
    switch (field) {
      case http::field::host:
        ++hosts;
        break;
      case http::field::content_type:
        ++content_types;
        request_.content_type = value;
        break;
      case http::field::transfer_encoding:
        only_chunked = !transfer_encoding && boost::beast::iequals(text, "chunked");
        transfer_encoding = true;
        break;
      case http::field::prefer:
        request_.prefer = value;
        break;
      case http::field::if_match:
        ++conditions;
        request_.if_match = value;
        break;
      case http::field::if_none_match:
        ++conditions;
        request_.if_none_match = value;
        break;
      case http::field::accept_encoding:
        request_.accept_encoding = value;
        break;
      case http::field::authorization:
        ++authorizations;
        request_.authorization = value;
        break;
      case http::field::expect:
        expects_continue = boost::beast::iequals(text, "100-continue");
        break;
      case http::field::unknown:
        if (boost::beast::iequals(name, "Idempotency-Key")) {
          ++keys;
          request_.idempotency_key = value;
        } else if (boost::beast::iequals(name, "Last-Event-ID")) {
          request_.last_event_id = value;
        }
        break;
      default:
        break;
    }
  }

  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(boost::beast::string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view body, error_code&) override {
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

 private:
  // Whether the value is on its name's line. The library joins folded lines in a buffer of its own; when the
  // first line is empty, it takes the value from the line after it.
  bool stands_behind(std::string_view name, std::string_view value) const {
    const std::less<const char*> before;
    const char* const from = name.data() + name.size();
    if (before(value.data(), from) || before(input_.data() + input_.size(), value.data() + value.size())) {
      return value.empty();
    }
    const std::string_view between(from, static_cast<std::size_t>(value.data() - from));
    return between.find('\n') == std::string_view::npos;
  }

  const std::string_view input_;
  HttpRequest& request_;
};

Framing refused(Outcome outcome, std::string_view detail) {
  Framing framing;
  framing.state = Framing::State::refused;
  framing.refusal = outcome;
  framing.detail = detail;
  return framing;
}

std::string_view describe(const error_code& ec) {
  if (ec == http::error::header_limit) return "The header is larger than 8192 bytes.";
  if (ec == http::error::bad_version) return "Only HTTP/1.0 and HTTP/1.1 are spoken here.";
  if (ec == http::error::bad_content_length) return "Content-Length is not one whole number.";
  return "The request is not well-formed HTTP/1.1.";
}

}  // namespace

Framing frame_request(std::string_view bytes, std::size_t body_bytes_max, HttpRequest& request) {
  static constexpr HttpRequest kNew;  // copied at once; `= {}` makes another one first
  request = kNew;
  if (const auto framing = frame_quickly(bytes, body_bytes_max, request)) return *framing;
  return frame_strictly(bytes, body_bytes_max, request);
}

Framing frame_strictly(std::string_view bytes, std::size_t body_bytes_max, HttpRequest& request) {
  request = {};
  HeadParser parser(bytes, request);
  error_code ec;
  const std::size_t header_bytes = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
  if (ec == http::error::need_more) {
    if (bytes.size() >= kHeaderBytesMax)
      return refused(Outcome::malformed_request, "The header is larger than 8192 bytes.");
    return {};
  }
  if (ec) return refused(Outcome::malformed_request, describe(ec));
  if (!parser.is_header_done()) return {};
  // The library bounds the request line and the fields each for itself.
  if (header_bytes > kHeaderBytesMax) {
    return refused(Outcome::malformed_request, "The header is larger than 8192 bytes.");
  }

  if (parser.folded)
    return refused(Outcome::malformed_request, "Folded header lines are obsolete and refused.");
  if (parser.hosts > 1 || (parser.hosts == 0 && !request.http_1_0)) {
    return refused(Outcome::malformed_request, "HTTP/1.1 needs exactly one Host header.");
  }
  if (parser.keys > 1 || parser.content_types > 1) {
    return refused(Outcome::malformed_request, "Idempotency-Key and Content-Type may be sent once.");
  }
  if (parser.authorizations > 1) {
    return refused(Outcome::malformed_request, "Authorization may be sent once.");
  }
  // An empty one must not pass for none: the change that it was to guard would be made.
  const bool empty_condition =
      parser.conditions == 1 && request.if_match.empty() && request.if_none_match.empty();
  if (parser.conditions > 1 || empty_condition) {
    return refused(Outcome::malformed_request, "Send one If-Match or one If-None-Match, with an entity tag.");
  }
  if (parser.transfer_encoding) {
    if (parser.only_chunked && !request.http_1_0) {
      return refused(Outcome::length_required, "Send the body with Content-Length, not in chunks.");
    }
    return refused(Outcome::malformed_request,
                   "Transfer-Encoding is not understood here; send Content-Length.");
  }

  request.has_idempotency_key = parser.keys == 1;
  request.has_authorization = parser.authorizations == 1;
  request.has_content_type = parser.content_types == 1;
  request.keep_alive = parser.keep_alive();
  const auto length = parser.content_length();
  request.has_content_length = length.has_value();
  const std::uint64_t body_bytes = length.value_or(0);
  if (body_bytes > body_bytes_max) {
    return refused(Outcome::payload_too_large,
                   "The body is larger than this listener takes (server.max_body_bytes).");
  }
  Framing framing;
  framing.bytes = header_bytes + static_cast<std::size_t>(body_bytes);
  framing.expects_continue = parser.expects_continue && !request.http_1_0;
  if (bytes.size() < framing.bytes) {
    framing.state = Framing::State::need_body;
    return framing;
  }
  framing.state = Framing::State::complete;
  request.body = bytes.substr(header_bytes, static_cast<std::size_t>(body_bytes));
  return framing;
}

bool header_list_has(std::string_view header, std::string_view token) {
  while (!header.empty()) {
    const auto comma = header.find(',');
    std::string_view item = header.substr(0, comma);
    header = comma == std::string_view::npos ? std::string_view{} : header.substr(comma + 1);
    item = item.substr(0, item.find(';'));
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (boost::beast::iequals({item.data(), item.size()}, {token.data(), token.size()})) return true;
  }
  return false;
}

}  // namespace doorbuster
