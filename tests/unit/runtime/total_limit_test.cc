// The limit over a campaign, while units of a name are on their way back to it.
#include "support/house.h"

namespace doorbuster {
namespace {

constexpr std::uint32_t kTotalLimit = 2;

CatalogChangeSet shop_with_total_limit() {
  CampaignPut campaign = campaign_put(0);
  campaign.hold_seconds = campaign.hold_max_seconds = 60;
  campaign.limit_per_buyer_total = kTotalLimit;
  return {{campaign}, {offer_put(0, 10)}};
}

// Its request is free again at once, its record is not durable yet: the units are on their way back.
void cancel_when_decided(House& house, OrderNumber order) {
  Request* request = house.take();
  REQUIRE(request != nullptr);
  request->kind = Request::Kind::order_command;
  request->command = {};
  request->command.action = OrderAction::cancel;
  request->command.order = order;
  request->answer_when_decided = true;
  house.submit(request);
  house.decide();
  const auto answers = house.answers();
  REQUIRE(answers.size() == 1);
  REQUIRE(answers[0].status == OrderStatus::cancelled);
  REQUIRE_FALSE(answers[0].durable);
}

TEST_CASE(
    "every request that there is can wait for units on their way back, and be asked once more at once") {
  constexpr std::uint16_t kThreads = 2;
  Estate estate(shop_with_total_limit(), {.http_threads = kThreads, .requests_max = kRequestsPerThreadMax});
  House& house = *estate.house;
  const Answer held = house.sell(buy_of("ann", {}, kTotalLimit));
  REQUIRE(held.outcome == Outcome::held);
  REQUIRE(house.sell(buy_of("ben", {}, kTotalLimit)).outcome == Outcome::held);
  cancel_when_decided(house, held.number);

  // Ann will have hers back, ben will not; which of them it is nobody can say before it is durable.
  for (std::uint16_t http = 0; http < kThreads; ++http) {
    const char* const buyer = http == 0 ? "ann" : "ben";
    for (std::uint32_t i = 0; i < kRequestsPerThreadMax; ++i) house.ask(buy_of(buyer, {}, kTotalLimit), http);
    REQUIRE(house.take(http) == nullptr);
  }
  while (house.shard().commands().size() != 0) house.decide();
  CHECK(house.shard().metrics().gate_depth.value() == kThreads * kRequestsPerThreadMax);
  CHECK_FALSE(house.shard().has_work());
  for (std::uint16_t http = 0; http < kThreads; ++http) CHECK(house.answers(http).empty());

  house.write();
  CHECK(house.shard().has_work());
  house.settle();
  std::size_t accepted = 0;
  for (std::uint16_t http = 0; http < kThreads; ++http) {
    const auto answers = house.answers(http);
    REQUIRE(answers.size() == kRequestsPerThreadMax);
    CHECK(house.door(http).in_use() == 0);
    for (const Answer& answer : answers) {
      if (answer.outcome != Outcome::limit_reached) {
        REQUIRE(answer.outcome == Outcome::held);
        REQUIRE(answer.buyer == "ann");
        ++accepted;
      }
    }
  }
  CHECK(accepted == 1);
  CHECK(house.stock({0}).held == 2 * kTotalLimit);
}

}  // namespace
}  // namespace doorbuster
