// When an order is over, and what is left of it when it is forgotten.
#include <array>
#include <vector>

#include "doorbuster/engine/retention_sweep.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kRetentionNs = std::int64_t{kOrderRetentionSecondsDefault} * kNsPerSecond;
constexpr Tick kUntil = after(kOpens, 60 * kNsPerSecond);  // of a hold
constexpr Tick kEvent = after(kOpens, 10 * kNsPerSecond);
constexpr std::int64_t kLastHoldNs = kHoldSecondsMax * kNsPerSecond;

struct Rules {
  std::uint32_t hold_seconds = 0, limit = 0, limit_total = 0;
  bool quota = false;
};

CatalogPointer catalog_with(const Rules& rules) {
  CampaignPut campaign = campaign_put(0, rules.limit);
  campaign.hold_seconds = campaign.hold_max_seconds = campaign.offer_seconds = rules.hold_seconds;
  campaign.limit_per_buyer_total = rules.limit_total;
  campaign.waitlist = rules.hold_seconds != 0;
  OfferPut offer = offer_put(0, 4);
  if (rules.quota) offer.plan.channel_quotas = {{"app", 3, kCloses}};
  return catalog_of({campaign}, {offer});
}

OrderEvent event_of(OrderEventKind kind, std::uint32_t quantity = 0, bool restock = true) {
  OrderEvent event;
  event.kind = kind;
  event.order = OrderNumber::make({0}, 1);
  event.tick = kEvent;
  event.quantity = quantity;
  event.restock = kind == OrderEventKind::returned && restock;
  return event;
}

// One order of two units, and what has happened to it.
class Story : public Till {
 public:
  explicit Story(const Rules& rules) : Till(catalog_with(rules)) {
    Buy buy = buy_of("ann", "k-1", 2);
    buy.channel = "app";
    REQUIRE(is_new_order(sell(buy)));
    slot = *engine().find(OrderNumber::make({0}, 1));
  }
  Story& then(const OrderEvent& event) {
    Applied applied;
    REQUIRE(engine().apply(event, applied));
    return *this;
  }
  // After its retention, by the rules that there are; -1: never, as things stand.
  std::int64_t over_ns() const {
    const auto at = engine().forgotten_at(slot, after(kUntil, kRetentionNs));
    return at ? at->ns - kRetentionNs : -1;
  }
  OrderSlot slot;
};

TEST_CASE("an order is over since its last event when nothing counts its units") {
  using K = OrderEventKind;
  CHECK(Story({}).over_ns() == kOpens.ns);
  CHECK(Story({.limit = 2}).then(event_of(K::returned, 2)).over_ns() == kEvent.ns);
  CHECK(Story({.quota = true}).then(event_of(K::returned, 2)).over_ns() == kEvent.ns);
  CHECK(Story({.hold_seconds = 60, .limit = 2}).then(event_of(K::cancelled)).over_ns() == kEvent.ns);
  CHECK(Story({.hold_seconds = 60}).then(event_of(K::confirmed, 2)).over_ns() == kEvent.ns);
  // A hold that has run out is over since its time was, noticed or not.
  CHECK(Story({.hold_seconds = 60, .limit = 2}).over_ns() == kUntil.ns);
  OrderEvent expired = event_of(K::expired);
  expired.tick = after(kUntil, 5 * kNsPerSecond);
  CHECK(Story({.hold_seconds = 60, .limit = 2}).then(expired).over_ns() == kUntil.ns);
  OrderEvent owed = event_of(K::refund_due);
  owed.tick = after(kUntil, 7 * kNsPerSecond);
  owed.payment = "pay-1";
  CHECK(Story({.hold_seconds = 60}).then(expired).then(owed).over_ns() == owed.tick.ns);
}

TEST_CASE(
    "as long as a limit or a quota counts a unit of it, an order is over with the last hold of its sale") {
  using K = OrderEventKind;
  const std::int64_t sale_ns = kCloses.ns + kLastHoldNs;
  CHECK(Story({.limit = 2}).over_ns() == sale_ns);
  CHECK(Story({.limit_total = 2}).over_ns() == sale_ns);
  CHECK(Story({.quota = true}).over_ns() == sale_ns);
  CHECK(Story({.limit = 2}).then(event_of(K::returned, 1)).over_ns() == sale_ns);
  // What came back and cannot be sold again counts for its channel, and for nobody's limit.
  CHECK(Story({.quota = true}).then(event_of(K::returned, 2, false)).over_ns() == sale_ns);
  CHECK(Story({.limit = 2}).then(event_of(K::returned, 2, false)).over_ns() == kEvent.ns);
  OrderEvent late = event_of(K::returned, 1);
  late.tick = {sale_ns + 5};
  CHECK(Story({.limit = 2}).then(late).over_ns() == sale_ns + 5);
}

TEST_CASE("what is held or waits is never over") {
  Till till(catalog_with({.hold_seconds = 60}));
  REQUIRE(till.sell(buy_of("ann", {}, 4)).outcome == Outcome::held);
  Buy waits = buy_of("ben", {}, 1);
  waits.wait = true;
  REQUIRE(till.sell(waits).outcome == Outcome::waiting);
  CHECK_FALSE(till.engine().forgotten_at({0}, after(kUntil, -1)).has_value());
  CHECK_FALSE(till.engine().forgotten_at({1}, after(kUntil, 100 * kRetentionNs)).has_value());
  CHECK_FALSE(till.engine().forgetting_of({0}).has_value());  // its expiry is to be written down first
  CHECK_FALSE(till.engine().forget({.order = OrderNumber::make({0}, 1), .part = {}},
                                   after(kUntil, 2 * kRetentionNs), kRetentionNs));
}

TEST_CASE("until the last moment of the retention everything is as it was, and then the order is gone") {
  Story story({});
  const Tick over = after(kOpens, kRetentionNs);
  const OrderNumber number = OrderNumber::make({0}, 1);
  OrderSlot slot;
  CHECK(story.engine().find(number, after(over, -1), slot) == Outcome::ok);
  CHECK(slot == story.slot);
  CHECK(story.engine().find(number, over, slot) == Outcome::order_gone);
  CHECK(story.engine().find(OrderNumber::make({0}, 2), over, slot) == Outcome::order_not_found);
  CHECK(story.engine().find(OrderNumber::make({7}, 1), over, slot) == Outcome::order_not_found);

  OrderCommand back;
  back.action = OrderAction::give_back;
  back.order = number;
  CHECK(story.engine().decide(back, after(over, -1)).outcome == Outcome::ok);
  CHECK(story.engine().decide(back, over).outcome == Outcome::order_gone);

  const ForgottenOrder gone = *story.engine().forgetting_of(story.slot);
  const std::uint64_t before = story.engine().state_hash();
  CHECK_FALSE(story.engine().forget(gone, after(over, -1), kRetentionNs));
  CHECK_FALSE(story.engine().forget({.order = OrderNumber::make({0}, 2), .part = {}}, over, kRetentionNs));
  CHECK_FALSE(story.engine().forget({.order = number, .part = OfferIndex{0}}, over, kRetentionNs));
  CHECK(story.engine().state_hash() == before);
  REQUIRE(story.engine().forget(gone, over, kRetentionNs));
  CHECK(story.engine().orders() == 0);
  CHECK(story.engine().names() == 0);
  CHECK(story.engine().find(number, kOpens, slot) == Outcome::order_gone);
  CHECK(story.engine().stock({0}).sold == 2);  // its units are not back
  CHECK_FALSE(story.engine().forget(gone, over, kRetentionNs));
}

TEST_CASE("the key of an order that is over stands in the way until the order is forgotten, then it is new") {
  CampaignPut campaign = campaign_put(0);
  campaign.ends_at = after(kOpens, 3 * kRetentionNs);
  Till till(catalog_of({campaign}, {offer_put(0, 4)}));
  const Buy buy = buy_of("ann", "k-1", 2);
  REQUIRE(till.sell(buy).outcome == Outcome::confirmed);
  const Tick over = after(kOpens, kRetentionNs);
  CHECK(till.sell(buy, after(over, -1)).replayed);
  const Decision decision = till.look(buy, over);
  CHECK(decision.outcome == Outcome::order_gone);
  REQUIRE(till.engine().forget(*till.engine().forgetting_of(decision.slot), over, kRetentionNs));
  const Decision again = till.sell(buy_of("ben", "k-1", 1), over);
  CHECK(again.outcome == Outcome::confirmed);
  CHECK_FALSE(again.replayed);
  CHECK(again.order.number == OrderNumber::make({0}, 2));
  CHECK(till.sell(buy, over).outcome == Outcome::idempotency_key_reused);
}

TEST_CASE("forgetting what is over leaves a buyer's limit exact for what is not, and quotas too") {
  CampaignPut campaign = campaign_put(0, 3);
  campaign.hold_seconds = campaign.hold_max_seconds = 60;
  campaign.ends_at = after(kOpens, 3 * kRetentionNs);
  OfferPut offer = offer_put(0, 9);
  offer.plan.channel_quotas = {{"app", 4, campaign.ends_at}};
  Till till(catalog_of({campaign}, {offer}));
  Buy buy = buy_of("ann", {}, 1);
  buy.channel = "app";
  const std::array<Hash128, 1> card{{{5, 5}}};
  buy.identities = card;
  REQUIRE(till.sell(buy).outcome == Outcome::held);
  REQUIRE(till.sell(buy).outcome == Outcome::held);
  Applied applied;
  OrderEvent event = event_of(OrderEventKind::cancelled);
  REQUIRE(till.engine().apply(event, applied));
  event = event_of(OrderEventKind::confirmed, 1);
  event.order = OrderNumber::make({0}, 2);
  REQUIRE(till.engine().apply(event, applied));

  const Tick now = after(kEvent, kRetentionNs);
  CHECK_FALSE(till.engine().is_forgotten({1}, now));
  REQUIRE(till.engine().forget(*till.engine().forgetting_of({0}), now, kRetentionNs));
  CHECK(till.engine().names() == 2);  // ann and her card
  CHECK(till.engine().check_quotas());
  buy.quantity = 3;
  CHECK(till.look(buy, now).outcome == Outcome::limit_reached);
  buy.quantity = 2;
  // Another's hold in the slot of hers is none of hers.
  Buy other = buy_of("ben", {}, 1);
  REQUIRE(till.sell(other, now).outcome == Outcome::held);
  CHECK(till.engine().find(OrderNumber::make({0}, 3)) == OrderSlot{0});
  const Tick later = after(now, 60 * kNsPerSecond);
  Buy beyond = buy;
  beyond.quantity = 3;
  CHECK_FALSE(till.engine().due_before(beyond, hash_buy(kTableKey, beyond), later).has_value());
  CHECK(till.sell(buy, now).outcome == Outcome::held);
  CHECK(till.engine().check_quotas());
}

TEST_CASE("the sweeper finds each order that is over once in a circle, and knows when to come back") {
  constexpr std::uint32_t kOrders = 60;
  CampaignPut campaign = campaign_put(0);
  campaign.ends_at = after(kOpens, 3 * kRetentionNs);
  Till till(catalog_of({campaign}, {offer_put(0, 1000)}), 2 * kOrders);
  for (std::uint32_t i = 0; i < kOrders; ++i) {
    REQUIRE(is_new_order(till.sell(buy_of("ann"), after(kOpens, i))));
  }
  RetentionSweep sweep;
  std::array<OrderSlot, 8> room;
  CHECK(sweep.next_look() <= kOpens);
  CHECK(sweep.look(till.engine(), after(kOpens, kOrders), room).empty());
  CHECK(sweep.at_start());
  CHECK(sweep.next_look() == after(kOpens, kRetentionNs));  // of the first

  const Tick now = after(kOpens, kRetentionNs + 19);  // the twentieth is over just now
  std::vector<std::uint32_t> found;
  do {
    for (const OrderSlot slot : sweep.look(till.engine(), now, room)) {
      found.push_back(slot.value);
      if (slot.value == 3) {
        sweep.put_off(now);
        continue;
      }
      REQUIRE(till.engine().forget(*till.engine().forgetting_of(slot), now, kRetentionNs));
    }
  } while (!sweep.at_start());
  CHECK(found.size() == 20);
  CHECK(found.front() == 0);
  CHECK(found.back() == 19);
  CHECK_FALSE(sweep.is_clean(now));
  CHECK(sweep.next_look() == after(now, kForgettingIntervalMs * 1'000'000));
  REQUIRE(sweep.look(till.engine(), now, room).size() == 1);
  REQUIRE(till.engine().forget(*till.engine().forgetting_of({3}), now, kRetentionNs));
  while (!sweep.at_start()) sweep.look(till.engine(), now, room);
  CHECK(sweep.is_clean(now));
  CHECK_FALSE(sweep.is_clean(after(now, 1)));
  CHECK(till.engine().orders() == kOrders - 20);
}

}  // namespace
}  // namespace doorbuster
