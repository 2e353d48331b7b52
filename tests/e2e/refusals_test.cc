// Every refusal of the contract that can be reached, and the form that all of them have.

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

ShopSpec all_kinds() {
  return {.campaigns = {
              {.limit_per_buyer = 2, .offers = {{.sku = "tv", .stock = 5}, {.sku = "none", .stock = 0}}},
              {.id = "over",
               .starts_at = "2020-01-01T00:00:00Z",
               .ends_at = "2020-01-02T00:00:00Z",
               .offers = {{.sku = "tv"}}},
              {.id = "soon",
               .starts_at = "2099-01-01T00:00:00Z",
               .ends_at = "2099-01-02T00:00:00Z",
               .offers = {{.sku = "tv"}}},
          }};
}

struct RefusalCase {
  const char* name;
  std::string request;
  const char* outcome;
};

std::string body_request(const std::string& body) {
  return post_request("/v1/buy", body);
}

// A body with one member more than a good buy.
std::string with_member(const std::string& member) {
  return body_request(R"({"campaign":"sale","sku":"tv","buyer":"b",)" + member + "}");
}

const std::string kGoodBody = R"({"campaign":"sale","sku":"tv","buyer":"b"})";
const std::string kLong64(64, 'x');
const std::string kLong65(65, 'x');

std::vector<RefusalCase> malformed_cases() {
  return {
      {"empty body", body_request(""), "400 malformed_request"},
      {"no JSON", body_request("buy!"), "400 malformed_request"},
      {"an array", body_request("[" + kGoodBody + "]"), "400 malformed_request"},
      {"cut short", body_request(kGoodBody.substr(0, kGoodBody.size() - 1)), "400 malformed_request"},
      {"something behind the object", body_request(kGoodBody + "x"), "400 malformed_request"},
      {"two objects", body_request(kGoodBody + kGoodBody), "400 malformed_request"},
      {"trailing comma", body_request(R"({"campaign":"sale","sku":"tv","buyer":"b",})"),
       "400 malformed_request"},
      {"unknown member", with_member(R"("colour":"red")"), "400 malformed_request"},
      {"unknown member with bad JSON in it", with_member(R"("colour":tru)"), "400 malformed_request"},
      {"duplicate member", with_member(R"("sku":"tv")"), "400 malformed_request"},
      {"duplicate member, written with an escape", with_member(R"("s\u006bu":"tv")"),
       "400 malformed_request"},
      {"no buyer", body_request(R"({"campaign":"sale","sku":"tv"})"), "400 malformed_request"},
      {"no SKU", body_request(R"({"campaign":"sale","buyer":"b"})"), "400 malformed_request"},
      {"no campaign", body_request(R"({"sku":"tv","buyer":"b"})"), "400 malformed_request"},
      {"quantity with a fraction", with_member(R"("quantity":1.0)"), "400 malformed_request"},
      {"quantity with an exponent", with_member(R"("quantity":1e0)"), "400 malformed_request"},
      {"quantity as text", with_member(R"("quantity":"1")"), "400 malformed_request"},
      {"quantity null", with_member(R"("quantity":null)"), "400 malformed_request"},
      {"price with a fraction", with_member(R"("expected_price":999.5)"), "400 malformed_request"},
      {"buyer as a number", body_request(R"({"campaign":"sale","sku":"tv","buyer":7})"),
       "400 malformed_request"},
      {"not UTF-8", body_request("{\"campaign\":\"sale\",\"sku\":\"tv\",\"buyer\":\"\xff\"}"),
       "400 malformed_request"},
      {"empty key", post_request("/v1/buy", kGoodBody, "Idempotency-Key: \r\n"), "400 malformed_request"},
      {"empty quoted key", post_request("/v1/buy", kGoodBody, "Idempotency-Key: \"\"\r\n"),
       "400 malformed_request"},
      {"half-quoted key", post_request("/v1/buy", kGoodBody, "Idempotency-Key: \"k\r\n"),
       "400 malformed_request"},
      {"key of 256", post_request("/v1/buy", kGoodBody, "Idempotency-Key: " + std::string(256, 'k') + "\r\n"),
       "400 malformed_request"},
      {"key not ASCII", post_request("/v1/buy", kGoodBody, "Idempotency-Key: k\xc3\xa4\r\n"),
       "400 malformed_request"},
  };
}

std::vector<RefusalCase> range_cases() {
  return {
      {"quantity 0", with_member(R"("quantity":0)"), "422 validation_failed"},
      {"quantity -1", with_member(R"("quantity":-1)"), "422 validation_failed"},
      {"quantity 1001", with_member(R"("quantity":1001)"), "422 validation_failed"},
      {"quantity above 64 bits signed", with_member(R"("quantity":9223372036854775808)"),
       "422 validation_failed"},
      {"price -1", with_member(R"("expected_price":-1)"), "422 validation_failed"},
      {"buyer empty", body_request(R"({"campaign":"sale","sku":"tv","buyer":""})"), "422 validation_failed"},
      {"buyer with a space", body_request(R"({"campaign":"sale","sku":"tv","buyer":"a b"})"),
       "422 validation_failed"},
      {"buyer of 65", body_request(R"({"campaign":"sale","sku":"tv","buyer":")" + kLong65 + "\"}"),
       "422 validation_failed"},
      {"campaign of 65", body_request(R"({"campaign":")" + kLong65 + R"(","sku":"tv","buyer":"b"})"),
       "422 validation_failed"},
      {"channel with a slash", with_member(R"("channel":"a/b")"), "422 validation_failed"},
      {"region empty", with_member(R"("region":"")"), "422 validation_failed"},
      {"segment of 65", with_member("\"segment\":\"" + kLong65 + "\""), "422 validation_failed"},
      {"reference of 65", with_member("\"reference\":\"" + kLong65 + "\""), "422 validation_failed"},
  };
}

std::vector<RefusalCase> rule_cases() {
  return {
      {"another campaign", buy_request({.sku = "tv", .campaign = "nowhere"}), "404 campaign_not_found"},
      {"campaign of 64", buy_request({.sku = "tv", .campaign = kLong64}), "404 campaign_not_found"},
      {"another SKU", buy_request({.sku = "nothing"}), "404 sku_not_found"},
      {"an ended campaign", buy_request({.sku = "tv", .campaign = "over"}), "410 campaign_ended"},
      {"an ended campaign, with a key", buy_request({.sku = "tv", .key = "k", .campaign = "over"}),
       "410 campaign_ended"},
      {"above the limit", buy_request({.sku = "tv", .quantity = 3}), "409 limit_reached"},
      {"nothing to sell", buy_request({.sku = "none"}), "409 sold_out"},
      {"nothing to sell, with a key", buy_request({.sku = "none", .key = "k"}), "409 sold_out"},
      {"too low a price", buy_request({.sku = "tv", .expected_price = 999}), "409 price_changed"},
      {"unknown order", get_request("/v1/orders/00000000000000000000000000"), "404 order_not_found"},
      {"order that is no id", get_request("/v1/orders/x"), "404 order_not_found"},
      {"empty order", get_request("/v1/orders/"), "404 order_not_found"},
      {"campaign view", get_request("/v1/campaigns/nowhere"), "404 campaign_not_found"},
  };
}

std::vector<RefusalCase> http_cases() {
  const std::string length = "Content-Length: " + std::to_string(kGoodBody.size()) + "\r\n";
  const std::string post = "POST /v1/buy HTTP/1.1\r\nHost: shop\r\n";
  return {
      {"another path", get_request("/"), "404 not_found"},
      {"a longer path", post_request("/v1/buy/", kGoodBody), "404 not_found"},
      {"another case", post_request("/v1/Buy", kGoodBody), "404 not_found"},
      {"admin's path on the public listener", get_request("/metrics"), "404 not_found"},
      {"GET to buy", get_request("/v1/buy"), "405 method_not_allowed"},
      {"DELETE an order", get_request("/v1/orders/x", "", "DELETE"), "405 method_not_allowed"},
      {"POST to campaigns", post_request("/v1/campaigns", "{}"), "405 method_not_allowed"},
      {"an unheard-of method", get_request("/v1/campaigns", "", "FROBNICATE"), "405 method_not_allowed"},
      {"no length", post + "Content-Type: application/json\r\n\r\n", "411 length_required"},
      {"no media type", post + length + "\r\n" + kGoodBody, "415 unsupported_media_type"},
      {"a form", post + "Content-Type: application/x-www-form-urlencoded\r\n" + length + "\r\n" + kGoodBody,
       "415 unsupported_media_type"},
      {"another JSON", post + "Content-Type: application/problem+json\r\n" + length + "\r\n" + kGoodBody,
       "415 unsupported_media_type"},
      {"a list of media types",
       post + "Content-Type: text/html, application/json\r\n" + length + "\r\n" + kGoodBody,
       "415 unsupported_media_type"},
  };
}

void check_problem(const HttpReply& reply, const std::string& outcome) {
  CHECK(reply.outcome() == outcome);
  CHECK(reply.header("Content-Type") == "application/problem+json");
  CHECK(reply.members().starts_with("type title status detail code"));
  CHECK(reply.at("/status") == std::to_string(reply.status));
  CHECK(reply.at("/type").starts_with("/problems/"));
  CHECK_FALSE(reply.at("/title").empty());
  CHECK_FALSE(reply.at("/detail").empty());
}

void check_all(Shop& shop, const std::vector<RefusalCase>& cases) {
  // On one connection: after a refusal that leaves no doubt about framing, the next request is welcome.
  HttpConnection client = shop.connect();
  for (const RefusalCase& refusal : cases) {
    INFO(refusal.name);
    check_problem(client.exchange(refusal.request), refusal.outcome);
  }
  CHECK(client.get("/v1/campaigns").status == 200);
}

}  // namespace

TEST_CASE("every refusal is the problem that the contract names, and leaves the connection usable", "[e2e]") {
  Shop shop(all_kinds());
  check_all(shop, malformed_cases());
  check_all(shop, range_cases());
  check_all(shop, rule_cases());
  check_all(shop, http_cases());
  const StockView stock = shop.stock("tv");
  CHECK(stock.sold == 0);
  CHECK(stock.available == 5);
}

TEST_CASE("values at their bounds are taken", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = kLong64, .stock = 3000}}}}});
  CHECK(shop.buy({.sku = kLong64,
                  .buyer = kLong64,
                  .quantity = 1000,
                  .key = std::string(255, 'k'),
                  .reference = kLong64})
            .status == 201);
  CHECK(shop.buy({.sku = kLong64, .buyer = "A.z_0:9@-", .expected_price = 1'000'000'000'000}).status == 201);
  CHECK(shop.buy({.sku = kLong64, .quantity = 1}).status == 201);
}

TEST_CASE("a refusal says what a client needs to go on", "[e2e]") {
  Shop shop(all_kinds());
  const HttpReply soon = shop.buy({.sku = "tv", .campaign = "soon"});
  check_problem(soon, "409 campaign_not_started");
  CHECK(soon.at("/starts_at") == "2099-01-01T00:00:00Z");
  CHECK(std::stoll(soon.header("Retry-After")) > 3600LL * 24 * 365);
  const HttpReply soon_with_key = shop.buy({.sku = "tv", .key = "k", .campaign = "soon"});
  check_problem(soon_with_key, "409 campaign_not_started");
  CHECK(soon_with_key.at("/starts_at") == "2099-01-01T00:00:00Z");
  CHECK(std::stoll(soon_with_key.header("Retry-After")) > 3600LL * 24 * 365);

  CHECK(shop.buy({.sku = "tv", .expected_price = 1}).at("/price") == "1000");
  CHECK(shop.buy({.sku = "tv", .key = "k", .expected_price = 1}).at("/price") == "1000");

  HttpConnection client = shop.connect();
  CHECK(client.get("/v1/buy").header("Allow") == "POST");
  CHECK(client.exchange(post_request("/v1/campaigns/sale", "{}")).header("Allow") == "GET, HEAD");
  CHECK(shop.connect_admin().exchange(post_request("/metrics", "{}")).header("Allow") == "GET, HEAD");
  check_problem(shop.admin("/nothing"), "404 not_found");
  check_problem(shop.admin("/v1/buy"), "404 not_found");
  check_problem(shop.admin("/v1/admin/campaigns/nowhere"), "404 campaign_not_found");
}

TEST_CASE("a problem's type is a page that says what it means", "[e2e]") {
  Shop shop(all_kinds());
  const HttpReply reply = shop.buy({.sku = "none"});
  const HttpReply page = shop.get(reply.at("/type"));
  CHECK(page.status == 200);
  CHECK(page.body.find("sold_out") != std::string::npos);
  CHECK(shop.get("/problems/no-such-thing").outcome() == "404 not_found");
}

}  // namespace doorbuster
