#pragma once
// When a campaign is on: a local start, an end and a rule of repetition (RFC 5545), compiled into instants.
//
// People plan by the clock on the wall ("every Friday 08:00 in Berlin"), the engine decides by ticks. The
// compiler stands between the two, and is the only place that knows about zones and daylight saving. What it
// returns depends on its arguments and on the time zone database of the machine: compile once and keep the
// windows.
//
// Every function here can be called from any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/result.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/model/plan.h"

namespace doorbuster {

// A local time that the clocks skip: 02:30 on the day on which 02:00 becomes 03:00.
enum class GapPolicy : std::uint8_t {
  shift,  // as if the clocks had not been put forward yet, so 03:30: RFC 5545, 3.3.5
  skip,   // an occurrence that would start then does not happen; an end there is shifted
};

// A local time that the clocks show twice: 02:30 on the day on which 03:00 becomes 02:00. For starts and
// ends.
enum class OverlapPolicy : std::uint8_t { first, second };

// Local times are "2026-11-27T08:00:00": without an offset, which the zone gives.
struct ScheduleConfiguration {
  std::string zone;       // IANA name: "Europe/Berlin"
  std::string starts_at;  // the first occurrence
  // The end is one of the two, the other one is "" or 0.
  std::string ends_at;  // of the first occurrence; every other one lasts as long on the wall clock
  std::int64_t duration_seconds = 0;  // elapsed time, whatever the clocks do meanwhile
  std::string rrule;                  // "": once
  GapPolicy on_gap = GapPolicy::shift;
  OverlapPolicy on_overlap = OverlapPolicy::first;
  friend bool operator==(const ScheduleConfiguration&, const ScheduleConfiguration&) = default;
};

struct CompiledSchedule {
  std::vector<Window> windows;  // at least one; sorted, neither overlapping nor touching
  bool cut = false;             // the rule goes on: after kOccurrencesMax windows, or after the year 2261
};

// Repetition is calendar arithmetic on the wall clock; then each local time becomes an instant by the
// policies. A rule must contain its start (RFC 5545 leaves open what it means otherwise). Of RFC 5545 it may
// have FREQ from DAILY to YEARLY, INTERVAL, COUNT, UNTIL (with Z an instant, without it local time), WKST,
// BYMONTH, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE, BYSECOND, and BYSETPOS of days; what else it has is refused
// with what to write instead. An occurrence that is skipped does not count for COUNT. Errors are
// ErrorKind::configuration, all reasons in one message, one a line, each with its member's name. Reads the
// zone's file when the zone is used for the first time.
Result<CompiledSchedule> compile_schedule(const ScheduleConfiguration& configuration);

// The configuration as JSON on one line, every policy written out; reads back to an equal one.
std::string schedule_json(const ScheduleConfiguration& configuration);

// The zone of what schedule_json() wrote; "UTC" for anything else.
std::string schedule_zone(std::string_view json);

// Whether the machine's time zone database has this name. Names only, no paths; case matters.
bool zone_exists(std::string_view zone);

// RFC 3339 with the zone's offset, and the abbreviation where the zone has one, for people:
// "2026-11-27T08:00:00+01:00 CET". In UTC where the zone does not exist.
std::string format_local(Tick tick, std::string_view zone);

// "2025b"; "" where the machine's time zone database does not say.
std::string zone_database_version();

}  // namespace doorbuster
