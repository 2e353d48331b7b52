// HTTP/1.1 on real sockets: connections that stay, pipelines, requests in pieces, and ends.

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

Shop small_shop(std::int64_t stock = 1000, const std::string& server = {}) {
  return Shop({.campaigns = {{.offers = {{.sku = "tv", .stock = stock}}}}, .server = server});
}

}  // namespace

TEST_CASE("sixty-four requests in one write are answered in their order", "[e2e]") {
  for (const char* server :
       {R"(,"cores":2,"wiring":"shared")", R"(,"cores":4,"wiring":"dedicated")", R"(,"max_pipeline":3)"}) {
    INFO(server);
    Shop shop = small_shop(1000, server);
    std::string batch;
    for (int i = 0; i < 64; ++i) {
      const std::string buyer = "b-" + std::to_string(i);
      switch (i % 4) {
        case 0:
          batch += buy_request({.sku = "tv", .buyer = buyer});
          break;
        case 1:
          batch += get_request("/v1/campaigns/sale");
          break;
        case 2:
          batch += buy_request({.sku = "none", .buyer = buyer});
          break;
        default:
          batch += buy_request({.sku = "tv", .buyer = buyer, .key = buyer});
      }
    }
    HttpConnection client = shop.connect();
    client.send(batch);
    for (int i = 0; i < 64; ++i) {
      INFO("request " << i);
      const HttpReply reply = client.read_reply();
      switch (i % 4) {
        case 1:
          CHECK(reply.at("/id") == "sale");
          break;
        case 2:
          CHECK(reply.outcome() == "404 sku_not_found");
          break;
        default:
          CHECK(reply.status == 201);
          CHECK(reply.at("/buyer") == "b-" + std::to_string(i));
      }
    }
    CHECK_FALSE(client.readable());
    CHECK(shop.stock("tv").sold == 32);
  }
}

TEST_CASE("many connections that stay are served in turns", "[e2e]") {
  Shop shop = small_shop();
  std::vector<HttpConnection> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(shop.connect());
  for (int round = 0; round < 3; ++round) {
    for (HttpConnection& client : clients) client.send(buy_request({.sku = "tv"}));
    for (HttpConnection& client : clients) CHECK(client.read_reply().status == 201);
  }
  CHECK(shop.stock("tv").sold == 60);
}

TEST_CASE("a request cut in two at any byte is the same request", "[e2e]") {
  Shop shop = small_shop();
  const std::string request = buy_request({.sku = "tv", .key = "\"the-key\""});
  HttpConnection client = shop.connect();
  const std::string first = client.exchange(request).body;
  for (std::size_t at = 1; at < request.size(); ++at) {
    INFO("cut at " << at);
    client.send(request.substr(0, at));
    // A reply on another connection: the server had time to see the first half alone.
    if (at % 16 == 0) CHECK(shop.get("/v1/campaigns/sale").status == 200);
    const HttpReply reply = client.exchange(request.substr(at));
    CHECK(reply.status == 201);
    CHECK(reply.body == first);
  }
  CHECK(shop.stock("tv").sold == 1);
}

TEST_CASE("requests that arrive one byte at a time are answered", "[e2e]") {
  Shop shop = small_shop();
  HttpConnection client = shop.connect();
  const std::string requests =
      get_request("/v1/campaigns/sale") + buy_request({.sku = "tv"}) + get_request("/nothing");
  for (const char byte : requests) client.send(std::string(1, byte));
  CHECK(client.read_reply().status == 200);
  CHECK(client.read_reply().status == 201);
  CHECK(client.read_reply().status == 404);
}

TEST_CASE("a client that waits for 100 Continue gets it, alone or behind other requests", "[e2e]") {
  Shop shop = small_shop();
  const std::string body = buy_body({.sku = "tv"});
  const std::string whole = post_request("/v1/buy", body, "Expect: 100-continue\r\n");
  const std::string head = whole.substr(0, whole.size() - body.size());

  HttpConnection client = shop.connect();
  client.send(head);
  CHECK(client.read_reply().status == 100);
  CHECK(client.exchange(body).status == 201);

  client.send(buy_request({.sku = "tv"}) + head);
  CHECK(client.read_reply().status == 201);
  CHECK(client.read_reply().status == 100);
  CHECK(client.exchange(body).status == 201);

  // Who does not wait needs no invitation, and a refusal can be told before the body is sent.
  CHECK(client.exchange(whole).status == 201);
  HttpConnection large = shop.connect();
  large.send(
      "POST /v1/buy HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
      "Content-Length: 1000000\r\n\r\n");
  CHECK(large.read_reply().outcome() == "413 payload_too_large");
}

TEST_CASE("HTTP/1.0 ends the connection unless it is asked to stay", "[e2e]") {
  Shop shop = small_shop();
  HttpConnection once = shop.connect();
  const HttpReply reply = once.exchange("GET /v1/campaigns/sale HTTP/1.0\r\n\r\n");
  CHECK(reply.status == 200);
  CHECK(reply.header("Connection") == "close");
  CHECK(once.ended_cleanly());

  HttpConnection stays = shop.connect();
  const HttpReply kept = stays.exchange("GET /v1/campaigns/sale HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(kept.header("Connection") == "keep-alive");
  CHECK(stays.exchange("GET /nothing HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").status == 404);
}

TEST_CASE("Connection: close is answered, told, and done; what stands behind it is not a request", "[e2e]") {
  Shop shop = small_shop();
  HttpConnection client = shop.connect();
  client.send(buy_request({.sku = "tv"}) + buy_request({.sku = "tv", .headers = "Connection: close\r\n"}) +
              buy_request({.sku = "tv"}));
  CHECK(client.read_reply().header("Connection") == "<none>");
  const HttpReply last = client.read_reply();
  CHECK(last.status == 201);
  CHECK(last.header("Connection") == "close");
  CHECK(client.ended_cleanly());
  CHECK(shop.stock("tv").sold == 2);
}

TEST_CASE("a client that has closed its sending half gets all of its replies", "[e2e]") {
  for (const char* server : {"", R"(,"max_pipeline":4)"}) {
    INFO(server);
    Shop shop = small_shop(1000, server);
    HttpConnection client = shop.connect();
    std::string batch;
    for (int i = 0; i < 300; ++i) batch += buy_request({.sku = "tv"});
    client.send(batch);
    client.finish_sending();
    for (int i = 0; i < 300; ++i) REQUIRE(client.read_reply().status == 201);
    CHECK(client.ended_cleanly());
    CHECK(shop.stock("tv").sold == 300);
  }
  Shop shop = small_shop();
  HttpConnection half = shop.connect();
  const std::string request = buy_request({.sku = "tv"});
  half.send(request + request.substr(0, request.size() - 1));
  half.finish_sending();
  CHECK(half.read_reply().status == 201);
  CHECK(half.ended());
  CHECK(shop.stock("tv").sold == 1);
}

TEST_CASE("a client that leaves before its reply costs nobody anything", "[e2e]") {
  Shop shop = small_shop();
  for (int i = 0; i < 50; ++i) {
    HttpConnection client = shop.connect();
    client.send(buy_request({.sku = "tv", .key = "k-" + std::to_string(i)}) + "POST /v1/b");
  }
  for (int i = 0; i < 50; ++i) CHECK(shop.buy({.sku = "tv", .key = "k-" + std::to_string(i)}).status == 201);
  CHECK(shop.stock("tv").sold == 50);
}

}  // namespace doorbuster
