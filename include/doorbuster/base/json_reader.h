#pragma once
// From a JSON tree to typed values, with every mistake reported at its place and none hiding another.
//
//   constexpr JsonMember<Sensor> kSensorMembers[] = {
//       {"id", Presence::required, [](JsonReader& r, const JsonNode& n, Sensor& s) { r.identifier(n, s.id);
//       }},
//       {"rate", Presence::optional, [](auto& r, auto& n, auto& s) { r.integer(n, {1, 1000, "per second"},
//       s.rate); }},
//   };
//   JsonReader reader(document);
//   reader.object(document.root(), kSensorMembers, sensor);
//   std::vector<Diagnostic> wrong = reader.take_diagnostics();

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doorbuster/base/json_document.h"

namespace doorbuster {

class JsonReader;

enum class Presence : std::uint8_t { optional, required };

// One key that an object may have. An object's members are one constexpr table of these, which is also what
// the documentation and the published schema are tested against.
template <typename T>
struct JsonMember {
  std::string_view key;
  Presence presence;
  void (*read)(JsonReader&, const JsonNode&, T&);
};

struct IntegerRange {
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view unit = {};  // "milliseconds": behind the range in messages
};

struct RealRange {
  double min = 0;
  double max = 0;
  std::string_view unit = {};
};

// In units of the last decimal place: {0, 10'000, 2} is 0 to 100 in hundredths.
struct DecimalRange {
  std::int64_t min = 0;
  std::int64_t max = 0;
  int decimals = 0;
  std::string_view unit = {};
};

struct LengthRange {
  std::size_t min = 0;
  std::size_t max = 0;
};

// Single-threaded; the document must outlive it.
class JsonReader {
 public:
  explicit JsonReader(const JsonDocument& document) : document_(document) {}

  // --- values
  // ------------------------------------------------------------------------------------------------- Each
  // stores the value and returns true, or reports what is wrong, leaves `out` as it was and returns false.

  template <std::integral T>
  bool integer(const JsonNode& node, IntegerRange range, T& out) {
    DOORBUSTER_CHECK(std::in_range<T>(range.min) && std::in_range<T>(range.max));
    if (!check_integer(node, range)) return false;
    out = static_cast<T>(node.integer());
    return true;
  }
  bool real(const JsonNode& node, RealRange range, double& out);
  // Exact: from the text, not by way of floating point. `out` is in the range's units.
  bool decimal(const JsonNode& node, DecimalRange range, std::int64_t& out);
  bool boolean(const JsonNode& node, bool& out);
  // UTF-8 without control characters; the length in bytes.
  bool string(const JsonNode& node, LengthRange bytes, std::string& out);
  bool identifier(const JsonNode& node, std::string& out);
  template <typename E, std::size_t N>
  bool choice(const JsonNode& node, const std::pair<std::string_view, E> (&choices)[N], E& out) {
    std::array<std::string_view, N> words;
    for (std::size_t i = 0; i < N; ++i) words[i] = choices[i].first;
    const std::size_t chosen = choose(node, words);
    if (chosen == N) return false;
    out = choices[chosen].second;
    return true;
  }

  // Reads every member that the table knows; reports unknown, duplicate and missing ones. False when the node
  // is no object or anything in it, at any depth, was reported.
  template <typename T, std::size_t N>
  bool object(const JsonNode& node, const JsonMember<T> (&members)[N], T& out) {
    std::array<Key, N> keys;
    std::array<const JsonNode*, N> found{};
    for (std::size_t i = 0; i < N; ++i) keys[i] = {members[i].key, members[i].presence};
    const std::size_t before = diagnostics_.size();
    match(node, keys, found);
    for (std::size_t i = 0; i < N; ++i) {
      if (found[i] != nullptr) members[i].read(*this, *found[i], out);
    }
    return diagnostics_.size() == before;
  }

  // Calls `each(element)` for every element of an array whose length is within `length`. False when the node
  // is no such array or anything in it was reported.
  template <typename Each>
  bool array(const JsonNode& node, LengthRange length, Each&& each) {
    const std::size_t before = diagnostics_.size();
    if (expect(node, JsonType::array)) {
      check_length(node, length);
      for (const JsonNode& element : node.children()) each(element);
    }
    return diagnostics_.size() == before;
  }

  // --- for rules that no table can say
  // --------------------------------------------------------------------------
  bool expect(const JsonNode& node, JsonType type);
  void error(const JsonNode& node, std::string message);         // at the value
  void error_at_key(const JsonNode& node, std::string message);  // at the member's key
  // The member, when it is there and nothing was reported at it: a rule over two members can go on.
  const JsonNode* sound(const JsonNode& object, std::string_view key) const;
  TextPosition position(std::size_t offset);

  // What was reported, in the order of the text.
  std::vector<Diagnostic> take_diagnostics();

 private:
  struct Key {
    std::string_view name;
    Presence presence = Presence::optional;
  };

  bool check_integer(const JsonNode& node, const IntegerRange& range);
  void check_length(const JsonNode& node, const LengthRange& length);
  std::size_t choose(const JsonNode& node, std::span<const std::string_view> words);
  void match(const JsonNode& node, std::span<const Key> keys, std::span<const JsonNode*> found);
  void report(const JsonNode& node, std::size_t offset, std::string message);

  const JsonDocument& document_;
  std::vector<Diagnostic> diagnostics_;
  boost::unordered_flat_set<const JsonNode*> reported_;
  std::vector<std::uint32_t> line_starts_;  // made at the first mistake
};

}  // namespace doorbuster
