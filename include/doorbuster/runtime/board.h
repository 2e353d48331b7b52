#pragma once
// What shards tell the HTTP threads so that a refusal needs no owner: which offers are sold out for good, and
// who has bought there. Written by the owning shard, read by anybody, and never wrong in the direction that
// matters:
//
// - sold_out(offer) is true only while the owner has nothing left and nothing that could come back from a
// hold.
//   A configuration that adds stock, or a return, takes the mark away before the first such unit can be sold.
// - A name (a buyer or an identity) without a mark has no unit of a sold-out offer, nor of its campaign where
//   that is limited: the owner marks the names before it marks the offer, and a sold-out offer gets no new
//   ones. So "sold out" can be told here without getting ahead of "limit reached", which the contract checks
//   first. A name with a mark may be somebody else (a filter): the owner is asked then.
//   Marks are of limit keys: offer_limit_key(), and campaign_limit_key() in campaigns with a total limit.

#include <atomic>
#include <cstdint>

#include "doorbuster/base/hash.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/reserved_array.h"
#include "doorbuster/engine/engine.h"
#include "doorbuster/model/ids.h"

namespace doorbuster {

class Board {
 public:
  // `orders_max` sizes the filter of buyers: 16 bits for each, so about 6 % of all strangers have a mark when
  // full.
  explicit Board(std::uint64_t orders_max);

  // --- the offer's shard ---
  void mark_name(const Hash128& limit_key);
  void set_availability(OfferIndex offer, Availability availability);
  void set_remaining(OfferIndex offer, std::int64_t units) {
    // relaxed: a number to show, tied to nothing.
    offers_[offer.value].remaining.store(static_cast<std::uint32_t>(units), std::memory_order_relaxed);
  }

  // --- any thread ---
  Availability availability(OfferIndex offer) const {
    // Pairs with the release in set_availability(): the marks of all who bought are visible then.
    return static_cast<Availability>(offers_[offer.value].availability.load(std::memory_order_acquire));
  }
  bool sold_out(OfferIndex offer) const { return availability(offer) == Availability::sold_out; }
  bool may_have_bought(const Hash128& limit_key) const;
  std::int64_t remaining(OfferIndex offer) const {
    // relaxed: see set_remaining().
    return offers_[offer.value].remaining.load(std::memory_order_relaxed);
  }

 private:
  struct Entry {
    std::atomic<std::uint32_t> availability;
    std::atomic<std::uint32_t> remaining;  // kStockMax fits
  };
  static_assert(kStockMax <= 0xffffffff);

  // Keys of one name differ from offer to offer in their low half only.
  std::uint64_t word_of(const Hash128& key) const { return (key.high ^ key.low) & word_mask_; }

  ReservedArray<Entry> offers_;  // zeros are valid entries: on sale
  ReservedArray<std::atomic<std::uint64_t>> names_;
  std::uint64_t word_mask_ = 0;
};

}  // namespace doorbuster
