// What a start of the engine on its folder changes: the numbers of the orders that come, and nothing else.
#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr std::uint64_t kSkipped = OrderNumber::kOrdinalsPerStart;

CatalogPointer two_offers() {
  return catalog_of({campaign_put(0)}, {offer_put(0, 10), offer_put(1, 10)});
}

TEST_CASE("no number is given by two starts, although what was told may not have lasted") {
  Till till(two_offers());
  till.engine().begin_start(1);
  CHECK(till.sell(buy_of("ann")).order.number == OrderNumber::make({0}, 1));
  CHECK(till.sell(buy_of("ben")).order.number == OrderNumber::make({0}, 2));
  // The second and the third start may each have told numbers that were lost: of an offer that has sold, and
  // of one that has not.
  till.engine().begin_start(4);
  Buy other = buy_of("ann");
  other.offer = {1};
  CHECK(till.look(buy_of("eve")).order.number == OrderNumber::make({0}, 3 * kSkipped + 3));
  CHECK(till.sell(other).order.number == OrderNumber::make({1}, 3 * kSkipped + 1));
}

TEST_CASE("an offer that comes while the engine runs numbers its orders as the others do") {
  Till till(catalog_of({campaign_put(0)}, {offer_put(0, 10)}));
  till.engine().begin_start(3);
  till.engine().install(two_offers());
  Buy other = buy_of("ann");
  other.offer = {1};
  CHECK(till.sell(other).order.number == OrderNumber::make({1}, 2 * kSkipped + 1));
  CHECK(till.sell(buy_of("ann")).order.number == OrderNumber::make({0}, 2 * kSkipped + 1));
}

TEST_CASE("recovery takes the numbers that a start has given, and none of a start before") {
  Till till(two_offers());
  till.engine().begin_start(3);
  const Buy buy = buy_of("ann");
  const Order order = till.look(buy).order;

  Till again(two_offers());
  OrderSlot slot;
  CHECK_FALSE(again.engine().apply(order, hash_buy(kTableKey, buy), slot));
  REQUIRE(again.engine().skip_numbers({0}, 3));
  REQUIRE(again.engine().apply(order, hash_buy(kTableKey, buy), slot));
  CHECK_FALSE(again.engine().skip_numbers({0}, 2));
  CHECK_FALSE(again.engine().skip_numbers({0}, kStartsMax + 1));
  till.sell(buy);
  // The start alone is no state: what is read does not depend on who reads it.
  till.engine().begin_start(7);
  CHECK(again.engine().state_hash() == till.engine().state_hash());
}

TEST_CASE("a number that a start has left out is nobody's order") {
  Till till(two_offers());
  till.engine().begin_start(1);
  till.sell(buy_of("ann"));
  const OrderNumber lost = till.look(buy_of("ben")).order.number;
  till.engine().begin_start(2);
  const OrderNumber kept = till.sell(buy_of("eve")).order.number;
  OrderSlot slot;
  CHECK(till.engine().find(lost, kOpens, slot) == Outcome::order_not_found);
  CHECK(till.engine().find(kept, kOpens, slot) == Outcome::ok);
}

TEST_CASE("what a checkpoint saves of an offer goes on with its numbers") {
  Till till(two_offers());
  till.engine().begin_start(2);
  till.sell(buy_of("ann"));
  SavedOffer saved = till.engine().saved_offer({0});
  CHECK(saved.orders == 1);
  CHECK(saved.start == 2);

  Till again(two_offers());
  REQUIRE(again.engine().restore(saved));
  again.engine().begin_start(3);
  CHECK(again.look(buy_of("ben")).order.number == OrderNumber::make({0}, 2 * kSkipped + 2));
  for (const std::uint32_t impossible : {0U, kStartsMax + 1}) {
    saved.start = impossible;
    CHECK_FALSE(Till(two_offers()).engine().restore(saved));
  }
  saved.start = 2;
  REQUIRE(Till(two_offers()).engine().restore(saved));
  SavedOffer more = saved;
  more.forgotten_orders = 2;  // of one
  CHECK_FALSE(Till(two_offers()).engine().restore(more));
  for (const std::int64_t sold : {std::int64_t{2}, std::int64_t{-1}, INT64_MIN}) {
    more = saved;
    more.forgotten_sold = sold;
    CHECK_FALSE(Till(two_offers()).engine().restore(more));
  }
  more = saved;
  more.orders = 1ULL << OrderNumber::kOrdinalBits;
  CHECK_FALSE(Till(two_offers()).engine().restore(more));
}

}  // namespace
}  // namespace doorbuster
