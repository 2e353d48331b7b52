// The one atomic step: which rule answers, and to the nanosecond when.
#include "support/shop.h"

namespace doorbuster {
namespace {

// What can be wrong with a buy, from the first rule to the last. Several at once: the first is the answer.
enum Fault : unsigned {
  kKeyReused = 1U << 0,
  kCampaignGone = 1U << 1,
  kOfferGone = 1U << 2,
  kTooEarly = 1U << 3,
  kTooLate = 1U << 4,
  kBadToken = 1U << 5,
  kOverLimit = 1U << 6,
  kPriceRose = 1U << 7,
  kSoldOut = 1U << 8,
  kTableFull = 1U << 9,
};
constexpr unsigned kFaults = 10;
constexpr Outcome kAnswers[kFaults] = {
    Outcome::idempotency_key_reused,
    Outcome::campaign_not_found,
    Outcome::sku_not_found,
    Outcome::campaign_not_started,
    Outcome::campaign_ended,
    Outcome::not_eligible,
    Outcome::limit_reached,
    Outcome::price_changed,
    Outcome::sold_out,
    Outcome::overloaded,
};

Outcome first_answer(unsigned faults) {
  for (unsigned rule = 0; rule < kFaults; ++rule) {
    if ((faults >> rule & 1) != 0) return kAnswers[rule];
  }
  return Outcome::confirmed;
}

// A shop in which ann has two units of two under key k-1, and where exactly these faults meet her next buy.
Outcome answer_with(unsigned faults) {
  CampaignPut campaign = campaign_put(0, 2);
  OfferPut offer = offer_put(0, 5, 4990);
  const std::uint64_t orders_max = (faults & kTableFull) != 0 ? 1 : 100;
  Till till(catalog_of({campaign}, {offer}), orders_max);
  REQUIRE(till.sell(buy_of("ann", "k-1", 2)).outcome == Outcome::confirmed);

  campaign.listed = (faults & kCampaignGone) == 0;
  offer.listed = (faults & kOfferGone) == 0;
  offer.price = (faults & kPriceRose) != 0 ? 5000 : 4000;
  offer.stock = (faults & kSoldOut) != 0 ? 2 : 5;
  till.engine().install(catalog_of({campaign}, {offer}, 2));

  Buy buy = buy_of((faults & kOverLimit) != 0 ? "ann" : "ben", (faults & kKeyReused) != 0 ? "k-1" : "k-2");
  buy.expected_price = 4990;
  buy.token_fault = (faults & kBadToken) != 0 ? TokenFault::signature : TokenFault::none;
  const Tick now = (faults & kTooEarly) != 0  ? after(kOpens, -1)
                   : (faults & kTooLate) != 0 ? kCloses
                                              : kOpens;
  return till.look(buy, now).outcome;
}

TEST_CASE("of all the rules that refuse a buy, the first in the contract's order is the answer") {
  for (unsigned faults = 0; faults < 1U << kFaults; ++faults) {
    if ((faults & kTooEarly) != 0 && (faults & kTooLate) != 0) continue;  // no instant is both
    CAPTURE(faults);
    REQUIRE(answer_with(faults) == first_answer(faults));
  }
}

struct Moment {
  Tick now;
  Outcome outcome;
};

TEST_CASE("a window is half-open to the nanosecond") {
  const Till till(catalog_of({campaign_put(0)}, {offer_put(0, 5)}));
  const auto moment = GENERATE(values<Moment>({
      {Tick{0}, Outcome::campaign_not_started},
      {after(kOpens, -1), Outcome::campaign_not_started},
      {kOpens, Outcome::confirmed},
      {after(kOpens, 1), Outcome::confirmed},
      {after(kCloses, -1), Outcome::confirmed},
      {kCloses, Outcome::campaign_ended},
      {after(kCloses, 1), Outcome::campaign_ended},
  }));
  CAPTURE(moment.now.ns);
  CHECK(till.look(buy_of("ann"), moment.now).outcome == moment.outcome);
}

TEST_CASE("a confirmed buy says everything about its order") {
  Till till(catalog_of({campaign_put(0)}, {offer_put(0, 5), offer_put(1, 5, 1250)}));
  Buy buy = buy_of("ann", "k-1", 2, {1});
  buy.expected_price = 1300;
  buy.reference = "basket 7";
  buy.channel = "app";
  buy.region = "de";
  buy.segment = "gold";
  const Decision decision = till.sell(buy, after(kOpens, 5));
  CHECK(decision.outcome == Outcome::confirmed);
  CHECK_FALSE(decision.replayed);
  CHECK(decision.order.number == OrderNumber::make({1}, 1));
  CHECK(decision.order.quantity == 2);
  CHECK(decision.order.unit_price == 1250);
  CHECK(decision.order.expected_price == 1300);
  CHECK(decision.order.decided_at == after(kOpens, 5));

  const auto slot = till.engine().find(decision.order.number);
  REQUIRE(slot.has_value());
  const Order kept = till.engine().order(*slot);
  CHECK(kept.buyer == "ann");
  CHECK(kept.key == "k-1");
  CHECK(kept.reference == "basket 7");
  CHECK(kept.channel == "app");
  CHECK(kept.region == "de");
  CHECK(kept.segment == "gold");
  CHECK(kept.unit_price == 1250);
}

TEST_CASE("a limit counts units of a buyer and SKU, and a zero limits nobody") {
  Till till(catalog_of({campaign_put(0, 3), campaign_put(1, 0)},
                       {offer_put(0, 50), offer_put(1, 50), offer_put(2, 50, 4990, 1)}));
  CHECK(till.look(buy_of("ann", {}, 4)).outcome == Outcome::limit_reached);
  CHECK(till.sell(buy_of("ann", {}, 2)).outcome == Outcome::confirmed);
  CHECK(till.look(buy_of("ann", {}, 2)).outcome == Outcome::limit_reached);
  CHECK(till.sell(buy_of("ann", {}, 1)).outcome == Outcome::confirmed);
  CHECK(till.look(buy_of("ann", {}, 1)).outcome == Outcome::limit_reached);
  CHECK(till.look(buy_of("Ann", {}, 3)).outcome == Outcome::confirmed);        // another buyer
  CHECK(till.look(buy_of("ann", {}, 3, {1})).outcome == Outcome::confirmed);   // another SKU
  CHECK(till.look(buy_of("ann", {}, 50, {2})).outcome == Outcome::confirmed);  // no limit there
}

TEST_CASE("a higher price is refused and told, a lower or equal one is charged") {
  const Till till(catalog_of({campaign_put(0)}, {offer_put(0, 5, 4990)}));
  Buy buy = buy_of("ann");
  buy.expected_price = 4989;
  const Decision refused = till.look(buy);
  CHECK(refused.outcome == Outcome::price_changed);
  CHECK(refused.price == 4990);
  buy.expected_price = 0;
  CHECK(till.look(buy).outcome == Outcome::price_changed);
  for (const std::int64_t expected : {std::int64_t{4990}, std::int64_t{9999}, Buy::kNoExpectedPrice}) {
    buy.expected_price = expected;
    CHECK(till.look(buy).outcome == Outcome::confirmed);
    CHECK(till.look(buy).order.unit_price == 4990);
  }
}

TEST_CASE("the last units go to who asks for few enough, and nobody gets a part") {
  Till till(catalog_of({campaign_put(0)}, {offer_put(0, 3)}));
  CHECK(till.look(buy_of("ann", {}, 4)).outcome == Outcome::sold_out);
  CHECK(till.engine().stock({0}).available == 3);
  CHECK(till.sell(buy_of("ann", {}, 2)).outcome == Outcome::confirmed);
  CHECK(till.look(buy_of("ben", {}, 2)).outcome == Outcome::sold_out);
  CHECK_FALSE(till.engine().sold_out_for_good({0}));
  CHECK(till.sell(buy_of("ben", {}, 1)).outcome == Outcome::confirmed);
  CHECK(till.look(buy_of("eve", {}, 1)).outcome == Outcome::sold_out);
  CHECK(till.engine().sold_out_for_good({0}));
  const OfferStock stock = till.engine().stock({0});
  CHECK(stock.allocated == 3);
  CHECK(stock.sold == 3);
  CHECK(stock.available == 0);
  CHECK(stock.held == 0);
}

TEST_CASE("an offer without stock is sold out from the start") {
  const Till till(catalog_of({campaign_put(0)}, {offer_put(0, 0)}));
  CHECK(till.look(buy_of("ann")).outcome == Outcome::sold_out);
  CHECK(till.engine().sold_out_for_good({0}));
}

TEST_CASE("a refusal changes nothing at all") {
  Till till(catalog_of({campaign_put(0, 2)}, {offer_put(0, 3)}));
  REQUIRE(till.sell(buy_of("ann", "k-1", 2)).outcome == Outcome::confirmed);
  const std::uint64_t before = till.engine().state_hash();
  CHECK(till.sell(buy_of("ann", "k-2", 1)).outcome == Outcome::limit_reached);
  CHECK(till.sell(buy_of("ben", "k-3", 2)).outcome == Outcome::sold_out);
  CHECK(till.sell(buy_of("ben", "k-4"), kCloses).outcome == Outcome::campaign_ended);
  CHECK(till.sell(buy_of("eve", "k-1", 1)).outcome == Outcome::idempotency_key_reused);
  CHECK(till.engine().state_hash() == before);
  // And is not kept: the same key asks a new question.
  CHECK(till.sell(buy_of("ben", "k-3", 1)).outcome == Outcome::confirmed);
}

TEST_CASE("when the order table is full a buy is refused for load, and known orders are still answered") {
  Till till(catalog_of({campaign_put(0)}, {offer_put(0, 100)}), 2);
  CHECK(till.sell(buy_of("ann", "k-1")).outcome == Outcome::confirmed);
  CHECK(till.sell(buy_of("ben", "k-2")).outcome == Outcome::confirmed);
  CHECK(till.sell(buy_of("eve", "k-3")).outcome == Outcome::overloaded);
  CHECK(till.look(buy_of("ann", "k-1")).replayed);
  CHECK(till.engine().orders() == 2);
  CHECK(till.engine().stock({0}).sold == 2);
}

TEST_CASE("raised stock sells again, and numbers go on where they were") {
  Till till(catalog_of({campaign_put(0)}, {offer_put(0, 1)}));
  REQUIRE(till.sell(buy_of("ann")).outcome == Outcome::confirmed);
  REQUIRE(till.look(buy_of("ben")).outcome == Outcome::sold_out);
  till.engine().install(catalog_of({campaign_put(0)}, {offer_put(0, 2), offer_put(1, 7)}, 2));
  CHECK_FALSE(till.engine().sold_out_for_good({0}));
  const Decision second = till.sell(buy_of("ben"));
  CHECK(second.outcome == Outcome::confirmed);
  CHECK(second.order.number == OrderNumber::make({0}, 2));
  CHECK(till.sell(buy_of("ben", {}, 7, {1})).order.number == OrderNumber::make({1}, 1));
}

}  // namespace
}  // namespace doorbuster
