// The second set of books finds what is wrong, nothing else, and stops only what is broken. That sound books
// are never called wrong is also asked at every step of every random sale, see World::check_engines().

#include "support/engine_breaker.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr OfferIndex kTv{0}, kRadio{1};

// Two offers that sell by hold; orders of both in several states.
class Books : public Till {
 public:
  Books() : Till(shop()), breaker(engine()) {
    for (const char* buyer : {"ann", "ben", "cid", "dan"}) REQUIRE(hold(buyer, kTv) == Outcome::held);
    REQUIRE(hold("eve", kRadio) == Outcome::held);
    happens(OrderEventKind::confirmed, 1, 2);
    happens(OrderEventKind::cancelled, 2);
    happens(OrderEventKind::confirmed, 3, 1);
    happens(OrderEventKind::returned, 1, 1);
  }

  Outcome hold(std::string_view buyer, OfferIndex offer) { return sell(buy_of(buyer, {}, 2, offer)).outcome; }
  void happens(OrderEventKind kind, std::uint64_t ordinal, std::uint32_t quantity = 0) {
    OrderEvent event;
    event.kind = kind;
    event.order = OrderNumber::make(kTv, ordinal);
    event.tick = after(kOpens, kNsPerSecond);
    event.quantity = quantity;
    event.restock = kind == OrderEventKind::returned;
    Applied applied;
    REQUIRE(engine().apply(event, applied));
  }
  void finish_round() {
    while (!engine().audit(1)) {
    }
  }
  const std::vector<BooksFault>& faults() const { return engine().books_audit().faults(); }

  EngineBreaker breaker;

 private:
  static CatalogPointer shop() {
    CampaignPut campaign = campaign_put(0, 2);
    campaign.hold_seconds = campaign.hold_max_seconds = 60;
    return catalog_of({campaign}, {offer_put(0, 100), offer_put(1, 100)});
  }
};

TEST_CASE("sound books are found sound, round after round, at whatever step the sale goes on") {
  constexpr std::size_t steps_of_a_round = 5 + 2;
  for (std::size_t before = 0; before <= 2 * steps_of_a_round; ++before) {
    CAPTURE(before);
    Books books;
    for (std::size_t i = 0; i < before; ++i) books.engine().audit(1);
    books.happens(OrderEventKind::cancelled, 4);  // walked already, or not yet
    books.happens(OrderEventKind::returned, 3, 1);
    REQUIRE(books.hold("fay", kTv) == Outcome::held);  // there was no such order when the round began
    books.finish_round();
    books.finish_round();
    CHECK(books.faults().empty());
    CHECK(books.engine().books_audit().rounds() >= 2);
  }
}

TEST_CASE("an offer whose counters are not what its orders come to is found and sold no more") {
  const auto breaks = GENERATE(as<std::string>(), "held", "sold", "number", "row", "below zero", "too many");
  CAPTURE(breaks);
  Books books;
  if (breaks == "held") books.breaker.add_held(kTv, 1);
  if (breaks == "sold") books.breaker.add_sold(kTv, -1);
  if (breaks == "number") books.breaker.add_number(kTv);
  if (breaks == "row") books.breaker.set_quantity({3}, 1);
  if (breaks == "below zero") books.breaker.add_held(kTv, -10);
  if (breaks == "too many") books.breaker.add_sold(kTv, 100);
  books.finish_round();
  REQUIRE(books.faults().size() == 1);
  const BooksFault& fault = books.faults().front();
  CHECK(fault.offer == kTv);
  const bool bounds = breaks == "below zero" || breaks == "too many";
  CHECK(fault.kind == (bounds ? BooksFault::Kind::bounds : BooksFault::Kind::units));
  CHECK_FALSE(fault.counters == fault.orders);

  CHECK(books.look(buy_of("gus", {}, 1, kTv)).outcome == Outcome::campaign_paused);
  CHECK(books.engine().availability(kTv, kOpens) == Availability::stopped);
  // What is sound goes on, and what is known is not told again.
  CHECK(books.hold("gus", kRadio) == Outcome::held);
  books.finish_round();
  CHECK(books.faults().size() == 1);
  // A new catalog does not make it whole.
  books.engine().install(books.engine().catalog());
  CHECK(books.look(buy_of("gus", {}, 1, kTv)).outcome == Outcome::campaign_paused);
}

TEST_CASE("an order whose units its buyer is not charged for is found") {
  Books books;
  const Hash128 buyer = hash_buy(kTableKey, buy_of("dan", {}, 2, kTv)).buyer;
  books.breaker.forget_units(offer_limit_key(buyer, kTv), 1);
  books.finish_round();
  REQUIRE(books.faults().size() == 1);
  CHECK(books.faults().front().kind == BooksFault::Kind::limit);
  CHECK(books.look(buy_of("dan", {}, 1, kTv)).outcome == Outcome::campaign_paused);
}

}  // namespace
}  // namespace doorbuster
