#include "catalog/recurrence.h"

#include <libical/ical.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <numeric>

#include "doorbuster/base/check.h"

namespace doorbuster {
namespace {

struct IteratorEnd {
  void operator()(icalrecur_iterator* iterator) const { icalrecur_iterator_free(iterator); }
};
using IteratorPointer = std::unique_ptr<icalrecur_iterator, IteratorEnd>;

// Midnight, so that no part of the arithmetic is about times.
icaltimetype to_icaltime(cctz::civil_day day) {
  icaltimetype time = icaltime_null_time();
  time.year = static_cast<int>(day.year());
  time.month = day.month();
  time.day = day.day();
  return time;
}

icalrecurrencetype_frequency to_ical(Frequency frequency) {
  switch (frequency) {
    case Frequency::daily:
      return ICAL_DAILY_RECURRENCE;
    case Frequency::weekly:
      return ICAL_WEEKLY_RECURRENCE;
    case Frequency::monthly:
      return ICAL_MONTHLY_RECURRENCE;
    case Frequency::yearly:
      break;
  }
  return ICAL_YEARLY_RECURRENCE;
}

// cctz counts from Monday, libical from Sunday.
int sunday_based(cctz::weekday weekday) {
  return (static_cast<int>(weekday) + 1) % 7;
}
icalrecurrencetype_weekday to_ical(cctz::weekday weekday) {
  return static_cast<icalrecurrencetype_weekday>(ICAL_SUNDAY_WEEKDAY + sunday_based(weekday));
}

// "pos * 8 + day", with the sign of pos in front of all of it: what icalrecurrencetype_day_position() undoes.
short to_ical(const WeekdayRule& rule) {
  const int code = 8 * std::abs(rule.ordinal) + to_ical(rule.weekday);
  return static_cast<short>(rule.ordinal < 0 ? -code : code);
}

template <std::size_t N>
void store(const std::vector<int>& values, short (&array)[N]) {
  DOORBUSTER_CHECK(values.size() < N);
  std::transform(values.begin(), values.end(), array, [](int value) { return static_cast<short>(value); });
  array[values.size()] = ICAL_RECURRENCE_ARRAY_MAX;
}

void store_weekdays(const RecurrenceRule& rule, icalrecurrencetype& out) {
  std::vector<WeekdayRule> weekdays = rule.weekdays;
  // libical takes a week's days one after the other, and does not sort them unless it reads them itself.
  const auto place_in_week = [&](cctz::weekday day) {
    return (sunday_based(day) - sunday_based(rule.week_start) + 7) % 7;
  };
  std::stable_sort(weekdays.begin(), weekdays.end(), [&](const WeekdayRule& a, const WeekdayRule& b) {
    return place_in_week(a.weekday) < place_in_week(b.weekday);
  });
  std::vector<int> codes;
  for (const WeekdayRule& weekday : weekdays) {
    const int code = to_ical(weekday);
    if (std::find(codes.begin(), codes.end(), code) == codes.end()) codes.push_back(code);
  }
  store(codes, out.by_day);
}

icalrecurrencetype to_ical(const RecurrenceRule& rule, cctz::civil_day last) {
  icalrecurrencetype out;
  icalrecurrencetype_clear(&out);
  out.freq = to_ical(rule.frequency);
  out.interval = static_cast<short>(rule.interval);
  out.week_start = to_ical(rule.week_start);
  out.until = to_icaltime(last);
  std::vector<int> months = rule.months;
  if (rule.frequency == Frequency::yearly && months.empty() && !rule.month_days.empty()) {
    months.resize(12);
    std::iota(months.begin(), months.end(), 1);
  }
  store(months, out.by_month);
  store(rule.month_days, out.by_month_day);
  store(rule.positions, out.by_set_pos);
  store_weekdays(rule, out);
  return out;
}

}  // namespace

void for_each_day(const RecurrenceRule& rule, cctz::civil_day first, cctz::civil_day last,
                  const std::function<bool(cctz::civil_day)>& take) {
  static std::mutex libical;
  const std::lock_guard lock(libical);
  icalerror_set_errors_are_fatal(0);
  const IteratorPointer iterator(icalrecur_iterator_new(to_ical(rule, last), to_icaltime(first)));
  if (!iterator) return;  // no year has a day of this rule
  while (true) {
    const icaltimetype time = icalrecur_iterator_next(iterator.get());
    if (icaltime_is_null_time(time) || !take(cctz::civil_day(time.year, time.month, time.day))) return;
  }
}

}  // namespace doorbuster
