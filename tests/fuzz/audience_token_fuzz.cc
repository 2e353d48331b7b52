// Any bytes as an audience token, and as the payload of one that is signed: what is taken is what a second,
// strict parser reads, and only when it was signed.

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/base64url.h"
#include "doorbuster/base/check.h"
#include "doorbuster/base/text.h"
#include "doorbuster/http/audience_token.h"

namespace {

using namespace doorbuster;

constexpr std::size_t kInputMax = 1024;
constexpr std::int64_t kNowSeconds = 1'795'766'400;
constexpr TokenBearer kBearer = {.buyer = "b-1", .campaign = "sale", .now = {kNowSeconds * kNsPerSecond}};

std::string_view text(const boost::json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? std::string_view() : std::string_view(value->as_string());
}

// What a signed payload must have said for this answer.
void check_read(std::string_view payload, const AudienceClaims& claims, TokenFault fault) {
  DOORBUSTER_CHECK(fault != TokenFault::signature);
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse({payload.data(), payload.size()}, error);
  DOORBUSTER_CHECK(!error && value.is_object());
  const boost::json::object& object = value.as_object();
  const std::int64_t exp = object.at("exp").to_number<std::int64_t>();
  DOORBUSTER_CHECK(exp >= 0);
  for (const auto& [name, member] : object) {
    DOORBUSTER_CHECK(name == "exp" || name == "buyer" || name == "campaign" || name == "region" ||
                     name == "segment" || name == "channel");
    DOORBUSTER_CHECK(name == "exp" || is_identifier(std::string_view(member.as_string())));
  }
  const std::string_view buyer = text(object, "buyer"), campaign = text(object, "campaign");
  DOORBUSTER_CHECK((fault == TokenFault::expired) == (exp <= kNowSeconds));
  DOORBUSTER_CHECK((fault == TokenFault::too_early) == (exp > kNowSeconds + kAudienceTokenSecondsMax));
  if (fault != TokenFault::none) {
    DOORBUSTER_CHECK(claims.expires_at_s == 0 && claims.region.empty());
    DOORBUSTER_CHECK(fault != TokenFault::other_buyer || (!buyer.empty() && buyer != kBearer.buyer));
    DOORBUSTER_CHECK(fault != TokenFault::other_campaign ||
                     (!campaign.empty() && campaign != kBearer.campaign));
    return;
  }
  DOORBUSTER_CHECK(buyer.empty() || buyer == kBearer.buyer);
  DOORBUSTER_CHECK(campaign.empty() || campaign == kBearer.campaign);
  DOORBUSTER_CHECK(claims.expires_at_s == exp && claims.buyer == buyer && claims.campaign == campaign);
  DOORBUSTER_CHECK(claims.region == text(object, "region") && claims.segment == text(object, "segment") &&
                   claims.channel == text(object, "channel"));
}

void verify(AudienceTokens& tokens, const std::string& token) {
  // At the very end of a buffer: what is read behind it is found.
  const std::vector<char> bytes(token.begin(), token.end());
  AudienceClaims claims;
  auto fault = TokenFault::none;
  if (!tokens.verify({bytes.data(), bytes.size()}, kBearer, claims, fault)) {
    DOORBUSTER_CHECK(!tokens.detail().empty());
    return;
  }
  DOORBUSTER_CHECK(token.size() <= kAudienceTokenBytesMax);
  if (fault == TokenFault::signature) return;
  std::string payload(token.size(), '\0');
  const auto size = decode_base64url(std::string_view(token).substr(0, token.find('.')), payload);
  DOORBUSTER_CHECK(size.has_value());
  payload.resize(*size);
  DOORBUSTER_CHECK(tokens.seal(payload) == token);  // it was signed, by one who can
  check_read(payload, claims, fault);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t count) {
  if (count > kInputMax) return 0;
  static const auto tokens = AudienceTokens::make(std::vector<std::string>{"a secret of the shop"});
  DOORBUSTER_CHECK(tokens.has_value());
  const std::string bytes(reinterpret_cast<const char*>(data), count);
  verify(**tokens, bytes);
  verify(**tokens, (*tokens)->seal(bytes));
  return 0;
}
