#pragma once

#include <cstdint>
#include <string_view>

#include "doorbuster/base/tick.h"
#include "doorbuster/model/ids.h"

namespace doorbuster {

// What a buyer asked for. The views point into memory that outlives the decision (a request's slot).
struct Buy {
  OfferIndex offer;
  std::uint32_t quantity = 1;
  std::int64_t expected_price = kNoExpectedPrice;
  std::string_view buyer;                     // 1..kIdentifierBytesMax
  std::string_view key;                       // idempotency key without its quotes; empty: none
  std::string_view reference;                 // at most kReferenceBytesMax
  std::string_view channel, region, segment;  // identifiers, or empty

  static constexpr std::int64_t kNoExpectedPrice = -1;
};

// An order as it was decided. The views point into the store that it was read from.
struct Order {
  OrderNumber number;
  std::uint32_t quantity = 0;
  std::int64_t unit_price = 0;
  std::int64_t expected_price = Buy::kNoExpectedPrice;
  Tick decided_at;
  std::string_view buyer, key, reference, channel, region, segment;
};

}  // namespace doorbuster
