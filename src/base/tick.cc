#include "doorbuster/base/tick.h"

#include <array>
#include <chrono>

namespace doorbuster {
namespace {

// Reads fixed fields from the front of a text; once a field does not fit, every later answer is "no".
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  int number(std::size_t digits) {
    int value = 0;
    if (rest_.size() < digits) return failed();
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return failed();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  // One of `accepted`; returns it, or 0.
  char one_of(std::string_view accepted) {
    if (rest_.empty() || accepted.find(rest_.front()) == std::string_view::npos) {
      ok_ = false;
      return 0;
    }
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }
  bool next_is(char wanted) const { return ok_ && !rest_.empty() && rest_.front() == wanted; }
  bool digit_next() const { return ok_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  int failed() {
    ok_ = false;
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

std::int64_t read_fraction_ns(Fields& fields) {
  if (!fields.next_is('.')) return 0;
  fields.one_of(".");
  std::int64_t ns = 0;
  std::int64_t unit = kNsPerSecond;
  do {
    const int digit = fields.number(1);
    unit /= 10;
    ns += digit * unit;  // digits beyond nanoseconds meet a unit of zero
  } while (fields.digit_next());
  return ns;
}

template <int kDigits>
char* put_digits(char* at, unsigned value) {
  for (int i = kDigits; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
  return at + kDigits;
}

}  // namespace

std::optional<Tick> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  Fields fields(text);
  const int y = fields.number(4);
  fields.one_of("-");
  const int mo = fields.number(2);
  fields.one_of("-");
  const int d = fields.number(2);
  fields.one_of("Tt");
  const int h = fields.number(2);
  fields.one_of(":");
  const int mi = fields.number(2);
  fields.one_of(":");
  const int s = fields.number(2);
  const std::int64_t fraction_ns = read_fraction_ns(fields);
  const char zone = fields.one_of("Zz+-");
  int offset_minutes = 0;
  if (zone == '+' || zone == '-') {
    const int oh = fields.number(2);
    fields.one_of(":");
    const int om = fields.number(2);
    if (oh > 23 || om > 59) return std::nullopt;
    offset_minutes = (oh * 60 + om) * (zone == '+' ? 1 : -1);
  }
  if (!fields.at_end()) return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!date.ok() || y < 1970 || y > 2261 || h > 23 || mi > 59 || s > 59) return std::nullopt;
  const auto days = sys_days{date}.time_since_epoch().count();
  const std::int64_t seconds =
      (static_cast<std::int64_t>(days) * 24 + h) * 3600 + (mi - offset_minutes) * 60 + s;
  if (seconds < 0) return std::nullopt;
  return Tick{seconds * kNsPerSecond + fraction_ns};
}

std::string format_rfc3339(Tick tick) {
  using namespace std::chrono;
  const sys_time<nanoseconds> instant{nanoseconds{tick.ns}};
  const auto date_point = floor<days>(instant);
  const year_month_day date{date_point};
  const hh_mm_ss<nanoseconds> time{instant - date_point};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));  // 1677 to 2262
  std::array<char, std::string_view("2026-11-27T08:00:00.123456789Z").size()> text;
  char* at = put_digits<4>(text.data(), year);
  *at++ = '-';
  at = put_digits<2>(at, static_cast<unsigned>(date.month()));
  *at++ = '-';
  at = put_digits<2>(at, static_cast<unsigned>(date.day()));
  *at++ = 'T';
  at = put_digits<2>(at, static_cast<unsigned>(time.hours().count()));
  *at++ = ':';
  at = put_digits<2>(at, static_cast<unsigned>(time.minutes().count()));
  *at++ = ':';
  at = put_digits<2>(at, static_cast<unsigned>(time.seconds().count()));
  if (const auto fraction = static_cast<unsigned>(time.subseconds().count()); fraction != 0) {
    *at++ = '.';
    at = put_digits<9>(at, fraction);
    while (std::string_view(at - 3, 3) == "000") at -= 3;
  }
  *at++ = 'Z';
  return {text.data(), at};
}

}  // namespace doorbuster
