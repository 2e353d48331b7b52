// /metrics: what Prometheus' own tool says of it, and that the numbers are what was sent.

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

double requests(const std::string& metrics, const std::string& code) {
  return sample(metrics, "doorbuster_requests_total{code=\"" + code + "\"}");
}

}  // namespace

TEST_CASE("promtool finds nothing to say about the metrics", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv"}}}}, .server = R"(,"stock_metrics":true)"});
  REQUIRE(shop.buy({.sku = "tv"}).status == 201);
  const HttpReply reply = shop.admin("/metrics");
  CHECK(reply.status == 200);
  CHECK(reply.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  if (run_program({"promtool", "--version"}).exit_code != 0) {
    WARN("promtool (Debian package prometheus) is not installed: the metrics are not linted");
    return;
  }
  const TempFolder folder;
  write_file(folder.file("metrics"), reply.body);
  const ProgramResult lint = run_program({"sh", "-c", "promtool check metrics < " + folder.file("metrics")});
  INFO(lint.out << lint.err);
  CHECK(lint.exit_code == 0);
  CHECK(lint.out + lint.err == "");
}

TEST_CASE("metrics count what was sent", "[e2e]") {
  Shop shop({.campaigns = {{.limit_per_buyer = 3,
                            .offers = {{.sku = "tv", .stock = 5}, {.sku = "none", .stock = 0}}}},
             .server = R"(,"stock_metrics":true,"cores":1)"});
  HttpConnection client = shop.connect();
  CHECK(client.exchange(buy_request({.sku = "tv", .quantity = 2, .key = "k"})).status == 201);
  CHECK(client.exchange(buy_request({.sku = "tv", .quantity = 2, .key = "k"})).status == 201);
  CHECK(client.exchange(buy_request({.sku = "tv", .buyer = "b-2"})).status == 201);
  for (int i = 0; i < 3; ++i) CHECK(client.exchange(buy_request({.sku = "none"})).status == 409);
  CHECK(client.exchange(buy_request({.sku = "tv", .quantity = 2})).status == 409);
  CHECK(client.get("/v1/campaigns/sale").status == 200);
  CHECK(client.get("/nothing").status == 404);
  CHECK(shop.connect().exchange("nonsense\r\n\r\n").status == 400);

  const std::string metrics = shop.admin("/metrics").body;
  CHECK(requests(metrics, "confirmed") == 3);
  CHECK(requests(metrics, "sold_out") == 3);
  CHECK(requests(metrics, "limit_reached") == 1);
  CHECK(requests(metrics, "ok") == 1);
  CHECK(requests(metrics, "not_found") == 1);
  CHECK(requests(metrics, "malformed_request") == 1);
  CHECK(requests(metrics, "campaign_ended") == 0);
  CHECK(sample(metrics, "doorbuster_orders_sold_total{shard=\"0\"}") == 2);
  CHECK(sample(metrics, "doorbuster_units_sold_total{shard=\"0\"}") == 3);
  CHECK(sample(metrics, "doorbuster_replays_total{shard=\"0\"}") == 1);
  CHECK(sample(metrics, "doorbuster_reply_latency_seconds_count") == 9);
  CHECK(sample(metrics, "doorbuster_connections_accepted_total") == 2);
  CHECK(sample(metrics, "doorbuster_ready") == 1);
  CHECK(sample(metrics, "doorbuster_journal_failures_total") == 0);
  const std::string tv = "doorbuster_stock_units{campaign=\"sale\",sku=\"tv\",state=";
  CHECK(sample(metrics, tv + "\"allocated\"}") == 5);
  CHECK(sample(metrics, tv + "\"available\"}") == 2);
  CHECK(sample(metrics, tv + "\"held\"}") == 0);
  CHECK(sample(metrics, tv + "\"sold\"}") == 3);
}

}  // namespace doorbuster
