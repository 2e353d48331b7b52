// Disks that fail, fill up, or take their time.

#include "crash/process/sale.h"
#include "crash/process/strace.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

struct FaultCase {
  const char* thread;
  const char* injection;
};

}  // namespace

TEST_CASE(
    "after a failed write or sync nothing is acknowledged, the process exits 1, and recovery tells the truth",
    "[crash-strace]") {
  if (!can_trace()) return;
  for (const FaultCase& fault :
       {FaultCase{"journal", "fdatasync:error=EIO:when=1"},
        FaultCase{"journal", "fdatasync:error=EIO:when=4"},
        FaultCase{"journal", "pwrite64:error=ENOSPC:when=5"},
        FaultCase{"journal", "pwrite64:error=EIO:when=6"}, FaultCase{"journal", "fsync:error=EIO:when=1"},
        FaultCase{"journal", "renameat:error=EIO:when=1"},
        FaultCase{"journal-spare", "pwrite64:error=EIO:when=1"},
        FaultCase{"journal-spare", "fdatasync:error=EIO:when=1"}}) {
    INFO(fault.thread << ": " << fault.injection);
    Shop shop(endless_sale());
    Told told;
    {
      const auto tracer = trace_thread(shop.server().pid(), fault.thread, fault.injection, shop.folder());
      told = hold_sale(shop.port(), "k", 3, 10'000, 20);
      CHECK(told.journal_failed > 0);
      const ProcessEnd end = shop.server().wait();
      CHECK(end.exit_code == 1);
    }
    CHECK(shop.server().log().find("the journal has failed") != std::string::npos);
    start_again(shop);
    check_promises(shop, told);
    CHECK(shop.buy({.sku = "tv"}).status == 201);
  }
}

TEST_CASE("while a sync takes long, sales wait for it and refusals do not", "[crash-strace]") {
  if (!can_trace()) return;
  ShopSpec spec{
      .campaigns = {{.limit_per_buyer = 5, .offers = {{.sku = "tv"}, {.sku = "none", .stock = 0}}}}};
  for (const char* wiring : {R"(,"cores":1,"wiring":"shared")", R"(,"cores":2,"wiring":"dedicated")"}) {
    INFO(wiring);
    spec.server = wiring;
    Shop shop(spec);
    const auto tracer =
        trace_thread(shop.server().pid(), "journal", "fdatasync:delay_enter=2000000:when=1", shop.folder());
    HttpConnection sale = shop.connect();
    HttpConnection async_sale = shop.connect();
    HttpConnection refusals = shop.connect();
    sale.send(buy_request({.sku = "tv"}));
    CHECK(async_sale.exchange(buy_request({.sku = "tv", .headers = "Prefer: respond-async\r\n"})).status ==
          202);
    CHECK(refusals.exchange(buy_request({.sku = "none"})).outcome() == "409 sold_out");
    CHECK(refusals.exchange(buy_request({.sku = "none", .key = "k"})).outcome() == "409 sold_out");
    CHECK(refusals.exchange(buy_request({.sku = "tv", .quantity = 6})).outcome() == "409 limit_reached");
    CHECK(refusals.exchange(buy_request({.sku = "nothing"})).outcome() == "404 sku_not_found");
    CHECK(refusals.get("/v1/campaigns").status == 200);
    CHECK_FALSE(sale.readable());
    CHECK(sale.read_reply().at("/durable") == "true");
  }
}

}  // namespace doorbuster
