#include "doorbuster/base/json_reader.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "doorbuster/base/decimal.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

std::string with_unit(std::string text, std::string_view unit) {
  if (!unit.empty()) text += ' ' + std::string(unit);
  return text;
}

std::string range_words(std::int64_t min, std::int64_t max) {
  if (max == std::numeric_limits<std::int64_t>::max()) return "of at least " + std::to_string(min);
  if (min == max) return "equal to " + std::to_string(min);
  return "from " + std::to_string(min) + " to " + std::to_string(max);
}

// As short as it can be: 0.5, 1000, 1e+30.
std::string number_words(double value) {
  std::array<char, 32> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), "%g", value);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

// "a" or "a or b" or "a, b or c", each quoted.
std::string alternatives(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? " or " : ", ";
    out += quoted(words[i]);
  }
  return out;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view meant = nearest_word(word, candidates);
  return meant.empty() ? "" : "; did you mean " + quoted(meant) + "?";
}

// A number as it is written, cut where nobody reads on.
std::string shown(std::string_view number) {
  constexpr std::size_t kShownBytesMax = 40;
  return std::string(number.substr(0, kShownBytesMax)) + (number.size() > kShownBytesMax ? "..." : "");
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

std::string count_words(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + ' ' + std::string(count == 1 ? one : many);
}

}  // namespace

bool JsonReader::expect(const JsonNode& node, JsonType type) {
  if (node.is(type)) return true;
  error(node,
        "must be " + std::string(json_type_name(type)) + ", not " + std::string(json_type_name(node.type())));
  return false;
}

bool JsonReader::check_integer(const JsonNode& node, const IntegerRange& range) {
  const std::string wanted = with_unit("must be an integer " + range_words(range.min, range.max), range.unit);
  if (node.is(JsonType::integer)) {
    if (node.integer() >= range.min && node.integer() <= range.max) return true;
    error(node, wanted + ", not " + std::to_string(node.integer()));
  } else if (node.is(JsonType::real)) {
    const std::string_view written = document_.written(node);
    const bool whole = written.find_first_of(".eE") == std::string_view::npos;
    error(node, wanted + (whole ? ", not " : ", written without fraction and exponent, not ") +
                    std::string(written));
  } else {
    error(node, wanted + ", not " + std::string(json_type_name(node.type())));
  }
  return false;
}

bool JsonReader::real(const JsonNode& node, RealRange range, double& out) {
  const std::string wanted = with_unit(
      "must be a number from " + number_words(range.min) + " to " + number_words(range.max), range.unit);
  if (!node.is(JsonType::integer) && !node.is(JsonType::real)) {
    error(node, wanted + ", not " + std::string(json_type_name(node.type())));
    return false;
  }
  const double value = node.is(JsonType::integer) ? static_cast<double>(node.integer()) : node.real();
  if (value < range.min || value > range.max) {
    error(node, wanted + ", not " + shown(document_.written(node)));
    return false;
  }
  out = value;
  return true;
}

bool JsonReader::decimal(const JsonNode& node, DecimalRange range, std::int64_t& out) {
  const std::string wanted = with_unit("must be a number from " + format_decimal(range.min, range.decimals) +
                                           " to " + format_decimal(range.max, range.decimals),
                                       range.unit) +
                             " with at most " +
                             count_words(static_cast<std::size_t>(range.decimals), "decimal", "decimals");
  if (!node.is(JsonType::integer) && !node.is(JsonType::real)) {
    error(node, wanted + ", not " + std::string(json_type_name(node.type())));
    return false;
  }
  const std::string_view written = document_.written(node);
  const std::optional<std::int64_t> value = parse_decimal(written, range.decimals);
  if (!value || *value < range.min || *value > range.max) {
    error(node, wanted + ", not " + shown(written));
    return false;
  }
  out = *value;
  return true;
}

bool JsonReader::boolean(const JsonNode& node, bool& out) {
  if (!expect(node, JsonType::boolean)) return false;
  out = node.boolean();
  return true;
}

bool JsonReader::string(const JsonNode& node, LengthRange bytes, std::string& out) {
  if (!expect(node, JsonType::string)) return false;
  const std::string_view text = node.string();
  if (text.size() < bytes.min && text.empty()) {
    error(node, "must not be empty");
  } else if (text.size() < bytes.min || text.size() > bytes.max) {
    error(node, "must have " + std::to_string(bytes.min) + " to " + std::to_string(bytes.max) +
                    " bytes, not " + std::to_string(text.size()));
  } else if (has_control_character(text)) {
    error(node, "must not have control characters in it");
  } else {
    out = text;
    return true;
  }
  return false;
}

bool JsonReader::identifier(const JsonNode& node, std::string& out) {
  if (!expect(node, JsonType::string)) return false;
  if (!is_identifier(node.string())) {
    error(node, quoted(node.string()) + " is no identifier: write 1 to " +
                    std::to_string(kIdentifierBytesMax) + " characters of A-Z a-z 0-9 . _ : @ -");
    return false;
  }
  out = node.string();
  return true;
}

std::size_t JsonReader::choose(const JsonNode& node, std::span<const std::string_view> words) {
  if (!node.is(JsonType::string)) {
    error(node, "must be " + alternatives(words) + ", not " + std::string(json_type_name(node.type())));
    return words.size();
  }
  const auto found = std::find(words.begin(), words.end(), node.string());
  if (found == words.end()) {
    error(node, "must be " + alternatives(words) + ", not " + quoted(node.string()) +
                    did_you_mean(node.string(), words));
  }
  return static_cast<std::size_t>(found - words.begin());
}

void JsonReader::check_length(const JsonNode& node, const LengthRange& length) {
  const std::size_t count = node.child_count();
  if (count < length.min) {
    error(node, "must have at least " + count_words(length.min, "element", "elements") + ", not " +
                    std::to_string(count));
  } else if (count > length.max) {
    error(node, "must have at most " + count_words(length.max, "element", "elements") + ", not " +
                    std::to_string(count));
  }
}

void JsonReader::match(const JsonNode& node, std::span<const Key> keys, std::span<const JsonNode*> found) {
  if (!expect(node, JsonType::object)) return;
  boost::unordered_flat_set<std::string_view> unknown;
  for (const JsonNode& member : node.children()) {
    const auto key =
        std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == member.key(); });
    if (key == keys.end()) {
      std::vector<std::string_view> names;
      for (const Key& known : keys) names.push_back(known.name);
      const bool again = !unknown.insert(member.key()).second;
      error_at_key(member, again ? "duplicate key: it stands in this object already"
                                 : "unknown key" + did_you_mean(member.key(), names));
      continue;
    }
    const JsonNode*& first = found[static_cast<std::size_t>(key - keys.begin())];
    if (first != nullptr) {
      error_at_key(member, "duplicate key: line " + std::to_string(position(first->key_offset()).line) +
                               " has it already; keep one");
      continue;
    }
    first = &member;
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].presence == Presence::required && found[i] == nullptr) {
      error(node, quoted(keys[i].name) + " is missing");
    }
  }
}

void JsonReader::error(const JsonNode& node, std::string message) {
  report(node, node.offset(), std::move(message));
}

void JsonReader::error_at_key(const JsonNode& node, std::string message) {
  report(node, node.key_offset(), std::move(message));
}

void JsonReader::report(const JsonNode& node, std::size_t offset, std::string message) {
  reported_.insert(&node);
  const TextPosition at = position(offset);
  diagnostics_.push_back({node.pointer(), at.line, at.column, std::move(message)});
}

const JsonNode* JsonReader::sound(const JsonNode& object, std::string_view key) const {
  const JsonNode* member = object.find(key);
  return member == nullptr || reported_.contains(member) ? nullptr : member;
}

TextPosition JsonReader::position(std::size_t offset) {
  if (line_starts_.empty()) {
    line_starts_.push_back(0);
    const std::string_view text = document_.text();
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
      line_starts_.push_back(static_cast<std::uint32_t>(at + 1));
    }
  }
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return {static_cast<std::uint32_t>(next - line_starts_.begin()),
          static_cast<std::uint32_t>(offset - *(next - 1) + 1)};
}

std::vector<Diagnostic> JsonReader::take_diagnostics() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return a.line != b.line ? a.line < b.line : a.column < b.column;
  });
  return std::exchange(diagnostics_, {});
}

}  // namespace doorbuster
