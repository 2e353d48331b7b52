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
//
// It also has the figures of each offer, and remembers for those who follow them (BoardReader) which offers
// have changed since they last looked: a follower looks at what changed and not at everything, and one that
// is slow sees the latest figures and not each that there was.

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>

#include "doorbuster/base/hash.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/prefetch.h"
#include "doorbuster/base/reserved_array.h"
#include "doorbuster/engine/engine.h"
#include "doorbuster/model/ids.h"

namespace doorbuster {

// Who follows the figures. One thread for each.
enum class BoardReader : std::uint8_t { alerts, stream };
inline constexpr std::uint32_t kBoardReaders = 2;

class Board {
 public:
  // `orders_max` sizes the filter of buyers: 16 bits for each, so about 6 % of all strangers have a mark when
  // full.
  explicit Board(std::uint64_t orders_max);

  // --- the offer's shard ---
  void mark_name(const Hash128& limit_key);
  // Asks the memory for the mark: worth its price some names ahead.
  void prefetch_name(const Hash128& limit_key) const { prefetch_line(names_.data() + word_of(limit_key)); }
  // What there is to say of an offer. False when that is what the board says already; else the shard calls
  // mark_changed(), at once or later in its duty cycle, and then wakes who follows.
  bool publish(OfferIndex offer, Availability availability, const OfferStock& stock);
  // Shows every reader that the offer has changed. Those that come later see what publish() said before.
  void mark_changed(OfferIndex offer);

  // --- any thread ---
  Availability availability(OfferIndex offer) const {
    // Pairs with the release in publish(): the marks of all who bought are visible then.
    return availability_of(offers_[offer.value].units.load(std::memory_order_acquire));
  }
  bool sold_out(OfferIndex offer) const { return availability(offer) == Availability::sold_out; }
  bool may_have_bought(const Hash128& limit_key) const;
  // All of one instant, and allocated == available + held + sold; while a change of the catalog comes into
  // force, `allocated` may be the new one already.
  OfferFigures figures(OfferIndex offer) const;
  std::int64_t remaining(OfferIndex offer) const { return figures(offer).stock.available; }
  std::int64_t held(OfferIndex offer) const { return figures(offer).stock.held; }
  std::int64_t sold(OfferIndex offer) const { return figures(offer).stock.sold; }

  // --- the reader's thread ---
  // Calls visit(offer) for each of the first `offers` that has changed since it was last taken. What changes
  // after the call is there for the next.
  template <class Visit>
  void take_changed(BoardReader reader, std::uint32_t offers, Visit&& visit) {
    for (std::uint32_t first = 0; first < offers; first += kOffersPerWord) {
      auto& word = changed_[first / kOffersPerWord];
      const std::uint64_t mine = bits_of(reader, offers - first);
      // relaxed: a mark that is missed here is there for the next call, and its shard rings after it.
      if ((word.load(std::memory_order_relaxed) & mine) == 0) continue;
      // acquire: pairs with the release in mark_changed(); every change to the word is a read-modify-write,
      // so this sees what all marks that it takes were made after.
      std::uint64_t taken = word.fetch_and(~mine, std::memory_order_acquire) & mine;
      taken >>= shift_of(reader);
      for (; taken != 0; taken &= taken - 1) {
        visit(OfferIndex{first + static_cast<std::uint32_t>(std::countr_zero(taken))});
      }
    }
  }
  bool has_changed(BoardReader reader, std::uint32_t offers) const;

 private:
  // `units` has what must be of one instant: two bits of availability, then held and sold in thirty each.
  struct Entry {
    std::atomic<std::uint64_t> units;
    std::atomic<std::uint32_t> allocated;
  };
  static constexpr int kHeldShift = 2;
  static constexpr int kSoldShift = 32;
  static constexpr std::uint64_t kUnitsMask = (1U << 30) - 1;
  static_assert(kStockMax <= static_cast<std::int64_t>(kUnitsMask));
  static constexpr Availability availability_of(std::uint64_t units) {
    return static_cast<Availability>(units & ((1U << kHeldShift) - 1));
  }

  // A word of marks has as many bits for each reader, so that one operation shows all of them.
  static constexpr std::uint32_t kOffersPerWord = 64 / kBoardReaders;
  static constexpr std::uint32_t shift_of(BoardReader reader) {
    return static_cast<std::uint32_t>(reader) * kOffersPerWord;
  }
  // The reader's bits of a word's first `offers`.
  static constexpr std::uint64_t bits_of(BoardReader reader, std::uint32_t offers) {
    const std::uint64_t all = (1ULL << kOffersPerWord) - 1;
    return (all >> (kOffersPerWord - std::min(offers, kOffersPerWord))) << shift_of(reader);
  }

  // Keys of one name differ from offer to offer in their low half only.
  std::uint64_t word_of(const Hash128& key) const { return (key.high ^ key.low) & word_mask_; }

  ReservedArray<Entry> offers_;  // zeros are valid entries: on sale
  ReservedArray<std::atomic<std::uint64_t>> changed_;
  ReservedArray<std::atomic<std::uint64_t>> names_;
  std::uint64_t word_mask_ = 0;
};

}  // namespace doorbuster
