#pragma once
// Who waits for units of an offer, first come, first served. Part of the engine; same owner.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "doorbuster/engine/order_slot.h"
#include "doorbuster/model/ids.h"

namespace doorbuster {

class WaitingLines {
 public:
  void resize_offers(std::size_t offers) { lines_.resize(offers); }

  std::uint32_t size(OfferIndex offer) const;
  // Places that were left in the middle count until those before them are gone.
  bool full(OfferIndex offer) const;
  // Returns the number of the place: 0, 1, 2, ... in each offer. REQUIRES: !full(). Allocates once for each
  // offer.
  std::uint32_t join(OfferIndex offer, OrderSlot who);
  void leave(OfferIndex offer, std::uint32_t place);  // REQUIRES: somebody stands there
  std::optional<OrderSlot> first(OfferIndex offer) const;
  // The first for whom wanted(slot) is true. Looks at every place.
  template <typename Wanted>
  std::optional<OrderSlot> find_first(OfferIndex offer, const Wanted& wanted) const;
  // --- checkpoints: the next place of an offer's line, then who stands in it, each once and in any order ---
  std::uint32_t next_place(OfferIndex offer) const;
  void restore_next_place(OfferIndex offer, std::uint32_t next);
  // False: nobody can stand there.
  [[nodiscard]] bool restore(OfferIndex offer, std::uint32_t place, OrderSlot who);

  // How many stand at the place and before it.
  std::uint32_t position(OfferIndex offer, std::uint32_t place) const;

 private:
  struct Line {
    std::vector<std::uint32_t> slots;     // by place modulo the line's bound
    std::vector<std::uint64_t> occupied;  // a bit for each
    std::uint32_t head = 0, tail = 0;     // the first that stands is at head, the next to come gets tail
    std::uint32_t size = 0;
  };
  static bool stands(const Line& line, std::uint32_t place);
  Line& make_line(OfferIndex offer);

  std::vector<std::unique_ptr<Line>> lines_;  // by offer; null: nobody ever waited
};

template <typename Wanted>
std::optional<OrderSlot> WaitingLines::find_first(OfferIndex offer, const Wanted& wanted) const {
  const Line* line = lines_[offer.value].get();
  if (line == nullptr) return std::nullopt;
  for (std::uint32_t place = line->head; place != line->tail; ++place) {
    const OrderSlot slot{line->slots[place % line->slots.size()]};
    if (stands(*line, place) && wanted(slot)) return slot;
  }
  return std::nullopt;
}

}  // namespace doorbuster
