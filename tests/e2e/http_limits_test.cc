// Bounds and deadlines of connections: what is too large, too slow or too many is told or ended, and others
// go on.

#include <sys/resource.h>

#include <chrono>

#include "e2e/shop.h"
#include "support/catch.h"
#include "support/sanitizers.h"

namespace doorbuster {
namespace {

using Clock = std::chrono::steady_clock;

Shop limited_shop(const std::string& server) {
  return Shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 1'000'000}}}}, .server = server});
}

std::string timeouts(const std::string& deadline) {
  return "doorbuster_timeouts_total{deadline=\"" + deadline + "\"}";
}

}  // namespace

TEST_CASE("a header above 8 KiB is refused, whole or in pieces", "[e2e]") {
  Shop shop = limited_shop("");
  const std::string large = "X-Large: " + std::string(9000, 'x') + "\r\n";
  HttpConnection whole = shop.connect();
  whole.send(get_request("/v1/campaigns", large));
  CHECK(whole.read_reply().outcome() == "400 malformed_request");
  CHECK(whole.ended_cleanly());

  HttpConnection endless = shop.connect();
  endless.send("GET /v1/campaigns HTTP/1.1\r\nHost: shop\r\n");
  for (int i = 0; i < 90; ++i) endless.send_some("X-More: " + std::string(100, 'x') + "\r\n");
  CHECK(endless.read_reply().outcome() == "400 malformed_request");
  CHECK(endless.ended_cleanly());

  HttpConnection fits = shop.connect();
  CHECK(fits.get("/v1/campaigns", "X-Large: " + std::string(8000, 'x') + "\r\n").status == 200);
}

TEST_CASE("a body above max_body_bytes is refused before it is read, one of that size is taken", "[e2e]") {
  Shop shop = limited_shop(R"(,"max_body_bytes":512)");
  const std::string body = buy_body({.sku = "tv"});
  const std::string just = std::string(512 - body.size(), ' ') + body;
  HttpConnection client = shop.connect();
  CHECK(client.exchange(post_request("/v1/buy", just)).status == 201);
  const HttpReply reply = client.exchange(post_request("/v1/buy", " " + just));
  CHECK(reply.outcome() == "413 payload_too_large");
  CHECK(reply.header("Connection") == "close");
  CHECK(client.ended_cleanly());
  CHECK(shop.stock("tv").sold == 1);
}

TEST_CASE("slow headers, slow bodies and idle connections are ended at their deadlines", "[e2e]") {
  Shop shop = limited_shop(R"(,"header_timeout_ms":200,"body_timeout_ms":200,"idle_timeout_ms":400)");
  const std::string request = buy_request({.sku = "tv"});
  HttpConnection slow_header = shop.connect();
  HttpConnection slow_body = shop.connect();
  HttpConnection idle = shop.connect();
  HttpConnection idle_later = shop.connect();
  slow_header.send("POST /v1/buy HT");
  slow_body.send(request.substr(0, request.size() - 3));
  CHECK(idle_later.exchange(request).status == 201);
  CHECK(slow_header.ended());
  CHECK(slow_body.ended());
  CHECK(idle.ended());
  CHECK(idle_later.ended());
  const std::string metrics = shop.admin("/metrics").body;
  CHECK(sample(metrics, timeouts("header")) == 1);
  CHECK(sample(metrics, timeouts("body")) == 1);
  CHECK(sample(metrics, timeouts("idle")) == 2);
  CHECK(shop.stock("tv").sold == 1);
}

TEST_CASE("bytes that trickle in do not move the deadline of a header", "[e2e]") {
  Shop shop = limited_shop(R"(,"header_timeout_ms":300,"idle_timeout_ms":60000)");
  HttpConnection client = shop.connect();
  client.send("GET /v1/campaigns HTTP/1.1\r\nHost: shop\r\nX: ");
  // It must end the connection although there is always another byte. Paced, so that the deadline comes
  // before the bound of a header's bytes on any machine.
  const auto until = Clock::now() + kPatience;
  while (!client.readable(std::chrono::milliseconds(2)) && Clock::now() < until) {
    client.send_some("x");
    CHECK(shop.get("/nothing").status == 404);
  }
  CHECK(client.ended());
  CHECK(shop.metric(timeouts("header")) == 1);
}

TEST_CASE("a client that does not read its replies stops nobody else, and is ended", "[e2e]") {
  Shop shop = limited_shop(R"(,"cores":1,"write_timeout_ms":300,"idle_timeout_ms":600000)");
  HttpConnection deaf(shop.port(), 4096);
  std::string batch;
  for (int i = 0; i < 64; ++i) batch += get_request("/v1/campaigns");
  // It goes on asking as long as the server reads.
  const auto until = Clock::now() + kPatience;
  while (Clock::now() < until && shop.metric(timeouts("write")) == 0) {
    std::size_t sent = 0;
    for (int i = 0; i < 20 && (sent = deaf.send_some(batch)) == batch.size(); ++i) {
    }
    CHECK(shop.buy({.sku = "tv"}).status == 201);
  }
  CHECK(shop.metric(timeouts("write")) == 1);
  CHECK(shop.metric("doorbuster_pipeline_full_total") > 0);
}

TEST_CASE("a client that reads nothing and leaves half a request stops nobody else", "[e2e]") {
  // One thread for everything: if that client kept it busy, nobody would be answered any more.
  Shop shop = limited_shop(R"(,"cores":1,"write_timeout_ms":300,"idle_timeout_ms":600000)");
  HttpConnection deaf(shop.port(), 4096);
  const std::string request = get_request("/v1/campaigns");
  std::string step;
  for (int i = 0; i < 8; ++i) step += request;
  // Half a request is always there, however many replies the kernel takes before one has to wait.
  deaf.send_some(request.substr(0, 20));
  step = request.substr(20) + step.substr(request.size()) + request.substr(0, 20);
  const auto until = Clock::now() + kPatience;
  while (Clock::now() < until && shop.metric(timeouts("write")) == 0) {
    deaf.send_some(step);
    REQUIRE(shop.buy({.sku = "tv"}).status == 201);
  }
  CHECK(shop.metric(timeouts("write")) == 1);
}

TEST_CASE("one connection more than max_connections is told so, and a place that gets free is taken",
          "[e2e]") {
  Shop shop = limited_shop(R"(,"cores":1,"max_connections":3)");
  std::vector<HttpConnection> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(shop.connect());
    CHECK(clients.back().get("/nothing").status == 404);
  }
  HttpConnection fourth = shop.connect();
  const HttpReply reply = fourth.read_reply();
  CHECK(reply.outcome() == "503 overloaded");
  CHECK(reply.header("Retry-After") == "1");
  CHECK(reply.header("Connection") == "close");
  CHECK(fourth.ended());
  CHECK(clients[0].get("/nothing").status == 404);
  clients.pop_back();
  const auto until = Clock::now() + kPatience;
  int status = 503;
  while (status == 503 && Clock::now() < until) {
    HttpConnection next = shop.connect();
    next.send_some(get_request("/nothing"));
    status = next.read_reply().status;
  }
  CHECK(status == 404);
  CHECK(shop.metric("doorbuster_overloaded_total{bound=\"connections\"}") >= 1);
}

TEST_CASE("connections never take the descriptors that the journal needs", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 1'000'000}}}},
             .server = R"(,"cores":1)",
             .descriptors_max = 192});
  CHECK(shop.server().log().find("only 192 file descriptors are allowed") != std::string::npos);
  HttpConnection buyer = shop.connect();
  CHECK(buyer.get("/nothing").status == 404);
  std::vector<HttpConnection> crowd;
  int taken = 0;
  for (int i = 0; i < 250; ++i) {
    crowd.push_back(shop.connect());
    crowd.back().send_some(get_request("/nothing"));
    const HttpReply reply = crowd.back().read_reply();
    CHECK((reply.status == 404 || reply.outcome() == "503 overloaded"));
    taken += reply.status == 404 ? 1 : 0;
  }
  CHECK(taken >= 16);
  CHECK(taken < 192);
  // Enough orders for several segments, each of which is a new file.
  for (int batch = 0; batch < 20; ++batch) {
    std::string requests;
    for (int i = 0; i < 64; ++i) requests += buy_request({.sku = "tv"});
    buyer.send(requests);
    for (int i = 0; i < 64; ++i) REQUIRE(buyer.read_reply().status == 201);
  }
  CHECK(shop.metric("doorbuster_journal_segments_total") >= 2);
  CHECK(shop.metric("doorbuster_accept_errors_total") == 0);
}

TEST_CASE("a server without file descriptors waits instead of spinning, and recovers", "[e2e]") {
#if defined(DOORBUSTER_SANITIZED)
  WARN("skipped: a sanitizer's runtime needs descriptors of its own");
  return;
#endif
  Shop shop = limited_shop(R"(,"cores":1)");
  HttpConnection buyer = shop.connect();
  HttpConnection admin = shop.connect_admin();
  REQUIRE(buyer.exchange(buy_request({.sku = "tv"})).status == 201);
  const auto descriptors = static_cast<rlim_t>(sample(admin.get("/metrics").body, "process_open_fds"));
  rlimit old{};
  REQUIRE(prlimit(shop.server().pid(), RLIMIT_NOFILE, nullptr, &old) == 0);
  const rlimit few{.rlim_cur = descriptors + 2, .rlim_max = old.rlim_max};
  REQUIRE(prlimit(shop.server().pid(), RLIMIT_NOFILE, &few, nullptr) == 0);

  std::vector<HttpConnection>
      crowd;  // the kernel completes these connections; the server cannot take them all
  for (int i = 0; i < 10; ++i) {
    crowd.push_back(shop.connect());
    crowd.back().send(get_request("/nothing"));
  }
  const auto from = Clock::now();
  double errors = 0;
  CHECK(buyer.exchange(buy_request({.sku = "tv"})).status == 201);
  while (errors < 4 && Clock::now() < from + kPatience) {
    CHECK(buyer.get("/nothing").status == 404);
    errors = sample(admin.get("/metrics").body, "doorbuster_accept_errors_total");
  }
  const double tries_possible = std::chrono::duration<double>(Clock::now() - from).count() / 0.050 + 2;
  CHECK(errors >= 4);
  CHECK(errors <= tries_possible);
  REQUIRE(prlimit(shop.server().pid(), RLIMIT_NOFILE, &old, nullptr) == 0);
  for (HttpConnection& client : crowd) CHECK(client.read_reply().status == 404);
}

}  // namespace doorbuster
