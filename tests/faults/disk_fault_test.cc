// What the system may do to a write without anything being wrong: it takes a part, or it is interrupted.

#include "crash/process/strace.h"
#include "faults/crowd.h"
#include "faults/disk.h"
#include "faults/skip.h"
#include "support/catch.h"

namespace doorbuster {

TEST_CASE("writes that take only a part of the bytes are gone on with, and every order is whole") {
  ShopSpec spec = endless_sale();
  spec.tracer = with_broken_calls("short_writes");
  Shop shop(spec);
  Crowd crowd(shop.port(), {.buyers = 2});
  crowd.wait_for(1000);  // several segments
  crowd.stop();
  CHECK(crowd.surprises() == std::vector<std::string>{});
  CHECK(shop.metric("doorbuster_journal_segments_total") >= 2);
  shop.server().kill();
  start_again(shop);
  check_promises(shop, crowd.told());
  CHECK(shop.stop().exit_code == 0);
}

TEST_CASE("a write that a signal interrupts is made again, and nobody notices") {
  if (!can_trace()) return skip("strace cannot trace here");
  Shop shop(endless_sale());
  const auto tracer =
      trace_thread(shop.server().pid(), "journal", "pwrite64:error=EINTR:when=1+3", shop.folder());
  Crowd crowd(shop.port(), {.buyers = 2});
  crowd.wait_for(800);
  crowd.stop();
  CHECK(crowd.surprises() == std::vector<std::string>{});
  shop.server().kill();
  start_again(shop);
  check_promises(shop, crowd.told());
}

TEST_CASE("a sync that a signal interrupts is not made again: nobody knows what it has done") {
  if (!can_trace()) return skip("strace cannot trace here");
  Shop shop(endless_sale());
  Told told;
  {
    const auto tracer =
        trace_thread(shop.server().pid(), "journal", "fdatasync:error=EINTR:when=3", shop.folder());
    Crowd crowd(shop.port(), {});
    CHECK(shop.server().wait().exit_code == 1);
    crowd.stop();
    told = crowd.told();
    CHECK(told.journal_failed > 0);
  }
  start_again(shop);
  check_promises(shop, told);
}

}  // namespace doorbuster
