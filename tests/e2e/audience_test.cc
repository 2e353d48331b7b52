// Audience tokens over real sockets: what is signed is believed, and nothing else where that is required.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "doorbuster/http/audience_token.h"
#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

const std::string kSecret = "a secret of the shop", kNewSecret = "the next one, for a change";

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The members of a body that carry such a token.
std::string signed_with(const std::string& secret, const AudienceClaims& claims) {
  auto tokens = AudienceTokens::make(std::vector<std::string>{secret});
  REQUIRE(tokens);
  return ",\"token\":\"" + *(*tokens)->sign(claims) + '"';
}
std::string token(std::string_view region, std::int64_t seconds = 600, std::string_view buyer = "b-1") {
  return signed_with(kSecret, {.expires_at_s = now_s() + seconds, .buyer = buyer, .region = region});
}

std::string tokens_member(const std::vector<std::string>& secrets, bool required) {
  std::string list;
  for (const std::string& secret : secrets) list += (list.empty() ? "\"" : ",\"") + secret + '"';
  return R"(,"audience_tokens":{"secrets":[)" + list + R"(],"required":)" + (required ? "true}" : "false}");
}

CampaignSpec german_sale() {
  return {.rules = R"(,"regions":["AT","DE"])", .offers = {{.sku = "tv"}, {.sku = "pc"}}};
}

ShopSpec german_shop(const std::vector<std::string>& secrets = {kSecret}, bool required = true) {
  return {.campaigns = {german_sale()}, .server = tokens_member(secrets, required)};
}

std::string told(const HttpReply& reply) {
  return reply.status < 400 ? reply.outcome() : reply.outcome() + ' ' + reply.at("/rule");
}

std::string basket(const std::string& members) {
  return post_request(
      "/v1/buy", R"({"campaign":"sale","buyer":"b-1","lines":[{"sku":"tv"},{"sku":"pc"}])" + members + "}");
}

}  // namespace

TEST_CASE("where tokens are required, only a signed region buys", "[e2e]") {
  Shop shop(german_shop());
  const auto buy = [&](const std::string& members) {
    return told(shop.buy({.sku = "tv", .members = members}));
  };
  CHECK(buy("") == "403 not_eligible region");
  CHECK(buy(R"(,"region":"DE")") == "422 validation_failed <missing>");
  CHECK(buy(R"(,"region":"DE")" + token("DE")) == "422 validation_failed <missing>");
  CHECK(buy(token("FR")) == "403 not_eligible region");
  CHECK(buy(signed_with(kNewSecret, {.expires_at_s = now_s() + 600, .region = "DE"})) ==
        "403 not_eligible token");
  CHECK(buy(token("DE", -1)) == "403 not_eligible token");
  CHECK(buy(token("DE", 2 * kAudienceTokenSecondsMax)) == "403 not_eligible token");
  CHECK(buy(token("DE", 600, "b-2")) == "403 not_eligible token");
  CHECK(buy(R"(,"token":"eyJl.eyJl")") == "400 malformed_request <missing>");
  CHECK(told(shop.connect().exchange(basket(token("FR")))) == "403 not_eligible region");
  CHECK(told(shop.connect().exchange(basket(token("DE", -1)))) == "403 not_eligible token");
  CHECK(shop.stock("tv").available == 10);

  CHECK(buy(token("DE")) == "201");
  CHECK(told(shop.connect().exchange(basket(token("AT")))) == "201");
  CHECK(shop.stock("tv").sold == 2);
  REQUIRE(shop.stop().exit_code == 0);
  // The order keeps what was signed, and of the token nothing.
  const std::string journal = run_doorbuster({"journal", "dump", shop.data()}).out;
  CHECK(journal.find(R"("region":"DE")") != std::string::npos);
  CHECK(journal.find(R"("region":"AT")") != std::string::npos);
  CHECK(journal.find("token") == std::string::npos);
}

TEST_CASE("where tokens are not required, a backend may say the region itself", "[e2e]") {
  Shop shop(german_shop({kSecret}, false));
  CHECK(shop.buy({.sku = "tv", .members = R"(,"region":"DE")"}).status == 201);
  CHECK(shop.buy({.sku = "tv", .members = token("DE")}).status == 201);
  CHECK(told(shop.buy({.sku = "tv", .members = R"(,"region":"DE")" + token("FR")})) ==
        "403 not_eligible region");
  Shop none({.campaigns = {german_sale()}});
  CHECK(none.buy({.sku = "tv", .members = R"(,"region":"DE")"}).status == 201);
  const HttpReply refused = none.buy({.sku = "tv", .members = token("DE")});
  CHECK(refused.outcome() == "422 validation_failed");
  CHECK(refused.body.find("server.audience_tokens") != std::string::npos);
}

TEST_CASE("a retry gets its order with an expired token, and another key does not", "[e2e]") {
  Shop shop(german_shop());
  const HttpReply first = shop.buy({.sku = "tv", .key = "k-1", .members = token("DE")});
  REQUIRE(first.status == 201);
  const std::string basket_key = "Idempotency-Key: k-2\r\n";
  const std::string lines = R"({"campaign":"sale","buyer":"b-1","lines":[{"sku":"tv"},{"sku":"pc"}])";
  const auto buy_basket = [&](const std::string& members) {
    return shop.connect().exchange(post_request("/v1/buy", lines + members + "}", basket_key));
  };
  const HttpReply first_basket = buy_basket(token("DE"));
  REQUIRE(first_basket.status == 201);
  const auto check_retries = [&](const std::string& members) {
    const HttpReply again = shop.buy({.sku = "tv", .key = "k-1", .members = members});
    CHECK(again.status == 201);
    CHECK(again.body == first.body);
    CHECK(again.header("Idempotent-Replayed") == "true");
    const HttpReply again_basket = buy_basket(members);
    CHECK(again_basket.body == first_basket.body);
    CHECK(again_basket.header("Idempotent-Replayed") == "true");
    CHECK(shop.buy({.sku = "tv", .quantity = 2, .key = "k-1", .members = members}).outcome() ==
          "422 idempotency_key_reused");
  };
  check_retries(token("DE", -1));
  check_retries(token("FR"));
  check_retries("");
  CHECK(told(shop.buy({.sku = "tv", .key = "k-3", .members = token("DE", -1)})) == "403 not_eligible token");
  CHECK(shop.stock("tv").sold == 2);

  // The secret has been changed: the token is nobody's, and the order is there.
  REQUIRE(shop.stop().exit_code == 0);
  shop.start(german_shop({kNewSecret}));
  check_retries(token("DE"));
  CHECK(told(shop.buy({.sku = "tv", .key = "k-3", .members = token("DE")})) == "403 not_eligible token");
}

TEST_CASE("the window comes before the token, and the token before the limit", "[e2e]") {
  ShopSpec spec = german_shop();
  spec.campaigns[0].limit_per_buyer = 1;
  spec.campaigns.push_back(german_sale());
  spec.campaigns[1].id = "later";
  spec.campaigns[1].starts_at = "2099-01-01T00:00:00Z";
  spec.campaigns.push_back({.id = "everybody", .limit_per_buyer = 1, .offers = {{.sku = "tv"}}});
  Shop shop(spec);
  const std::string expired = token("DE", -1);
  for (const std::string key : {"", "k"}) {
    INFO(key);
    const auto outcome = [&](const std::string& campaign, int quantity) {
      return told(shop.buy(
          {.sku = "tv", .quantity = quantity, .key = key, .campaign = campaign, .members = expired}));
    };
    CHECK(outcome("later", 1) == "409 campaign_not_started <missing>");
    CHECK(outcome("sale", 2) == "403 not_eligible token");
    CHECK(outcome("everybody", 2) == "403 not_eligible token");  // though it would need none
    CHECK(outcome("nowhere", 1) == "404 campaign_not_found <missing>");
  }
}

TEST_CASE("a secret is changed without refusing anybody, by restarts", "[e2e]") {
  Shop shop(german_shop());
  const std::string of_old = token("DE");
  const std::string of_new = signed_with(kNewSecret, {.expires_at_s = now_s() + 600, .region = "DE"});
  const auto buy = [&](const std::string& members) {
    return shop.buy({.sku = "tv", .members = members}).status;
  };
  CHECK(shop.reload(german_shop({kSecret, kNewSecret})));
  CHECK(shop.server().log().find("server.audience_tokens differs") != std::string::npos);
  CHECK(buy(of_new) == 403);  // a reload takes nothing of the server's
  REQUIRE(shop.stop().exit_code == 0);
  shop.start();
  CHECK(buy(of_old) == 201);
  CHECK(buy(of_new) == 201);
  REQUIRE(shop.stop().exit_code == 0);
  shop.start(german_shop({kNewSecret}));
  CHECK(buy(of_old) == 403);
  CHECK(buy(of_new) == 201);
  const std::string log = read_file(shop.log_file());
  CHECK(log.find(kSecret) == std::string::npos);
  CHECK(log.find(kNewSecret) == std::string::npos);
}

TEST_CASE("doorbuster token makes a token that the server of the file takes", "[e2e]") {
  Shop shop(german_shop({kSecret, kNewSecret}));
  const ProgramResult made =
      run_doorbuster({"token", "--config", shop.config(), "--buyer", "b-1", "--region", "DE", "--segment",
                      "gold", "--channel", "app", "--campaign", "sale", "--seconds", "600"});
  CHECK(made.exit_code == 0);
  CHECK(made.err.empty());
  REQUIRE(made.out.ends_with("\n"));
  const std::string members = ",\"token\":\"" + made.out.substr(0, made.out.size() - 1) + '"';
  CHECK(shop.buy({.sku = "tv", .members = members}).status == 201);
  CHECK(told(shop.buy({.sku = "tv", .buyer = "b-2", .members = members})) == "403 not_eligible token");

  for (const auto& [arguments, exit_code] : std::vector<std::pair<std::vector<std::string>, int>>{
           {{"--config", "config/example.json"}, 78},
           {{"--config", shop.folder() + "/nothing.json"}, 78},
           {{"--config", shop.config(), "--region", "D E"}, 2},
           {{"--config", shop.config(), "--seconds", "0"}, 2},
           {{"--config", shop.config(), "--seconds", "86401"}, 2}}) {
    INFO(arguments.back());
    std::vector<std::string> all = {"token"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const ProgramResult refused = run_doorbuster(all);
    CHECK(refused.exit_code == exit_code);
    CHECK(refused.out.empty());
    CHECK_FALSE(refused.err.empty());
  }
}

TEST_CASE("no command shows a secret", "[e2e]") {
  const TempFolder folder;
  const std::string file = folder.file("shop.json");
  for (const std::string& text :
       {configuration_text(german_shop()), configuration_text(german_shop({kSecret, kSecret}))}) {
    write_file(file, text);
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
             {"check", file}, {"check", "--json", file}, {"token", "--config", file}}) {
      const ProgramResult result = run_doorbuster(command);
      CHECK((result.out + result.err).find(kSecret) == std::string::npos);
      CHECK_FALSE((result.out + result.err).empty());
    }
  }
  const ProgramResult serve = run_doorbuster({"serve", "--config", file, "--data", folder.file("data")});
  CHECK(serve.exit_code == 78);
  CHECK(serve.err.find("/server/audience_tokens/secrets/1") != std::string::npos);
  CHECK(serve.err.find(kSecret) == std::string::npos);
}

}  // namespace doorbuster
