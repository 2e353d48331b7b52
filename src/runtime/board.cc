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
      buyers_(filter_words(orders_max), Pages::at_once),
      buyer_word_mask_(filter_words(orders_max) - 1) {}

void Board::mark_buyer(const Hash128& buyer) {
  auto& word = buyers_.data()[buyer.high & buyer_word_mask_];
  const std::uint64_t bit = 1ULL << (buyer.low >> 58);
  // relaxed: published by the release in set_sold_out(). The load first: most marks of a repeat buyer are
  // there.
  if ((word.load(std::memory_order_relaxed) & bit) == 0) word.fetch_or(bit, std::memory_order_relaxed);
}

bool Board::may_have_bought(const Hash128& buyer) const {
  // relaxed: asked only after sold_out() has acquired what its owner published.
  const std::uint64_t word = buyers_.data()[buyer.high & buyer_word_mask_].load(std::memory_order_relaxed);
  return (word >> (buyer.low >> 58) & 1) != 0;
}

void Board::set_sold_out(OfferIndex offer, bool sold_out) {
  // Pairs with the acquire in sold_out().
  offers_[offer.value].sold_out.store(sold_out ? 1 : 0, std::memory_order_release);
}

}  // namespace doorbuster
