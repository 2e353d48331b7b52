#include "doorbuster/catalog/schedule.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "catalog/recurrence.h"
#include "catalog/recurrence_rule.h"
#include "catalog/schedule_compiler.h"
#include "catalog/zone.h"
#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr cctz::civil_day kLastDay{kYearMax, 12, 31};

// --- reading the members
// -------------------------------------------------------------------------------------

struct Plan {
  cctz::time_zone zone;
  cctz::civil_second start;
  std::optional<std::int64_t>
      wall_seconds;  // from start to end on the wall clock; nothing: elapsed time counts
  std::optional<RecurrenceRule> rule;
};

std::string local_time_message(std::string_view text) {
  if (text.size() > 19 && parse_local(text.substr(0, 19)))
    return quoted(text) + " is more than a local time: write " + std::string(text.substr(0, 19)) +
           " alone, zone says where";
  return quoted(text) +
         " is no local time of the years 1970 to 2261: write one such as 2026-11-27T08:00:00, without an "
         "offset";
}

// The local time that is written; a fault otherwise.
std::optional<cctz::civil_second> read_local(std::string_view member, std::string_view text,
                                             ScheduleFaults& faults) {
  const std::optional<cctz::civil_second> local = parse_local(text);
  if (!local) faults.push_back({member, local_time_message(text)});
  return local;
}

void read_end(const ScheduleConfiguration& configuration, const std::optional<cctz::civil_second>& start,
              Plan& plan, ScheduleFaults& faults) {
  const std::int64_t duration = configuration.duration_seconds;
  if (configuration.ends_at.empty() && duration == 0) {
    faults.push_back({"", "\"ends_at\" or \"duration_seconds\" is missing"});
  } else if (!configuration.ends_at.empty() && duration != 0) {
    faults.push_back({"duration_seconds", "ends_at says the end already: leave one of them out"});
  } else if (duration != 0) {
    if (duration < 1 || duration > kScheduleSecondsMax) {
      faults.push_back(
          {"duration_seconds", "must be from 1 to " + std::to_string(kScheduleSecondsMax) + " seconds"});
    }
  } else if (const auto end = read_local("ends_at", configuration.ends_at, faults); end && start) {
    plan.wall_seconds = *end - *start;
    if (*plan.wall_seconds <= 0)
      faults.push_back({"ends_at", "ends_at " + configuration.ends_at + " is not after starts_at " +
                                       configuration.starts_at});
  }
}

Plan read_plan(const ScheduleConfiguration& configuration, ScheduleFaults& faults) {
  Plan plan;
  if (const std::optional<cctz::time_zone> zone = find_zone(configuration.zone)) {
    plan.zone = *zone;
  } else {
    faults.push_back({"zone", unknown_zone_message(configuration.zone)});
  }
  const auto start = read_local("starts_at", configuration.starts_at, faults);
  if (start) plan.start = *start;
  read_end(configuration, start, plan, faults);
  if (configuration.rrule.empty()) return plan;
  if (auto rule = parse_recurrence_rule(configuration.rrule)) {
    plan.rule = std::move(*rule);
  } else {
    for (std::string& message : rule.error()) faults.push_back({"rrule", std::move(message)});
  }
  return plan;
}

// --- from local times to windows
// -----------------------------------------------------------------------------

struct Occurrence {
  cctz::civil_second local;
  Window window;
};

class Expansion {
 public:
  Expansion(const ScheduleConfiguration& configuration, const Plan& plan)
      : configuration_(configuration), plan_(plan) {
    if (plan.rule && plan.rule->until && plan.rule->until->utc)
      until_ = cctz::convert(plan.rule->until->at, cctz::utc_time_zone());
  }

  // One more local start. False: there is nothing left to come.
  bool take(cctz::civil_second local) {
    if (plan_.rule && plan_.rule->until && !until_ && local > plan_.rule->until->at) return finish();
    const auto from = to_instant(local, plan_.zone, configuration_.on_gap, configuration_.on_overlap);
    if (!from) return true;
    // Where the clocks change, a later local time can be an earlier instant: the rest of the day has its
    // chance.
    if (until_ && *from > *until_) return *from - *until_ < cctz::seconds(kSecondsPerDay) || finish();
    if (occurrences_.size() == kOccurrencesMax) return cut();
    const std::optional<Tick> first = to_tick(*from);
    const std::optional<Tick> end = to_tick(end_of(local, *from));
    if (!first || !end) return cut();
    occurrences_.push_back({local, {*first, *end}});
    if (plan_.rule && plan_.rule->count == static_cast<std::int64_t>(occurrences_.size())) return finish();
    return true;
  }

  // No local start is left before the horizon.
  void run_out() {
    if (!finished_ && !(plan_.rule && plan_.rule->until)) cut_ = true;
  }

  bool is_cut() const { return cut_; }
  const std::vector<Occurrence>& occurrences() const { return occurrences_; }
  // Sorted by instant: not the order of local times where the clocks change.
  std::vector<Occurrence> take_sorted() {
    std::stable_sort(occurrences_.begin(), occurrences_.end(),
                     [](const Occurrence& a, const Occurrence& b) { return a.window.from < b.window.from; });
    return std::exchange(occurrences_, {});
  }

 private:
  Instant end_of(cctz::civil_second local, Instant from) const {
    if (!plan_.wall_seconds) return from + cctz::seconds(configuration_.duration_seconds);
    return *to_instant(local + *plan_.wall_seconds, plan_.zone, GapPolicy::shift, configuration_.on_overlap);
  }
  bool finish() {
    finished_ = true;
    return false;
  }
  bool cut() {
    cut_ = true;
    return finish();
  }

  const ScheduleConfiguration& configuration_;
  const Plan& plan_;
  std::optional<Instant> until_;  // where the rule names an instant
  std::vector<Occurrence> occurrences_;
  bool finished_ = false;
  bool cut_ = false;
};

// Feeds the rule's local times to the expansion; returns the first one, or nothing when there is none.
std::optional<cctz::civil_second> expand(const Plan& plan, Expansion& expansion) {
  std::optional<cctz::civil_second> first;
  bool more = true;
  for_each_local_time(*plan.rule, plan.start, kLastDay, [&](cctz::civil_second local) {
    if (!first) first = local;
    more = *first == plan.start && expansion.take(local);
    return more;
  });
  if (more) expansion.run_out();
  return first;
}

// --- what several members have to say to each other
// -----------------------------------------------------------

std::optional<ScheduleFault> check_until(const ScheduleConfiguration& configuration, const Plan& plan) {
  if (!plan.rule || !plan.rule->until) return std::nullopt;
  const RuleEnd& until = *plan.rule->until;
  const Instant start = *to_instant(plan.start, plan.zone, GapPolicy::shift, configuration.on_overlap);
  const bool before =
      until.utc ? cctz::convert(until.at, cctz::utc_time_zone()) < start : until.at < plan.start;
  if (!before) return std::nullopt;
  return ScheduleFault{"rrule", "UNTIL " + format_local(until.at) + (until.utc ? "Z" : "") +
                                    " is before starts_at " + configuration.starts_at +
                                    ": not even the first occurrence is left"};
}

std::optional<ScheduleFault> check_first(const ScheduleConfiguration& configuration, const Plan& plan,
                                         const std::optional<cctz::civil_second>& first) {
  if (!first) {
    return ScheduleFault{"rrule", "no day from " + configuration.starts_at +
                                      " on is one of the rule: correct the rule or starts_at"};
  }
  if (*first == plan.start) return std::nullopt;
  return ScheduleFault{"starts_at", configuration.starts_at +
                                        " is not one of the rule's times: the first from then on is " +
                                        format_local(*first) + "; write that, or change the rule"};
}

std::optional<ScheduleFault> check_some(const ScheduleConfiguration& configuration,
                                        const Expansion& expansion) {
  if (!expansion.occurrences().empty()) return std::nullopt;
  if (expansion.is_cut()) {
    return ScheduleFault{"starts_at", "the first occurrence is not within the years " +
                                          std::to_string(kYearMin) + " to " + std::to_string(kYearMax) +
                                          " in UTC: write an earlier one"};
  }
  return ScheduleFault{"on_gap", "there is no occurrence left: the clocks in " + configuration.zone +
                                     " skip " + configuration.starts_at +
                                     "; write \"shift\", or another starts_at"};
}

// Sorted occurrences: each one ends after it starts and before the next one does.
std::optional<ScheduleFault> check_order(const ScheduleConfiguration& configuration,
                                         const std::vector<Occurrence>& occurrences) {
  const std::string_view end = configuration.ends_at.empty() ? "duration_seconds" : "ends_at";
  const auto shown = [&](Tick tick) { return format_local(tick, configuration.zone); };
  for (std::size_t i = 0; i < occurrences.size(); ++i) {
    const Window& window = occurrences[i].window;
    if (window.to <= window.from) {
      return ScheduleFault{end, "the clocks change within the occurrence of " +
                                    format_local(occurrences[i].local) + ", so that it would end at " +
                                    shown(window.to) + " and start at " + shown(window.from) +
                                    ": write duration_seconds instead, or \"on_gap\": \"skip\""};
    }
    if (i + 1 == occurrences.size() || window.to < occurrences[i + 1].window.from) continue;
    const Window& next = occurrences[i + 1].window;
    const bool touches = window.to == next.from;
    return ScheduleFault{end, "the occurrence of " + format_local(occurrences[i].local) + " ends at " +
                                  shown(window.to) + ", and the one of " +
                                  format_local(occurrences[i + 1].local) + " starts at " + shown(next.from) +
                                  (touches ? ": they touch" : ": they overlap") +
                                  "; end earlier, or let the rule leave more room"};
  }
  return std::nullopt;
}

}  // namespace

ScheduleFaults find_member_faults(const ScheduleConfiguration& configuration) {
  ScheduleFaults faults;
  read_plan(configuration, faults);
  return faults;
}

tl::expected<CompiledSchedule, ScheduleFaults> try_compile(const ScheduleConfiguration& configuration) {
  ScheduleFaults faults;
  const Plan plan = read_plan(configuration, faults);
  if (!faults.empty()) return tl::unexpected(std::move(faults));
  const auto refused = [](ScheduleFault fault) { return tl::unexpected(ScheduleFaults{std::move(fault)}); };
  if (auto fault = check_until(configuration, plan)) return refused(std::move(*fault));
  Expansion expansion(configuration, plan);
  if (plan.rule) {
    const std::optional<cctz::civil_second> first = expand(plan, expansion);
    if (auto fault = check_first(configuration, plan, first)) return refused(std::move(*fault));
  } else {
    expansion.take(plan.start);
  }
  if (auto fault = check_some(configuration, expansion)) return refused(std::move(*fault));
  CompiledSchedule schedule;
  schedule.cut = expansion.is_cut();
  const std::vector<Occurrence> occurrences = expansion.take_sorted();
  if (auto fault = check_order(configuration, occurrences)) return refused(std::move(*fault));
  for (const Occurrence& occurrence : occurrences) schedule.windows.push_back(occurrence.window);
  return schedule;
}

Result<CompiledSchedule> compile_schedule(const ScheduleConfiguration& configuration) {
  auto compiled = try_compile(configuration);
  if (compiled) return std::move(*compiled);
  std::string message;
  for (const ScheduleFault& fault : compiled.error()) {
    if (!message.empty()) message += '\n';
    if (!fault.member.empty()) message += std::string(fault.member) + ": ";
    message += fault.message;
  }
  return fail(ErrorKind::configuration, std::move(message));
}

}  // namespace doorbuster
