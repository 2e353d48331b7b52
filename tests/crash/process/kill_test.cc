#include <atomic>
#include <chrono>
#include <future>
#include <random>
#include <thread>

#include "crash/process/sale.h"
#include "support/catch.h"

namespace doorbuster {

TEST_CASE("a server killed in the middle of bursts keeps every order that it acknowledged", "[crash]") {
  ShopSpec spec = endless_sale();
  spec.cores = 2;
  Shop shop(spec);
  Told all;
  std::mt19937 random(7);
  for (int life = 0; life < scaled(10, 4); ++life) {
    INFO("life " << life);
    const int enough = 1 + static_cast<int>(random() % static_cast<unsigned>(scaled(2500, 400)));
    std::atomic<int> acknowledged = 0;
    std::future<Told> sale = std::async(std::launch::async, [&, life] {
      return hold_sale(shop.port(), "life-" + std::to_string(life), 3, 1'000'000, 16, &acknowledged);
    });
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (acknowledged.load() < enough && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    shop.server().kill();
    Told told = sale.get();
    CHECK(static_cast<int>(told.orders.size()) >= enough);
    CHECK(told.journal_failed == 0);
    all.orders.merge(told.orders);
    all.broken.insert(all.broken.end(), told.broken.begin(), told.broken.end());
    start_again(shop);
    check_promises(shop, all);
  }
  CHECK(shop.stop().exit_code == 0);
}

}  // namespace doorbuster
