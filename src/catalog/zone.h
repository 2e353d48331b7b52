#pragma once
// Local time and the zones of the IANA database.

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include <optional>
#include <string>
#include <string_view>

#include "doorbuster/catalog/schedule.h"

namespace doorbuster {

using Instant = cctz::time_point<cctz::seconds>;

// The last year of which every instant is a tick.
inline constexpr int kYearMin = 1970;
inline constexpr int kYearMax = 2261;

std::optional<cctz::time_zone> find_zone(std::string_view name);

// What is wrong with a name that find_zone() does not know, and what to write.
std::string unknown_zone_message(std::string_view name);

// "2026-11-27T08:00:00" and nothing else, years kYearMin to kYearMax.
std::optional<cctz::civil_second> parse_local(std::string_view text);
// The same for the form that RFC 5545 has: "20261127T080000".
std::optional<cctz::civil_second> parse_basic_local(std::string_view text);
std::string format_local(cctz::civil_second local);

// Nothing: the clocks skip this local time, and `gap` is skip.
std::optional<Instant> to_instant(cctz::civil_second local, const cctz::time_zone& zone, GapPolicy gap,
                                  OverlapPolicy overlap);

// Nothing: before 1970 or after kYearMax.
std::optional<Tick> to_tick(Instant instant);

}  // namespace doorbuster
