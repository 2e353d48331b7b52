// The judge on trial: a shop that keeps the contract passes, and for each promise there is a shop that breaks
// it and must fail for that reason.

#include "unit/load/run.h"

#include <fstream>
#include <sstream>
#include <string>

#include "doorbuster/base/json_document.h"
#include "doorbuster/load/load.h"
#include "load/record_file.h"
#include "support/catch.h"
#include "unit/load/fake_shop.h"

using namespace doorbuster;
using namespace doorbuster::load;
using namespace doorbuster::load::testing;
using Catch::Contains;
using Catch::EndsWith;

namespace {

// Every kind of visitor, many more than there are units, in a third of a second.
std::string crowd(const std::string& more = "") {
  return R"({"seed":11,"connections":6,"pipeline":3,"buyers":400,"retries":8,
    "stages":[{"shape":"spike","seconds":0.3,"rate":3000}],
    "skus":{"hot":"hot","hot_share":0.5},
    "actors":{"shopper":0.46,"no_key":0.04,"double_clicker":0.1,"lost_reply":0.05,"key_reuser":0.1,
              "limit_pusher":0.1,"price_checker":0.1,"refused_late":0.05})" +
         more + "}";
}

Ended run_against(Fault fault, const std::string& scenario = crowd()) {
  const Folder folder;
  FakeState state;
  const FakeShop shop(state, {.fault = fault});
  return run(options_for(shop, folder.write("scenario.json", scenario)));
}

}  // namespace

TEST_CASE("judge: a shop that keeps its promises passes, and the report says what happened") {
  const Folder folder;
  FakeState state;
  state.offers[0].sold = 5;  // by somebody before
  state.limit_per_buyer_total = 4;
  Ended ended;
  {
    const FakeShop shop(state);
    LoadOptions options = options_for(shop, folder.write("scenario.json", crowd()));
    options.json_file = folder.file("result.json");
    options.hgrm_file = folder.file("response.hgrm");
    ended = run(options);
  }
  INFO(ended.out << ended.err);
  REQUIRE(ended.exit_code == 0);
  REQUIRE_THAT(ended.out, EndsWith("\nverdict: PASS\n"));
  REQUIRE(ended.err.empty());
  for (const char* word :
       {"asked for", "achieved", "response time", "service time", "own lag", "p99.99", "max", "sold_out",
        "limit_reached", "price_changed", "idempotency_key_reused", "no_answer"}) {
    REQUIRE_THAT(ended.out, Contains(word));
  }
  // Both SKUs were sold to the last unit.
  REQUIRE(state.offers[0].sold == state.offers[0].stock);
  REQUIRE(state.offers[1].sold == state.offers[1].stock);

  std::stringstream json;
  json << std::ifstream(folder.file("result.json")).rdbuf();
  const auto result = JsonDocument::parse(json.str());
  REQUIRE(result);
  REQUIRE(result->root().find("passed")->boolean());
  REQUIRE(result->root().find("achieved")->find("requests")->integer() >= 900);
  REQUIRE(result->root().find("response_time")->find("p99_99")->integer() > 0);
  for (const JsonNode& check : result->root().find("checks")->children()) {
    INFO(check.find("name")->string());
    REQUIRE(check.find("result")->string() == "passed");
  }
  std::stringstream hgrm;
  hgrm << std::ifstream(folder.file("response.hgrm")).rdbuf();
  REQUIRE_THAT(hgrm.str(), Contains("#[Buckets ="));
}

TEST_CASE("judge: several generator threads, connections that close and passing refusals change nothing") {
  check_passes_with_trouble({}, crowd());
}

TEST_CASE("judge: without a scenario, plain shoppers come to the first active campaign") {
  FakeState state;
  const FakeShop shop(state);
  LoadOptions options = options_for(shop, "");
  options.rate = 1000;
  options.duration_s = 0.2;
  options.connections = 2;
  const Ended ended = run(options);
  INFO(ended.out << ended.err);
  REQUIRE(ended.verdict() == "verdict: PASS\n");
  REQUIRE_THAT(ended.out, Contains("on campaign demo (2 SKUs)"));
}

TEST_CASE("judge: without an admin listener, stock is reported as not checked") {
  const Folder folder;
  FakeState state;
  const FakeShop shop(state, {.fault = Fault::counts_wrongly});
  LoadOptions options = options_for(shop, folder.write("scenario.json", crowd()));
  options.admin.clear();
  const Ended ended = run(options);
  INFO(ended.out);
  REQUIRE(ended.verdict() == "verdict: PASS\n");
  REQUIRE_THAT(ended.out, Contains("not checked: no --admin"));
}

TEST_CASE("judge: every broken promise fails for its own reason") {
  struct Case {
    Fault fault;
    const char* reason;
  };
  const auto [fault, reason] = GENERATE(
      Case{Fault::oversells, "is oversold"}, Case{Fault::loses_an_order, "was acknowledged and is missing"},
      Case{Fault::doubles_an_order, "units sold, acknowledged were"},
      Case{Fault::forgets_keys, "has two orders"}, Case{Fault::hides_replays, "without Idempotent-Replayed"},
      Case{Fault::accepts_reused_keys, "was accepted again with another quantity"},
      Case{Fault::strands_stock, "was refused as sold_out, and 2 are still available"},
      Case{Fault::ignores_the_limit, "the limit is 2"},
      Case{Fault::ignores_expected_price, "was sold above its expected_price"},
      Case{Fault::changes_the_buyer, "buyer is somebody"},
      Case{Fault::same_name_for_two, "was given to two buys"}, Case{Fault::answers_nonsense, "418"},
      Case{Fault::opens_too_early, "before the start of the campaign"},
      Case{Fault::counts_wrongly, "allocated is not"});
  const Ended ended = run_against(fault);
  INFO("fault " << static_cast<int>(fault) << "\n" << ended.out << ended.err);
  REQUIRE(ended.exit_code == 1);
  REQUIRE_THAT(ended.verdict(), Contains("verdict: FAIL "));
  REQUIRE_THAT(ended.out, Contains(reason));
}

TEST_CASE("judge: the limit of the scenario wins over what the server says") {
  const Ended ended = run_against(Fault::none, crowd(R"(,"limit_per_buyer":1)"));
  INFO(ended.out);
  REQUIRE_THAT(ended.verdict(), Contains("the limit is 1"));
}

TEST_CASE("record: a shop that died and came back with everything passes, one that forgot an order fails") {
  const Folder folder;
  FakeState state;
  state.offers[1].stock = 100'000;
  const std::string record = folder.file("record.jsonl");
  std::uint16_t port = 0;
  {
    const FakeShop shop(state, {.stop_after_buys = 700});
    port = shop.port();
    LoadOptions options = options_for(shop, folder.write("scenario.json", crowd()));
    options.record_file = record;
    const Ended ended = run(options);
    INFO(ended.out << ended.err);
    REQUIRE(ended.exit_code == 1);
    REQUIRE_THAT(ended.verdict(), Contains("stopped accepting connections"));
  }
  const Result<RecordFile> written = read_record_file(record);
  REQUIRE(written);
  REQUIRE(written->ended);
  REQUIRE(written->promises.size() > 50);

  LoadOptions audit;
  audit.audit_record_file = record;
  audit.json_file = folder.file("audit.json");
  {
    const FakeShop again(state, {.port = port});
    audit.target = audit.admin = again.url();
    const Ended ended = run(audit);
    INFO(ended.out << ended.err);
    REQUIRE(ended.exit_code == 0);
    REQUIRE(ended.verdict() == "verdict: PASS\n");
  }
  state.orders.erase(written->promises[10].order);
  for (FakeOffer& offer : state.offers) {
    const OrderLine& sold = written->promises[10].lines.front();
    if (offer.sku == sold.sku) offer.sold -= sold.quantity;
  }
  {
    const FakeShop again(state, {.fault = Fault::forgets_keys});
    audit.target = audit.admin = again.url();
    const Ended ended = run(audit);
    INFO(ended.out << ended.err);
    REQUIRE(ended.exit_code == 1);
    REQUIRE_THAT(ended.verdict(), Contains(written->promises[10].order + " of buyer"));
    REQUIRE_THAT(ended.verdict(), Contains("is missing"));
  }
}

TEST_CASE("load: a target that cannot be reached is one sentence and a failed verdict") {
  std::uint16_t port = 0;
  {
    FakeState state;
    port = FakeShop(state).port();
  }
  LoadOptions options;
  options.target = "http://127.0.0.1:" + std::to_string(port);
  options.progress = ProgressMode::off;
  const Ended ended = run(options);
  REQUIRE(ended.exit_code == 1);
  REQUIRE(ended.err == "doorbuster load: cannot reach " + options.target + ": Connection refused\n");
  REQUIRE_THAT(ended.verdict(), Contains("verdict: FAIL cannot reach"));
}

TEST_CASE("load: a scenario that does not fit is a usage error") {
  const Folder folder;
  FakeState state;
  const FakeShop shop(state);
  const std::string stages = R"("stages":[{"shape":"hold","seconds":1,"rate":10}])";
  LoadOptions options =
      options_for(shop, folder.write("s.json", "{" + stages + R"(,"skus":{"hot":"gone","hot_share":1}})"));
  Ended ended = run(options);
  REQUIRE(ended.exit_code == 2);
  REQUIRE_THAT(ended.err, Contains("gone"));
  options.scenario_file = folder.write("s.json", "{");
  ended = run(options);
  REQUIRE(ended.exit_code == 2);
  REQUIRE(ended.out.empty());
  options.scenario_file.clear();
  options.target = "ftp://x";
  REQUIRE(run(options).exit_code == 2);
}

TEST_CASE(
    "progress: plain mode prints lines without control characters, a terminal gets a block that redraws") {
  const Folder folder;
  FakeState state;
  const FakeShop shop(state);
  LoadOptions options = options_for(shop, "");
  options.rate = 500;
  options.duration_s = 1.2;
  options.progress = ProgressMode::automatic;
  const Ended plain = run(options);
  REQUIRE_THAT(plain.err, Contains("sold ") && Contains("p99"));
  REQUIRE(plain.err.find('\x1b') == std::string::npos);
  options.terminal = true;
  const Ended drawn = run(options);
  REQUIRE_THAT(drawn.err, Contains("hot") && Contains("\x1b[3A"));
  REQUIRE(drawn.err.find("\x1b[1m") == std::string::npos);  // no color was asked for
}
