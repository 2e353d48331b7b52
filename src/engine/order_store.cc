#include "doorbuster/engine/order_store.h"

#include <algorithm>
#include <cstring>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"

namespace doorbuster {
namespace {

// Of one order: buyer, channel, region, segment, key, reference, payment, identities and what aligns them.
constexpr std::size_t kOrderTextBytesMax = kIdentifierBytesMax * 4 + kIdempotencyKeyBytesMax +
                                           kReferenceBytesMax * 2 + (kIdentitiesMax + 1) * sizeof(Hash128) +
                                           kBasketLinesMax * sizeof(OrderLine);

// Returns with a key, for each order that can be: more are refused.
constexpr std::uint64_t kOrdersPerReturn = 4;
constexpr std::uint64_t kReturnsMin = 1024;

}  // namespace

OrderStore::OrderStore(std::uint64_t orders_max)
    : orders_max_(orders_max),
      returns_max_(orders_max / kOrdersPerReturn + kReturnsMin),
      rows_(orders_max),
      lives_(orders_max),
      texts_(orders_max * kOrderTextBytesMax) {
  slot_by_number_.reserve(orders_max);
  slot_by_key_.reserve(orders_max);
  slot_by_part_.reserve(orders_max);
  returns_.reserve(returns_max_);
}

std::uint64_t OrderStore::keep_text(std::string_view text) {
  const std::uint64_t at = text_bytes_;
  if (!text.empty()) std::memcpy(texts_.data() + at, text.data(), text.size());
  text_bytes_ += text.size();
  return at;
}

OrderSlot OrderStore::add(const Order& order, const Hash128& key) {
  const OrderSlot slot = add_row(order);
  slot_by_number_.emplace(order.number.value, slot.value);
  if (!order.key.empty()) slot_by_key_.emplace(key, slot.value);
  return slot;
}

OrderSlot OrderStore::add_part(const Order& basket, const OrderLine& line) {
  Order part = basket;
  part.quantity = line.quantity;
  part.unit_price = line.unit_price;
  part.lines = {};
  part.key = part.reference = part.region = part.segment = {};  // the channel may have a quota
  const OrderSlot slot = add_row(part);
  rows_[slot.value].is_part = true;
  rows_[slot.value].has_life = true;
  lives_[slot.value].part = line.offer.value;
  lives_[slot.value].confirmed_quantity = basket.status == OrderStatus::confirmed ? line.quantity : 0;
  slot_by_part_.emplace(Hash128{basket.number.value, line.offer.value}, slot.value);
  return slot;
}

OrderSlot OrderStore::add_row(const Order& order) {
  const OrderSlot slot{static_cast<std::uint32_t>(size_)};
  if (!order.identities.empty() || !order.lines.empty()) {
    constexpr std::uint64_t kAlign = std::max(alignof(Hash128), alignof(OrderLine));
    text_bytes_ = (text_bytes_ + kAlign - 1) / kAlign * kAlign;
  }
  rows_[slot.value] = {
      .number = order.number.value,
      .unit_price = order.unit_price,
      .expected_price = order.expected_price,
      .decided_ns = order.decided_at.ns,
      .text = text_bytes_,
      .quantity = order.quantity,
      .buyer_bytes = static_cast<std::uint8_t>(order.buyer.size()),
      .key_bytes = static_cast<std::uint8_t>(order.key.size()),
      .reference_bytes = static_cast<std::uint8_t>(order.reference.size()),
      .channel_bytes = static_cast<std::uint8_t>(order.channel.size()),
      .region_bytes = static_cast<std::uint8_t>(order.region.size()),
      .segment_bytes = static_cast<std::uint8_t>(order.segment.size()),
      .identities = static_cast<std::uint8_t>(order.identities.size()),
      .status = order.status,
      .first_status = order.status,
      .lines = static_cast<std::uint8_t>(order.lines.size()),
      .has_life = false,
      .refund_due = false,
      .payment_failed = false,
      .is_part = false,
      .is_pinned = false,
      .unused_bits = 0,
      .unused = 0,
  };
  keep_text({reinterpret_cast<const char*>(order.identities.data()), order.identities.size_bytes()});
  keep_text({reinterpret_cast<const char*>(order.lines.data()), order.lines.size_bytes()});
  for (const std::string_view text :
       {order.buyer, order.key, order.reference, order.channel, order.region, order.segment}) {
    keep_text(text);
  }
  DOORBUSTER_CHECK(text_bytes_ <= texts_.capacity());
  ++size_;
  return slot;
}

void OrderStore::keep_payment(OrderSlot slot, std::string_view payment) {
  if (payment.empty()) return;
  OrderLife& life = lives_[slot.value];
  life.payment = keep_text(payment);
  life.payment_bytes = static_cast<std::uint8_t>(payment.size());
  DOORBUSTER_CHECK(text_bytes_ <= texts_.capacity());
}

std::optional<OrderSlot> OrderStore::find(OrderNumber number) const {
  const auto found = slot_by_number_.find(number.value);
  if (found == slot_by_number_.end()) return std::nullopt;
  return OrderSlot{found->second};
}

std::optional<OrderSlot> OrderStore::find_part(OrderNumber basket, OfferIndex offer) const {
  const auto found = slot_by_part_.find(Hash128{basket.value, offer.value});
  if (found == slot_by_part_.end()) return std::nullopt;
  return OrderSlot{found->second};
}

std::optional<OrderSlot> OrderStore::find_key(const Hash128& key) const {
  const auto found = slot_by_key_.find(key);
  if (found == slot_by_key_.end()) return std::nullopt;
  return OrderSlot{found->second};
}

const KeptReturn* OrderStore::find_return(const Hash128& key) const {
  const auto found = returns_.find(key);
  return found == returns_.end() ? nullptr : &found->second;
}

Identities OrderStore::identities(OrderSlot slot) const {
  const OrderRow& row = rows_[slot.value];
  return {reinterpret_cast<const Hash128*>(texts_.data() + row.text), row.identities};
}

std::string_view OrderStore::buyer(OrderSlot slot) const {
  const OrderRow& row = rows_[slot.value];
  return {texts_of(row), row.buyer_bytes};
}

std::string_view OrderStore::channel(OrderSlot slot) const {
  const OrderRow& row = rows_[slot.value];
  return {texts_of(row) + row.buyer_bytes + row.key_bytes + row.reference_bytes, row.channel_bytes};
}

OrderLines OrderStore::lines(OrderSlot slot) const {
  const OrderRow& row = rows_[slot.value];
  const char* at = texts_.data() + row.text + row.identities * sizeof(Hash128);
  return {reinterpret_cast<const OrderLine*>(at), row.lines};
}

std::uint32_t OrderStore::confirmed_quantity(OrderSlot slot) const {
  const OrderRow& row = rows_[slot.value];
  if (row.status != OrderStatus::confirmed) return 0;
  // A sale that was final at once has no other number anywhere.
  return row.first_status == OrderStatus::confirmed && !row.is_part ? row.quantity
                                                                    : lives_[slot.value].confirmed_quantity;
}

Order OrderStore::order(OrderSlot slot) const {
  const OrderRow& row = rows_[slot.value];
  const char* at = texts_of(row);
  const auto take = [&at](std::size_t bytes) {
    const std::string_view text(at, bytes);
    at += bytes;
    return text;
  };
  Order order;
  order.number = {row.number};
  order.quantity = row.quantity;
  order.unit_price = row.unit_price;
  order.expected_price = row.expected_price;
  order.decided_at = {row.decided_ns};
  order.buyer = take(row.buyer_bytes);
  order.key = take(row.key_bytes);
  order.reference = take(row.reference_bytes);
  order.channel = take(row.channel_bytes);
  order.region = take(row.region_bytes);
  order.segment = take(row.segment_bytes);
  order.identities = identities(slot);
  order.lines = lines(slot);
  order.status = row.status;
  order.refund_due = row.refund_due;
  order.confirmed_quantity = confirmed_quantity(slot);
  if (!row.has_life) return order;
  const OrderLife& life = lives_[slot.value];
  order.expires_at = {life.expires_ns};
  order.returned_quantity = life.returned_quantity;
  order.payment = {texts_.data() + life.payment, life.payment_bytes};
  return order;
}

Order OrderStore::order_as_decided(OrderSlot slot) const {
  Order order = this->order(slot);
  const OrderRow& row = rows_[slot.value];
  order.status = row.first_status;
  order.refund_due = false;
  order.confirmed_quantity = row.first_status == OrderStatus::confirmed ? row.quantity : 0;
  order.returned_quantity = 0;
  order.payment = {};
  order.expires_at = {row.first_status == OrderStatus::held ? lives_[slot.value].first_expires_ns : 0};
  return order;
}

std::uint64_t OrderStore::state_hash() const {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < size_; ++i) {
    OrderRow row = rows_[i];
    const std::size_t bytes = std::size_t{row.buyer_bytes} + row.key_bytes + row.reference_bytes +
                              row.channel_bytes + row.region_bytes + row.segment_bytes +
                              row.identities * sizeof(Hash128) + row.lines * sizeof(OrderLine);
    std::uint64_t parts = hash64(texts_.data() + row.text, bytes, 2);
    row.text = 0;  // where it stands depends on what else this shard owns
    if (row.has_life) {
      OrderLife life = lives_[i];
      parts += hash64(texts_.data() + life.payment, life.payment_bytes, 8);
      life.payment = 0;
      parts += hash64(&life, sizeof life, 9);
    }
    sum += hash64(&row, sizeof row, parts);
  }
  for (const auto& [hash, slot] : slot_by_key_) {
    const std::uint64_t words[] = {hash.low, hash.high, rows_[slot].number};
    sum += hash64(words, sizeof words, 4);
  }
  for (const auto& [hash, kept] : returns_) {
    const std::uint64_t words[] = {hash.low, hash.high, kept.quantity, kept.restock};
    sum += hash64(words, sizeof words, 10);
  }
  return sum;
}

}  // namespace doorbuster
