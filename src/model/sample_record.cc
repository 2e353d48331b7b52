// A sample of an engine's state, as a payload.

#include <cstring>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/model/record.h"

namespace doorbuster {
namespace {

struct SampleFixed {
  std::uint32_t offer;
  std::uint16_t orders;
  std::uint8_t has_units;
  std::uint8_t unused;
  std::uint64_t first_ordinal;
  std::int64_t held, sold;
  std::uint64_t orders_hash;
};
static_assert(sizeof(SampleFixed) == kStateSamplePayloadBytes);

}  // namespace

std::size_t encode(const StateSample& sample, std::span<std::byte> out) {
  DOORBUSTER_CHECK(out.size() >= sizeof(SampleFixed));
  const SampleFixed fixed = {.offer = sample.offer.value,
                             .orders = sample.orders,
                             .has_units = sample.has_units,
                             .unused = 0,
                             .first_ordinal = sample.first_ordinal,
                             .held = sample.held,
                             .sold = sample.sold,
                             .orders_hash = sample.orders_hash};
  std::memcpy(out.data(), &fixed, sizeof fixed);
  return sizeof fixed;
}

std::optional<StateSample> decode_state_sample(std::span<const std::byte> payload) {
  SampleFixed fixed;
  if (payload.size() != sizeof fixed) return std::nullopt;
  std::memcpy(&fixed, payload.data(), sizeof fixed);
  const bool is_possible = fixed.has_units <= 1 && fixed.unused == 0 && fixed.first_ordinal != 0 &&
                           fixed.first_ordinal < (1ULL << OrderNumber::kOrdinalBits) &&
                           fixed.orders <= kStateSampleOrders;
  if (!is_possible) return std::nullopt;
  return StateSample{.offer = {fixed.offer},
                     .has_units = fixed.has_units == 1,
                     .orders = fixed.orders,
                     .first_ordinal = fixed.first_ordinal,
                     .held = fixed.held,
                     .sold = fixed.sold,
                     .orders_hash = fixed.orders_hash};
}

}  // namespace doorbuster
