#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/base/limits.h"
#include "doorbuster/model/record.h"
#include "support/catch.h"
#include "unit/model/payload_bytes.h"

namespace doorbuster {
namespace {

constexpr Tick kNow{1'795'766'400'000'000'000};
constexpr Tick kExpires{kNow.ns + 600 * kNsPerSecond};
constexpr std::int64_t kLongestHoldNs = kHoldSecondsMax * kNsPerSecond;

const std::string kReference(kReferenceBytesMax, 'r');

RecordInfo info_of(const OrderEvent& event) {
  return {.kind = RecordKind::order_event, .version = order_event_version(event), .tick = event.tick};
}

OrderEvent event_of(OrderEventKind kind) {
  OrderEvent event;
  event.kind = kind;
  event.order = OrderNumber::make({9}, 12);
  event.tick = kNow;
  return event;
}

// One of each kind, with all that it can have.
std::vector<OrderEvent> full_events() {
  OrderEvent confirmed = event_of(OrderEventKind::confirmed);
  confirmed.quantity = kQuantityMax;
  confirmed.payment = kReference;
  confirmed.late = true;
  OrderEvent cancelled = event_of(OrderEventKind::cancelled);
  cancelled.reason = OrderEventReason::payment_failed;
  OrderEvent extended = event_of(OrderEventKind::extended);
  extended.expires_at = kExpires;
  extended.reason = OrderEventReason::payment_failed;
  OrderEvent refund_due = event_of(OrderEventKind::refund_due);
  refund_due.payment = kReference;
  OrderEvent returned = event_of(OrderEventKind::returned);
  returned.quantity = 2;
  returned.restock = true;
  returned.key = {3, 4};
  OrderEvent offered = event_of(OrderEventKind::offered);
  offered.expires_at = kExpires;
  OrderEvent left_line = event_of(OrderEventKind::left_line);
  left_line.reason = OrderEventReason::cannot_be_served;
  return {confirmed, cancelled, event_of(OrderEventKind::expired), extended, refund_due, returned,
          offered,   left_line};
}

// What can happen to one line of a basket.
std::vector<OrderEvent> line_events() {
  OrderEvent expired = event_of(OrderEventKind::expired);
  OrderEvent returned = full_events()[static_cast<std::size_t>(OrderEventKind::returned)];
  expired.part = returned.part = OfferIndex{7};
  OrderEvent of_the_first = expired;
  of_the_first.part = OfferIndex{0};
  return {expired, returned, of_the_first};
}

// The same with as little as it can have.
std::vector<OrderEvent> bare_events() {
  std::vector<OrderEvent> events = full_events();
  for (OrderEvent& event : events) {
    event.late = event.restock = false;
    event.reason = OrderEventReason::asked;
    event.key = {};
    event.payment = event.kind == OrderEventKind::refund_due ? "p" : "";
    if (event.quantity != 0) event.quantity = 1;
  }
  return events;
}

bool decodes(const OrderEvent& event) {
  return decode_order_event(bytes_of(encoded(event)), info_of(event)).has_value();
}

TEST_CASE("an event reads back as it was written, with all that its kind can have and with as little") {
  std::vector<OrderEvent> events = full_events();
  for (const OrderEvent& event : bare_events()) events.push_back(event);
  for (const OrderEvent& event : line_events()) events.push_back(event);
  for (const OrderEvent& wrote : events) {
    const std::string bytes = encoded(wrote);
    const auto read = decode_order_event(bytes_of(bytes), info_of(wrote));
    CAPTURE(static_cast<int>(wrote.kind));
    REQUIRE(read.has_value());
    CHECK(read->kind == wrote.kind);
    CHECK(read->reason == wrote.reason);
    CHECK(read->late == wrote.late);
    CHECK(read->restock == wrote.restock);
    CHECK(read->order == wrote.order);
    CHECK(read->part == wrote.part);
    CHECK(read->tick == wrote.tick);
    CHECK(read->expires_at == wrote.expires_at);
    CHECK(read->quantity == wrote.quantity);
    CHECK(read->payment == wrote.payment);
    CHECK(read->key == wrote.key);
  }
}

TEST_CASE("the bytes of an event are the same for ever") {
  // The numbers of kinds and reasons too.
  OrderEvent event = event_of(OrderEventKind::confirmed);
  event.order = OrderNumber::make({1}, 2);
  event.quantity = 3;
  event.late = true;
  event.payment = "pay";
  const std::string number("\x02\0\0\0\0\x01\0\0", 8);
  const std::string zero(8, '\0');
  CHECK(encoded(event) ==
        number + zero + zero + zero + std::string("\x03\0\0\0\0\0\x01\x03", 8) + zero + "pay");
  event = event_of(OrderEventKind::returned);
  event.order = OrderNumber::make({1}, 2);
  event.quantity = 3;
  event.restock = true;
  event.key = {5, 6};
  CHECK(encoded(event) == number + zero + std::string("\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0", 16) +
                              std::string("\x03\0\0\0\x05\0\x02\0", 8) + zero);
  event = event_of(OrderEventKind::extended);
  event.order = OrderNumber::make({1}, 2);
  event.expires_at = {7};
  event.reason = OrderEventReason::payment_failed;
  CHECK(encoded(event) == number + std::string("\x07\0\0\0\0\0\0\0", 8) + zero + zero +
                              std::string("\0\0\0\0\x03\x01\0\0", 8) + zero);
  event = event_of(OrderEventKind::expired);
  event.order = OrderNumber::make({1}, 2);
  CHECK(order_event_version(event) == 1);
  event.part = OfferIndex{0x030201};
  CHECK(order_event_version(event) == 2);
  CHECK(encoded(event) == number + zero + zero + zero + std::string("\0\0\0\0\x02\0\0\0", 8) +
                              std::string("\x01\x02\x03\0\0\0\0\0", 8));
  const std::pair<OrderEventKind, char> kinds[] = {
      {OrderEventKind::confirmed, '\0'},    {OrderEventKind::cancelled, '\x01'},
      {OrderEventKind::expired, '\x02'},    {OrderEventKind::extended, '\x03'},
      {OrderEventKind::refund_due, '\x04'}, {OrderEventKind::returned, '\x05'},
      {OrderEventKind::offered, '\x06'},    {OrderEventKind::left_line, '\x07'}};
  for (const auto& [kind, byte] : kinds) CHECK(encoded(event_of(kind))[36] == byte);
  event.reason = OrderEventReason::cannot_be_served;
  CHECK(encoded(event)[37] == '\x02');
}

TEST_CASE("an event that is cut anywhere, or has a byte too many, is none") {
  std::vector<OrderEvent> events = full_events();
  for (const OrderEvent& event : line_events()) events.push_back(event);
  for (const OrderEvent& event : events) {
    check_only_the_whole(encoded(event),
                         [&](auto bytes) { return decode_order_event(bytes, info_of(event)).has_value(); });
  }
}

TEST_CASE("an event is read as its kind of record in its version, and no other") {
  const std::string bytes = encoded(full_events()[0]);
  for (const RecordInfo& info :
       {RecordInfo{.kind = RecordKind::order_event, .version = 0, .tick = kNow},
        RecordInfo{.kind = RecordKind::order_event, .version = 2, .tick = kNow},
        RecordInfo{.kind = RecordKind::order_event, .version = 3, .tick = kNow},
        RecordInfo{.kind = RecordKind::order_confirmed, .version = 1, .tick = kNow}}) {
    CHECK_FALSE(decode_order_event(bytes_of(bytes), info));
  }
  // A line is only in the second version; in the first its bytes must be zero.
  for (const OrderEvent& event : line_events()) {
    const bool of_the_first = event.part == OfferIndex{0};
    const RecordInfo first = {.kind = RecordKind::order_event, .version = 1, .tick = kNow};
    CHECK(decode_order_event(bytes_of(encoded(event)), first).has_value() == of_the_first);
  }
}

TEST_CASE("an event has what its kind needs and nothing that its kind does not have") {
  using Edit = void (*)(OrderEvent&);
  struct Member {
    Edit add;
    std::vector<OrderEventKind> of;  // the kinds that may have it
  };
  using enum OrderEventKind;
  const Member members[] = {
      {[](OrderEvent& e) { e.quantity = 1; }, {confirmed, returned}},
      {[](OrderEvent& e) { e.expires_at = kExpires; }, {extended, offered}},
      {[](OrderEvent& e) { e.reason = OrderEventReason::payment_failed; }, {cancelled, extended, left_line}},
      {[](OrderEvent& e) { e.reason = OrderEventReason::cannot_be_served; },
       {cancelled, extended, left_line}},
      {[](OrderEvent& e) { e.payment = "p"; }, {confirmed, refund_due}},
      {[](OrderEvent& e) { e.late = true; }, {confirmed}},
      {[](OrderEvent& e) { e.restock = true; }, {returned}},
      {[](OrderEvent& e) {
         e.key = {1, 0};
       },
       {returned}},
      {[](OrderEvent& e) {
         e.key = {0, 1};
       },
       {returned}},
      {[](OrderEvent& e) { e.part = OfferIndex{9}; }, {expired, returned}},
  };
  for (const OrderEvent& bare : bare_events()) {
    REQUIRE(decodes(bare));
    for (std::size_t i = 0; i < std::size(members); ++i) {
      OrderEvent event = bare;
      members[i].add(event);
      const auto& of = members[i].of;
      CAPTURE(static_cast<int>(bare.kind), i);
      CHECK(decodes(event) == (std::find(of.begin(), of.end(), bare.kind) != of.end()));
    }
    OrderEvent without = bare;
    without.quantity = 0;
    CHECK(decodes(without) == (bare.quantity == 0));
    without = bare;
    without.expires_at = {};
    CHECK(decodes(without) == (bare.expires_at == Tick{}));
    without = bare;
    without.payment = {};
    CHECK(decodes(without) == (bare.kind != refund_due));
  }
}

TEST_CASE("an event beyond the bounds, or of a kind, reason or flag that is not known, is none") {
  const auto refused = [](OrderEventKind kind, auto edit) {
    OrderEvent event = full_events()[static_cast<std::size_t>(kind)];
    edit(event);
    return !decodes(event);
  };
  // All lines of the largest basket are confirmed at once.
  constexpr std::uint32_t kBasketUnitsMax = kBasketLinesMax * kQuantityMax;
  CHECK_FALSE(refused(OrderEventKind::confirmed, [](OrderEvent& e) { e.quantity = kBasketUnitsMax; }));
  CHECK(refused(OrderEventKind::confirmed, [](OrderEvent& e) { e.quantity = kBasketUnitsMax + 1; }));
  CHECK(refused(OrderEventKind::returned, [](OrderEvent& e) { e.quantity = kQuantityMax + 1; }));
  CHECK_FALSE(refused(OrderEventKind::returned, [](OrderEvent& e) { e.quantity = kQuantityMax; }));
  for (const OrderEventKind kind : {OrderEventKind::extended, OrderEventKind::offered}) {
    CHECK(refused(kind, [](OrderEvent& e) { e.expires_at = e.tick; }));
    CHECK_FALSE(refused(kind, [](OrderEvent& e) { e.expires_at = {e.tick.ns + kLongestHoldNs}; }));
    CHECK(refused(kind, [](OrderEvent& e) { e.expires_at = {e.tick.ns + kLongestHoldNs + 1}; }));
  }
  const OrderEvent confirmed = full_events()[0];
  const OrderEvent cancelled = full_events()[1];
  const auto decodes_with = [](const OrderEvent& event, std::size_t at, int byte) {
    std::string bytes = encoded(event);
    bytes[at] = static_cast<char>(byte);
    return decode_order_event(bytes_of(bytes), info_of(event)).has_value();
  };
  CHECK(decodes_with(event_of(OrderEventKind::expired), 36, 2));
  for (int kind = 8; kind < 256; ++kind) {
    CHECK_FALSE(decodes_with(event_of(OrderEventKind::expired), 36, kind));
  }
  for (int reason = 3; reason < 256; ++reason) CHECK_FALSE(decodes_with(cancelled, 37, reason));
  for (int flags = 0; flags < 256; ++flags) CHECK(decodes_with(confirmed, 38, flags) == (flags <= 1));
  for (std::size_t at = 40; at < kOrderEventFixedBytes; ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      CHECK_FALSE(decodes_with(confirmed, at, 1 << bit));
      // In the second version four of them name the line.
      CHECK(decodes_with(line_events()[0], at, 1 << bit) == (at < 44));
    }
  }
  // A payment longer than any that a request can bring, with its bytes in place.
  std::string longer = encoded(confirmed);
  longer[39] = static_cast<char>(kReferenceBytesMax + 1);
  longer += 'x';
  CHECK_FALSE(decode_order_event(bytes_of(longer), info_of(confirmed)));
}

}  // namespace
}  // namespace doorbuster
