// Samples of an engine's state, for a replay to be held against.

#include <algorithm>

#include "doorbuster/engine/engine.h"

namespace doorbuster {
namespace {

constexpr std::uint32_t kOtherRowsMax = 64;  // that are passed over in search of an order

}  // namespace

// What baskets move in several shards moves a moment before or behind its record: they are left out, and the
// units of a shard where one of their lines lives or is being decided.
StateSample Engine::sample(OfferIndex offer, std::uint64_t first_ordinal) const {
  const OfferState& state = offers_[offer.value];
  StateSample sample = {.offer = offer,
                        .has_units = store_.parts() == 0 && reserved_rows_ == 0,
                        .first_ordinal = first_ordinal,
                        .held = state.held,
                        .sold = state.sold};
  const std::uint64_t end = std::min(first_ordinal + kStateSampleOrders, state.last_ordinal + 1);
  for (std::uint64_t ordinal = first_ordinal; ordinal < end; ++ordinal) {
    const auto slot = store_.find(OrderNumber::make(offer, ordinal));
    if (!slot || is_basket(*slot)) continue;
    ++sample.orders;
    sample.orders_hash += store_.state_hash(*slot);
  }
  return sample;
}

std::optional<StateSample> Engine::sample(std::uint64_t random) const {
  const std::uint32_t rows = store_.rows_used();
  if (rows == 0) return std::nullopt;
  const auto first = static_cast<std::uint32_t>(random % rows);
  const std::uint32_t end = std::min(rows, first + kOtherRowsMax);
  for (std::uint32_t i = first; i < end; ++i) {
    const OrderSlot slot{i};
    if (store_.is_vacant(slot) || store_.row(slot).is_part || is_basket(slot)) continue;
    const OrderNumber number{store_.row(slot).number};
    return sample(number.offer(), number.ordinal());
  }
  return std::nullopt;
}

}  // namespace doorbuster
