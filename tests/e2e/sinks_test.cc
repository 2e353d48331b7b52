// Real targets that fail in the middle, and an engine that is killed in the middle: in the end each target
// has what the buyers were told, and nothing else.

#include <filesystem>
#include <fstream>
#include <set>
#include <vector>

#include "e2e/sink_sale.h"
#include "sinks/nats_server.h"
#include "sinks/postgres_server.h"
#include "sinks/webhook_receiver.h"

namespace doorbuster {
namespace {

namespace fs = std::filesystem;

const std::string kSecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";

std::string postgres_sink(const PostgresServer& server) {
  return R"({"id":"orders","postgres":{"connection":")" + server.connection() + "\"}}";
}

void check_orders(const PostgresServer& server, const SinkSale& sale) {
  std::map<std::string, std::string> found;
  for (const auto& row : server.ask("SELECT order_id, status FROM doorbuster.orders")) found[row[0]] = row[1];
  CHECK(found == sale.status_of);
  // Each event once, and as many units as orders.
  CHECK(server.ask_one("SELECT count(*) = count(DISTINCT sequence) FROM doorbuster.events") == "t");
  CHECK(server.ask_one("SELECT count(*) FROM doorbuster.events WHERE type = 'doorbuster.order.held'") ==
        std::to_string(sale.status_of.size()));
  CHECK(server.ask_one("SELECT sum(quantity) FROM doorbuster.order_lines") ==
        std::to_string(sale.status_of.size()));
}

}  // namespace

TEST_CASE("a database that is killed and an engine that is killed agree in the end", "[e2e]") {
  PostgresServer database;
  SinkSale sale(postgres_sink(database));
  for (int round = 0; round < 4; ++round) {
    sale.sell(150);
    database.kill();  // with whatever transaction is under way
    sale.sell(100);   // nobody waits for it
    if (round % 2 == 0) sale.restart();
    database.start();
    sale.sell(50);
    sale.restart();
  }
  sale.wait_for("orders");
  check_orders(database, sale);
  CHECK(sale.shop.metric("doorbuster_sink_up{sink=\"orders\"}") == 1);
  CHECK(sale.shop.metric("doorbuster_sink_lag_records{sink=\"orders\"}") == 0);
  CHECK(sale.shop.metric("doorbuster_sink_dead_letters{sink=\"orders\"}") == 0);
}

TEST_CASE("while a database is down nothing that it needs is removed, and then it is", "[e2e]") {
  PostgresServer database;
  SinkSale sale(postgres_sink(database), R"(,"checkpoint_segments":1,"journal_retention_seconds":0)");
  sale.sell(10);
  sale.wait_for("orders");
  database.kill();
  while (sale.shop.metric("doorbuster_checkpoints_total") < 3) sale.sell(100);
  CHECK(sale.shop.metric("doorbuster_journal_segments_pruned_total") == 0);
  CHECK(sale.sink("orders").at("/state") == "waiting");
  CHECK(sale.shop.metric("doorbuster_sink_failures_total{sink=\"orders\"}") > 0);
  database.start();
  sale.wait_for("orders");
  check_orders(database, sale);
  while (sale.shop.metric("doorbuster_journal_segments_pruned_total") == 0) sale.sell(100);
  sale.wait_for("orders");
  check_orders(database, sale);
}

TEST_CASE("a receiver that fails in every way gets each event, in the order of its order, and few twice",
          "[e2e]") {
  WebhookReceiver receiver({.secrets = {kSecret}});
  receiver.set_script([](const ReceivedWebhook& request) -> WebhookAnswer {
    using Break = WebhookAnswer::Break;
    if (request.attempt > 1) return {};
    switch (request.sequence % 211) {
      case 0:
        return {.status = 500};
      case 1:
        return {.status = 503, .headers = {"Retry-After: 1"}};
      case 2:
        return {.broken = Break::in_request};
      case 3:
        return {.broken = Break::no_answer};
      case 4:
        return {.broken = Break::in_head};
      case 5:
        return {.status = 302, .headers = {"Location: http://127.0.0.1:1/"}};
      default:
        return {};
    }
  });
  SinkSale sale(R"({"id":"hook","webhook":{"url":")" + receiver.url() + R"(","secrets":[")" + kSecret +
                R"("],"allow_private_addresses":true}})");
  sale.sell(100);
  sale.restart();
  sale.sell(100);
  sale.wait_for("hook");
  std::map<std::string, std::string> heard;
  std::set<std::uint64_t> sequences;
  for (const ReceivedWebhook& request : receiver.requests()) {
    CHECK(request.is_signed);
    if (request.status != 200) continue;
    if (sequences.insert(request.sequence).second) follow(heard, request.body);
  }
  CHECK(heard == sale.status_of);
  CHECK(receiver.counts().inversions == 0);
  CHECK(sale.shop.metric("doorbuster_sink_dead_letters{sink=\"hook\"}") == 0);

  // What the receiver will never take is put aside; what it wants no more ends.
  receiver.set_script([](const ReceivedWebhook&) { return WebhookAnswer{.status = 422}; });
  sale.sell(1);
  sale.wait_for("hook", "/dead_letters", "1");
  CHECK(read_file(sale.shop.data() + "/sink-hook.dead").find("422") != std::string::npos);
  receiver.set_script([](const ReceivedWebhook&) { return WebhookAnswer{.status = 410}; });
  sale.sell(1);
  CHECK_THAT(sale.wait_for("hook", "/state", "disabled").at("/reason"), Catch::Contains("410"));
  receiver.set_script({});
  HttpConnection admin = sale.shop.connect_admin();
  CHECK(admin.exchange(post_request("/v1/admin/sinks/hook/resume", "")).status == 200);
  sale.wait_for("hook");
}

TEST_CASE("a stream has each event once, in order, whoever is killed", "[e2e]") {
  NatsServer queue;
  SinkSale sale(R"({"id":"fan-out","nats":{"url":")" + queue.url() + "\"}}");
  for (int round = 0; round < 3; ++round) {
    sale.sell(100);
    queue.kill();
    sale.sell(50);
    queue.start();
    sale.sell(50);
    sale.restart();
  }
  sale.wait_for("fan-out");
  NatsClient client(queue.url());
  std::map<std::string, std::string> heard;
  std::uint64_t last = 0;
  for (const NatsMessage& message : client.read("DOORBUSTER")) {
    const std::uint64_t sequence = std::stoull(message.place.substr(message.place.find('-') + 1));
    CHECK(sequence > last);
    last = sequence;
    follow(heard, message.body);
  }
  CHECK(heard == sale.status_of);
}

TEST_CASE("files have each event once, and a pause is kept over a restart", "[e2e]") {
  TempFolder out;
  SinkSale sale(R"({"id":"files","file":{"folder":")" + out.file("events") + R"(","rotate_bytes":65536}})");
  for (int round = 0; round < 3; ++round) {
    sale.sell(100);
    sale.restart();
  }
  sale.wait_for("files");
  HttpConnection admin = sale.shop.connect_admin();
  CHECK(admin.exchange(post_request("/v1/admin/sinks/files/pause", "")).status == 200);
  sale.wait_for("files", "/state", "paused");
  sale.sell(50);
  sale.restart();
  CHECK(sale.wait_for("files", "/state", "paused").at("/lag") != "0");
  CHECK(sale.shop.connect_admin().exchange(post_request("/v1/admin/sinks/nobody/pause", "")).outcome() ==
        "404 not_found");
  CHECK(sale.shop.connect_admin().exchange(post_request("/v1/admin/sinks/files/resume", "")).status == 200);
  sale.wait_for("files");
  CHECK(sale.shop.admin("/v1/admin/sinks").at("/sinks/0/id") == "files");

  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(out.file("events"))) files.insert(entry.path());
  CHECK(files.size() > 1);
  std::map<std::string, std::string> heard;
  std::uint64_t last = 0;
  for (const fs::path& file : files) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      const std::string id = json_at(line, "/id");
      const std::uint64_t sequence = std::stoull(id.substr(id.find('-') + 1));
      CHECK(sequence > last);
      last = sequence;
      follow(heard, line);
    }
  }
  CHECK(heard == sale.status_of);
}

}  // namespace doorbuster
