#pragma once
// compile_schedule() with the place of every mistake.

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "doorbuster/catalog/schedule.h"

namespace doorbuster {

struct ScheduleFault {
  std::string_view member;  // its JSON key; "": the schedule as a whole
  std::string message;
};
using ScheduleFaults = std::vector<ScheduleFault>;

// What is wrong with single members, and nothing that takes several of them to know.
ScheduleFaults find_member_faults(const ScheduleConfiguration& configuration);

tl::expected<CompiledSchedule, ScheduleFaults> try_compile(const ScheduleConfiguration& configuration);

}  // namespace doorbuster
