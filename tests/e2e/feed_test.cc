// The feed as those outside pull it: pages and streams, beside a sale, over restarts and what is pruned.

#include <filesystem>
#include <set>
#include <thread>

#include "e2e/shop.h"
#include "support/catch.h"
#include "support/event_stream.h"

namespace doorbuster {
namespace {

const std::string kFeed = "/v1/admin/feed";

ShopSpec shop_spec(std::string server = {}) {
  return {.campaigns = {{.rules = R"(,"hold_seconds":600)", .offers = {{.sku = "tv", .stock = 5'000}}}},
          .server = std::move(server),
          .cores = 2};
}

std::string after(const std::string& place) {
  return kFeed + "?after=" + place;
}

// What a reader has of the feed.
struct Heard {
  std::vector<std::string> ids, held, confirmed;

  void take(const HttpReply& page) {
    for (int i = 0; page.at("/events/" + std::to_string(i)) != "<missing>"; ++i) {
      const std::string event = "/events/" + std::to_string(i);
      ids.push_back(page.at(event + "/id"));
      const std::string type = page.at(event + "/type");
      if (type == "doorbuster.order.held") held.push_back(page.at(event + "/data/order"));
      if (type == "doorbuster.order.confirmed") confirmed.push_back(page.at(event + "/data/order"));
    }
  }
};

// Pages from `place` until nothing is behind it; `place` is where the reader stands then.
Heard read_all(const Shop& shop, std::string& place, int limit = 50) {
  Heard heard;
  for (;;) {
    const HttpReply page = shop.admin(after(place) + "&limit=" + std::to_string(limit));
    REQUIRE(page.status == 200);
    CHECK(page.header("connection") == "close");
    heard.take(page);
    place = page.at("/next");
    if (page.at("/lag") == "0") return heard;
  }
}

std::set<std::string> set_of(const std::vector<std::string>& list) {
  return {list.begin(), list.end()};
}

}  // namespace

TEST_CASE("pages of the feed have every order once, in pages of any size and over a restart", "[e2e]") {
  Shop shop(shop_spec());
  std::set<std::string> bought;
  for (int i = 0; i < 50; ++i) bought.insert(shop.buy({.sku = "tv"}).at("/order"));
  CHECK(shop.act(*bought.begin(), "confirm").status == 200);
  std::string place = "oldest";
  const Heard first = read_all(shop, place, 7);
  CHECK(set_of(first.held) == bought);
  CHECK(first.held.size() == bought.size());
  CHECK(first.confirmed == std::vector{*bought.begin()});
  // Who asks again is told the same.
  std::string again = "oldest";
  CHECK(read_all(shop, again).ids == first.ids);
  CHECK(again == place);

  shop.stop();
  shop.start();
  const std::string later = shop.buy({.sku = "tv"}).at("/order");
  CHECK(read_all(shop, place).held == std::vector{later});
  CHECK(place.substr(0, 2) == "2-");
  CHECK(shop.metric("doorbuster_feed_readers") == 0);
  CHECK(shop.metric("doorbuster_feed_pages_total") == 1);
}

TEST_CASE("a page waits for the next event, and no longer than it was asked to", "[e2e]") {
  Shop shop(shop_spec());
  std::string place = "oldest";  // that the campaign has started is told as well
  while (read_all(shop, place).ids.size() < 4) place = "oldest";
  const std::string now = shop.admin(after("now")).at("/next");
  HttpConnection waiting = shop.connect_admin();
  waiting.send(get_request(after(now) + "&wait_seconds=60"));
  CHECK_FALSE(waiting.readable(std::chrono::milliseconds(200)));
  const std::string order = shop.buy({.sku = "tv"}).at("/order");
  const HttpReply page = waiting.read_reply();
  Heard heard;
  heard.take(page);
  CHECK(heard.held == std::vector{order});
  CHECK(waiting.ended());
  CHECK(shop.admin(after(page.at("/next"))).at("/events") == "[]");

  place = page.at("/next");
  read_all(shop, place);
  const auto begun = std::chrono::steady_clock::now();
  const HttpReply empty = shop.admin(after(place) + "&wait_seconds=1");
  CHECK(empty.at("/events") == "[]");
  CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::seconds(1));
  // One that waits when the server stops is answered before it does.
  HttpConnection last = shop.connect_admin();
  last.send(get_request(after(place) + "&wait_seconds=60"));
  while (shop.metric("doorbuster_feed_readers") != 1) std::this_thread::yield();
  shop.stop();
  CHECK(last.read_reply().at("/events") == "[]");
}

TEST_CASE("a stream of the feed tells each event once, and goes on where it was", "[e2e]") {
  Shop shop(shop_spec());
  const std::string early = shop.buy({.sku = "tv"}).at("/order");
  HttpConnection connection = shop.connect_admin();
  connection.send(get_request(kFeed + "/stream"));
  StreamClient client(connection.descriptor());
  client.read_head();
  CHECK_THAT(client.head(), Catch::Contains("Content-Type: text/event-stream"));
  const StreamEvent campaign = client.next_with({}, "doorbuster.campaign.changed");
  CHECK(json_at(campaign.data, "/id") == campaign.id);
  const StreamEvent first = client.next_with({}, early);
  CHECK(json_at(first.data, "/id") == first.id);
  const std::string later = shop.buy({.sku = "tv"}).at("/order");
  CHECK(json_at(client.next_with({}, later).data, "/type") == "doorbuster.order.held");

  HttpConnection resumed = shop.connect_admin();
  resumed.send(get_request(kFeed + "/stream?after=oldest", "Last-Event-ID: " + first.id + "\r\n"));
  StreamClient rest(resumed.descriptor());
  rest.read_head();
  CHECK_THAT(rest.next_with({}, "order").data, Catch::Contains(later));
}

TEST_CASE("a place that cannot be gone on from is told with what can be done", "[e2e]") {
  Shop shop(shop_spec());
  CHECK(shop.admin(after("yesterday")).outcome() == "400 malformed_request");
  CHECK(shop.admin(kFeed + "?limit=0").outcome() == "400 malformed_request");
  CHECK(shop.admin(kFeed + "?wait_seconds=61").outcome() == "400 malformed_request");
  CHECK(shop.admin(after("1-999999")).outcome() == "409 position_unknown");
  CHECK(shop.admin(after("7-1")).outcome() == "409 position_unknown");
  CHECK(shop.admin(kFeed + "/stream?after=7-1").outcome() == "409 position_unknown");
  CHECK(shop.connect_admin().exchange(post_request(kFeed, "{}")).outcome() == "405 method_not_allowed");

  // The first segment is gone, as a checkpoint leaves it.
  HttpConnection buyer = shop.connect();
  for (int i = 0; i < 1'500; ++i) REQUIRE(buyer.exchange(buy_request({.sku = "tv"})).status == 201);
  std::string place = "oldest";
  const Heard all = read_all(shop, place);
  std::set<std::filesystem::path> segments;
  for (const auto& entry : std::filesystem::directory_iterator(shop.data())) {
    if (entry.path().extension() == ".seg") segments.insert(entry.path());
  }
  REQUIRE(segments.size() > 2);
  std::filesystem::remove(*segments.begin());
  const HttpReply gone = shop.admin(after("1-5"));
  CHECK(gone.outcome() == "410 position_gone");
  const std::string detail = gone.at("/detail");
  const std::string begin = detail.substr(detail.rfind(' ') + 1, detail.size() - detail.rfind(' ') - 2);
  std::string from_begin = begin;
  const Heard rest = read_all(shop, from_begin);
  REQUIRE(!rest.ids.empty());
  CHECK(rest.ids.size() < all.ids.size());
  CHECK(std::equal(rest.ids.rbegin(), rest.ids.rend(), all.ids.rbegin()));
  std::string oldest = "oldest";
  CHECK(read_all(shop, oldest).ids == rest.ids);
}

TEST_CASE("readers beside a crowd of buyers miss nothing, whatever another one reads", "[e2e]") {
  constexpr int kBuyers = 4, kOrders = 400;
  Shop shop(shop_spec());
  HttpConnection stalled(shop.server().admin_port(), 4096);
  stalled.send(get_request(kFeed + "/stream?after=oldest"));
  std::vector<std::vector<std::string>> orders(kBuyers);
  std::vector<std::thread> buyers;
  for (int b = 0; b < kBuyers; ++b) {
    buyers.emplace_back([&shop, &mine = orders[static_cast<std::size_t>(b)]] {
      HttpConnection connection = shop.connect();
      for (int i = 0; i < kOrders; ++i) {
        mine.push_back(connection.exchange(buy_request({.sku = "tv"})).at("/order"));
      }
    });
  }
  std::string place = "oldest";
  Heard heard;
  while (heard.held.size() < kBuyers * kOrders) {
    const HttpReply page = shop.admin(after(place) + "&wait_seconds=10&limit=100");
    REQUIRE(page.status == 200);
    heard.take(page);
    place = page.at("/next");
  }
  for (std::thread& buyer : buyers) buyer.join();
  std::set<std::string> bought;
  for (const auto& mine : orders) bought.insert(mine.begin(), mine.end());
  CHECK(set_of(heard.held) == bought);
  CHECK(heard.held.size() == bought.size());
  CHECK(set_of(heard.ids).size() == heard.ids.size());
}

}  // namespace doorbuster
