// A data folder that an earlier program left: the server starts on it, knows every order, and sells on.

#include <filesystem>
#include <fstream>
#include <set>

#include "e2e/basket.h"
#include "e2e/calendar.h"

namespace doorbuster {
namespace {

const std::filesystem::path kGolden = "tests/golden/journal/1.0";

// The configuration that the folder's catalog came from.
ShopSpec golden_shop(const Calendar& calendar) {
  const std::string holds =
      R"(,"hold_seconds":600,"hold_max_seconds":900,"limit_per_buyer_total":6,"waitlist":true,)"
      R"("on_payment_failed":"grace","grace_seconds":20,"offer_seconds":30)";
  return {.campaigns = {{.id = "plain",
                         .offers = {{.sku = "tv", .stock = 10, .price = 100, .list_price = 200},
                                    {.sku = "pc", .stock = 10, .price = 101, .list_price = 201}}},
                        {.id = "holds",
                         .rules = holds,
                         .offers = {{.sku = "shoe", .stock = 4, .price = 102, .list_price = 202},
                                    {.sku = "sock", .stock = 5, .price = 103, .list_price = 203}}}},
          .cores = 2,
          .tracer = calendar.tracer()};
}

std::string sold_and_left(const Shop& shop, const std::string& sku, const std::string& campaign) {
  const StockView stock = shop.stock(sku, campaign);
  CHECK(stock.adds_up());
  return std::to_string(stock.sold) + " " + std::to_string(stock.available);
}

}  // namespace

TEST_CASE("a folder with every payload that there ever was is started on, on any number of cores", "[e2e]") {
  // Some days after the folder was left: its orders are remembered.
  const Calendar calendar("@2023-12-01 00:00:00");
  Shop shop(golden_shop(calendar));
  shop.stop();
  std::filesystem::remove_all(shop.data());
  std::filesystem::copy(kGolden / "payloads", shop.data());
  for (const int cores : {2, 1, 3}) {
    INFO(cores << " cores");
    ShopSpec spec = golden_shop(calendar);
    spec.cores = cores;
    shop.stop();
    shop.start(spec);
    CHECK(sold_and_left(shop, "tv", "plain") == "3 7");
    CHECK(sold_and_left(shop, "pc", "plain") == "2 8");
    CHECK(sold_and_left(shop, "shoe", "holds") == "4 0");
    CHECK(shop.stock("sock", "holds").sold == 1);

    std::set<std::string> orders;
    std::ifstream dump(kGolden / "payloads.jsonl");
    for (std::string line; std::getline(dump, line);) {
      const std::string order = json_at(line, "/payload/order");
      if (!order.starts_with('<')) orders.insert(order);
    }
    CHECK(orders.size() == 11);
    HttpConnection client = shop.connect();
    for (const std::string& order : orders) CHECK(client.get("/v1/orders/" + order).status == 200);

    const HttpReply again = shop.buy({.sku = "tv",
                                      .quantity = 2,
                                      .key = "k-1",
                                      .campaign = "plain",
                                      .expected_price = 120,
                                      .reference = R"(cart \"7\")"});
    CHECK(again.header("Idempotent-Replayed") == "true");
    CHECK(orders.count(again.at("/order")) == 1);
    const HttpReply basket = buy_basket(
        shop, {.lines = {{"pc", 2}, {"tv", 1}}, .buyer = "b-3", .key = "k-3", .campaign = "plain"});
    CHECK(basket.header("Idempotent-Replayed") == "true");
    CHECK(basket.at("/total") == "302");
    CHECK(shop.get("/v1/orders/" + basket.at("/order")).at("/returned_quantity") == "1");
  }
  CHECK(buy_basket(shop, {.lines = {{"tv", 7}, {"pc", 8}}, .campaign = "plain"}).status == 201);
  CHECK(buy_basket(shop, {.lines = {{"sock", 4}, {"shoe", 1}}, .campaign = "holds"}).outcome() ==
        "409 sold_out");
  CHECK(shop.stop().exit_code == 0);
}

TEST_CASE("a folder whose engine had something else than what it wrote is told as such, and started on",
          "[e2e]") {
  const Calendar calendar("@2023-12-01 00:00:00");
  Shop shop(golden_shop(calendar));
  shop.stop();
  std::filesystem::remove_all(shop.data());
  std::filesystem::copy(kGolden / "samples", shop.data());
  const ProgramResult stats = run_doorbuster({"journal", "stats", shop.data()});
  CHECK(stats.exit_code == 1);
  CHECK_THAT(stats.err, Catch::Contains("(state_sample): sku pc, order ") &&
                            Catch::Contains("the engine that wrote this had "));
  shop.start();
  CHECK_THAT(shop.server().log(), Catch::Contains("started with what the journal says") &&
                                      Catch::Contains("(state_sample): sku pc, order "));
  CHECK(shop.stop().exit_code == 0);
}

}  // namespace doorbuster
