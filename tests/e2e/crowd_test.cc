// Many buyers at once, on every wiring: exactly the stock is sold, nobody passes a limit, one key is one
// order.

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

struct WiringCase {
  const char* name;
  const char* server;
};

const WiringCase kWirings[] = {
    {"one core", R"(,"cores":1)"},
    {"two cores, shared", R"(,"cores":2,"wiring":"shared")"},
    {"four cores, shared", R"(,"cores":4,"wiring":"shared")"},
    {"four cores, dedicated", R"(,"cores":4,"wiring":"dedicated")"},
    {"two cores, decided", R"(,"cores":2,"acknowledge":"decided")"},
};

// What the crowd was told, put together after all threads have ended.
struct Told {
  std::map<std::string, std::int64_t> sold;                            // by SKU
  std::map<std::pair<std::string, std::string>, std::int64_t> bought;  // by SKU and buyer
  std::map<std::string, int> outcomes;
  std::set<std::string> orders;
  std::vector<std::string> mistakes;
};

constexpr int kThreads = 6;
constexpr int kBuyers = 40;

void buy_like_mad(std::uint16_t port, int thread, int requests, const std::vector<std::string>& skus,
                  Told& told, std::mutex& mutex) {
  std::mt19937 random(static_cast<unsigned>(thread) + 1);
  const auto below = [&random](unsigned bound) { return static_cast<int>(random() % bound); };
  HttpConnection client(port);
  constexpr int kPipeline = 8;
  for (int done = 0; done < requests; done += kPipeline) {
    std::vector<BuySpec> asked;
    std::string batch;
    for (int i = 0; i < kPipeline; ++i) {
      asked.push_back({.sku = skus[static_cast<std::size_t>(below(static_cast<unsigned>(skus.size())))],
                       .buyer = "b-" + std::to_string(below(kBuyers)),
                       .quantity = 1 + below(3)});
      batch += buy_request(asked.back());
    }
    client.send(batch);
    for (const BuySpec& buy : asked) {
      const HttpReply reply = client.read_reply();
      const std::lock_guard lock(mutex);
      ++told.outcomes[reply.outcome()];
      if (reply.status != 201) continue;
      if (reply.at("/buyer") != buy.buyer || reply.at("/sku") != buy.sku) told.mistakes.push_back(reply.body);
      if (!told.orders.insert(reply.at("/order")).second) told.mistakes.push_back("twice: " + reply.body);
      told.sold[buy.sku] += buy.quantity;
      told.bought[{buy.sku, buy.buyer}] += buy.quantity;
    }
  }
}

}  // namespace

TEST_CASE("a crowd gets exactly the stock, and nobody passes the limit", "[e2e]") {
  constexpr int kLimit = 7;
  for (const WiringCase& wiring : kWirings) {
    for (const int sku_count : {1, 12}) {
      INFO(wiring.name << ", " << sku_count << " SKUs");
      ShopSpec spec{.campaigns = {{.limit_per_buyer = kLimit}}, .server = wiring.server};
      std::vector<std::string> skus;
      // Less than the crowd may take within its limits, so that both bounds are reached.
      const std::int64_t stock = sku_count == 1 ? 200 : 20;
      for (int i = 0; i < sku_count; ++i) {
        skus.push_back("sku-" + std::to_string(i));
        spec.campaigns[0].offers.push_back({.sku = skus.back(), .stock = stock});
      }
      Shop shop(spec);
      Told told;
      std::mutex mutex;
      std::vector<std::thread> threads;
      for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
          try {
            buy_like_mad(shop.port(), i, scaled(400, 120), skus, told, mutex);
          } catch (const std::exception& error) {
            const std::lock_guard lock(mutex);
            told.mistakes.emplace_back(error.what());
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
      CHECK(told.mistakes == std::vector<std::string>{});
      for (const auto& [outcome, count] : told.outcomes) {
        INFO(count << " times " << outcome);
        CHECK((outcome == "201" || outcome == "409 sold_out" || outcome == "409 limit_reached"));
      }
      for (const auto& [who, units] : told.bought) CHECK(units <= kLimit);
      // What is left is bought up one by one by strangers, so that the total must come out even.
      HttpConnection client = shop.connect();
      for (const std::string& sku : skus) {
        for (int stranger = 0; told.sold[sku] <= stock; ++stranger) {
          const HttpReply reply =
              client.exchange(buy_request({.sku = sku, .buyer = "s-" + std::to_string(stranger)}));
          if (reply.outcome() == "409 sold_out") break;
          REQUIRE(reply.status == 201);
          ++told.sold[sku];
        }
        CHECK(told.sold[sku] == stock);
        const StockView view = shop.stock(sku);
        CHECK(view.sold == stock);
        CHECK(view.available == 0);
        CHECK(view.adds_up());
      }
      CHECK(shop.stop().exit_code == 0);
    }
  }
}

TEST_CASE("the same key from sixty-four connections at once is one order and sixty-four equal answers",
          "[e2e]") {
  for (const WiringCase& wiring : kWirings) {
    INFO(wiring.name);
    Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 1000}}}}, .server = wiring.server});
    for (int round = 0; round < scaled(10, 3); ++round) {
      const std::string request = buy_request({.sku = "tv", .key = "round-" + std::to_string(round)});
      std::vector<HttpConnection> clients;
      for (int i = 0; i < 64; ++i) clients.push_back(shop.connect());
      std::vector<std::thread> threads;
      for (std::size_t part = 0; part < 4; ++part) {
        threads.emplace_back([&, part] {
          for (std::size_t i = part; i < clients.size(); i += 4) clients[i].send(request);
        });
      }
      for (std::thread& thread : threads) thread.join();
      std::set<std::string> orders;
      int fresh = 0;
      for (HttpConnection& client : clients) {
        const HttpReply reply = client.read_reply();
        CHECK(reply.status == 201);
        orders.insert(reply.at("/order"));
        if (reply.header("Idempotent-Replayed") == "<none>") ++fresh;
      }
      CHECK(orders.size() == 1);
      CHECK(fresh == 1);
    }
    CHECK(shop.stock("tv").sold == scaled(10, 3));
  }
}

TEST_CASE("operators who look while a crowd buys always see stock that adds up", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 100'000}}}}, .server = R"(,"cores":2)"});
  std::atomic<bool> stop = false;
  std::atomic<int> failures = 0;
  std::vector<std::thread> buyers;
  for (int i = 0; i < 3; ++i) {
    buyers.emplace_back([&] {
      try {
        HttpConnection client = shop.connect();
        while (!stop.load()) {
          if (client.exchange(buy_request({.sku = "tv"})).status != 201) ++failures;
        }
      } catch (const std::exception&) {
        ++failures;
      }
    });
  }
  std::int64_t sold_before = -1;
  for (int i = 0; i < scaled(300, 50); ++i) {
    const StockView view = shop.stock("tv");
    CHECK(view.adds_up());
    CHECK(view.allocated == 100'000);
    CHECK(view.sold >= sold_before);
    sold_before = view.sold;
  }
  stop.store(true);
  for (std::thread& buyer : buyers) buyer.join();
  CHECK(failures.load() == 0);
}

}  // namespace doorbuster
