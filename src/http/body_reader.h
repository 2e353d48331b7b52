#pragma once
// The body of a request: one JSON object with members that are known, each at most once; so are the objects
// in it, if a member has any. What any decoder of this room has in common; which members there are is the
// decoder's own.
//
// Of a body with several faults, a malformed one is told before one whose values are out of their range: the
// order of the members makes no difference to the outcome.

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "doorbuster/base/text.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster {

class BodyReader {
 public:
  struct Member {
    std::string_view name;
    simdjson::dom::element value;
  };

  explicit BodyReader(std::size_t body_bytes_max);

  // Calls take(index in `names`, member) for each member; it returns false when it has refused one. False:
  // the body is malformed, and outcome() and detail() say why. Views live until the next read(). REQUIRES:
  // simdjson::SIMDJSON_PADDING bytes may be read behind `json`; at most 32 names.
  template <typename Take>
  bool read(std::string_view json, std::span<const std::string_view> names, Take&& take);
  // Of the last body that read() took:
  std::uint32_t seen() const { return seen_; }  // bit i: names[i] is there
  bool in_range() const { return in_range_; }   // else outcome() and detail() say why

  // The same of an object inside of a body that is being read: to be called from its `take`. `seen` is the
  // object's own; what is out of range there makes the body out of range.
  template <typename Take>
  bool read_inner(const simdjson::dom::object& object, std::span<const std::string_view> names,
                  std::uint32_t& seen, Take&& take);

  // Each says why not with refuse(): malformed_request for another type, validation_failed for a value out of
  // its range.
  bool take_text(const Member& member, std::size_t bytes_min, std::size_t bytes_max, std::string_view& out);
  bool take_identifier(const Member& member, std::string_view& out);
  bool take_bool(const Member& member, bool& out);
  bool take_integer(const Member& member, std::int64_t min, std::int64_t max, std::int64_t& out);
  template <typename Integer>
  bool take_integer(const Member& member, std::int64_t min, std::int64_t max, Integer& out);

  bool refuse(Outcome outcome, std::string detail);  // always false
  Outcome outcome() const { return outcome_; }       // malformed_request or validation_failed
  std::string_view detail() const { return detail_; }

 private:
  bool parse(std::string_view json, simdjson::dom::object& object);

  simdjson::dom::parser parser_;
  std::uint32_t seen_ = 0;
  bool in_range_ = true;
  Outcome outcome_ = Outcome::malformed_request;
  std::string detail_;
};

template <typename Take>
bool BodyReader::read(std::string_view json, std::span<const std::string_view> names, Take&& take) {
  in_range_ = true;
  simdjson::dom::object object;
  return parse(json, object) && read_inner(object, names, seen_, take);
}

template <typename Take>
bool BodyReader::read_inner(const simdjson::dom::object& object, std::span<const std::string_view> names,
                            std::uint32_t& seen, Take&& take) {
  seen = 0;
  for (const auto& [name, value] : object) {
    std::size_t index = 0;
    while (index < names.size() && names[index] != name) ++index;
    if (index == names.size()) {
      return refuse(Outcome::malformed_request, "Unknown member " + quoted(name.substr(0, 64)) + ".");
    }
    if ((seen >> index & 1) != 0)
      return refuse(Outcome::malformed_request, quoted(name) + " is there twice.");
    seen |= std::uint32_t{1} << index;
    if (take(index, Member{names[index], value})) continue;
    if (outcome_ == Outcome::malformed_request) return false;
    in_range_ = false;
  }
  return true;
}

template <typename Integer>
bool BodyReader::take_integer(const Member& member, std::int64_t min, std::int64_t max, Integer& out) {
  std::int64_t value = 0;
  if (!take_integer(member, min, max, value)) return false;
  out = static_cast<Integer>(value);  // the caller's bounds are those of its type
  return true;
}

}  // namespace doorbuster
