// The quick way to frame a request takes the heads that clients send, and whatever it takes, the strict way
// takes as the same: these tests compare the two.
#include "http/quick_head.h"

#include <boost/beast/http/field.hpp>
#include <string>
#include <vector>

#include "http/byte_run.h"
#include "support/alike.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::size_t kBodyMax = 1000;
const std::string kBody = R"({"campaign":"c","sku":"s","buyer":"b"})";
const std::string kHost = "Host: shop\r\n";
const std::string kLength = "Content-Length: " + std::to_string(kBody.size()) + "\r\n";

std::string post(const std::string& headers, const std::string& body = kBody) {
  return "POST /v1/buy HTTP/1.1\r\n" + headers + "\r\n" + body;
}

// "taken": quick has framed it. "left": it has not. Else what the two ways do not agree on.
std::string quick_on(std::string_view bytes) {
  HttpRequest quick, strict;
  const auto framing = frame_quickly(bytes, kBodyMax, quick);
  if (!framing) return "left";
  const Framing judged = frame_strictly(bytes, kBodyMax, strict);
  std::string difference(differing_member(*framing, judged));
  if (difference.empty()) difference = differing_member(quick, strict);
  return difference.empty() ? "taken" : difference;
}

struct Head {
  const char* what;
  std::string bytes;
};

std::vector<Head> heads_of_clients() {
  const std::string json = "Content-Type: application/json\r\n";
  const std::string key = "Idempotency-Key: 8e03978e-40d5-43e8-bc93-6894a57f9324\r\n";
  return {
      {"curl", post("Host: shop.example:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n" + json + key +
                    "Content-Length: 38\r\n")},
      {"curl with HTTP/2's lower case", post("host: shop\r\nuser-agent: curl/8.5.0\r\naccept: */*\r\n"
                                             "content-type: application/json\r\nidempotency-key: \"k\"\r\n"
                                             "content-length: 38\r\n")},
      {"a browser's fetch",
       post("Host: shop.example\r\nConnection: keep-alive\r\nContent-Length: 38\r\n"
            "sec-ch-ua: \"Chromium\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\nsec-ch-ua-mobile: ?0\r\n"
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/124.0.0.0 Safari/537.36\r\nContent-Type: application/json\r\n"
            "Idempotency-Key: \"8e03978e\"\r\nAccept: */*\r\nOrigin: https://shop.example\r\n"
            "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
            "Referer: https://shop.example/sale?x=1\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
            "Accept-Language: de-DE,de;q=0.9,en;q=0.8\r\nCookie: a=b; c=\"d e\"\r\n")},
      {"nginx as a proxy", post("Host: doorbuster\r\nX-Real-IP: 203.0.113.7\r\nX-Forwarded-For: "
                                "203.0.113.7, 10.0.0.1\r\nX-Forwarded-Proto: https\r\nContent-Length: 38\r\n"
                                "content-type: application/json\r\nX-Request-ID: 4bf92f3577b34da6\r\n")},
      {"Envoy", post("host: shop\r\nx-envoy-expected-rq-timeout-ms: 15000\r\nx-forwarded-proto: https\r\n"
                     "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
                     "tracestate: vendor=x\r\ncontent-length: 38\r\n" +
                     json)},
      {"HAProxy", post(kHost + "X-Forwarded-For: 10.1.2.3\r\nForwarded: for=10.1.2.3\r\n" + kLength)},
      {"wrk", "GET /v1/campaigns HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"},
      {"Go's net/http", post("Host: 127.0.0.1:8080\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: 38"
                             "\r\nAuthorization: Bearer dbk_0123456789abcdef\r\n" +
                             json + key + "Accept-Encoding: gzip\r\n")},
      {"Java's HttpClient", post("Content-Length: 38\r\nHost: shop\r\nUser-Agent: Java-http-client/17.0.9\r\n"
                                 "Authorization: Bearer dbk_0123456789abcdef\r\n" +
                                 json)},
      {"Java's HttpURLConnection", post(json +
                                        "User-Agent: Java/17.0.9\r\nHost: shop\r\nAccept: text/html, "
                                        "image/gif, image/jpeg, *; q=.2, */*; q=.2\r\n"
                                        "Connection: keep-alive\r\n" +
                                        kLength)},
      {"Python's requests", post(kHost +
                                 "User-Agent: python-requests/2.31.0\r\nAccept-Encoding: gzip, "
                                 "deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n" +
                                 kLength + json)},
      {"a POST without a body",
       "POST /v1/orders/o/confirm HTTP/1.1\r\n" + kHost + "Content-Length: 0\r\n\r\n"},
      {"a POST without a length", "POST /v1/orders/o/cancel HTTP/1.1\r\n" + kHost + "\r\n"},
      {"a GET with a query", "GET /v1/stream?campaign=a&x=? HTTP/1.1\r\n" + kHost +
                                 "Last-Event-ID: 7\r\nAccept: text/event-stream\r\n\r\n"},
      {"a GET with nothing behind its ?", "GET /v1/campaigns? HTTP/1.1\r\n" + kHost + "\r\n"},
      {"a GET with a body", "GET / HTTP/1.1\r\n" + kHost + kLength + "\r\n" + kBody},
      {"blanks around the values", post("Host:shop\r\nPrefer:   respond-async  \r\nX-A:\r\nX-B:    \r\n"
                                        "Idempotency-Key:\r\nContent-Length:   38   \r\n")},
      {"what is taken from the last of them", post(kHost +
                                                   "Accept-Encoding: gzip\r\nAccept-Encoding: br\r\n"
                                                   "Prefer: wait=1\r\nPrefer: respond-async\r\n" +
                                                   kLength)},
      {"keep-alive twice", post(kHost + "Connection: keep-alive\r\nConnection: Keep-Alive\r\n" + kLength)},
      {"a length with zeros in front", post(kHost + "Content-Length: 000000038\r\n")},
      {"a body that is not here yet", post(kHost + "Content-Length: 100\r\n")},
  };
}

TEST_CASE("a head as clients and proxies send it is taken the quick way, and as the strict way takes it") {
  for (const Head& head : heads_of_clients()) {
    CAPTURE(head.what);
    CHECK(quick_on(head.bytes) == "taken");
    CHECK(quick_on(head.bytes + head.bytes) == "taken");  // a pipeline
  }
}

TEST_CASE("names are taken in any case") {
  const std::string names =
      "hOST: shop\r\ncOnTeNt-TYPE: a/b\r\nCONTENT-LENGTH: 38\r\niDEMPOTENCY-kEY: k\r\n"
      "AUTHORIZATION: x\r\nPREFER: p\r\nACCEPT-ENCODING: br\r\nLAST-EVENT-ID: 1\r\n"
      "CONNECTION: keep-alive\r\n";
  CHECK(quick_on(post(names)) == "taken");
}

// What the quick way must not take. Some of it is well-formed, and the strict way takes it.
std::vector<Head> unusual_heads() {
  const auto line = [](const std::string& version) { return "GET / " + version + "\r\n" + kHost + "\r\n"; };
  const auto method = [](const std::string& name) { return name + " / HTTP/1.1\r\n" + kHost + "\r\n"; };
  const auto length = [](const std::string& value) {
    return post(kHost + "Content-Length:" + value + "\r\n");
  };
  const auto with = [](const std::string& headers) { return post(kHost + headers + kLength); };
  return {
      {"no bytes", ""},
      {"HTTP/1.0", line("HTTP/1.0")},
      {"HTTP/1.2", line("HTTP/1.2")},
      {"HTTP/2.0", line("HTTP/2.0")},
      {"http/1.1", line("http/1.1")},
      {"a blank behind the version", line("HTTP/1.1 ")},
      {"two blanks in front of the version", line(" HTTP/1.1")},
      {"a blank in front", " " + line("HTTP/1.1")},
      {"an empty line in front", "\r\n" + line("HTTP/1.1")},
      {"PUT", method("PUT")},
      {"get", method("get")},
      {"POSTS", method("POSTS")},
      {"a tab behind the method", "GET\t/ HTTP/1.1\r\n" + kHost + "\r\n"},
      {"no target", "GET  HTTP/1.1\r\n" + kHost + "\r\n"},
      {"a target that begins with ?", "GET ?a HTTP/1.1\r\n" + kHost + "\r\n"},
      {"NUL in the target", std::string("GET /\0 HTTP/1.1\r\nHost: shop\r\n\r\n", 31)},
      {"DEL in the target", "GET /\x7f HTTP/1.1\r\n" + kHost + "\r\n"},
      {"a high byte in the target", "GET /\xfc HTTP/1.1\r\n" + kHost + "\r\n"},
      {"bare LF behind the version", "GET / HTTP/1.1\n" + kHost + "\r\n"},
      {"bare CR behind the version", "GET / HTTP/1.1\r" + kHost + "\r\n"},
      {"no Host", post(kLength)},
      {"two Hosts", with(kHost)},
      {"two Hosts in two cases", with("HOST: shop\r\n")},
      {"two lengths", with(kLength)},
      {"two lengths that differ", with("content-length: 5\r\n")},
      {"two lengths on a line", length(" 38, 38")},
      {"+38", length(" +38")},
      {"-38", length(" -38")},
      {"3 8", length(" 3 8")},
      {"0x26", length(" 0x26")},
      {"38.0", length(" 38.0")},
      {"38;", length(" 38;")},
      {"a length of ten digits", length(" 0000000038")},
      {"2^64 + 38", length(" 18446744073709551654")},
      {"an empty length", length("")},
      {"a tab in front of the length", length("\t38")},
      {"a body above the bound", length(" 1001")},
      {"a length on the next line", length("\r\n 38")},
      {"a folded length", length(" 3\r\n 8")},
      {"a blank in front of the colon", with("Transfer-Encoding : chunked\r\n")},
      {"a tab in front of the colon", with("X-A\t: b\r\n")},
      {"chunked", with("Transfer-Encoding: chunked\r\n")},
      {"CHUNKED", with("TRANSFER-ENCODING: CHUNKED\r\n")},
      {"identity", with("transfer-encoding: identity\r\n")},
      {"an empty Transfer-Encoding", with("Transfer-Encoding:\r\n")},
      {"CR for the dash of Transfer-Encoding", with("Transfer\rEncoding: chunked\r\n")},
      {"CR for the dash of Content-Length", with("Content\rLength: 38\r\n")},
      {"an underscore for the dash", with("Transfer_Encoding: chunked\r\n")},
  };
}

std::vector<Head> unusual_fields() {
  const auto with = [](const std::string& headers) { return post(kHost + headers + kLength); };
  return {
      {"Expect", with("Expect: 100-continue\r\n")},
      {"Upgrade", with("Upgrade: h2c\r\n")},
      {"Connection: close", with("Connection: close\r\n")},
      {"Connection with a list", with("Connection: keep-alive, close\r\n")},
      {"Connection with nothing", with("Connection:\r\n")},
      {"Proxy-Connection", with("Proxy-Connection: close\r\n")},
      {"If-Match", with("If-Match: \"7\"\r\n")},
      {"If-None-Match", with("If-None-Match: *\r\n")},
      {"two keys", with("Idempotency-Key: a\r\nidempotency-key: a\r\n")},
      {"two content types", with("Content-Type: a/b\r\nContent-Type: a/b\r\n")},
      {"two authorizations", with("Authorization: a\r\nAuthorization: a\r\n")},
      {"a folded line", with("X-A: a\r\n b\r\n")},
      {"a line folded by a tab", with("X-A: a\r\n\tb\r\n")},
      {"a folded line with nothing in it", with("X-A:\r\n \r\n")},
      {"a fold in front of the first field", post(" X-A: a\r\n" + kHost + kLength)},
      {"a fold in front of the body", post(kHost + kLength + " \r\n")},
      {"bare LF behind a field", with("X-A: a\n")},
      {"bare CR behind a field", with("X-A: a\r")},
      {"bare CR in a value", with("X-A: a\rb\r\n")},
      {"bare LF in a value", with("X-A: a\nContent-Length: 5\r\n")},
      {"bare LF for the empty line", post(kHost + kLength + "\n")},
      {"NUL in a value", with(std::string("X-A: a\0b\r\n", 10))},
      {"NUL in a name", with(std::string("X\0A: a\r\n", 8))},
      {"a tab in a value", with("X-A: a\tb\r\n")},
      {"a high byte in a value", with("X-A: \xc3\xbc\r\n")},
      {"DEL in a value", with("X-A: \x7f\r\n")},
      {"a high byte in a name", with("X-\xfc: a\r\n")},
      {"no colon", with("X-A\r\n")},
      {"no name", with(": a\r\n")},
      {"a name that is a token, but not of letters", with("X.A: b\r\n")},
      {"a header above the bound", with("X-A: " + std::string(kHeaderBytesMax, 'a') + "\r\n")},
  };
}

TEST_CASE("what is unusual in a head leaves it to the strict way") {
  for (const auto& heads : {unusual_heads(), unusual_fields()}) {
    for (const Head& head : heads) {
      CAPTURE(head.what);
      CHECK(quick_on(head.bytes) == "left");
    }
  }
}

TEST_CASE("a head that has not ended is left, and a body that has not is told as the strict way tells it") {
  for (const Head& head : heads_of_clients()) {
    const std::size_t header_bytes = head.bytes.find("\r\n\r\n") + 4;
    for (std::size_t cut = 0; cut <= head.bytes.size(); ++cut) {
      CAPTURE(head.what, cut);
      // In a buffer of its own, so that a byte too far is seen by a sanitizer.
      const std::vector<char> bytes(head.bytes.begin(),
                                    head.bytes.begin() + static_cast<std::ptrdiff_t>(cut));
      REQUIRE(quick_on({bytes.data(), bytes.size()}) == (cut < header_bytes ? "left" : "taken"));
    }
  }
}

TEST_CASE("whatever one byte of a head is changed to, added or lost, the two ways do not disagree") {
  const std::string head = post(
      "Host: shop\r\nContent-Type: application/json\r\nIdempotency-Key: k-1 \r\nConnection: keep-alive\r\n"
      "Authorization: Bearer a\r\nX-A:  b\r\nContent-Length: 38\r\n");
  const auto agrees = [](const std::string& bytes) {
    const std::string outcome = quick_on(bytes);
    return outcome == "taken" || outcome == "left";
  };
  for (std::size_t at = 0; at < head.size() - kBody.size(); ++at) {
    CAPTURE(at);
    REQUIRE(agrees(std::string(head).erase(at, 1)));
    REQUIRE(agrees(std::string(head).insert(at, 1, head[at])));
    for (int byte = 0; byte < 256; ++byte) {
      CAPTURE(byte);
      std::string changed = head;
      changed[at] = static_cast<char>(byte);
      REQUIRE(agrees(changed));
      REQUIRE(agrees(std::string(head).insert(at, 1, static_cast<char>(byte))));
    }
  }
}

TEST_CASE("of all names that the library knows, those are left that mean something and no other") {
  namespace http = boost::beast::http;
  std::vector<std::string> left;
  for (unsigned i = 1; i < 400; ++i) {
    const auto field = static_cast<http::field>(i);
    if (i > static_cast<unsigned>(http::field::xref)) break;
    const auto name = http::to_string(field);
    const std::string named(name.data(), name.size());
    if (field == http::field::host) continue;
    const std::string outcome = quick_on(post(kHost + named + ": x\r\n"));
    CAPTURE(named, outcome);
    REQUIRE((outcome == "taken" || outcome == "left"));
    if (outcome == "left") left.push_back(named);
    const std::string twice = quick_on(post(kHost + named + ": x\r\n" + named + ": y\r\n"));
    REQUIRE((twice == "taken" || twice == "left"));
  }
  CHECK(left == std::vector<std::string>{"Connection", "Content-Length", "Expect", "If-Match",
                                         "If-None-Match", "Proxy-Connection", "Transfer-Encoding",
                                         "Upgrade"});
}

TEST_CASE("a header that ends at its bound is taken, and a body at its bound") {
  std::string head = "GET / HTTP/1.1\r\n" + kHost + "X-A: ";
  head += std::string(kHeaderBytesMax - head.size() - 4, 'a') + "\r\n\r\n";
  CHECK(quick_on(head) == "taken");
  CHECK(quick_on(head.insert(head.size() - 4, 1, 'a')) == "left");
  CHECK(quick_on(post(kHost + "Content-Length: 1000\r\n", std::string(kBodyMax, ' '))) == "taken");
}

template <typename Kind>
void check_kind() {
  const char of_kind = Kind::has('a') ? 'a' : ' ';
  for (std::size_t size : {1U, 15U, 16U, 17U, 40U}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::vector<char> text(size, of_kind);
        text[at] = static_cast<char>(byte);
        const char* const end = text.data() + size;
        CAPTURE(size, at, byte);
        REQUIRE(skip_run<Kind>(text.data(), end) == (Kind::has(text[at]) ? end : text.data() + at));
      }
    }
  }
}

TEST_CASE("a run of bytes ends at the same byte, one by one and sixteen at a time") {
  check_kind<NameByte>();
  check_kind<PathByte>();
  check_kind<VisibleByte>();
  check_kind<PrintableByte>();
  check_kind<PlainTextByte>();
  check_kind<IdentifierByte>();
  check_kind<ByteOtherThan<':'>>();
}

}  // namespace
}  // namespace doorbuster
