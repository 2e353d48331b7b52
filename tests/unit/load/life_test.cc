// The judge on trial with orders that live: a shop with holds and a line that keeps the contract passes, and
// for each promise about an order's life there is a shop that breaks it and must fail for that reason.

#include <algorithm>
#include <string>

#include "doorbuster/base/json_document.h"
#include "load/record_file.h"
#include "support/catch.h"
#include "unit/load/fake_shop.h"
#include "unit/load/run.h"

using namespace doorbuster;
using namespace doorbuster::load;
using namespace doorbuster::load::testing;
using Catch::Contains;
using Catch::EndsWith;

namespace {

// Two units a buy, so that there are parts.
std::string crowd(const std::string& actors) {
  return R"({"seed":5,"connections":6,"pipeline":3,"buyers":120,"retries":8,"quantity":2,
    "stages":[{"shape":"hold","seconds":0.9,"rate":800}],"skus":{"hot":"hot","hot_share":0.5},"actors":{)" +
         actors + "}}";
}

const char* const kEverybody =
    R"("payer":0.05,"basket_buyer":0.05,"abandoner":0.1,"canceller":0.1,"late_payer":0.1,"extender":0.05,
       "partial_payer":0.05,"payment_failer":0.05,"returner":0.1,"waiter":0.25,"identity_sharer":0.1)";

FakeState shop_with_holds() {
  FakeState state;
  state.limit_per_buyer = 4;
  state.limit_per_buyer_total = 6;
  state.hold_ms = 300;
  state.hold_max_seconds = 1;
  state.waitlist = true;
  state.offers = {{"hot", 130, 500}, {"warm", 130, 300}, {"cool", 70, 200}};
  return state;
}

Ended run_against(Fault fault, const std::string& actors, FakeState state = shop_with_holds()) {
  const Folder folder;
  const FakeShop shop(state, {.fault = fault});
  return run(options_for(shop, folder.write("scenario.json", crowd(actors))));
}

}  // namespace

TEST_CASE("judge: a shop with holds and a line that keeps its promises passes, and all of it is tried") {
  const Folder folder;
  FakeState state = shop_with_holds();
  Ended ended;
  {
    const FakeShop shop(state);
    LoadOptions options = options_for(shop, folder.write("scenario.json", crowd(kEverybody)));
    options.json_file = folder.file("result.json");
    ended = run(options);
  }
  INFO(ended.out << ended.err);
  REQUIRE(ended.exit_code == 0);
  REQUIRE_THAT(ended.out, EndsWith("\nverdict: PASS\n"));
  const std::string json = read_file(folder.file("result.json"));
  const auto result = JsonDocument::parse(json);
  REQUIRE(result);
  for (const JsonNode& check : result->root().find("checks")->children()) {
    INFO(check.find("name")->string());
    REQUIRE(check.find("result")->string() == "passed");
  }
  const JsonNode& outcomes = *result->root().find("outcomes");
  for (const char* code : {"accepted", "queued", "done", "all_held", "sold_out", "limit_reached",
                           "order_not_held", "hold_expired"}) {
    INFO(code);
    REQUIRE(outcomes.find(code) != nullptr);
  }
  for (const JsonNode& asked : result->root().find("requests_by_verb")->children()) {
    INFO(asked.key());
    REQUIRE(asked.integer() > 0);
  }
  for (const FakeOffer& offer : state.offers) REQUIRE(offer.held == 0);
}

TEST_CASE("judge: in a shop without holds, visitors who would live with an order take it as it is") {
  FakeState state;
  state.limit_per_buyer = 4;
  const Ended ended = run_against(Fault::none, kEverybody, state);
  INFO(ended.out << ended.err);
  REQUIRE(ended.verdict() == "verdict: PASS\n");
  REQUIRE_THAT(ended.out, Contains("order_not_held") && Contains("done"));
}

TEST_CASE("judge: holds with several threads, connections that close and passing refusals change nothing") {
  check_passes_with_trouble(shop_with_holds(), crowd(kEverybody));
}

TEST_CASE("judge: every broken promise about an order's life fails for its own reason") {
  struct Case {
    Fault fault;
    const char* actors;
    const char* reason;
  };
  const char* const kPayers = R"("payer":0.8,"abandoner":0.2)";
  const char* const kCancellers = R"("canceller":0.5,"abandoner":0.5)";
  const char* const kLate = R"("late_payer":0.6,"payer":0.4)";
  const char* const kReturners = R"("returner":1)";
  const char* const kExtenders = R"("extender":1)";
  const char* const kBaskets = R"("basket_buyer":0.7,"payer":0.3)";
  const auto [fault, actors, reason] = GENERATE_COPY(
      Case{Fault::counts_holds_twice, kPayers, "at a look during the load: "},
      Case{Fault::limit_forgets_holds, kPayers, "units of all SKUs at a time, the limit is 6"},
      Case{Fault::ignores_identities, R"("identity_sharer":1)", "identity device:t-"},
      Case{Fault::ignores_total_limit, kPayers, "units of all SKUs at a time, the limit is 6"},
      Case{Fault::forgets_a_confirmation, kPayers, "is expired, acknowledged was confirmed"},
      Case{Fault::forgets_a_cancellation, kCancellers, "is expired, acknowledged was cancelled"},
      Case{Fault::confirms_the_whole, R"("partial_payer":1)", "confirmed_quantity is 2, acknowledged was 1"},
      Case{Fault::keeps_dead_holds, kPayers, "is held, and its time was over at "},
      Case{Fault::keeps_returns, kReturners, "units sold, acknowledged were"},
      Case{Fault::returns_twice, kReturners, "returned_quantity was 1, and 2 when the key was sent again"},
      Case{Fault::hides_return_replays, kReturners,
           "a return was answered again without Idempotent-Replayed"},
      Case{Fault::resolves_twice, kPayers, "was both confirmed and cancelled"},
      Case{Fault::changes_its_mind, kPayers, "was confirmed and asked again it says order_not_held"},
      Case{Fault::yes_after_no, kLate, "was answered hold_expired and another one was done"},
      Case{Fault::keeps_late_money, kLate, "hold_expired for a payment without refund_due"},
      Case{Fault::forgets_refunds, kLate, "shows no refund_due, which was acknowledged"},
      Case{Fault::expires_early, kPayers, "hold_expired before its hold had run out"},
      Case{Fault::shortens_holds, kExtenders, ": extended from "},
      Case{Fault::extends_for_ever, kExtenders, "more than 1 s after it began"},
      Case{Fault::replays_as_it_stands, kPayers, ", now with none"},
      Case{Fault::serves_the_last, R"("waiter":0.7,"abandoner":0.3)", "waited in front of it"},
      Case{Fault::all_held_for_ever, kReturners, "was refused as all_held when nothing was held"},
      Case{Fault::sold_out_too_soon, kPayers, "was refused as sold_out while "},
      Case{Fault::takes_one_line, kBaskets, " units acknowledged, the server counts "},
      Case{Fault::shows_other_lines, kBaskets, ": content is a basket of "},
      Case{Fault::keeps_refused_lines, kBaskets, " units are held, and orders that can hold them come to "},
      Case{Fault::refuses_without_sku, kBaskets, "what the contract does not allow"});
  const Ended ended = run_against(fault, actors);
  INFO("fault " << static_cast<int>(fault) << "\n" << ended.out << ended.err);
  REQUIRE(ended.exit_code == 1);
  REQUIRE_THAT(ended.verdict(), Contains("verdict: FAIL "));
  REQUIRE_THAT(ended.out, Contains(reason));
}

TEST_CASE("record: a shop that died with holds and came back passes, one that forgot a confirmation fails") {
  const Folder folder;
  FakeState state = shop_with_holds();
  const std::string record = folder.file("record.jsonl");
  {
    const FakeShop shop(state, {.stop_after_buys = 500});
    LoadOptions options = options_for(shop, folder.write("scenario.json", crowd(kEverybody)));
    options.record_file = record;
    const Ended ended = run(options);
    INFO(ended.out << ended.err);
    REQUIRE_THAT(ended.verdict(), Contains("stopped accepting connections"));
  }
  const Result<RecordFile> written = read_record_file(record);
  REQUIRE(written);
  REQUIRE(written->ended);
  const auto with = [&](Standing standing, bool basket) {
    return std::find_if(written->promises.begin(), written->promises.end(), [&](const Promise& promise) {
      return promise.state.standing == standing && promise.basket == basket;
    });
  };
  REQUIRE(with(Standing::held, false) != written->promises.end());
  REQUIRE(with(Standing::cancelled, false) != written->promises.end());
  REQUIRE(with(Standing::confirmed, true) != written->promises.end());
  const auto confirmed = with(Standing::confirmed, false);
  REQUIRE(confirmed != written->promises.end());

  LoadOptions audit;
  audit.audit_record_file = record;
  {
    const FakeShop again(state);
    audit.target = audit.admin = again.url();
    const Ended ended = run(audit);
    INFO(ended.out << ended.err);
    REQUIRE(ended.verdict() == "verdict: PASS\n");
  }
  FakeOrder& order = state.orders.at(confirmed->order);
  order.status = "expired";
  for (FakeOffer& offer : state.offers) {
    if (offer.sku == order.sku) offer.sold -= order.confirmed;
  }
  {
    const FakeShop again(state);
    audit.target = audit.admin = again.url();
    const Ended ended = run(audit);
    INFO(ended.out << ended.err);
    REQUIRE(ended.exit_code == 1);
    REQUIRE_THAT(ended.verdict(),
                 Contains(order.order) && Contains("is expired, acknowledged was confirmed"));
  }
}
