// Campaigns that are made, replaced, patched and withdrawn while others sell.

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

const std::string kCampaigns = "/v1/admin/campaigns";
const std::string kDrop = kCampaigns + "/drop";
const std::string kBody =
    R"({"id":"drop","currency":"EUR","starts_at":"2020-01-01T00:00:00Z","ends_at":"2099-12-31T23:59:59Z",)"
    R"("offers":[{"sku":"shoe","stock":5,"price":100},{"sku":"sock","stock":5,"price":10}]})";

HttpReply send(const Shop& shop, const std::string& method, const std::string& path, const std::string& body,
               const std::string& headers = {}, const std::string& type = "application/json") {
  std::string request = method + ' ' + path + " HTTP/1.1\r\nHost: shop\r\n" + headers;
  if (!body.empty()) request += "Content-Type: " + type + "\r\n";
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return shop.connect_admin().exchange(request);
}

std::string if_match(const HttpReply& reply) {
  return "If-Match: " + reply.header("ETag") + "\r\n";
}

ShopSpec one_sale() {
  return {.campaigns = {{.offers = {{.sku = "tv"}}}}};
}

int buy(const Shop& shop, const std::string& sku, int quantity = 1) {
  return shop.buy({.sku = sku, .buyer = "b-" + sku, .quantity = quantity, .campaign = "drop"}).status;
}

}  // namespace

TEST_CASE("a campaign is made over HTTP, sells, and outlives reloads and restarts", "[e2e]") {
  Shop shop(one_sale());
  CHECK(send(shop, "POST", kCampaigns + "?dry_run=true", kBody).at("/dry_run") == "true");
  CHECK(buy(shop, "shoe") == 404);
  const HttpReply made = send(shop, "POST", kCampaigns + "?reason=a%20drop", kBody);
  CHECK(made.status == 201);
  CHECK(made.header("Location") == kDrop);
  CHECK(made.at("/source") == "admin");
  CHECK(buy(shop, "shoe") == 201);
  CHECK(shop.admin(kCampaigns + "/drop/definition").body == kBody);
  CHECK(shop.admin("/v1/admin/audit?campaign=drop").at("/changes/0/reason") == "a drop");

  CHECK(send(shop, "POST", kCampaigns, kBody).outcome() == "409 campaign_exists");
  CHECK(send(shop, "PUT", kDrop, kBody, "If-None-Match: *\r\n").outcome() == "412 precondition_failed");
  REQUIRE(shop.reload(one_sale()));
  CHECK(buy(shop, "shoe") == 201);
  CHECK(shop.stop().exit_code == 0);
  shop.start();
  CHECK(buy(shop, "shoe") == 201);
  CHECK(shop.stock("shoe", "drop").sold == 3);
}

TEST_CASE("what is there is changed by who has read it", "[e2e]") {
  Shop shop(one_sale());
  const HttpReply made = send(shop, "PUT", kDrop, kBody);
  REQUIRE(made.status == 201);
  const std::string patch = R"({"offers":{"shoe":{"price":80},"sock":null,"lace":{"stock":1,"price":1}}})";
  CHECK(send(shop, "PATCH", kDrop, patch).outcome() == "428 precondition_required");
  CHECK(send(shop, "PUT", kDrop, kBody).outcome() == "428 precondition_required");
  CHECK(send(shop, "DELETE", kDrop, "").outcome() == "428 precondition_required");
  const HttpReply patched = send(shop, "PATCH", kDrop, patch, if_match(made), "application/merge-patch+json");
  CHECK(patched.status == 200);
  CHECK(patched.at("/offers/0/price") == "80");
  CHECK(send(shop, "PATCH", kDrop, patch, if_match(made)).outcome() == "412 precondition_failed");
  CHECK(buy(shop, "sock") == 404);
  CHECK(buy(shop, "lace") == 201);

  // Below what is sold, another name, and what no configuration can have: nothing changes.
  const auto refused = [&](const std::string& body) {
    const HttpReply reply = send(shop, "PATCH", kDrop, body, if_match(patched));
    CHECK(shop.admin(kDrop).header("ETag") == patched.header("ETag"));
    return reply.outcome();
  };
  CHECK(refused(R"({"offers":{"lace":{"stock":0}}})") == "409 change_refused");
  CHECK(refused(R"({"id":"other"})") == "422 validation_failed");
  CHECK(refused(R"({"ends_at":"2019-01-01T00:00:00Z"})") == "422 validation_failed");
  CHECK(refused(R"({"no_such_key":1})") == "422 validation_failed");
  CHECK(refused("{") == "400 malformed_request");

  const HttpReply replaced = send(shop, "PUT", kDrop, kBody, if_match(patched));
  CHECK(replaced.status == 200);
  CHECK(replaced.at("/offers/0/price") == "100");
  CHECK(buy(shop, "sock") == 201);
  CHECK(buy(shop, "lace") == 404);
}

TEST_CASE("thousands of prices change as one", "[e2e]") {
  constexpr int kOffers = 1'000;
  Shop shop(one_sale());
  const auto definition = [](int price) {
    std::string body = kBody.substr(0, kBody.find("{\"sku"));
    for (int i = 0; i < kOffers; ++i) {
      body += (i == 0 ? "" : ",") + std::string(R"({"sku":"s-)") + std::to_string(i) +
              R"(","stock":1,"price":)" + std::to_string(price) + '}';
    }
    return body + "]}";
  };
  const HttpReply made = send(shop, "POST", kCampaigns, definition(10));
  REQUIRE(made.status == 201);
  REQUIRE(send(shop, "PUT", kDrop, definition(9), if_match(made)).status == 200);
  const std::string last = "s-" + std::to_string(kOffers - 1);
  CHECK(shop.buy({.sku = last, .campaign = "drop"}).at("/unit_price") == "9");
  CHECK(shop.stop().exit_code == 0);
  shop.start();
  CHECK(shop.buy({.sku = "s-0", .campaign = "drop"}).at("/unit_price") == "9");
  CHECK(shop.stock(last, "drop").sold == 1);
}

TEST_CASE("a campaign of the file that is withdrawn by hand stays so until the file says something new",
          "[e2e]") {
  Shop shop(one_sale());
  const std::string sale = kCampaigns + "/sale";
  REQUIRE(shop.buy({.sku = "tv", .key = "k"}).status == 201);
  const HttpReply removed = send(shop, "DELETE", sale, "", if_match(shop.admin(sale)));
  CHECK(removed.status == 200);
  CHECK(removed.at("/listed") == "false");
  CHECK(shop.buy({.sku = "tv"}).outcome() == "404 campaign_not_found");
  CHECK(shop.buy({.sku = "tv", .key = "k"}).status == 201);  // its order stays
  REQUIRE(shop.reload(one_sale()));
  CHECK(shop.buy({.sku = "tv"}).status == 404);
  ShopSpec other = one_sale();
  other.campaigns[0].offers[0].price = 900;
  REQUIRE(shop.reload(other));
  CHECK(shop.buy({.sku = "tv"}).at("/unit_price") == "900");
}

}  // namespace doorbuster
