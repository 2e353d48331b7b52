#pragma once
// The engine of one shard: commands and a tick go in, decisions come out. It is a function of what it was
// given: no clock, file, socket, thread, random source or logger. Running it again over the journal gives the
// same state, and state_hash() says so.
//
// decide() looks and changes nothing; apply() changes and decides nothing. A sale is decide(), then its
// record, then apply(); recovery is apply() alone. What was refused has changed nothing.
//
// Not thread-safe: one owner. No allocation, lock or exception in decide(), apply() and find(): every table
// has its full size from the constructor on.
//
// Invariants, checked in every build where they cost O(1):
//   E1  0 <= held, 0 <= sold, held + sold <= allocated, for every offer
//   E2  an order number is given once; orders of an offer are numbered 1, 2, 3, ...
//   E3  one order for each idempotency key of an offer

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "doorbuster/base/hash.h"
#include "doorbuster/base/reserved_array.h"
#include "doorbuster/catalog/catalog.h"
#include "doorbuster/model/order.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster {

struct EngineOptions {
  std::uint32_t shard = 0;   // this engine's, below `shards`
  std::uint32_t shards = 1;  // an offer belongs to shard offer % shards
  std::uint64_t orders_max = 0;
  HashKey table_key;  // of the data folder, for keyed_hash()
};

inline constexpr std::uint32_t owner_shard(OfferIndex offer, std::uint32_t shards) {
  return offer.value % shards;
}

// Hashes of a command's texts, made by whoever has time for it.
struct BuyHashes {
  Hash128 buyer;
  Hash128 key;  // zero without a key
};
BuyHashes hash_buy(const HashKey& table_key, const Buy& buy);

// Where an order stands in its engine's store; dense from 0, for tables that run along.
struct OrderSlot {
  std::uint32_t value = 0;
};

struct Decision {
  Outcome outcome = Outcome::overloaded;
  bool replayed = false;   // an earlier order under the same key; `slot` says which
  OrderSlot slot;          // of a replayed order
  Order order;             // confirmed: the order, new (to be applied) or replayed
  std::int64_t price = 0;  // price_changed: the price in force
};

struct OfferStock {
  std::int64_t allocated = 0, available = 0, held = 0, sold = 0;
};

class Engine {
 public:
  explicit Engine(const EngineOptions& options);

  // From here on decisions are made by this catalog. Control path: may allocate.
  // REQUIRES: no offer's stock is below what is committed of it.
  void install(CatalogPointer catalog);
  const CatalogPointer& catalog() const { return catalog_; }

  bool owns(OfferIndex offer) const { return owner_shard(offer, options_.shards) == options_.shard; }

  // The one atomic step: idempotency, existence, window, limit, price, stock, room. The first that fails is
  // the answer. REQUIRES: owns(buy.offer), the offer is in the catalog; buy's texts are within their bounds.
  Decision decide(const Buy& buy, const BuyHashes& hashes, Tick now) const;

  // Takes an order that decide() confirmed, or that the journal says was. False, with nothing changed, when
  // it cannot have been decided here (for recovery: the journal contradicts itself).
  [[nodiscard]] bool apply(const Order& order, const BuyHashes& hashes, OrderSlot& slot);

  std::optional<OrderSlot> find(OrderNumber number) const;
  Order order(OrderSlot slot) const;  // views live as long as the engine
  std::uint64_t orders() const { return orders_count_; }
  std::uint64_t orders_max() const { return options_.orders_max; }

  OfferStock stock(OfferIndex offer) const;
  // Nothing left, and nothing can come back from a hold.
  bool sold_out_for_good(OfferIndex offer) const;

  // Every hash under which a buyer has units. For filters; not in any order.
  template <typename Visit>
  void visit_buyers(Visit&& visit) const {
    for (const auto& entry : buyer_units_) visit(entry.first);
  }

  // Of everything that apply() changes. The sum over all shards does not depend on how many there are.
  std::uint64_t state_hash() const;

 private:
  // Rules and stock of one offer, together in one cache line: a hot SKU is one line.
  struct alignas(64) OfferState {
    std::int64_t allocated = 0;
    std::int64_t held = 0;
    std::int64_t sold = 0;
    std::uint64_t orders = 0;
    std::int64_t price = 0;
    Tick starts_at, ends_at;
    std::uint32_t limit_per_buyer = 0;
    bool campaign_listed = false;
    bool offer_listed = false;
    std::int64_t available() const { return allocated - held - sold; }
  };
  static_assert(sizeof(OfferState) == 64);

  struct OrderRow {
    std::uint64_t number;
    std::int64_t unit_price, expected_price, decided_ns;
    std::uint64_t text;  // where buyer, key, reference, channel, region, segment stand in texts_
    std::uint32_t quantity;
    std::uint8_t buyer_bytes, key_bytes, reference_bytes, channel_bytes, region_bytes, segment_bytes;
    std::uint8_t unused[6];  // no padding: state_hash() reads the bytes
  };
  static_assert(sizeof(OrderRow) == 56);

  template <typename Key, typename Hash>
  using HashTable = boost::unordered_flat_map<Key, std::uint32_t, Hash, std::equal_to<Key>,
                                              ReservedAllocator<std::pair<const Key, std::uint32_t>>>;

  bool same_request(const Buy& buy, const Order& first) const;
  OrderSlot store(const Order& order);

  const EngineOptions options_;
  CatalogPointer catalog_;
  std::vector<OfferState> offers_;  // by OfferIndex; those of other shards stay empty
  ReservedArray<OrderRow> rows_;
  ReservedArray<char> texts_;
  std::uint64_t orders_count_ = 0;
  std::uint64_t text_bytes_ = 0;
  HashTable<Hash128, Hash128Identity> slot_by_key_;
  HashTable<Hash128, Hash128Identity> buyer_units_;
  HashTable<std::uint64_t, boost::hash<std::uint64_t>> slot_by_number_;
};

}  // namespace doorbuster
