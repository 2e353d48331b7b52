// A month goes by while the server runs: what is over is forgotten.
#include <chrono>

#include "e2e/calendar.h"
#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr const char* kThirtyDays = "+2592001";

ShopSpec two_sales(const Calendar& calendar) {
  return {.campaigns = {{.rules = R"(,"hold_seconds":600)", .offers = {{.sku = "tv"}}},
                        {.id = "limited", .limit_per_buyer = 2, .offers = {{.sku = "pc"}}}},
          .cores = 1,
          .tracer = calendar.tracer()};
}

void wait_until_forgotten(const Shop& shop, double orders) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (shop.metric("doorbuster_orders_forgotten_total{shard=\"0\"}") < orders) {
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
}

}  // namespace

TEST_CASE("a month after it was over an order is gone, its key is new, and what counts for a limit is there",
          "[e2e]") {
  Calendar calendar("+0");
  Shop shop(two_sales(calendar));
  const BuySpec wanted = {.sku = "tv", .key = "k-1"};
  const HttpReply held = shop.buy(wanted);
  REQUIRE(held.status == 201);
  const std::string order = held.at("/order");
  REQUIRE(shop.act(order, "confirm").status == 200);
  const HttpReply abandoned = shop.buy({.sku = "tv", .buyer = "b-2", .key = "k-2"});
  REQUIRE(abandoned.status == 201);
  const HttpReply counted = shop.buy({.sku = "pc", .quantity = 2, .key = "k-3", .campaign = "limited"});
  REQUIRE(counted.status == 201);

  calendar.set("+2591000");
  CHECK(shop.get("/v1/orders/" + order).at("/status") == "confirmed");
  CHECK(shop.buy(wanted).header("Idempotent-Replayed") == "true");

  calendar.set(kThirtyDays);
  CHECK(shop.get("/v1/orders/" + order).outcome() == "410 order_gone");
  CHECK(shop.act(order, "return").outcome() == "410 order_gone");
  CHECK(shop.act(order, "cancel").outcome() == "410 order_gone");
  // Ten minutes later that which ran out then.
  calendar.set("+2592700");
  CHECK(shop.get("/v1/orders/" + abandoned.at("/order")).outcome() == "410 order_gone");
  wait_until_forgotten(shop, 2);

  const HttpReply again = shop.buy(wanted);
  CHECK(again.status == 201);
  CHECK(again.at("/order") != order);
  CHECK(again.header("Idempotent-Replayed") == "<none>");
  CHECK(shop.stock("tv").sold == 1);
  CHECK(shop.stock("tv").held == 1);
  CHECK(shop.get("/v1/orders/" + counted.at("/order")).at("/status") == "confirmed");
  CHECK(shop.buy({.sku = "pc", .campaign = "limited"}).outcome() == "409 limit_reached");

  shop.stop();
  const std::string dump = run_doorbuster({"journal", "dump", shop.data()}).out;
  CHECK(dump.find(R"("kind":"orders_forgotten","kind_number":36)") != std::string::npos);
  CHECK(dump.find(R"({"retention_seconds":2592000,"orders":[{"order":")") != std::string::npos);
  const std::string stats = run_doorbuster({"journal", "stats", shop.data()}).out;
  const std::string state = logged_state(shop.server().log(), "stopped:");
  CHECK_FALSE(state.empty());
  CHECK(stats.find("state_hash " + state) != std::string::npos);
  shop.start();
  CHECK(shop.get("/v1/orders/" + order).outcome() == "410 order_gone");
  CHECK(shop.buy(wanted).at("/order") == again.at("/order"));
}

}  // namespace doorbuster
