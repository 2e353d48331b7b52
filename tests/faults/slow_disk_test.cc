// A disk that takes its time: who waits for it is told late, and nobody else notices.

#include "crash/process/strace.h"
#include "faults/crowd.h"
#include "faults/skip.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

using Clock = std::chrono::steady_clock;

ShopSpec shop_with_refusals() {
  return {.campaigns = {{.offers = {{.sku = "tv", .stock = 1'000'000}, {.sku = "none", .stock = 0}}}},
          .server = R"(,"cores":2)"};
}

// Refusals and reads beside a disk that has been at it for some time. Neither waits for a disk, so their
// bound is a part of one sync that no machine is too busy for.
void check_others(const Shop& shop, double sync_ms) {
  const Latencies refused =
      measure(shop.port(), buy_request({.sku = "none", .key = "k"}), "409 sold_out", soaked(300, 3000));
  const Latencies read = measure(shop.port(), get_request("/v1/campaigns/sale"), "200", soaked(300, 3000));
  CHECK(refused.at(0.99) < sync_ms / 2);
  CHECK(read.at(0.99) < sync_ms / 2);
}

}  // namespace

TEST_CASE("on a disk that takes 300 ms for a sync orders come late, all of them, and refusals do not") {
  if (!can_trace()) return skip("strace cannot trace here");
  Shop shop(shop_with_refusals());
  Told told;
  {
    const auto tracer =
        trace_thread(shop.server().pid(), "journal", "fdatasync:delay_enter=300000", shop.folder());
    constexpr int kBuyers = 6, kPipeline = 32;
    Crowd crowd(shop.port(), {.buyers = kBuyers, .pipeline = kPipeline});
    crowd.wait_for(1);
    const auto from = Clock::now();
    check_others(shop, 300);
    // A group commit takes whatever has come meanwhile: the rate of orders does not follow that of syncs.
    crowd.wait_for(static_cast<std::size_t>(soaked(2000, 20'000)));
    const double seconds = std::chrono::duration<double>(Clock::now() - from).count();
    const double syncs_possible = seconds / 0.3 + 1;
    CHECK(static_cast<double>(crowd.acknowledged()) > syncs_possible);
    // No more waits than was asked, and the operator sees why.
    CHECK(shop.metric("doorbuster_gate_depth{shard=\"0\"}") <= kBuyers * kPipeline);
    const double syncs = shop.metric("doorbuster_journal_sync_latency_seconds_count");
    CHECK(syncs >= 2);
    CHECK(shop.metric("doorbuster_journal_sync_latency_seconds_sum") >= 0.3 * (syncs - 2));
    crowd.stop();
    CHECK(crowd.surprises() == std::vector<std::string>{});
    told = crowd.told();
  }
  shop.server().kill();
  start_again(shop);
  check_promises(shop, told);
}

TEST_CASE("while one sync stalls for five seconds nothing is lost and nothing else stands still") {
  if (!can_trace()) return skip("strace cannot trace here");
  Shop shop(shop_with_refusals());
  const auto tracer =
      trace_thread(shop.server().pid(), "journal", "fdatasync:delay_enter=5000000:when=1", shop.folder());
  const auto from = Clock::now();
  Crowd crowd(shop.port(), {.buyers = 2});
  check_others(shop, 1000);
  CHECK(crowd.acknowledged() == 0);
  crowd.wait_for(1);
  CHECK(Clock::now() - from >= std::chrono::seconds(5));
  crowd.wait_for(200);  // and it goes on as before
  crowd.stop();
  CHECK(crowd.surprises() == std::vector<std::string>{});
  shop.server().kill();
  start_again(shop);
  check_promises(shop, crowd.told());
}

}  // namespace doorbuster
