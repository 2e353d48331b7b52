#include "scenarios/line.h"

#include <charconv>
#include <limits>
#include <sstream>

namespace doorbuster {
namespace {

const std::string kDay = "2026-11-27T";

}  // namespace

Line::Line(const std::string& text) {
  std::istringstream words(text);
  words >> verb_;
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) {
      if (!subject_.empty()) throw CannotRead{"\"" + word + "\" is one word too many"};
      subject_ = word;
    } else if (!values_.emplace(word.substr(0, equals), word.substr(equals + 1)).second) {
      throw CannotRead{word.substr(0, equals) + " is there twice"};
    }
  }
}

std::optional<std::string> Line::text(const std::string& name) {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  std::string value = found->second;
  values_.erase(found);
  return value;
}

std::string Line::must(const std::string& name) {
  auto value = text(name);
  if (!value) throw CannotRead{name + "= is missing"};
  return *value;
}

std::vector<std::string> Line::list(const std::string& name) {
  std::vector<std::string> parts;
  std::istringstream value(text(name).value_or(""));
  for (std::string part; std::getline(value, part, ',');) parts.push_back(part);
  return parts;
}

std::int64_t Line::number(const std::string& name, std::int64_t otherwise) {
  const auto value = text(name);
  if (!value) return otherwise;
  return number_in(name, *value);
}

std::uint32_t Line::count(const std::string& name, std::uint32_t otherwise) {
  const std::int64_t value = number(name, otherwise);
  if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) {
    throw CannotRead{name + "=" + std::to_string(value) + " is no count"};
  }
  return static_cast<std::uint32_t>(value);
}

bool Line::yes_or_no(const std::string& name, bool otherwise) {
  const auto value = text(name);
  if (!value) return otherwise;
  if (*value != "yes" && *value != "no") throw CannotRead{name + "=" + *value + " is neither yes nor no"};
  return *value == "yes";
}

Tick Line::time(const std::string& name) {
  return time_in(name, must(name));
}

Tick Line::time(const std::string& name, Tick otherwise) {
  return has(name) ? time(name) : otherwise;
}

void Line::nothing_else() const {
  if (!values_.empty()) throw CannotRead{"nobody knows " + values_.begin()->first + "="};
}

Tick time_in(const std::string& name, const std::string& piece) {
  const auto tick = parse_rfc3339(kDay + piece + "Z");
  if (!tick) throw CannotRead{name + "=" + piece + " is no time of the day"};
  return *tick;
}

std::int64_t number_in(const std::string& name, const std::string& piece) {
  std::int64_t result = 0;
  const char* const end = piece.data() + piece.size();
  if (std::from_chars(piece.data(), end, result) != std::from_chars_result{end, std::errc()}) {
    throw CannotRead{name + "=" + piece + " is no number"};
  }
  return result;
}

std::pair<std::string, std::string> halves(const std::string& name, const std::string& piece,
                                           char separator) {
  const std::size_t at = piece.find(separator);
  if (at == std::string::npos) throw CannotRead{name + "=" + piece + " has no " + separator};
  return {piece.substr(0, at), piece.substr(at + 1)};
}

std::string time_text(Tick tick) {
  const std::string text = format_rfc3339(tick);
  const std::size_t from = text.starts_with(kDay) ? kDay.size() : 0;
  return text.substr(from, text.size() - 1 - from);
}

}  // namespace doorbuster
