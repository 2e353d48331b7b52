// "tenants" and "api_keys" of a configuration.

#include <string>
#include <vector>

#include "doorbuster/catalog/configuration.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

const std::string kHashA(64, 'a'), kHashB(64, 'B');

std::string key(const std::string& id, const std::string& members, const std::string& hash = kHashA) {
  return R"({"id":")" + id + R"(",)" + members + R"("scopes":["buy"],"sha256":")" + hash + R"("})";
}
std::string campaign(const std::string& id, const std::string& members) {
  return R"({"id":")" + id + R"(","currency":"EUR","starts_at":"2026-01-01T00:00:00Z",)" + members +
         R"("ends_at":"2026-01-02T00:00:00Z","offers":[{"sku":"x","stock":1,"price":1}]})";
}
std::string file(const std::string& tenants, const std::string& keys, const std::string& campaigns = "") {
  return R"({"tenants":[)" + tenants + R"(],"api_keys":[)" + keys + R"(],"campaigns":[)" + campaigns + "]}";
}

TEST_CASE("keys and tenants are read with what they leave out") {
  const auto parsed = parse_configuration(
      file(R"({"id":"acme","rate_limit":{"requests_per_second":5000,"burst":500},)"
           R"("requests_share_percent":50,"audience_tokens":{"secrets":["0123456789abcdef"]}},{"id":"bolt"})",
           R"({"id":"web","tenant":"acme","scopes":["read","buy"],"sha256":")" + kHashB + R"("},)" +
               key("ops", ""),
           campaign("sale", R"("tenant":"acme",)") + "," + campaign("sale", R"("tenant":"bolt",)") + "," +
               campaign("sale", "")));
  REQUIRE(parsed.configuration);
  const Configuration& read = *parsed.configuration;
  REQUIRE(read.tenants.size() == 2);
  CHECK(read.tenants[0].rate_limit == RateLimit{.requests_per_second = 5000, .burst = 500});
  CHECK(read.tenants[0].requests_share_percent == 50);
  CHECK(read.tenants[0].audience_tokens.secrets.size() == 1);
  CHECK_FALSE(read.tenants[1].rate_limit);
  CHECK(read.tenants[1].requests_share_percent == 100);
  REQUIRE(read.api_keys.size() == 2);
  CHECK(read.api_keys[0].tenant == "acme");
  CHECK(read.api_keys[0].scopes.has(Scope::read));
  CHECK_FALSE(read.api_keys[0].scopes.has(Scope::operate));
  CHECK(read.api_keys[0].sha256[31] == 0xbb);
  CHECK(read.api_keys[1].tenant == "default");
  CHECK(read.campaigns[1].tenant == "bolt");
  CHECK(read.campaigns[2].tenant == "default");
}

TEST_CASE("what is wrong with keys and tenants is told at its place") {
  struct Wrong {
    std::string text, pointer, message;
  };
  for (const Wrong& wrong : std::vector<Wrong>{
           {file(R"({"id":"a"},{"id":"a"})", ""), "/tenants/1/id", "already"},
           {file(R"({"id":"a","rate_limit":{"requests_per_second":0,"burst":1}})", ""),
            "/tenants/0/rate_limit/requests_per_second", "1 to 1000000"},
           {file(R"({"id":"a","rate_limit":{"burst":1}})", ""), "/tenants/0/rate_limit", "is missing"},
           {file(R"({"id":"a","requests_share_percent":101})", ""), "/tenants/0/requests_share_percent",
            "1 to 100"},
           {file(R"({"id":"default","audience_tokens":{"secrets":["0123456789abcdef"]}})", ""),
            "/tenants/0/audience_tokens", "server"},
           {file("", key("k", R"("tenant":"nobody",)")), "/api_keys/0/tenant", "no tenant"},
           {file("", key("k", "") + "," + key("k", "", kHashB)), "/api_keys/1/id", "already"},
           {file("", key("k", "") + "," + key("l", "")), "/api_keys/1/sha256", "\"k\" already"},
           {file("", key("k", "", "dbk_secret")), "/api_keys/0/sha256", "64 hex digits"},
           {file("", R"({"id":"k","scopes":["buy","sell"],"sha256":")" + kHashA + "\"}"),
            "/api_keys/0/scopes/1", "operate"},
           {file("", R"({"id":"k","scopes":["buy","buy"],"sha256":")" + kHashA + "\"}"),
            "/api_keys/0/scopes/1", "twice"},
           {file("", R"({"id":"k","scopes":[],"sha256":")" + kHashA + "\"}"), "/api_keys/0/scopes",
            "at least 1"},
           {file("", key("k", ""), campaign("s", R"("tenant":"nobody",)")), "/campaigns/0/tenant",
            "no tenant"},
           {file(R"({"id":"a"})", "", campaign("s", R"("tenant":"a",)")), "/campaigns/0/tenant",
            "without \"api_keys\""},
           {file(R"({"id":"a"})", key("k", ""),
                 campaign("s", R"("tenant":"a",)") + "," + campaign("s", R"("tenant":"a",)")),
            "/campaigns/1/id", "already"}}) {
    INFO(wrong.text);
    const ParsedConfiguration parsed = parse_configuration(wrong.text);
    REQUIRE(parsed.diagnostics.size() == 1);
    CHECK(parsed.diagnostics[0].pointer == wrong.pointer);
    CHECK_THAT(parsed.diagnostics[0].message,
               Catch::Contains(wrong.message) && !Catch::Contains("dbk_secret"));
  }
}

TEST_CASE("without keys only this machine may reach a server") {
  const std::vector<ApiKeyConfiguration> keys(1);
  for (const std::string address : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"}) {
    CHECK(exposed_without_keys(address, address, {}).empty());
  }
  for (const std::string address : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "shop.example:1"}) {
    INFO(address);
    CHECK_THAT(exposed_without_keys(address, "127.0.0.1:1", {}), Catch::StartsWith(address));
    CHECK_THAT(exposed_without_keys("127.0.0.1:1", address, {}), Catch::StartsWith(address));
    CHECK(exposed_without_keys(address, address, keys).empty());
  }
}

}  // namespace
}  // namespace doorbuster
