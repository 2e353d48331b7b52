#pragma once
// One HTTP response, parsed by Beast into a fixed buffer: nothing is allocated for a reply of a usual size.
// Beast is slow to compile; only link.cc and http_client.cc include this.

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace doorbuster::load {

class ReplyParser final : public boost::beast::http::basic_parser<false> {
 public:
  using ErrorCode = boost::beast::error_code;
  // `body` is cleared and filled; it keeps its memory from reply to reply. More than `body_bytes_max` is an
  // error.
  ReplyParser(std::string& body, std::size_t body_bytes_max) : body_(body) {
    body_.clear();
    eager(true);
    header_limit(16 * 1024);
    body_limit(body_bytes_max);
  }

  int status() const { return status_; }
  bool replayed() const { return replayed_; }

 private:
  using View = boost::beast::string_view;
  using Field = boost::beast::http::field;
  using Verb = boost::beast::http::verb;

  void on_request_impl(Verb, View, View, int, ErrorCode&) override {}
  void on_response_impl(int code, View, int, ErrorCode&) override { status_ = code; }
  void on_field_impl(Field name, View name_text, View value, ErrorCode&) override {
    if (name != Field::unknown) return;
    if (boost::beast::iequals(name_text, "Idempotent-Replayed"))
      replayed_ = boost::beast::iequals(value, "true");
  }
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(View text, ErrorCode&) override {
    body_.append(text.data(), text.size());
    return text.size();
  }
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View text, ErrorCode&) override {
    body_.append(text.data(), text.size());
    return text.size();
  }
  void on_finish_impl(ErrorCode&) override {}

  std::string& body_;
  int status_ = 0;
  bool replayed_ = false;
};

}  // namespace doorbuster::load
