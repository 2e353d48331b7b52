// Lines: who waits gets what comes back, before anybody else and in order.

#include <chrono>

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

ShopSpec shop_with_line(const std::string& rules, std::int64_t stock = 1) {
  return {.campaigns = {{.rules = R"(,"waitlist":true)" + rules, .offers = {{.sku = "tv", .stock = stock}}}}};
}

BuySpec waiting(const std::string& buyer, const std::string& key = {}, int quantity = 1) {
  return {.sku = "tv", .buyer = buyer, .quantity = quantity, .key = key, .members = R"(,"wait":true)"};
}

std::string order_path(const std::string& order) {
  return "/v1/orders/" + order;
}
std::string place_path(const std::string& ticket) {
  return "/v1/waitlist/" + ticket;
}

std::string ticket_of(const HttpReply& reply) {
  INFO(reply.body);
  REQUIRE(reply.status == 202);
  REQUIRE(reply.at("/status") == "waiting");
  return reply.at("/ticket");
}

HttpReply leave(Shop& shop, const std::string& ticket) {
  return shop.connect().exchange(get_request(place_path(ticket), {}, "DELETE"));
}

constexpr const char* kPurchase = " campaign sku quantity unit_price currency buyer durable";

}  // namespace

TEST_CASE("who waits is offered what comes back, in order, and before anybody else", "[e2e]") {
  Shop shop(shop_with_line(R"(,"hold_seconds":3600)"));
  const std::string first = shop.buy({.sku = "tv"}).at("/order");
  CHECK(shop.buy({.sku = "tv", .buyer = "b-2"}).outcome() == "409 all_held");
  const HttpReply second = shop.buy(waiting("b-2", "k-2"));
  CHECK(second.members() == "ticket status position" + std::string(kPurchase));
  CHECK(second.at("/position") == "1");
  CHECK(second.at("/durable") == "true");
  const std::string ticket = ticket_of(second);
  CHECK(second.header("Location") == place_path(ticket));
  CHECK(second.header("Idempotent-Replayed") == "<none>");
  const HttpReply third = shop.buy(waiting("b-3"));
  CHECK(third.at("/position") == "2");
  const std::string behind = ticket_of(third);
  CHECK(shop.get(place_path(ticket)).body == second.body);

  // A ticket is no order, and an order that never waited has no place.
  CHECK(shop.get(order_path(ticket)).outcome() == "404 order_not_found");
  CHECK(shop.get(place_path(first)).outcome() == "404 order_not_found");
  CHECK(leave(shop, first).outcome() == "404 order_not_found");
  const HttpReply early = shop.act(ticket, "confirm");
  CHECK(early.outcome() == "409 order_not_held");
  CHECK(early.at("/order_status") == "waiting");
  const HttpReply again = shop.buy(waiting("b-2", "k-2"));
  CHECK(again.status == 202);
  CHECK(again.body == second.body);
  CHECK(again.header("Idempotent-Replayed") == "true");

  CHECK(shop.act(first, "cancel").status == 200);
  const HttpReply offered = shop.get(place_path(ticket));
  CHECK(offered.members() == "ticket status order order_status expires_at" + std::string(kPurchase));
  CHECK(offered.at("/status") == "offered");
  CHECK(offered.at("/order") == ticket);
  CHECK(offered.at("/order_status") == "held");
  CHECK(shop.get(order_path(ticket)).at("/status") == "held");
  CHECK(shop.get(order_path(ticket)).at("/expires_at") == offered.at("/expires_at"));
  CHECK(shop.get(place_path(behind)).at("/position") == "1");
  CHECK(shop.buy({.sku = "tv", .buyer = "b-4"}).outcome() == "409 all_held");
  const HttpReply now = shop.buy(waiting("b-2", "k-2"));
  CHECK(now.status == 202);
  CHECK(now.body == offered.body);
  CHECK(now.header("Location") == place_path(ticket));

  CHECK(shop.act(ticket, "confirm").at("/status") == "confirmed");
  CHECK(shop.get(place_path(ticket)).at("/order_status") == "confirmed");
  const HttpReply late = leave(shop, ticket);
  CHECK(late.outcome() == "409 order_not_held");
  CHECK(late.at("/order_status") == "confirmed");
  CHECK(shop.stock("tv").sold == 1);
}

TEST_CASE("who leaves the line stands in it no more, and nobody is left out", "[e2e]") {
  Shop shop(shop_with_line(R"(,"hold_seconds":3600)"));
  const std::string first = shop.buy({.sku = "tv"}).at("/order");
  const std::string second = ticket_of(shop.buy(waiting("b-2")));
  const std::string third = ticket_of(shop.buy(waiting("b-3")));
  const HttpReply left = leave(shop, second);
  CHECK(left.status == 200);
  CHECK(left.members() == "ticket status" + std::string(kPurchase));
  CHECK(left.at("/status") == "left");
  CHECK(left.at("/durable") == "true");
  CHECK(leave(shop, second).body == left.body);
  CHECK(shop.get(place_path(second)).at("/status") == "left");
  CHECK(shop.get(place_path(third)).at("/position") == "1");
  CHECK(shop.act(first, "cancel").status == 200);
  CHECK(shop.get(place_path(second)).at("/status") == "left");
  CHECK(shop.get(place_path(third)).at("/status") == "offered");
}

TEST_CASE("an offer that is not taken up goes to who stands behind", "[e2e]") {
  Shop shop(shop_with_line(R"(,"hold_seconds":3600,"offer_seconds":1)"));
  const std::string first = shop.buy({.sku = "tv"}).at("/order");
  const std::string second = ticket_of(shop.buy(waiting("b-2")));
  const std::string third = ticket_of(shop.buy(waiting("b-3")));
  CHECK(shop.act(first, "payment-failed").status == 200);
  shop.wait_for(place_path(third), "/status", "offered");
  const HttpReply missed = shop.get(place_path(second));
  CHECK(missed.at("/status") == "offered");
  CHECK(missed.at("/order_status") == "expired");
  // The last one misses it too, and it is anybody's again.
  shop.wait_for(place_path(third), "/order_status", "expired");
  CHECK(shop.buy({.sku = "tv", .buyer = "b-4"}).status == 201);
}

TEST_CASE("without a line to wait in, waiting is all_held or sold_out", "[e2e]") {
  ShopSpec spec = {.campaigns = {{.rules = R"(,"hold_seconds":3600)", .offers = {{.sku = "tv", .stock = 1}}},
                                 {.id = "line",
                                  .rules = R"(,"hold_seconds":3600,"waitlist":true)",
                                  .offers = {{.sku = "tv", .stock = 2}}}}};
  Shop shop(spec);
  CHECK(shop.buy(waiting("b-1")).status == 201);  // something is left: nobody has to wait
  CHECK(shop.buy(waiting("b-2")).outcome() == "409 all_held");
  BuySpec in_line = waiting("b-1");
  in_line.campaign = "line";
  const std::string one = shop.buy(in_line).at("/order");
  const std::string two = shop.buy(in_line).at("/order");
  CHECK(shop.act(one, "confirm").status == 200);
  // Only one unit can come back.
  in_line.quantity = 2;
  CHECK(shop.buy(in_line).outcome() == "409 all_held");
  in_line.quantity = 1;
  CHECK(shop.buy(in_line).status == 202);
  CHECK(shop.act(two, "confirm").status == 200);
  CHECK(shop.buy(in_line).outcome() == "409 sold_out");
}

TEST_CASE("respond-async is applied to a place in the line", "[e2e]") {
  Shop shop(shop_with_line(R"(,"hold_seconds":3600)"));
  REQUIRE(shop.buy({.sku = "tv"}).status == 201);
  BuySpec spec = waiting("b-2");
  spec.headers = "Prefer: respond-async\r\n";
  const HttpReply reply = shop.buy(spec);
  CHECK(reply.status == 202);
  CHECK(reply.header("Preference-Applied") == "respond-async");
  CHECK(reply.at("/durable") == "false");
  shop.wait_for(reply.header("Location"), "/durable", "true");
}

TEST_CASE("lines, holds and returns are there after a restart with another number of cores", "[e2e]") {
  ShopSpec spec =
      shop_with_line(R"(,"hold_seconds":3600,"hold_max_seconds":7200,"limit_per_buyer_total":6)", 6);
  spec.cores = 1;
  Shop shop(spec);
  const auto order = [&](const BuySpec& buy) { return shop.buy(buy).at("/order"); };
  const std::string kept = order({.sku = "tv", .buyer = "b-1", .key = "k-1"});
  const std::string part = order({.sku = "tv", .buyer = "b-2", .quantity = 2});
  const std::string gone = order({.sku = "tv", .buyer = "b-3"});
  const std::string whole = order({.sku = "tv", .buyer = "b-4", .quantity = 2});
  CHECK(shop.act(part, "confirm", R"({"quantity":1,"payment_reference":"pi_2"})").status == 200);
  CHECK(shop.act(gone, "cancel").status == 200);
  CHECK(shop.act(gone, "confirm", R"({"payment_reference":"pi_3"})").at("/refund_due") == "true");
  CHECK(shop.act(whole, "confirm").status == 200);
  CHECK(shop.act(whole, "return", R"({"quantity":1,"restock":false})", "Idempotency-Key: r-1\r\n").status ==
        200);
  CHECK(shop.act(kept, "extend", R"({"seconds":5000})").status == 200);
  const std::string rest = order({.sku = "tv", .buyer = "b-5", .quantity = 2});
  const std::string ticket = ticket_of(shop.buy(waiting("b-6", "k-6")));
  const std::string left = ticket_of(shop.buy(waiting("b-7")));
  CHECK(leave(shop, left).status == 200);

  const std::vector<std::string> paths = {order_path(kept),  order_path(part), order_path(gone),
                                          order_path(whole), order_path(rest), place_path(ticket),
                                          place_path(left)};
  std::vector<std::string> before;
  for (const std::string& path : paths) before.push_back(shop.get(path).body);
  for (const int cores : {2, 3}) {
    INFO(cores << " cores");
    REQUIRE(shop.stop().exit_code == 0);
    const std::string state = logged_state(shop.server().log(), "stopped:");
    spec.cores = cores;
    shop.start(spec);
    CHECK(logged_state(shop.server().log(), "recovered data folder") == state);
    for (std::size_t i = 0; i < paths.size(); ++i) CHECK(shop.get(paths[i]).body == before[i]);
    CHECK(shop.buy(waiting("b-6", "k-6")).header("Idempotent-Replayed") == "true");
    CHECK(shop.buy({.sku = "tv", .buyer = "b-1", .key = "k-1"}).at("/status") == "held");
    CHECK(shop.act(whole, "return", R"({"quantity":1,"restock":false})", "Idempotency-Key: r-1\r\n")
              .header("Idempotent-Replayed") == "true");
    CHECK(shop.stock("tv").adds_up());
  }
  CHECK(shop.act(rest, "cancel").status == 200);
  CHECK(shop.get(place_path(ticket)).at("/status") == "offered");
}

TEST_CASE("a hold that runs out while nobody is there is offered to the line at the start", "[e2e]") {
  ShopSpec spec = shop_with_line(R"(,"hold_seconds":3600,"on_payment_failed":"grace","grace_seconds":1)");
  Shop shop(spec);
  const HttpReply first = shop.buy({.sku = "tv"});
  const HttpReply second = shop.buy(waiting("b-2"));
  REQUIRE(second.status == 202);
  CHECK(shop.act(first.at("/order"), "payment-failed").at("/status") == "held");
  shop.server().kill();
  shop.start();
  const HttpReply offered = shop.wait_for(place_path(second.at("/ticket")), "/status", "offered");
  CHECK(offered.at("/order_status") == "held");
  CHECK(shop.get(order_path(first.at("/order"))).at("/status") == "expired");
}

TEST_CASE("when the campaign is over, so is the waiting", "[e2e]") {
  ShopSpec spec = shop_with_line(R"(,"hold_seconds":3600)");
  Shop shop(spec);
  const std::string first = shop.buy({.sku = "tv"}).at("/order");
  const std::string ticket = ticket_of(shop.buy(waiting("b-2", "k-2")));
  spec.campaigns[0].ends_at = "2020-01-02T00:00:00Z";
  REQUIRE(shop.reload(spec));
  CHECK(shop.buy(waiting("b-3")).outcome() == "410 campaign_ended");
  CHECK(shop.act(first, "cancel").status == 200);  // a hold's life goes on behind the end
  const HttpReply ended = shop.get(place_path(ticket));
  CHECK(ended.at("/status") == "ended");
  CHECK(ended.at("/position") == "<missing>");
  CHECK(shop.buy(waiting("b-2", "k-2")).at("/status") == "ended");
  CHECK(leave(shop, ticket).at("/status") == "left");
}

}  // namespace doorbuster
