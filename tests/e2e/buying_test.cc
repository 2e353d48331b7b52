// Buying, as the contract has it: replies to the byte where it names them, idempotency, and the order of the
// checks.

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr const char* kOrderMembers = "order status campaign sku quantity unit_price currency buyer durable";

CampaignSpec ended(CampaignSpec campaign) {
  campaign.ends_at = "2020-01-02T00:00:00Z";
  return campaign;
}

bool is_url_safe(const std::string& text) {
  return !text.empty() &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") ==
             std::string::npos;
}

}  // namespace

TEST_CASE("a buy is answered 201 with the order, its place and nothing else", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 5, .price = 49'900, .list_price = 99'900}}}}});
  const HttpReply reply = shop.buy({.sku = "tv", .buyer = "b-829301", .quantity = 2});
  CHECK(reply.status == 201);
  CHECK(reply.members() == kOrderMembers);
  CHECK(reply.at("/status") == "confirmed");
  CHECK(reply.at("/campaign") == "sale");
  CHECK(reply.at("/sku") == "tv");
  CHECK(reply.at("/quantity") == "2");
  CHECK(reply.at("/unit_price") == "49900");
  CHECK(reply.at("/currency") == "EUR");
  CHECK(reply.at("/buyer") == "b-829301");
  CHECK(reply.at("/durable") == "true");
  CHECK(reply.header("Content-Type") == "application/json");
  CHECK(reply.header("Idempotent-Replayed") == "<none>");
  CHECK(reply.header("Preference-Applied") == "<none>");
  CHECK(reply.header("Connection") == "<none>");
  CHECK(reply.header("Date").ends_with(" GMT"));

  const std::string order = reply.at("/order");
  CHECK(order.size() <= 40);
  CHECK(is_url_safe(order));
  CHECK(reply.header("Location") == "/v1/orders/" + order);

  const HttpReply found = shop.get(reply.header("Location"));
  CHECK(found.status == 200);
  CHECK(found.at("/order") == order);
  CHECK(found.at("/status") == "confirmed");
  CHECK(found.at("/quantity") == "2");
  CHECK(found.at("/unit_price") == "49900");
  CHECK(found.at("/durable") == "true");
  CHECK(found.header("Content-Type") == "application/json");
}

TEST_CASE("optional members of a buy are taken, and a reference comes back with the order", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv"}}}}});
  const std::string body =
      R"({"buyer":"b","sku":"tv","campaign":"sale","channel":"app","region":"eu-1","segment":"gold",)"
      R"("reference":"cart \"7\" \u00e4","expected_price":1000})";
  const HttpReply reply = shop.connect().exchange(post_request("/v1/buy", body));
  CHECK(reply.status == 201);
  CHECK(reply.at("/quantity") == "1");
  CHECK(reply.at("/reference") == "cart \"7\" \xc3\xa4");
  CHECK(shop.get(reply.header("Location")).at("/reference") == "cart \"7\" \xc3\xa4");
}

TEST_CASE("media types and header names are compared as HTTP compares them", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv"}}}}});
  const std::string body = buy_body({.sku = "tv"});
  for (const char* type : {"application/json", "Application/JSON", "application/json; charset=utf-8"}) {
    const std::string request =
        "POST /v1/buy?trace=1 HTTP/1.1\r\nhOST: shop\r\ncontent-TYPE: " + std::string(type) +
        "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    CHECK(shop.connect().exchange(request).status == 201);
  }
}

TEST_CASE("respond-async is answered 202 at decision time, and the order says when it is durable", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv"}}}}});
  HttpConnection client = shop.connect();
  const HttpReply reply =
      client.exchange(buy_request({.sku = "tv", .headers = "Prefer: wait=5, respond-async\r\n"}));
  CHECK(reply.status == 202);
  CHECK(reply.members() == kOrderMembers);
  CHECK(reply.at("/durable") == "false");
  CHECK(reply.header("Preference-Applied") == "respond-async");
  CHECK(reply.header("Location") == "/v1/orders/" + reply.at("/order"));
  const auto until = std::chrono::steady_clock::now() + kPatience;
  std::string durable;
  do {
    const HttpReply order = client.get(reply.header("Location"));
    REQUIRE(order.status == 200);
    durable = order.at("/durable");
  } while (durable == "false" && std::chrono::steady_clock::now() < until);
  CHECK(durable == "true");
  CHECK(client.exchange(buy_request({.sku = "tv", .headers = "Prefer: return=minimal\r\n"})).status == 201);
}

TEST_CASE("acknowledge decided says in every reply that it is not durable yet", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv"}}}}, .server = R"(,"acknowledge":"decided")"});
  const HttpReply reply = shop.buy({.sku = "tv"});
  CHECK(reply.status == 201);
  CHECK(reply.at("/durable") == "false");
  CHECK(reply.header("Preference-Applied") == "<none>");
  const std::string place = reply.header("Location");
  REQUIRE(shop.stop().exit_code == 0);
  shop.start();
  CHECK(shop.get(place).at("/durable") == "true");
}

TEST_CASE("a lower price is charged, a higher one is refused with the price", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 5, .price = 1000}}}}});
  const HttpReply lower = shop.buy({.sku = "tv", .expected_price = 1200});
  CHECK(lower.status == 201);
  CHECK(lower.at("/unit_price") == "1000");
  const HttpReply higher = shop.buy({.sku = "tv", .expected_price = 999});
  CHECK(higher.outcome() == "409 price_changed");
  CHECK(higher.at("/price") == "1000");
  CHECK(shop.stock("tv").sold == 1);
}

// --- idempotency
// --------------------------------------------------------------------------------------------------

TEST_CASE("the same request with the same key gets the same order, quoted or not", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 5}}}}});
  const BuySpec bare = {.sku = "tv", .key = "8e03978e-40d5"};
  const HttpReply first = shop.buy(bare);
  CHECK(first.status == 201);
  CHECK(first.header("Idempotent-Replayed") == "<none>");
  BuySpec again = bare;
  for (const char* key : {"8e03978e-40d5", "\"8e03978e-40d5\""}) {
    again.key = key;
    const HttpReply reply = shop.buy(again);
    CHECK(reply.status == 201);
    CHECK(reply.body == first.body);
    CHECK(reply.header("Location") == first.header("Location"));
    CHECK(reply.header("Idempotent-Replayed") == "true");
  }
  // A backslash escape in the quoted form is the character itself.
  BuySpec escaped = {.sku = "tv", .key = "a\"b\\c"};
  const HttpReply plain = shop.buy(escaped);
  escaped.key = "\"a\\\"b\\\\c\"";
  CHECK(shop.buy(escaped).body == plain.body);
  CHECK(shop.stock("tv").sold == 2);
}

TEST_CASE("what does not name the request is not compared in a replay", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 5}}}}});
  const HttpReply first = shop.buy({.sku = "tv", .key = "k"});
  const std::string body =
      R"({ "segment":"gold", "sku":"tv","channel":"web","region":"eu","buyer":"b-1","campaign":"sale"})";
  const HttpReply second = shop.connect().exchange(post_request("/v1/buy", body, "Idempotency-Key: k\r\n"));
  CHECK(second.body == first.body);
  CHECK(second.header("Idempotent-Replayed") == "true");
}

TEST_CASE("a key with another quantity, buyer, price or reference is refused and takes nothing", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 9}}}}});
  const BuySpec first = {.sku = "tv", .key = "k", .expected_price = 1000, .reference = "cart-1"};
  REQUIRE(shop.buy(first).status == 201);
  BuySpec other = first;
  other.quantity = 2;
  CHECK(shop.buy(other).outcome() == "422 idempotency_key_reused");
  other = first;
  other.buyer = "b-2";
  CHECK(shop.buy(other).outcome() == "422 idempotency_key_reused");
  other = first;
  other.expected_price = 1001;
  CHECK(shop.buy(other).outcome() == "422 idempotency_key_reused");
  other.expected_price = std::nullopt;
  CHECK(shop.buy(other).outcome() == "422 idempotency_key_reused");
  other = first;
  other.reference = "cart-2";
  CHECK(shop.buy(other).outcome() == "422 idempotency_key_reused");
  CHECK(shop.stock("tv").sold == 1);
  CHECK(shop.buy(first).header("Idempotent-Replayed") == "true");
}

TEST_CASE("a key belongs to its campaign and SKU", "[e2e]") {
  Shop shop({.campaigns = {{.id = "sale", .offers = {{.sku = "tv"}, {.sku = "pc"}}},
                           {.id = "other", .offers = {{.sku = "tv"}}}}});
  const HttpReply first = shop.buy({.sku = "tv", .key = "k"});
  const HttpReply other_sku = shop.buy({.sku = "pc", .key = "k"});
  const HttpReply other_campaign = shop.buy({.sku = "tv", .key = "k", .campaign = "other"});
  CHECK(first.status == 201);
  CHECK(other_sku.status == 201);
  CHECK(other_campaign.status == 201);
  CHECK(other_sku.header("Idempotent-Replayed") == "<none>");
  CHECK(other_campaign.header("Idempotent-Replayed") == "<none>");
  CHECK(other_sku.at("/order") != first.at("/order"));
  CHECK(other_campaign.at("/order") != first.at("/order"));
}

TEST_CASE("a refusal is not kept under its key: asking again is a new question", "[e2e]") {
  ShopSpec spec{.campaigns = {{.offers = {{.sku = "tv", .stock = 1}}}}};
  Shop shop(spec);
  REQUIRE(shop.buy({.sku = "tv", .buyer = "a"}).status == 201);
  const BuySpec asked = {.sku = "tv", .buyer = "b", .key = "k"};
  CHECK(shop.buy(asked).outcome() == "409 sold_out");
  spec.campaigns[0].offers[0].stock = 2;
  REQUIRE(shop.reload(spec));
  const HttpReply later = shop.buy(asked);
  CHECK(later.status == 201);
  CHECK(later.header("Idempotent-Replayed") == "<none>");
}

TEST_CASE("an order is replayed after the sell-out, after a new price, after the end, and after restarts",
          "[e2e]") {
  ShopSpec spec{.campaigns = {{.offers = {{.sku = "tv", .stock = 1}}}}};
  Shop shop(spec);
  const BuySpec buy = {.sku = "tv", .key = "k"};
  const HttpReply first = shop.buy(buy);
  REQUIRE(first.status == 201);
  const auto is_replayed = [&] {
    const HttpReply reply = shop.buy(buy);
    CHECK(reply.status == 201);
    CHECK(reply.header("Idempotent-Replayed") == "true");
    CHECK(reply.body == first.body);
  };
  REQUIRE(shop.buy({.sku = "tv", .buyer = "b"}).outcome() == "409 sold_out");
  is_replayed();
  spec.campaigns[0].offers[0].price = 1500;
  REQUIRE(shop.reload(spec));
  is_replayed();
  spec.campaigns[0] = ended(spec.campaigns[0]);
  REQUIRE(shop.reload(spec));
  REQUIRE(shop.buy({.sku = "tv", .buyer = "b"}).outcome() == "410 campaign_ended");
  is_replayed();
  REQUIRE(shop.stop().exit_code == 0);
  shop.start();
  is_replayed();
  // Gone from the file: not sold any more, and what was sold is still answered for.
  spec.campaigns[0] = {.id = "next", .offers = {{.sku = "pc"}}};
  REQUIRE(shop.reload(spec));
  CHECK(shop.buy({.sku = "tv", .buyer = "b"}).outcome() == "404 campaign_not_found");
  is_replayed();
  shop.server().kill();
  shop.start();
  is_replayed();
  CHECK(shop.get(first.header("Location")).at("/order") == first.at("/order"));
}

TEST_CASE("an async buy replays as a durable order", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv"}}}}});
  const HttpReply first = shop.buy({.sku = "tv", .key = "k", .headers = "Prefer: respond-async\r\n"});
  REQUIRE(first.status == 202);
  const HttpReply second = shop.buy({.sku = "tv", .key = "k"});
  CHECK(second.status == 201);
  CHECK(second.at("/order") == first.at("/order"));
  CHECK(second.at("/durable") == "true");
  CHECK(second.header("Idempotent-Replayed") == "true");
}

// --- one atomic step in one order
// ---------------------------------------------------------------------------------

TEST_CASE("of several refusals that apply, the first in the order of the contract is the answer", "[e2e]") {
  ShopSpec spec{.campaigns = {{.limit_per_buyer = 1,
                               .offers = {{.sku = "tv", .stock = 1}, {.sku = "pc", .stock = 2}}}}};
  Shop shop(spec);
  REQUIRE(shop.buy({.sku = "tv", .buyer = "had-one", .key = "k"}).status == 201);
  REQUIRE(shop.buy({.sku = "pc", .buyer = "had-one"}).status == 201);

  for (const std::string& key : {std::string(), std::string("another")}) {
    INFO("key: " << key);
    const auto outcome = [&](BuySpec buy) {
      buy.key = key;
      return shop.buy(buy).outcome();
    };
    // Limit before price before stock: of a SKU that is sold out and of one that is not.
    CHECK(outcome({.sku = "tv", .buyer = "had-one", .expected_price = 1}) == "409 limit_reached");
    CHECK(outcome({.sku = "pc", .buyer = "had-one", .expected_price = 1}) == "409 limit_reached");
    CHECK(outcome({.sku = "tv", .buyer = "had-one"}) == "409 limit_reached");
    CHECK(outcome({.sku = "tv", .buyer = "stranger", .quantity = 2, .expected_price = 1}) ==
          "409 limit_reached");
    CHECK(outcome({.sku = "tv", .buyer = "stranger", .expected_price = 1}) == "409 price_changed");
    CHECK(outcome({.sku = "pc", .buyer = "stranger", .expected_price = 1}) == "409 price_changed");
    CHECK(outcome({.sku = "tv", .buyer = "stranger"}) == "409 sold_out");
  }
  // Idempotency before everything.
  CHECK(shop.buy({.sku = "tv", .buyer = "stranger", .key = "k", .expected_price = 1}).outcome() ==
        "422 idempotency_key_reused");

  // The window before the limit, the price and the stock.
  spec.campaigns[0] = ended(spec.campaigns[0]);
  REQUIRE(shop.reload(spec));
  for (const std::string& key : {std::string(), std::string("another")}) {
    CHECK(shop.buy({.sku = "tv", .buyer = "had-one", .key = key, .expected_price = 1}).outcome() ==
          "410 campaign_ended");
  }
  CHECK(shop.buy({.sku = "tv", .buyer = "stranger", .key = "k", .expected_price = 1}).outcome() ==
        "422 idempotency_key_reused");
}

TEST_CASE("the limit counts units of a buyer and SKU, across restarts, and refusals count nothing", "[e2e]") {
  Shop shop({.campaigns = {{.limit_per_buyer = 3,
                            .offers = {{.sku = "tv", .stock = 10}, {.sku = "pc", .stock = 10}}}}});
  CHECK(shop.buy({.sku = "tv", .quantity = 4}).outcome() == "409 limit_reached");
  CHECK(shop.buy({.sku = "tv", .quantity = 2}).status == 201);
  CHECK(shop.buy({.sku = "tv", .quantity = 2}).outcome() == "409 limit_reached");
  CHECK(shop.buy({.sku = "pc", .quantity = 3}).status == 201);
  REQUIRE(shop.stop().exit_code == 0);
  shop.start();
  CHECK(shop.buy({.sku = "tv", .quantity = 2}).outcome() == "409 limit_reached");
  CHECK(shop.buy({.sku = "tv", .quantity = 1}).status == 201);
  CHECK(shop.buy({.sku = "tv", .quantity = 1}).outcome() == "409 limit_reached");
  CHECK(shop.buy({.sku = "tv", .buyer = "b-2", .quantity = 3}).status == 201);
  CHECK(shop.stock("tv").sold == 6);
}

TEST_CASE("an order is never partial: too large a quantity is refused and smaller ones still sell", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 3}}}}});
  CHECK(shop.buy({.sku = "tv", .quantity = 4}).outcome() == "409 sold_out");
  CHECK(shop.stock("tv").available == 3);
  CHECK(shop.buy({.sku = "tv", .quantity = 2}).status == 201);
  CHECK(shop.buy({.sku = "tv", .quantity = 2}).outcome() == "409 sold_out");
  CHECK(shop.buy({.sku = "tv", .quantity = 1}).status == 201);
  const StockView stock = shop.stock("tv");
  CHECK(stock.sold == 3);
  CHECK(stock.adds_up());
}

}  // namespace doorbuster
