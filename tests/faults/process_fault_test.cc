// What can be done to a process: ended under load, starved of descriptors and memory.

#include <signal.h>
#include <sys/resource.h>

#include <filesystem>

#include "faults/crowd.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

using Clock = std::chrono::steady_clock;

std::string state_after(const ServerProcess& server, const std::string& line) {
  return logged_state(server.log(), line);
}

// Descriptors that the process may have from now on.
rlimit limit_descriptors(pid_t process, rlim_t most) {
  rlimit old{};
  REQUIRE(prlimit(process, RLIMIT_NOFILE, nullptr, &old) == 0);
  const rlimit few{.rlim_cur = most, .rlim_max = old.rlim_max};
  REQUIRE(prlimit(process, RLIMIT_NOFILE, &few, nullptr) == 0);
  return old;
}

}  // namespace

TEST_CASE("SIGTERM under full load: whoever was told has the order, and the process ends in order at once") {
  for (const char* server : {R"(,"cores":1)", R"(,"cores":2,"wiring":"dedicated")"}) {
    INFO(server);
    ShopSpec spec = endless_sale();
    spec.cores = -1;
    spec.server = server;
    Shop shop(spec);
    Crowd crowd(shop.port(), {.buyers = 4, .pipeline = 32});
    crowd.wait_for(500);
    const auto from = Clock::now();
    const ProcessEnd end = shop.stop();
    CHECK(Clock::now() - from < (kSanitized ? kPatience : std::chrono::milliseconds(5000)));
    CHECK(end.exit_code == 0);
    crowd.stop();
    for (const auto& [outcome, times] : crowd.outcomes()) {
      INFO(times << " times " << outcome);
      CHECK((outcome == "201" || outcome == "503 draining"));
    }
    const std::string stopped = state_after(shop.server(), "stopped:");
    start_again(shop);
    CHECK(state_after(shop.server(), "recovered data folder") == stopped);
    check_promises(shop, crowd.told());
  }
}

TEST_CASE(
    "without descriptors nothing spins, the journal goes on into new segments, and the crowd is served "
    "after") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 1'000'000}}}},
             .server = R"(,"cores":1)",
             .descriptors_max = 192});
  HttpConnection buyer = shop.connect();
  REQUIRE(buyer.exchange(buy_request({.sku = "tv"})).status == 201);
  // 500 connections: some are taken, some are told that there are too many. All of them are answered.
  std::vector<HttpConnection> crowd;
  for (int i = 0; i < 500; ++i) {
    crowd.push_back(shop.connect());
    crowd.back().send_some(get_request("/nothing"));
  }
  const double cpu_before = cpu_seconds(shop.server().pid());
  const auto from = Clock::now();
  const bool ended = shop.server().child().ends_within(std::chrono::seconds(2));
  CHECK_FALSE(ended);
  const double seconds = std::chrono::duration<double>(Clock::now() - from).count();
  CHECK(cpu_seconds(shop.server().pid()) - cpu_before < 0.2 * seconds + 0.2);

  const double segments = shop.metric("doorbuster_journal_segments_total");
  for (int i = 0; i < 30; ++i) {
    std::string batch;
    for (int j = 0; j < 64; ++j) batch += buy_request({.sku = "tv"});
    buyer.send(batch);
    for (int j = 0; j < 64; ++j) REQUIRE(buyer.read_reply().status == 201);
  }
  CHECK(shop.metric("doorbuster_journal_segments_total") > segments);
  crowd.clear();
  CHECK(eventually([&] {
    HttpConnection client = shop.connect();
    client.send_some(get_request("/nothing"));
    return client.read_reply().status == 404;
  }));
}

TEST_CASE("descriptors taken away while it runs stop neither a buyer nor the journal that is open") {
  Shop shop(endless_sale());
  HttpConnection buyer = shop.connect();
  REQUIRE(buyer.exchange(buy_request({.sku = "tv"})).status == 201);
  const pid_t process = shop.server().pid();
  const rlimit old = limit_descriptors(process, open_descriptors(process));
  const double cpu_before = cpu_seconds(process);
  const auto from = Clock::now();
  std::vector<HttpConnection> crowd;
  for (int i = 0; i < 50; ++i) crowd.push_back(shop.connect());
  for (int i = 0; i < 20; ++i) CHECK(buyer.exchange(buy_request({.sku = "tv"})).status == 201);
  CHECK_FALSE(shop.server().child().ends_within(std::chrono::seconds(1)));
  const double seconds = std::chrono::duration<double>(Clock::now() - from).count();
  CHECK(cpu_seconds(process) - cpu_before < 0.2 * seconds + 0.2);
  REQUIRE(prlimit(process, RLIMIT_NOFILE, &old, nullptr) == 0);
  for (HttpConnection& client : crowd) CHECK(client.get("/nothing").status == 404);
  CHECK(shop.stock("tv").sold == 21);
}

TEST_CASE("in address space that does not grow any more it sells on, or ends and has every order") {
  Shop shop(endless_sale());
  Crowd crowd(shop.port(), {.buyers = 2});
  crowd.wait_for(200);
  const pid_t process = shop.server().pid();
  const std::string status = read_file("/proc/" + std::to_string(process) + "/status");
  const auto kib = std::stoull(status.substr(status.find("VmSize:") + 7));
  const rlimit cap{.rlim_cur = kib * 1024, .rlim_max = RLIM_INFINITY};
  REQUIRE(prlimit(process, RLIMIT_AS, &cap, nullptr) == 0);
  std::vector<HttpConnection> flood;
  for (int i = 0; i < 500; ++i) {
    try {
      flood.push_back(shop.connect());
      flood.back().send_some(buy_request({.sku = "tv"}).substr(0, 100));
    } catch (const std::runtime_error&) {
      break;  // it has ended: then recovery has to tell the truth
    }
  }
  const std::size_t before = crowd.acknowledged();
  eventually([&] {
    return crowd.acknowledged() > before + 2000 ||
           shop.server().child().ends_within(std::chrono::milliseconds(0));
  });
  WARN((shop.server().child().ends_within(std::chrono::milliseconds(0)) ? "it has ended" : "it sells on")
       << ", " << flood.size() << " connections of the flood were taken by the kernel");
  crowd.stop();
  shop.server().kill();
  start_again(shop);
  check_promises(shop, crowd.told());
}

}  // namespace doorbuster
