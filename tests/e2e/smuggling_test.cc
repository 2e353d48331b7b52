// What two parsers of the same bytes could read differently is refused and the connection ends: the bytes
// behind it are never a request. The proof is a buy that would be hidden there: nothing is sold.

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

struct Shape {
  const char* name;
  std::string head;  // request line and headers, without the empty line
  const char* outcome;
};

const std::string kPost = "POST /v1/buy HTTP/1.1\r\n";
const std::string kHost = "Host: shop\r\n";
const std::string kJson = "Content-Type: application/json\r\n";

std::vector<Shape> shapes() {
  const std::string start = kPost + kHost + kJson;
  return {
      {"chunked", start + "Transfer-Encoding: chunked\r\n", "411 length_required"},
      {"chunked in another case", start + "transfer-encoding: CHUNKED\r\n", "411 length_required"},
      {"length, then chunked", start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
       "400 malformed_request"},
      {"chunked, then length", start + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
       "400 malformed_request"},
      {"gzip", start + "Transfer-Encoding: gzip\r\n", "400 malformed_request"},
      {"chunked, gzip", start + "Transfer-Encoding: chunked, gzip\r\n", "400 malformed_request"},
      {"xchunked with a length", start + "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n",
       "400 malformed_request"},
      {"identity with a length", start + "Transfer-Encoding: identity\r\nContent-Length: 5\r\n",
       "400 malformed_request"},
      {"chunked twice", start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
       "400 malformed_request"},
      {"chunked in HTTP/1.0", "POST /v1/buy HTTP/1.0\r\n" + kJson + "Transfer-Encoding: chunked\r\n",
       "400 malformed_request"},
      {"two lengths", start + "Content-Length: 5\r\nContent-Length: 6\r\n", "400 malformed_request"},
      {"a list of lengths", start + "Content-Length: 5, 6\r\n", "400 malformed_request"},
      {"length with a sign", start + "Content-Length: +5\r\n", "400 malformed_request"},
      {"negative length", start + "Content-Length: -5\r\n", "400 malformed_request"},
      {"length in hex", start + "Content-Length: 0x5\r\n", "400 malformed_request"},
      {"length too large for a number", start + "Content-Length: 99999999999999999999999\r\n",
       "400 malformed_request"},
      {"empty length", start + "Content-Length: \r\n", "400 malformed_request"},
      {"folded length", start + "Content-Length:\r\n 5\r\n", "400 malformed_request"},
      {"folded header", start + "X-Other: a\r\n b\r\nContent-Length: 5\r\n", "400 malformed_request"},
      {"space in front of the colon", start + "Content-Length : 5\r\n", "400 malformed_request"},
      {"bare line feeds", kPost + "Host: shop\nContent-Length: 5\n", "400 malformed_request"},
      {"NUL in a header", start + std::string("X-Other: a\0b\r\n", 14), "400 malformed_request"},
      {"no Host", kPost + kJson + "Content-Length: 5\r\n", "400 malformed_request"},
      {"two Hosts", kPost + kHost + "Host: other\r\n" + kJson, "400 malformed_request"},
      {"two keys", start + "Idempotency-Key: a\r\nIdempotency-Key: b\r\n", "400 malformed_request"},
      {"two media types", kPost + kHost + kJson + kJson + "Content-Length: 5\r\n", "400 malformed_request"},
      {"HTTP/2", "POST /v1/buy HTTP/2.0\r\n" + kHost, "400 malformed_request"},
      {"HTTP/1.9", "POST /v1/buy HTTP/1.9\r\n" + kHost, "400 malformed_request"},
      {"HTTP/0.9", "GET /v1/campaigns\r\n", "400 malformed_request"},
      {"no HTTP at all", "\x16\x03\x01\x02\x01\r\n", "400 malformed_request"},
  };
}

}  // namespace

TEST_CASE("bytes that could hide a request are refused, and nothing behind them is read", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 1000}}}}});
  const std::string hidden = buy_request({.sku = "tv", .buyer = "hidden"});
  for (const Shape& shape : shapes()) {
    for (const bool behind_others : {false, true}) {
      INFO(shape.name << (behind_others ? ", behind other requests" : ""));
      HttpConnection client = shop.connect();
      const std::string attack = shape.head + "\r\n0\r\n\r\n" + hidden + hidden;
      client.send(behind_others ? get_request("/v1/campaigns/sale") + attack : attack);
      if (behind_others) CHECK(client.read_reply().status == 200);
      const HttpReply reply = client.read_reply();
      CHECK(reply.outcome() == shape.outcome);
      CHECK(reply.header("Connection") == "close");
      CHECK(client.ended_cleanly());
    }
  }
  CHECK(shop.stock("tv").sold == 0);
}

TEST_CASE("the same length twice is the same request or a refusal, never two", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 1000}}}}});
  const std::string body = buy_body({.sku = "tv"});
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  HttpConnection client = shop.connect();
  client.send(kPost + kHost + kJson + length + length + "\r\n" + body);
  client.finish_sending();
  const HttpReply reply = client.read_reply();
  CHECK((reply.outcome() == "400 malformed_request" || reply.status == 201));
  CHECK(client.ended());
  CHECK(shop.stock("tv").sold <= 1);
}

TEST_CASE("a refused length leaves no doubt: the body of a GET is skipped and not read as a request",
          "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 1000}}}}});
  const std::string hidden = buy_request({.sku = "tv"});
  HttpConnection client = shop.connect();
  client.send("GET /v1/campaigns/sale HTTP/1.1\r\nHost: shop\r\nContent-Length: " +
              std::to_string(hidden.size()) + "\r\n\r\n" + hidden + get_request("/nothing"));
  CHECK(client.read_reply().status == 200);
  CHECK(client.read_reply().status == 404);
  CHECK(shop.stock("tv").sold == 0);
}

}  // namespace doorbuster
