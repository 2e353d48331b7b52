// The order system is down for a minute while people buy: nobody waits for it, memory does not grow for it,
// and in the end it has everything.

#include <atomic>

#include "e2e/sink_sale.h"
#include "sinks/postgres_server.h"

namespace doorbuster {

TEST_CASE("a database that is down for a minute under load", "[e2e]") {
  constexpr std::chrono::seconds kDown{60};
  constexpr int kBuyers = 2;
  PostgresServer database;
  SinkSale sale(R"({"id":"orders","postgres":{"connection":")" + database.connection() + "\"}}");
  const auto memory = [&] { return sale.shop.metric("process_resident_memory_bytes"); };

  std::atomic<bool> done = false;
  std::vector<std::vector<std::string>> bought(kBuyers);
  std::vector<std::string> troubles(kBuyers);
  std::vector<std::thread> buyers;
  for (std::size_t b = 0; b < kBuyers; ++b) {
    buyers.emplace_back([&, b] {
      try {
        HttpConnection client = sale.shop.connect();
        while (!done) {
          const HttpReply reply =
              client.exchange(buy_request({.sku = "tv", .buyer = "b-" + std::to_string(b)}));
          if (reply.status != 201) throw std::runtime_error(reply.body);
          bought[b].push_back(reply.at("/order"));
        }
      } catch (const std::exception& error) {
        troubles[b] = error.what();
      }
    });
  }
  while (sale.shop.metric("doorbuster_sink_events_total{sink=\"orders\"}") < 10'000)
    std::this_thread::yield();
  database.kill();
  const double before = memory();
  const double orders_before = sale.shop.metric("doorbuster_requests_total{code=\"held\"}");
  const auto until = std::chrono::steady_clock::now() + kDown;
  while (std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(std::chrono::seconds(1));
  const double orders = sale.shop.metric("doorbuster_requests_total{code=\"held\"}") - orders_before;
  // What the orders themselves take, and a batch of events: not what waits to be delivered.
  const double allowed = orders * 400 + (32U << 20);
  REQUIRE(orders > 1'000);
  CHECK(memory() - before < allowed);
  CHECK(sale.shop.metric("doorbuster_sink_lag_records{sink=\"orders\"}") >= orders);
  CHECK(sale.sink("orders").at("/state") == "waiting");
  database.start();
  done = true;
  for (std::thread& buyer : buyers) buyer.join();
  for (const std::string& trouble : troubles) CHECK(trouble == "");
  for (const auto& mine : bought) {
    for (const std::string& order : mine) sale.status_of[order] = "held";
  }
  HttpConnection admin = sale.shop.connect_admin();
  CHECK(admin.exchange(post_request("/v1/admin/sinks/orders/resume", "")).status == 200);
  sale.wait_for("orders");
  std::map<std::string, std::string> found;
  for (const auto& row : database.ask("SELECT order_id, status FROM doorbuster.orders"))
    found[row[0]] = row[1];
  CHECK(found == sale.status_of);
  CHECK(database.ask_one("SELECT count(*) = count(DISTINCT sequence) FROM doorbuster.events") == "t");
  WARN(std::to_string(static_cast<std::int64_t>(orders)) + " orders in the minute without a database");
}

}  // namespace doorbuster
