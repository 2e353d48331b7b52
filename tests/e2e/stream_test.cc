// The live stream over real sockets.

#include <chrono>

#include "doorbuster/base/tick.h"
#include "e2e/shop.h"
#include "support/catch.h"
#include "support/event_stream.h"

namespace doorbuster {
namespace {

const std::string kGzip = "Accept-Encoding: gzip\r\n";

Tick now() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

struct Viewer {
  explicit Viewer(HttpConnection over, const std::string& headers = {},
                  const std::string& path = "/v1/stream")
      : connection(std::move(over)), stream(connection.descriptor()) {
    connection.send(get_request(path, headers));
    stream.read_head();
  }
  explicit Viewer(const Shop& shop, const std::string& headers = {}, const std::string& path = "/v1/stream")
      : Viewer(shop.connect(), headers, path) {}

  HttpConnection connection;
  StreamClient stream;
};

// The text without what differs from one subscriber to another: when it came, so its ticks, and where it
// began (an alert, which only operators are told, may have come between the two).
std::string without_ticks(const std::string& text) {
  std::string same = text;
  for (std::size_t at = 0; (at = same.find("event: tick\n", at)) != std::string::npos;) {
    same.erase(at, same.find("\n\n", at) + 2 - at);
  }
  const std::size_t id = same.find("\nid: ");
  return id == std::string::npos ? same : same.erase(id, same.find('\n', id + 1) - id);
}

}  // namespace

TEST_CASE("a viewer sees the sale, a sell-out, a pause and a reload as they happen", "[e2e]") {
  CampaignSpec sale = {.show_remaining = true,
                       .offers = {{.sku = "tv", .stock = 1}, {.sku = "pc", .stock = 2}}};
  Shop shop({.campaigns = {sale}});
  Viewer viewer(shop);
  CHECK(viewer.stream.head().starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(viewer.stream.head().find("Content-Type: text/event-stream\r\n") != std::string::npos);
  const std::string snapshot = viewer.stream.next("snapshot").data;
  CHECK(json_at(snapshot, "/campaign") == "sale");
  CHECK(json_at(snapshot, "/state") == "active");
  CHECK(json_at(snapshot, "/offers/0/sku") == "tv");
  CHECK(json_at(snapshot, "/offers/0/remaining") == "1");
  CHECK(json_at(viewer.stream.next("tick").data, "/campaigns/0/state") == "active");

  REQUIRE(shop.buy({.sku = "tv"}).status == 201);
  const std::string sold = viewer.stream.next("offers").data;
  CHECK(json_at(sold, "/offers/0/sku") == "tv");
  CHECK(json_at(sold, "/offers/0/availability") == "sold_out");
  CHECK(json_at(sold, "/offers/0/remaining") == "0");
  CHECK(json_at(sold, "/offers/1") == "<missing>");

  const HttpReply paused =
      shop.connect_admin().exchange(post_request("/v1/admin/campaigns/sale/pause", "{}", "If-Match: *\r\n"));
  REQUIRE(paused.status == 200);
  CHECK(json_at(viewer.stream.next("campaign").data, "/state") == "paused");
  CHECK(json_at(viewer.stream.next("offers").data, "/offers/1/availability") == "not_on_sale");

  sale.offers[1].price = 777;
  REQUIRE(shop.reload({.campaigns = {sale}}));
  CHECK(json_at(viewer.stream.next_with("offers", "777").data, "/offers/0/sku") == "pc");
  REQUIRE(shop.reload({.campaigns = {{.id = "other", .offers = {{.sku = "x"}}}}}));
  CHECK(json_at(viewer.stream.next_with("campaign", "withdrawn").data, "/campaign") == "sale");
  CHECK(json_at(viewer.stream.next_with("offers", "other").data, "/offers/0/list_price") == "2000");
}

TEST_CASE("a price step arrives at its instant, to everybody the same, compressed or not", "[e2e]") {
  const Tick step = {(now().ns / kNsPerSecond + (kSanitized ? 12 : 4)) * kNsPerSecond};
  const std::string rules =
      R"(,"price_steps":[{"starts_at":")" + format_rfc3339(step) + R"(","discount_percent":20}])";
  std::vector<OfferSpec> offers;
  for (int i = 0; i < 1500; ++i) offers.push_back({.sku = "sku-" + std::to_string(i)});
  Shop shop({.campaigns = {{.rules = rules, .offers = offers}}});
  Viewer plain(shop), packed(shop, kGzip);
  CHECK(packed.stream.head().find("Content-Encoding: gzip\r\n") != std::string::npos);
  for (Viewer* viewer : {&plain, &packed}) {
    const std::string first = viewer->stream.next("offers").data;
    CHECK(now() >= step);
    CHECK(json_at(first, "/server_time") == format_rfc3339(step));
    CHECK(json_at(first, "/offers/0/price") == "800");
    CHECK(json_at(first, "/offers/999/sku") == "sku-999");
    CHECK(json_at(viewer->stream.next("offers").data, "/offers/499/sku") == "sku-1499");
  }
  CHECK(shop.metric("doorbuster_stream_price_latency_seconds_count") == 1);
  shop.stop();
  for (Viewer* viewer : {&plain, &packed}) viewer->stream.read_to_end();
  CHECK(packed.stream.reader().ended_in_order());
  CHECK(without_ticks(packed.stream.reader().text()) == without_ticks(plain.stream.reader().text()));
}

TEST_CASE("curl decompresses the stream and finds it whole", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv"}}}}});
  ChildProcess curl({.arguments = {"curl", "-sSN", "--compressed",
                                   "http://127.0.0.1:" + std::to_string(shop.port()) + "/v1/stream"},
                     .stdout_file = {},
                     .stderr_file = shop.folder() + "/curl"});
  std::string line, text;
  while (line.find("\"tv\"") == std::string::npos) REQUIRE(curl.read_line(line));
  CHECK(json_at(line.substr(6), "/offers/0/price") == "1000");
  REQUIRE(shop.stop().exit_code == 0);
  CHECK(curl.wait().exit_code == 0);  // a stream that was cut off would be 18 or 61
}

TEST_CASE("who comes back with Last-Event-ID gets exactly what it has missed", "[e2e]") {
  std::vector<OfferSpec> offers;
  for (int i = 0; i < 10; ++i) offers.push_back({.sku = "s" + std::to_string(i), .stock = 1});
  Shop shop({.campaigns = {{.offers = offers}}});
  Viewer witness(shop);
  witness.stream.next("tick");
  const auto sell = [&](const std::string& sku) {
    REQUIRE(shop.buy({.sku = sku}).status == 201);
    return witness.stream.next_with("offers", '"' + sku + '"').id;
  };
  const std::string place = sell("s0");
  for (const char* sku : {"s1", "s2", "s3"}) sell(sku);
  Viewer header(shop, "Last-Event-ID: " + place + "\r\n");
  Viewer query(shop, {}, "/v1/stream?campaign=sale&last_event_id=" + place);
  for (Viewer* viewer : {&header, &query}) {
    for (const char* sku : {"s1", "s2", "s3"}) {
      CHECK(json_at(viewer->stream.next("offers").data, "/offers/0/sku") == sku);
    }
    CHECK(viewer->stream.reader().text().find("snapshot") == std::string::npos);
  }
  CHECK(shop.metric("doorbuster_stream_resumed_total") == 2);
  // Another life of the server knows nothing of this place.
  shop.stop();
  shop.start();
  Viewer stranger(shop, "Last-Event-ID: " + place + "\r\n");
  CHECK(json_at(stranger.stream.next("snapshot").data, "/offers/3/availability") == "sold_out");
}

TEST_CASE(
    "replies to what was asked before come before the stream, and what is asked behind it is not answered",
    "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 5}}}}});
  HttpConnection connection = shop.connect();
  connection.send(buy_request({.sku = "tv"}) + get_request("/v1/campaigns/sale") + get_request("/v1/stream") +
                  buy_request({.sku = "tv"}));
  CHECK(connection.read_reply().status == 201);
  CHECK(connection.read_reply().at("/state") == "active");
  Viewer witness(shop);
  witness.stream.next("tick");
  CHECK(shop.metric("doorbuster_stream_subscribers") == 2);
  CHECK(shop.stock("tv").sold == 1);
}

TEST_CASE("what is wrong with a request for a stream is said, and the connection lives", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv"}}}}});
  HttpConnection connection = shop.connect();
  CHECK(connection.get("/v1/stream?campaign=nobody").outcome() == "404 campaign_not_found");
  CHECK(connection.get("/v1/stream?campain=sale").outcome() == "400 malformed_request");
  const HttpReply head = connection.exchange(get_request("/v1/stream", {}, "HEAD"), true);
  CHECK(head.status == 405);
  CHECK(head.header("Allow") == "GET");
  CHECK(connection.exchange(post_request("/v1/stream", "{}")).outcome() == "405 method_not_allowed");
  Viewer operators(shop.connect_admin(), {}, "/v1/admin/stream");
  CHECK(json_at(operators.stream.next("snapshot").data, "/campaign") == "sale");
}

TEST_CASE("a viewer that does not read is let go, and buyers do not notice", "[e2e]") {
  std::vector<OfferSpec> offers;
  for (int i = 0; i < 20'000; ++i) {
    offers.push_back({.sku = "a-long-name-of-an-offer-" + std::to_string(i), .stock = 10});
  }
  Shop shop({.campaigns = {{.offers = offers}}});
  HttpConnection sleeper(shop.port(), 4096);
  sleeper.send(get_request("/v1/stream"));
  Viewer witness(shop);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  int sold = 0;
  while (shop.metric("doorbuster_stream_dropped_total") < 1) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    witness.stream.next("tick");  // once a second
    for (int i = 0; i < 20; ++i) {
      REQUIRE(shop.buy({.sku = offers[static_cast<std::size_t>(sold++)].sku}).status == 201);
    }
  }
  CHECK(shop.metric("doorbuster_stream_subscribers") == 1);
  CHECK(shop.metric("doorbuster_requests_total{code=\"confirmed\"}") == sold);
}

}  // namespace doorbuster
