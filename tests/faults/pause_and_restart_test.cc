// A machine that stands still for a while, and one that is started over and over.

#include <signal.h>

#include <filesystem>
#include <random>

#include "faults/crowd.h"
#include "faults/skip.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

std::uintmax_t bytes_of(const std::string& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) bytes += entry.file_size();
  return bytes;
}

std::size_t files_of(const std::string& folder) {
  const std::filesystem::directory_iterator all(folder);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

TEST_CASE("a process that stands still for ten seconds goes on where it was, and sells no unit twice") {
  ShopSpec spec = {.campaigns = {{.rules = R"(,"hold_seconds":2)",
                                  .offers = {{.sku = "tv", .stock = 400}, {.sku = "pc", .stock = 100'000}}}},
                   .server = R"(,"cores":2)"};
  Shop shop(spec);
  // Held before the pause; their holds run out in it.
  std::vector<std::string> held;
  for (int i = 0; i < 400; ++i) {
    const HttpReply reply = shop.buy({.sku = "tv", .key = "held-" + std::to_string(i)});
    REQUIRE(reply.at("/status") == "held");
    held.push_back(reply.at("/order"));
    if (i % 2 == 0) REQUIRE(shop.act(held.back(), "confirm").status == 200);
  }
  Crowd crowd(shop.port(), {.buyers = 2, .pipeline = 4, .sku = "pc"});
  crowd.wait_for(50);
  shop.server().signal(SIGSTOP);
  HttpConnection waiting = shop.connect();  // the kernel takes it
  waiting.send(buy_request({.sku = "pc", .key = "meanwhile"}));
  CHECK_FALSE(waiting.readable(std::chrono::seconds(10)));
  shop.server().signal(SIGCONT);
  // It may be told that it came too late for its turn; asked again it is an order, once.
  const std::string late = waiting.read_reply().outcome();
  CHECK((late == "201" || late == "503 overloaded"));
  CHECK(eventually([&] { return shop.buy({.sku = "pc", .key = "meanwhile"}).status == 201; }));
  const std::size_t before = crowd.acknowledged();
  crowd.wait_for(before + 100);
  crowd.stop();
  CHECK(crowd.surprises() == std::vector<std::string>{});
  // The held ones are free again, each once.
  int sold_again = 0;
  HttpConnection buyer = shop.connect();
  for (int i = 0; i < 400; ++i) {
    const HttpReply reply = buyer.exchange(buy_request({.sku = "tv", .key = "again-" + std::to_string(i)}));
    if (reply.status != 201) break;
    CHECK(shop.act(reply.at("/order"), "confirm").status == 200);
    ++sold_again;
  }
  CHECK(sold_again == 200);
  for (std::size_t i = 1; i < held.size(); i += 2)
    CHECK(shop.act(held[i], "confirm").outcome() == "409 hold_expired");
  const StockView stock = shop.stock("tv");
  CHECK(stock.sold == 400);
  CHECK(stock.adds_up());
}

TEST_CASE("a hundred starts without a sale change nothing: neither the state nor what is on the disk") {
  Shop shop(endless_sale());
  REQUIRE(hold_sale(shop.port(), "k", 2, 20, 20).orders.size() == 800);
  REQUIRE(shop.stop().exit_code == 0);
  const std::string state = logged_state(shop.server().log(), "stopped:");
  shop.start();
  REQUIRE(shop.stop().exit_code == 0);
  const auto bytes = bytes_of(shop.data());
  const auto files = files_of(shop.data());
  for (int start = 0; start < soaked(100, 1000); ++start) {
    shop.start();
    CHECK(logged_state(shop.server().log(), "recovered data folder") == state);
    CHECK(shop.stop().exit_code == 0);
    CHECK(logged_state(shop.server().log(), "stopped:") == state);
  }
  CHECK(bytes_of(shop.data()) == bytes);
  CHECK(files_of(shop.data()) == files);
  shop.start();
  CHECK(shop.stock("tv").sold == 800);
}

TEST_CASE("killed over and over in its starts, a server comes up with the same state") {
  Shop shop(endless_sale());
  REQUIRE(hold_sale(shop.port(), "k", 2, 20, 20).orders.size() == 800);
  REQUIRE(shop.stop().exit_code == 0);
  const std::string state = logged_state(shop.server().log(), "stopped:");
  std::mt19937 random(31);
  for (int start = 0; start < soaked(60, 2000); ++start) {
    const ServeOptions options = shop.serve_options();
    const std::string log = shop.folder() + "/killed.log";
    ChildProcess child({.arguments = {doorbuster_binary(), "serve", "--config", options.config, "--data",
                                      options.data, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"},
                        .stdout_file = shop.folder() + "/killed.out",
                        .stderr_file = log});
    child.ends_within(std::chrono::milliseconds(random() % 40));  // somewhere in its start, or just behind it
    child.signal(SIGKILL);
    CHECK(child.wait().signal == SIGKILL);
  }
  start_again(shop);
  CHECK(logged_state(shop.server().log(), "recovered data folder") == state);
  CHECK(shop.stock("tv").sold == 800);
  CHECK(files_of(shop.data()) < 12);
}

TEST_CASE("killed two hundred times in the middle of a sale, it keeps every acknowledged order", "[.soak]") {
  Shop shop(endless_sale());
  Told all;
  std::mt19937 random(37);
  for (int life = 0; life < soaked(50, 200); ++life) {
    INFO("life " << life);
    Crowd crowd(shop.port(), {.prefix = "life-" + std::to_string(life)});
    crowd.wait_for(1 + random() % 300);
    shop.server().kill();
    crowd.stop();
    all.orders.merge(crowd.told().orders);
    start_again(shop);
  }
  check_promises(shop, all);
}

}  // namespace doorbuster
