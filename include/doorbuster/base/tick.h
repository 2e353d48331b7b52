#pragma once
// Tick: an instant, in nanoseconds since the Unix epoch (UTC). The engine gets ticks as input and never asks
// a clock.

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace doorbuster {

struct Tick {
  std::int64_t ns = 0;
  friend constexpr auto operator<=>(Tick, Tick) = default;
};

inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;
inline constexpr std::int64_t kNsPerMillisecond = 1'000'000;
inline constexpr std::int64_t kNsPerMicrosecond = 1'000;

// RFC 3339 date-time ("2026-11-27T08:00:00Z", "...:00.250+01:00"), years 1970 to 2261. Fractions up to
// nanoseconds. Leap second 60 is refused. Returns nothing when the text is not such a date-time or the date
// does not exist.
std::optional<Tick> parse_rfc3339(std::string_view text);

// The same instant in UTC, with as many fraction digits (0, 3, 6 or 9) as it needs.
std::string format_rfc3339(Tick tick);

}  // namespace doorbuster
