// Baskets: several SKUs of several shards in one order, all of them or none.

#include "e2e/basket.h"

#include <functional>

namespace doorbuster {
namespace {

// On two cores tv and cam belong to one shard, pc and hat to the other.
ShopSpec four_skus(const std::string& rules = {}, int limit_per_buyer = 0) {
  return {.campaigns = {{.limit_per_buyer = limit_per_buyer,
                         .rules = rules,
                         .offers = {{.sku = "tv", .stock = 5, .price = 700},
                                    {.sku = "pc", .stock = 5, .price = 300},
                                    {.sku = "cam", .stock = 5, .price = 20},
                                    {.sku = "hat", .stock = 5, .price = 1}}}},
          .cores = 2};
}

std::string all_units(const Shop& shop) {
  std::string units;
  for (const char* sku : {"tv", "pc", "cam", "hat"}) units += units_of(shop, sku) + "; ";
  return units;
}

struct Refused {
  const char* name;
  const char* rules;
  int limit;
  std::function<void(Shop&)> before;
  BasketSpec basket;
  std::string outcome;
  std::string sku;  // "<missing>": none is named
};

std::vector<Refused> refused_baskets() {
  const auto sell = [](const char* sku, int quantity) {
    return [=](Shop& shop) {
      REQUIRE(shop.buy({.sku = sku, .buyer = "x", .quantity = quantity}).status == 201);
    };
  };
  const auto nothing = [](Shop&) {};
  const auto both = [](auto first, auto second) {
    return [=](Shop& shop) {
      first(shop);
      second(shop);
    };
  };
  const char* holds = R"(,"hold_seconds":3600)";
  const char* total = R"(,"limit_per_buyer_total":3)";
  const BasketSpec two{.lines = {{"tv", 2}, {"pc", 2}}};
  const auto price = [&](int expected) {
    BasketSpec spec = two;
    spec.members = ",\"expected_price\":" + std::to_string(expected);
    return spec;
  };
  return {
      {"sold out in the other shard", "", 0, sell("pc", 5), two, "409 sold_out", "pc"},
      {"sold out at home", "", 0, sell("tv", 4), two, "409 sold_out", "tv"},
      {"too few left", "", 0, sell("pc", 4), two, "409 sold_out", "pc"},
      {"held by others", holds, 0, sell("pc", 4), two, "409 all_held", "pc"},
      {"a limit", "", 1, nothing, two, "409 limit_reached", "tv"},
      {"a limit of what he has", "", 2,
       [](Shop& shop) { REQUIRE(shop.buy({.sku = "pc", .quantity = 1}).status == 201); }, two,
       "409 limit_reached", "pc"},
      {"the limit over the campaign", total, 0, nothing, two, "409 limit_reached", "tv"},
      {"a price that is higher now", "", 0, nothing, price(1999), "409 price_changed", "tv"},
      {"the limit before the price", "", 1, nothing, price(1), "409 limit_reached", "tv"},
      {"the price before the stock", "", 0, sell("pc", 5), price(1999), "409 price_changed", "tv"},
      {"all held before sold out", holds, 0,
       both(sell("pc", 4),
            [](Shop& shop) {
              const HttpReply held = shop.buy({.sku = "tv", .buyer = "x", .quantity = 5});
              REQUIRE(shop.act(held.at("/order"), "confirm").status == 200);
            }),
       two, "409 all_held", "pc"},
      {"no such SKU", "", 0, nothing, {.lines = {{"tv", 1}, {"cap", 1}}}, "404 sku_not_found", "cap"},
      {"no such campaign",
       "",
       0,
       nothing,
       {.lines = {{"tv", 1}}, .campaign = "fair"},
       "404 campaign_not_found",
       "<missing>"},
      {"a line that waits",
       holds,
       0,
       nothing,
       {.lines = {{"tv", 1}}, .members = R"(,"wait":true)"},
       "422 validation_failed",
       "<missing>"},
      {"lines and a SKU",
       "",
       0,
       nothing,
       {.lines = {{"tv", 1}}, .members = R"(,"sku":"tv")"},
       "422 validation_failed",
       "<missing>"},
  };
}

}  // namespace

TEST_CASE("a basket over two shards is one order with one total", "[e2e]") {
  Shop shop(four_skus());
  const HttpReply sold = buy_basket(shop, {.lines = {{"pc", 2}, {"tv", 1}, {"pc", 1}, {"cam", 4}},
                                           .key = "k-1",
                                           .members = R"(,"expected_price":1680,"reference":"cart 7")"});
  INFO(sold.body);
  REQUIRE(sold.status == 201);
  CHECK(sold.members() == "order status campaign lines total currency buyer durable reference");
  CHECK(sold.at("/status") == "confirmed");
  CHECK(sold.at("/lines") == R"([{"sku":"tv","quantity":1,"unit_price":700},)"
                             R"({"sku":"pc","quantity":3,"unit_price":300},)"
                             R"({"sku":"cam","quantity":4,"unit_price":20}])");
  CHECK(sold.at("/total") == "1680");
  CHECK(sold.at("/durable") == "true");
  CHECK(sold.at("/reference") == "cart 7");
  CHECK(sold.header("Location") == "/v1/orders/" + sold.at("/order"));
  CHECK(all_units(shop) == "4 0 1; 2 0 3; 1 0 4; 5 0 0; ");

  const HttpReply found = shop.get(sold.header("Location"));
  CHECK(found.members() == "order status campaign lines total currency buyer durable decided_at reference");
  for (const char* member : {"/order", "/status", "/lines", "/total", "/buyer", "/durable"}) {
    CHECK(found.at(member) == sold.at(member));
  }
}

TEST_CASE("a basket's key gets its order again, in any order of the lines, and for nothing else", "[e2e]") {
  Shop shop(four_skus());
  const BasketSpec spec{.lines = {{"pc", 2}, {"tv", 1}}, .key = "k-1"};
  const HttpReply first = buy_basket(shop, spec);
  REQUIRE(first.status == 201);
  const auto same = [&](const BasketSpec& again) {
    const HttpReply reply = buy_basket(shop, again);
    CHECK(reply.status == 201);
    CHECK(reply.header("Idempotent-Replayed") == "true");
    CHECK(reply.header("Location") == first.header("Location"));
    CHECK(reply.body == first.body);
  };
  same(spec);
  same({.lines = {{"tv", 1}, {"pc", 1}, {"pc", 1}}, .key = "k-1"});
  const auto reused = [&](BasketSpec other) {
    other.key = "k-1";
    CHECK(buy_basket(shop, other).outcome() == "422 idempotency_key_reused");
  };
  reused({.lines = {{"tv", 1}, {"pc", 1}}});
  reused({.lines = {{"tv", 2}, {"pc", 1}}});  // as many units in all
  reused({.lines = {{"tv", 1}, {"hat", 2}}});
  reused({.lines = {{"tv", 3}}});
  reused({.lines = {{"tv", 1}, {"pc", 2}}, .buyer = "b-2"});
  reused({.lines = {{"tv", 1}, {"pc", 2}}, .members = R"(,"expected_price":1300)"});
  reused({.lines = {{"tv", 1}, {"pc", 2}}, .members = R"(,"reference":"r")"});
  CHECK(shop.buy({.sku = "tv", .quantity = 3, .key = "k-1"}).outcome() == "422 idempotency_key_reused");
  CHECK(all_units(shop) == "4 0 1; 3 0 2; 5 0 0; 5 0 0; ");
  // A key belongs to a SKU, here the first: another first one is another request.
  CHECK(buy_basket(shop, {.lines = {{"pc", 2}}, .key = "k-1"}).header("Idempotent-Replayed") == "<none>");
  // And a single buy's key is not a basket's, even of the same SKU and quantity.
  REQUIRE(shop.buy({.sku = "hat", .key = "k-2"}).status == 201);
  CHECK(buy_basket(shop, {.lines = {{"hat", 1}}, .key = "k-2"}).outcome() == "422 idempotency_key_reused");
  // Across a crash, on another number of cores, and when everything is gone.
  REQUIRE(buy_basket(shop, {.lines = {{"tv", 4}}, .buyer = "b-2"}).status == 201);
  shop.server().kill();
  ShopSpec three = four_skus();
  three.cores = 3;
  shop.start(three);
  same(spec);
  reused({.lines = {{"tv", 1}, {"pc", 1}}});
  CHECK(buy_basket(shop, {.lines = {{"tv", 1}, {"pc", 1}}}).outcome() == "409 sold_out");
}

TEST_CASE("a basket of which one line cannot be had takes nothing, and says which", "[e2e]") {
  for (const Refused& refused : refused_baskets()) {
    INFO(refused.name);
    Shop shop(four_skus(refused.rules, refused.limit));
    refused.before(shop);
    const std::string units = all_units(shop);
    for (const bool keyed : {false, true}) {
      BasketSpec basket = refused.basket;
      if (keyed) basket.key = "k-1";
      const HttpReply reply = buy_basket(shop, basket);
      INFO(reply.body);
      CHECK(reply.outcome() == refused.outcome);
      CHECK(reply.at("/sku") == refused.sku);
      CHECK(reply.at("/price") == (refused.outcome == "409 price_changed" ? "2000" : "<missing>"));
      const bool held = refused.outcome == "409 all_held";
      CHECK((reply.at("/earliest_return_at") != "<missing>") == held);
      CHECK((reply.header("Retry-After") != "<none>") == held);
      CHECK(all_units(shop) == units);
    }
    // What it did not take somebody else has, and its key was not used up.
    if (!refused.outcome.starts_with("409")) continue;
    CHECK(shop.buy({.sku = "hat", .buyer = "y"}).status == 201);
    CHECK(buy_basket(shop, {.lines = {{"cam", 1}, {"hat", 1}}, .buyer = "y2", .key = "k-1"}).status == 201);
  }
}

TEST_CASE("a basket that everybody holds may come back when its own units may", "[e2e]") {
  const auto held = [](const char* id, const char* rules) {
    return CampaignSpec{.id = id, .rules = rules, .offers = {{.sku = "tv", .stock = 1}, {.sku = "pc"}}};
  };
  Shop shop({.campaigns = {held("slow", R"(,"hold_seconds":3600)"), held("fast", R"(,"hold_seconds":60)")},
             .cores = 1});
  for (const char* campaign : {"slow", "fast"}) {
    REQUIRE(shop.buy({.sku = "tv", .campaign = campaign}).status == 201);
  }
  for (int turn = 0; turn < 3; ++turn) {
    CHECK(std::stoi(shop.buy({.sku = "tv", .campaign = "slow"}).header("Retry-After")) > 60);
    const HttpReply reply = buy_basket(shop, {.lines = {{"tv", 1}, {"pc", 1}}, .campaign = "fast"});
    CHECK(reply.outcome() == "409 all_held");
    CHECK(std::stoi(reply.header("Retry-After")) <= 60);  // not the answer before, in the same memory
  }
}

TEST_CASE("a campaign that has not begun or is over sells no baskets", "[e2e]") {
  ShopSpec spec = four_skus();
  spec.campaigns.push_back({.id = "later", .starts_at = "2098-01-01T00:00:00Z", .offers = {{.sku = "tv"}}});
  spec.campaigns.push_back({.id = "over", .ends_at = "2021-01-01T00:00:00Z", .offers = {{.sku = "tv"}}});
  Shop shop(spec);
  const HttpReply later = buy_basket(shop, {.lines = {{"tv", 1}}, .campaign = "later"});
  CHECK(later.outcome() == "409 campaign_not_started");
  CHECK(later.at("/starts_at") == "2098-01-01T00:00:00Z");
  CHECK(later.header("Retry-After") != "<none>");
  CHECK(buy_basket(shop, {.lines = {{"tv", 1}}, .campaign = "over"}).outcome() == "410 campaign_ended");
}

TEST_CASE("a basket is answered when it is durable, whatever is preferred", "[e2e]") {
  ShopSpec spec = four_skus();
  spec.server = R"(,"acknowledge":"decided")";
  for (const ShopSpec& each : {four_skus(), spec}) {
    Shop shop(each);
    const HttpReply reply =
        buy_basket(shop, {.lines = {{"tv", 1}, {"pc", 1}}, .headers = "Prefer: respond-async\r\n"});
    CHECK(reply.status == 201);
    CHECK(reply.at("/durable") == "true");
    CHECK(reply.header("Preference-Applied") == "<none>");
    shop.server().kill();
    shop.start();
    CHECK(shop.get(reply.header("Location")).at("/lines") == reply.at("/lines"));
    CHECK(all_units(shop) == "4 0 1; 4 0 1; 5 0 0; 5 0 0; ");
  }
}

TEST_CASE("the largest basket of a campaign is bought whole on any number of cores", "[e2e]") {
  ShopSpec spec{.campaigns = {{}}};
  BasketSpec basket;
  for (int i = 0; i < 16; ++i) {
    spec.campaigns[0].offers.push_back({.sku = "sku-" + std::to_string(i), .stock = 3000, .price = 1 + i});
    basket.lines.emplace_back("sku-" + std::to_string(15 - i), 1000);
  }
  Shop shop(spec);
  int bought = 0;
  for (const int cores : {1, 2, 5}) {
    INFO(cores << " cores");
    spec.cores = cores;
    shop.stop();
    shop.start(spec);
    const HttpReply reply = buy_basket(shop, basket);
    INFO(reply.body);
    CHECK(reply.status == 201);
    CHECK(reply.at("/total") == "136000");
    ++bought;
    for (int i = 0; i < 16; ++i) CHECK(shop.stock("sku-" + std::to_string(i)).sold == 1000 * bought);
  }
  CHECK(buy_basket(shop, basket).outcome() == "409 sold_out");
  CHECK(shop.stop().exit_code == 0);
}

}  // namespace doorbuster
