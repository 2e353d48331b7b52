// The shard, the journal and the reply gate, one step at a time.
#include "support/house.h"

namespace doorbuster {
namespace {

CatalogChangeSet shop_with(std::int64_t stock, std::uint32_t limit = 0) {
  return {{campaign_put(0, limit)}, {offer_put(0, stock), offer_put(1, stock)}};
}

TEST_CASE("a sale is answered after its record is durable, and not one step before") {
  Estate estate(shop_with(5));
  House& house = *estate.house;
  const auto syncs = estate.storage.operations(StorageOperation::sync);
  house.ask(buy_of("ann", "k-1", 2));
  CHECK(house.decide() == 1);
  CHECK(house.stock({0}).sold == 2);
  for (int cycle = 0; cycle < 3; ++cycle) {
    CHECK(house.decide() == 0);  // the shard looks again and again: nothing is durable yet
    CHECK(house.answers().empty());
  }
  CHECK_FALSE(house.shard().has_work());
  CHECK(house.write() == 1);
  CHECK(estate.storage.operations(StorageOperation::sync) == syncs + 1);
  CHECK(house.answers().empty());  // only the shard releases
  CHECK(house.shard().has_work());
  CHECK(house.decide() == 1);
  const auto answers = house.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].outcome == Outcome::confirmed);
  CHECK(answers[0].durable);
  CHECK(answers[0].number == OrderNumber::make({0}, 1));
  CHECK(answers[0].buyer == "ann");
}

TEST_CASE("a refusal waits for nothing, also behind sales that wait") {
  Estate estate(shop_with(1, 2));
  House& house = *estate.house;
  house.ask(buy_of("ann"));
  house.ask(buy_of("ben"));
  house.ask(buy_of("eve", {}, 3));
  CHECK(house.decide() == 3);
  auto answers = house.answers();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].outcome == Outcome::sold_out);
  CHECK(answers[1].outcome == Outcome::limit_reached);
  house.settle();
  answers = house.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].outcome == Outcome::confirmed);
  CHECK(house.shard().metrics().refusals.value() == 2);
  CHECK(house.shard().metrics().sold_orders.value() == 1);
}

TEST_CASE("a retry before the first answer waits for the same record, one after it for nothing") {
  Estate estate(shop_with(5));
  House& house = *estate.house;
  house.ask(buy_of("ann", "k-1"));
  house.decide();
  house.ask(buy_of("ann", "k-1"));
  house.decide();
  CHECK(house.answers().empty());
  house.write();
  house.decide();
  auto answers = house.answers();
  REQUIRE(answers.size() == 2);
  CHECK_FALSE(answers[0].replayed);
  CHECK(answers[1].replayed);
  CHECK(answers[1].durable);
  CHECK(answers[0].number == answers[1].number);

  house.ask(buy_of("ann", "k-1"));
  house.decide();
  answers = house.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].replayed);
  CHECK(answers[0].durable);
  CHECK(house.stock({0}).sold == 1);
  CHECK(house.shard().metrics().replays.value() == 2);
}

TEST_CASE("who prefers it is answered at decision time, and told that it is not durable yet") {
  Estate estate(shop_with(5));
  House& house = *estate.house;
  house.ask(buy_of("ann", "k-1"), 0, true);
  house.decide();
  auto answers = house.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].outcome == Outcome::confirmed);
  CHECK_FALSE(answers[0].durable);

  const auto look = [&] {
    house.ask_order(OrderNumber::make({0}, 1));
    house.decide();
    const auto seen = house.answers();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].outcome == Outcome::ok);
    CHECK(seen[0].buyer == "ann");
    return seen[0].durable;
  };
  CHECK_FALSE(look());
  house.write();
  CHECK(look());
}

TEST_CASE("with `acknowledge: decided` every answer leaves at decision time and says so") {
  Estate estate(shop_with(5), {.answer_when_decided = true});
  House& house = *estate.house;
  house.ask(buy_of("ann", "k-1"));
  house.ask(buy_of("ann", "k-1"));
  house.decide();
  for (const Answer& answer : house.answers()) {
    CHECK(answer.outcome == Outcome::confirmed);
    CHECK_FALSE(answer.durable);
  }
  house.write();
  CHECK(house.sell(buy_of("ann", "k-1")).durable);
}

TEST_CASE("after a failed sync whatever waits is answered journal_failed, and nothing is sold any more") {
  Estate estate(shop_with(50));
  House& house = *estate.house;
  REQUIRE(house.sell(buy_of("ann", "k-1")).durable);
  house.ask(buy_of("ben", "k-2"));
  house.ask(buy_of("ben", "k-2"));
  house.decide();
  estate.storage.fail_nth(StorageOperation::sync, 1);
  house.write();
  CHECK(house.journal().failed());
  CHECK(house.journal().failure() == "planned error");
  CHECK(house.journal().metrics().failures.value() == 1);
  CHECK(house.answers().empty());
  CHECK(house.shard().has_work());
  house.decide();
  auto answers = house.answers();
  REQUIRE(answers.size() == 2);
  for (const Answer& answer : answers) {
    CHECK(answer.outcome == Outcome::journal_failed);
    CHECK_FALSE(answer.durable);
  }
  const std::uint64_t before = house.hash();
  house.ask(buy_of("eve", "k-3"));
  house.ask(buy_of("eve", "k-3"), 0, true);  // nor for who would take less
  house.ask(buy_of("ann", "k-1"));
  house.settle();
  answers = house.answers();
  REQUIRE(answers.size() == 3);
  for (const Answer& answer : answers) CHECK(answer.outcome == Outcome::journal_failed);
  CHECK(house.hash() == before);
  CHECK_FALSE(house.journal().has_work());
  CHECK_FALSE(house.stop().has_value());
}

TEST_CASE("what was durable before the failure is still answered as sold") {
  Estate estate(shop_with(50), {.shards = 2});
  House& house = *estate.house;
  house.ask(buy_of("ann", {}, 1, {0}));
  house.shard(0).do_work();
  house.write();  // ann's is durable, and her shard has not looked yet
  house.ask(buy_of("ben", {}, 1, {1}));
  house.shard(1).do_work();
  estate.storage.fail_nth(StorageOperation::sync, 1);
  house.write();
  house.decide();
  const auto answers = house.answers();
  REQUIRE(answers.size() == 2);
  for (const Answer& answer : answers) {
    CHECK(answer.durable == (answer.buyer == "ann"));
    CHECK(answer.outcome == (answer.buyer == "ann" ? Outcome::confirmed : Outcome::journal_failed));
  }
}

TEST_CASE("when the ring to the journal is full a buy is refused for load, counted, and nothing is taken") {
  Estate estate(shop_with(1000), {.ring_bytes = 4 * kJournalRecordBytesMax});
  House& house = *estate.house;
  for (int i = 0; i < 100; ++i) house.ask(buy_of("b-" + std::to_string(i)));
  house.decide();
  const auto refused = house.answers();
  REQUIRE_FALSE(refused.empty());
  for (const Answer& answer : refused) CHECK(answer.outcome == Outcome::overloaded);
  CHECK(house.shard().metrics().overloaded_journal.value() == refused.size());
  CHECK(house.stock({0}).sold == static_cast<std::int64_t>(100 - refused.size()));
  house.settle();
  const auto sold = house.answers();
  CHECK(sold.size() + refused.size() == 100);
  for (const Answer& answer : sold) CHECK(answer.outcome == Outcome::confirmed);
  CHECK(house.sell(buy_of("late")).outcome == Outcome::confirmed);  // and then there is room again
}

TEST_CASE("when the order table is full that is counted too") {
  Estate estate(shop_with(1000), {.orders_max = 3});
  for (int i = 0; i < 3; ++i) CHECK(estate.house->sell(buy_of("ann")).outcome == Outcome::confirmed);
  CHECK(estate.house->sell(buy_of("ann")).outcome == Outcome::overloaded);
  CHECK(estate.house->shard().metrics().overloaded_orders.value() == 1);
}

TEST_CASE(
    "as many holds as the bound says run out for one decision; one more is too much load, and counted") {
  constexpr std::uint32_t kHoldsOfEach = kExpiriesPerDecisionMax / 2;
  const std::vector<Hash128> devices = {{1, 0}, {2, 0}, {3, 0}};
  const OrderLine lines[] = {{.offer = {0}, .quantity = kHoldsOfEach}, {.offer = {1}, .quantity = 1}};
  for (const bool is_basket : {false, true}) {
    for (const std::size_t in_the_way : {2U, 3U}) {
      CAPTURE(is_basket, in_the_way);
      CatalogChangeSet shop = shop_with(100'000, kHoldsOfEach);
      shop.campaigns[0].hold_seconds = shop.campaigns[0].hold_max_seconds = 60;
      Estate estate(shop, {.orders_max = 5'000});
      House& house = *estate.house;
      for (std::size_t device = 0; device < devices.size(); ++device) {
        const std::string name = "b-" + std::to_string(device);
        for (std::uint32_t i = 0; i < kHoldsOfEach; ++i) {
          Buy buy = buy_of(name);
          buy.identities = Identities(devices).subspan(device, 1);
          REQUIRE(house.sell(buy).outcome == Outcome::held);
        }
      }
      estate.clock.advance_ns(60 * kNsPerSecond);
      // All that those devices had is over, and nobody has written that down.
      Buy buy = is_basket ? basket_of("ann", lines) : buy_of("ann", {}, kHoldsOfEach);
      buy.identities = Identities(devices).first(in_the_way);
      const bool too_many = in_the_way * kHoldsOfEach > kExpiriesPerDecisionMax;
      CHECK(house.sell(buy).outcome == (too_many ? Outcome::overloaded : Outcome::held));
      CHECK(house.shard().metrics().overloaded_expiries.value() == (too_many ? 1 : 0));
    }
  }
}

TEST_CASE("a paused shard takes no command, and its gate still opens") {
  Estate estate(shop_with(5));
  House& house = *estate.house;
  house.ask(buy_of("ann"));
  house.decide();
  house.shard().pause(true);
  house.ask(buy_of("ben"));
  CHECK(house.decide() == 0);
  CHECK_FALSE(house.shard().has_work());
  house.write();
  house.decide();
  auto answers = house.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].buyer == "ann");
  house.shard().pause(false);
  CHECK(house.shard().has_work());
  house.settle();
  answers = house.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].buyer == "ben");
}

TEST_CASE("each shard decides its own offers, and the thread that asked gets the answer") {
  Estate estate(shop_with(5), {.shards = 2, .http_threads = 2});
  House& house = *estate.house;
  house.ask(buy_of("ann", {}, 1, {0}), 0);
  house.ask(buy_of("ben", {}, 1, {1}), 0);
  house.ask(buy_of("eve", {}, 1, {1}), 1);
  CHECK(house.shard(0).do_work() == 1);
  CHECK(house.shard(1).do_work() == 2);
  CHECK(house.shard(0).engine().stock({0}).sold == 1);
  CHECK(house.shard(1).engine().stock({1}).sold == 2);
  house.settle();
  const auto first = house.answers(0), second = house.answers(1);
  REQUIRE(first.size() == 2);
  REQUIRE(second.size() == 1);
  CHECK(second[0].buyer == "eve");
  CHECK(house.door(0).in_use() == 0);
  CHECK(house.door(1).in_use() == 0);
}

TEST_CASE("a shard's time does not run backwards when the wall clock does") {
  Estate estate(shop_with(5));
  House& house = *estate.house;
  estate.clock.set_wall(after(kOpens, 10));
  CHECK(house.sell(buy_of("ann")).decided_at == after(kOpens, 10));
  estate.clock.set_wall(after(kOpens, -10));  // the window has begun and stays begun
  CHECK(house.sell(buy_of("ann")).decided_at == after(kOpens, 10));
  estate.clock.set_wall(kCloses);
  CHECK(house.sell(buy_of("ann")).outcome == Outcome::campaign_ended);
  estate.clock.set_wall(kOpens);
  CHECK(house.sell(buy_of("ann")).outcome == Outcome::campaign_ended);
}

TEST_CASE("an order that was never sold is not found") {
  Estate estate(shop_with(5));
  estate.house->ask_order(OrderNumber::make({0}, 1));
  estate.house->decide();
  const auto answers = estate.house->answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].outcome == Outcome::order_not_found);
}

TEST_CASE("every request that there is can wait for one batch and be answered at once") {
  // Five have gone before, so that the queues' blocks are not aligned with what comes.
  Estate estate(
      shop_with(100'000),
      {.orders_max = 20'000, .requests_max = kRequestsPerThreadMax, .ring_bytes = kJournalRingBytes});
  House& house = *estate.house;
  for (int i = 0; i < 5; ++i) REQUIRE(house.sell(buy_of("early")).outcome == Outcome::confirmed);
  for (std::uint32_t i = 0; i < kRequestsPerThreadMax; ++i) house.ask(buy_of("b-" + std::to_string(i)));
  CHECK(house.take() == nullptr);
  while (house.shard().commands().size() != 0) house.decide();
  CHECK(house.answers().empty());
  CHECK(house.shard().metrics().gate_depth.value() == kRequestsPerThreadMax);
  house.write();
  CHECK(house.decide() == kRequestsPerThreadMax);
  const auto answers = house.answers();
  REQUIRE(answers.size() == kRequestsPerThreadMax);
  for (std::uint32_t i = 0; i < kRequestsPerThreadMax; ++i) {
    REQUIRE(answers[i].number.ordinal() == i + 6);  // in the order in which they were asked and decided
  }
}

TEST_CASE("the last unit puts the offer and its buyers on the board") {
  Estate estate(shop_with(2));
  House& house = *estate.house;
  const auto hash = [](const char* buyer) {
    return offer_limit_key(hash_buy(kTableKey, buy_of(buyer)).buyer, {0});
  };
  CHECK(house.board().remaining({0}) == 2);
  house.ask(buy_of("ann"));
  house.decide();
  CHECK_FALSE(house.board().sold_out({0}));
  CHECK(house.board().may_have_bought(hash("ann")));
  CHECK_FALSE(house.board().may_have_bought(hash("ben")));
  CHECK(house.board().remaining({0}) == 1);
  house.ask(buy_of("ben"));
  house.decide();
  CHECK(house.board().sold_out({0}));
  CHECK(house.board().may_have_bought(hash("ben")));
  CHECK(house.board().remaining({0}) == 0);
  CHECK_FALSE(house.board().sold_out({1}));
}

}  // namespace
}  // namespace doorbuster
