// Random rules in random zones against an expansion that shares nothing with the real one: it looks at every
// day for itself, by RFC 5545, 3.3.10, and asks the C library for the zones.

#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "doorbuster/catalog/schedule.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

using namespace std::chrono;

constexpr int kYearsLookedAt = 12;
constexpr std::int64_t kDurationSeconds = 60;

struct Day {
  int ordinal = 0;
  unsigned weekday = 0;  // from Sunday
};

struct Rule {
  std::string frequency;
  int interval = 1, count = 1;
  std::vector<Day> weekdays;
  std::vector<int> months, month_days, positions, hours;
  unsigned week_start = 1;
};

template <typename T, typename U>
bool holds(const std::vector<T>& values, const U& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

int month_of(sys_days day) {
  return static_cast<int>(static_cast<unsigned>(year_month_day(day).month()));
}
int year_of(sys_days day) {
  return static_cast<int>(year_month_day(day).year());
}
unsigned weekday_of(sys_days day) {
  return weekday(day).c_encoding();
}
int day_of_month(sys_days day) {
  return static_cast<int>(static_cast<unsigned>(year_month_day(day).day()));
}
sys_days first_of_month(sys_days day) {
  const year_month_day date(day);
  return date.year() / date.month() / 1;
}
sys_days last_of_month(sys_days day) {
  const year_month_day date(day);
  return date.year() / date.month() / last;
}
sys_days week_of(sys_days day, unsigned week_start) {
  return day - days{(weekday_of(day) + 7 - week_start) % 7};
}

// Which period the day is in, counted in periods from the start's.
std::int64_t period_of(const Rule& rule, sys_days start, sys_days day) {
  if (rule.frequency == "DAILY") return (day - start).count();
  if (rule.frequency == "WEEKLY")
    return (week_of(day, rule.week_start) - week_of(start, rule.week_start)).count() / 7;
  const int years = year_of(day) - year_of(start);
  return rule.frequency == "MONTHLY" ? years * 12 + month_of(day) - month_of(start) : years;
}

// Whether the day is the ordinal-th such weekday, from the front or the back, between the two.
bool is_ordinal(int ordinal, sys_days day, sys_days first, sys_days last) {
  if (ordinal > 0) return (day - first).count() / 7 == ordinal - 1;
  return (last - day).count() / 7 == -ordinal - 1;
}

bool fits_weekdays(const Rule& rule, sys_days day) {
  const bool by_month = rule.frequency == "MONTHLY" || !rule.months.empty();
  const year_month_day date(day);
  const sys_days first = by_month ? first_of_month(day) : sys_days(date.year() / 1 / 1);
  const sys_days last = by_month ? last_of_month(day) : sys_days(date.year() / 12 / 31);
  return std::any_of(rule.weekdays.begin(), rule.weekdays.end(), [&](const Day& wanted) {
    return wanted.weekday == weekday_of(day) &&
           (wanted.ordinal == 0 || is_ordinal(wanted.ordinal, day, first, last));
  });
}

bool fits_month_days(const Rule& rule, sys_days day) {
  const int from_front = day_of_month(day);
  const int from_back = from_front - day_of_month(last_of_month(day)) - 1;
  return holds(rule.month_days, from_front) || holds(rule.month_days, from_back);
}

// Before BYSETPOS and without regard to INTERVAL.
bool fits(const Rule& rule, sys_days start, sys_days day) {
  if (!rule.months.empty() && !holds(rule.months, month_of(day))) return false;
  if (!rule.weekdays.empty() && !fits_weekdays(rule, day)) return false;
  if (!rule.month_days.empty() && !fits_month_days(rule, day)) return false;
  if (!rule.weekdays.empty() || !rule.month_days.empty() || rule.frequency == "DAILY") return true;
  if (rule.frequency == "WEEKLY") return weekday_of(day) == weekday_of(start);
  if (day_of_month(day) != day_of_month(start)) return false;
  return rule.frequency == "MONTHLY" || !rule.months.empty() || month_of(day) == month_of(start);
}

// The days of each period, without regard to BYSETPOS, for some years from the start's on.
std::vector<std::vector<sys_days>> periods_of(const Rule& rule, sys_days start) {
  std::vector<std::vector<sys_days>> periods;
  const sys_days from = week_of(year{year_of(start)} / 1 / 1, rule.week_start);
  const sys_days to = year{year_of(start) + kYearsLookedAt} / 1 / 1;
  std::optional<std::int64_t> number;
  for (sys_days day = from; day < to; day += days{1}) {
    const std::int64_t current = period_of(rule, start, day);
    if (number != current) periods.emplace_back();
    number = current;
    if (current % rule.interval == 0 && fits(rule, start, day)) periods.back().push_back(day);
  }
  return periods;
}

// --- zones, by the C library
// --------------------------------------------------------------------------------------

std::int64_t offset_at(std::int64_t instant) {
  const std::time_t time = instant;
  std::tm broken{};
  localtime_r(&time, &broken);
  return broken.tm_gmtoff;
}

// Seconds of the Unix epoch; nothing when the local time is skipped. `local` is what the clock shows, as if
// it were UTC. There is at most one change within a day of it.
std::optional<std::int64_t> instant_of(std::int64_t local, GapPolicy gap, OverlapPolicy overlap) {
  const std::int64_t before = offset_at(local - 86'400 * 3 / 2);
  const std::int64_t after = offset_at(local + 86'400 * 3 / 2);
  std::vector<std::int64_t> shown_at;
  for (const std::int64_t offset : {before, after}) {
    if (offset_at(local - offset) == offset) shown_at.push_back(local - offset);
  }
  if (shown_at.empty()) return gap == GapPolicy::skip ? std::nullopt : std::optional(local - before);
  const auto [first, second] = std::minmax_element(shown_at.begin(), shown_at.end());
  return overlap == OverlapPolicy::first ? *first : *second;
}

// --- random rules
// -------------------------------------------------------------------------------------------------

template <typename T>
std::vector<T> some(int at_most, T from, T to) {
  std::vector<T> values;
  for (int n = *rc::gen::inRange(0, at_most + 1); n > 0; --n) {
    const T value = *rc::gen::inRange<T>(from, to);
    if (value != 0 || from == 0) values.push_back(value);
  }
  return values;
}

Rule arbitrary_rule() {
  Rule rule;
  rule.frequency = *rc::gen::element<std::string>("DAILY", "WEEKLY", "MONTHLY", "YEARLY");
  rule.interval = *rc::gen::weightedElement<int>({{4, 1}, {2, 2}, {1, 3}, {1, 5}});
  rule.count = *rc::gen::inRange(1, 60);
  rule.week_start = *rc::gen::inRange(0U, 2U);  // Sunday or Monday
  const bool by_period = rule.frequency == "MONTHLY" || rule.frequency == "YEARLY";
  if (*rc::gen::inRange(0, 3) == 0) rule.months = some(3, 1, 13);
  for (const unsigned weekday : some(3, 0U, 7U)) rule.weekdays.push_back({0, weekday});
  if (rule.frequency != "WEEKLY" && *rc::gen::inRange(0, 3) == 0)
    rule.month_days = some(3, by_period ? -31 : 1, 32);
  if (by_period && rule.month_days.empty() && *rc::gen::arbitrary<bool>()) {
    for (Day& day : rule.weekdays) day.ordinal = *rc::gen::inRange(-5, 6);
  }
  if (by_period && rule.weekdays.size() + rule.month_days.size() > 0 && *rc::gen::inRange(0, 3) == 0)
    rule.positions =
        rule.month_days.empty() && rule.weekdays[0].ordinal == 0 ? some(2, -3, 4) : some(2, -1, 2);
  rule.hours = some(3, 0, 24);
  return rule;
}

template <typename Values, typename Word>
void add_list(std::string& text, const std::string& name, const Values& values, Word&& word) {
  for (std::size_t i = 0; i < values.size(); ++i)
    text += (i == 0 ? ';' + name + '=' : std::string(",")) + word(values[i]);
}

std::string text_of(const Rule& rule) {
  static const char* const kNames[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
  std::string text = "FREQ=" + rule.frequency + ";COUNT=" + std::to_string(rule.count) +
                     ";INTERVAL=" + std::to_string(rule.interval) + ";WKST=" + kNames[rule.week_start];
  const auto number = [](int value) { return std::to_string(value); };
  add_list(text, "BYMONTH", rule.months, number);
  add_list(text, "BYMONTHDAY", rule.month_days, number);
  add_list(text, "BYDAY", rule.weekdays, [](const Day& day) {
    return (day.ordinal == 0 ? "" : std::to_string(day.ordinal)) + kNames[day.weekday];
  });
  add_list(text, "BYSETPOS", rule.positions, number);
  add_list(text, "BYHOUR", rule.hours, number);
  return text;
}

std::string text_of(std::int64_t local) {
  std::string text = format_rfc3339(Tick{local * kNsPerSecond});
  text.pop_back();  // Z
  return text;
}

// Windows as the compiler should have them; nothing where two of them overlap.
std::optional<std::vector<Window>> windows_of(const std::vector<std::int64_t>& locals, int count,
                                              const ScheduleConfiguration& configuration) {
  std::vector<Window> windows;
  for (const std::int64_t local : locals) {
    const auto from = instant_of(local, configuration.on_gap, configuration.on_overlap);
    if (!from) continue;
    windows.push_back({Tick{*from * kNsPerSecond}, Tick{(*from + kDurationSeconds) * kNsPerSecond}});
    if (static_cast<int>(windows.size()) == count) break;
  }
  std::sort(windows.begin(), windows.end(), [](Window a, Window b) { return a.from < b.from; });
  for (std::size_t i = 1; i < windows.size(); ++i) {
    if (windows[i].from <= windows[i - 1].to) return std::nullopt;
  }
  return windows;
}

// The rule's local times from the start on, as seconds.
std::vector<std::int64_t> locals_of(const Rule& rule, std::int64_t start) {
  const sys_days first = floor<days>(sys_seconds{seconds{start}});
  const std::int64_t time = start - seconds{first.time_since_epoch()}.count();
  std::vector<std::int64_t> times;
  for (const int hour : rule.hours) times.push_back(hour * 3600 + time % 3600);
  if (times.empty()) times.push_back(time);
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  std::vector<std::int64_t> locals;
  for (const std::vector<sys_days>& period : periods_of(rule, first)) {
    const int size = static_cast<int>(period.size() * times.size());
    int position = 0;
    for (const sys_days day : period) {
      for (const std::int64_t of_day : times) {
        ++position;
        const std::int64_t local = seconds{day.time_since_epoch()}.count() + of_day;
        const bool chosen = rule.positions.empty() || holds(rule.positions, position) ||
                            holds(rule.positions, position - 1 - size);
        if (chosen && local >= start) locals.push_back(local);
      }
    }
  }
  return locals;
}

// From 2025 on, half of them in the night of a change of the clocks.
std::int64_t arbitrary_start(Rule& rule) {
  constexpr std::int64_t kDay = 86'400;
  std::int64_t day = (20'089 + *rc::gen::inRange<std::int64_t>(0, 3650)) * kDay;
  if (*rc::gen::arbitrary<bool>()) return day + 900 * *rc::gen::inRange<std::int64_t>(0, 96);
  rule.hours.clear();
  for (int n = 0; n < 366 && offset_at(day - kDay / 2) == offset_at(day + kDay / 2); ++n) day += kDay;
  return day + 900 * *rc::gen::inRange<std::int64_t>(-8, 16);
}

void compare_one() {
  Rule rule = arbitrary_rule();
  const std::string zone = *rc::gen::element<std::string>(
      "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "America/Santiago",
      "Africa/Cairo", "Asia/Kathmandu", "Pacific/Chatham", "UTC");
  ::setenv("TZ", zone.c_str(), 1);
  ::tzset();
  const std::int64_t earliest = arbitrary_start(rule);
  const std::vector<std::int64_t> candidates = locals_of(rule, earliest);
  RC_PRE(!candidates.empty());
  const std::int64_t start = candidates.front();  // a rule contains its start
  const std::vector<std::int64_t> locals = locals_of(rule, start);
  RC_ASSERT(!locals.empty() && locals.front() == start);

  ScheduleConfiguration configuration;
  configuration.zone = zone;
  configuration.starts_at = text_of(start);
  configuration.duration_seconds = kDurationSeconds;
  configuration.rrule = text_of(rule);
  configuration.on_gap = *rc::gen::element(GapPolicy::shift, GapPolicy::skip);
  configuration.on_overlap = *rc::gen::element(OverlapPolicy::first, OverlapPolicy::second);
  RC_LOG(schedule_json(configuration));

  const Result<CompiledSchedule> compiled = compile_schedule(configuration);
  if (!compiled) RC_LOG(compiled.error().message);
  const auto expected = windows_of(locals, rule.count, configuration);
  if (!expected || expected->empty()) {
    RC_ASSERT_FALSE(compiled.has_value());
    return;
  }
  RC_ASSERT(compiled.has_value());
  // Not all that the rule counts need be within the years that were looked at.
  const std::size_t compared = std::min(expected->size(), compiled->windows.size());
  RC_ASSERT(compared == expected->size());
  RC_ASSERT(std::equal(expected->begin(), expected->end(), compiled->windows.begin()));
  const bool all_counted = static_cast<int>(expected->size()) == rule.count;
  // In an expression of its own: what is asserted is taken apart, and both sides of an "or" are looked at.
  const bool as_many = compiled->windows.size() == expected->size();
  const bool the_rest_is_later = !as_many && compiled->windows[expected->size()].from.ns / kNsPerSecond >
                                                 start + std::int64_t{kYearsLookedAt - 1} * 365 * 86'400;
  RC_ASSERT(as_many || (!all_counted && the_rest_is_later));
}

TEST_CASE("schedules are what looking at every day gives") {
  CHECK(rc::check(compare_one));
}

}  // namespace
}  // namespace doorbuster
