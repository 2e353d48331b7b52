// Clocks that are wrong: the wall clock steps, and the monotonic one begins anew with the machine.

#include <filesystem>
#include <set>

#include "faults/crowd.h"
#include "faults/skip.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

// Where Debian's package puts it; empty: it is not there.
std::string fake_time_library() {
  for (const char* folder : {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"}) {
    const std::string library = std::string(folder) + "/faketime/libfaketimeMT.so.1";
    if (std::filesystem::exists(library)) return library;
  }
  return {};
}

// A shop whose wall clock the test sets, in seconds beside the right time, also while it runs.
class ShopWithClock {
 public:
  explicit ShopWithClock(ShopSpec spec) : shop_(with_clock(std::move(spec))) {}
  Shop* operator->() { return &shop_; }
  void set(int seconds) {
    const std::string next = folder_.file("next");
    write_file(next, (seconds < 0 ? "" : "+") + std::to_string(seconds) + "\n");
    std::filesystem::rename(next, folder_.file("clock"));
  }

 private:
  ShopSpec with_clock(ShopSpec spec) {
    set(0);
    spec.tracer = {"env", "LD_PRELOAD=" + fake_time_library(),
                   "FAKETIME_TIMESTAMP_FILE=" + folder_.file("clock"), "FAKETIME_NO_CACHE=1",
                   "FAKETIME_DONT_FAKE_MONOTONIC=1"};
    return spec;
  }

  TempFolder folder_;
  Shop shop_;
};

ShopSpec holding(int seconds) {
  return {.campaigns = {{.rules = ",\"hold_seconds\":" + std::to_string(seconds),
                         .offers = {{.sku = "tv", .stock = 4}}}},
          .server = R"(,"cores":1)"};
}

void check_stock(const Shop& shop) {
  const StockView stock = shop.stock("tv");
  CHECK(stock.adds_up());
  CHECK(stock.available >= 0);
  CHECK(stock.sold <= stock.allocated);
}

}  // namespace

TEST_CASE("the wall clock steps an hour ahead: holds run out, once, and their units are sold once") {
  if (fake_time_library().empty()) return skip("libfaketime is not installed");
  ShopWithClock shop(holding(600));
  std::set<std::string> orders;
  for (int i = 0; i < 4; ++i) orders.insert(shop->buy({.sku = "tv"}).at("/order"));
  CHECK(shop->buy({.sku = "tv"}).outcome() == "409 all_held");
  shop.set(3600);
  REQUIRE(eventually([&] { return shop->stock("tv").held == 0; }));
  for (int i = 0; i < 4; ++i) orders.insert(shop->buy({.sku = "tv"}).at("/order"));
  CHECK(orders.size() == 8);  // ids are unique over the step
  CHECK(shop->buy({.sku = "tv"}).outcome() == "409 all_held");
  check_stock(*shop.operator->());
}

TEST_CASE("the wall clock steps an hour back: time stands still, no hold lives for ever, ids stay unique") {
  if (fake_time_library().empty()) return skip("libfaketime is not installed");
  ShopWithClock shop(holding(600));
  std::set<std::string> orders;
  for (int i = 0; i < 2; ++i) orders.insert(shop->buy({.sku = "tv"}).at("/order"));
  shop.set(-3600);
  const HttpReply back = shop->buy({.sku = "tv"});
  CHECK(back.status == 201);
  orders.insert(back.at("/order"));
  check_stock(*shop.operator->());
  // Also over a restart in the wrong time: a hold ends where it would have ended.
  const std::string state = shop->get("/v1/orders/" + back.at("/order")).at("/expires_at");
  shop->server().kill();
  shop->start();
  CHECK(shop->get("/v1/orders/" + back.at("/order")).at("/expires_at") == state);
  orders.insert(shop->buy({.sku = "tv"}).at("/order"));
  CHECK(orders.size() == 4);
  CHECK(shop->buy({.sku = "tv"}).outcome() == "409 all_held");
  shop.set(1300);  // later than all of them, whatever was believed in between
  REQUIRE(eventually([&] { return shop->stock("tv").held == 0; }));
  for (int i = 0; i < 4; ++i) CHECK(orders.insert(shop->buy({.sku = "tv"}).at("/order")).second);
  check_stock(*shop.operator->());
}

TEST_CASE("a clock that jumps to and fro in a sale gives nobody a unit too many") {
  if (fake_time_library().empty()) return skip("libfaketime is not installed");
  ShopSpec spec = holding(5);
  spec.campaigns[0].offers[0].stock = 300;
  ShopWithClock shop(spec);
  std::set<std::string> orders, confirmed;
  int round = 0;
  HttpConnection client = shop->connect();
  for (const int seconds : {0, 30, -30, 3600, -3600, 7200, 0, -86'400, 86'400, 0}) {
    shop.set(seconds);
    for (int i = 0; i < 40; ++i) {
      const HttpReply reply =
          client.exchange(buy_request({.sku = "tv", .key = std::to_string(round) + "-" + std::to_string(i)}));
      if (reply.status != 201) {
        CHECK(reply.outcome() == "409 all_held");
        continue;
      }
      CHECK(orders.insert(reply.at("/order")).second);
      if (i % 4 == 0 && shop->act(reply.at("/order"), "confirm").status == 200)
        confirmed.insert(reply.at("/order"));
    }
    check_stock(*shop.operator->());
    if (++round % 4 == 0) {
      shop->server().kill();
      start_again(*shop.operator->());
      client = shop->connect();
    }
  }
  CHECK(confirmed.size() >= 50);
  CHECK(shop->stock("tv").sold == static_cast<std::int64_t>(confirmed.size()));
  for (const std::string& order : confirmed)
    CHECK(shop->get("/v1/orders/" + order).at("/status") == "confirmed");
}

TEST_CASE("holds last as long as they should when the machine's own clock begins anew in between") {
  const std::vector<std::string> later = {"unshare", "-T", "--monotonic", "100000"};
  if (run_program({"unshare", "-T", "--monotonic", "100000", "true"}).exit_code != 0)
    return skip("time namespaces are not allowed here");
  for (const bool ahead_first : {false, true}) {
    INFO((ahead_first ? "ahead, then back" : "then ahead"));
    ShopSpec spec = holding(3600);
    if (ahead_first) spec.tracer = later;
    Shop shop(spec);
    const HttpReply held = shop.buy({.sku = "tv", .key = "k"});
    REQUIRE(held.status == 201);
    shop.server().kill();
    spec.tracer = ahead_first ? std::vector<std::string>() : later;
    REQUIRE_NOTHROW(shop.start(spec));
    const HttpReply again = shop.get("/v1/orders/" + held.at("/order"));
    CHECK(again.at("/status") == "held");
    CHECK(again.at("/expires_at") == held.at("/expires_at"));
    CHECK(shop.act(held.at("/order"), "confirm").status == 200);
    CHECK(shop.buy({.sku = "tv", .key = "k"}).at("/order") == held.at("/order"));
    check_stock(shop);
  }
}

}  // namespace doorbuster
