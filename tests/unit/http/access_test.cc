// Who is let in, without a server: keys, the header, the snapshot and the routes' table.

#include "doorbuster/http/access.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "desk.h"
#include "doorbuster/http/public_handler.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

std::string key_text(char letter) {
  return std::string(kApiKeyPrefix) + std::string(kApiKeyBytes - kApiKeyPrefix.size(), letter);
}

Sha256 hash_of(const std::string& key) {
  Sha256 hash{};
  const auto hasher = ApiKeyHasher::make();
  REQUIRE(hasher);
  REQUIRE((*hasher)->hash(key, hash));
  return hash;
}

HttpRequest request_with(const std::string& authorization) {
  HttpRequest http;
  http.authorization = authorization;
  http.has_authorization = true;
  return http;
}

std::shared_ptr<const AccessTable> table_of(const std::vector<char>& letters,
                                            const AccessTable& before = {}) {
  Configuration configuration;
  for (const char letter : letters) {
    ApiKeyConfiguration& key = configuration.api_keys.emplace_back();
    key = {.id = std::string(1, letter),
           .tenant = "default",
           .scopes = ScopeSet::all(),
           .sha256 = hash_of(key_text(letter))};
  }
  return std::make_shared<const AccessTable>(configuration, Catalog(), before);
}

TEST_CASE("a key's hash is the SHA-256 of its text") {
  // FIPS 180-2, appendix B.1.
  const Sha256 abc = hash_of("abc");
  CHECK(abc[0] == 0xba);
  CHECK(abc[1] == 0x78);
  CHECK(abc[31] == 0xad);
}

TEST_CASE("a new key is no other one, and has the shape that the header takes") {
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    const auto key = make_api_key();
    REQUIRE(key);
    CHECK(bearer_key("Bearer " + *key) == *key);
    CHECK(keys.insert(*key).second);
  }
}

TEST_CASE("an Authorization header has a key, or it has none") {
  const std::string key = key_text('k');
  for (const std::string good : {"Bearer ", "bearer ", "BEARER   "}) CHECK(bearer_key(good + key) == key);
  for (const std::string& bad : std::vector<std::string>{
           std::string(), std::string("Bearer"), std::string("Bearer "), key, "Bearer" + key, "Basic " + key,
           "Bearer " + key + "x", "Bearer " + key + " ", "Bearer x " + key, "Bearer\t" + key,
           "Bearer " + key.substr(1), "Bearer dbx_" + key.substr(4),
           "Bearer " + key.substr(0, 40) + "=======", "Bearer " + key + ", Bearer " + key}) {
    INFO(bad);
    CHECK(bearer_key(bad).empty());
  }
}

TEST_CASE("Authorization that comes twice is refused before anybody looks at it") {
  const std::string line = "Authorization: Bearer " + key_text('a') + "\r\n";
  HttpRequest http;
  const auto state = [&](const std::string& headers) {
    const std::string text = request_text("GET", "/v1/campaigns", headers);
    return frame_request(text, kBodyBytesDefault, http).state;
  };
  CHECK(state(line) == Framing::State::complete);
  CHECK(http.has_authorization);
  CHECK(state(line + line) == Framing::State::refused);
  CHECK(state("") == Framing::State::complete);
  CHECK_FALSE(http.has_authorization);
}

TEST_CASE("without keys everybody may do everything, whatever they show") {
  Gatekeeper gate(open_access());
  for (const HttpRequest& http : {HttpRequest{}, request_with("Bearer nonsense")}) {
    const Caller* caller = gate.identify(http);
    REQUIRE(caller != nullptr);
    CHECK(caller->tenant == kDefaultTenant);
    CHECK(caller->scopes == ScopeSet::all());
    CHECK(caller->name == "admin");
  }
}

TEST_CASE("a key is good as long as the snapshot has it, also for who has just shown it") {
  AccessCell cell;
  cell.set(table_of({'a', 'b'}));
  Gatekeeper gate(cell);
  const std::string a = "Bearer " + key_text('a'), b = "Bearer " + key_text('b');
  for (int i = 0; i < 3; ++i) {
    REQUIRE(gate.identify(request_with(a)) != nullptr);
    CHECK(gate.identify(request_with(a))->name == "a");
    CHECK(gate.identify(request_with(b))->name == "b");
    CHECK(gate.identify(request_with("Bearer " + key_text('c'))) == nullptr);
    CHECK(gate.identify(HttpRequest{}) == nullptr);
  }
  REQUIRE(gate.identify(request_with(a)) != nullptr);
  cell.set(table_of({'b'}));
  CHECK(gate.identify(request_with(a)) == nullptr);
  CHECK(gate.identify(request_with(b))->name == "b");
}

TEST_CASE("a new snapshot keeps what a tenant has used") {
  const auto first = table_of({'a'});
  const RateLimit limit = {.requests_per_second = 1, .burst = 1};
  REQUIRE(first->tenant(kDefaultTenant).meter->rate.take(limit, 0) == 0);
  const auto second = table_of({'b'}, *first);
  CHECK(second->tenant(kDefaultTenant).meter->rate.take(limit, 0) == kNsPerSecond);
}

TEST_CASE("a share of the requests is a share of each thread's, at least one") {
  Configuration configuration;
  for (const std::uint32_t percent : {1U, 50U, 100U}) {
    configuration.tenants = {{.id = "default", .requests_share_percent = percent}};
    const AccessTable table(configuration, Catalog(), {});
    CHECK(table.tenant(kDefaultTenant).requests_max == kRequestsPerThreadMax * percent / 100);
  }
}

TEST_CASE("a path has a variable for one part, which may be empty and has no slash") {
  CHECK(match_path("/v1/buy", "/v1/buy") == "");
  CHECK_FALSE(match_path("/v1/buy", "/v1/buy/"));
  CHECK(match_path("/v1/orders/{order}", "/v1/orders/x") == "x");
  CHECK(match_path("/v1/orders/{order}", "/v1/orders/") == "");
  CHECK_FALSE(match_path("/v1/orders/{order}", "/v1/orders"));
  CHECK_FALSE(match_path("/v1/orders/{order}", "/v1/orders/x/confirm"));
  CHECK(match_path("/v1/orders/{order}/confirm", "/v1/orders/x/confirm") == "x");
  CHECK_FALSE(match_path("/v1/orders/{order}/confirm", "/v1/orders/confirm"));
}

}  // namespace
}  // namespace doorbuster
