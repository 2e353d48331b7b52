// New orders and what happens to them, as payloads.

#include <array>
#include <cstring>
#include <tuple>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/model/record.h"
#include "model/payload.h"

namespace doorbuster {
namespace {

// The fixed part of an order's payload. In version 1 `identities` is zero, and `lines` in version 2 too.
struct OrderFixed {
  std::uint64_t number;
  std::int64_t unit_price;
  std::int64_t expected_price;
  std::uint32_t quantity;
  std::uint8_t identities;  // how many
  std::uint8_t lines;       // how many
  std::uint8_t reserved_zero[2];
  std::uint8_t buyer_bytes, key_bytes, reference_bytes, channel_bytes, region_bytes, segment_bytes;
  std::uint16_t flags_zero;
};
static_assert(sizeof(OrderFixed) == kOrderFixedBytes);
static_assert(kIdempotencyKeyBytesMax <= 255);
static_assert(kIdentitiesMax <= 255);

// A line of a basket.
struct LineFixed {
  std::uint32_t offer;
  std::uint32_t quantity;
  std::int64_t unit_price;
};
static_assert(sizeof(LineFixed) == kOrderLineBytes);
// The largest order there can be still fits a record.
static_assert(kOrderFixedBytes + sizeof(Tick) + kIdentitiesMax * sizeof(Hash128) +
                  kBasketLinesMax * kOrderLineBytes + 4 * kIdentifierBytesMax + kIdempotencyKeyBytesMax +
                  kReferenceBytesMax <=
              kJournalRecordBytesMax);
constexpr std::uint32_t kUnitsMax = kQuantityMax * kBasketLinesMax;  // of one order

// The fixed part of an event's payload.
struct EventFixed {
  std::uint64_t number;
  std::int64_t expires_ns;
  std::uint64_t key_low, key_high;
  std::uint32_t quantity;
  std::uint8_t kind, reason, flags, payment_bytes;
  std::uint32_t part;  // version 2: an offer; version 1: zero
  std::uint32_t reserved_zero;
};
static_assert(sizeof(EventFixed) == kOrderEventFixedBytes);
static_assert(kReferenceBytesMax <= 255);

// The numbers stand in journals.
static_assert(static_cast<int>(OrderEventKind::confirmed) == 0);
static_assert(static_cast<int>(OrderEventKind::left_line) == 7);
static_assert(static_cast<int>(OrderEventReason::asked) == 0);
static_assert(static_cast<int>(OrderEventReason::cannot_be_served) == 2);
constexpr std::uint8_t kLateFlag = 1;
constexpr std::uint8_t kRestockFlag = 2;

// Appends to a buffer whose size was checked.
class Writer {
 public:
  explicit Writer(std::byte* out) : begin_(out), at_(out) {}
  void bytes(const void* from, std::size_t count) {
    if (count == 0) return;  // an empty view may have no address
    std::memcpy(at_, from, count);
    at_ += count;
  }
  void text(std::string_view text) { bytes(text.data(), text.size()); }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }

 private:
  std::byte* begin_;
  std::byte* at_;
};

// One SKU within its bounds; or the lines of a basket in their order, and the sums that they make.
bool has_its_sums(const Order& order) {
  if (order.lines.empty()) {
    return order.quantity >= 1 && order.quantity <= kQuantityMax && order.unit_price <= kPriceMax;
  }
  std::uint32_t units = 0;
  std::int64_t price = 0;
  for (std::size_t i = 0; i < order.lines.size(); ++i) {
    const OrderLine& line = order.lines[i];
    if (line.quantity < 1 || line.quantity > kQuantityMax || line.unit_price < 0 ||
        line.unit_price > kPriceMax) {
      return false;
    }
    if (i > 0 && order.lines[i - 1].offer >= line.offer) return false;
    units += line.quantity;
    price += line.quantity * line.unit_price;
  }
  const bool home = order.number.offer() == order.lines.front().offer;
  return home && units == order.quantity && price == order.unit_price && order.status != OrderStatus::waiting;
}

// What a request can have asked for. An order beyond it would also not fit where orders are kept.
bool within_bounds(const Order& order) {
  const bool numbers = has_its_sums(order) && order.unit_price >= 0 &&
                       order.expected_price >= Buy::kNoExpectedPrice && order.expected_price <= kPriceMax;
  const bool identifiers = !order.buyer.empty() && order.buyer.size() <= kIdentifierBytesMax &&
                           order.channel.size() <= kIdentifierBytesMax &&
                           order.region.size() <= kIdentifierBytesMax &&
                           order.segment.size() <= kIdentifierBytesMax;
  return numbers && identifiers && order.key.size() <= kIdempotencyKeyBytesMax &&
         order.reference.size() <= kReferenceBytesMax;
}

// Of a hold that was made, moved or offered at `from`.
bool can_expire_at(Tick expires_at, Tick from) {
  if (expires_at <= from) return false;
  // The difference of two ticks may need 64 bits without a sign.
  const std::uint64_t span_ns =
      static_cast<std::uint64_t>(expires_at.ns) - static_cast<std::uint64_t>(from.ns);
  return span_ns <= std::uint64_t{kHoldSecondsMax} * kNsPerSecond;
}

bool in_order_of_values(Identities identities) {
  for (std::size_t i = 1; i < identities.size(); ++i) {
    const Hash128& before = identities[i - 1];
    const Hash128& after = identities[i];
    if (std::tie(before.low, before.high) >= std::tie(after.low, after.high)) return false;
  }
  return true;
}

std::optional<OrderStatus> status_of(RecordKind kind) {
  switch (kind) {
    case RecordKind::order_confirmed:
      return OrderStatus::confirmed;
    case RecordKind::order_held:
      return OrderStatus::held;
    case RecordKind::order_waiting:
      return OrderStatus::waiting;
    default:
      return std::nullopt;
  }
}

// What an event of each kind says. A quantity and an end are then there, and so is a refund's payment.
struct EventMembers {
  bool quantity = false, expires_at = false, reason = false, payment = false, key = false;
  bool late = false, restock = false;
  bool part = false;  // it can be about one line of a basket
};
constexpr std::array<EventMembers, 8> kEventMembers = {{
    {.quantity = true, .payment = true, .late = true},               // confirmed
    {.reason = true},                                                // cancelled
    {.part = true},                                                  // expired
    {.expires_at = true, .reason = true},                            // extended
    {.payment = true},                                               // refund_due
    {.quantity = true, .key = true, .restock = true, .part = true},  // returned
    {.expires_at = true},                                            // offered
    {.reason = true},                                                // left_line
}};
static_assert(kEventMembers.size() == static_cast<std::size_t>(OrderEventKind::left_line) + 1);

bool has_its_members(const OrderEvent& event) {
  const auto kind = static_cast<std::size_t>(event.kind);
  if (kind >= kEventMembers.size()) return false;
  const EventMembers& has = kEventMembers[kind];
  // Only a whole basket has more than one SKU's units.
  const std::uint32_t units_max = event.kind == OrderEventKind::confirmed ? kUnitsMax : kQuantityMax;
  if (has.quantity ? event.quantity < 1 || event.quantity > units_max : event.quantity != 0) return false;
  if (event.part && !has.part) return false;
  if (has.expires_at ? !can_expire_at(event.expires_at, event.tick) : event.expires_at != Tick{})
    return false;
  if (event.reason > (has.reason ? OrderEventReason::cannot_be_served : OrderEventReason::asked))
    return false;
  if (has.payment ? event.payment.size() > kReferenceBytesMax : !event.payment.empty()) return false;
  if (event.kind == OrderEventKind::refund_due && event.payment.empty()) return false;
  return (has.key || event.key == Hash128{}) && (has.late || !event.late) && (has.restock || !event.restock);
}

}  // namespace

OrderListSizes order_list_sizes(std::span<const std::byte> payload) {
  OrderFixed fixed{};
  if (payload.size() < sizeof fixed) return {};
  std::memcpy(&fixed, payload.data(), sizeof fixed);
  return {.identities = fixed.identities, .lines = fixed.lines};
}

std::size_t encode(const Order& order, std::span<std::byte> out) {
  DOORBUSTER_CHECK(out.size() >= order_payload_bytes(order));
  DOORBUSTER_CHECK(order.identities.size() <= kIdentitiesMax);
  const OrderFixed fixed = {
      .number = order.number.value,
      .unit_price = order.unit_price,
      .expected_price = order.expected_price,
      .quantity = order.quantity,
      .identities = static_cast<std::uint8_t>(order.identities.size()),
      .lines = static_cast<std::uint8_t>(order.lines.size()),
      .reserved_zero = {},
      .buyer_bytes = static_cast<std::uint8_t>(order.buyer.size()),
      .key_bytes = static_cast<std::uint8_t>(order.key.size()),
      .reference_bytes = static_cast<std::uint8_t>(order.reference.size()),
      .channel_bytes = static_cast<std::uint8_t>(order.channel.size()),
      .region_bytes = static_cast<std::uint8_t>(order.region.size()),
      .segment_bytes = static_cast<std::uint8_t>(order.segment.size()),
      .flags_zero = 0,
  };
  Writer writer(out.data());
  writer.bytes(&fixed, sizeof fixed);
  if (order.status == OrderStatus::held) writer.bytes(&order.expires_at.ns, sizeof order.expires_at.ns);
  writer.bytes(order.identities.data(), order.identities.size_bytes());
  for (const OrderLine& line : order.lines) {
    const LineFixed fields = {
        .offer = line.offer.value, .quantity = line.quantity, .unit_price = line.unit_price};
    writer.bytes(&fields, sizeof fields);
  }
  writer.text(order.buyer);
  writer.text(order.key);
  writer.text(order.reference);
  writer.text(order.channel);
  writer.text(order.region);
  writer.text(order.segment);
  return writer.size();
}

std::optional<Order> decode_order(std::span<const std::byte> payload, const RecordInfo& info,
                                  OrderLists& lists) {
  const std::optional<OrderStatus> status = status_of(info.kind);
  if (!status) return std::nullopt;
  Taker take(payload);
  const auto fixed = take.word<OrderFixed>();
  Order order;
  order.number.value = fixed.number;
  order.quantity = fixed.quantity;
  order.unit_price = fixed.unit_price;
  order.expected_price = fixed.expected_price;
  order.decided_at = info.tick;
  order.status = *status;
  if (order.status == OrderStatus::confirmed) order.confirmed_quantity = order.quantity;
  if (order.status == OrderStatus::held) {
    order.expires_at.ns = take.word<std::int64_t>();
    if (!can_expire_at(order.expires_at, info.tick)) return std::nullopt;
  }
  if (fixed.identities > kIdentitiesMax || fixed.lines > kBasketLinesMax) return std::nullopt;
  for (std::size_t i = 0; i < fixed.identities; ++i) lists.identities[i] = take.word<Hash128>();
  for (std::size_t i = 0; i < fixed.lines; ++i) {
    const auto line = take.word<LineFixed>();
    lists.lines[i] = {.offer = {line.offer}, .quantity = line.quantity, .unit_price = line.unit_price};
  }
  order.identities = Identities(lists.identities).first(fixed.identities);
  order.lines = OrderLines(lists.lines).first(fixed.lines);
  // An order has one version only: what does not need the second is written in the first.
  if (info.version != order_record_version(order) || !in_order_of_values(order.identities))
    return std::nullopt;
  order.buyer = take.text(fixed.buyer_bytes);
  order.key = take.text(fixed.key_bytes);
  order.reference = take.text(fixed.reference_bytes);
  order.channel = take.text(fixed.channel_bytes);
  order.region = take.text(fixed.region_bytes);
  order.segment = take.text(fixed.segment_bytes);
  const bool zeros = fixed.reserved_zero[0] == 0 && fixed.reserved_zero[1] == 0 && fixed.flags_zero == 0;
  if (!take.done() || !zeros || !within_bounds(order)) return std::nullopt;
  return order;
}

std::size_t encode(const OrderEvent& event, std::span<std::byte> out) {
  DOORBUSTER_CHECK(out.size() >= order_event_payload_bytes(event));
  DOORBUSTER_CHECK(event.payment.size() <= kReferenceBytesMax);
  const EventFixed fixed = {
      .number = event.order.value,
      .expires_ns = event.expires_at.ns,
      .key_low = event.key.low,
      .key_high = event.key.high,
      .quantity = event.quantity,
      .kind = static_cast<std::uint8_t>(event.kind),
      .reason = static_cast<std::uint8_t>(event.reason),
      .flags = static_cast<std::uint8_t>((event.late ? kLateFlag : 0) | (event.restock ? kRestockFlag : 0)),
      .payment_bytes = static_cast<std::uint8_t>(event.payment.size()),
      .part = event.part ? event.part->value : 0,
      .reserved_zero = 0,
  };
  Writer writer(out.data());
  writer.bytes(&fixed, sizeof fixed);
  writer.bytes(event.payment.data(), event.payment.size());
  return writer.size();
}

std::optional<OrderEvent> decode_order_event(std::span<const std::byte> payload, const RecordInfo& info) {
  if (info.kind != RecordKind::order_event || info.version < 1 || info.version > 2) return std::nullopt;
  Taker take(payload);
  const auto fixed = take.word<EventFixed>();
  OrderEvent event;
  event.kind = OrderEventKind{fixed.kind};
  event.reason = OrderEventReason{fixed.reason};
  event.late = (fixed.flags & kLateFlag) != 0;
  event.restock = (fixed.flags & kRestockFlag) != 0;
  event.order.value = fixed.number;
  if (info.version == 2) event.part = OfferIndex{fixed.part};
  event.tick = info.tick;
  event.expires_at.ns = fixed.expires_ns;
  event.quantity = fixed.quantity;
  event.payment = take.text(fixed.payment_bytes);
  event.key = {fixed.key_low, fixed.key_high};
  const bool zeros = (fixed.flags & ~(kLateFlag | kRestockFlag)) == 0 && fixed.reserved_zero == 0;
  if (!event.part && fixed.part != 0) return std::nullopt;
  if (!take.done() || !zeros || !has_its_members(event)) return std::nullopt;
  return event;
}

}  // namespace doorbuster
