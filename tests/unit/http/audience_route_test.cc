// What an audience token makes of a buy, and when a buy is refused for it.

#include <memory>

#include "desk.h"

namespace doorbuster {
namespace {

const std::vector<std::string> kSecrets = {"a secret of the shop"};
constexpr std::int64_t kNow = kOpens.ns / kNsPerSecond;

AudienceCheck check_with(bool required) {
  auto tokens = AudienceTokens::make(kSecrets);
  REQUIRE(tokens);
  return {.tokens = std::move(*tokens), .required = required};
}

std::string token_of(const AudienceClaims& claims) {
  auto tokens = AudienceTokens::make(kSecrets);
  REQUIRE(tokens);
  return *(*tokens)->sign(claims);
}

CampaignPut german() {
  CampaignPut put = campaign_put(0, 2);
  put.plan.audience.regions = {"AT", "DE"};
  return put;
}

Desk make_desk(bool required = false) {
  return Desk({german()}, {offer_put(0, 5), offer_put(1, 5)}, 4, check_with(required));
}

std::string buy(const std::string& members, const std::string& headers = {}) {
  return request_text("POST", "/v1/buy", kJsonType + headers,
                      R"({"campaign":"campaign-0","sku":"sku-0","buyer":"b-1")" + members + "}");
}
std::string with_token(const std::string& token, const std::string& members = {},
                       const std::string& headers = {}) {
  return buy(",\"token\":\"" + token + "\"" + members, headers);
}
const std::string kKey = "Idempotency-Key: k\r\n";

TEST_CASE("what the token says takes the place of what the body says, all three of them") {
  Desk desk = make_desk();
  const std::string token =
      token_of({.expires_at_s = kNow + 60, .buyer = "b-1", .region = "DE", .segment = "gold"});
  for (const std::string members : {"", R"(,"region":"FR","segment":"none","channel":"app")"}) {
    INFO(members);
    Request* request = desk.ask_shard(with_token(token, members));
    CHECK(request->buy.region == "DE");
    CHECK(request->buy.segment == "gold");
    CHECK(request->buy.channel.empty());
    CHECK(request->buy.token_fault == TokenFault::none);
    desk.answer(request);
  }
  Request* basket = desk.ask_shard(request_text(
      "POST", "/v1/buy", kJsonType,
      R"({"campaign":"campaign-0","buyer":"b-1","lines":[{"sku":"sku-1"},{"sku":"sku-0"}],"token":")" +
          token + "\"}"));
  CHECK(basket->buy.region == "DE");
  CHECK(basket->buy.lines.size() == 2);
  CHECK(basket->buy.quantity == 2);
  desk.answer(basket);
  CHECK(desk.told(with_token(token_of({.expires_at_s = kNow + 60}), R"(,"region":"DE")")) ==
        Outcome::not_eligible);
  CHECK(object_of(parse(desk.text)).at("rule") == "region");
}

TEST_CASE("where tokens are required, the body alone says nothing of the audience") {
  Desk desk = make_desk(true);
  const std::string token = token_of({.expires_at_s = kNow + 60, .region = "DE"});
  for (const char* members : {R"(,"region":"DE")", R"(,"segment":"gold")", R"(,"channel":"app")"}) {
    INFO(members);
    for (const std::string& headers : {std::string(), kKey}) {
      CHECK(desk.told(buy(members, headers)) == Outcome::validation_failed);
      CHECK_THAT(desk.text, Catch::Contains("signed"));
      CHECK(desk.told(with_token(token, members, headers)) == Outcome::validation_failed);
    }
  }
  CHECK(desk.asks(with_token(token)));
  CHECK(desk.told(buy("")) == Outcome::not_eligible);  // it has no region
  CHECK(object_of(parse(desk.text)).at("rule") == "region");
}

TEST_CASE("a token needs a server that takes them, and a form") {
  Desk none({german()}, {offer_put(0, 5)});
  CHECK(none.told(with_token(token_of({.expires_at_s = kNow + 60, .region = "DE"}))) ==
        Outcome::validation_failed);
  CHECK_THAT(none.text, Catch::Contains("server.audience_tokens"));
  CHECK(none.asks(buy(R"(,"region":"DE")")));  // as ever

  Desk desk = make_desk();
  for (const std::string& headers : {std::string(), kKey}) {
    CHECK(desk.told(with_token("e30.e30", {}, headers)) == Outcome::malformed_request);
    CHECK_THAT(desk.text, Catch::Contains("The signature of"));
  }
}

TEST_CASE("a token that does not hold is told why, at the place of eligibility") {
  Desk desk = make_desk();
  const std::string expired = token_of({.expires_at_s = kNow, .region = "DE"});
  struct Told {
    std::string token, detail;
  };
  for (const Told& told : std::vector<Told>{
           {expired, "expired"},
           {token_of({.expires_at_s = kNow + kAudienceTokenSecondsMax + 1}), "not acceptable yet"},
           {token_of({.expires_at_s = kNow + 9, .buyer = "b-2"}), "another buyer"},
           {token_of({.expires_at_s = kNow + 9, .campaign = "campaign-1"}), "another campaign"},
           {"e30." + std::string(43, 'A'), "signature"}}) {
    INFO(told.token);
    CHECK(desk.told(with_token(told.token)) == Outcome::not_eligible);
    const boost::json::object problem = object_of(parse(desk.text));
    CHECK(problem.at("rule") == "token");
    CHECK_THAT(std::string(problem.at("detail").as_string()), Catch::Contains(told.detail));
  }
  CHECK(desk.told(with_token(expired, R"(,"quantity":3)")) == Outcome::not_eligible);  // above the limit too
  desk.clock.set_wall(kCloses);
  CHECK(desk.told(with_token(expired)) == Outcome::campaign_ended);
  const std::string early = token_of({.expires_at_s = kNow - 2, .region = "DE"});
  desk.clock.set_wall(after(kOpens, -kNsPerSecond));
  CHECK(desk.told(with_token(early)) == Outcome::campaign_not_started);
}

TEST_CASE("with a key a token that does not hold goes to the owner, who has the order or refuses") {
  Desk desk = make_desk(true);
  const std::string expired = token_of({.expires_at_s = kNow, .region = "DE"});
  Request* request = desk.ask_shard(with_token(expired, {}, kKey));
  CHECK(request->buy.token_fault == TokenFault::expired);
  CHECK(request->buy.region.empty());
  request->outcome = Outcome::not_eligible;
  const Parsed reply = desk.answer(request);
  CHECK(reply.status_line == "HTTP/1.1 403 Forbidden");
  CHECK(object_of(reply).at("rule") == "token");
  CHECK(object_of(reply).at("detail") == "The token has expired.");

  // Nothing of it is left in the request that comes next.
  Request* next = desk.ask_shard(with_token(token_of({.expires_at_s = kNow + 1, .region = "DE"}), {}, kKey));
  CHECK(next->buy.token_fault == TokenFault::none);
  CHECK(next->buy.region == "DE");
  desk.answer(next);
}

}  // namespace
}  // namespace doorbuster
