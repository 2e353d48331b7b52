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
  store_weekdays(rule, out);
  return out;
}

// The days of the rule from `first` on, without regard to its positions.
template <typename Take>
void for_each_day(const RecurrenceRule& rule, cctz::civil_day first, cctz::civil_day last, Take&& take) {
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

// The times of a day, in seconds from its midnight. What the rule does not say is as in the start.
std::vector<std::int64_t> times_of_day(const RecurrenceRule& rule, cctz::civil_second start) {
  const auto or_start = [](const std::vector<int>& values, int value) {
    return values.empty() ? std::vector<int>{value} : values;
  };
  std::vector<std::int64_t> times;
  for (const int hour : or_start(rule.hours, start.hour())) {
    for (const int minute : or_start(rule.minutes, start.minute())) {
      for (const int second : or_start(rule.seconds, start.second()))
        times.push_back((hour * 60 + minute) * 60 + second);
    }
  }
  return times;
}

cctz::civil_day first_of_period(const RecurrenceRule& rule, cctz::civil_day day) {
  return rule.frequency == Frequency::yearly ? cctz::civil_day(cctz::civil_year(day))
                                             : cctz::civil_day(cctz::civil_month(day));
}

// Of a period's times those that BYSETPOS names, counted from either end.
std::vector<cctz::civil_second> at_positions(const RecurrenceRule& rule,
                                             const std::vector<cctz::civil_second>& period) {
  std::vector<cctz::civil_second> chosen;
  const auto named = [&](int position) {
    return std::binary_search(rule.positions.begin(), rule.positions.end(), position);
  };
  const int size = static_cast<int>(period.size());
  for (int i = 0; i < size; ++i) {
    if (named(i + 1) || named(i - size)) chosen.push_back(period[static_cast<std::size_t>(i)]);
  }
  return chosen;
}

}  // namespace

void for_each_local_time(const RecurrenceRule& rule, cctz::civil_second start, cctz::civil_day last,
                         const std::function<bool(cctz::civil_second)>& take) {
  const std::vector<std::int64_t> times = times_of_day(rule, start);
  std::vector<cctz::civil_second> gathered;
  const auto give = [&] {
    if (!rule.positions.empty()) gathered = at_positions(rule, gathered);
    const bool more = std::all_of(gathered.begin(), gathered.end(),
                                  [&](cctz::civil_second local) { return local < start || take(local); });
    gathered.clear();
    return more;
  };
  // A position counts from the beginning of its period, also where the start is in the middle of it.
  const bool by_period = !rule.positions.empty();
  const cctz::civil_day start_day(start);
  const cctz::civil_day first = by_period ? first_of_period(rule, start_day) : start_day;
  cctz::civil_day period = first;
  bool more = true;
  for_each_day(rule, first, last, [&](cctz::civil_day day) {
    if (const cctz::civil_day own = by_period ? first_of_period(rule, day) : day; own != period) {
      more = give();
      period = own;
    }
    for (const std::int64_t time : times) gathered.push_back(cctz::civil_second(day) + time);
    return more;
  });
  if (more) give();
}

}  // namespace doorbuster
