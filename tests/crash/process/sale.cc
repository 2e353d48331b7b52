#include "crash/process/sale.h"

#include <sstream>
#include <thread>

#include "support/catch.h"

namespace doorbuster {
namespace {

void buy_batches(std::uint16_t port, const std::string& prefix, int batches, int pipeline, Told& told,
                 std::atomic<int>* acknowledged) {
  HttpConnection client(port);
  for (int batch = 0; batch < batches; ++batch) {
    std::string requests;
    std::vector<std::string> keys;
    for (int i = 0; i < pipeline; ++i) {
      keys.push_back(prefix + "-" + std::to_string(batch) + "-" + std::to_string(i));
      requests += buy_request({.sku = "tv", .key = keys.back()});
    }
    client.send(requests);
    for (const std::string& key : keys) {
      const HttpReply reply = client.read_reply();
      if (reply.status == 201) {
        if (told.journal_failed != 0) told.broken.push_back("acknowledged after a failure: " + key);
        if (reply.at("/durable") != "true") told.broken.push_back("not durable: " + reply.body);
        told.orders[key] = reply.at("/order");
        if (acknowledged != nullptr) acknowledged->fetch_add(1);
      } else if (reply.outcome() == "503 journal_failed") {
        ++told.journal_failed;
      } else {
        told.broken.push_back(reply.outcome() + " to " + key);
      }
    }
  }
}

}  // namespace

ShopSpec endless_sale() {
  return {.campaigns = {{.offers = {{.sku = "tv", .stock = 1'000'000}}}}, .server = {}, .cores = 1};
}

Told hold_sale(std::uint16_t port, const std::string& prefix, int buyers, int batches, int pipeline,
               std::atomic<int>* acknowledged) {
  std::vector<Told> parts(static_cast<std::size_t>(buyers));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    threads.emplace_back([&, i] {
      try {
        buy_batches(port, prefix + "-" + std::to_string(i), batches, pipeline, parts[i], acknowledged);
      } catch (const std::exception&) {
        // The server is gone: that is what these tests are about. What had been told stays told.
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Told all;
  for (Told& part : parts) {
    all.orders.merge(part.orders);
    all.journal_failed += part.journal_failed;
    all.broken.insert(all.broken.end(), part.broken.begin(), part.broken.end());
  }
  return all;
}

void start_again(Shop& shop) {
  INFO("the log so far:\n" << shop.server().log());
  REQUIRE_NOTHROW(shop.start());
}

void check_promises(Shop& shop, const Told& told) {
  CHECK(told.broken == std::vector<std::string>{});

  // The journal, read by itself: every key once.
  const ProgramResult dump = run_doorbuster({"journal", "dump", shop.data()});
  CHECK(dump.exit_code == 0);
  std::map<std::string, int> times;
  std::int64_t orders = 0;
  std::istringstream lines(dump.out);
  for (std::string line; std::getline(lines, line);) {
    if (json_at(line, "/kind") != "order_confirmed") continue;
    ++orders;
    ++times[json_at(line, "/payload/key")];
  }
  std::vector<std::string> missing, doubled;
  for (const auto& [key, order] : told.orders) {
    if (times[key] == 0) missing.push_back(key);
  }
  for (const auto& [key, count] : times) {
    if (count > 1) doubled.push_back(key);
  }
  CHECK(missing == std::vector<std::string>{});
  CHECK(doubled == std::vector<std::string>{});
  const ProgramResult verified = run_doorbuster({"journal", "verify", shop.data()});
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 0);

  // The server: the same orders, under their keys.
  const StockView stock = shop.stock("tv");
  CHECK(stock.adds_up());
  CHECK(stock.sold == orders);
  HttpConnection client = shop.connect();
  std::vector<std::string> lost;
  for (auto from = told.orders.begin(); from != told.orders.end();) {
    std::string batch;
    auto to = from;
    for (int i = 0; i < 32 && to != told.orders.end(); ++i, ++to)
      batch += buy_request({.sku = "tv", .key = to->first});
    client.send(batch);
    for (; from != to; ++from) {
      const HttpReply reply = client.read_reply();
      const bool kept = reply.status == 201 && reply.at("/order") == from->second &&
                        reply.header("Idempotent-Replayed") == "true";
      if (!kept) lost.push_back(from->first);
    }
  }
  CHECK(lost == std::vector<std::string>{});
  CHECK(shop.stock("tv").sold == orders);
}

}  // namespace doorbuster
