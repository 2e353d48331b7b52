#include "catalog/zone.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"
#include "doorbuster/base/text_file.h"

namespace doorbuster {
namespace {

constexpr std::size_t kSimilarZonesMax = 3;
constexpr std::size_t kZoneListBytesMax = 4U << 20;      // it has about 110 KB
constexpr std::int64_t kTickSecondsMax = 9'214'646'400;  // 2262-01-01T00:00:00Z

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
char lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The library opens whatever file the name leads to, so what could lead out of the database does not get
// there: "../../etc/passwd", "file:...", "localtime", "posixrules", and the copies in right/ and posix/. All
// names of the database begin with a capital letter, which none of these do.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > kIdentifierBytesMax || !is_upper(name.front()) || name.back() == '/')
    return false;
  const auto part_of_name = [](char c) {
    return is_upper(c) || (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '+' || c == '-' ||
           c == '/';
  };
  return std::all_of(name.begin(), name.end(), part_of_name) && name.find("//") == std::string_view::npos;
}

// Where cctz looks.
std::string zone_folder() {
  const char* folder = std::getenv("TZDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
}

// The database as one text: rules, zones and links, and its version in the first line.
std::string zone_list() {
  return read_text_file(zone_folder() + "/tzdata.zi", kZoneListBytesMax).value_or("");
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// "Z name ..." is a zone, "L target name" another name of one.
std::vector<std::string_view> zone_names(std::string_view list) {
  std::vector<std::string_view> names;
  for (const std::string_view line : split(list, '\n')) {
    if (!line.starts_with("Z ") && !line.starts_with("L ")) continue;
    const std::vector<std::string_view> words = split(line, ' ');
    const std::size_t at = line.front() == 'Z' ? 1 : 2;
    if (words.size() > at) names.push_back(words[at]);
  }
  return names;
}

// The city, as people may write it: "new york" is "New_York".
std::string city_of(std::string_view name) {
  std::string city(name.substr(name.rfind('/') + 1));
  std::transform(city.begin(), city.end(), city.begin(), [](char c) { return c == ' ' ? '_' : lower(c); });
  return city;
}

std::vector<std::string_view> similar_zones(std::string_view name,
                                            const std::vector<std::string_view>& names) {
  std::vector<std::string_view> similar;
  const std::string city = city_of(name);
  for (const std::string_view candidate : names) {
    if (similar.size() < kSimilarZonesMax && city_of(candidate) == city) similar.push_back(candidate);
  }
  if (similar.empty()) {
    if (const std::string_view nearest = nearest_word(name, names); !nearest.empty())
      similar.push_back(nearest);
  }
  return similar;
}

// Digits where the pattern has a 0, itself anywhere else; then the numbers between the other characters are
// those of `widths`.
std::optional<cctz::civil_second> parse_civil(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return std::nullopt;
  int fields[6] = {};
  constexpr int kWidths[6] = {4, 2, 2, 2, 2, 2};
  std::size_t field = 0;
  int width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (pattern[i] != '0') {
      if (text[i] != pattern[i]) return std::nullopt;
      continue;
    }
    if (!is_digit(text[i])) return std::nullopt;
    fields[field] = fields[field] * 10 + (text[i] - '0');
    if (++width == kWidths[field]) {
      ++field;
      width = 0;
    }
  }
  const auto [year, month, day, hour, minute, second] = fields;
  const cctz::civil_second local(year, month, day, hour, minute, second);
  // A date that does not exist becomes one that does: not the one that was written.
  const bool exists = local.month() == month && local.day() == day && local.hour() == hour &&
                      local.minute() == minute && local.second() == second;
  if (!exists || year < kYearMin || year > kYearMax) return std::nullopt;
  return local;
}

}  // namespace

std::optional<cctz::time_zone> find_zone(std::string_view name) {
  cctz::time_zone zone;
  if (!is_zone_name(name) || !cctz::load_time_zone(std::string(name), &zone)) return std::nullopt;
  return zone;
}

std::string unknown_zone_message(std::string_view name) {
  const std::string list = zone_list();
  const std::vector<std::string_view> names = zone_names(list);
  if (names.empty()) {
    return quoted(name) + " is not to be found, and there is no time zone database in " + zone_folder() +
           ": install the package tzdata";
  }
  std::string message = quoted(name) + " is no zone of the IANA database";
  const std::vector<std::string_view> similar = similar_zones(name, names);
  if (similar.empty()) return message + ": write a name such as Europe/Berlin";
  message += "; did you mean ";
  for (std::size_t i = 0; i < similar.size(); ++i) {
    if (i > 0) message += i + 1 == similar.size() ? " or " : ", ";
    message += quoted(similar[i]);
  }
  return message + '?';
}

std::optional<cctz::civil_second> parse_local(std::string_view text) {
  return parse_civil(text, "0000-00-00T00:00:00");
}

std::optional<cctz::civil_second> parse_basic_local(std::string_view text) {
  return parse_civil(text, "00000000T000000");
}

std::string format_local(cctz::civil_second local) {
  char text[32];
  const int size =
      std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", static_cast<int>(local.year()),
                    local.month(), local.day(), local.hour(), local.minute(), local.second());
  return {text, static_cast<std::size_t>(size)};
}

std::optional<Instant> to_instant(cctz::civil_second local, const cctz::time_zone& zone, GapPolicy gap,
                                  OverlapPolicy overlap) {
  const cctz::time_zone::civil_lookup found = zone.lookup(local);
  switch (found.kind) {
    case cctz::time_zone::civil_lookup::SKIPPED:
      if (gap == GapPolicy::skip) return std::nullopt;
      return found.pre;  // by the offset before the gap
    case cctz::time_zone::civil_lookup::REPEATED:
      return overlap == OverlapPolicy::first ? found.pre : found.post;
    case cctz::time_zone::civil_lookup::UNIQUE:
      break;
  }
  return found.pre;
}

std::optional<Tick> to_tick(Instant instant) {
  const std::int64_t seconds = instant.time_since_epoch().count();
  if (seconds < 0 || seconds > kTickSecondsMax) return std::nullopt;
  return Tick{seconds * kNsPerSecond};
}

bool zone_exists(std::string_view zone) {
  return find_zone(zone).has_value();
}

std::string format_local(Tick tick, std::string_view zone) {
  const std::optional<cctz::time_zone> found = find_zone(zone);
  if (!found) return format_rfc3339(tick);
  const cctz::time_point<std::chrono::nanoseconds> instant{std::chrono::nanoseconds{tick.ns}};
  std::string text = cctz::format("%E4Y-%m-%dT%H:%M:%E*S%Ez", instant, *found);
  // Where people have no abbreviation, the database repeats the offset: "-03".
  const std::string_view abbreviation = found->lookup(instant).abbr;
  if (!abbreviation.starts_with('+') && !abbreviation.starts_with('-')) {
    text += ' ';
    text += abbreviation;
  }
  return text;
}

std::string zone_database_version() {
  constexpr std::string_view kPrefix = "# version ";
  const std::string list = zone_list();
  const std::string_view first = split(list, '\n').front();
  if (!first.starts_with(kPrefix)) return "";
  const std::string_view version = first.substr(kPrefix.size());
  return is_identifier(version) ? std::string(version) : "";
}

}  // namespace doorbuster
