// Buyers whose answer does not arrive ask again, on whatever way is left, and have one order for it.

#include <set>

#include "faults/crowd.h"
#include "support/catch.h"
#include "support/fault_proxy.h"

namespace doorbuster {
namespace {

using Fault = FaultProxy::Fault;

ShopSpec some_stock() {
  return {.campaigns = {{.offers = {{.sku = "tv", .stock = 1000}}}}, .server = R"(,"cores":2)"};
}

BuySpec buy_with_key(const std::string& key) {
  return {.sku = "tv", .key = key};
}

// The answer, or none: the connection ended first.
std::optional<HttpReply> ask(std::uint16_t port, const std::string& request) {
  HttpConnection client(port);
  client.send(request);
  try {
    return client.read_reply();
  } catch (const std::runtime_error&) {
    return {};
  }
}

std::string body_of(const std::string& reply) {
  const std::size_t end = reply.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : reply.substr(end + 4);
}

}  // namespace

TEST_CASE("a buy whose reply is lost on the way is the same order when it is asked again") {
  Shop shop(some_stock());
  FaultProxy proxy(shop.port());
  std::int64_t sold = 0;
  for (const Fault fault : {Fault::drop_reply, Fault::cut_reply, Fault::stall_reply}) {
    for (int i = 0; i < 10; ++i) {
      const std::string key = "k-" + std::to_string(static_cast<int>(fault)) + "-" + std::to_string(i);
      INFO(key);
      const std::string request = buy_request(buy_with_key(key));
      proxy.set(fault);
      HttpConnection client(proxy.port());
      client.send(request);
      std::string lost;
      REQUIRE(eventually([&] { return !(lost += proxy.take_lost()).empty(); }));
      if (fault == Fault::stall_reply) {
        CHECK_FALSE(client.readable());
      } else {
        CHECK_THROWS(client.read_reply());
      }
      const std::string order = json_at(body_of(lost), "/order");
      REQUIRE(order.size() > 10);  // it was committed, and nobody was told
      proxy.set(Fault::none);
      for (const std::uint16_t way : {proxy.port(), shop.port()}) {
        const auto again = ask(way, request);
        REQUIRE(again.has_value());
        CHECK(again->at("/order") == order);
        CHECK(again->header("Idempotent-Replayed") == "true");
      }
      CHECK(shop.stock("tv").sold == ++sold);
    }
  }
}

TEST_CASE("a buy that is cut off in front of its last byte is no order, until it is asked again") {
  Shop shop(some_stock());
  FaultProxy proxy(shop.port());
  for (int i = 0; i < 10; ++i) {
    const std::string request = buy_request(buy_with_key("cut-" + std::to_string(i)));
    proxy.set(Fault::cut_request);
    CHECK_FALSE(ask(proxy.port(), request).has_value());
    CHECK(shop.stock("tv").sold == i);
    proxy.set(Fault::none);
    const auto again = ask(proxy.port(), request);
    REQUIRE(again.has_value());
    CHECK(again->status == 201);
    CHECK(again->header("Idempotent-Replayed") == "<none>");
  }
  CHECK(shop.stock("tv").sold == 10);
}

TEST_CASE("slow ways change nothing about what is sold") {
  Shop shop(some_stock());
  FaultProxy proxy(shop.port());
  std::set<std::string> orders;
  for (const Fault fault : {Fault::delay, Fault::trickle}) {
    proxy.set(fault);
    HttpConnection client(proxy.port());
    for (int i = 0; i < 5; ++i) {
      const HttpReply reply = client.exchange(
          buy_request(buy_with_key("slow-" + std::to_string(static_cast<int>(fault)) + std::to_string(i))));
      CHECK(reply.status == 201);
      orders.insert(reply.at("/order"));
    }
  }
  CHECK(orders.size() == 10);
  CHECK(shop.stock("tv").sold == 10);
}

TEST_CASE(
    "one key is one order: in a row, from everywhere at once, after a crash, and never for another buy") {
  Shop shop(some_stock());
  std::map<std::string, std::string> order_by_key;
  HttpConnection first = shop.connect(), second = shop.connect();
  for (int i = 0; i < 20; ++i) {
    const std::string key = "k-" + std::to_string(i);
    // In a row and on another connection; behind the first one before its answer is there.
    first.send(buy_request(buy_with_key(key)) + buy_request(buy_with_key(key)));
    second.send(buy_request(buy_with_key(key)));
    const HttpReply replies[] = {first.read_reply(), first.read_reply(), second.read_reply()};
    for (const HttpReply& reply : replies) {
      CHECK(reply.status == 201);
      CHECK(reply.at("/order") == replies[0].at("/order"));
    }
    order_by_key[key] = replies[0].at("/order");
  }
  for (int crash = 0; crash < 3; ++crash) {
    shop.server().kill();
    start_again(shop);
    for (const auto& [key, order] : order_by_key) {
      const HttpReply reply = shop.buy(buy_with_key(key));
      CHECK(reply.at("/order") == order);
      CHECK(reply.header("Idempotent-Replayed") == "true");
      BuySpec other = buy_with_key(key);
      other.quantity = 2;
      CHECK(shop.buy(other).outcome() == "422 idempotency_key_reused");
    }
  }
  CHECK(shop.stock("tv").sold == 20);
}

}  // namespace doorbuster
