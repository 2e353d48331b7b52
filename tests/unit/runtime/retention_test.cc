// Orders that are over leave the books and the memory, and nobody can tell when exactly.
#include <random>

#include "support/house.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kDayNs = 86'400 * kNsPerSecond;
constexpr std::int64_t kRetentionNs = std::int64_t{kOrderRetentionSecondsDefault} * kNsPerSecond;

struct Sale {
  std::uint32_t hold_seconds = 0, limit_total = 0;
  std::int64_t days = 365;
  std::int64_t stock = 100;
};

CatalogChangeSet shop_with(const Sale& sale, std::uint32_t offers = 1) {
  CampaignPut campaign = campaign_put(0);
  campaign.hold_seconds = campaign.hold_max_seconds = campaign.offer_seconds = sale.hold_seconds;
  campaign.limit_per_buyer_total = sale.limit_total;
  campaign.ends_at = after(kOpens, sale.days * kDayNs);
  CatalogChangeSet shop = {{campaign}, {}};
  for (std::uint32_t i = 0; i < offers; ++i) shop.offers.push_back(offer_put(i, sale.stock, 100));
  return shop;
}

OrderCommand command_of(OrderAction action, OrderNumber order) {
  OrderCommand command;
  command.action = action;
  command.order = order;
  return command;
}

Answer look_at(House& house, OrderNumber order) {
  house.ask_order(order);
  house.settle();
  const auto all = house.answers();
  REQUIRE(all.size() == 1);
  return all.front();
}

std::uint64_t forgotten(House& house) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < house.shards(); ++i) sum += house.shard(i).metrics().forgotten_orders.value();
  return sum;
}

// Another process reads what this one wrote.
void restart_is_equal(Estate& estate, const CatalogChangeSet& shop, const HouseOptions& options) {
  REQUIRE(estate.house->stop().has_value());
  const std::uint64_t hash = estate.house->hash();
  estate.house.reset();
  estate.storage.kill();
  auto again = House::start(estate.storage, estate.clock, shop, options);
  INFO((again ? std::string() : again.error().message));
  REQUIRE(again.has_value());
  estate.house = std::move(*again);
  CHECK(estate.house->hash() == hash);
}

TEST_CASE(
    "a key is the order's until the retention is over, then it is a new buy, before any sweeper was there") {
  const CatalogChangeSet shop = shop_with({});
  Estate estate(shop);
  const Answer first = estate.house->sell(buy_of("ann", "k-1", 2));
  estate.clock.advance_ns(kRetentionNs - 1);
  CHECK(estate.house->sell(buy_of("ann", "k-1", 2)).replayed);
  CHECK(look_at(*estate.house, first.number).outcome == Outcome::ok);
  estate.clock.advance_ns(1);

  estate.house->ask_order(first.number);
  estate.house->ask(buy_of("ann", "k-1", 3));
  estate.house->settle();
  const auto answers = estate.house->answers();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].outcome == Outcome::order_gone);
  CHECK(answers[1].outcome == Outcome::confirmed);
  CHECK_FALSE(answers[1].replayed);
  CHECK(answers[1].number == OrderNumber::make({0}, 2));
  CHECK(look_at(*estate.house, OrderNumber::make({0}, 3)).outcome == Outcome::order_not_found);
  CHECK(estate.house->command(command_of(OrderAction::cancel, first.number)).outcome == Outcome::order_gone);
  CHECK(estate.house->stock({0}).sold == 5);
  restart_is_equal(estate, shop, {.shards = 3});
  CHECK(look_at(*estate.house, first.number).outcome == Outcome::order_gone);
  CHECK(estate.house->sell(buy_of("ann", "k-1", 3)).replayed);
}

TEST_CASE("without orders nobody wakes up, and with some not before the first is over") {
  const CatalogChangeSet shop = shop_with({});
  Estate estate(shop);
  House& house = *estate.house;
  // As long as something has changed the books are audited, a little at a time.
  std::int64_t spent_ns = 0;
  const auto end_audit = [&] {
    while (house.shard().sleep_at_most_ns() == 10 * kNsPerMillisecond) {
      estate.clock.advance_ns(kNsPerMillisecond);
      spent_ns += kNsPerMillisecond;
      house.settle();
    }
  };
  house.settle();
  end_audit();
  CHECK(house.shard().sleep_at_most_ns() == Agent::kUntilCalled);
  CHECK_FALSE(house.shard().has_work());
  const Answer order = house.sell(buy_of("ann"));
  spent_ns = 0;
  house.settle();
  end_audit();
  CHECK_FALSE(house.shard().has_work());
  CHECK(house.shard().sleep_at_most_ns() == 3600 * kNsPerSecond);
  estate.clock.advance_ns(kRetentionNs - spent_ns - 5);
  CHECK_FALSE(house.shard().has_work());
  CHECK(house.shard().sleep_at_most_ns() == 5);
  estate.clock.advance_ns(5);
  CHECK(house.shard().has_work());
  house.settle();
  CHECK(forgotten(house) == 1);
  CHECK(house.shard().metrics().orders.value() == 0);
  CHECK(house.owner({0}).orders() == 0);
  end_audit();
  CHECK(house.shard().sleep_at_most_ns() == Agent::kUntilCalled);
  CHECK(look_at(house, order.number).outcome == Outcome::order_gone);
  restart_is_equal(estate, shop, {});
}

TEST_CASE("units on their way back to a name keep their order until they are there: its key has to wait") {
  const CatalogChangeSet shop = shop_with({.hold_seconds = 60, .limit_total = 2});
  Estate estate(shop);
  House& house = *estate.house;
  const Answer first = house.sell(buy_of("ann", "k-1", 2));
  house.ask_command(command_of(OrderAction::cancel, first.number));
  house.decide();
  estate.clock.advance_ns(kRetentionNs);
  house.ask(buy_of("ben", "k-1", 2));
  house.decide();
  CHECK(forgotten(house) == 0);
  const auto answers = house.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].outcome == Outcome::overloaded);
  house.settle();
  CHECK(house.answers().size() == 1);
  CHECK(house.sell(buy_of("ben", "k-1", 2)).outcome == Outcome::held);
  CHECK(house.sell(buy_of("ann", {}, 2)).outcome == Outcome::held);
  restart_is_equal(estate, shop, {});
}

TEST_CASE("an order that nobody has made durable yet can be forgotten: its records stand in one ring") {
  const CatalogChangeSet shop = shop_with({});
  Estate estate(shop);
  House& house = *estate.house;
  house.ask(buy_of("ann", "k-1"));
  house.decide();
  estate.clock.advance_ns(kRetentionNs);
  house.ask(buy_of("ben", "k-1"));
  house.decide();
  CHECK(forgotten(house) == 1);
  house.settle();
  const auto answers = house.answers();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].number == OrderNumber::make({0}, 1));
  CHECK(answers[0].buyer == "ann");
  CHECK(answers[1].number == OrderNumber::make({0}, 2));
  restart_is_equal(estate, shop, {});
}

TEST_CASE("a hold that ran out while nobody was there is written down, forgotten, and its key is new") {
  const CatalogChangeSet shop = shop_with({.hold_seconds = 60, .stock = 1});
  Estate estate(shop);
  const Answer first = estate.house->sell(buy_of("ann", "k-1"));
  CHECK(first.outcome == Outcome::held);
  estate.clock.advance_ns(60 * kNsPerSecond + kRetentionNs);
  // No timer runs before the first question.
  estate.house->ask(buy_of("ben", "k-1"));
  estate.house->settle();
  const auto answers = estate.house->answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].outcome == Outcome::held);
  CHECK(answers[0].number == OrderNumber::make({0}, 2));
  CHECK(look_at(*estate.house, first.number).outcome == Outcome::order_gone);
  CHECK(estate.house->stock({0}).held == 1);
  restart_is_equal(estate, shop, {.shards = 2});
}

TEST_CASE("a name has its units of a campaign back once, though its order's slot is another's by then") {
  const CatalogChangeSet shop = shop_with({.hold_seconds = 60, .limit_total = 2});
  Estate estate(shop);
  House& house = *estate.house;
  const Answer first = house.sell(buy_of("ann", "k-1", 2));
  house.command(command_of(OrderAction::cancel, first.number));
  estate.clock.advance_ns(kRetentionNs);
  CHECK(house.sell(buy_of("ben", "k-1", 2)).outcome == Outcome::held);
  CHECK(house.owner({0}).orders() == 1);
  CHECK(house.sell(buy_of("ben", {}, 1)).outcome == Outcome::limit_reached);
  CHECK(house.sell(buy_of("ann", {}, 2)).outcome == Outcome::held);
  CHECK(house.sell(buy_of("ann", {}, 1)).outcome == Outcome::limit_reached);
  restart_is_equal(estate, shop, {.shards = 2});
}

TEST_CASE(
    "what counts for a limit is remembered until its campaign is long over, then it counts for nothing") {
  const CatalogChangeSet shop = shop_with({.limit_total = 2, .days = 100});
  Estate estate(shop);
  House& house = *estate.house;
  const Answer first = house.sell(buy_of("ann", "k-1", 2));
  estate.clock.advance_ns(99 * kDayNs);
  CHECK(house.sell(buy_of("ann", "k-1", 2)).replayed);
  CHECK(house.sell(buy_of("ann", {}, 1)).outcome == Outcome::limit_reached);
  estate.clock.advance_ns(kDayNs + kRetentionNs + kDayNs - 1);
  CHECK(look_at(house, first.number).outcome == Outcome::ok);
  estate.clock.advance_ns(1);
  CHECK(look_at(house, first.number).outcome == Outcome::order_gone);
  estate.clock.advance_ns(kNsPerSecond);
  house.settle();
  CHECK(house.owner({0}).orders() == 0);
  CHECK(house.owner({0}).names() == 0);
  restart_is_equal(estate, shop, {});
}

TEST_CASE("a basket goes as a whole at its home, and its lines a minute later") {
  for (std::uint32_t shards = 1; shards <= 3; ++shards) {
    CAPTURE(shards);
    const CatalogChangeSet shop = shop_with({}, 3);
    const HouseOptions options = {.shards = shards};
    Estate estate(shop, options);
    House& house = *estate.house;
    const OrderLine lines[] = {
        {.offer = {0}, .quantity = 1}, {.offer = {1}, .quantity = 2}, {.offer = {2}, .quantity = 1}};
    const Answer basket = house.sell(basket_of("ann", lines, "k-1"));
    REQUIRE(basket.outcome == Outcome::confirmed);
    estate.clock.advance_ns(kRetentionNs - kDayNs);
    // All of it is remembered from its last event on, also the lines that did not come back.
    OrderCommand back = command_of(OrderAction::give_back, basket.number);
    back.part = OfferIndex{1};
    back.quantity = 2;
    back.key = "r-1";
    REQUIRE(house.command(back).outcome == Outcome::ok);
    estate.clock.advance_ns(kRetentionNs - 1);
    back.part = OfferIndex{2};
    back.quantity = 1;
    REQUIRE(house.command(back).outcome == Outcome::ok);
    CHECK(forgotten(house) == 0);

    // The second line had come back before, and nothing of it was left.
    estate.clock.advance_ns(kRetentionNs - 1);
    back.part = OfferIndex{0};
    back.key = "r-2";
    REQUIRE(house.command(back).outcome == Outcome::ok);
    CHECK(house.command(back).replayed);
    estate.clock.advance_ns(kRetentionNs);
    CHECK(look_at(house, basket.number).outcome == Outcome::order_gone);
    CHECK(house.sell(basket_of("ben", lines, "k-1")).outcome == Outcome::confirmed);
    CHECK(forgotten(house) == 1);
    estate.clock.advance_ns(kLineRetentionSeconds * kNsPerSecond);
    house.settle();
    CHECK(forgotten(house) == 4);
    std::uint64_t names = 0;
    for (std::uint32_t i = 0; i < shards; ++i) names += house.shard(i).engine().names();
    CHECK(names == 3);  // ben, in each offer
    restart_is_equal(estate, shop, {.shards = 4 - shards});
  }
}

TEST_CASE("what happens to a basket keeps all of its lines from being forgotten until it is settled") {
  const CatalogChangeSet shop = shop_with({}, 2);
  Estate estate(shop, {.shards = 2});
  House& house = *estate.house;
  const OrderLine lines[] = {{.offer = {0}, .quantity = 1}, {.offer = {1}, .quantity = 1}};
  const Answer basket = house.sell(basket_of("ann", lines));
  estate.clock.advance_ns(kRetentionNs - 1);
  OrderCommand back = command_of(OrderAction::give_back, basket.number);
  back.part = OfferIndex{0};
  house.ask_command(back);
  // Home asks, the other shard keeps its line, home records; and then the disk takes its time.
  for (int cycle = 0; cycle < 5; ++cycle) house.decide();
  estate.clock.advance_ns(2 * kRetentionNs);
  for (int cycle = 0; cycle < 5; ++cycle) {
    estate.clock.advance_ns(kNsPerSecond);
    house.decide();
  }
  CHECK(forgotten(house) == 0);
  CHECK(house.owner({1}).orders() == 1);
  house.settle();
  const auto answers = house.answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].outcome == Outcome::ok);
  estate.clock.advance_ns(kRetentionNs + 60 * kNsPerSecond);
  house.settle();
  CHECK(forgotten(house) == 3);
  restart_is_equal(estate, shop, {.shards = 1});
}

TEST_CASE("before a change all that is over is forgotten, however much it is and however small the ring") {
  constexpr std::uint32_t kOrders = 3'000;
  const CatalogChangeSet shop = shop_with({.stock = kOrders + 1});
  const HouseOptions options = {.orders_max = kOrders + 1, .ring_bytes = 8U << 10};
  Estate estate(shop, options);
  House& house = *estate.house;
  for (std::uint32_t i = 0; i < kOrders; ++i) {
    if (i == kOrders / 2) estate.clock.advance_ns(1);
    REQUIRE(house.sell(buy_of("ann")).outcome == Outcome::confirmed);
  }
  estate.clock.advance_ns(kRetentionNs - 1);
  house.shard().pause(true);
  int times = 0;
  while (!house.shard().forget_all()) {
    ++times;
    CHECK(house.write() != 0);
    house.decide();
  }
  CHECK(times >= 1);
  CHECK(house.owner({0}).orders() == kOrders / 2);
  CHECK(forgotten(house) == kOrders / 2);
  house.settle();
  CHECK(house.shard().forget_all());
  house.shard().pause(false);
  CHECK(house.sell(buy_of("ann")).outcome == Outcome::confirmed);
  restart_is_equal(estate, shop, options);
}

TEST_CASE("a sale without end needs no more memory than what it has to remember") {
  constexpr std::uint64_t kOrdersMax = 128, kMonths = 120, kPerMonth = 100;
  const CatalogChangeSet shop =
      shop_with({.hold_seconds = 600, .limit_total = 5, .days = 12'000, .stock = 100'000}, 3);
  const HouseOptions options = {.shards = 2, .orders_max = kOrdersMax};
  Estate estate(shop, options);
  std::mt19937_64 random(20261130);
  std::uint64_t orders = 0, texts_at_half = 0;
  const auto texts = [&] {
    std::uint64_t bytes = 0;
    for (std::uint32_t i = 0; i < 2; ++i) bytes += estate.house->owner({i}).store().text_bytes_touched();
    return bytes;
  };
  for (std::uint64_t month = 0; month < kMonths; ++month) {
    for (std::uint64_t i = 0; i < kPerMonth; ++i) {
      House& house = *estate.house;
      const std::string buyer = "b-" + std::to_string(random() % 1'000'000) + std::string(random() % 40, 'x');
      const std::string key = "k-" + std::to_string(i);  // the same each month
      const Answer order = house.sell(buy_of(buyer, key, 1, {static_cast<std::uint32_t>(random() % 3)}));
      REQUIRE(order.outcome == Outcome::held);
      REQUIRE_FALSE(order.replayed);
      ++orders;
      estate.clock.advance_ns(static_cast<std::int64_t>(random() % 120) * kNsPerSecond);
      const std::uint64_t fate = random() % 4;
      OrderCommand command = command_of(fate == 0 ? OrderAction::cancel : OrderAction::confirm, order.number);
      const std::string payment = "pay-" + std::to_string(orders);
      if (fate != 0) command.payment = payment;
      if (fate != 3) REQUIRE(house.command(command).outcome == Outcome::ok);
      if (fate == 1 || fate == 2) {
        OrderCommand back = command_of(OrderAction::give_back, order.number);
        back.key = "r-1";
        back.restock = fate == 1;
        REQUIRE(house.command(back).outcome == Outcome::ok);
      }
      // Nobody can have more than there is a limit for, whatever was forgotten.
      if (random() % 8 == 0) {
        const std::uint32_t had = fate == 3 ? 1 : 0;
        CHECK(house.sell(buy_of(buyer, {}, 6 - had)).outcome == Outcome::limit_reached);
      }
    }
    estate.clock.advance_ns(kRetentionNs + 600 * kNsPerSecond);
    estate.house->settle();
    estate.clock.advance_ns(kNsPerSecond);
    estate.house->settle();
    estate.house->make_room();
    for (std::uint32_t i = 0; i < 2; ++i) {
      REQUIRE(estate.house->owner({i}).orders() == 0);
      REQUIRE(estate.house->owner({i}).names() == 0);
      REQUIRE(estate.house->owner({i}).store().rows_used() <= kOrdersMax);
    }
    if (month == kMonths / 2) texts_at_half = texts();
    if (month % 40 == 39) restart_is_equal(estate, shop, options);
  }
  CHECK(orders == kMonths * kPerMonth);
  CHECK(texts() <= texts_at_half + texts_at_half / 8);
}

}  // namespace
}  // namespace doorbuster
