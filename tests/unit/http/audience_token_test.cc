// What is a token, which one holds, and for whom until when.

#include "doorbuster/http/audience_token.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doorbuster/base/base64url.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

const std::string kSecret = "a secret of the shop";
constexpr std::int64_t kNow = kOpens.ns / kNsPerSecond;
constexpr TokenBearer kBearer = {.buyer = "b-829301", .campaign = "black-friday", .now = kOpens};

// docs/formats/audience-token.md has the same token, and a test of the documents makes it in Python.
const std::string kDocumented =
    "eyJleHAiOjE3OTU3NjY0NjAsImJ1eWVyIjoiYi04MjkzMDEiLCJjYW1wYWlnbiI6ImJsYWNrLWZyaWRheSIsInJlZ2lvbiI6IkRFIiwi"
    "c2VnbWVudCI6ImdvbGQiLCJjaGFubmVsIjoiYXBwIn0.d8tx6PS9HYioxSUxjRh5_DLcfqoYtcwxwXL2qbfJBCo";
constexpr AudienceClaims kDocumentedClaims = {.expires_at_s = kNow + 60,
                                              .buyer = "b-829301",
                                              .campaign = "black-friday",
                                              .region = "DE",
                                              .segment = "gold",
                                              .channel = "app"};

std::unique_ptr<AudienceTokens> tokens_with(const std::vector<std::string>& secrets = {kSecret}) {
  auto tokens = AudienceTokens::make(secrets);
  REQUIRE(tokens);
  return std::move(*tokens);
}

// How it stands with a token; nothing: it is malformed.
std::optional<TokenFault> fault_of(AudienceTokens& tokens, std::string_view token,
                                   const TokenBearer& bearer = kBearer) {
  AudienceClaims claims = kDocumentedClaims;
  auto fault = TokenFault::too_early;
  if (!tokens.verify(token, bearer, claims, fault)) {
    CHECK_FALSE(tokens.detail().empty());
    return std::nullopt;
  }
  CHECK(token_fault_detail(fault).empty() == (fault == TokenFault::none));
  if (fault != TokenFault::none) {
    CHECK(claims.expires_at_s == 0);
    CHECK((claims.buyer.empty() && claims.campaign.empty()));
    CHECK((claims.region.empty() && claims.segment.empty() && claims.channel.empty()));
  }
  return fault;
}

std::optional<TokenFault> fault_of_payload(const std::string& payload, const TokenBearer& bearer = kBearer) {
  const auto tokens = tokens_with();
  return fault_of(*tokens, tokens->seal(payload), bearer);
}

TEST_CASE("a token says what was signed, and its bytes are the documented ones") {
  const auto tokens = tokens_with();
  const Result<std::string> token = tokens->sign(kDocumentedClaims);
  REQUIRE(token);
  CHECK(*token == kDocumented);
  for (int again = 0; again < 2; ++again) {
    AudienceClaims claims;
    auto fault = TokenFault::expired;
    REQUIRE(tokens->verify(*token, kBearer, claims, fault));
    CHECK(fault == TokenFault::none);
    CHECK(claims.expires_at_s == kNow + 60);
    CHECK(claims.buyer == "b-829301");
    CHECK(claims.campaign == "black-friday");
    CHECK(claims.region == "DE");
    CHECK(claims.segment == "gold");
    CHECK(claims.channel == "app");
  }
}

TEST_CASE("a token without a buyer or a campaign is good for any, and has none of what it does not say") {
  const auto tokens = tokens_with();
  const Result<std::string> token = tokens->sign({.expires_at_s = kNow + 1, .segment = "gold"});
  REQUIRE(token);
  AudienceClaims claims;
  auto fault = TokenFault::expired;
  REQUIRE(tokens->verify(*token, {.buyer = "any", .campaign = "any", .now = kOpens}, claims, fault));
  CHECK(fault == TokenFault::none);
  CHECK(claims.segment == "gold");
  CHECK((claims.buyer.empty() && claims.campaign.empty() && claims.region.empty() && claims.channel.empty()));
}

TEST_CASE("no truncation of a token holds, and none with a byte changed in any way") {
  const auto tokens = tokens_with();
  REQUIRE(fault_of(*tokens, kDocumented) == TokenFault::none);
  int malformed = 0, unsigned_ones = 0;
  const auto check_refused = [&](const std::string& token) {
    const auto fault = fault_of(*tokens, token);
    ++(fault ? unsigned_ones : malformed);
    if (!fault || *fault == TokenFault::signature) return;
    CAPTURE(token);
    FAIL("it was taken as signed");
  };
  for (std::size_t size = 0; size < kDocumented.size(); ++size) {
    check_refused(kDocumented.substr(0, size));
    check_refused(kDocumented.substr(size + 1));
  }
  CHECK(malformed + unsigned_ones == 2 * static_cast<int>(kDocumented.size()));
  for (std::size_t at = 0; at < kDocumented.size(); ++at) {
    for (int change = 1; change < 256; ++change) {
      std::string token = kDocumented;
      token[at] = static_cast<char>(token[at] ^ change);
      check_refused(token);
    }
    check_refused(kDocumented.substr(0, at) + kDocumented[at] + kDocumented.substr(at));
  }
  // Most bytes are no letters; each of those that are is told by the signature alone.
  CHECK(unsigned_ones > 60 * static_cast<int>(kDocumented.size() - 3));
  CHECK(malformed > unsigned_ones);
}

TEST_CASE("another secret's token does not hold, and each of several secrets verifies") {
  const std::string newer = "a newer secret of it", oldest(kAudienceSecretBytesMax, 'o');
  const auto old_shop = tokens_with({kSecret}), new_shop = tokens_with({newer}),
             first = tokens_with({oldest});
  const auto server = tokens_with({newer, kSecret, oldest});
  for (const auto* shop : {&old_shop, &new_shop, &first}) {
    const Result<std::string> token = (*shop)->sign(kDocumentedClaims);
    REQUIRE(token);
    CHECK(fault_of(*server, *token) == TokenFault::none);
    CHECK(fault_of(**shop, *token) == TokenFault::none);
  }
  CHECK(*server->sign(kDocumentedClaims) == *new_shop->sign(kDocumentedClaims));  // the first signs
  CHECK(fault_of(*new_shop, kDocumented) == TokenFault::signature);
  CHECK(fault_of(*tokens_with({kSecret + "."}), kDocumented) == TokenFault::signature);
  CHECK(fault_of(*tokens_with({kSecret.substr(1)}), kDocumented) == TokenFault::signature);
}

TEST_CASE("a token holds before its end and not at it, and 24 hours ahead but not more") {
  const auto at = [](Tick now) {
    return fault_of_payload("{\"exp\":" + std::to_string(kNow) + "}",
                            {.buyer = "b", .campaign = "c", .now = now});
  };
  constexpr std::int64_t kDay = kAudienceTokenSecondsMax * kNsPerSecond;
  CHECK(at(after(kOpens, -1)) == TokenFault::none);
  CHECK(at(after(kOpens, -kNsPerSecond)) == TokenFault::none);
  CHECK(at(kOpens) == TokenFault::expired);
  CHECK(at(after(kOpens, 1)) == TokenFault::expired);
  CHECK(at(after(kOpens, -kDay)) == TokenFault::none);
  CHECK(at(after(kOpens, -kDay - 1)) == TokenFault::too_early);
  CHECK(at(after(kOpens, -kDay - kNsPerSecond)) == TokenFault::too_early);
  CHECK(fault_of_payload(R"({"exp":0})") == TokenFault::expired);
  CHECK(fault_of_payload(R"({"exp":9223372036854775807})") == TokenFault::too_early);
}

TEST_CASE("a token with a buyer or a campaign is good for that one only, and its time is told first") {
  const auto tokens = tokens_with();
  const auto with = [&](std::string_view buyer, std::string_view campaign, Tick now = kOpens) {
    return fault_of(*tokens, kDocumented, {.buyer = buyer, .campaign = campaign, .now = now});
  };
  CHECK(with("b-829301", "black-friday") == TokenFault::none);
  CHECK(with("b-829302", "black-friday") == TokenFault::other_buyer);
  CHECK(with("b-82930", "black-friday") == TokenFault::other_buyer);
  CHECK(with("B-829301", "black-friday") == TokenFault::other_buyer);
  CHECK(with("b-829301", "black-friday2") == TokenFault::other_campaign);
  CHECK(with("b-829302", "other") == TokenFault::other_campaign);
  CHECK(with("b-829302", "other", after(kOpens, 60 * kNsPerSecond)) == TokenFault::expired);
}

TEST_CASE("a payload is one object of known members, though anything can be signed") {
  const std::string exp = "\"exp\":" + std::to_string(kNow + 60);
  const std::string longest(kIdentifierBytesMax, 'x');
  for (const std::string& good :
       {"{" + exp + "}", " { " + exp + " , \"region\" : \"D\\u0045\" }\n", R"({"channel":"a",)" + exp + "}",
        "{" + exp + ",\"region\":\"" + longest + "\"}"}) {
    INFO(good);
    CHECK(fault_of_payload(good) == TokenFault::none);
  }
  for (const std::string& bad : std::vector<std::string>{"",
                                                         " ",
                                                         "null",
                                                         "[]",
                                                         "7",
                                                         "{}",
                                                         "{",
                                                         "{" + exp,
                                                         "{" + exp + ",}",
                                                         "{" + exp + "}}",
                                                         "{" + exp + "}{}",
                                                         "{" + exp + "," + exp + "}",
                                                         R"({"region":"DE"})",
                                                         R"({"exp":"1795766460"})",
                                                         R"({"exp":1795766460.0})",
                                                         R"({"exp":1.79576646e9})",
                                                         R"({"exp":-1})",
                                                         R"({"exp":null})",
                                                         R"({"exp":9223372036854775808})",
                                                         "{" + exp + R"(,"region":""})",
                                                         "{" + exp + R"(,"region":null})",
                                                         "{" + exp + R"(,"region":["DE"]})",
                                                         "{" + exp + R"(,"region":"D E"})",
                                                         "{" + exp + R"(,"buyer":7})",
                                                         "{" + exp + R"(,"nbf":1})",
                                                         "{" + exp + R"(,"Region":"DE"})",
                                                         "{" + exp + ",\"region\":\"" + longest + "x\"}",
                                                         "{" + exp + ",\"region\":\"\xff\"}"}) {
    INFO(bad);
    CHECK(fault_of_payload(bad) == std::nullopt);
  }
}

TEST_CASE("a token has 512 bytes at most, and what would not fit is not signed") {
  const auto tokens = tokens_with();
  const std::string open = "{\"exp\":" + std::to_string(kNow + 60), close = "}";
  const std::string room(351 - open.size() - close.size(), ' ');
  const std::string longest = tokens->seal(open + room + close);
  CHECK(longest.size() == kAudienceTokenBytesMax);
  CHECK(fault_of(*tokens, longest) == TokenFault::none);
  CHECK(fault_of(*tokens, tokens->seal(open + room + ' ' + close)) == std::nullopt);

  const std::string name(kIdentifierBytesMax, 'n');
  AudienceClaims claims = {
      .expires_at_s = kNow, .buyer = name, .campaign = name, .region = name, .segment = name};
  REQUIRE(tokens->sign(claims));
  claims.channel = name;
  const Result<std::string> too_long = tokens->sign(claims);
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().kind == ErrorKind::usage);
  CHECK_THAT(too_long.error().message, Catch::Contains("512 is the most"));
  const Result<std::string> no_name = tokens->sign({.expires_at_s = kNow, .region = "D\"E"});
  REQUIRE_FALSE(no_name);
  CHECK(no_name.error().kind == ErrorKind::usage);
  CHECK_THAT(no_name.error().message, Catch::StartsWith("region ") && Catch::Contains(" is no identifier"));
}

TEST_CASE("what stands between the dots is told before who signed it") {
  const auto tokens = tokens_with();
  const std::string signature(base64url_size(32), 'A');
  CHECK(fault_of(*tokens, "e30." + signature) == TokenFault::signature);
  CHECK(fault_of(*tokens, "." + signature) == TokenFault::signature);
  for (const std::string& token :
       {"e30" + signature, "e30." + signature + "A", "e30." + signature.substr(1), "e30=." + signature,
        "e3+." + signature, "e31." + signature, "e30.." + signature.substr(1),
        "e30." + signature.substr(1) + "=", "e30.x." + signature}) {
    INFO(token);
    CHECK(fault_of(*tokens, token) == std::nullopt);
  }
}

}  // namespace
}  // namespace doorbuster
