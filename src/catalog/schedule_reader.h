#pragma once
// The member "schedule" of a campaign in a configuration file.

#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/json_reader.h"
#include "doorbuster/catalog/schedule.h"

namespace doorbuster {

// Reads and compiles the object, and reports what is wrong with it, each mistake at its member. Where
// something is, `schedule` stays as it was.
void read_schedule(JsonReader& reader, const JsonNode& node, ScheduleConfiguration& configuration,
                   CompiledSchedule& schedule);

// The keys of a schedule; `under` is its place.
void add_schedule_keys(std::string_view under, std::vector<std::string>& keys);

}  // namespace doorbuster
