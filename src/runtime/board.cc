#include "doorbuster/runtime/board.h"

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
      names_(filter_words(orders_max), Pages::at_once),
      word_mask_(filter_words(orders_max) - 1) {}

void Board::mark_name(const Hash128& limit_key) {
  auto& word = names_.data()[word_of(limit_key)];
  const std::uint64_t bit = 1ULL << (limit_key.low >> 58);
  // relaxed: published by the release in set_availability(). The load first: most marks of a repeat buyer are
  // there.
  if ((word.load(std::memory_order_relaxed) & bit) == 0) word.fetch_or(bit, std::memory_order_relaxed);
}

bool Board::may_have_bought(const Hash128& limit_key) const {
  // relaxed: asked only after sold_out() has acquired what its owner published.
  const std::uint64_t word = names_.data()[word_of(limit_key)].load(std::memory_order_relaxed);
  return (word >> (limit_key.low >> 58) & 1) != 0;
}

void Board::set_availability(OfferIndex offer, Availability availability) {
  // Pairs with the acquire in availability().
  offers_[offer.value].availability.store(static_cast<std::uint32_t>(availability),
                                          std::memory_order_release);
}

}  // namespace doorbuster
