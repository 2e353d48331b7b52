// Where a request ends, and which bytes are none. Two parsers of the same bytes must not be able to disagree.
#include "doorbuster/http/http_request.h"

#include <string>

#include "support/shop.h"

namespace doorbuster {
namespace {

using State = Framing::State;

const std::string kBody = R"({"campaign":"c","sku":"s","buyer":"b"})";

std::string post(const std::string& headers, const std::string& body = kBody,
                 const std::string& version = "HTTP/1.1") {
  return "POST /v1/buy " + version + "\r\n" + headers + "\r\n" + body;
}
std::string length_of(const std::string& body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n";
}
const std::string kHost = "Host: shop\r\n";

Framing frame(const std::string& bytes, HttpRequest& request) {
  return frame_request(bytes, 1000, request);
}
Framing frame(const std::string& bytes) {
  HttpRequest request;
  return frame(bytes, request);
}

TEST_CASE("a whole request is framed and its parts are there") {
  const std::string bytes =
      "POST /v1/buy?x=1&y HTTP/1.1\r\nhost: shop:8080\r\nContent-Type: application/json; charset=utf-8\r\n"
      "IDEMPOTENCY-KEY:  \"k-1\" \r\nprefer: respond-async\r\ncontent-length: 38\r\n\r\n" +
      kBody;
  HttpRequest request;
  const Framing framing = frame(bytes, request);
  REQUIRE(framing.state == State::complete);
  CHECK(framing.bytes == bytes.size());
  CHECK(request.method == Method::post);
  CHECK(request.path == "/v1/buy");
  CHECK(request.query == "x=1&y");
  CHECK(request.content_type == "application/json; charset=utf-8");
  CHECK(request.idempotency_key == "\"k-1\"");
  CHECK(request.prefer == "respond-async");
  CHECK(request.body == kBody);
  CHECK(request.has_idempotency_key);
  CHECK(request.has_content_type);
  CHECK(request.has_content_length);
  CHECK(request.keep_alive);
  CHECK_FALSE(request.http_1_0);
}

struct Shape {
  const char* what;
  std::string bytes;
  Outcome refusal;
};

// What request smuggling is made of, and what two servers in a row could read in two ways.
std::vector<Shape> smuggling_shapes() {
  const auto malformed = Outcome::malformed_request;
  const std::string length = length_of(kBody), chunks = "5\r\nhello\r\n0\r\n\r\n";
  return {
      {"chunked", post(kHost + "Transfer-Encoding: chunked\r\n", chunks), Outcome::length_required},
      {"Chunked", post(kHost + "transfer-encoding: CHUNKED\r\n", chunks), Outcome::length_required},
      {"gzip", post(kHost + "Transfer-Encoding: gzip\r\n"), malformed},
      {"chunked, gzip", post(kHost + "Transfer-Encoding: chunked, gzip\r\n"), malformed},
      {"gzip, chunked", post(kHost + "Transfer-Encoding: gzip, chunked\r\n", chunks), malformed},
      {"identity", post(kHost + "Transfer-Encoding: identity\r\n"), malformed},
      {"xchunked", post(kHost + "Transfer-Encoding: xchunked\r\n"), malformed},
      {"xchunked and a length", post(kHost + "Transfer-Encoding: xchunked\r\n" + length), malformed},
      {"gzip and a length", post(kHost + length + "Transfer-Encoding: gzip\r\n"), malformed},
      {"chunked, then a length", post(kHost + "Transfer-Encoding: chunked\r\n" + length), malformed},
      {"a length, then chunked", post(kHost + length + "Transfer-Encoding: chunked\r\n"), malformed},
      {"chunked twice", post(kHost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks),
       malformed},
      {"chunked, then gzip on another line",
       post(kHost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", chunks), malformed},
      {"empty Transfer-Encoding", post(kHost + "Transfer-Encoding:\r\n" + length), malformed},
      {"space before the colon", post(kHost + "Transfer-Encoding : chunked\r\n", chunks), malformed},
      {"tab before the colon", post(kHost + "Content-Length\t: 38\r\n"), malformed},
      {"HTTP/1.0 and chunked", post(kHost + "Transfer-Encoding: chunked\r\n", chunks, "HTTP/1.0"), malformed},
      {"two lengths", post(kHost + "Content-Length: 38\r\nContent-Length: 5\r\n"), malformed},
      {"two lengths on a line", post(kHost + "Content-Length: 38, 5\r\n"), malformed},
      {"+38", post(kHost + "Content-Length: +38\r\n"), malformed},
      {"-1", post(kHost + "Content-Length: -1\r\n"), malformed},
      {"0x26", post(kHost + "Content-Length: 0x26\r\n"), malformed},
      {"38 38", post(kHost + "Content-Length: 38 38\r\n"), malformed},
      {"38.0", post(kHost + "Content-Length: 38.0\r\n"), malformed},
      {"empty length", post(kHost + "Content-Length:\r\n"), malformed},
      {"2^64 + 38", post(kHost + "Content-Length: 18446744073709551654\r\n"), malformed},
      {"2^64 - 1", post(kHost + "Content-Length: 18446744073709551615\r\n"), Outcome::payload_too_large},
      {"bare LF after the request line", "POST /v1/buy HTTP/1.1\nHost: shop\r\n" + length + "\r\n" + kBody,
       malformed},
      {"bare LF after a field", "POST /v1/buy HTTP/1.1\r\nHost: shop\n" + length + "\r\n" + kBody, malformed},
      {"bare LF at the end", "POST /v1/buy HTTP/1.1\r\nHost: shop\r\n" + length + "\n" + kBody, malformed},
      {"bare CR in a value", post(kHost + "X-A: a\rb\r\n" + length), malformed},
      {"a folded line", post(kHost + "X-A: a\r\n b\r\n" + length), malformed},
      {"a folded length", post(kHost + "Content-Length: 3\r\n 8\r\n"), malformed},
      {"a folded Transfer-Encoding", post(kHost + "Transfer-Encoding:\r\n chunked\r\n", chunks), malformed},
      {"a folded line with nothing in it", post(kHost + "X-A:\r\n \r\n" + length), malformed},
      {"a value on the next line only", post(kHost + "X-A:\r\n a\r\n" + length), malformed},
      {"a length on the next line only", post(kHost + "Content-Length:\r\n 38\r\n"), malformed},
      {"a Host on the next line only", post("Host:\r\n\tshop\r\n" + length), malformed},
      {"a fold behind a value", post(kHost + "X-A: a\r\n \r\n" + length), malformed},
      {"a fold in front of the first field", post(" X-A: a\r\n" + kHost + length), malformed},
      {"NUL in a value", post(kHost + std::string("X-A: a\0b\r\n", 10) + length), malformed},
      {"NUL in a name", post(kHost + std::string("X\0A: a\r\n", 8) + length), malformed},
      {"NUL in the target", std::string("GET /\0 HTTP/1.1\r\nHost: shop\r\n\r\n", 31), malformed},
      {"no colon", post(kHost + "X-A\r\n" + length), malformed},
      {"an empty name", post(kHost + ": a\r\n" + length), malformed},
      {"no Host", post(length), malformed},
      {"two Hosts", post(kHost + kHost + length), malformed},
      {"two Hosts with HTTP/1.0", post(kHost + kHost + length, kBody, "HTTP/1.0"), malformed},
      {"two keys", post(kHost + "Idempotency-Key: a\r\nIdempotency-Key: a\r\n" + length), malformed},
      {"two content types", post(kHost + "Content-Type: a/b\r\nContent-Type: a/b\r\n" + length), malformed},
      {"HTTP/2", "POST /v1/buy HTTP/2.0\r\n" + kHost + length + "\r\n" + kBody, malformed},
      {"HTTP/0.9", "GET /\r\n\r\n", malformed},
      {"a preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", malformed},
      {"a TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), malformed},
      {"a space too many", "GET  / HTTP/1.1\r\nHost: shop\r\n\r\n", malformed},
      {"a lower-case version", "GET / http/1.1\r\nHost: shop\r\n\r\n", malformed},
  };
}

TEST_CASE("what two parsers could read in two ways is refused") {
  for (const Shape& shape : smuggling_shapes()) {
    CAPTURE(shape.what);
    const Framing framing = frame(shape.bytes);
    CHECK(framing.state == State::refused);
    CHECK(framing.refusal == shape.refusal);
    CHECK_FALSE(framing.detail.empty());
  }
}

TEST_CASE("a shape that is refused is never taken for a whole request on its way in") {
  for (const Shape& shape : smuggling_shapes()) {
    for (std::size_t cut = 0; cut <= shape.bytes.size(); ++cut) {
      CAPTURE(shape.what, cut);
      REQUIRE(frame(shape.bytes.substr(0, cut)).state != State::complete);
    }
  }
}

struct Good {
  const char* what;
  std::string bytes;
  std::size_t header_bytes;
};

std::vector<Good> good_requests() {
  std::vector<Good> requests = {
      {"a buy", post(kHost + "Content-Type: application/json\r\n" + length_of(kBody)), 0},
      {"a buy with HTTP/1.0", post(length_of(kBody), kBody, "HTTP/1.0"), 0},
      {"an empty body", post(kHost + "Content-Length: 0\r\n", ""), 0},
      {"no body", "GET /v1/campaigns HTTP/1.1\r\n" + kHost + "\r\n", 0},
      {"a GET with a body", "GET /v1/campaigns HTTP/1.1\r\n" + kHost + length_of(kBody) + "\r\n" + kBody, 0},
      {"a body that looks like a request", post(kHost + length_of(post(kHost, ""))), 0},
  };
  requests.back().bytes = post(kHost + length_of(post(kHost, "")), post(kHost, ""));
  for (Good& good : requests) good.header_bytes = good.bytes.find("\r\n\r\n") + 4;
  return requests;
}

TEST_CASE("at every cut of a good request more is asked for, and the answer never changes") {
  for (const Good& good : good_requests()) {
    for (std::size_t cut = 0; cut <= good.bytes.size(); ++cut) {
      CAPTURE(good.what, cut);
      HttpRequest request;
      const Framing framing = frame(good.bytes.substr(0, cut), request);
      if (cut < good.header_bytes) {
        REQUIRE(framing.state == State::need_header);
      } else {
        REQUIRE(framing.state == (cut < good.bytes.size() ? State::need_body : State::complete));
        REQUIRE(framing.bytes == good.bytes.size());
      }
    }
  }
}

TEST_CASE("what stands behind a request is the next one's, whatever it is") {
  for (const Good& good : good_requests()) {
    for (const std::string& behind : {std::string("G"), good.bytes, std::string("\0\xff\r\n", 4)}) {
      CAPTURE(good.what);
      HttpRequest request;
      const std::string bytes = good.bytes + behind;
      const Framing framing = frame(bytes, request);
      REQUIRE(framing.state == State::complete);
      REQUIRE(framing.bytes == good.bytes.size());
      REQUIRE(request.body == std::string_view(good.bytes).substr(good.header_bytes));
    }
  }
}

TEST_CASE("a pipeline is taken apart request by request") {
  std::string bytes;
  std::vector<std::size_t> ends;
  for (int turn = 0; turn < 5; ++turn) {
    for (const Good& good : good_requests()) {
      bytes += good.bytes;
      ends.push_back(bytes.size());
    }
  }
  std::size_t at = 0;
  for (const std::size_t end : ends) {
    const Framing framing = frame(bytes.substr(at));
    REQUIRE(framing.state == State::complete);
    at += framing.bytes;
    REQUIRE(at == end);
  }
}

TEST_CASE("a header ends within 8 KiB, and a body within its bound") {
  const auto with_header_of = [](std::size_t bytes) {
    std::string head = "GET / HTTP/1.1\r\n" + kHost + "X-A: ";
    head += std::string(bytes - head.size() - 4, 'a') + "\r\n\r\n";
    return head;
  };
  CHECK(frame(with_header_of(kHeaderBytesMax)).state == State::complete);
  CHECK(frame(with_header_of(kHeaderBytesMax + 1)).state == State::refused);
  CHECK(frame(with_header_of(kHeaderBytesMax + 5000)).state == State::refused);
  // Also while it has not ended yet, so that nobody can send for ever.
  CHECK(frame(with_header_of(kHeaderBytesMax + 5000).substr(0, kHeaderBytesMax)).state == State::refused);
  CHECK(frame(with_header_of(kHeaderBytesMax - 200).substr(0, kHeaderBytesMax - 204)).state ==
        State::need_header);

  CHECK(frame(post(kHost + "Content-Length: 1000\r\n", "")).state == State::need_body);
  const Framing too_large = frame(post(kHost + "Content-Length: 1001\r\n", ""));
  CHECK(too_large.state == State::refused);  // before a byte of it has come
  CHECK(too_large.refusal == Outcome::payload_too_large);
}

struct Life {
  std::string version, connection;
  bool keep_alive;
};

TEST_CASE("a connection lives on as RFC 9112 says") {
  const auto life = GENERATE(values<Life>({
      {"HTTP/1.1", "", true},
      {"HTTP/1.1", "Connection: keep-alive\r\n", true},
      {"HTTP/1.1", "Connection: close\r\n", false},
      {"HTTP/1.1", "Connection: Keep-Alive, CLOSE\r\n", false},
      {"HTTP/1.0", "", false},
      {"HTTP/1.0", "Connection: keep-alive\r\n", true},
      {"HTTP/1.0", "Connection: close\r\n", false},
  }));
  CAPTURE(life.version, life.connection);
  HttpRequest request;
  REQUIRE(frame("GET / " + life.version + "\r\n" + kHost + life.connection + "\r\n", request).state ==
          State::complete);
  CHECK(request.keep_alive == life.keep_alive);
  CHECK(request.http_1_0 == (life.version == "HTTP/1.0"));
}

TEST_CASE("who waits for 100 Continue is noticed, HTTP/1.0 is not") {
  const std::string expect = "Expect: 100-continue\r\n";
  const Framing waiting = frame(post(kHost + expect + length_of(kBody), ""));
  CHECK(waiting.state == State::need_body);
  CHECK(waiting.expects_continue);
  CHECK_FALSE(frame(post(kHost + length_of(kBody), "")).expects_continue);
  CHECK_FALSE(frame(post(expect + length_of(kBody), "", "HTTP/1.0")).expects_continue);
}

TEST_CASE("methods that we know are known, all others are others") {
  const auto method_of = [](const std::string& name) {
    HttpRequest request;
    REQUIRE(frame(name + " / HTTP/1.1\r\n" + kHost + "\r\n", request).state == State::complete);
    return request.method;
  };
  CHECK(method_of("GET") == Method::get);
  CHECK(method_of("HEAD") == Method::head);
  CHECK(method_of("POST") == Method::post);
  CHECK(method_of("PUT") == Method::put);
  CHECK(method_of("PATCH") == Method::patch);
  CHECK(method_of("DELETE") == Method::del);
  for (const char* name : {"put", "delete", "OPTIONS", "BREW", "get"})
    CHECK(method_of(name) == Method::other);
}

TEST_CASE("a POST without a body ends with its header, and a DELETE may have a body") {
  HttpRequest request;
  const std::string bare = "POST /v1/orders/o/confirm HTTP/1.1\r\n" + kHost + "\r\n";
  const std::string posts = bare + "POST ";
  Framing framing = frame(posts, request);
  REQUIRE(framing.state == State::complete);
  CHECK(framing.bytes == bare.size());
  CHECK(request.body.empty());
  CHECK_FALSE(request.has_content_length);
  const std::string removal = "DELETE /v1/waitlist/t HTTP/1.1\r\n" + kHost + "Content-Length: 2\r\n\r\n{}";
  const std::string removals = removal + "GET ";
  framing = frame(removals, request);
  REQUIRE(framing.state == State::complete);
  CHECK(framing.bytes == removal.size());
  CHECK(request.body == "{}");
}

TEST_CASE("a condition is handed on as it was sent, and two of them are refused") {
  std::string bytes;  // what the request views
  const auto with = [&bytes](const std::string& headers, HttpRequest& request) {
    bytes = "GET / HTTP/1.1\r\n" + kHost + headers + "\r\n";
    return frame(bytes, request).state;
  };
  HttpRequest request;
  REQUIRE(with("if-match: \"7\", W/\"8\"\r\n", request) == State::complete);
  CHECK(request.if_match == "\"7\", W/\"8\"");
  CHECK(request.if_none_match.empty());
  REQUIRE(with("If-None-Match: *\r\n", request) == State::complete);
  CHECK(request.if_none_match == "*");
  CHECK(request.if_match.empty());
  CHECK(with("If-Match: \"7\"\r\nIf-Match: \"7\"\r\n", request) == State::refused);
  CHECK(with("If-Match: \"7\"\r\nIf-None-Match: \"7\"\r\n", request) == State::refused);
  CHECK(with("If-Match:\r\n", request) == State::refused);
}

TEST_CASE("a token of a list is found whole, in any case, with its parameters") {
  CHECK(header_list_has("respond-async", "respond-async"));
  CHECK(header_list_has("return=minimal, Respond-Async; wait=5", "respond-async"));
  CHECK(header_list_has(" \trespond-async\t ", "respond-async"));
  CHECK(header_list_has(",,respond-async,", "respond-async"));
  CHECK_FALSE(header_list_has("respond-asynchronously", "respond-async"));
  CHECK_FALSE(header_list_has("x-respond-async", "respond-async"));
  CHECK_FALSE(header_list_has("wait; respond-async", "respond-async"));
  CHECK_FALSE(header_list_has("", "respond-async"));
}

}  // namespace
}  // namespace doorbuster
