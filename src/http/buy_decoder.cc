#include "doorbuster/http/buy_decoder.h"

#include <simdjson.h>

#include <array>
#include <utility>

#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

static_assert(BuyDecoder::kBodyPaddingBytes >= simdjson::SIMDJSON_PADDING);

enum Field : unsigned {
  campaign,
  sku,
  quantity,
  buyer,
  expected_price,
  channel,
  region,
  segment,
  reference,
  field_count
};
constexpr std::array<std::string_view, field_count> kNames = {
    "campaign", "sku", "quantity", "buyer", "expected_price", "channel", "region", "segment", "reference"};
constexpr unsigned kRequired = 1U << campaign | 1U << sku | 1U << buyer;

}  // namespace

struct BuyDecoder::Parser {
  simdjson::dom::parser parser;
};

struct BuyDecoder::Member {
  Field field;
  simdjson::dom::element value;
};

BuyDecoder::BuyDecoder(std::size_t body_bytes_max) : parser_(std::make_unique<Parser>()) {
  // So that no request makes it grow. Depth: deeper than any body that we accept, so nesting is told as what
  // it is.
  [[maybe_unused]] const auto error = parser_->parser.allocate(body_bytes_max, 64);
}

BuyDecoder::~BuyDecoder() = default;

bool BuyDecoder::refuse(Outcome outcome, std::string detail) {
  outcome_ = outcome;
  detail_ = std::move(detail);
  return false;
}

bool BuyDecoder::decode(std::string_view json, BuyBody& body) {
  body = {};
  simdjson::dom::element document;
  // The whole text is validated, also behind the object. `false`: our buffer has the padding, nothing is
  // copied.
  const auto error =
      parser_->parser.parse(reinterpret_cast<const std::uint8_t*>(json.data()), json.size(), false)
          .get(document);
  if (error != simdjson::SUCCESS) {
    return refuse(Outcome::malformed_request,
                  "The body is not one JSON object: " + std::string(error_message(error)));
  }
  simdjson::dom::object object;
  if (document.get(object) != simdjson::SUCCESS) {
    return refuse(Outcome::malformed_request, "The body must be one JSON object.");
  }
  // A value out of its range is told only of a well-formed body: the order of its members makes no
  // difference.
  bool in_range = true;
  unsigned seen = 0;
  for (const auto& [name, value] : object) {
    unsigned field = 0;
    while (field < field_count && kNames[field] != name) ++field;
    if (field == field_count)
      return refuse(Outcome::malformed_request, "Unknown member " + quoted(name.substr(0, 64)) + ".");
    if ((seen >> field & 1) != 0)
      return refuse(Outcome::malformed_request, quoted(name) + " is there twice.");
    seen |= 1U << field;
    if (take_member({static_cast<Field>(field), value}, body)) continue;
    if (outcome_ == Outcome::malformed_request) return false;
    in_range = false;
  }
  if ((seen & kRequired) != kRequired) {
    return refuse(Outcome::malformed_request, "\"campaign\", \"sku\" and \"buyer\" are required.");
  }
  return in_range;
}

bool BuyDecoder::take_member(const Member& member, BuyBody& body) {
  switch (member.field) {
    case campaign:
      return take_text(member, body.campaign, kIdentifierBytesMax, true);
    case sku:
      return take_text(member, body.sku, kIdentifierBytesMax, true);
    case buyer:
      return take_text(member, body.buyer, kIdentifierBytesMax, true);
    case channel:
      return take_text(member, body.channel, kIdentifierBytesMax, true);
    case region:
      return take_text(member, body.region, kIdentifierBytesMax, true);
    case segment:
      return take_text(member, body.segment, kIdentifierBytesMax, true);
    case reference:
      return take_text(member, body.reference, kReferenceBytesMax, false);
    case expected_price:
      return take_integer(member, 0, kPriceMax, body.expected_price);
    case quantity: {
      std::int64_t value = 0;
      if (!take_integer(member, 1, kQuantityMax, value)) return false;
      body.quantity = static_cast<std::uint32_t>(value);
      return true;
    }
    case field_count:
      break;
  }
  return false;
}

bool BuyDecoder::take_text(const Member& member, std::string_view& out, std::size_t bytes_max,
                           bool identifier) {
  const std::string_view name = kNames[member.field];
  if (member.value.get(out) != simdjson::SUCCESS) {
    return refuse(Outcome::malformed_request, quoted(name) + " must be a string.");
  }
  if (identifier && !is_identifier(out)) {
    return refuse(Outcome::validation_failed,
                  quoted(name) + " must be 1 to 64 bytes of A-Z a-z 0-9 . _ : @ -");
  }
  if (out.size() > bytes_max) {
    return refuse(Outcome::validation_failed,
                  quoted(name) + " must be at most " + std::to_string(bytes_max) + " bytes.");
  }
  return true;
}

bool BuyDecoder::take_integer(const Member& member, std::int64_t min, std::int64_t max, std::int64_t& out) {
  const std::string_view name = kNames[member.field];
  const bool unsigned_only =
      member.value.type() == simdjson::dom::element_type::UINT64;  // above the signed range
  if (!unsigned_only && member.value.type() != simdjson::dom::element_type::INT64) {
    return refuse(Outcome::malformed_request,
                  quoted(name) + " must be a whole number, without fraction or exponent.");
  }
  if (unsigned_only || member.value.get(out) != simdjson::SUCCESS || out < min || out > max) {
    return refuse(Outcome::validation_failed,
                  quoted(name) + " must be from " + std::to_string(min) + " to " + std::to_string(max) + ".");
  }
  return true;
}

bool decode_idempotency_key(std::string_view header, std::string& buffer, std::string_view& key) {
  key = header;
  if (!key.empty() && key.front() == '"') {
    if (key.size() < 2 || key.back() != '"') return false;
    key = key.substr(1, key.size() - 2);
    if (key.find_first_of("\\\"") != std::string_view::npos) {
      buffer.clear();
      for (std::size_t i = 0; i < key.size(); ++i) {
        if (key[i] == '"') return false;
        if (key[i] == '\\' && (++i == key.size() || (key[i] != '"' && key[i] != '\\'))) return false;
        buffer += key[i];
      }
      key = buffer;
    }
  }
  if (key.empty() || key.size() > kIdempotencyKeyBytesMax) return false;
  for (const char c : key) {
    if (c < 0x20 || c > 0x7e) return false;
  }
  return true;
}

}  // namespace doorbuster
