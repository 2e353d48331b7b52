// Any bytes as a schedule: the first line is the zone, the second one the start, the rest the rule. It is
// refused with something to say, or becomes windows that keep what the header promises.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "doorbuster/base/check.h"
#include "doorbuster/base/json_document.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/catalog/schedule.h"

namespace {

using namespace doorbuster;

std::string take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
  return std::string(line);
}

void check_windows(const CompiledSchedule& schedule) {
  DOORBUSTER_CHECK(!schedule.windows.empty() && schedule.windows.size() <= kOccurrencesMax);
  Tick last{-1};
  for (const Window& window : schedule.windows) {
    DOORBUSTER_CHECK(last < window.from && window.from < window.to);
    last = window.to;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  std::string_view text(reinterpret_cast<const char*>(bytes), count);
  ScheduleConfiguration configuration;
  configuration.zone = take_line(text);
  configuration.starts_at = take_line(text);
  configuration.rrule = text;
  configuration.duration_seconds = 60;
  configuration.on_gap = count % 2 == 0 ? GapPolicy::shift : GapPolicy::skip;
  configuration.on_overlap = count % 3 == 0 ? OverlapPolicy::first : OverlapPolicy::second;
  const Result<CompiledSchedule> schedule = compile_schedule(configuration);
  if (schedule) {
    check_windows(*schedule);
    DOORBUSTER_CHECK(zone_exists(configuration.zone));
    const std::string shown = format_local(schedule->windows[0].from, configuration.zone);
    DOORBUSTER_CHECK(parse_rfc3339(shown.substr(0, shown.find(' '))).has_value());
  } else {
    DOORBUSTER_CHECK(!schedule.error().message.empty());
  }
  DOORBUSTER_CHECK(JsonDocument::parse(schedule_json(configuration)).has_value());
  return 0;
}
