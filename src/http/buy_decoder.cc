#include "doorbuster/http/buy_decoder.h"

#include <algorithm>
#include <array>

#include "body_reader.h"
#include "byte_run.h"
#include "doorbuster/base/limits.h"
#include "quick_body.h"

namespace doorbuster {
namespace {

static_assert(kBodyPaddingBytes >= simdjson::SIMDJSON_PADDING);

enum Field : std::size_t {
  campaign,
  sku,
  quantity,
  buyer,
  expected_price,
  channel,
  region,
  segment,
  reference,
  identities,
  wait,
  lines,
  token,
  field_count
};
constexpr std::array<std::string_view, field_count> kNames = {
    "campaign", "sku",       "quantity",   "buyer", "expected_price", "channel", "region",
    "segment",  "reference", "identities", "wait",  "lines",          "token"};
constexpr std::uint32_t kRequired = 1U << campaign | 1U << buyer;

enum LineField : std::size_t { line_sku, line_quantity, line_field_count };
constexpr std::array<std::string_view, line_field_count> kLineNames = {"sku", "quantity"};

bool is_identity(std::string_view text) {
  return !text.empty() && text.size() <= kIdentityBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x21 && c <= 0x7e; });
}

bool take_identities(BodyReader& reader, const BodyReader::Member& member, BuyBody& body) {
  simdjson::dom::array values;
  if (member.value.get(values) != simdjson::SUCCESS) {
    return reader.refuse(Outcome::malformed_request, "\"identities\" must be an array of strings.");
  }
  // Types first, all of them: where a wrong one stands makes no difference.
  std::size_t count = 0;
  for (const simdjson::dom::element value : values) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) {
      return reader.refuse(Outcome::malformed_request, "\"identities\" must be an array of strings.");
    }
    if (count < kIdentitiesMax) body.identities[count] = text;
    ++count;
  }
  if (count == 0 || count > kIdentitiesMax) {
    return reader.refuse(Outcome::validation_failed, "\"identities\" must have 1 to 4 strings.");
  }
  body.identity_count = count;
  const auto all = body.identity_texts();
  if (!std::all_of(all.begin(), all.end(), is_identity)) {
    return reader.refuse(Outcome::validation_failed,
                         "Each of \"identities\" must be 1 to 128 bytes of printable ASCII without spaces.");
  }
  for (std::size_t i = 1; i < count; ++i) {
    if (std::find(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i), all[i]) !=
        all.begin() + static_cast<std::ptrdiff_t>(i)) {
      return reader.refuse(Outcome::validation_failed, "\"identities\" has two that are equal.");
    }
  }
  return true;
}

bool take_line(BodyReader& reader, const simdjson::dom::element& value, BuyLine& line) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    return reader.refuse(Outcome::malformed_request, "\"lines\" must be an array of objects.");
  }
  const auto take = [&](std::size_t field, const BodyReader::Member& member) {
    return field == line_sku ? reader.take_identifier(member, line.sku)
                             : reader.take_integer(member, 1, kQuantityMax, line.quantity);
  };
  std::uint32_t seen = 0;
  if (!reader.read_inner(object, kLineNames, seen, take)) return false;
  if ((seen & 1U << line_sku) == 0) {
    return reader.refuse(Outcome::malformed_request, "Each of \"lines\" must have a \"sku\".");
  }
  return true;
}

bool take_lines(BodyReader& reader, const BodyReader::Member& member, std::span<BuyLine> room,
                BuyBody& body) {
  simdjson::dom::array values;
  if (member.value.get(values) != simdjson::SUCCESS) {
    return reader.refuse(Outcome::malformed_request, "\"lines\" must be an array of objects.");
  }
  // All of them, also those behind the last that there can be: a malformed one is told first wherever it is.
  std::size_t count = 0;
  for (const simdjson::dom::element value : values) {
    BuyLine line;
    if (!take_line(reader, value, line)) return false;
    if (count < room.size()) room[count] = line;
    ++count;
  }
  if (count == 0 || count > room.size()) {
    return reader.refuse(Outcome::validation_failed, "\"lines\" must have 1 to 16 lines.");
  }
  body.lines = room.first(count);
  return true;
}

// What can be said of a basket only when all members are there.
bool is_basket_in_range(BodyReader& reader, const BuyBody& body) {
  const auto beside = [&](Field field) { return (reader.seen() >> field & 1) != 0; };
  for (const Field field : {sku, quantity}) {
    if (!beside(field)) continue;
    return reader.refuse(Outcome::validation_failed,
                         quoted(kNames[field]) + " cannot stand beside \"lines\": each line has its own.");
  }
  if (body.wait) {
    return reader.refuse(Outcome::validation_failed,
                         "\"wait\" cannot be true beside \"lines\": a basket does not wait.");
  }
  for (const BuyLine& line : body.lines) {
    std::uint32_t units = 0;
    for (const BuyLine& other : body.lines) units += other.sku == line.sku ? other.quantity : 0;
    if (units > kQuantityMax) {
      return reader.refuse(Outcome::validation_failed,
                           "The lines of " + quoted(line.sku) + " together have more than 1000.");
    }
  }
  return true;
}

bool take_member(BodyReader& reader, std::size_t field, const BodyReader::Member& member,
                 std::span<BuyLine> lines_room, BuyBody& body) {
  switch (static_cast<Field>(field)) {
    case campaign:
      return reader.take_identifier(member, body.campaign);
    case sku:
      return reader.take_identifier(member, body.sku);
    case quantity:
      return reader.take_integer(member, 1, kQuantityMax, body.quantity);
    case buyer:
      return reader.take_identifier(member, body.buyer);
    case expected_price:
      return reader.take_integer(member, 0, kPriceMax, body.expected_price);
    case channel:
      return reader.take_identifier(member, body.channel);
    case region:
      return reader.take_identifier(member, body.region);
    case segment:
      return reader.take_identifier(member, body.segment);
    case reference:
      return reader.take_text(member, 0, kReferenceBytesMax, body.reference);
    case identities:
      return take_identities(reader, member, body);
    case wait:
      return reader.take_bool(member, body.wait);
    case lines:
      return take_lines(reader, member, lines_room, body);
    case token:
      return reader.take_text(member, 1, kAudienceTokenBytesMax, body.token);
    case field_count:
      break;
  }
  return false;
}

}  // namespace

BuyDecoder::BuyDecoder(std::size_t body_bytes_max) : reader_(std::make_unique<BodyReader>(body_bytes_max)) {}
BuyDecoder::~BuyDecoder() = default;

Outcome BuyDecoder::outcome() const {
  return reader_->outcome();
}
std::string_view BuyDecoder::detail() const {
  return reader_->detail();
}

bool BuyDecoder::decode(std::string_view json, BuyBody& body) {
  return decode_quickly(json, body) || decode_strictly(*reader_, lines_, json, body);
}

bool decode_strictly(BodyReader& reader, std::span<BuyLine> lines_room, std::string_view json,
                     BuyBody& body) {
  body = {};
  const auto take = [&](std::size_t field, const BodyReader::Member& member) {
    return take_member(reader, field, member, lines_room, body);
  };
  if (!reader.read(json, kNames, take)) return false;
  const std::uint32_t seen = reader.seen();
  if ((seen & kRequired) != kRequired || (seen & (1U << sku | 1U << lines)) == 0) {
    return reader.refuse(Outcome::malformed_request,
                         "\"campaign\", \"buyer\" and \"sku\" (or \"lines\") are required.");
  }
  if (!reader.in_range()) return false;
  return (seen & 1U << lines) == 0 || is_basket_in_range(reader, body);
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
  return is_run<PrintableByte>(key);
}

}  // namespace doorbuster
