#include "doorbuster/runtime/board.h"

#include <algorithm>
#include <bit>

namespace doorbuster {
namespace {

constexpr std::uint64_t kFilterBitsPerOrder = 16;

std::uint64_t filter_words(std::uint64_t orders_max) {
  return std::bit_ceil(orders_max * kFilterBitsPerOrder / 64 + 1);
}

}  // namespace

Board::Board(std::uint64_t orders_max)
    : offers_(kOffersMax),
      changed_(kOffersMax / kOffersPerWord),
      names_(filter_words(orders_max), Pages::at_once),
      word_mask_(filter_words(orders_max) - 1) {}

void Board::mark_name(const Hash128& limit_key) {
  auto& word = names_.data()[word_of(limit_key)];
  const std::uint64_t bit = 1ULL << (limit_key.low >> 58);
  // relaxed: published by the release in publish(). The load first: most marks of a repeat buyer are
  // there.
  if ((word.load(std::memory_order_relaxed) & bit) == 0) word.fetch_or(bit, std::memory_order_relaxed);
}

bool Board::may_have_bought(const Hash128& limit_key) const {
  // relaxed: asked only after sold_out() has acquired what its owner published.
  const std::uint64_t word = names_.data()[word_of(limit_key)].load(std::memory_order_relaxed);
  return (word >> (limit_key.low >> 58) & 1) != 0;
}

bool Board::publish(OfferIndex offer, Availability availability, const OfferStock& stock) {
  Entry& entry = offers_[offer.value];
  const auto allocated = static_cast<std::uint32_t>(stock.allocated);
  const std::uint64_t units = static_cast<std::uint64_t>(availability) |
                              static_cast<std::uint64_t>(stock.held) << kHeldShift |
                              static_cast<std::uint64_t>(stock.sold) << kSoldShift;
  // relaxed, both: nobody else writes them, and `allocated` is published by the release below.
  const bool same_allocated = entry.allocated.load(std::memory_order_relaxed) == allocated;
  if (same_allocated && entry.units.load(std::memory_order_relaxed) == units) return false;
  if (!same_allocated) entry.allocated.store(allocated, std::memory_order_relaxed);
  // Pairs with the acquires in availability() and figures().
  entry.units.store(units, std::memory_order_release);
  return true;
}

OfferFigures Board::figures(OfferIndex offer) const {
  const Entry& entry = offers_[offer.value];
  // Pairs with the release in publish(): `allocated` is at least as new as the units.
  const std::uint64_t units = entry.units.load(std::memory_order_acquire);
  OfferFigures figures{.availability = availability_of(units), .stock = {}};
  OfferStock& stock = figures.stock;
  stock.held = static_cast<std::int64_t>(units >> kHeldShift & kUnitsMask);
  stock.sold = static_cast<std::int64_t>(units >> kSoldShift & kUnitsMask);
  // relaxed: ordered by the acquire above. A lower stock can be seen before what was given back for it.
  stock.allocated = entry.allocated.load(std::memory_order_relaxed);
  stock.available = std::max(std::int64_t{0}, stock.allocated - stock.held - stock.sold);
  stock.allocated = stock.available + stock.held + stock.sold;
  return figures;
}

void Board::mark_changed(OfferIndex offer) {
  constexpr std::uint64_t every_reader =
      1ULL << shift_of(BoardReader::alerts) | 1ULL << shift_of(BoardReader::stream);
  // release: pairs with the acquire in take_changed(). Not left out when the bits are there already: a reader
  // that takes them in this very moment must either come later than this, and then it sees what was published
  // before, or leave the new bits for its next look. A plain load first would promise neither.
  changed_[offer.value / kOffersPerWord].fetch_or(every_reader << (offer.value % kOffersPerWord),
                                                  std::memory_order_release);
}

bool Board::has_changed(BoardReader reader, std::uint32_t offers) const {
  for (std::uint32_t first = 0; first < offers; first += kOffersPerWord) {
    // relaxed: asked after a read-modify-write on the notifier, which acquired what the shards did before
    // they rang.
    const std::uint64_t word = changed_[first / kOffersPerWord].load(std::memory_order_relaxed);
    if ((word & bits_of(reader, offers - first)) != 0) return true;
  }
  return false;
}

}  // namespace doorbuster
