#include "doorbuster/http/query_reader.h"

#include <charconv>
#include <optional>

#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Nothing when a % is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

}  // namespace

QueryReader::QueryReader(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (parameter.empty()) continue;
    const std::size_t equals = parameter.find('=');
    const auto name = percent_decoded(parameter.substr(0, equals));
    const auto value =
        percent_decoded(equals == std::string_view::npos ? std::string_view{} : parameter.substr(equals + 1));
    if (name && value) {
      parameters_.push_back({*name, *value});
    } else {
      error(quoted(parameter) + ": a % is followed by two hexadecimal digits, %25 is the character itself");
    }
  }
}

void QueryReader::error(std::string message) {
  errors_.push_back(std::move(message));
}

const std::string* QueryReader::find(std::string_view name) {
  names_.push_back(name);
  const std::string* found = nullptr;
  bool is_twice = false;
  for (Parameter& parameter : parameters_) {
    if (parameter.name != name) continue;
    parameter.is_known = true;
    is_twice = is_twice || found != nullptr;
    found = &parameter.value;
  }
  if (!is_twice) return found;
  error(std::string(name) + " is there twice: once is enough");
  return nullptr;
}

bool QueryReader::text(std::string_view name, std::size_t bytes_max, std::string& out) {
  const std::string* value = find(name);
  if (value == nullptr) return false;
  if (value->empty() || value->size() > bytes_max) {
    error(std::string(name) + " has " + std::to_string(value->size()) + " bytes: write 1 to " +
          std::to_string(bytes_max) + ", or leave it out");
    return false;
  }
  out = *value;
  return true;
}

bool QueryReader::identifier(std::string_view name, std::string& out) {
  const std::string* value = find(name);
  if (value == nullptr) return false;
  if (!is_identifier(*value)) {
    error(std::string(name) + ' ' + quoted(*value) +
          " is no identifier: write 1 to 64 of A-Z a-z 0-9 . _ : @ -");
    return false;
  }
  out = *value;
  return true;
}

bool QueryReader::integer(std::string_view name, IntegerRange range, std::uint64_t& out) {
  const std::string* value = find(name);
  if (value == nullptr) return false;
  std::int64_t number = 0;
  const char* const end = value->data() + value->size();
  const auto [parsed, ec] = std::from_chars(value->data(), end, number);
  if (ec != std::errc{} || parsed != end || number < range.min || number > range.max) {
    error(std::string(name) + ' ' + quoted(*value) + " is out of range: write a whole number from " +
          std::to_string(range.min) + " to " + std::to_string(range.max));
    return false;
  }
  out = static_cast<std::uint64_t>(number);
  return true;
}

bool QueryReader::time(std::string_view name, Tick& out) {
  const std::string* value = find(name);
  if (value == nullptr) return false;
  const std::optional<Tick> tick = parse_rfc3339(*value);
  if (!tick) {
    error(std::string(name) + ' ' + quoted(*value) +
          " is no RFC 3339 time: write one such as 2026-11-27T08:00:00Z, and %2B for the + of an offset");
    return false;
  }
  out = *tick;
  return true;
}

bool QueryReader::flag(std::string_view name, bool& out) {
  const std::string* value = find(name);
  if (value == nullptr) return false;
  if (*value != "true" && *value != "false") {
    error(std::string(name) + ' ' + quoted(*value) + ": write true or false");
    return false;
  }
  out = *value == "true";
  return true;
}

std::string QueryReader::take_errors() {
  for (const Parameter& parameter : parameters_) {
    if (parameter.is_known) continue;
    std::string message = "unknown parameter " + quoted(parameter.name);
    if (const std::string_view near = nearest_word(parameter.name, names_); !near.empty()) {
      message += ": did you mean " + std::string(near) + '?';
    } else {
      message += ": leave it out";
    }
    error(std::move(message));
  }
  std::string all;
  for (const std::string& message : errors_) all += (all.empty() ? "" : "; ") + message;
  return all;
}

}  // namespace doorbuster
