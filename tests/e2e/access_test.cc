// Keys, scopes and tenants against a running server, over every route that there is.

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/admin/admin_handler.h"
#include "doorbuster/http/api_key.h"
#include "doorbuster/http/public_handler.h"
#include "e2e/shop.h"
#include "support/catch.h"
#include "support/event_stream.h"

namespace doorbuster {
namespace {

// Fixed, so that a run can be repeated: a key is 43 times its letter.
std::string key_text(char letter) {
  return std::string(kApiKeyPrefix) + std::string(kApiKeyBytes - kApiKeyPrefix.size(), letter);
}
std::string bearer(char letter) {
  return "Authorization: Bearer " + key_text(letter) + "\r\n";
}

struct KeySpec {
  char letter;
  std::string id, tenant;
  ScopeSet scopes = ScopeSet::all();
};
std::string keys_member(const std::vector<KeySpec>& keys) {
  const auto hasher = ApiKeyHasher::make();
  REQUIRE(hasher);
  std::string text;
  for (const KeySpec& key : keys) {
    ApiKeyConfiguration configured = {.id = key.id, .tenant = key.tenant, .scopes = key.scopes};
    REQUIRE((*hasher)->hash(key_text(key.letter), configured.sha256));
    text += (text.empty() ? "" : ",") + api_key_json(configured);
  }
  return ",\"api_keys\":[" + text + "]";
}
const std::string kTwoTenants =
    R"(,"tenants":[{"id":"acme","catalog":[{"sku":"mine","list_price":100}]},{"id":"bolt"}])";

CampaignSpec campaign_of(const std::string& tenant, const std::string& id, std::int64_t stock,
                         const std::string& rules = {}) {
  return {.id = id, .rules = rules + ",\"tenant\":\"" + tenant + "\"", .offers = {{"tv", stock}}};
}

// Both have "sale"; only one has "mine".
ShopSpec two_tenants(const std::string& tenants = kTwoTenants) {
  // Sinks that go nowhere, of each and of everybody.
  const std::string options = R"("nats":{"url":"nats://127.0.0.1:1"}})";
  const std::string sinks = R"(,"sinks":[{"id":"mine","tenant":"acme",)" + options +
                            R"(,{"id":"bolts","tenant":"bolt",)" + options + R"(,{"id":"mine-too",)" +
                            options + "]";
  return {.campaigns = {campaign_of("acme", "sale", 5), campaign_of("bolt", "sale", 7),
                        campaign_of("acme", "mine", 9, R"(,"hold_seconds":600,"waitlist":true)")},
          .server = R"(,"stock_metrics":true)",
          .more = tenants + sinks + keys_member({{'a', "acme-key", "acme"}, {'b', "bolt-key", "bolt"}})};
}

struct Listener {
  std::vector<RouteScope> routes;
  std::uint16_t port;
  HttpConnection connection;
};
std::vector<Listener> listeners(Shop& shop) {
  std::vector<Listener> both;
  both.push_back({public_routes(), shop.port(), shop.connect()});
  both.push_back({admin_routes(), shop.server().admin_port(), shop.connect_admin()});
  return both;
}

std::string name_of(const RouteScope& route) {
  return std::string(method_name(route.method)) + " " + std::string(route.path);
}
std::string path_with(std::string_view route, const std::string& part) {
  std::string path(route);
  if (path.ends_with("/stream")) return path + "?campaign=" + part;  // else it would never end
  const std::size_t at = path.find('{');
  return at == std::string::npos ? path : path.replace(at, path.find('}') - at + 1, part);
}
HttpReply ask(Listener& listener, const RouteScope& route, const std::string& part,
              const std::string& headers, const std::string& body = {}) {
  const std::string lines = headers + (body.empty() ? ""
                                                    : "Content-Type: application/json\r\nContent-Length: " +
                                                          std::to_string(body.size()) + "\r\n");
  const std::string path = path_with(route.path, part);
  HttpReply reply = listener.connection.exchange(get_request(path, lines, method_name(route.method)) + body);
  if (reply.header("Connection") == "close") listener.connection = HttpConnection(listener.port);
  return reply;
}

std::int64_t sold(const Shop& shop, char key) {
  return std::stoll(shop.connect_admin().get("/v1/admin/campaigns/sale", bearer(key)).at("/offers/0/sold"));
}

TEST_CASE("each route takes a key with its scope, and no other and nobody without") {
  ShopSpec spec = {.campaigns = {{.offers = {{"tv"}}}}};
  std::vector<KeySpec> keys;
  char letter = 'a';
  for (const auto& [name, scope] : kScopes) {
    keys.push_back({letter++, std::string(name), "default", {}});
    keys.back().scopes.add(scope);
  }
  spec.more = keys_member(keys);
  Shop shop(spec);
  for (Listener& listener : listeners(shop)) {
    for (const RouteScope& route : listener.routes) {
      INFO(name_of(route));
      const HttpReply bare = ask(listener, route, "x", "");
      const HttpReply wrong = ask(listener, route, "x", bearer('z'));
      if (route.scope == Scope::open) {
        CHECK(bare.status != 401);
        continue;
      }
      CHECK(bare.outcome() == "401 unauthorized");
      CHECK(bare.header("WWW-Authenticate") == "Bearer realm=\"doorbuster\"");
      CHECK(wrong.outcome() == "401 unauthorized");
      CHECK_THAT(wrong.header("WWW-Authenticate"), Catch::Contains("invalid_token"));
      letter = 'a';
      for (const auto& [name, scope] : kScopes) {
        INFO(name);
        const HttpReply reply = ask(listener, route, "x", bearer(letter++));
        CHECK(reply.status != 401);
        CHECK((reply.outcome() == "403 forbidden") == (scope != route.scope));
        if (scope == route.scope) continue;
        CHECK_THAT(reply.at("/detail"), Catch::Contains(std::string(scope_name(route.scope))));
      }
    }
    CHECK(listener.connection.get("/v1/nowhere").outcome() == "401 unauthorized");
    CHECK(listener.connection.get("/v1/nowhere", bearer('a')).outcome() == "404 not_found");
  }
}

// What is sent to a route to reach what another tenant has. Both the other's name and one that nobody has are
// tried, and whoever asks must not be able to tell them apart.
using Probe = std::function<std::string(const std::string& name)>;
const std::map<std::string, Probe>& probes() {
  static const Probe nothing = [](const std::string&) { return ""; };
  static const Probe empty = [](const std::string&) { return "{}"; };
  static const Probe definition = [](const std::string& name) {
    return R"({"id":")" + name + R"(","tenant":"acme","currency":"EUR","starts_at":"2020-01-01T00:00:00Z",)" +
           R"("ends_at":"2099-01-01T00:00:00Z","offers":[{"sku":"tv","stock":1,"price":1}]})";
  };
  static const std::map<std::string, Probe> all = {
      {"POST /v1/buy",
       [](const std::string& name) { return R"({"campaign":")" + name + R"(","sku":"tv","buyer":"b-1"})"; }},
      {"GET /v1/orders/{order}", nothing},
      {"POST /v1/orders/{order}/confirm", empty},
      {"POST /v1/orders/{order}/cancel", empty},
      {"POST /v1/orders/{order}/extend", [](const std::string&) { return R"({"seconds":1})"; }},
      {"POST /v1/orders/{order}/payment-failed", empty},
      {"POST /v1/orders/{order}/return", empty},
      {"GET /v1/waitlist/{order}", nothing},
      {"DELETE /v1/waitlist/{order}", nothing},
      {"GET /v1/campaigns", nothing},
      {"GET /v1/campaigns/{campaign}", nothing},
      {"GET /v1/stream", nothing},
      {"GET /v1/admin/campaigns", nothing},
      {"POST /v1/admin/campaigns", definition},
      {"GET /v1/admin/campaigns/{campaign}", nothing},
      {"PUT /v1/admin/campaigns/{campaign}", definition},
      {"PATCH /v1/admin/campaigns/{campaign}", [](const std::string&) { return R"({"name":"x"})"; }},
      {"DELETE /v1/admin/campaigns/{campaign}", nothing},
      {"GET /v1/admin/campaigns/{campaign}/definition", nothing},
      {"GET /v1/admin/campaigns/{campaign}/occurrences", nothing},
      {"POST /v1/admin/campaigns/{campaign}/pause", empty},
      {"POST /v1/admin/campaigns/{campaign}/resume", empty},
      {"POST /v1/admin/campaigns/{campaign}/end", empty},
      {"POST /v1/admin/campaigns/{campaign}/extend",
       [](const std::string&) { return R"({"ends_at":"2099-12-31T23:59:59.5Z"})"; }},
      {"POST /v1/admin/campaigns/{campaign}/arm", empty},
      {"GET /v1/admin/catalog", nothing},
      {"GET /v1/admin/catalog/{sku}", nothing},
      {"GET /v1/admin/alerts", nothing},
      {"GET /v1/admin/stream", nothing},
      {"POST /v1/admin/campaigns/{campaign}/stock",
       [](const std::string&) { return R"({"sku":"tv","delta":1})"; }},
      {"GET /v1/admin/audit", nothing},
      {"GET /v1/admin/feed", nothing},
      {"GET /v1/admin/feed/stream", nothing},
      {"GET /v1/admin/sinks", nothing},
      {"GET /v1/admin/sinks/{sink}", nothing},
      {"POST /v1/admin/sinks/{sink}/pause", empty},
      {"POST /v1/admin/sinks/{sink}/resume", empty},
  };
  return all;
}

TEST_CASE("two tenants with the same names for everything never meet, on any route") {
  Shop shop(two_tenants());
  const BuySpec spec = {.sku = "tv", .buyer = "b-1", .key = "same-key"};
  const auto buy = [&](char key, BuySpec wanted, const std::string& campaign = "sale") {
    wanted.campaign = campaign;
    wanted.headers = bearer(key);
    return shop.buy(wanted);
  };
  const HttpReply acme = buy('a', spec), bolt = buy('b', spec);
  REQUIRE((acme.status == 201 && bolt.status == 201));
  CHECK((acme.at("/order") != bolt.at("/order") && bolt.header("Idempotent-Replayed") == "<none>"));
  CHECK(buy('a', spec).at("/order") == acme.at("/order"));
  const HttpReply held = buy('a', {.sku = "tv", .quantity = 9}, "mine");
  REQUIRE(held.at("/status") == "held");
  const HttpReply place = buy('a', {.sku = "tv", .buyer = "b-2", .members = R"(,"wait":true)"}, "mine");
  REQUIRE(place.status == 202);

  std::string nobodys = held.at("/order");
  nobodys.back() = nobodys.back() == 'A' ? 'B' : 'A';
  std::size_t tried = 0;
  for (Listener& listener : listeners(shop)) {
    for (const RouteScope& route : listener.routes) {
      if (route.scope == Scope::open) continue;
      INFO(name_of(route));
      const auto probe = probes().find(name_of(route));
      REQUIRE(probe != probes().end());
      const bool is_order = route.path.find("{order}") != std::string_view::npos;
      const bool is_place = route.path.find("/waitlist/") != std::string_view::npos;
      const std::string ticket = place.at(place.at("/ticket") != "<missing>" ? "/ticket" : "/order");
      const std::string theirs = is_place ? ticket : is_order ? held.at("/order") : "mine";
      const auto told = [&](const std::string& name) {
        const HttpReply reply =
            ask(listener, route, name, bearer('b') + "If-Match: *\r\n", probe->second(name));
        return std::pair(reply.outcome(), reply.body);
      };
      const auto foreign = told(theirs), unknown = told(is_order ? nobodys : "none");
      CHECK(foreign.first == unknown.first);
      if (route.path.find('{') == std::string_view::npos && route.method == Method::get) {  // a list
        CHECK_THAT(foreign.second, !Catch::Contains("mine") && !Catch::Contains("acme"));
      } else {
        CHECK((foreign.second == unknown.second && std::stoi(foreign.first) >= 400));
      }
      ++tried;
    }
  }
  CHECK(tried == probes().size());

  CHECK(shop.connect().get("/v1/orders/" + held.at("/order"), bearer('a')).at("/status") == "held");
  CHECK((sold(shop, 'a') == 1 && sold(shop, 'b') == 1));
  for (int i = 0; i < 10; ++i) {
    buy('a', {.sku = "tv", .buyer = "x"});
    buy('b', {.sku = "tv", .buyer = "x"});
  }
  CHECK(sold(shop, 'a') == 5);
  CHECK(sold(shop, 'b') == 7);
}

TEST_CASE("streams and alerts show the own tenant's sales and nobody else's") {
  Shop shop(two_tenants());
  HttpConnection buyers = shop.connect(), operators = shop.connect_admin();
  buyers.send(get_request("/v1/stream", bearer('b')));
  operators.send(get_request("/v1/admin/stream", bearer('b')));
  StreamClient open(buyers.descriptor()), inner(operators.descriptor());
  for (StreamClient* stream : {&open, &inner}) {
    stream->read_head();
    stream->next("snapshot");
  }
  REQUIRE(shop.buy({.sku = "tv", .quantity = 5, .headers = bearer('a')}).status == 201);
  REQUIRE(shop.buy({.sku = "tv", .quantity = 7, .headers = bearer('b')}).status == 201);
  const auto times = [](const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
  };
  for (StreamClient* stream : {&open, &inner}) {
    // Acme's sale came first, so it would be here by the time that bolt's own is followed by a tick.
    stream->next_with("offers", "sold_out");
    if (stream == &inner) stream->next_with("alert", "sold_out");
    stream->next("tick");
    CHECK(times(stream->reader().text(), R"("availability":"sold_out")") == 1);
    CHECK(times(stream->reader().text(), "mine") == 0);
  }
  CHECK(times(inner.reader().text(), R"("kind":"sold_out")") == 1);
  const auto alerts_of = [&shop](char key) {
    return shop.connect_admin().get("/v1/admin/alerts", bearer(key)).body;
  };
  CHECK(times(alerts_of('a'), "mine") > 0);
  CHECK(times(alerts_of('b'), "sold_out") > 0);
  CHECK(times(alerts_of('b'), "mine") == 0);
}

TEST_CASE("metrics name a tenant's things for the tenant's operator alone") {
  Shop shop(two_tenants());
  const std::string bare = shop.connect_admin().get("/metrics").body;
  const std::string bolt = shop.connect_admin().get("/metrics", bearer('b')).body;
  CHECK(sample(bare, "doorbuster_ready") == 1);
  CHECK_THAT(bare, !Catch::Contains("campaign=\"") && !Catch::Contains("tenant=\""));
  CHECK(sample(bolt, R"(doorbuster_stock_units{campaign="sale",sku="tv",state="allocated"})") == 7);
  CHECK(sample(bolt, R"(doorbuster_sink_up{sink="bolts"})") == 0);
  CHECK_THAT(bare, !Catch::Contains("sink=\""));
  CHECK_THAT(bolt, !Catch::Contains("mine") && !Catch::Contains("acme"));
  CHECK(shop.connect_admin().get("/metrics", bearer('z')).status == 401);
}

TEST_CASE("who asks too much is refused, and the other tenant is not") {
  Shop shop(two_tenants(
      R"(,"tenants":[{"id":"acme","rate_limit":{"requests_per_second":1,"burst":5}},{"id":"bolt"}])"));
  HttpConnection noisy = shop.connect(), calm = shop.connect();
  int limited = 0, answered = 0;
  for (int i = 0; i < 100; ++i) {
    const HttpReply reply = noisy.get("/v1/campaigns", bearer('a'));
    if (reply.status == 200) ++answered;
    if (reply.outcome() == "429 rate_limited") {
      ++limited;
      CHECK(reply.header("Retry-After") == "1");
    }
    if (i >= 7) continue;
    const BuySpec spec = {.sku = "tv", .headers = bearer('b')};
    CHECK(calm.exchange(buy_request(spec)).status == 201);
  }
  CHECK(answered >= 5);
  CHECK(answered < 50);
  CHECK(limited == 100 - answered);
  const std::string metrics = shop.connect_admin().get("/metrics", bearer('a')).body;
  CHECK(sample(metrics, R"(doorbuster_tenant_requests_limited_total{tenant="acme",limit="rate"})") ==
        limited);
}

TEST_CASE("a reload revokes a key at once, and a tenant that left takes its campaigns along") {
  Shop shop(two_tenants());
  HttpConnection acme = shop.connect(), bolt = shop.connect();
  REQUIRE(acme.get("/v1/campaigns/mine", bearer('a')).status == 200);
  REQUIRE(bolt.get("/v1/campaigns/sale", bearer('b')).status == 200);

  ShopSpec revoked = two_tenants();
  revoked.more = kTwoTenants + keys_member({{'b', "bolt-key", "bolt"}, {'c', "new-key", "acme"}});
  REQUIRE(shop.reload(revoked));
  CHECK(acme.get("/v1/campaigns/mine", bearer('a')).outcome() == "401 unauthorized");
  CHECK(acme.get("/v1/campaigns/mine", bearer('c')).status == 200);
  CHECK(bolt.get("/v1/campaigns/sale", bearer('b')).status == 200);

  ShopSpec wrong = two_tenants();
  wrong.more += R"(,"api_keys":[])";
  CHECK_FALSE(shop.reload(wrong));
  CHECK(acme.get("/v1/campaigns/mine", bearer('c')).status == 200);

  ShopSpec left = {.campaigns = {campaign_of("bolt", "sale", 7)},
                   .more = R"(,"tenants":[{"id":"bolt"}])" + keys_member({{'b', "bolt-key", "bolt"}})};
  REQUIRE(shop.reload(left));
  CHECK(acme.get("/v1/campaigns/mine", bearer('c')).outcome() == "401 unauthorized");
  REQUIRE(shop.reload(two_tenants()));
  CHECK(acme.get("/v1/campaigns/mine", bearer('a')).status == 200);
}

TEST_CASE("tenants and their orders are there after a restart, each in its own") {
  Shop shop(two_tenants());
  const BuySpec spec = {.sku = "tv", .key = "k", .headers = bearer('b')};
  const HttpReply first = shop.buy(spec);
  REQUIRE(first.status == 201);
  REQUIRE(shop.stop().exit_code == 0);
  shop.start();
  const HttpReply again = shop.buy(spec);
  CHECK(again.at("/order") == first.at("/order"));
  CHECK(again.header("Idempotent-Replayed") == "true");
  CHECK(shop.connect().get("/v1/orders/" + first.at("/order"), bearer('a')).outcome() ==
        "404 order_not_found");
  CHECK(sold(shop, 'a') == 0);
}

TEST_CASE("the audit trail says which key it was, and only of the own tenant") {
  Shop shop(two_tenants());
  const std::string pause = "/v1/admin/campaigns/sale/pause";
  REQUIRE(shop.connect_admin().exchange(post_request(pause, "{}", bearer('b'))).status == 200);
  const HttpReply bolt = shop.connect_admin().get("/v1/admin/audit?action=pause", bearer('b'));
  CHECK(bolt.at("/changes/0/author") == "bolt-key");
  const HttpReply acme = shop.connect_admin().get("/v1/admin/audit?action=pause", bearer('a'));
  CHECK(acme.at("/changes") == "[]");
  CHECK(shop.connect().get("/v1/campaigns/sale", bearer('a')).at("/state") == "active");
}

TEST_CASE("without keys a server listens on this machine only, and says what to do") {
  TempFolder folder;
  const std::string config = folder.file("open.json");
  for (const std::string address : {"listen", "admin"}) {
    write_file(config, R"({"server":{")" + address + R"(":"0.0.0.0:0"},"campaigns":[]})");
    const ProgramResult refused =
        run_doorbuster({"serve", "--config", config, "--data", folder.file("data")});
    CHECK(refused.exit_code == 78);
    CHECK_THAT(refused.err, Catch::Contains("api_keys") && Catch::Contains("doorbuster key"));
    const ProgramResult checked = run_doorbuster({"check", config});
    CHECK(checked.exit_code == 0);
    CHECK_THAT(checked.out, Catch::Contains("warning: ") && Catch::Contains("0.0.0.0:0"));
  }
  const ProgramResult key =
      run_doorbuster({"key", "--tenant", "acme", "--scopes", "buy,read", "--id", "web"});
  CHECK(key.exit_code == 0);
  CHECK(key.out.starts_with(kApiKeyPrefix));
  const std::string json = key.out.substr(key.out.find('\n') + 1);
  const auto hasher = ApiKeyHasher::make();
  ApiKeyConfiguration expected = {.id = "web", .tenant = "acme", .scopes = {}};
  expected.scopes.add(Scope::buy);
  expected.scopes.add(Scope::read);
  REQUIRE((*hasher)->hash(key.out.substr(0, key.out.find('\n')), expected.sha256));
  CHECK(json == api_key_json(expected) + "\n");
}

}  // namespace
}  // namespace doorbuster
