// What becomes of a hold: confirmed, cancelled, extended, expired, paid too late; and units that come back.
// Over sockets, with holds of a second where time has to pass.

#include <chrono>

#include "doorbuster/base/tick.h"
#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kHeld =
    "order status campaign sku quantity unit_price currency buyer durable expires_at";

// One campaign, "sale", with one SKU, "tv".
ShopSpec shop_with(const std::string& rules, std::int64_t stock = 5, int limit_per_buyer = 0) {
  return {
      .campaigns = {
          {.limit_per_buyer = limit_per_buyer, .rules = rules, .offers = {{.sku = "tv", .stock = stock}}}}};
}

std::string place_of(const std::string& order) {
  return "/v1/orders/" + order;
}

std::string held(Shop& shop, const BuySpec& spec) {
  const HttpReply reply = shop.buy(spec);
  INFO(reply.body);
  REQUIRE(reply.status == 201);
  REQUIRE(reply.at("/status") == "held");
  return reply.at("/order");
}

Tick time_at(const HttpReply& reply, const std::string& pointer) {
  const auto tick = parse_rfc3339(reply.at(pointer));
  INFO(reply.body);
  REQUIRE(tick.has_value());
  return *tick;
}

void check_stock(Shop& shop, std::int64_t available, std::int64_t units_held, std::int64_t sold) {
  const StockView stock = shop.stock("tv");
  CHECK(stock.available == available);
  CHECK(stock.held == units_held);
  CHECK(stock.sold == sold);
  CHECK(stock.adds_up());
}

// Asks again while the answer is this refusal; the answer that is another one.
HttpReply once_not(Shop& shop, const BuySpec& spec, const std::string& refusal) {
  const auto until = Clock::now() + kPatience;
  HttpReply reply = shop.buy(spec);
  while (reply.outcome() == refusal && Clock::now() < until) reply = shop.buy(spec);
  return reply;
}

}  // namespace

TEST_CASE("a hold is confirmed once, and the same again is the same answer", "[e2e]") {
  Shop shop(shop_with(R"(,"hold_seconds":3600)"));
  const HttpReply reply = shop.buy({.sku = "tv", .quantity = 2, .key = "k-1", .reference = "basket 7"});
  CHECK(reply.status == 201);
  CHECK(reply.members() == std::string(kHeld) + " reference");
  CHECK(reply.at("/status") == "held");
  CHECK(reply.at("/durable") == "true");
  const std::string order = reply.at("/order");
  CHECK(reply.header("Location") == place_of(order));
  check_stock(shop, 3, 2, 0);
  const HttpReply found = shop.get(place_of(order));
  CHECK(found.at("/status") == "held");
  CHECK(found.at("/expires_at") == reply.at("/expires_at"));
  CHECK((time_at(found, "/expires_at").ns - time_at(found, "/decided_at").ns) == 3600 * kNsPerSecond);

  const HttpReply confirmed = shop.act(order, "confirm", R"({"payment_reference":"pi \"7\""})");
  CHECK(confirmed.status == 200);
  CHECK(confirmed.at("/status") == "confirmed");
  CHECK(confirmed.at("/payment_reference") == "pi \"7\"");
  CHECK(confirmed.at("/durable") == "true");
  CHECK(confirmed.at("/expires_at") == "<missing>");
  CHECK(confirmed.at("/confirmed_quantity") == "<missing>");
  CHECK(shop.act(order, "confirm").body == confirmed.body);
  CHECK(shop.act(order, "confirm", R"({"payment_reference":"another"})").body == confirmed.body);
  CHECK(shop.get(place_of(order)).body == confirmed.body);
  check_stock(shop, 3, 0, 2);
  for (const char* action : {"cancel", "extend", "payment-failed"}) {
    const HttpReply refused = shop.act(order, action);
    CHECK(refused.outcome() == "409 order_not_held");
    CHECK(refused.at("/order_status") == "confirmed");
    CHECK(refused.at("/refund_due") == "<missing>");
  }
  // The key gets the order as it was first answered.
  const HttpReply again = shop.buy({.sku = "tv", .quantity = 2, .key = "k-1", .reference = "basket 7"});
  CHECK(again.body == reply.body);
  CHECK(again.header("Idempotent-Replayed") == "true");
}

TEST_CASE("a cancelled hold's units are for sale at once, and money for it is owed", "[e2e]") {
  Shop shop(shop_with(R"(,"hold_seconds":3600)", 2));
  const std::string order = held(shop, {.sku = "tv", .quantity = 2});
  const HttpReply refused = shop.buy({.sku = "tv", .buyer = "b-2"});
  CHECK(refused.outcome() == "409 all_held");
  CHECK(time_at(refused, "/earliest_return_at") == time_at(shop.get(place_of(order)), "/expires_at"));
  const int wait = std::stoi(refused.header("Retry-After"));
  CHECK(wait > 3500);
  CHECK(wait <= 3600);
  CHECK(shop.get("/v1/campaigns/sale").at("/offers/0/availability") == "all_held");

  CHECK(shop.act(order, "cancel", "{}").at("/status") == "cancelled");
  CHECK(shop.act(order, "cancel").at("/status") == "cancelled");
  CHECK(shop.get("/v1/campaigns/sale").at("/offers/0/availability") == "on_sale");
  check_stock(shop, 2, 0, 0);
  held(shop, {.sku = "tv", .buyer = "b-2"});

  HttpReply late = shop.act(order, "confirm");
  CHECK(late.outcome() == "409 order_not_held");
  CHECK(late.at("/order_status") == "cancelled");
  CHECK(late.at("/refund_due") == "<missing>");  // nobody says that anything was paid
  CHECK(shop.get(place_of(order)).at("/refund_due") == "<missing>");
  late = shop.act(order, "confirm", R"({"payment_reference":"pi_1"})");
  CHECK(late.outcome() == "409 order_not_held");
  CHECK(late.at("/refund_due") == "true");
  CHECK(shop.get(place_of(order)).at("/refund_due") == "true");
  CHECK(shop.get(place_of(order)).at("/payment_reference") == "pi_1");
  CHECK(shop.act(order, "confirm").at("/refund_due") == "true");
}

TEST_CASE("a hold runs out by itself, and who pays then has money coming back", "[e2e]") {
  // By way of a grace, so that only the first hold is short.
  Shop shop(shop_with(R"(,"hold_seconds":3600,"on_payment_failed":"grace","grace_seconds":1)", 1));
  const std::string order = held(shop, {.sku = "tv", .key = "k-1"});
  const HttpReply grace = shop.act(order, "payment-failed");
  CHECK(grace.at("/status") == "held");
  CHECK(time_at(grace, "/expires_at").ns < time_at(grace, "/decided_at").ns + 3600 * kNsPerSecond);
  const HttpReply second = once_not(shop, {.sku = "tv", .buyer = "b-2"}, "409 all_held");
  CHECK(second.status == 201);
  // Never before the first one's time was over.
  CHECK(time_at(shop.get(place_of(second.at("/order"))), "/decided_at") >=
        time_at(shop.get(place_of(order)), "/expires_at"));
  CHECK(shop.get(place_of(order)).at("/status") == "expired");

  CHECK(shop.act(second.at("/order"), "confirm").at("/status") == "confirmed");
  HttpReply late = shop.act(order, "confirm");
  CHECK(late.outcome() == "409 hold_expired");
  CHECK(late.at("/order_status") == "expired");
  CHECK(late.at("/refund_due") == "<missing>");
  late = shop.act(order, "confirm", R"({"payment_reference":"pi_1"})");
  CHECK(late.outcome() == "409 hold_expired");
  CHECK(late.at("/refund_due") == "true");
  CHECK(shop.act(order, "extend").outcome() == "409 hold_expired");
  CHECK(shop.act(order, "payment-failed").outcome() == "409 hold_expired");
  CHECK(shop.act(order, "cancel").outcome() == "409 order_not_held");
  check_stock(shop, 0, 0, 1);
  const HttpReply again = shop.buy({.sku = "tv", .key = "k-1"});
  CHECK(again.header("Idempotent-Replayed") == "true");
  CHECK(again.at("/status") == "held");
  CHECK(again.members() == kHeld);

  const std::string metrics = shop.admin("/metrics").body;
  const auto sum = [&metrics](const std::string& family, const std::string& more = {}) {
    double all = 0;
    for (int shard = 0;; ++shard) {
      const double one = sample(metrics, family + "{shard=\"" + std::to_string(shard) + "\"" + more + "}");
      if (one < 0) return all;
      all += one;
    }
  };
  CHECK(sum("doorbuster_refunds_due_total") == 1);
  CHECK(sum("doorbuster_holds_total") == 2);
  CHECK(sum("doorbuster_holds_ended_total", ",end=\"expired\"") == 1);
  CHECK(sum("doorbuster_holds_ended_total", ",end=\"confirmed\"") == 1);
  CHECK(sum("doorbuster_holds_ended_total", ",end=\"cancelled\"") == 0);
}

TEST_CASE("an expired hold is confirmed late while nobody else has taken the units", "[e2e]") {
  Shop shop(shop_with(R"(,"hold_seconds":1)", 1));
  const std::string order = held(shop, {.sku = "tv"});
  const HttpReply expired = shop.wait_for(place_of(order), "/status", "expired");
  CHECK(expired.at("/expires_at") != "<missing>");
  CHECK(shop.act(order, "confirm", R"({"payment_reference":"pi_1"})").at("/status") == "confirmed");
  check_stock(shop, 0, 0, 1);
  CHECK(shop.buy({.sku = "tv", .buyer = "b-2"}).outcome() == "409 sold_out");
}

TEST_CASE("a late confirmation does not pass the limit that has been used since", "[e2e]") {
  Shop shop(shop_with(R"(,"hold_seconds":1)", 5, 1));
  const std::string order = held(shop, {.sku = "tv"});
  const HttpReply second = once_not(shop, {.sku = "tv"}, "409 limit_reached");
  CHECK(second.status == 201);
  CHECK(shop.act(second.at("/order"), "confirm").status == 200);
  const HttpReply late = shop.act(order, "confirm", R"({"payment_reference":"pi_1"})");
  CHECK(late.outcome() == "409 limit_reached");
  CHECK(late.at("/refund_due") == "true");
  CHECK(shop.stock("tv").sold == 1);
}

TEST_CASE("a hold is made longer, never shorter, and never beyond its longest", "[e2e]") {
  Shop shop(shop_with(R"(,"hold_seconds":100,"hold_max_seconds":300)"));
  const HttpReply first = shop.buy({.sku = "tv", .key = "k-1"});
  const std::string order = first.at("/order");
  const auto after_extend = [&](const std::string& body) {
    const HttpReply reply = shop.act(order, "extend", body);
    CHECK(reply.status == 200);
    CHECK(reply.at("/status") == "held");
    return time_at(reply, "/expires_at").ns;
  };
  const std::int64_t begin = time_at(shop.get(place_of(order)), "/decided_at").ns;
  const std::int64_t two_hundred = after_extend(R"({"seconds":200})");
  CHECK(two_hundred >= begin + 200 * kNsPerSecond);
  CHECK(two_hundred < begin + 300 * kNsPerSecond);
  CHECK(after_extend(R"({"seconds":1})") == two_hundred);
  CHECK(after_extend("") == two_hundred);  // by hold_seconds from now, which is less
  CHECK(after_extend(R"({"seconds":86400})") == begin + 300 * kNsPerSecond);
  CHECK(shop.buy({.sku = "tv", .key = "k-1"}).body == first.body);
  CHECK(shop.act(order, "extend", R"({"seconds":0})").outcome() == "422 validation_failed");
}

TEST_CASE("a part of a hold is confirmed and the rest goes back", "[e2e]") {
  Shop shop(shop_with(R"(,"hold_seconds":3600)", 5, 3));
  const std::string order = held(shop, {.sku = "tv", .quantity = 3});
  CHECK(shop.buy({.sku = "tv"}).outcome() == "409 limit_reached");
  const HttpReply too_many = shop.act(order, "confirm", R"({"quantity":4})");
  CHECK(too_many.outcome() == "422 validation_failed");
  check_stock(shop, 2, 3, 0);
  const HttpReply confirmed = shop.act(order, "confirm", R"({"quantity":2})");
  CHECK(confirmed.at("/quantity") == "3");
  CHECK(confirmed.at("/confirmed_quantity") == "2");
  check_stock(shop, 3, 0, 2);
  CHECK(shop.act(order, "confirm", R"({"quantity":2})").body == confirmed.body);
  CHECK(shop.act(order, "confirm", R"({"quantity":3})").outcome() == "409 order_not_held");
  held(shop, {.sku = "tv"});  // the limit has one back
  CHECK(shop.buy({.sku = "tv"}).outcome() == "409 limit_reached");
}

TEST_CASE("a failed payment releases or keeps the hold, as the campaign says", "[e2e]") {
  SECTION("release") {
    Shop shop(shop_with(R"(,"hold_seconds":3600,"on_payment_failed":"release")"));
    const std::string order = held(shop, {.sku = "tv"});
    CHECK(shop.act(order, "payment-failed").at("/status") == "cancelled");
    CHECK(shop.act(order, "payment-failed", "{}").at("/status") == "cancelled");
    check_stock(shop, 5, 0, 0);
  }
  SECTION("keep") {
    Shop shop(shop_with(R"(,"hold_seconds":3600,"on_payment_failed":"keep")"));
    const std::string order = held(shop, {.sku = "tv"});
    const std::string before = shop.get(place_of(order)).body;
    CHECK(shop.act(order, "payment-failed").body == before);
    CHECK(shop.act(order, "confirm").at("/status") == "confirmed");
  }
}

TEST_CASE("units of a sale come back once for each key, and can be sold again", "[e2e]") {
  ShopSpec spec = shop_with("", 3, 3);
  spec.server = R"(,"cores":2)";
  Shop shop(spec);
  std::vector<HttpConnection> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(shop.connect());
  const std::string order = shop.buy({.sku = "tv", .quantity = 3}).at("/order");
  for (HttpConnection& client : clients)
    CHECK(client.exchange(buy_request({.sku = "tv", .buyer = "b-2"})).outcome() == "409 sold_out");

  const std::string key = "Idempotency-Key: \"r-1\"\r\n";
  const HttpReply first = shop.act(order, "return", R"({"quantity":1})", key);
  CHECK(first.status == 200);
  CHECK(first.at("/status") == "confirmed");
  CHECK(first.at("/returned_quantity") == "1");
  CHECK(first.header("Idempotent-Replayed") == "<none>");
  const HttpReply again = shop.act(order, "return", R"({"quantity":1})", key);
  CHECK(again.body == first.body);
  CHECK(again.header("Idempotent-Replayed") == "true");
  CHECK(shop.act(order, "return", R"({"quantity":2})", key).outcome() == "422 idempotency_key_reused");
  CHECK(shop.act(order, "return", R"({"quantity":1,"restock":false})", key).outcome() ==
        "422 idempotency_key_reused");
  check_stock(shop, 1, 0, 2);
  CHECK(shop.act(order, "return", R"({"quantity":3})").outcome() == "422 validation_failed");

  // No thread still says that it is sold out, and the buyer's limit has the unit back.
  CHECK(clients[5].exchange(buy_request({.sku = "tv"})).status == 201);
  for (HttpConnection& client : clients)
    CHECK(client.exchange(buy_request({.sku = "tv", .buyer = "b-2"})).outcome() == "409 sold_out");

  // What is broken is not sold again.
  const HttpReply rest = shop.act(order, "return", R"({"restock":false})");
  CHECK(rest.at("/returned_quantity") == "3");
  check_stock(shop, 0, 0, 3);
  CHECK(shop.act(order, "return").outcome() == "422 validation_failed");
}

TEST_CASE("acknowledge decided answers what happens to orders at decision time too", "[e2e]") {
  ShopSpec spec = shop_with(R"(,"hold_seconds":3600)");
  spec.server = R"(,"acknowledge":"decided")";
  Shop shop(spec);
  const std::string order = held(shop, {.sku = "tv"});
  CHECK(shop.act(order, "confirm").status == 200);
  REQUIRE(shop.stop().exit_code == 0);
  shop.start();
  CHECK(shop.get(place_of(order)).at("/status") == "confirmed");
  CHECK(shop.get(place_of(order)).at("/durable") == "true");
}

}  // namespace doorbuster
