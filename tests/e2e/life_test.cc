// A server's life: drains, reloads, restarts, and who may not start.

#include <signal.h>
#include <sys/socket.h>

#include <chrono>

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

using Clock = std::chrono::steady_clock;

ShopSpec two_offers() {
  return {.campaigns = {
              {.limit_per_buyer = 0, .offers = {{.sku = "tv", .stock = 50}, {.sku = "pc", .stock = 50}}}}};
}

std::string stats_state(const std::string& data) {
  const ProgramResult stats = run_doorbuster({"journal", "stats", data});
  const std::string name = "state_hash ";
  const std::size_t at = stats.out.find(name);
  return stats.exit_code == 0 && at != std::string::npos ? stats.out.substr(at + name.size(), 16)
                                                         : stats.out + stats.err;
}

ProcessEnd expect_refused_start(const ServeOptions& options, const std::string& log_file) {
  std::unique_ptr<ServerProcess> server;
  ProcessEnd end;
  if (ServerProcess::start(server, options, log_file, end)) FAIL("the server started");
  return end;
}

}  // namespace

TEST_CASE(
    "SIGTERM and SIGINT answer what is in flight, keep it, and exit 0 with the state that the next start has",
    "[e2e]") {
  for (const int signal : {SIGTERM, SIGINT}) {
    Shop shop(two_offers());
    HttpConnection busy = shop.connect();
    HttpConnection idle = shop.connect();
    CHECK(idle.get("/v1/campaigns").status == 200);
    std::string batch;
    for (int i = 0; i < 40; ++i)
      batch += buy_request({.sku = i % 2 == 0 ? "tv" : "pc", .key = "k-" + std::to_string(i)});
    busy.send(batch);
    shop.server().signal(signal);
    // Each of them is either sold, or told `draining`, or the connection ends in good order between two
    // replies.
    std::vector<std::string> sold;
    bool drained = false;
    while (!drained && sold.size() < 40) {
      if (busy.ended_cleanly()) break;
      const HttpReply reply = busy.read_reply();
      drained = reply.status != 201;
      if (drained) {
        CHECK(reply.outcome() == "503 draining");
        CHECK(reply.header("Retry-After") == "1");
        CHECK(reply.header("Connection") == "close");
      } else {
        sold.push_back(reply.header("Location"));
      }
    }
    CHECK(idle.ended_cleanly());
    const ProcessEnd end = shop.server().wait();
    CHECK(end.exit_code == 0);
    const std::string stopped = logged_state(shop.server().log(), "stopped:");
    CHECK(stopped.size() == 16);
    CHECK(stats_state(shop.data()) == stopped);
    shop.start();
    CHECK(logged_state(shop.server().log(), "recovered data folder") == stopped);
    for (const std::string& order : sold) CHECK(shop.get(order).status == 200);
    CHECK(shop.stock("tv").sold + shop.stock("pc").sold >= static_cast<std::int64_t>(sold.size()));
  }
}

TEST_CASE("a request that arrives while the server drains is told so, and readiness is taken back", "[e2e]") {
  Shop shop(two_offers());
  HttpConnection late = shop.connect();
  HttpConnection admin = shop.connect_admin();
  const std::string request = buy_request({.sku = "tv"});
  late.send(request.substr(
      0, request.size() - 1));  // a request on its way keeps its connection open while draining
  CHECK(shop.get("/v1/campaigns").status == 200);
  shop.server().signal(SIGTERM);
  const auto until = Clock::now() + kPatience;
  while (admin.get("/readyz").status == 200 && Clock::now() < until) {
  }
  CHECK(admin.get("/readyz").status == 503);
  CHECK(admin.get("/livez").status == 200);
  late.send(request.substr(request.size() - 1));
  CHECK(late.read_reply().outcome() == "503 draining");
  CHECK(late.ended_cleanly());
  CHECK(shop.server().wait().exit_code == 0);
  shop.start();
  CHECK(shop.stock("tv").sold == 0);
}

TEST_CASE("a second signal does not wait for a client that never ends its request", "[e2e]") {
  Shop shop(two_offers());
  HttpConnection stuck = shop.connect();
  HttpConnection admin = shop.connect_admin();
  stuck.send("POST /v1/buy HTTP/1.1\r\n");
  CHECK(shop.get("/v1/campaigns").status == 200);
  shop.server().signal(SIGTERM);
  const auto until = Clock::now() + kPatience;
  while (admin.get("/readyz").status == 200 && Clock::now() < until) {
  }
  shop.server().signal(SIGTERM);
  CHECK(shop.server().wait().exit_code == 0);
}

TEST_CASE("SIGHUP takes a new configuration whole or keeps the old one whole", "[e2e]") {
  ShopSpec spec = two_offers();
  Shop shop(spec);
  REQUIRE(shop.buy({.sku = "tv", .quantity = 3}).status == 201);
  spec.campaigns[0].offers[0].price = 1100;
  spec.campaigns[0].offers.push_back({.sku = "new", .stock = 1});
  REQUIRE(shop.reload(spec));
  CHECK(shop.buy({.sku = "tv"}).at("/unit_price") == "1100");
  CHECK(shop.buy({.sku = "new"}).status == 201);

  // One good change and one bad value: none of them is taken.
  ShopSpec bad = spec;
  bad.campaigns[0].offers[0].price = 9;
  bad.campaigns[0].offers[1].stock = -1;
  CHECK_FALSE(shop.reload(bad));
  CHECK_FALSE(shop.reload_text("{"));
  // Below what is sold.
  bad = spec;
  bad.campaigns[0].offers[0].price = 9;
  bad.campaigns[0].offers[0].stock = 3;
  CHECK_FALSE(shop.reload(bad));
  CHECK(shop.server().log().find("configuration not reloaded") != std::string::npos);
  CHECK(shop.buy({.sku = "tv"}).at("/unit_price") == "1100");
  CHECK(shop.metric("doorbuster_config_last_reload_successful") == 0);
  CHECK(shop.stock("tv").allocated == 50);
  CHECK(shop.reload(spec));
  CHECK(shop.metric("doorbuster_config_last_reload_successful") == 1);

  // Exactly what is sold is possible: nothing is left then.
  spec.campaigns[0].offers[0].stock = 5;
  CHECK(shop.reload(spec));
  CHECK(shop.buy({.sku = "tv"}).outcome() == "409 sold_out");
}

TEST_CASE("raised stock sells again at once, on every thread", "[e2e]") {
  ShopSpec spec{.campaigns = {{.offers = {{.sku = "tv", .stock = 1}}}}, .server = R"(,"cores":4)"};
  Shop shop(spec);
  std::vector<HttpConnection> clients;
  for (int i = 0; i < 12; ++i) clients.push_back(shop.connect());
  REQUIRE(shop.buy({.sku = "tv"}).status == 201);
  for (HttpConnection& client : clients)
    CHECK(client.exchange(buy_request({.sku = "tv"})).outcome() == "409 sold_out");
  spec.campaigns[0].offers[0].stock = 13;
  REQUIRE(shop.reload(spec));
  for (HttpConnection& client : clients) CHECK(client.exchange(buy_request({.sku = "tv"})).status == 201);
  for (HttpConnection& client : clients)
    CHECK(client.exchange(buy_request({.sku = "tv"})).outcome() == "409 sold_out");
  CHECK(shop.stock("tv").sold == 13);
}

TEST_CASE("reloads in the middle of a sale lose and double nothing", "[e2e]") {
  ShopSpec spec{.campaigns = {{.offers = {{.sku = "tv", .stock = 100'000}}}}, .server = R"(,"cores":2)"};
  Shop shop(spec);
  HttpConnection client = shop.connect();
  std::int64_t sold = 0;
  for (int round = 0; round < scaled(10, 4); ++round) {
    std::string batch;
    for (int i = 0; i < 32; ++i) batch += buy_request({.sku = "tv"});
    client.send(batch);
    spec.campaigns[0].offers[0].price = 1000 + round;
    REQUIRE(shop.reload(spec));
    for (int i = 0; i < 32; ++i) {
      REQUIRE(client.read_reply().status == 201);
      ++sold;
    }
  }
  CHECK(shop.stock("tv").sold == sold);
  REQUIRE(shop.stop().exit_code == 0);
  CHECK(stats_state(shop.data()) == logged_state(shop.server().log(), "stopped:"));
}

TEST_CASE("orders and keys survive restarts with other numbers of cores and other files", "[e2e]") {
  ShopSpec spec = two_offers();
  spec.cores = 1;
  Shop shop(spec);
  std::vector<HttpReply> first;
  const auto key = [](std::size_t i) {
    return BuySpec{.sku = i % 2 == 0 ? "tv" : "pc", .key = "k-" + std::to_string(i)};
  };
  for (std::size_t i = 0; i < 10; ++i) first.push_back(shop.buy(key(i)));
  std::string state;
  for (const int cores : {4, 2, 1}) {
    INFO(cores << " cores");
    CHECK(shop.stop().exit_code == 0);
    state = logged_state(shop.server().log(), "stopped:");
    spec.cores = cores;
    shop.start(spec);
    CHECK(logged_state(shop.server().log(), "recovered data folder") == state);
    HttpConnection client = shop.connect();
    for (std::size_t i = 0; i < first.size(); ++i) {
      CHECK(client.get(first[i].header("Location")).at("/order") == first[i].at("/order"));
      const HttpReply again = client.exchange(buy_request(key(i)));
      CHECK(again.body == first[i].body);
      CHECK(again.header("Idempotent-Replayed") == "true");
    }
    CHECK(shop.stock("tv").sold == 5);
  }
  // The same file changed nothing; a changed one is one more journaled change.
  const auto changes = [&] {
    const std::string out = run_doorbuster({"journal", "stats", shop.data()}).out;
    const std::string name = "catalog_change_end_records ";
    return out.substr(out.find(name) + name.size(), 2);
  };
  CHECK(changes() == "1\n");
  CHECK(shop.stop().exit_code == 0);
  spec.campaigns[0].offers[0].stock = 6;
  shop.start(spec);
  CHECK(shop.stock("tv").available == 1);
  CHECK(changes() == "2\n");
  CHECK(shop.stop().exit_code == 0);
  // What is sold cannot be taken back by a file.
  spec.campaigns[0].offers[0].stock = 4;
  write_file(shop.config(), configuration_text(spec));
  CHECK(expect_refused_start(shop.serve_options(), shop.folder() + "/refused").exit_code == 78);
  CHECK(read_file(shop.folder() + "/refused").find("tv") != std::string::npos);
}

TEST_CASE("a second server on the same data folder or the same port is refused, and the first one sells on",
          "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv"}}}}, .server = R"(,"cores":2)"});
  const ProcessEnd same_folder = expect_refused_start(shop.serve_options(), shop.folder() + "/second");
  CHECK((same_folder.exit_code == 78 || same_folder.exit_code == 1));
  CHECK(read_file(shop.folder() + "/second").find("in use by another process") != std::string::npos);

  for (const char* which : {"--listen", "--admin"}) {
    INFO(which);
    const std::string taken = "127.0.0.1:" + std::to_string(shop.port());
    std::vector<std::string> arguments = {"serve", "--config", shop.config(), "--data",
                                          shop.folder() + "/other"};
    for (const char* flag : {"--listen", "--admin"}) {
      arguments.emplace_back(flag);
      arguments.push_back(std::string(flag) == which ? taken : "127.0.0.1:0");
    }
    const ProgramResult result = run_doorbuster(arguments);
    CHECK(result.exit_code == 1);
    CHECK(result.out.empty());
    CHECK(result.err.find("cannot listen on " + taken) != std::string::npos);
    // The port first: when it is taken, no data folder is touched.
    CHECK_THROWS(read_file(shop.folder() + "/other/lock"));
  }
  CHECK(shop.buy({.sku = "tv"}).status == 201);
}

}  // namespace doorbuster
