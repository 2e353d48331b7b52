#include "body_reader.h"

#include <utility>

namespace doorbuster {

BodyReader::BodyReader(std::size_t body_bytes_max) {
  // So that no request makes it grow. Depth: deeper than any body that we accept, so nesting is told as what
  // it is.
  [[maybe_unused]] const auto error = parser_.allocate(body_bytes_max, 64);
}

bool BodyReader::refuse(Outcome outcome, std::string detail) {
  outcome_ = outcome;
  detail_ = std::move(detail);
  return false;
}

bool BodyReader::parse(std::string_view json, simdjson::dom::object& object) {
  simdjson::dom::element document;
  // The whole text is validated, also behind the object. `false`: our buffer has the padding, nothing is
  // copied.
  const auto error =
      parser_.parse(reinterpret_cast<const std::uint8_t*>(json.data()), json.size(), false).get(document);
  if (error != simdjson::SUCCESS) {
    return refuse(Outcome::malformed_request,
                  "The body is not one JSON object: " + std::string(simdjson::error_message(error)));
  }
  if (document.get(object) != simdjson::SUCCESS) {
    return refuse(Outcome::malformed_request, "The body must be one JSON object.");
  }
  return true;
}

bool BodyReader::take_text(const Member& member, std::size_t bytes_min, std::size_t bytes_max,
                           std::string_view& out) {
  if (member.value.get(out) != simdjson::SUCCESS) {
    return refuse(Outcome::malformed_request, quoted(member.name) + " must be a string.");
  }
  if (out.size() < bytes_min || out.size() > bytes_max) {
    const std::string from = bytes_min == 0 ? "at most " : std::to_string(bytes_min) + " to ";
    return refuse(Outcome::validation_failed,
                  quoted(member.name) + " must be " + from + std::to_string(bytes_max) + " bytes.");
  }
  return true;
}

bool BodyReader::take_identifier(const Member& member, std::string_view& out) {
  if (member.value.get(out) != simdjson::SUCCESS) {
    return refuse(Outcome::malformed_request, quoted(member.name) + " must be a string.");
  }
  if (!is_identifier(out)) {
    return refuse(Outcome::validation_failed,
                  quoted(member.name) + " must be 1 to 64 bytes of A-Z a-z 0-9 . _ : @ -");
  }
  return true;
}

bool BodyReader::take_bool(const Member& member, bool& out) {
  if (member.value.get(out) == simdjson::SUCCESS) return true;
  return refuse(Outcome::malformed_request, quoted(member.name) + " must be true or false.");
}

bool BodyReader::take_integer(const Member& member, std::int64_t min, std::int64_t max, std::int64_t& out) {
  const bool unsigned_only =
      member.value.type() == simdjson::dom::element_type::UINT64;  // above the signed range
  if (!unsigned_only && member.value.type() != simdjson::dom::element_type::INT64) {
    return refuse(Outcome::malformed_request,
                  quoted(member.name) + " must be a whole number, without fraction or exponent.");
  }
  if (unsigned_only || member.value.get(out) != simdjson::SUCCESS || out < min || out > max) {
    return refuse(Outcome::validation_failed, quoted(member.name) + " must be from " + std::to_string(min) +
                                                  " to " + std::to_string(max) + ".");
  }
  return true;
}

}  // namespace doorbuster
