// What becomes of a basket that is held, and of one that is sold, with crashes in between.

#include "doorbuster/base/tick.h"
#include "e2e/basket.h"

namespace doorbuster {
namespace {

ShopSpec two_skus(const std::string& rules, std::int64_t stock = 5) {
  return {.campaigns = {{.rules = rules,
                         .offers = {{.sku = "tv", .stock = stock, .price = 700},
                                    {.sku = "pc", .stock = stock, .price = 300}}}},
          .cores = 2};
}

std::string held_basket(Shop& shop, const BasketSpec& spec) {
  const HttpReply reply = buy_basket(shop, spec);
  INFO(reply.body);
  REQUIRE(reply.status == 201);
  REQUIRE(reply.at("/status") == "held");
  CHECK(reply.members() == "order status campaign lines total currency buyer durable expires_at");
  return reply.at("/order");
}

void crash(Shop& shop) {
  shop.server().kill();
  shop.start();
}

// Of both SKUs: "tv's units; pc's units".
std::string units(const Shop& shop) {
  return units_of(shop, "tv") + "; " + units_of(shop, "pc");
}

const BasketSpec kBasket{.lines = {{"pc", 2}, {"tv", 1}}};

}  // namespace

TEST_CASE("a held basket is confirmed as a whole, once, and a crash changes nothing", "[e2e]") {
  Shop shop(two_skus(R"(,"hold_seconds":3600)"));
  const std::string order = held_basket(shop, kBasket);
  CHECK(units(shop) == "4 1 0; 3 2 0");
  crash(shop);
  CHECK(units(shop) == "4 1 0; 3 2 0");
  const HttpReply part = shop.act(order, "confirm", R"({"quantity":2})");
  CHECK(part.outcome() == "422 validation_failed");
  CHECK(part.at("/detail").find("as a whole") != std::string::npos);
  CHECK(units(shop) == "4 1 0; 3 2 0");

  const HttpReply confirmed = shop.act(order, "confirm", R"({"payment_reference":"pi_7"})");
  CHECK(confirmed.status == 200);
  CHECK(confirmed.members() ==
        "order status campaign lines total currency buyer durable decided_at payment_reference");
  CHECK(confirmed.at("/status") == "confirmed");
  CHECK(confirmed.at("/total") == "1300");
  CHECK(units(shop) == "4 0 1; 3 0 2");
  CHECK(shop.act(order, "confirm").body == confirmed.body);
  CHECK(shop.act(order, "cancel").at("/order_status") == "confirmed");
  crash(shop);
  CHECK(shop.get("/v1/orders/" + order).body == confirmed.body);
  CHECK(shop.act(order, "confirm", R"({"quantity":3})").body == confirmed.body);
  CHECK(units(shop) == "4 0 1; 3 0 2");
}

TEST_CASE("a cancelled basket gives all its units back, also when its payment failed", "[e2e]") {
  Shop shop(two_skus(R"(,"hold_seconds":3600)"));
  for (const char* action : {"cancel", "payment-failed"}) {
    INFO(action);
    const std::string order = held_basket(shop, kBasket);
    CHECK(units(shop) == "4 1 0; 3 2 0");
    CHECK(shop.act(order, action).at("/status") == "cancelled");
    CHECK(shop.act(order, action).at("/status") == "cancelled");
    CHECK(units(shop) == "5 0 0; 5 0 0");
    crash(shop);
    CHECK(units(shop) == "5 0 0; 5 0 0");
    const HttpReply late = shop.act(order, "confirm", R"({"payment_reference":"pi_7"})");
    CHECK(late.outcome() == "409 order_not_held");
    CHECK(late.at("/order_status") == "cancelled");
    CHECK(late.at("/refund_due") == "true");
    CHECK(shop.get("/v1/orders/" + order).at("/refund_due") == "true");
  }
}

TEST_CASE("a basket's hold can be made longer, for all its lines", "[e2e]") {
  Shop shop(two_skus(R"(,"hold_seconds":600,"hold_max_seconds":3600)"));
  const std::string order = held_basket(shop, kBasket);
  const std::string path = "/v1/orders/" + order;
  const HttpReply before = shop.get(path);
  const HttpReply extended = shop.act(order, "extend", R"({"seconds":3000})");
  CHECK(extended.status == 200);
  const auto end = [](const HttpReply& reply) { return parse_rfc3339(reply.at("/expires_at")).value(); };
  CHECK(end(before) < end(extended));
  crash(shop);
  CHECK(shop.get(path).body == extended.body);
  CHECK(units(shop) == "4 1 0; 3 2 0");
  // The line's end is the basket's: that is when its units may be back.
  const HttpReply refused = buy_basket(shop, {.lines = {{"pc", 4}}, .buyer = "b-2"});
  CHECK(refused.outcome() == "409 all_held");
  CHECK(end(extended) == parse_rfc3339(refused.at("/earliest_return_at")).value());
}

TEST_CASE("a basket that has run out is sold late while all its units are there", "[e2e]") {
  Shop shop(two_skus(R"(,"hold_seconds":1)"));
  const std::string order = held_basket(shop, kBasket);
  const std::string path = "/v1/orders/" + order;
  CHECK(shop.wait_for(path, "/status", "expired").at("/expires_at") != "<missing>");
  crash(shop);
  CHECK(shop.get(path).at("/status") == "expired");
  const HttpReply extended = shop.act(order, "extend");
  CHECK(extended.outcome() == "409 hold_expired");
  CHECK(extended.at("/order_status") == "expired");
  const HttpReply cancelled = shop.act(order, "cancel");
  CHECK(cancelled.outcome() == "409 order_not_held");
  CHECK(cancelled.at("/order_status") == "expired");
  const HttpReply late = shop.act(order, "confirm", R"({"payment_reference":"pi_7"})");
  CHECK(late.status == 200);
  CHECK(late.at("/status") == "confirmed");
  CHECK(units(shop) == "4 0 1; 3 0 2");
  crash(shop);
  CHECK(shop.get(path).body == late.body);
  CHECK(units(shop) == "4 0 1; 3 0 2");
}

TEST_CASE("a basket that has run out is gone as a whole when one line's units are", "[e2e]") {
  Shop shop(two_skus(R"(,"hold_seconds":1)", 2));
  const std::string order = held_basket(shop, kBasket);
  const std::string path = "/v1/orders/" + order;
  shop.wait_for(path, "/status", "expired");
  // One of pc's two is somebody else's now, for good.
  const HttpReply other = shop.buy({.sku = "pc", .buyer = "b-2"});
  REQUIRE(other.status == 201);
  REQUIRE(shop.act(other.at("/order"), "confirm").status == 200);
  const HttpReply gone = shop.act(order, "confirm", R"({"payment_reference":"pi_7"})");
  CHECK(gone.outcome() == "409 hold_expired");
  CHECK(gone.at("/order_status") == "expired");
  CHECK(gone.at("/refund_due") == "true");
  CHECK(units(shop) == "2 0 0; 1 0 1");  // tv's unit was not kept for it
  crash(shop);
  CHECK(shop.get(path).at("/refund_due") == "true");
  CHECK(shop.act(order, "confirm", R"({"payment_reference":"pi_7"})").outcome() == "409 hold_expired");
  CHECK(units(shop) == "2 0 0; 1 0 1");
  // What is free can be had by others, in baskets too.
  CHECK(buy_basket(shop, {.lines = {{"tv", 2}, {"pc", 1}}, .buyer = "b-3"}).status == 201);
}

TEST_CASE("units of a basket come back line by line", "[e2e]") {
  Shop shop(two_skus(""));
  const HttpReply sold = buy_basket(shop, {.lines = {{"tv", 1}, {"pc", 4}}, .buyer = "b-1"});
  REQUIRE(sold.status == 201);
  const std::string order = sold.at("/order");
  const HttpReply unnamed = shop.act(order, "return", R"({"quantity":1})");
  CHECK(unnamed.outcome() == "422 validation_failed");
  CHECK(unnamed.at("/detail").find("\"sku\"") != std::string::npos);
  CHECK(shop.act(order, "return").outcome() == "422 validation_failed");
  CHECK(shop.act(order, "return", R"({"sku":"cap"})").outcome() == "422 validation_failed");
  CHECK(shop.act(order, "return", R"({"sku":"pc","quantity":5})").outcome() == "422 validation_failed");
  CHECK(units(shop) == "4 0 1; 1 0 4");

  const std::string key = "Idempotency-Key: r-1\r\n";
  const std::string one = R"({"sku":"pc","quantity":1})";
  const HttpReply returned = shop.act(order, "return", one, key);
  CHECK(returned.status == 200);
  CHECK(returned.at("/status") == "confirmed");
  CHECK(returned.at("/returned_quantity") == "1");
  CHECK(returned.at("/total") == "1900");  // what was bought stays what was bought
  CHECK(returned.members() ==
        "order status campaign lines total currency buyer durable returned_quantity decided_at");
  CHECK(units(shop) == "4 0 1; 2 0 3");
  crash(shop);
  const HttpReply again = shop.act(order, "return", one, key);
  CHECK(again.header("Idempotent-Replayed") == "true");
  CHECK(again.body == returned.body);
  CHECK(shop.act(order, "return", R"({"sku":"pc","quantity":2})", key).outcome() ==
        "422 idempotency_key_reused");
  CHECK(units(shop) == "4 0 1; 2 0 3");
  CHECK(shop.act(order, "return", R"({"sku":"pc","quantity":4})").outcome() == "422 validation_failed");
  // Broken ones do not go back on sale.
  CHECK(shop.act(order, "return", R"({"sku":"pc","quantity":1,"restock":false})").at("/returned_quantity") ==
        "2");
  CHECK(units(shop) == "4 0 1; 2 0 3");
  // Without a quantity: all that the line has left.
  CHECK(shop.act(order, "return", R"({"sku":"pc"})").at("/returned_quantity") == "4");
  CHECK(units(shop) == "4 0 1; 4 0 1");
  CHECK(shop.act(order, "return", R"({"sku":"pc"})").outcome() == "422 validation_failed");
  CHECK(shop.act(order, "return", R"({"sku":"tv"})").at("/returned_quantity") == "5");
  crash(shop);
  CHECK(units(shop) == "5 0 0; 4 0 1");
}

TEST_CASE("a return's key is one line's: for another line it is another question", "[e2e]") {
  Shop shop(two_skus(""));
  const std::string order = buy_basket(shop, {.lines = {{"tv", 1}, {"pc", 1}}}).at("/order");
  const std::string key = "Idempotency-Key: r-1\r\n";
  CHECK(shop.act(order, "return", R"({"sku":"tv","quantity":1})", key).at("/returned_quantity") == "1");
  // Never told "done" for what was not done.
  const HttpReply other = shop.act(order, "return", R"({"sku":"pc","quantity":1})", key);
  CHECK(other.header("Idempotent-Replayed") == "<none>");
  CHECK(other.at("/returned_quantity") == "2");
  CHECK(shop.act(order, "return", R"({"sku":"pc"})", key).header("Idempotent-Replayed") == "true");
  CHECK(units(shop) == "5 0 0; 5 0 0");
}

TEST_CASE("an order of one SKU may be named by it when it comes back", "[e2e]") {
  Shop shop(two_skus(""));
  const std::string order = shop.buy({.sku = "tv", .quantity = 3}).at("/order");
  CHECK(shop.act(order, "return", R"({"sku":"pc","quantity":1})").outcome() == "422 validation_failed");
  CHECK(shop.act(order, "return", R"({"sku":"tv","quantity":1})").at("/returned_quantity") == "1");
  CHECK(shop.act(order, "return").at("/returned_quantity") == "3");
  CHECK(units(shop) == "5 0 0; 5 0 0");
}

}  // namespace doorbuster
