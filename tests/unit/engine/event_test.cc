// What the journal says has happened to an order is applied or refused whole.
#include <array>

#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr Tick kUntil = after(kOpens, 60 * kNsPerSecond);

CatalogPointer catalog() {
  CampaignPut campaign = campaign_put(0);
  campaign.hold_seconds = campaign.hold_max_seconds = campaign.offer_seconds = 60;
  campaign.waitlist = true;
  return catalog_of({campaign}, {offer_put(0, 4)});
}

OrderEvent event_of(OrderEventKind kind, std::uint64_t ordinal, std::uint32_t quantity = 0) {
  OrderEvent event;
  event.kind = kind;
  event.order = OrderNumber::make({0}, ordinal);
  event.tick = kUntil;
  event.quantity = quantity;
  if (kind == OrderEventKind::extended || kind == OrderEventKind::offered) {
    event.expires_at = after(kUntil, 60 * kNsPerSecond);
  }
  return event;
}

bool applies(Till& till, const OrderEvent& event) {
  Applied applied;
  return till.engine().apply(event, applied);
}

// One order of three units of four in each state that there is: 1 is it, 2 waits behind it for three.
enum class State { held, confirmed, cancelled, expired, refund_due, waiting };
constexpr std::array kStates = {State::held,    State::confirmed,  State::cancelled,
                                State::expired, State::refund_due, State::waiting};

class TillWith : public Till {
 public:
  explicit TillWith(State state) : Till(catalog()) {
    REQUIRE(sell(buy_of("ann", {}, 3)).outcome == Outcome::held);
    switch (state) {
      case State::held:
        break;
      case State::confirmed:
        happens(OrderEventKind::confirmed, 2);
        break;
      case State::cancelled:
        happens(OrderEventKind::cancelled);
        break;
      case State::expired:
        happens(OrderEventKind::expired);
        break;
      case State::refund_due:
        happens(OrderEventKind::expired);
        happens(OrderEventKind::refund_due);
        break;
      case State::waiting: {
        Buy wait = buy_of("ben", {}, 3);
        wait.wait = true;
        REQUIRE(sell(wait).outcome == Outcome::waiting);
        break;
      }
    }
  }

 private:
  void happens(OrderEventKind kind, std::uint32_t quantity = 0) {
    REQUIRE(applies(*this, event_of(kind, 1, quantity)));
  }
};

struct Rule {
  const char* what;
  OrderEvent event;
  bool held, confirmed, cancelled, expired, refund_due, waiting;  // whether it can happen then
};

OrderEvent late(OrderEvent event) {
  event.late = true;
  return event;
}
OrderEvent early(OrderEvent event) {
  event.tick = after(kUntil, -1);
  return event;
}

TEST_CASE("what can happen to an order in which state, and what is refused with nothing changed") {
  using Kind = OrderEventKind;
  constexpr bool yes = true, no = false;
  const auto rule = GENERATE_COPY(values<Rule>({
      {"confirmed", event_of(Kind::confirmed, 1, 3), yes, no, no, no, no, no},
      {"confirmed in part", event_of(Kind::confirmed, 1, 1), yes, no, no, no, no, no},
      {"confirmed beyond it", event_of(Kind::confirmed, 1, 4), no, no, no, no, no, no},
      {"confirmed for nothing", event_of(Kind::confirmed, 1, 0), no, no, no, no, no, no},
      {"confirmed late", late(event_of(Kind::confirmed, 1, 3)), no, no, no, yes, no, no},
      {"late beyond it", late(event_of(Kind::confirmed, 1, 4)), no, no, no, no, no, no},
      {"cancelled", event_of(Kind::cancelled, 1), yes, no, no, no, no, no},
      {"expired", event_of(Kind::expired, 1), yes, no, no, no, no, no},
      {"expired before its time", early(event_of(Kind::expired, 1)), no, no, no, no, no, no},
      {"extended", event_of(Kind::extended, 1), yes, no, no, no, no, no},
      {"refund due", event_of(Kind::refund_due, 1), no, no, yes, yes, no, no},
      {"returned", event_of(Kind::returned, 1, 2), no, yes, no, no, no, no},
      {"returned beyond it", event_of(Kind::returned, 1, 3), no, no, no, no, no, no},
      {"returned nothing", event_of(Kind::returned, 1, 0), no, no, no, no, no, no},
      {"offered", event_of(Kind::offered, 1), no, no, no, no, no, no},
      {"left", event_of(Kind::left_line, 1), no, no, no, no, no, no},
      {"offered without units", event_of(Kind::offered, 2), no, no, no, no, no, no},
      {"left the line", event_of(Kind::left_line, 2), no, no, no, no, no, yes},
      {"confirmed in the line", event_of(Kind::confirmed, 2, 3), no, no, no, no, no, no},
      {"cancelled in the line", event_of(Kind::cancelled, 2), no, no, no, no, no, no},
  }));
  for (const State state : kStates) {
    // Where order 2 stands in the line, order 1 is held; rules of order 1 are asked where it is alone.
    if (state == State::waiting && rule.event.order.ordinal() == 1) continue;
    const bool can = state == State::held         ? rule.held
                     : state == State::confirmed  ? rule.confirmed
                     : state == State::cancelled  ? rule.cancelled
                     : state == State::expired    ? rule.expired
                     : state == State::refund_due ? rule.refund_due
                                                  : rule.waiting;
    TillWith till(state);
    const std::uint64_t before = till.engine().state_hash();
    CAPTURE(rule.what, static_cast<int>(state));
    REQUIRE(applies(till, rule.event) == can);
    REQUIRE((till.engine().state_hash() == before) == !can);
  }
}

TEST_CASE("units that somebody else has taken can neither be confirmed late nor offered") {
  TillWith till(State::expired);
  REQUIRE(till.sell(buy_of("ben", {}, 2)).outcome == Outcome::held);
  CHECK_FALSE(applies(till, late(event_of(OrderEventKind::confirmed, 1, 3))));
  CHECK(applies(till, late(event_of(OrderEventKind::confirmed, 1, 2))));

  TillWith line(State::waiting);
  REQUIRE(applies(line, event_of(OrderEventKind::confirmed, 1, 2)));
  CHECK_FALSE(applies(line, event_of(OrderEventKind::offered, 2)));
  OrderEvent returned = event_of(OrderEventKind::returned, 1, 1);
  returned.restock = true;
  REQUIRE(applies(line, returned));
  CHECK(applies(line, event_of(OrderEventKind::offered, 2)));
  CHECK(line.engine().stock({0}).held == 3);
}

TEST_CASE("a return with a key is applied once") {
  TillWith till(State::confirmed);
  OrderEvent returned = event_of(OrderEventKind::returned, 1, 1);
  returned.key = {1, 2};
  CHECK(applies(till, returned));
  CHECK_FALSE(applies(till, returned));
  returned.key = {1, 3};
  CHECK(applies(till, returned));
}

TEST_CASE("an event of an order that is not there, or of another shard's, is refused") {
  TillWith till(State::held);
  CHECK_FALSE(applies(till, event_of(OrderEventKind::cancelled, 2)));
  OrderEvent elsewhere = event_of(OrderEventKind::cancelled, 1);
  elsewhere.order = OrderNumber::make({7}, 1);
  CHECK_FALSE(applies(till, elsewhere));
  elsewhere.order = {~0ULL};
  CHECK_FALSE(applies(till, elsewhere));
}

TEST_CASE("what an event gives back is told: units of the names, and units for the line") {
  const auto applied = [](State state, OrderEvent event) {
    TillWith till(state);
    Applied result;
    REQUIRE(till.engine().apply(event, result));
    return std::pair(result.discharged, result.freed);
  };
  using Kind = OrderEventKind;
  CHECK(applied(State::held, event_of(Kind::confirmed, 1, 3)) == std::pair(0U, false));
  CHECK(applied(State::held, event_of(Kind::confirmed, 1, 1)) == std::pair(2U, true));
  CHECK(applied(State::waiting, event_of(Kind::confirmed, 1, 3)) == std::pair(0U, true));
  CHECK(applied(State::held, event_of(Kind::cancelled, 1)) == std::pair(3U, true));
  CHECK(applied(State::held, event_of(Kind::expired, 1)) == std::pair(3U, true));
  CHECK(applied(State::held, event_of(Kind::extended, 1)) == std::pair(0U, false));
  CHECK(applied(State::expired, late(event_of(Kind::confirmed, 1, 3))) == std::pair(0U, false));
  CHECK(applied(State::expired, event_of(Kind::refund_due, 1)) == std::pair(0U, false));
  CHECK(applied(State::waiting, event_of(Kind::left_line, 2)) == std::pair(3U, true));
  OrderEvent returned = event_of(Kind::returned, 1, 1);
  CHECK(applied(State::confirmed, returned) == std::pair(1U, false));
  returned.restock = true;
  CHECK(applied(State::confirmed, returned) == std::pair(1U, true));
}

}  // namespace
}  // namespace doorbuster
