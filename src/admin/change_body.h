#pragma once
// What an operator sends with a change of a campaign.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "doorbuster/base/tick.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster {

struct ActionBody {
  std::string reason;
  std::optional<Tick> ends_at;  // of an extension, and there required
};
struct StockBody {
  std::string sku, reason;
  std::int64_t delta = 0;  // any
};

// All that is wrong with a body: malformed_request where it is not such an object, validation_failed where
// only values are out of their range.
struct BodyRefusal {
  Outcome outcome = Outcome::malformed_request;
  std::string detail;
};

// No body is an empty object.
tl::expected<ActionBody, BodyRefusal> read_action(std::string_view body);
tl::expected<ActionBody, BodyRefusal> read_extension(std::string_view body);
tl::expected<StockBody, BodyRefusal> read_stock(std::string_view body);

}  // namespace doorbuster
