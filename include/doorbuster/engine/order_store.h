#pragma once
// Every order of one shard that is remembered, and the ways to find one. Part of the engine; same owner. A
// row is never moved; the slot of one that was removed is the next order's.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "doorbuster/base/hash.h"
#include "doorbuster/base/pages_ahead.h"
#include "doorbuster/base/reserved_array.h"
#include "doorbuster/base/reserved_table.h"
#include "doorbuster/engine/order_slot.h"
#include "doorbuster/engine/slot_index.h"
#include "doorbuster/engine/text_room.h"
#include "doorbuster/model/order.h"

namespace doorbuster {

// Their bytes are hashed: with another layout kStateSampleVersion and the checkpoints' content go up.
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
  bool is_vacant : 1;       // no order; `number` is the next vacant slot plus one, all else is zero
  std::uint8_t unused_bits : 2;
  std::uint8_t unused;
};
static_assert(sizeof(OrderRow) == 56);

// What only some orders have: a hold, a payment, a return, a place in a line. Runs along with the rows, and
// costs no memory where it is not touched.
struct OrderLife {
  std::int64_t expires_ns, first_expires_ns, held_ns;
  std::int64_t last_event_ns;  // since when it has stood as it does; of what expired: when its time was over
  std::uint64_t payment;       // where its text stands
  Hash128 newest_return;       // of those with a key; zero: none
  std::uint32_t confirmed_quantity, returned_quantity;
  std::uint32_t place;        // number of its place in the offer's line
  std::uint32_t part;         // of a part: its offer
  std::uint32_t written_off;  // of returned_quantity: what cannot be sold again
  std::uint8_t payment_bytes;
  std::uint8_t unused[3];
};
static_assert(sizeof(OrderLife) == 80);

// A return that came with an idempotency key.
struct KeptReturn {
  OfferIndex offer = {};  // of the order: which engine the key belongs to
  std::uint32_t quantity = 0;
  bool restock = false;
  Hash128 older = {};  // the key of the same order's return before it; zero: there is none
};

// An order as a checkpoint has it, one element: its row and, where it has one, its life, both with zero for
// where texts stand, then identities, lines and texts, then the payment's text, then zeros up to a multiple
// of 8.
struct SavedOrder {
  OrderRow row;
  OrderLife life;  // zeros for an order that has none
  std::string_view texts, payment;
  std::size_t bytes = 0;  // of the element
  OfferIndex offer() const { return row.is_part ? OfferIndex{life.part} : OrderNumber{row.number}.offer(); }
};
// The element that `bytes` begin with; views point into them. Nothing when none can begin like that.
std::optional<SavedOrder> read_saved_order(std::span<const std::byte> bytes);

// What a checkpoint has of an offer besides its orders.
struct SavedOffer {
  std::uint32_t offer = 0;
  std::uint32_t next_place = 0;  // of its line
  std::uint64_t orders = 0;      // given numbers so far
  std::int64_t held = 0, sold = 0;
  std::uint64_t forgotten_orders = 0;  // of `orders` and `sold`: by orders that are not remembered
  std::int64_t forgotten_sold = 0;
  std::uint32_t start = 1;  // of the engine on its folder: in which the last of them was given
  std::uint32_t reserved = 0;
};
static_assert(sizeof(SavedOffer) == 56);

// How far the tables that are filled from the front are filled.
struct OrdersFilled {
  std::uint64_t rows = 0, lives = 0, text_bytes = 0;
};
// What is taken ahead of them, by the thread that does so.
struct OrdersAhead {
  PagesAhead rows, lives, texts, text_pages;
};

class OrderStore {
 public:
  // `table_key`: of the data folder, for keyed_hash() of idempotency keys.
  OrderStore(std::uint64_t orders_max, const HashKey& table_key, std::uint64_t returns_min = 0);

  std::uint64_t size() const { return size_; }  // rows with an order
  bool full() const { return size_ >= orders_max_; }
  bool returns_full() const { return returns_.size() >= returns_max_; }
  // Every row that was ever used stands below it; is_vacant() says whether it has an order now.
  std::uint32_t rows_used() const { return rows_used_; }
  bool is_vacant(OrderSlot slot) const { return rows_[slot.value].is_vacant; }
  // Calls visit(slot) for each order, parts of baskets among them, in no order that means anything.
  template <typename Visit>
  void visit(Visit&& visit) const {
    for (std::uint32_t i = 0; i < rows_used_; ++i) {
      if (!rows_[i].is_vacant) visit(OrderSlot{i});
    }
  }

  // `key_hash`: key_hash() of its offer and key; of no key: nothing. REQUIRES: !full(); a key is new.
  OrderSlot add(const Order& order, const Hash128& key_hash);
  // One line of a basket, as an order of its offer that has the basket's number.
  OrderSlot add_part(const Order& basket, const OrderLine& line);
  void keep_payment(OrderSlot slot, std::string_view payment);
  void keep_return(OrderSlot slot, const Hash128& key, std::uint32_t quantity, bool restock);
  // The order is as if it had never been. Views of it end here.
  void remove(OrderSlot slot);
  // Something happened to the order that it stands differently from now on.
  void touch(OrderSlot slot, Tick at) {
    rows_[slot.value].has_life = true;
    lives_[slot.value].last_event_ns = at.ns;
  }

  std::optional<OrderSlot> find(OrderNumber number) const;
  std::optional<OrderSlot> find_part(OrderNumber basket, OfferIndex offer) const;
  Hash128 key_hash(OfferIndex offer, std::string_view key) const {
    return keyed_hash(table_key_, offer.value, key);
  }
  Hash128 key_hash(OrderSlot slot) const {
    return key_hash(OrderNumber{rows_[slot.value].number}.offer(), key(slot));
  }
  std::optional<OrderSlot> find_key(const Hash128& key_hash, OfferIndex offer, std::string_view key) const;
  const KeptReturn* find_return(const Hash128& key) const;
  // Asks the memory for the places where these are looked up a moment later.
  void prefetch(OrderNumber number) const { slot_by_number_.prefetch(number_hash(number)); }
  void prefetch_key(const Hash128& key_hash) const { slot_by_key_.prefetch(key_hash.low); }

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
  // Since when it has stood as it does.
  Tick last_event(OrderSlot slot) const {
    const std::int64_t event_ns = rows_[slot.value].has_life ? lives_[slot.value].last_event_ns : 0;
    return {event_ns != 0 ? event_ns : rows_[slot.value].decided_ns};
  }
  std::string_view buyer(OrderSlot slot) const;
  std::string_view key(OrderSlot slot) const;
  std::string_view channel(OrderSlot slot) const;
  Identities identities(OrderSlot slot) const;
  OrderLines lines(OrderSlot slot) const;
  std::uint32_t confirmed_quantity(OrderSlot slot) const;  // 0 unless confirmed
  Order order(OrderSlot slot) const;
  Order order_as_decided(OrderSlot slot) const;

  std::uint64_t returns() const { return returns_.size(); }
  template <typename Visit>
  void visit_returns(Visit&& visit) const {
    returns_.visit(visit);
  }
  std::uint64_t state_hash() const;
  std::uint64_t state_hash(OrderSlot slot) const;               // of one order, as state_hash() sums them
  std::uint64_t parts() const { return slot_by_part_.size(); }  // lines of baskets
  // Another thread's. `filled`: as it was a moment ago.
  void follow(OrdersAhead& ahead, const OrdersFilled& filled) const {
    ahead.rows.follow(rows_, filled.rows);
    if (filled.lives != 0) ahead.lives.follow(lives_, filled.lives);
    texts_.follow(ahead.texts, ahead.text_pages, filled.text_bytes);
  }
  // What the texts of all orders cost at most so far.
  std::uint64_t text_bytes_touched() const { return texts_.bytes_touched(); }

  // --- checkpoints: saved_order.cc ---
  std::size_t saved_bytes(OrderSlot slot) const;
  void save(OrderSlot slot, std::span<std::byte> out) const;  // REQUIRES: out.size() == saved_bytes(slot)
  // Takes the order, but nobody finds it before index(). REQUIRES: !full().
  void restore(const SavedOrder& saved);
  void restore_return(const Hash128& key, const KeptReturn& kept) { returns_.add(key) = kept; }
  // `key_hash`: of the order itself. False: another order has its number, key or place in a basket.
  [[nodiscard]] bool index(OrderSlot slot, const Hash128& key_hash);

 private:
  // Fibonacci hashing (Knuth, TAOCP 6.4): numbers that differ in a few bits are spread.
  static std::uint64_t spread(std::uint64_t word) { return word * 0x9e3779b97f4a7c15; }
  static std::uint64_t number_hash(OrderNumber number) { return spread(number.value); }
  static std::uint64_t part_hash(OrderNumber basket, OfferIndex offer) {
    return spread(basket.value ^ spread(offer.value));
  }
  OrderSlot add_row(const Order& order);
  OrderSlot take_slot();
  // Of identities, lines and texts together.
  static std::size_t text_bytes(const OrderRow& row) {
    return row.identities * sizeof(Hash128) + row.lines * sizeof(OrderLine) + row.buyer_bytes +
           row.key_bytes + row.reference_bytes + row.channel_bytes + row.region_bytes + row.segment_bytes;
  }
  friend std::optional<SavedOrder> read_saved_order(std::span<const std::byte> bytes);
  const char* texts_of(const OrderRow& row) const {
    return texts_.at(row.text) + row.identities * sizeof(Hash128) + row.lines * sizeof(OrderLine);
  }

  const std::uint64_t orders_max_, returns_max_;
  const HashKey table_key_;
  ReservedArray<OrderRow> rows_;
  ReservedArray<OrderLife> lives_;
  TextRoom texts_;
  std::uint64_t size_ = 0;
  std::uint32_t rows_used_ = 0;
  std::uint32_t vacant_ = 0;  // the first vacant row below rows_used_, plus one; 0: none
  SlotIndex slot_by_number_, slot_by_key_;
  SlotIndex slot_by_part_;  // by number and offer; most shops have few
  ReservedTable<Hash128, KeptReturn, Hash128Identity> returns_;
};

}  // namespace doorbuster
