// A catalog of thousands of items and one campaign of one rule: from the file to the buyer, over a reload and
// a restart.

#include <string>

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr int kItems = 2000;

// Every tenth item is a TV of acme. `tv_price`: the list price of sku-10.
std::string catalog_text(int tv_price) {
  std::string text = R"({"server": {"segment_bytes": 65536}, "catalog": [)";
  for (int i = 0; i < kItems; ++i) {
    const bool is_tv = i % 10 == 0;
    text += (i == 0 ? "\n" : ",\n") + std::string(R"({"sku": "sku-)") + std::to_string(i) +
            R"(", "category": ")" + (is_tv ? "electronics/tv" : "electronics/radio") +
            R"(", "currency": "EUR", "stock": 4, "attributes": {"brand": ")" +
            (i % 20 == 0 ? "acme" : "other") + R"("}, "list_price": )" +
            std::to_string(i == 10 ? tv_price : 1000 + i) + "}";
  }
  return text + R"(],
    "campaigns": [{"id": "sale", "currency": "EUR", "starts_at": "2020-01-01T00:00:00Z",
      "ends_at": "2099-12-31T23:59:59Z",
      "offer_rules": [{"category": "electronics/tv", "discount_percent": 20, "stock_percent": 50}]}]})";
}

TEST_CASE("a campaign by rule sells the items of the file, follows them over a reload, and is kept",
          "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "before"}}}}});
  REQUIRE(shop.reload_text(catalog_text(2500)));
  CHECK(shop.admin("/v1/admin/campaigns/sale").at("/offers/199/sku") == "sku-1990");
  CHECK(shop.admin("/v1/admin/campaigns/sale").at("/offers/200") == "<missing>");
  CHECK(shop.buy({.sku = "sku-10", .buyer = "ann"}).at("/unit_price") == "2000");
  CHECK(shop.buy({.sku = "sku-11"}).outcome() == "404 sku_not_found");
  CHECK(shop.stock("sku-10").allocated == 2);

  const std::string config = shop.config();
  const ProgramResult checked = run_doorbuster({"check", config});
  CHECK(checked.exit_code == 0);
  CHECK(checked.out.find("sku-10  25.00 EUR -> rule 1, 20 % off -> 20.00 EUR -> lowest 20.00 EUR") !=
        std::string::npos);
  CHECK(checked.out.find("and 180 more") != std::string::npos);

  REQUIRE(shop.reload_text(catalog_text(3000)));
  CHECK(shop.buy({.sku = "sku-10", .buyer = "ben"}).at("/unit_price") == "2400");
  CHECK(shop.buy({.sku = "sku-10", .buyer = "eve"}).outcome() == "409 sold_out");
  const HttpReply audit = shop.admin("/v1/admin/audit");
  CHECK(audit.at("/changes/2/differences/0/item") == "sku-10");
  CHECK(audit.at("/changes/2/differences/0/after") == "3000");
  CHECK(audit.at("/changes/2/differences/1/sku") == "sku-10");
  CHECK(audit.at("/changes/2/differences/1/member") == "list_price");
  CHECK(audit.at("/changes/2/differences/2/after") == "2400");

  const HttpReply item = shop.admin("/v1/admin/catalog/sku-10");
  CHECK(item.at("/list_price") == "3000");
  CHECK(item.at("/offers/0/campaign") == "sale");
  CHECK(item.at("/offers/0/rule") == "1");
  CHECK(item.at("/offers/0/price") == "2400");
  CHECK(item.at("/offers/0/sold") == "2");
  CHECK(item.at("/offers/1") == "<missing>");

  const std::string printed = run_doorbuster({"print-config", "--config", config, "--data", shop.data()}).out;
  CHECK(shop.stop().exit_code == 0);
  CHECK(run_doorbuster({"journal", "verify", shop.data()}).exit_code == 0);
  // What print-config wrote is what is in force: a start with it changes nothing.
  write_file(config, printed);
  shop.start();
  CHECK(shop.admin("/v1/admin/catalog/sku-10").body.substr(0, 130) == item.body.substr(0, 130));
  CHECK(shop.admin("/v1/admin/audit").at("/changes/3") == "<missing>");
  CHECK(shop.buy({.sku = "sku-10", .buyer = "eve"}).outcome() == "409 sold_out");
  CHECK(shop.buy({.sku = "sku-20", .buyer = "eve"}).at("/unit_price") == "816");
}

TEST_CASE("the catalog is read a page at a time, by category, and from where the page before it stopped",
          "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "before"}}}}});
  REQUIRE(shop.reload_text(catalog_text(2500)));
  int items = 0;
  std::string after;
  for (int page = 0; page < 10; ++page) {
    const HttpReply reply = shop.admin("/v1/admin/catalog?category=electronics%2Ftv&limit=64" +
                                       (after.empty() ? "" : "&after=" + after));
    REQUIRE(reply.status == 200);
    for (int i = 0; !reply.at("/items/" + std::to_string(i)).starts_with('<'); ++i, ++items) {
      CHECK(reply.at("/items/" + std::to_string(i) + "/sku") == "sku-" + std::to_string(10 * items));
    }
    after = reply.at("/next");
    if (after == "<missing>") break;
  }
  CHECK(after == "<missing>");
  CHECK(items == kItems / 10);
  CHECK(shop.admin("/v1/admin/catalog?limit=1").at("/items/0/attributes/brand") == "acme");
  CHECK(shop.admin("/v1/admin/catalog?category=nothing").body == R"({"items":[]})");
  CHECK(shop.admin("/v1/admin/catalog?after=nobody").outcome() == "404 sku_not_found");
  CHECK(shop.admin("/v1/admin/catalog?limit=0").outcome() == "400 malformed_request");
  CHECK(shop.admin("/v1/admin/catalog?colour=red").outcome() == "400 malformed_request");
  CHECK(shop.admin("/v1/admin/catalog/nobody").outcome() == "404 sku_not_found");
  // What has left the file is not forgotten, and not for sale.
  REQUIRE(shop.reload_text(R"({"campaigns": []})"));
  CHECK(shop.admin("/v1/admin/catalog/sku-10").at("/listed") == "false");
  CHECK(shop.admin("/v1/admin/catalog/sku-10").at("/offers/0") == "<missing>");
}

TEST_CASE("a campaign by rule is made and patched by hand, and refused when a rule cannot be", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "before"}}}}});
  REQUIRE(shop.reload_text(catalog_text(2500)));
  const auto send = [&](const std::string& method, const std::string& path, const std::string& body) {
    return shop.connect_admin().exchange(
        post_request(path, body, method == "POST" ? "" : "If-Match: *\r\n").replace(0, 4, method));
  };
  const std::string definition = R"({"id": "mine", "currency": "EUR", "starts_at": "2020-01-01T00:00:00Z",
    "ends_at": "2099-12-31T23:59:59Z",
    "offer_rules": [{"attributes": {"brand": "acme"}, "discount_percent": 50}]})";
  CHECK(send("POST", "/v1/admin/campaigns", definition).status == 201);
  CHECK(shop.buy({.sku = "sku-20", .campaign = "mine"}).at("/unit_price") == "510");
  CHECK(send("PATCH", "/v1/admin/campaigns/mine",
             R"({"offer_rules": [{"category": "electronics", "discount_percent": 10}]})")
            .status == 200);
  CHECK(shop.buy({.sku = "sku-21", .campaign = "mine"}).at("/unit_price") == "919");
  CHECK(send("PATCH", "/v1/admin/campaigns/mine", R"({"currency": "USD"})").outcome() ==
        "409 change_refused");
}

}  // namespace
}  // namespace doorbuster
