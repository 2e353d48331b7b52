// Many baskets at once over the same SKUs in opposite orders, and crashes in the middle of them: every basket
// is whole or was never there, and no unit is lost between two of them.

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "e2e/basket.h"

namespace doorbuster {
namespace {

using Clock = std::chrono::steady_clock;
using Lines = std::vector<std::pair<std::string, int>>;

struct Told {
  std::mutex mutex;
  std::map<std::string, std::int64_t> units;  // by SKU
  std::map<std::string, std::string> orders;  // name and lines
  std::vector<std::string> mistakes;
};

// As the reply has them: in the order of the offers, which is that of their names here.
std::string lines_text(Lines lines) {
  std::sort(lines.begin(), lines.end());
  std::string text = "[";
  for (const auto& [sku, quantity] : lines) {
    text += (text == "[" ? "{\"sku\":\"" : ",{\"sku\":\"") + sku +
            "\",\"quantity\":" + std::to_string(quantity) + ",\"unit_price\":1000}";
  }
  return text + "]";
}

// Buys this basket, eight at a time, until it is sold out. What others keep at the moment may come back.
void buy_up(std::uint16_t port, const Lines& lines, const std::string& buyer, Told& told) {
  constexpr int kPipeline = 8;
  HttpConnection client(port);
  const auto until = Clock::now() + kPatience;
  std::string batch;
  for (int i = 0; i < kPipeline; ++i) batch += basket_request({.lines = lines, .buyer = buyer});
  for (bool gone = false; !gone;) {
    if (Clock::now() > until) throw std::runtime_error("never sold out");
    client.send(batch);
    for (int i = 0; i < kPipeline; ++i) {
      const HttpReply reply = client.read_reply();
      const std::lock_guard lock(told.mutex);
      gone = gone || reply.outcome() == "409 sold_out";
      if (reply.status != 201) {
        const bool wrong = reply.outcome() != "409 sold_out" && reply.outcome() != "409 all_held";
        if (wrong) told.mistakes.push_back(reply.body);
        continue;
      }
      if (reply.at("/lines") != lines_text(lines)) told.mistakes.push_back(reply.body);
      if (!told.orders.emplace(reply.at("/order"), lines_text(lines)).second) {
        told.mistakes.push_back("twice: " + reply.body);
      }
      for (const auto& [sku, quantity] : lines) told.units[sku] += quantity;
    }
  }
}

template <typename Work>
void run_threads(int count, Told& told, const Work& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      try {
        work(i);
      } catch (const std::exception& error) {
        const std::lock_guard lock(told.mutex);
        told.mistakes.emplace_back(error.what());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

ShopSpec three_skus(std::int64_t stock, const std::string& server, const std::string& rules = {}) {
  ShopSpec spec{.campaigns = {{.rules = rules}}, .server = server};
  for (const char* sku : {"a", "b", "c"}) spec.campaigns[0].offers.push_back({.sku = sku, .stock = stock});
  return spec;
}

}  // namespace

TEST_CASE("opposite baskets from many connections sell every unit once and strand none", "[e2e]") {
  const std::vector<Lines> baskets = {{{"a", 1}, {"b", 1}}, {{"b", 1}, {"a", 1}},
                                      {{"b", 2}, {"c", 1}}, {{"c", 1}, {"b", 1}},
                                      {{"c", 1}, {"a", 2}}, {{"a", 1}, {"b", 1}, {"c", 1}}};
  const std::int64_t stock = scaled(600, 150);
  for (const char* wiring :
       {R"(,"cores":1)", R"(,"cores":2,"wiring":"shared")", R"(,"cores":3,"wiring":"dedicated")"}) {
    INFO(wiring);
    Shop shop(three_skus(stock, wiring));
    Told told;
    run_threads(static_cast<int>(baskets.size()), told, [&](int i) {
      buy_up(shop.port(), baskets[static_cast<std::size_t>(i)], "b-" + std::to_string(i), told);
    });
    CHECK(told.mistakes == std::vector<std::string>{});
    HttpConnection client = shop.connect();
    for (const char* sku : {"a", "b", "c"}) {
      INFO(sku);
      const StockView view = shop.stock(sku);
      CHECK(view.adds_up());
      CHECK(view.allocated == stock);
      CHECK(view.held == 0);
      CHECK(view.sold == told.units[sku]);
      // What is said to be left can be had.
      for (std::int64_t left = view.available; left > 0; --left) {
        REQUIRE(client.exchange(buy_request({.sku = sku})).status == 201);
      }
      CHECK(client.exchange(buy_request({.sku = sku})).outcome() == "409 sold_out");
      CHECK(shop.stock(sku).sold == stock);
    }
    for (const auto& [order, lines] : told.orders) {
      CHECK(client.get("/v1/orders/" + order).at("/lines") == lines);
    }
    CHECK(shop.stop().exit_code == 0);
  }
}

TEST_CASE("one key from many connections at once is one basket, or in flight", "[e2e]") {
  Shop shop(three_skus(1000, R"(,"cores":2)"));
  const int rounds = scaled(20, 5);
  for (int round = 0; round < rounds; ++round) {
    const std::string request =
        basket_request({.lines = {{"a", 1}, {"b", 2}}, .key = "round-" + std::to_string(round)});
    std::vector<HttpConnection> clients;
    for (int i = 0; i < 32; ++i) clients.push_back(shop.connect());
    for (HttpConnection& client : clients) client.send(request);
    std::set<std::string> orders;
    int fresh = 0;
    for (HttpConnection& client : clients) {
      const HttpReply reply = client.read_reply();
      if (reply.outcome() == "409 request_in_flight") {
        CHECK(reply.header("Retry-After") == "1");
        continue;
      }
      CHECK(reply.status == 201);
      orders.insert(reply.at("/order"));
      if (reply.header("Idempotent-Replayed") == "<none>") ++fresh;
    }
    CHECK(orders.size() == 1);
    CHECK(fresh == 1);
    // Whoever was told to come back gets the order then.
    const HttpReply later = clients[0].exchange(request);
    CHECK(later.header("Idempotent-Replayed") == "true");
    CHECK(orders.count(later.at("/order")) == 1);
  }
  CHECK(shop.stock("a").sold == rounds);
  CHECK(shop.stock("b").sold == 2 * rounds);
}

TEST_CASE("a server killed among baskets keeps each that it acknowledged whole, and no part of another",
          "[e2e]") {
  for (const char* rules : {"", R"(,"hold_seconds":3600)"}) {
    INFO(rules);
    ShopSpec spec = three_skus(1'000'000, "", rules);
    spec.cores = 2;
    Shop shop(spec);
    Told told;
    std::map<std::string, std::string> by_key;  // key and order
    const int lives = scaled(5, 3);
    for (int life = 0; life < lives; ++life) {
      INFO("life " << life);
      std::atomic<int> acknowledged = 0;
      const auto buy_until_killed = [&](int thread) {
        const std::string prefix = std::to_string(life) + "-" + std::to_string(thread) + "-";
        const Lines lines = thread % 2 == 0 ? Lines{{"a", 1}, {"b", 1}} : Lines{{"b", 1}, {"a", 1}};
        try {
          HttpConnection client(shop.port());
          for (int i = 0;; ++i) {
            const std::string key = prefix + std::to_string(i);
            const HttpReply reply = client.exchange(basket_request({.lines = lines, .key = key}));
            const std::lock_guard lock(told.mutex);
            if (reply.status != 201) told.mistakes.push_back(reply.body);
            by_key[key] = reply.at("/order");
            acknowledged.fetch_add(1);
          }
        } catch (const std::exception&) {
          // The server was killed; how it ended is looked at below.
        }
      };
      std::thread killer([&] {
        const auto until = Clock::now() + kPatience;
        while (acknowledged.load() < scaled(60, 20) * (life + 1) && Clock::now() < until) {
          std::this_thread::yield();
        }
        ::kill(shop.server().pid(), SIGKILL);
      });
      run_threads(4, told, buy_until_killed);
      killer.join();
      CHECK(shop.server().wait().signal == SIGKILL);
      spec.cores = 1 + life % 3;
      shop.start(spec);
      const StockView a = shop.stock("a"), b = shop.stock("b");
      const std::string status = *rules == '\0' ? "confirmed" : "held";
      CHECK(a.adds_up());
      CHECK(b.adds_up());
      CHECK(a.sold == b.sold);
      CHECK(a.held == b.held);
      CHECK((status == "held" ? a.sold : a.held) == 0);
      CHECK(a.sold + a.held >= static_cast<std::int64_t>(by_key.size()));
      HttpConnection client = shop.connect();
      for (const auto& [key, order] : by_key) {
        const HttpReply found = client.get("/v1/orders/" + order);
        CHECK(found.at("/lines") == lines_text({{"a", 1}, {"b", 1}}));
        CHECK(found.at("/status") == status);
        const HttpReply again = client.exchange(basket_request({.lines = {{"a", 1}, {"b", 1}}, .key = key}));
        CHECK(again.at("/order") == order);
      }
      CHECK(shop.stock("a").sold == a.sold);  // the retries took nothing
    }
    CHECK(told.mistakes == std::vector<std::string>{});
    CHECK(shop.stop().exit_code == 0);
  }
}

}  // namespace doorbuster
