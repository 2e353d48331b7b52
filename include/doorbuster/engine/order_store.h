#pragma once
// Every order of one shard, and the ways to find one. Part of the engine; same owner. Rows are never moved
// and never taken out.

#include <boost/container_hash/hash.hpp>
#include <cstdint>
#include <optional>

#include "doorbuster/base/hash.h"
#include "doorbuster/base/reserved_array.h"
#include "doorbuster/engine/limit_ledger.h"
#include "doorbuster/engine/order_slot.h"
#include "doorbuster/model/order.h"

namespace doorbuster {

struct OrderRow {
  std::uint64_t number;
  std::int64_t unit_price, expected_price, decided_ns;
  std::uint64_t text;  // where identities, buyer, key, reference, channel, region, segment stand
  std::uint32_t quantity;
  std::uint8_t buyer_bytes, key_bytes, reference_bytes, channel_bytes, region_bytes, segment_bytes;
  std::uint8_t identities;
  OrderStatus status;
  OrderStatus first_status;  // as it was decided
  std::uint8_t lines;        // of a basket: they stand behind the identities
  // Every bit has a name: state_hash() reads the bytes.
  bool has_life : 1;  // more of it stands in the store's OrderLife
  bool refund_due : 1;
  bool payment_failed : 1;  // what cancelled it
  bool is_part : 1;         // a basket's line; the basket itself is a row of its own, without units
  bool is_pinned : 1;       // a part that stands still while something happens to its basket; never at rest
  std::uint8_t unused_bits : 3;
  std::uint8_t unused;
};
static_assert(sizeof(OrderRow) == 56);

// What only some orders have: a hold, a payment, a return, a place in a line. Runs along with the rows, and
// costs no memory where it is not touched.
struct OrderLife {
  std::int64_t expires_ns, first_expires_ns, held_ns;
  std::uint64_t payment;  // where its text stands
  std::uint32_t confirmed_quantity, returned_quantity;
  std::uint32_t place;        // number of its place in the offer's line
  std::uint32_t part;         // of a part: its offer
  std::uint32_t written_off;  // of returned_quantity: what cannot be sold again
  std::uint8_t payment_bytes;
  std::uint8_t unused[3];
};
static_assert(sizeof(OrderLife) == 56);

// A return that came with an idempotency key.
struct KeptReturn {
  std::uint32_t quantity = 0;
  bool restock = false;
};

class OrderStore {
 public:
  explicit OrderStore(std::uint64_t orders_max);

  std::uint64_t size() const { return size_; }
  bool full() const { return size_ >= orders_max_; }
  bool returns_full() const { return returns_.size() >= returns_max_; }

  OrderSlot add(const Order& order, const Hash128& key);  // REQUIRES: !full(); a key is new
  // One line of a basket, as an order of its offer that has the basket's number.
  OrderSlot add_part(const Order& basket, const OrderLine& line);
  void keep_payment(OrderSlot slot, std::string_view payment);
  void keep_return(const Hash128& key, const KeptReturn& kept) { returns_.emplace(key, kept); }

  std::optional<OrderSlot> find(OrderNumber number) const;
  std::optional<OrderSlot> find_part(OrderNumber basket, OfferIndex offer) const;
  std::optional<OrderSlot> find_key(const Hash128& key) const;
  const KeptReturn* find_return(const Hash128& key) const;

  OrderRow& row(OrderSlot slot) { return rows_[slot.value]; }
  const OrderRow& row(OrderSlot slot) const { return rows_[slot.value]; }
  // Zeros for an order that has none. The writer sets has_life.
  OrderLife& life(OrderSlot slot) { return lives_[slot.value]; }
  const OrderLife& life(OrderSlot slot) const { return lives_[slot.value]; }

  // Of the units. For a basket: of its first line.
  OfferIndex offer(OrderSlot slot) const {
    const OrderRow& row = rows_[slot.value];
    return row.is_part ? OfferIndex{lives_[slot.value].part} : OrderNumber{row.number}.offer();
  }
  std::string_view buyer(OrderSlot slot) const;
  std::string_view channel(OrderSlot slot) const;
  Identities identities(OrderSlot slot) const;
  OrderLines lines(OrderSlot slot) const;
  std::uint32_t confirmed_quantity(OrderSlot slot) const;  // 0 unless confirmed
  Order order(OrderSlot slot) const;
  Order order_as_decided(OrderSlot slot) const;

  std::uint64_t state_hash() const;

 private:
  struct PartHash {
    std::size_t operator()(const Hash128& part) const noexcept {
      return boost::hash<std::uint64_t>()(part.low ^ part.high * 0x9e3779b97f4a7c15);
    }
  };
  std::uint64_t keep_text(std::string_view text);
  OrderSlot add_row(const Order& order);
  const char* texts_of(const OrderRow& row) const {
    return texts_.data() + row.text + row.identities * sizeof(Hash128) + row.lines * sizeof(OrderLine);
  }

  const std::uint64_t orders_max_, returns_max_;
  ReservedArray<OrderRow> rows_;
  ReservedArray<OrderLife> lives_;
  ReservedArray<char> texts_;
  std::uint64_t size_ = 0;
  std::uint64_t text_bytes_ = 0;
  ReservedTable<std::uint64_t, std::uint32_t, boost::hash<std::uint64_t>> slot_by_number_;
  ReservedTable<Hash128, std::uint32_t, Hash128Identity> slot_by_key_;
  ReservedTable<Hash128, std::uint32_t, PartHash> slot_by_part_;  // by number and offer
  ReservedTable<Hash128, KeptReturn, Hash128Identity> returns_;
};

}  // namespace doorbuster
