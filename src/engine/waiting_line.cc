#include "doorbuster/engine/waiting_line.h"

#include <bit>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"

namespace doorbuster {
namespace {

constexpr std::uint32_t kMask = kLinePlacesMax - 1;
constexpr std::uint32_t kWords = kLinePlacesMax / 64;
static_assert(std::has_single_bit(kLinePlacesMax) && kWords > 1);

constexpr std::uint64_t bit(std::uint32_t place) {
  return 1ULL << (place % 64);
}
constexpr std::uint32_t word(std::uint32_t place) {
  return (place & kMask) / 64;
}

}  // namespace

bool WaitingLines::stands(const Line& line, std::uint32_t place) {
  return (line.occupied[word(place)] & bit(place)) != 0;
}

std::uint32_t WaitingLines::size(OfferIndex offer) const {
  const Line* line = lines_[offer.value].get();
  return line == nullptr ? 0 : line->size;
}

bool WaitingLines::full(OfferIndex offer) const {
  const Line* line = lines_[offer.value].get();
  return line != nullptr && line->tail - line->head == kLinePlacesMax;
}

WaitingLines::Line& WaitingLines::make_line(OfferIndex offer) {
  auto& line = lines_[offer.value];
  if (line == nullptr) {
    line = std::make_unique<Line>();
    line->slots.resize(kLinePlacesMax);
    line->occupied.resize(kWords);
  }
  return *line;
}

std::uint32_t WaitingLines::join(OfferIndex offer, OrderSlot who) {
  Line& line = make_line(offer);
  DOORBUSTER_CHECK(!full(offer));
  const std::uint32_t place = line.tail++;
  line.slots[place & kMask] = who.value;
  line.occupied[word(place)] |= bit(place);
  ++line.size;
  return place;
}

std::uint32_t WaitingLines::next_place(OfferIndex offer) const {
  const Line* line = lines_[offer.value].get();
  return line == nullptr ? 0 : line->tail;
}

void WaitingLines::restore_next_place(OfferIndex offer, std::uint32_t next) {
  if (next == 0 && lines_[offer.value] == nullptr) return;
  Line& line = make_line(offer);
  line.head = line.tail = next;
}

bool WaitingLines::restore(OfferIndex offer, std::uint32_t place, OrderSlot who) {
  Line& line = make_line(offer);
  const std::uint32_t behind = line.tail - place;  // places are counted modulo 2^32
  if (behind == 0 || behind > kLinePlacesMax || stands(line, place)) return false;
  line.slots[place & kMask] = who.value;
  line.occupied[word(place)] |= bit(place);
  ++line.size;
  if (behind > line.tail - line.head) line.head = place;
  return true;
}

void WaitingLines::leave(OfferIndex offer, std::uint32_t place) {
  Line& line = *lines_[offer.value];
  DOORBUSTER_CHECK(stands(line, place));
  line.occupied[word(place)] &= ~bit(place);
  --line.size;
  while (line.head != line.tail && !stands(line, line.head)) ++line.head;
}

std::optional<OrderSlot> WaitingLines::first(OfferIndex offer) const {
  const Line* line = lines_[offer.value].get();
  if (line == nullptr || line->size == 0) return std::nullopt;
  return OrderSlot{line->slots[line->head & kMask]};
}

std::uint32_t WaitingLines::position(OfferIndex offer, std::uint32_t place) const {
  const Line& line = *lines_[offer.value];
  const std::uint64_t before_and_at = bit(place) | (bit(place) - 1);
  if (place / 64 == line.head / 64) {
    return static_cast<std::uint32_t>(
        std::popcount(line.occupied[word(place)] & before_and_at & ~(bit(line.head) - 1)));
  }
  int count = std::popcount(line.occupied[word(line.head)] & ~(bit(line.head) - 1)) +
              std::popcount(line.occupied[word(place)] & before_and_at);
  for (std::uint32_t at = line.head / 64 + 1; at != place / 64; ++at) {
    count += std::popcount(line.occupied[at % kWords]);
  }
  return static_cast<std::uint32_t>(count);
}

}  // namespace doorbuster
