#pragma once
// The life of each order, as its visitor saw it: answers that cannot both be true. From the record alone.

#include <cstdint>
#include <optional>

#include "load/judge.h"
#include "load/lives.h"

namespace doorbuster::load {

// An order is resolved at most once: never both confirmed and cancelled, and asked again it says the same.
Check judge_resolutions(const Lives& lives);
// A hold_expired comes after expires_at, stays, and where a payment was named it owes a refund.
Check judge_late_payments(const Lives& lives, const ServerClock& clock);
// Extending never shortens a hold, and never takes it beyond `hold_max_seconds` after it began.
Check judge_extensions(const Lives& lives, const ServerClock& clock,
                       std::optional<std::uint32_t> hold_max_seconds);
// A return's key gives back once.
Check judge_returns(const Lives& lives);

}  // namespace doorbuster::load
