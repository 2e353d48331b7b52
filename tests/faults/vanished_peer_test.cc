// Peers that are gone without a word: a network of the test's own whose link goes down. No FIN, no reset;
// only deadlines can tell.

#include <net/if.h>
#include <sched.h>
#include <sys/resource.h>

#include "faults/crowd.h"
#include "faults/skip.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

bool set_link(const char* state) {
  return run_program({"ip", "link", "set", "lo", state}).exit_code == 0;
}

// This process and the servers that it starts from now on have a loopback of their own.
bool enter_own_network() {
  static const bool entered = ::unshare(CLONE_NEWNET) == 0 && set_link("up");
  return entered;
}

// So many descriptors as this process may have.
void raise_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

TEST_CASE("five thousand idle peers and some in mid-request vanish: all are ended, and new ones are served") {
  if (!enter_own_network()) return skip("network namespaces are not allowed here");
  raise_descriptors();
  constexpr int kIdle = scaled(5000, 500), kBusy = 50;
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 1'000'000}}}},
             .server = R"(,"cores":2,"idle_timeout_ms":8000,"header_timeout_ms":3000,"body_timeout_ms":3000,)"
                       R"("write_timeout_ms":3000)"});
  const pid_t server = shop.server().pid();
  CHECK(shop.get("/v1/campaigns").status == 200);
  REQUIRE(eventually([&] { return shop.metric("doorbuster_connections") <= 1; }));
  const std::size_t descriptors_before = open_descriptors(server);
  const std::int64_t memory_before = resident_bytes(server);
  std::vector<HttpConnection> peers;
  for (int i = 0; i < kIdle; ++i) peers.push_back(shop.connect());
  const std::string request = buy_request({.sku = "tv"});
  for (int i = 0; i < kBusy; ++i) {
    peers.push_back(shop.connect());
    peers.back().send(request.substr(0, i % 2 == 0 ? 20 : request.size() - 5));
  }
  REQUIRE(eventually([&] { return open_descriptors(server) >= descriptors_before + kIdle + kBusy - 5; }));
  CHECK(resident_bytes(server) - memory_before < std::int64_t{kIdle + kBusy} * 64 * 1024);
  // Five thousand that say nothing cost a buyer nothing.
  CHECK(measure(shop.port(), request, "201", 50).ms.size() == 50);

  REQUIRE(set_link("down"));
  const double cpu_before = cpu_seconds(server);
  CHECK(eventually([&] { return open_descriptors(server) <= descriptors_before + 5; },
                   std::chrono::milliseconds(60'000)));
  CHECK(cpu_seconds(server) - cpu_before < 5);
  REQUIRE(set_link("up"));
  CHECK(shop.buy({.sku = "tv"}).status == 201);
  CHECK(shop.metric("doorbuster_timeouts_total{deadline=\"idle\"}") >= kIdle);
  CHECK(shop.stock("tv").sold == 51);
}

}  // namespace doorbuster
