// What is refused about orders and places, and the limits that count a person by every name.

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

ShopSpec holding_shop() {
  return {.campaigns = {{.rules = R"(,"hold_seconds":3600,"waitlist":true)", .offers = {{.sku = "tv"}}}}};
}

struct OrderRefusal {
  std::string name, request, outcome, allow = "<none>";
};

std::vector<OrderRefusal> order_refusals(const std::string& order) {
  const std::string path = "/v1/orders/" + order, place = "/v1/waitlist/" + order;
  const auto confirm = [&path](const std::string& body) { return post_request(path + "/confirm", body); };
  const auto raw = [&path](const std::string& headers, const std::string& body = {}) {
    return "POST " + path + "/confirm HTTP/1.1\r\nHost: shop\r\n" + headers + "\r\n" + body;
  };
  const std::string malformed = "400 malformed_request", range = "422 validation_failed";
  return {
      {"no JSON", confirm("now!"), malformed},
      {"an array", confirm("[]"), malformed},
      {"two objects", confirm("{}{}"), malformed},
      {"unknown member", confirm(R"({"qty":1})"), malformed},
      {"another action's member", confirm(R"({"seconds":1})"), malformed},
      {"duplicate member", confirm(R"({"quantity":1,"quantity":1})"), malformed},
      {"quantity as text", confirm(R"({"quantity":"1"})"), malformed},
      {"quantity 0", confirm(R"({"quantity":0})"), range},
      {"quantity 1001", confirm(R"({"quantity":1001})"), range},
      {"more than the hold", confirm(R"({"quantity":2})"), range},
      {"empty payment", confirm(R"({"payment_reference":""})"), range},
      {"payment of 65", confirm("{\"payment_reference\":\"" + std::string(65, 'p') + "\"}"), range},
      {"seconds 86401", post_request(path + "/extend", R"({"seconds":86401})"), range},
      {"restock as a number", post_request(path + "/return", R"({"restock":1})"), malformed},
      {"a return's broken key", post_request(path + "/return", "{}", "Idempotency-Key: \"\r\n"), malformed},
      {"a return of what is held", post_request(path + "/return", "{}"), "409 order_not_held"},
      {"a member for cancel", post_request(path + "/cancel", R"({"quantity":1})"), malformed},
      {"a body without its type", raw("Content-Length: 2\r\n", "{}"), "415 unsupported_media_type"},
      {"a form", raw("Content-Type: text/plain\r\nContent-Length: 2\r\n", "{}"),
       "415 unsupported_media_type"},
      {"another order", post_request("/v1/orders/00000000000000000000000000/confirm", "{}"),
       "404 order_not_found"},
      {"no order", post_request("/v1/orders//confirm", "{}"), "404 order_not_found"},
      {"another place", get_request("/v1/waitlist/00000000000000000000000000", {}, "DELETE"),
       "404 order_not_found"},
      {"another action", post_request(path + "/refund", "{}"), "404 not_found"},
      {"a longer path", post_request(path + "/confirm/now", "{}"), "404 not_found"},
      {"GET an action", get_request(path + "/confirm"), "405 method_not_allowed", "POST"},
      {"PUT an action", get_request(path + "/cancel", {}, "PUT"), "405 method_not_allowed", "POST"},
      {"POST an order", post_request(path, "{}"), "405 method_not_allowed", "GET, HEAD"},
      {"POST a place", post_request(place, "{}"), "405 method_not_allowed", "GET, HEAD, DELETE"},
  };
}

}  // namespace

TEST_CASE("every refusal about an order leaves the order and the connection as they were", "[e2e]") {
  Shop shop(holding_shop());
  const std::string order = shop.buy({.sku = "tv"}).at("/order");
  const std::string before = shop.get("/v1/orders/" + order).body;
  HttpConnection client = shop.connect();
  for (const OrderRefusal& refusal : order_refusals(order)) {
    INFO(refusal.name);
    const HttpReply reply = client.exchange(refusal.request);
    CHECK(reply.outcome() == refusal.outcome);
    CHECK(reply.header("Content-Type") == "application/problem+json");
    CHECK(reply.header("Allow") == refusal.allow);
    CHECK(reply.at("/type").starts_with("/problems/"));
  }
  CHECK(client.get("/v1/orders/" + order).body == before);
  // With no body, an empty one, and any Content-Type of an empty one.
  for (const char* headers : {"", "Content-Length: 0\r\n", "Content-Type: text/plain\r\n"})
    CHECK(client.exchange(get_request("/v1/orders/" + order + "/extend", headers, "POST")).status == 200);
  const HttpReply chunked = client.exchange(
      "POST /v1/orders/" + order + "/confirm HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(chunked.outcome() == "411 length_required");
}

TEST_CASE("identities and waiting are refused where they are not what they must be", "[e2e]") {
  Shop shop(holding_shop());
  HttpConnection client = shop.connect();
  const auto outcome = [&client](const std::string& member) {
    return client.exchange(buy_request({.sku = "tv", .members = "," + member})).outcome();
  };
  CHECK(outcome(R"("identities":[])") == "422 validation_failed");
  CHECK(outcome(R"("identities":["a","a"])") == "422 validation_failed");
  CHECK(outcome(R"("identities":["1","2","3","4","5"])") == "422 validation_failed");
  CHECK(outcome(R"("identities":["a b"])") == "422 validation_failed");
  CHECK(outcome("\"identities\":[\"" + std::string(129, 'x') + "\"]") == "422 validation_failed");
  CHECK(outcome(R"("identities":"a")") == "400 malformed_request");
  CHECK(outcome(R"("identities":[1])") == "400 malformed_request");
  CHECK(outcome(R"("wait":1)") == "400 malformed_request");
  CHECK(outcome("\"identities\":[\"" + std::string(128, 'x') + "\",\"2\",\"3\",\"4\"],\"wait\":false") ==
        "201");
}

TEST_CASE("a person is counted by every name, whoever comes with it", "[e2e]") {
  Shop shop(
      {.campaigns = {{.limit_per_buyer = 1, .rules = R"(,"hold_seconds":3600)", .offers = {{.sku = "tv"}}}}});
  const auto buy = [&shop](const std::string& buyer, const std::string& identities) {
    return shop.buy({.sku = "tv", .buyer = buyer, .members = ",\"identities\":[" + identities + "]"});
  };
  const HttpReply first = buy("b-1", R"("card:1","device:1")");
  CHECK(first.status == 201);
  CHECK(buy("b-2", R"("device:1")").outcome() == "409 limit_reached");
  CHECK(buy("b-2", R"("device:2","card:1")").outcome() == "409 limit_reached");
  CHECK(buy("b-1", R"("card:3")").outcome() == "409 limit_reached");
  CHECK(buy("card:1", R"("b-1")").status == 201);  // a buyer is no identity, nor the other way round
  CHECK(shop.act(first.at("/order"), "cancel").status == 200);
  CHECK(buy("b-2", R"("device:1")").status == 201);
}

TEST_CASE("a campaign's limit counts over all its SKUs, whichever thread owns them", "[e2e]") {
  CampaignSpec campaign = {.rules = R"(,"hold_seconds":3600,"limit_per_buyer_total":3)"};
  for (int i = 0; i < 6; ++i) campaign.offers.push_back({.sku = "s-" + std::to_string(i), .stock = 10});
  Shop shop({.campaigns = {campaign}, .server = R"(,"cores":3)"});
  const auto buy = [&shop](int sku, const std::string& buyer, int quantity = 1) {
    return shop.buy({.sku = "s-" + std::to_string(sku),
                     .buyer = buyer,
                     .quantity = quantity,
                     .members = R"(,"identities":["card:1"])"});
  };
  CHECK(buy(0, "b-1", 4).outcome() == "409 limit_reached");
  const std::string first = buy(0, "b-1").at("/order");
  CHECK(buy(1, "b-2", 2).status == 201);
  for (int sku = 0; sku < 6; ++sku) CHECK(buy(sku, "b-3").outcome() == "409 limit_reached");
  CHECK(shop.act(first, "cancel").status == 200);
  // What one owner has given back another one gives away as soon as it is durable, which it was when it was
  // answered.
  CHECK(buy(5, "b-3").status == 201);
  CHECK(buy(2, "b-4").outcome() == "409 limit_reached");
  CHECK(shop.admin("/v1/admin/campaigns/sale").at("/limit_per_buyer_total") == "3");
}

TEST_CASE("the operator sees a campaign's rules", "[e2e]") {
  Shop shop({.campaigns = {{.rules = R"(,"hold_seconds":60,"hold_max_seconds":90,"limit_per_buyer_total":5,)"
                                     R"("on_payment_failed":"grace","grace_seconds":20,"waitlist":true,)"
                                     R"("offer_seconds":30)",
                            .offers = {{.sku = "tv"}}},
                           {.id = "plain", .offers = {{.sku = "tv"}}}}});
  const HttpReply rules = shop.admin("/v1/admin/campaigns/sale");
  CHECK(rules.at("/hold_seconds") == "60");
  CHECK(rules.at("/hold_max_seconds") == "90");
  CHECK(rules.at("/limit_per_buyer_total") == "5");
  CHECK(rules.at("/on_payment_failed") == "grace");
  CHECK(rules.at("/grace_seconds") == "20");
  CHECK(rules.at("/waitlist") == "true");
  CHECK(rules.at("/offer_seconds") == "30");
  const HttpReply plain = shop.admin("/v1/admin/campaigns/plain");
  CHECK(plain.at("/hold_max_seconds") == "0");
  CHECK(plain.at("/on_payment_failed") == "release");
  CHECK(plain.at("/waitlist") == "false");
}

}  // namespace doorbuster
