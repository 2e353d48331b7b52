// Any bytes as a buy's body: what is accepted is what a second, strict parser reads, within the contract's
// bounds.

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"
#include "doorbuster/http/buy_decoder.h"

namespace {

using namespace doorbuster;

constexpr std::size_t kBodyMax = 16'384;

void check_text(const boost::json::object& object, const char* name, std::string_view text, bool required) {
  const auto* value = object.if_contains(name);
  if (value == nullptr) {
    DOORBUSTER_CHECK(!required && text.empty());
    return;
  }
  DOORBUSTER_CHECK(value->is_string());
  const auto& read = value->as_string();
  DOORBUSTER_CHECK(std::string_view(read.data(), read.size()) == text);
}

std::int64_t integer(const boost::json::object& object, const char* name, std::int64_t otherwise) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? otherwise : value->to_number<std::int64_t>();
}

// The lines of a basket, and that nothing stands beside them that they replace.
void check_lines(const boost::json::object& object, const BuyBody& body) {
  const auto* value = object.if_contains("lines");
  DOORBUSTER_CHECK((value == nullptr) == body.lines.empty());
  if (value == nullptr) return;
  DOORBUSTER_CHECK(!object.contains("sku") && !object.contains("quantity") && !body.wait);
  const boost::json::array& lines = value->as_array();
  DOORBUSTER_CHECK(lines.size() == body.lines.size() && lines.size() <= kBasketLinesMax);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const boost::json::object& line = lines[i].as_object();
    check_text(line, "sku", body.lines[i].sku, true);
    DOORBUSTER_CHECK(is_identifier(body.lines[i].sku));
    DOORBUSTER_CHECK(integer(line, "quantity", 1) == body.lines[i].quantity);
    std::uint32_t units = 0;
    for (const BuyLine& other : body.lines) units += other.sku == body.lines[i].sku ? other.quantity : 0;
    DOORBUSTER_CHECK(body.lines[i].quantity >= 1 && units <= kQuantityMax);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t count) {
  if (count > kBodyMax) return 0;
  static BuyDecoder decoder(kBodyMax);
  // At the end of its buffer, with rubbish for padding: what is behind must make no difference.
  std::string bytes(reinterpret_cast<const char*>(data), count);
  bytes.append(kBodyPaddingBytes, '"');
  bytes.shrink_to_fit();
  BuyBody body;
  if (!decoder.decode(std::string_view(bytes).substr(0, count), body)) {
    DOORBUSTER_CHECK(!decoder.detail().empty());
    DOORBUSTER_CHECK(decoder.outcome() == Outcome::malformed_request ||
                     decoder.outcome() == Outcome::validation_failed);
    return 0;
  }
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse({bytes.data(), count}, error);
  DOORBUSTER_CHECK(!error && value.is_object());
  const boost::json::object& object = value.as_object();
  check_text(object, "campaign", body.campaign, true);
  check_text(object, "sku", body.sku, body.lines.empty());
  check_text(object, "buyer", body.buyer, true);
  check_text(object, "channel", body.channel, false);
  check_text(object, "region", body.region, false);
  check_text(object, "segment", body.segment, false);
  check_text(object, "reference", body.reference, false);
  for (const std::string_view text : {body.campaign, body.buyer}) DOORBUSTER_CHECK(is_identifier(text));
  DOORBUSTER_CHECK(is_identifier(body.sku) == body.lines.empty());
  check_lines(object, body);
  DOORBUSTER_CHECK(integer(object, "quantity", 1) == body.quantity);
  DOORBUSTER_CHECK(integer(object, "expected_price", Buy::kNoExpectedPrice) == body.expected_price);
  const auto* wait = object.if_contains("wait");
  DOORBUSTER_CHECK((wait != nullptr && wait->as_bool()) == body.wait);
  const auto* identities = object.if_contains("identities");
  const auto texts = body.identity_texts();
  DOORBUSTER_CHECK((identities == nullptr ? 0 : identities->as_array().size()) == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto& read = identities->as_array()[i].as_string();
    DOORBUSTER_CHECK(std::string_view(read.data(), read.size()) == texts[i]);
    DOORBUSTER_CHECK(!texts[i].empty() && texts[i].size() <= kIdentityBytesMax);
    for (std::size_t j = 0; j < i; ++j) DOORBUSTER_CHECK(texts[j] != texts[i]);
  }
  DOORBUSTER_CHECK(body.quantity >= 1 && body.quantity <= kQuantityMax &&
                   body.reference.size() <= kReferenceBytesMax);
  return 0;
}
