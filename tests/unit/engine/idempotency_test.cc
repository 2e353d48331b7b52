// The same request under the same key is the same answer; anything else is said to be something else.
#include "support/shop.h"

namespace doorbuster {
namespace {

// The last moment at which an order of the first one is remembered.
constexpr Tick kMuchLater{kOpens.ns + kOrderRetentionSecondsDefault * kNsPerSecond - 1};

Buy first_buy() {
  Buy buy = buy_of("ann", "8e03978e-40d5-43e8-bc93-6894a57f9324", 2);
  buy.expected_price = 4990;
  buy.reference = "basket 7";
  return buy;
}

TEST_CASE("a retry gets its order whatever its token is by then, and a first buy needs one that holds") {
  for (const TokenFault fault : {TokenFault::signature, TokenFault::expired, TokenFault::too_early,
                                 TokenFault::other_campaign, TokenFault::other_buyer}) {
    CAPTURE(static_cast<int>(fault));
    Till till(catalog_of({campaign_put(0)}, {offer_put(0, 3)}));
    Buy buy = first_buy();
    buy.token_fault = fault;
    const std::uint64_t before = till.engine().state_hash();
    CHECK(till.sell(buy).outcome == Outcome::not_eligible);
    CHECK(till.engine().state_hash() == before);
    const Decision first = till.sell(first_buy());
    REQUIRE(first.outcome == Outcome::confirmed);
    const Decision again = till.sell(buy);
    CHECK(again.outcome == Outcome::confirmed);
    CHECK(again.replayed);
    CHECK(again.order.number == first.order.number);
    buy.quantity = 1;  // another request
    CHECK(till.sell(buy).outcome == Outcome::idempotency_key_reused);
  }
}

TEST_CASE(
    "a retry gets its order again: at once, after the sell-out, after the end, after the offer is gone") {
  Till till(catalog_of({campaign_put(0, 2)}, {offer_put(0, 3)}));
  const Decision first = till.sell(first_buy());
  REQUIRE(first.outcome == Outcome::confirmed);
  REQUIRE(till.sell(buy_of("ben")).outcome == Outcome::confirmed);
  REQUIRE(till.look(buy_of("eve")).outcome == Outcome::sold_out);
  const std::uint64_t before = till.engine().state_hash();

  const auto check_replay = [&](Tick now) {
    const Decision again = till.sell(first_buy(), now);
    CHECK(again.outcome == Outcome::confirmed);
    CHECK(again.replayed);
    CHECK(again.order.number == first.order.number);
    CHECK(again.order.unit_price == 4990);
    CHECK(again.order.decided_at == kOpens);
    CHECK(till.engine().order(again.slot).number == first.order.number);
  };
  check_replay(kOpens);
  check_replay(after(kCloses, -1));
  check_replay(kCloses);
  check_replay(kMuchLater);
  check_replay(after(kOpens, -1));  // a clock that was set back
  CHECK(till.engine().state_hash() == before);

  CampaignPut gone = campaign_put(0, 1);
  gone.listed = false;
  OfferPut dearer = offer_put(0, 3, 99900);
  dearer.listed = false;
  till.engine().install(catalog_of({gone}, {dearer}, 2));
  check_replay(kOpens);  // also at the old price, and beyond a limit that has been lowered since
}

TEST_CASE("a key that comes with another quantity, buyer, price or reference is refused") {
  Till till(catalog_of({campaign_put(0)}, {offer_put(0, 9)}));
  REQUIRE(till.sell(first_buy()).outcome == Outcome::confirmed);
  const std::uint64_t before = till.engine().state_hash();
  const auto outcome_of = [&](auto edit) {
    Buy buy = first_buy();
    edit(buy);
    return till.sell(buy, kMuchLater).outcome;  // ahead of the window, too
  };
  CHECK(outcome_of([](Buy&) {}) == Outcome::confirmed);
  CHECK(outcome_of([](Buy& buy) { buy.quantity = 1; }) == Outcome::idempotency_key_reused);
  CHECK(outcome_of([](Buy& buy) { buy.buyer = "ben"; }) == Outcome::idempotency_key_reused);
  CHECK(outcome_of([](Buy& buy) { buy.buyer = "an"; }) == Outcome::idempotency_key_reused);
  CHECK(outcome_of([](Buy& buy) { buy.expected_price = 4991; }) == Outcome::idempotency_key_reused);
  CHECK(outcome_of([](Buy& buy) { buy.expected_price = Buy::kNoExpectedPrice; }) ==
        Outcome::idempotency_key_reused);
  CHECK(outcome_of([](Buy& buy) { buy.reference = {}; }) == Outcome::idempotency_key_reused);
  CHECK(outcome_of([](Buy& buy) { buy.reference = "basket 8"; }) == Outcome::idempotency_key_reused);
  // Where the request came from is not part of it.
  CHECK(outcome_of([](Buy& buy) { buy.channel = "app"; }) == Outcome::confirmed);
  CHECK(outcome_of([](Buy& buy) { buy.region = "de"; }) == Outcome::confirmed);
  CHECK(outcome_of([](Buy& buy) { buy.segment = "gold"; }) == Outcome::confirmed);
  CHECK(till.engine().state_hash() == before);
}

TEST_CASE("a key belongs to its SKU: with another it is another request") {
  Till till(catalog_of({campaign_put(0), campaign_put(1)},
                       {offer_put(0, 9), offer_put(1, 9), offer_put(2, 9, 1, 1)}));
  for (std::uint32_t offer = 0; offer < 3; ++offer) {
    const Decision decision = till.sell(buy_of("ann", "k-1", 1, {offer}));
    CHECK(decision.outcome == Outcome::confirmed);
    CHECK_FALSE(decision.replayed);
    CHECK(decision.order.number == OrderNumber::make({offer}, 1));
  }
  CHECK(till.look(buy_of("ann", "k-1", 1, {1})).order.number == OrderNumber::make({1}, 1));
}

TEST_CASE("without a key every buy is a new one") {
  Till till(catalog_of({campaign_put(0)}, {offer_put(0, 9)}));
  for (std::uint64_t ordinal = 1; ordinal <= 3; ++ordinal) {
    const Decision decision = till.sell(buy_of("ann"));
    CHECK_FALSE(decision.replayed);
    CHECK(decision.order.number.ordinal() == ordinal);
  }
}

TEST_CASE("keys that differ in case, length or one character are different keys") {
  Till till(catalog_of({campaign_put(0)}, {offer_put(0, 9)}));
  std::uint64_t ordinal = 0;
  for (const char* key : {"key", "Key", "key ", "kez", "ke", "keykey"}) {
    CAPTURE(key);
    CHECK(till.sell(buy_of("ann", key)).order.number.ordinal() == ++ordinal);
  }
}

}  // namespace
}  // namespace doorbuster
