// What the journal says is taken or refused whole, and the state it leads to is the same everywhere.
#include <random>
#include <set>

#include "doorbuster/model/record.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

BuyHashes hashes_of(const Order& order) {
  Buy buy = buy_of(order.buyer, order.key);
  buy.offer = order.number.offer();
  return hash_buy(kTableKey, buy);
}

bool applies(Engine& engine, const Order& order) {
  OrderSlot slot;
  return engine.apply(order, hashes_of(order), slot);
}

TEST_CASE("an order that cannot have been decided here is refused, and nothing has changed") {
  Till till(catalog_of({campaign_put(0)}, {offer_put(0, 5), offer_put(1, 5)}), 3);
  Order order = till.sell(buy_of("ann", "k-1", 2)).order;
  Engine& engine = till.engine();
  const std::uint64_t before = engine.state_hash();
  const auto refused = [&](auto edit) {
    Order next = order;
    next.number = OrderNumber::make({0}, 2);
    next.key = "k-2";
    edit(next);
    return !applies(engine, next) && engine.state_hash() == before;
  };
  CHECK(refused([](Order& next) { next.number = OrderNumber::make({0}, 1); }));  // given already
  CHECK(refused([](Order& next) { next.number = OrderNumber::make({0}, 3); }));  // one is missing
  CHECK(refused([](Order& next) { next.number = OrderNumber::make({0}, 0); }));
  CHECK(refused([](Order& next) { next.number = OrderNumber::make({2}, 1); }));  // no such offer
  CHECK(refused([](Order& next) { next.number = {~0ULL}; }));
  CHECK(refused([](Order& next) { next.quantity = 4; }));  // more than is there
  CHECK(refused([](Order& next) { next.key = "k-1"; }));   // a second order under one key
  CHECK(applies(engine, [&] {
    Order next = order;
    next.number = OrderNumber::make({0}, 2);
    next.key = "k-2";
    return next;
  }()));
}

TEST_CASE("an order beyond the table, or of another shard's offer, is refused") {
  Till full(catalog_of({campaign_put(0)}, {offer_put(0, 5)}), 1);
  Order order = full.sell(buy_of("ann")).order;
  order.number = OrderNumber::make({0}, 2);
  CHECK_FALSE(applies(full.engine(), order));

  Allowances allowances(10);
  Engine second(
      {.shard = 1, .shards = 2, .orders_max = 10, .table_key = kTableKey, .allowances = &allowances});
  second.install(catalog_of({campaign_put(0)}, {offer_put(0, 5), offer_put(1, 5)}));
  CHECK(second.owns({1}));
  CHECK_FALSE(second.owns({0}));
  order.number = OrderNumber::make({0}, 1);
  CHECK_FALSE(applies(second, order));
  order.number = OrderNumber::make({1}, 1);
  CHECK(applies(second, order));
}

TEST_CASE("find() finds every order by its number and nothing else") {
  Till till(catalog_of({campaign_put(0)}, {offer_put(0, 50), offer_put(1, 50)}));
  for (std::uint32_t i = 0; i < 40; ++i) {
    REQUIRE(till.sell(buy_of("ann", {}, 1, {i % 2})).outcome == Outcome::confirmed);
  }
  for (std::uint32_t offer = 0; offer < 2; ++offer) {
    for (std::uint64_t ordinal = 1; ordinal <= 20; ++ordinal) {
      const auto slot = till.engine().find(OrderNumber::make({offer}, ordinal));
      REQUIRE(slot.has_value());
      CHECK(till.engine().order(*slot).number == OrderNumber::make({offer}, ordinal));
    }
    CHECK_FALSE(till.engine().find(OrderNumber::make({offer}, 0)).has_value());
    CHECK_FALSE(till.engine().find(OrderNumber::make({offer}, 21)).has_value());
  }
  CHECK_FALSE(till.engine().find(OrderNumber::make({2}, 1)).has_value());
}

TEST_CASE("visit_limit_keys shows what each name is counted under, in each offer and campaign with a limit") {
  CampaignPut campaign = campaign_put(0);
  campaign.limit_per_buyer_total = 9;
  Till till(catalog_of({campaign}, {offer_put(0, 50), offer_put(1, 50)}));
  const Hash128 card = hash_identity(kTableKey, "card:1");
  Buy with_card = buy_of("ben");
  with_card.identities = {&card, 1};
  REQUIRE(till.sell(buy_of("ann")).outcome == Outcome::confirmed);
  REQUIRE(till.sell(with_card).outcome == Outcome::confirmed);
  REQUIRE(till.sell(buy_of("ann")).outcome == Outcome::confirmed);
  REQUIRE(till.sell(buy_of("ann", {}, 1, {1})).outcome == Outcome::confirmed);

  const auto ann = hash_buy(kTableKey, buy_of("ann")).buyer, ben = hash_buy(kTableKey, buy_of("ben")).buyer;
  std::set<std::pair<std::uint64_t, std::uint64_t>> expected, seen;
  const auto word = [](const Hash128& key) { return std::pair(key.low, key.high); };
  for (const Hash128& name : {ann, ben, card}) {
    expected.insert({word(offer_limit_key(name, {0})), word(campaign_limit_key(name, {0}))});
  }
  expected.insert(word(offer_limit_key(ann, {1})));
  till.engine().visit_limit_keys([&](const Hash128& key) { seen.insert(word(key)); });
  CHECK(expected.size() == 7);
  CHECK(seen == expected);
}

// Orders as the journal has them: bytes and ticks.
struct Recorded {
  std::string payload;
  RecordInfo info;
};

std::vector<Recorded> sell_at_random(Till& till, std::uint32_t offers, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Recorded> records;
  for (int i = 0; i < 400; ++i) {
    const std::string buyer = "b-" + std::to_string(random() % 40);
    const std::string key = random() % 3 == 0 ? std::string() : "k-" + std::to_string(random() % 300);
    Buy buy = buy_of(buyer, key, static_cast<std::uint32_t>(1 + random() % 3),
                     {static_cast<std::uint32_t>(random() % offers)});
    const std::string reference(random() % 20, 'r');
    buy.reference = reference;
    const Decision decision = till.sell(buy, after(kOpens, i));
    if (decision.outcome != Outcome::confirmed || decision.replayed) continue;
    std::string payload(order_payload_bytes(decision.order), '\0');
    encode(decision.order, std::as_writable_bytes(std::span(payload)));
    records.push_back({payload,
                       {.kind = order_record_kind(decision.order),
                        .version = order_record_version(decision.order),
                        .tick = decision.order.decided_at}});
  }
  return records;
}

TEST_CASE("replaying the records into any number of shards gives the same state") {
  std::vector<OfferPut> offers;
  for (std::uint32_t i = 0; i < 7; ++i) offers.push_back(offer_put(i, 30 + i));
  const CatalogPointer catalog = catalog_of({campaign_put(0, 4)}, offers);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Till till(catalog, 1000);
    const auto records = sell_at_random(till, 7, seed);
    REQUIRE(records.size() > 50);
    for (std::uint32_t shards = 1; shards <= 9; ++shards) {
      Allowances allowances(1000);
      std::vector<std::unique_ptr<Engine>> engines;
      for (std::uint32_t shard = 0; shard < shards; ++shard) {
        engines.push_back(std::make_unique<Engine>(EngineOptions{.shard = shard,
                                                                 .shards = shards,
                                                                 .orders_max = 1000,
                                                                 .table_key = kTableKey,
                                                                 .allowances = &allowances}));
        engines.back()->install(catalog);
      }
      for (const Recorded& record : records) {
        OrderLists lists;
        const auto order = decode_order(std::as_bytes(std::span(record.payload)), record.info, lists);
        REQUIRE(order.has_value());
        REQUIRE(applies(*engines[owner_shard(order->number.offer(), shards)], *order));
      }
      std::uint64_t sum = 0;
      for (const auto& engine : engines) sum += engine->state_hash();
      CAPTURE(seed, shards);
      REQUIRE(sum == till.engine().state_hash());
    }
  }
}

TEST_CASE("the state hash sees every part of an order and of the stock") {
  const CatalogPointer catalog = catalog_of({campaign_put(0)}, {offer_put(0, 5), offer_put(1, 5)});
  const auto hash_with = [&](auto edit) {
    Till till(catalog);
    Order order = till.look(buy_of("ann", "k-1")).order;
    edit(order);
    REQUIRE(applies(till.engine(), order));
    return till.engine().state_hash();
  };
  const std::uint64_t plain = hash_with([](Order&) {});
  CHECK(plain == hash_with([](Order&) {}));
  CHECK(plain != Till(catalog).engine().state_hash());
  CHECK(plain != hash_with([](Order& order) { order.number = OrderNumber::make({1}, 1); }));
  CHECK(plain != hash_with([](Order& order) { order.quantity = 2; }));
  CHECK(plain != hash_with([](Order& order) { order.unit_price = 1; }));
  CHECK(plain != hash_with([](Order& order) { order.expected_price = 1; }));
  CHECK(plain != hash_with([](Order& order) { order.decided_at = after(kOpens, 1); }));
  CHECK(plain != hash_with([](Order& order) { order.buyer = "ben"; }));
  CHECK(plain != hash_with([](Order& order) { order.key = "k-2"; }));
  CHECK(plain != hash_with([](Order& order) { order.reference = "r"; }));
  CHECK(plain != hash_with([](Order& order) { order.channel = "c"; }));
  // A letter that moves from one text to the next is another order.
  CHECK(hash_with([](Order& order) {
          order.channel = "ab";
          order.region = "c";
        }) != hash_with([](Order& order) {
          order.channel = "a";
          order.region = "bc";
        }));
}

}  // namespace
}  // namespace doorbuster
