#include "catalog/recurrence_rule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "catalog/zone.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

constexpr int kIntervalMax = 1000;
constexpr std::int64_t kCountMax = 1'000'000;
constexpr int kWeekdaysInMonthMax = 5;
constexpr int kWeekdaysInYearMax = 53;
constexpr int kDaysInMonthMax[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
constexpr int kDaysInYearMax = 366;
constexpr std::size_t kMonthDaysMax = 31;  // as many as libical has room for

using Messages = std::vector<std::string>;

constexpr std::pair<std::string_view, Frequency> kFrequencies[] = {{"DAILY", Frequency::daily},
                                                                   {"WEEKLY", Frequency::weekly},
                                                                   {"MONTHLY", Frequency::monthly},
                                                                   {"YEARLY", Frequency::yearly}};

constexpr std::pair<std::string_view, cctz::weekday> kWeekdays[] = {
    {"MO", cctz::weekday::monday},   {"TU", cctz::weekday::tuesday}, {"WE", cctz::weekday::wednesday},
    {"TH", cctz::weekday::thursday}, {"FR", cctz::weekday::friday},  {"SA", cctz::weekday::saturday},
    {"SU", cctz::weekday::sunday}};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

// Decimal digits alone, with a sign where one may stand.
std::optional<int> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Calls `each` for what stands between commas, an empty text included.
template <typename Each>
void for_each_in_list(std::string_view list, Each&& each) {
  while (true) {
    const std::size_t end = list.find(',');
    each(list.substr(0, end));
    if (end == std::string_view::npos) return;
    list.remove_prefix(end + 1);
  }
}

std::string range_words(int min, int max, bool negative) {
  const std::string range = std::to_string(min) + " to " + std::to_string(max);
  return negative ? range + " or -" + std::to_string(max) + " to -" + std::to_string(min) : range;
}

// --- one part, "NAME=value"
// -----------------------------------------------------------------------------------

struct Part {
  std::string_view name;
  std::string value;  // in capitals
  Messages& wrong;

  void refuse(std::string_view word, const std::string& what_to_write) const {
    wrong.push_back(std::string(name) + '=' + std::string(word) + ": " + what_to_write);
  }
};

template <auto Field, int Min, int Max, bool Negative>
void read_numbers(const Part& part, RecurrenceRule& rule) {
  std::vector<int>& numbers = rule.*Field;
  for_each_in_list(part.value, [&](std::string_view word) {
    const std::optional<int> number = parse_number(word);
    const int size = !number ? Max + 1 : Negative && *number < 0 ? -*number : *number;
    if (size < Min || size > Max) return part.refuse(word, "write " + range_words(Min, Max, Negative));
    numbers.push_back(*number);
  });
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

std::optional<cctz::weekday> parse_weekday(std::string_view word) {
  const auto* found = std::find_if(std::begin(kWeekdays), std::end(kWeekdays),
                                   [&](const auto& entry) { return entry.first == word; });
  if (found == std::end(kWeekdays)) return std::nullopt;
  return found->second;
}

void read_weekdays(const Part& part, RecurrenceRule& rule) {
  for_each_in_list(part.value, [&](std::string_view word) {
    const std::string_view name = word.substr(word.size() < 2 ? 0 : word.size() - 2);
    const std::string_view digits = word.substr(0, word.size() - name.size());
    const std::optional<cctz::weekday> weekday = parse_weekday(name);
    const std::optional<int> ordinal = digits.empty() ? std::optional<int>(0) : parse_number(digits);
    const bool in_range = ordinal && *ordinal >= -kWeekdaysInYearMax && *ordinal <= kWeekdaysInYearMax;
    if (!weekday || !in_range || (!digits.empty() && *ordinal == 0))
      return part.refuse(word, "write days such as MO,TU, or with their place such as 2MO and -1FR");
    rule.weekdays.push_back({*ordinal, *weekday});
  });
}

void read_frequency(const Part& part, RecurrenceRule& rule) {
  for (const auto& [name, frequency] : kFrequencies) {
    if (name == part.value) {
      rule.frequency = frequency;
      return;
    }
  }
  if (part.value == "HOURLY" || part.value == "MINUTELY" || part.value == "SECONDLY") {
    return part.refuse(part.value,
                       "too often for a sale: write FREQ=DAILY with the times of the day in BYHOUR and "
                       "BYMINUTE");
  }
  part.refuse(part.value, "write DAILY, WEEKLY, MONTHLY or YEARLY");
}

void read_interval(const Part& part, RecurrenceRule& rule) {
  const std::optional<int> interval = parse_number(part.value);
  if (!interval || *interval < 1 || *interval > kIntervalMax)
    return part.refuse(part.value, "write " + range_words(1, kIntervalMax, false));
  rule.interval = *interval;
}

void read_count(const Part& part, RecurrenceRule& rule) {
  const std::optional<int> count = parse_number(part.value);
  if (!count || *count < 1 || *count > kCountMax)
    return part.refuse(part.value, "write " + range_words(1, kCountMax, false));
  rule.count = *count;
}

void read_until(const Part& part, RecurrenceRule& rule) {
  std::string_view time = part.value;
  const bool utc = time.ends_with('Z');
  if (utc) time.remove_suffix(1);
  const std::optional<cctz::civil_second> at = parse_basic_local(time);
  if (!at) {
    return part.refuse(part.value,
                       "write the last start that is wanted, as local time such as 20261231T235959 or in "
                       "UTC such as 20261231T225959Z");
  }
  rule.until = RuleEnd{*at, utc};
}

void read_week_start(const Part& part, RecurrenceRule& rule) {
  const std::optional<cctz::weekday> weekday = parse_weekday(part.value);
  if (weekday != cctz::weekday::monday && weekday != cctz::weekday::sunday)
    return part.refuse(part.value, "weeks begin on MO or SU here: write one of them");
  rule.week_start = *weekday;
}

void refuse_part(const Part& part, RecurrenceRule&) {
  part.refuse(part.value, "not possible here: say which days by BYMONTH, BYMONTHDAY and BYDAY");
}

struct PartReader {
  std::string_view name;
  void (*read)(const Part&, RecurrenceRule&);
};

constexpr std::array<PartReader, 14> kParts = {{
    {"FREQ", read_frequency},
    {"INTERVAL", read_interval},
    {"COUNT", read_count},
    {"UNTIL", read_until},
    {"WKST", read_week_start},
    {"BYDAY", read_weekdays},
    {"BYMONTH", read_numbers<&RecurrenceRule::months, 1, 12, false>},
    {"BYMONTHDAY", read_numbers<&RecurrenceRule::month_days, 1, 31, true>},
    {"BYSETPOS", read_numbers<&RecurrenceRule::positions, 1, kDaysInYearMax, true>},
    {"BYHOUR", read_numbers<&RecurrenceRule::hours, 0, 23, false>},
    {"BYMINUTE", read_numbers<&RecurrenceRule::minutes, 0, 59, false>},
    {"BYSECOND", read_numbers<&RecurrenceRule::seconds, 0, 59, false>},
    {"BYWEEKNO", refuse_part},
    {"BYYEARDAY", refuse_part},
}};

// The parts in the order of the text; `seen` has the names of those that were known.
void read_part(std::string_view text, RecurrenceRule& rule, std::vector<std::string_view>& seen,
               Messages& wrong) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    wrong.push_back(text.empty() ? "an empty part: write parts such as FREQ=WEEKLY;BYDAY=FR, with one "
                                   "semicolon between two of them"
                                 : quoted(text) + " has no value: write parts such as FREQ=WEEKLY;BYDAY=FR");
    return;
  }
  const std::string name = upper(text.substr(0, equals));
  const auto* reader = std::find_if(kParts.begin(), kParts.end(),
                                    [&](const PartReader& candidate) { return candidate.name == name; });
  if (reader == kParts.end()) {
    std::array<std::string_view, kParts.size()> names;
    std::transform(kParts.begin(), kParts.end(), names.begin(), [](const PartReader& p) { return p.name; });
    const std::string_view meant = nearest_word(name, names);
    wrong.push_back(quoted(name) + " is no part of a rule" +
                    (name.starts_with("RRULE:") ? ": leave out RRULE:"
                     : meant.empty()            ? ""
                                                : "; did you mean " + std::string(meant) + '?'));
    return;
  }
  if (std::find(seen.begin(), seen.end(), reader->name) != seen.end()) {
    wrong.push_back(std::string(reader->name) + " stands there twice: keep one, with all values in one list");
    return;
  }
  seen.push_back(reader->name);
  reader->read(Part{reader->name, upper(text.substr(equals + 1)), wrong}, rule);
}

// --- parts that do not go together
// ---------------------------------------------------------------------------

// The days that a month or year of the rule can have at most, before BYSETPOS chooses.
int days_max(const RecurrenceRule& rule) {
  const bool monthly = rule.frequency == Frequency::monthly;
  const int months = monthly ? 1 : rule.months.empty() ? 12 : static_cast<int>(rule.months.size());
  if (!rule.month_days.empty()) return static_cast<int>(rule.month_days.size()) * months;
  int days = 0;
  for (const WeekdayRule& weekday : rule.weekdays) {
    const bool by_year = !monthly && rule.months.empty();
    const int each = by_year ? kWeekdaysInYearMax : kWeekdaysInMonthMax * months;
    days += weekday.ordinal == 0 ? each : by_year ? 1 : months;
  }
  return days;
}

void check_positions(const RecurrenceRule& rule, Messages& wrong) {
  if (rule.positions.empty()) return;
  if (rule.frequency == Frequency::daily || rule.frequency == Frequency::weekly) {
    wrong.push_back("BYSETPOS goes with FREQ=MONTHLY and FREQ=YEARLY: leave it out, and list what is wanted");
    return;
  }
  if (rule.weekdays.empty() && rule.month_days.empty()) {
    wrong.push_back("BYSETPOS chooses among what BYDAY or BYMONTHDAY leave: add one of them");
    return;
  }
  const auto times = [](const std::vector<int>& values) {
    return std::max(1, static_cast<int>(values.size()));
  };
  const int max = days_max(rule) * times(rule.hours) * times(rule.minutes) * times(rule.seconds);
  for (const int position : rule.positions) {
    if (position <= max && position >= -max) continue;
    wrong.push_back("BYSETPOS=" + std::to_string(position) + ": there are " + std::to_string(max) +
                    " starts at most to choose from");
  }
}

void check_month_days(const RecurrenceRule& rule, Messages& wrong) {
  if (rule.month_days.empty()) return;
  if (rule.frequency == Frequency::weekly) {
    wrong.push_back("BYMONTHDAY does not go with FREQ=WEEKLY: write FREQ=MONTHLY, or BYDAY instead");
    return;
  }
  if (rule.frequency == Frequency::daily && rule.month_days.front() < 0) {
    wrong.push_back("BYMONTHDAY=" + std::to_string(rule.month_days.front()) +
                    ": days counted from the end of the month go with FREQ=MONTHLY: write that");
    return;
  }
  if (rule.month_days.size() > kMonthDaysMax) {
    wrong.push_back("BYMONTHDAY has " + std::to_string(rule.month_days.size()) + " days, at most " +
                    std::to_string(kMonthDaysMax) + " are possible: leave it out for every day");
    return;
  }
  const auto month_has = [](int month, int day) { return std::abs(day) <= kDaysInMonthMax[month - 1]; };
  const auto some_month_has = [&](int day) {
    return rule.months.empty() || std::any_of(rule.months.begin(), rule.months.end(),
                                              [&](int month) { return month_has(month, day); });
  };
  if (std::none_of(rule.month_days.begin(), rule.month_days.end(), some_month_has))
    wrong.push_back("no month of BYMONTH has a day of BYMONTHDAY: correct one of them");
}

void check_weekdays(const RecurrenceRule& rule, Messages& wrong) {
  const auto ordinal = [&](const WeekdayRule& weekday) { return std::abs(weekday.ordinal); };
  int largest = 0;
  for (const WeekdayRule& weekday : rule.weekdays) largest = std::max(largest, ordinal(weekday));
  if (largest == 0) return;
  if (rule.frequency == Frequency::daily || rule.frequency == Frequency::weekly) {
    wrong.push_back("BYDAY with places such as 2MO goes with FREQ=MONTHLY and FREQ=YEARLY: write MO alone");
  } else if (!rule.month_days.empty()) {
    wrong.push_back("BYDAY with places such as 2MO does not go with BYMONTHDAY: leave one of them out");
  } else if (largest > kWeekdaysInMonthMax &&
             (rule.frequency == Frequency::monthly || !rule.months.empty())) {
    wrong.push_back("BYDAY: a month has no weekday more than " + std::to_string(kWeekdaysInMonthMax) +
                    " times: write places from 1 to " + std::to_string(kWeekdaysInMonthMax));
  }
}

}  // namespace

tl::expected<RecurrenceRule, std::vector<std::string>> parse_recurrence_rule(std::string_view text) {
  Messages wrong;
  if (text.size() > kRruleBytesMax) {
    wrong.push_back("has " + std::to_string(text.size()) + " bytes, at most " +
                    std::to_string(kRruleBytesMax) + " are possible");
    return tl::unexpected(std::move(wrong));
  }
  RecurrenceRule rule;
  std::vector<std::string_view> seen;
  while (true) {
    const std::size_t end = text.find(';');
    read_part(text.substr(0, end), rule, seen, wrong);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  const auto has = [&](std::string_view name) {
    return std::find(seen.begin(), seen.end(), name) != seen.end();
  };
  if (!has("FREQ")) wrong.push_back("FREQ is missing: write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY");
  if (has("COUNT") && has("UNTIL")) wrong.push_back("COUNT and UNTIL are two ends: leave one of them out");
  if (wrong.empty()) {
    check_month_days(rule, wrong);
    check_weekdays(rule, wrong);
    check_positions(rule, wrong);
  }
  if (!wrong.empty()) return tl::unexpected(std::move(wrong));
  return rule;
}

}  // namespace doorbuster
