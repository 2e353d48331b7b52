// Baskets over shards, one step of one shard at a time.
#include <random>

#include "support/house.h"

namespace doorbuster {
namespace {

CatalogChangeSet shop_with(std::vector<std::int64_t> stock, std::uint32_t limit = 0,
                           std::uint32_t hold_seconds = 0, std::uint32_t total_limit = 0) {
  CampaignPut campaign = campaign_put(0, limit);
  campaign.hold_seconds = campaign.hold_max_seconds = campaign.offer_seconds = hold_seconds;
  campaign.limit_per_buyer_total = total_limit;
  CatalogChangeSet shop = {{campaign}, {}};
  for (std::uint32_t i = 0; i < stock.size(); ++i) shop.offers.push_back(offer_put(i, stock[i], 100 + i));
  return shop;
}

OrderLine line(std::uint32_t offer, std::uint32_t quantity = 1) {
  return {.offer = {offer}, .quantity = quantity};
}

OrderCommand command_of(OrderAction action, OrderNumber order) {
  OrderCommand command;
  command.action = action;
  command.order = order;
  return command;
}

TEST_CASE("a basket is one order, whatever shards its lines live in") {
  for (std::uint32_t shards = 1; shards <= 4; ++shards) {
    CAPTURE(shards);
    Estate estate(shop_with({5, 5, 5}), {.shards = shards});
    House& house = *estate.house;
    const OrderLine lines[] = {line(0, 2), line(1), line(2, 3)};
    const Answer answer = house.sell(basket_of("ann", lines, "k-1"));
    CHECK(answer.outcome == Outcome::confirmed);
    CHECK(answer.durable);
    CHECK(answer.number == OrderNumber::make({0}, 1));
    CHECK(answer.quantity == 6);
    CHECK(answer.unit_price == 2 * 100 + 101 + 3 * 102);
    REQUIRE(answer.lines.size() == 3);
    CHECK(answer.lines[2].unit_price == 102);
    CHECK(house.stock({0}).sold == 2);
    CHECK(house.stock({1}).sold == 1);
    CHECK(house.stock({2}).sold == 3);

    const Answer again = house.sell(basket_of("ann", lines, "k-1"));
    CHECK(again.replayed);
    CHECK(again.number == answer.number);
    CHECK(again.lines.size() == 3);
    const OrderLine other[] = {line(0, 2), line(1), line(2, 2)};
    CHECK(house.sell(basket_of("ann", other, "k-1")).outcome == Outcome::idempotency_key_reused);
    CHECK(house.sell(buy_of("ann", "k-1")).outcome == Outcome::idempotency_key_reused);
  }
}

TEST_CASE("a basket that cannot be had as a whole takes nothing, and the refusal names the line") {
  for (std::uint32_t shards = 1; shards <= 3; ++shards) {
    CAPTURE(shards);
    Estate estate(shop_with({5, 1, 5}, 2), {.shards = shards});
    House& house = *estate.house;
    REQUIRE(house.sell(buy_of("ben", {}, 1, {1})).outcome == Outcome::confirmed);
    const OrderLine sold_out[] = {line(0), line(1), line(2)};
    Answer answer = house.sell(basket_of("ann", sold_out));
    CHECK(answer.outcome == Outcome::sold_out);
    CHECK(answer.refused_line == OfferIndex{1});
    // The limit is asked before the stock, in whatever line.
    const OrderLine too_many[] = {line(0), line(1), line(2, 3)};
    answer = house.sell(basket_of("ann", too_many));
    CHECK(answer.outcome == Outcome::limit_reached);
    CHECK(answer.refused_line == OfferIndex{2});
    const OrderLine fine[] = {line(0), line(2)};
    Buy cheap = basket_of("ann", fine);
    cheap.expected_price = 201;
    answer = house.sell(cheap);
    CHECK(answer.outcome == Outcome::price_changed);
    CHECK(answer.price == 202);
    for (std::uint32_t offer : {0U, 2U}) {
      CHECK(house.stock({offer}).available == 5);
      CHECK(house.stock({offer}).held == 0);
    }
    cheap.expected_price = 202;
    CHECK(house.sell(cheap).outcome == Outcome::confirmed);
  }
}

TEST_CASE("every line of a basket is asked for the basket's region, segment and channel, in every shard") {
  for (std::uint32_t shards = 1; shards <= 3; ++shards) {
    CAPTURE(shards);
    CatalogChangeSet shop = shop_with({5, 5, 5});
    shop.campaigns[0].plan.audience = {.regions = {"de"}, .segments = {"gold"}, .channels = {"app"}};
    shop.offers[1].plan.audience.channels = {"app", "web"};
    Estate estate(shop, {.shards = shards});
    House& house = *estate.house;
    const OrderLine lines[] = {line(0), line(1), line(2)};
    Buy wanted = basket_of("ann", lines);
    wanted.region = "de";
    wanted.segment = "gold";
    CHECK(house.sell(wanted).outcome == Outcome::not_eligible);
    wanted.channel = "app";
    CHECK(house.sell(wanted).outcome == Outcome::confirmed);
    wanted.region = "fr";
    CHECK(house.sell(wanted).outcome == Outcome::not_eligible);
    for (std::uint32_t offer = 0; offer < 3; ++offer) {
      CHECK(house.stock({offer}).sold == 1);
      CHECK(house.stock({offer}).held == 0);
    }
  }
}

TEST_CASE("the end of the sale comes before the limit over the campaign, for a basket too") {
  Estate estate(shop_with({5, 5}, 0, 0, 2), {.shards = 2});
  const OrderLine lines[] = {line(0, 2), line(1, 2)};
  CHECK(estate.house->sell(basket_of("ann", lines)).outcome == Outcome::limit_reached);
  estate.clock.advance_ns(kCloses.ns - kOpens.ns);
  CHECK(estate.house->sell(basket_of("ann", lines)).outcome == Outcome::campaign_ended);
}

TEST_CASE("what is kept for a basket that is under way is nobody else's, and its key is taken") {
  Estate estate(shop_with({1, 1}), {.shards = 2});
  House& house = *estate.house;
  const OrderLine lines[] = {line(0), line(1)};
  house.ask(basket_of("ann", lines, "k-1"));
  house.shard(0).do_work();  // home has kept its line
  CHECK(house.stock({0}).held == 1);
  house.ask(buy_of("ben"));
  house.ask(basket_of("ann", lines, "k-1"));
  house.ask(buy_of("ann", "k-1"));
  house.shard(0).do_work();
  const auto meanwhile = house.answers();
  REQUIRE(meanwhile.size() == 3);
  CHECK(meanwhile[0].outcome == Outcome::all_held);
  CHECK(meanwhile[1].outcome == Outcome::request_in_flight);
  CHECK(meanwhile[2].outcome == Outcome::request_in_flight);
  house.settle();
  const auto answers = house.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].outcome == Outcome::confirmed);
  CHECK(house.stock({0}).sold == 1);
  CHECK(house.stock({1}).sold == 1);
}

TEST_CASE("a basket is written down only when all that it rests on is durable") {
  // The unit that the basket takes in shard 1 came back there, and that is not on the disk yet.
  Estate estate(shop_with({1, 1}, 0, 60), {.shards = 2});
  House& house = *estate.house;
  const Answer held = house.sell(buy_of("ben", {}, 1, {1}));
  REQUIRE(held.outcome == Outcome::held);
  house.ask_command(command_of(OrderAction::cancel, held.number));
  house.shard(1).do_work();
  const OrderLine lines[] = {line(0), line(1)};
  house.ask(basket_of("ann", lines));
  for (int cycle = 0; cycle < 5; ++cycle) house.decide();
  // Nothing of it stands in home's ring: a crash here may lose the cancellation, and then the basket too.
  CHECK(house.shard(0).ring().written() == house.shard(0).ring().durable());
  CHECK_FALSE(house.shard(0).has_work());
  house.write();
  CHECK(house.shard(0).has_work());  // or it would sleep over it
  house.settle();
  const auto answers = house.answers();
  REQUIRE(answers.size() == 2);
  CHECK(answers[1].outcome == Outcome::held);
}

TEST_CASE("a basket that is held is confirmed, cancelled, extended, expired and returned as a whole") {
  for (std::uint32_t shards = 1; shards <= 2; ++shards) {
    CAPTURE(shards);
    CatalogChangeSet shop = shop_with({2, 2}, 0, 60);
    shop.campaigns[0].hold_max_seconds = 120;
    Estate estate(shop, {.shards = shards});
    House& house = *estate.house;
    const OrderLine lines[] = {line(0), line(1, 2)};
    const Answer first = house.sell(basket_of("ann", lines));
    REQUIRE(first.outcome == Outcome::held);
    CHECK(house.stock({1}).held == 2);
    CHECK(house.sell(buy_of("ben", {}, 1, {1})).outcome == Outcome::all_held);
    CHECK(house.command(command_of(OrderAction::cancel, first.number)).status == OrderStatus::cancelled);
    CHECK(house.command(command_of(OrderAction::cancel, first.number)).outcome == Outcome::ok);
    CHECK(house.command(command_of(OrderAction::confirm, first.number)).outcome == Outcome::order_not_held);
    CHECK(house.stock({0}).available == 2);
    CHECK(house.stock({1}).available == 2);

    const Answer second = house.sell(basket_of("ann", lines));
    OrderCommand extend = command_of(OrderAction::extend, second.number);
    extend.seconds = 100;
    CHECK(house.command(extend).expires_at == after(kOpens, 100 * kNsPerSecond));
    estate.clock.advance_ns(99 * kNsPerSecond);
    house.settle();
    CHECK(house.stock({1}).held == 2);
    estate.clock.advance_ns(kNsPerSecond);
    house.settle();
    CHECK(house.stock({0}).held == 0);
    CHECK(house.stock({1}).held == 0);
    // Late, and nobody else has taken the units.
    OrderCommand confirm = command_of(OrderAction::confirm, second.number);
    confirm.payment = "pay-1";
    const Answer late = house.command(confirm);
    CHECK(late.outcome == Outcome::ok);
    CHECK(late.status == OrderStatus::confirmed);
    CHECK(house.stock({0}).sold == 1);
    CHECK(house.stock({1}).sold == 2);

    OrderCommand give_back = command_of(OrderAction::give_back, second.number);
    CHECK(house.command(give_back).outcome == Outcome::validation_failed);  // of which line?
    give_back.part = OfferIndex{1};
    give_back.quantity = 1;
    give_back.key = "r-1";
    CHECK(house.command(give_back).outcome == Outcome::ok);
    CHECK(house.command(give_back).replayed);
    CHECK(house.stock({1}).sold == 1);
    give_back.key = {};
    give_back.quantity = 2;
    CHECK(house.command(give_back).outcome == Outcome::validation_failed);
  }
}

TEST_CASE("a late confirmation of a basket whose units are partly gone leaves nothing behind but the debt") {
  Estate estate(shop_with({2, 1}, 0, 60), {.shards = 2});
  House& house = *estate.house;
  const OrderLine lines[] = {line(0, 2), line(1)};
  const Answer held = house.sell(basket_of("ann", lines));
  estate.clock.advance_ns(60 * kNsPerSecond);
  REQUIRE(house.sell(buy_of("ben", {}, 1, {1})).outcome == Outcome::held);
  OrderCommand confirm = command_of(OrderAction::confirm, held.number);
  confirm.payment = "pay-1";
  const Answer late = house.command(confirm);
  CHECK(late.outcome == Outcome::hold_expired);
  CHECK(late.refund_due);
  CHECK(house.stock({0}).available == 2);
  CHECK(house.stock({1}).held == 1);
  estate.clock.advance_ns(60 * kNsPerSecond);
  CHECK(house.command(confirm).outcome == Outcome::hold_expired);  // owed is owed
  CHECK(house.stock({0}).available == 2);
}

TEST_CASE("a late confirmation is asked for the units of every line before the limits of any") {
  for (std::uint32_t shards = 1; shards <= 2; ++shards) {
    for (const std::uint32_t gone : {0U, 1U}) {
      CAPTURE(shards, gone);
      const std::uint32_t limited = 1 - gone;
      std::vector<std::int64_t> stock(2, 1);
      stock[limited] = 2;
      Estate estate(shop_with(stock, 1, 60), {.shards = shards});
      House& house = *estate.house;
      const OrderLine lines[] = {line(0), line(1)};
      const Answer held = house.sell(basket_of("ann", lines));
      REQUIRE(held.outcome == Outcome::held);
      estate.clock.advance_ns(60 * kNsPerSecond);
      REQUIRE(house.sell(buy_of("ann", {}, 1, {limited})).outcome == Outcome::held);
      OrderCommand confirm = command_of(OrderAction::confirm, held.number);
      CHECK(house.command(confirm).outcome == Outcome::limit_reached);
      REQUIRE(house.sell(buy_of("ben", {}, 1, {gone})).outcome == Outcome::held);
      confirm.payment = "pay-1";
      const Answer late = house.command(confirm);
      CHECK(late.outcome == Outcome::hold_expired);
      CHECK(late.refused_line == OfferIndex{gone});
      CHECK(late.refund_due);
    }
  }
}

TEST_CASE("the limit over the campaign counts a basket's units together, across shards") {
  for (std::uint32_t shards = 1; shards <= 3; ++shards) {
    CAPTURE(shards);
    Estate estate(shop_with({9, 9, 9}, 0, 0, 4), {.shards = shards});
    House& house = *estate.house;
    const OrderLine five[] = {line(0, 2), line(1, 2), line(2)};
    CHECK(house.sell(basket_of("ann", five)).outcome == Outcome::limit_reached);
    const OrderLine three[] = {line(0), line(1), line(2)};
    CHECK(house.sell(basket_of("ann", three)).outcome == Outcome::confirmed);
    CHECK(house.sell(buy_of("ann", {}, 2, {1})).outcome == Outcome::limit_reached);
    CHECK(house.sell(buy_of("ann", {}, 1, {1})).outcome == Outcome::confirmed);
    CHECK(house.sell(buy_of("ann", {}, 1, {2})).outcome == Outcome::limit_reached);
  }
}

TEST_CASE("an own hold that has run out is no obstacle to the limit over the campaign, timer or not") {
  for (const bool timer_first : {false, true}) {
    CAPTURE(timer_first);
    Estate estate(shop_with({5, 5}, 0, 60, 2), {.shards = 2});
    House& house = *estate.house;
    REQUIRE(house.sell(buy_of("ann", {}, 2)).outcome == Outcome::held);
    CHECK(house.sell(buy_of("ann", {}, 1, {1})).outcome == Outcome::limit_reached);
    estate.clock.advance_ns(60 * kNsPerSecond);
    if (timer_first) {
      house.decide();  // written down, and not on the disk: the units are not given back to other shards yet
    }
    const Answer answer = house.sell(buy_of("ann", {}, 2));
    CHECK(answer.outcome == Outcome::held);
    CHECK(house.stock({0}).held == 2);
    CHECK(house.sell(buy_of("ann", {}, 1, {1})).outcome == Outcome::limit_reached);
  }
}

TEST_CASE("baskets that want each other's units never lock up and strand nothing, in any order of steps") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    constexpr std::uint32_t kShards = 3;
    constexpr std::uint32_t kOffers = 6;
    Estate estate(shop_with(std::vector<std::int64_t>(kOffers, 10)), {.shards = kShards, .orders_max = 4000});
    House& house = *estate.house;
    std::vector<std::int64_t> sold(kOffers, 0);
    std::size_t asked = 0, answered = 0;
    const auto listen = [&] {
      for (const Answer& answer : house.answers()) {
        ++answered;
        if (answer.outcome != Outcome::confirmed) continue;
        for (const OrderLine& each : answer.lines) sold[each.offer.value] += each.quantity;
      }
    };
    while (asked < 300) {
      if (random() % 3 == 0 && house.door().in_use() < 200) {
        const auto a = static_cast<std::uint32_t>(random() % (kOffers - 1));
        const auto b = a + 1 + static_cast<std::uint32_t>(random() % (kOffers - 1 - a));
        const OrderLine lines[] = {line(a), line(b, 1 + static_cast<std::uint32_t>(random() % 2))};
        house.ask(basket_of("b-" + std::to_string(asked), lines));
        ++asked;
      }
      switch (random() % 5) {
        case 0:
          house.write();
          break;
        case 1:
          listen();
          break;
        default:
          house.shard(random() % kShards).do_work();
      }
    }
    house.settle();
    listen();
    REQUIRE(answered == asked);
    for (std::uint32_t i = 0; i < kOffers; ++i) {
      const OfferStock stock = house.stock({i});
      REQUIRE(stock.sold == sold[i]);
      REQUIRE(stock.held == 0);
      REQUIRE(stock.available == 10 - sold[i]);
    }
    REQUIRE(sold[0] + sold[1] + sold[2] + sold[3] + sold[4] + sold[5] > 40);
  }
}

// What the journal says of baskets is whole at every record at which it can end.
TEST_CASE("a basket killed at every write and sync is there as a whole or not at all") {
  std::uint64_t points = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    MemoryStorage storage;
    ManualClock clock(kOpens);
    const CatalogChangeSet shop = shop_with({9, 9, 9}, 0, 60);
    std::vector<Answer> promised;
    bool died = false;
    {
      auto started = House::start(storage, clock, shop, {.shards = 3});
      REQUIRE(started.has_value());
      House& house = **started;
      storage.fail_nth(StorageOperation::any, nth);
      const OrderLine lines[] = {line(0), line(1, 2), line(2)};
      for (int i = 0; i < 4; ++i) {
        house.ask(basket_of("b-" + std::to_string(i), lines, "k-" + std::to_string(i)));
        house.ask(buy_of("s-" + std::to_string(i), {}, 1, {static_cast<std::uint32_t>(i % 3)}));
        house.settle();
        for (const Answer& answer : house.answers()) {
          if (answer.outcome == Outcome::held && answer.durable) promised.push_back(answer);
        }
        if (i % 2 == 1 && !promised.empty()) {
          house.ask_command(command_of(OrderAction::confirm, promised.front().number));
          house.settle();
          house.answers();
        }
      }
      died = house.journal().failed();
    }
    storage.crash(nth);
    auto again = House::start(storage, clock, shop, {.shards = 1 + static_cast<std::uint32_t>(nth % 3)});
    REQUIRE(again.has_value());
    House& house = **again;
    for (const Answer& answer : promised) REQUIRE(house.owner(answer.number.offer()).find(answer.number));
    std::vector<std::int64_t> taken(3, 0);
    for (std::uint32_t offer = 0; offer < 3; ++offer) {
      for (std::uint64_t ordinal = 1;; ++ordinal) {
        const auto slot = house.owner({offer}).find(OrderNumber::make({offer}, ordinal));
        if (!slot) break;
        const Order order = house.owner({offer}).order(*slot);
        if (order.lines.empty()) taken[offer] += order.quantity;
        for (const OrderLine& each : order.lines) taken[each.offer.value] += each.quantity;
      }
    }
    for (std::uint32_t offer = 0; offer < 3; ++offer) {
      REQUIRE(house.stock({offer}).held + house.stock({offer}).sold == taken[offer]);
    }
    points = nth;
    if (!died) break;
  }
  CHECK(points > 10);
}

}  // namespace
}  // namespace doorbuster
