#pragma once
// The text of a recurrence rule (RFC 5545, 3.3.10), read strictly: what is wrong is said word by word, and
// what the expansion cannot do rightly is refused here (recurrence.h says why).

#include <cctz/civil_time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace doorbuster {

enum class Frequency : std::uint8_t { daily, weekly, monthly, yearly };

struct WeekdayRule {
  int ordinal = 0;  // 0: each one, 2: the second of the month or year, -1: the last
  cctz::weekday weekday = cctz::weekday::monday;
};

struct RuleEnd {
  cctz::civil_second at;  // inclusive
  bool utc = false;       // an instant; otherwise local time
};

// Lists are sorted and have no value twice; empty: the rule does not say.
struct RecurrenceRule {
  Frequency frequency = Frequency::daily;
  int interval = 1;
  std::optional<std::int64_t> count;  // count and until: one at most
  std::optional<RuleEnd> until;
  cctz::weekday week_start = cctz::weekday::monday;
  std::vector<WeekdayRule> weekdays;
  std::vector<int> months, month_days, positions;
  std::vector<int> hours, minutes, seconds;
};

// Or everything that is wrong with it, each with what to write instead.
tl::expected<RecurrenceRule, std::vector<std::string>> parse_recurrence_rule(std::string_view text);

}  // namespace doorbuster
