// Everybody wants the same thing at the same instant.

#include <algorithm>
#include <atomic>
#include <thread>

#include "faults/crowd.h"
#include "faults/skip.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kStock = 1000;

struct Answers {
  std::int64_t sold = 0, refused = 0, shed = 0, others = 0;
};

// Asks and only counts: parsing a million replies properly would measure the test.
Answers count_answers(std::uint16_t port, int buyer, int batches, int pipeline) {
  HttpConnection client(port);
  Answers answers;
  for (int batch = 0; batch < batches; ++batch) {
    std::string requests;
    for (int i = 0; i < pipeline; ++i) {
      requests +=
          buy_request({.sku = "tv",
                       .buyer = std::to_string(buyer) + "-" + std::to_string(batch % 1000),
                       .headers = i + 1 == pipeline && batch + 1 == batches ? "Connection: close\r\n" : ""});
    }
    client.send(requests);
    for (int i = 0; i < pipeline; ++i) {
      const HttpReply reply = client.read_reply();
      ++(reply.status == 201   ? answers.sold
         : reply.status == 409 ? answers.refused
         : reply.status == 503 ? answers.shed
                               : answers.others);
    }
  }
  return answers;
}

}  // namespace

TEST_CASE(
    "a herd of a million requests for a thousand units gets exactly a thousand, and a refusal is cheap") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = kStock}}}}, .server = R"(,"cores":2)"});
  constexpr int kBuyers = 4, kPipeline = 50;
  const int batches = scaled(soaked(5000, 50'000), 100);  // each of the buyers
  std::vector<Answers> answers(kBuyers);
  std::vector<std::thread> buyers;
  std::atomic<bool> failed = false;
  for (int i = 0; i < kBuyers; ++i) {
    buyers.emplace_back([&, i] {
      try {
        answers[static_cast<std::size_t>(i)] = count_answers(shop.port(), i, batches, kPipeline);
      } catch (const std::exception&) {
        failed = true;
      }
    });
  }
  for (std::thread& buyer : buyers) buyer.join();
  CHECK_FALSE(failed);
  Answers all;
  for (const Answers& part : answers) {
    all.sold += part.sold;
    all.refused += part.refused;
    all.shed += part.shed;
    all.others += part.others;
  }
  CHECK(all.sold == kStock);
  CHECK(all.refused + all.shed == std::int64_t{kBuyers} * kPipeline * batches - kStock);
  CHECK(all.shed < all.refused / 10);
  CHECK(all.others == 0);
  // What is refused leaves no trace: the journal has the orders and nothing else to speak of.
  CHECK(shop.metric("doorbuster_journal_records_total") < 4 * kStock);
  const double cpu_us = cpu_seconds(shop.server().pid()) * 1e6 / static_cast<double>(all.refused);
  WARN("processor time for each request: " << cpu_us << " us");
  CHECK(cpu_us < 100);
  CHECK(shop.buy({.sku = "tv"}).outcome() == "409 sold_out");
  const StockView stock = shop.stock("tv");
  CHECK(stock.sold == kStock);
  CHECK(stock.available == 0);
  CHECK(shop.stop().exit_code == 0);
}

}  // namespace doorbuster
