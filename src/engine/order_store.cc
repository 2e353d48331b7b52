#include "doorbuster/engine/order_store.h"

#include <algorithm>
#include <cstring>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"

namespace doorbuster {
namespace {

// Of one order: its texts in one piece, and a payment's reference.
constexpr std::uint64_t kTextsPerOrder = 2;
static_assert(kIdentifierBytesMax * 4 + kIdempotencyKeyBytesMax + kReferenceBytesMax +
                  kIdentitiesMax * sizeof(Hash128) + kBasketLinesMax * sizeof(OrderLine) <=
              TextRoom::kPageBytes);
static_assert(TextRoom::kGrainBytes % alignof(Hash128) == 0 &&
              TextRoom::kGrainBytes % alignof(OrderLine) == 0);

// Returns with a key, for each order that can be: more are refused.
constexpr std::uint64_t kOrdersPerReturn = 4;
constexpr std::uint64_t kReturnsMin = 1024;

}  // namespace

OrderStore::OrderStore(std::uint64_t orders_max, const HashKey& table_key, std::uint64_t returns_min)
    : orders_max_(orders_max),
      returns_max_(std::max(orders_max / kOrdersPerReturn + kReturnsMin, returns_min)),
      table_key_(table_key),
      rows_(orders_max),
      lives_(orders_max),
      texts_(orders_max * kTextsPerOrder),
      slot_by_number_(orders_max, Pages::at_once),
      slot_by_key_(orders_max, Pages::at_once),
      slot_by_part_(orders_max, Pages::at_first_touch),
      returns_(returns_max_, Pages::at_first_touch) {}

OrderSlot OrderStore::add(const Order& order, const Hash128& key_hash) {
  const OrderSlot slot = add_row(order);
  slot_by_number_.add(number_hash(order.number), slot);
  if (!order.key.empty()) slot_by_key_.add(key_hash.low, slot);
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
  slot_by_part_.add(part_hash(basket.number, line.offer), slot);
  return slot;
}

OrderSlot OrderStore::take_slot() {
  const OrderSlot slot{vacant_ != 0 ? vacant_ - 1 : rows_used_};
  if (vacant_ != 0) {
    vacant_ = static_cast<std::uint32_t>(rows_[slot.value].number);
  } else {
    ++rows_used_;
  }
  ++size_;
  return slot;
}

OrderSlot OrderStore::add_row(const Order& order) {
  const OrderSlot slot = take_slot();
  rows_[slot.value] = {
      .number = order.number.value,
      .unit_price = order.unit_price,
      .expected_price = order.expected_price,
      .decided_ns = order.decided_at.ns,
      .text = 0,
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
      .is_vacant = false,
      .unused_bits = 0,
      .unused = 0,
  };
  OrderRow& row = rows_[slot.value];
  row.text = texts_.take(text_bytes(row));
  char* at = texts_.at(row.text);
  const auto put = [&at](const void* from, std::size_t bytes) {
    if (bytes == 0) return;  // an empty view may have no address
    std::memcpy(at, from, bytes);
    at += bytes;
  };
  put(order.identities.data(), order.identities.size_bytes());
  put(order.lines.data(), order.lines.size_bytes());
  put(order.buyer.data(), order.buyer.size());
  put(order.key.data(), order.key.size());
  put(order.reference.data(), order.reference.size());
  put(order.channel.data(), order.channel.size());
  put(order.region.data(), order.region.size());
  put(order.segment.data(), order.segment.size());
  return slot;
}

void OrderStore::keep_payment(OrderSlot slot, std::string_view payment) {
  if (payment.empty()) return;
  OrderLife& life = lives_[slot.value];
  DOORBUSTER_CHECK(life.payment_bytes == 0);  // an order is paid once: confirmed, or to be refunded
  life.payment = texts_.take(payment.size());
  life.payment_bytes = static_cast<std::uint8_t>(payment.size());
  std::memcpy(texts_.at(life.payment), payment.data(), payment.size());
}

void OrderStore::keep_return(OrderSlot slot, const Hash128& key, std::uint32_t quantity, bool restock) {
  Hash128& newest = lives_[slot.value].newest_return;
  returns_.add(key) = {.offer = offer(slot), .quantity = quantity, .restock = restock, .older = newest};
  newest = key;
}

void OrderStore::remove(OrderSlot slot) {
  OrderRow& row = rows_[slot.value];
  DOORBUSTER_CHECK(!row.is_vacant);
  if (row.is_part) {
    const auto hash_of = [this](OrderSlot part) {
      return part_hash({rows_[part.value].number}, {lives_[part.value].part});
    };
    slot_by_part_.erase(hash_of(slot), slot, hash_of);
  } else {
    const auto hash_of = [this](OrderSlot order) { return number_hash({rows_[order.value].number}); };
    slot_by_number_.erase(hash_of(slot), slot, hash_of);
    const auto key_hash_at = [this](OrderSlot order) { return key_hash(order).low; };
    if (row.key_bytes != 0) slot_by_key_.erase(key_hash(slot).low, slot, key_hash_at);
  }
  texts_.give_back(row.text, text_bytes(row));
  if (row.has_life) {
    OrderLife& life = lives_[slot.value];
    if (life.payment_bytes != 0) texts_.give_back(life.payment, life.payment_bytes);
    for (Hash128 kept = life.newest_return; kept != Hash128{};) {
      const Hash128 older = returns_.find(kept)->older;
      returns_.erase(kept);
      kept = older;
    }
    life = {};
  }
  row = {};
  row.is_vacant = true;
  row.number = vacant_;
  vacant_ = slot.value + 1;
  --size_;
}

std::optional<OrderSlot> OrderStore::find(OrderNumber number) const {
  return slot_by_number_.find(number_hash(number),
                              [&](OrderSlot slot) { return rows_[slot.value].number == number.value; });
}

std::optional<OrderSlot> OrderStore::find_part(OrderNumber basket, OfferIndex offer) const {
  return slot_by_part_.find(part_hash(basket, offer), [&](OrderSlot slot) {
    return rows_[slot.value].number == basket.value && lives_[slot.value].part == offer.value;
  });
}

std::optional<OrderSlot> OrderStore::find_key(const Hash128& key_hash, OfferIndex offer,
                                              std::string_view key) const {
  return slot_by_key_.find(key_hash.low, [&](OrderSlot slot) {
    return OrderNumber{rows_[slot.value].number}.offer() == offer && this->key(slot) == key;
  });
}

const KeptReturn* OrderStore::find_return(const Hash128& key) const {
  return returns_.find(key);
}

Identities OrderStore::identities(OrderSlot slot) const {
  const OrderRow& row = rows_[slot.value];
  return {reinterpret_cast<const Hash128*>(texts_.at(row.text)), row.identities};
}

std::string_view OrderStore::buyer(OrderSlot slot) const {
  const OrderRow& row = rows_[slot.value];
  return {texts_of(row), row.buyer_bytes};
}

std::string_view OrderStore::key(OrderSlot slot) const {
  const OrderRow& row = rows_[slot.value];
  return {texts_of(row) + row.buyer_bytes, row.key_bytes};
}

std::string_view OrderStore::channel(OrderSlot slot) const {
  const OrderRow& row = rows_[slot.value];
  return {texts_of(row) + row.buyer_bytes + row.key_bytes + row.reference_bytes, row.channel_bytes};
}

OrderLines OrderStore::lines(OrderSlot slot) const {
  const OrderRow& row = rows_[slot.value];
  const char* at = texts_.at(row.text) + row.identities * sizeof(Hash128);
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
  if (life.payment_bytes != 0) order.payment = {texts_.at(life.payment), life.payment_bytes};
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

std::uint64_t OrderStore::state_hash(OrderSlot slot) const {
  OrderRow row = rows_[slot.value];
  std::uint64_t parts = hash64(texts_.at(row.text), text_bytes(row), 2);
  row.text = 0;  // where it stands depends on what else this shard owns
  if (row.has_life) {
    OrderLife life = lives_[slot.value];
    parts += hash64(texts_.at(life.payment), life.payment_bytes, 8);
    life.payment = 0;
    parts += hash64(&life, sizeof life, 9);
  }
  return hash64(&row, sizeof row, parts);
}

std::uint64_t OrderStore::state_hash() const {
  std::uint64_t sum = 0;
  visit([&](OrderSlot slot) { sum += state_hash(slot); });
  returns_.visit([&](const Hash128& hash, const KeptReturn& kept) {
    const std::uint64_t words[] = {hash.low, hash.high, kept.quantity, kept.restock};
    sum += hash64(words, sizeof words, 10);
  });
  return sum;
}

}  // namespace doorbuster
