// What can be read: campaigns, orders, the operator's views.

#include "doorbuster/base/tick.h"
#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

ShopSpec three_campaigns() {
  return {
      .campaigns = {
          {.offers = {{.sku = "tv", .stock = 2, .price = 700, .list_price = 900}, {.sku = "pc", .stock = 0}}},
          {.id = "over", .ends_at = "2020-01-02T00:00:00Z", .offers = {{.sku = "tv", .stock = 0}}},
          {.id = "soon",
           .starts_at = "2099-01-01T01:00:00+01:00",
           .show_remaining = true,
           .offers = {{.sku = "tv", .stock = 4}}},
      }};
}

}  // namespace

TEST_CASE("a campaign's view has its state, its window, and a price and an availability for each offer",
          "[e2e]") {
  Shop shop(three_campaigns());
  const HttpReply sale = shop.get("/v1/campaigns/sale");
  CHECK(sale.status == 200);
  CHECK(sale.header("Content-Type") == "application/json");
  CHECK(sale.at("/id") == "sale");
  CHECK(sale.at("/name") == "A sale");
  CHECK(sale.at("/currency") == "EUR");
  CHECK(sale.at("/state") == "active");
  CHECK(sale.at("/starts_at") == "2020-01-01T00:00:00Z");
  CHECK(sale.at("/ends_at") == "2099-12-31T23:59:59Z");
  CHECK(parse_rfc3339(sale.at("/server_time")).has_value());
  CHECK(sale.at("/offers/0/sku") == "tv");
  CHECK(sale.at("/offers/0/price") == "700");
  CHECK(sale.at("/offers/0/list_price") == "900");
  CHECK(sale.at("/offers/0/availability") == "on_sale");
  CHECK(sale.at("/offers/0/remaining") == "<missing>");
  CHECK(sale.at("/offers/1/sku") == "pc");
  CHECK(sale.at("/offers/1/availability") == "sold_out");
  CHECK(sale.at("/offers/2") == "<missing>");

  const HttpReply soon = shop.get("/v1/campaigns/soon");
  CHECK(soon.at("/state") == "scheduled");
  CHECK(soon.at("/starts_at") == "2099-01-01T00:00:00Z");
  CHECK(soon.at("/offers/0/availability") == "not_on_sale");
  CHECK(soon.at("/offers/0/remaining") == "4");
  const HttpReply over = shop.get("/v1/campaigns/over");
  CHECK(over.at("/state") == "ended");
  CHECK(over.at("/offers/0/availability") == "not_on_sale");
}

TEST_CASE("the list of campaigns has all of them and the server's time", "[e2e]") {
  Shop shop(three_campaigns());
  const HttpReply list = shop.get("/v1/campaigns");
  CHECK(list.status == 200);
  CHECK(parse_rfc3339(list.at("/server_time")).has_value());
  CHECK(list.at("/campaigns/0/id") == "sale");
  CHECK(list.at("/campaigns/1/id") == "over");
  CHECK(list.at("/campaigns/2/id") == "soon");
  CHECK(list.at("/campaigns/3") == "<missing>");
  CHECK(list.at("/campaigns/0/offers/0/availability") == "on_sale");
}

TEST_CASE("availability follows the last unit at once", "[e2e]") {
  ShopSpec spec = three_campaigns();
  spec.campaigns[0].show_remaining = true;
  Shop shop(spec);
  const auto offer = [&](const char* member) {
    return shop.get("/v1/campaigns/sale").at("/offers/0/" + std::string(member));
  };
  CHECK(offer("remaining") == "2");
  REQUIRE(shop.buy({.sku = "tv"}).status == 201);
  CHECK(offer("remaining") == "1");
  CHECK(offer("availability") == "on_sale");
  REQUIRE(shop.buy({.sku = "tv"}).status == 201);
  CHECK(offer("remaining") == "0");
  CHECK(offer("availability") == "sold_out");
}

TEST_CASE("the operator's view has exact units that add up", "[e2e]") {
  Shop shop(three_campaigns());
  REQUIRE(shop.buy({.sku = "tv"}).status == 201);
  const HttpReply view = shop.admin("/v1/admin/campaigns/sale");
  CHECK(view.status == 200);
  CHECK(view.at("/state") == "active");
  CHECK(view.at("/offers/0/allocated") == "2");
  CHECK(view.at("/offers/0/available") == "1");
  CHECK(view.at("/offers/0/held") == "0");
  CHECK(view.at("/offers/0/sold") == "1");
  CHECK(shop.stock("pc").allocated == 0);
  CHECK(shop.stock("pc").adds_up());
  CHECK(shop.get("/v1/admin/campaigns/sale").outcome() == "404 not_found");
}

TEST_CASE("HEAD is answered as GET is, without the body", "[e2e]") {
  Shop shop(three_campaigns());
  const std::string order = shop.buy({.sku = "tv"}).header("Location");
  HttpConnection client = shop.connect();
  for (const std::string& path : {std::string("/v1/campaigns/over"), order, std::string("/v1/orders/x"),
                                  std::string("/v1/buy"), std::string("/nothing")}) {
    INFO(path);
    const HttpReply head = client.exchange(get_request(path, "", "HEAD"), true);
    const HttpReply get = client.get(path);
    CHECK(head.status == get.status);
    CHECK(head.header("Content-Type") == get.header("Content-Type"));
    if (path != "/v1/campaigns/over") CHECK(head.header("Content-Length") == get.header("Content-Length"));
    CHECK(head.header("Content-Length") != "0");
  }
  HttpConnection admin = shop.connect_admin();
  CHECK(admin.exchange(get_request("/livez", "", "HEAD"), true).status == 200);
  CHECK(admin.get("/livez").body == "ok\n");
}

TEST_CASE("the operator's listener says that it lives, that it is ready, and what it speaks", "[e2e]") {
  Shop shop(three_campaigns());
  CHECK(shop.admin("/livez").status == 200);
  CHECK(shop.admin("/readyz").status == 200);
  CHECK(shop.admin("/readyz?verbose").body.find("[+]journal ok") != std::string::npos);
  const HttpReply openapi = shop.admin("/openapi.json");
  CHECK(openapi.status == 200);
  CHECK(openapi.header("Content-Type") == "application/json");
  CHECK(openapi.at("/openapi").starts_with("3.1."));
  for (const char* path : {"/paths/~1v1~1buy/post", "/paths/~1v1~1orders~1{order}/get",
                           "/paths/~1v1~1campaigns/get", "/paths/~1v1~1campaigns~1{campaign}/get"}) {
    INFO(path);
    CHECK(openapi.at(path) != "<missing>");
  }
}

}  // namespace doorbuster
