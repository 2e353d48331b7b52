// Baskets at the desk: what a shard is asked, and the replies to what became of it.

#include "desk.h"

namespace doorbuster {
namespace {

constexpr OrderNumber kOrder = OrderNumber::make({1}, 17);
const std::string kName = order_name_text(kOrder);

std::string basket(const std::string& lines, const std::string& headers = {}, const std::string& more = {}) {
  return request_text("POST", "/v1/buy", kJsonType + headers,
                      R"({"campaign":"campaign-0","buyer":"b-1","lines":[)" + lines + "]" + more + "}");
}
const std::string kThree = R"({"sku":"sku-4","quantity":2},{"sku":"sku-1"},{"sku":"sku-4","quantity":3})";
const std::string kKey = "Idempotency-Key: k\r\n";

std::vector<OfferPut> five_offers() {
  std::vector<OfferPut> offers;
  for (std::uint32_t i = 0; i < 5; ++i) offers.push_back(offer_put(i, 5));
  return offers;
}

Desk five_skus() {
  return Desk({campaign_put(0)}, five_offers());
}

TEST_CASE("a basket's SKUs are looked up, summed and brought into the order of their offers") {
  Desk desk = five_skus();
  Request* request = desk.ask_shard(
      basket(kThree, kKey, R"(,"expected_price":24950,"reference":"r","identities":["card:1"])"));
  const Buy& buy = request->buy;
  REQUIRE(buy.lines.size() == 2);
  CHECK(buy.lines.data() == request->lines.data());  // its own memory
  CHECK(buy.lines[0].offer == OfferIndex{1});
  CHECK(buy.lines[0].quantity == 1);
  CHECK(buy.lines[1].offer == OfferIndex{4});
  CHECK(buy.lines[1].quantity == 5);
  CHECK(buy.offer == OfferIndex{1});
  CHECK(buy.quantity == 6);
  CHECK(buy.expected_price == 24950);
  CHECK(buy.buyer == "b-1");
  CHECK(buy.key == "k");
  CHECK(buy.reference == "r");
  CHECK_FALSE(buy.wait);
  REQUIRE(buy.identities.size() == 1);
  CHECK(buy.identities.data() == request->identities.data());
  // The key is one of the first offer's, however the lines were sent.
  Buy same = buy_of("b-1", "k", 6, {1});
  CHECK(request->hashes.key == hash_buy(kTableKey, same).key);
  CHECK(request->hashes.buyer == hash_buy(kTableKey, same).buyer);
}

TEST_CASE("all orders of the same lines are one basket") {
  Desk desk = five_skus();
  const auto asked = [&](const std::string& lines) {
    Request* request = desk.ask_shard(basket(lines));
    std::string text;
    for (const OrderLine& line : request->buy.lines) {
      text += std::to_string(line.offer.value) + "x" + std::to_string(line.quantity) + " ";
    }
    request->outcome = Outcome::sold_out;
    request->refused_line = {1};
    desk.answer(request);
    return text;
  };
  CHECK(asked(kThree) == "1x1 4x5 ");
  CHECK(asked(R"({"sku":"sku-1"},{"sku":"sku-4","quantity":5})") == "1x1 4x5 ");
  CHECK(asked(R"({"sku":"sku-4","quantity":4},{"sku":"sku-4"},{"sku":"sku-1"})") == "1x1 4x5 ");
  CHECK(asked(R"({"sku":"sku-3"},{"sku":"sku-0"},{"sku":"sku-4"},{"sku":"sku-2"},{"sku":"sku-1"})") ==
        "0x1 1x1 2x1 3x1 4x1 ");
  CHECK(asked(R"({"sku":"sku-2"})") == "2x1 ");
}

TEST_CASE("a single buy behind a basket has no lines, and a preference means nothing to a basket") {
  Desk desk = five_skus();
  Request* request = desk.ask_shard(basket(kThree, "Prefer: respond-async\r\n"));
  CHECK_FALSE(request->answer_when_decided);
  request->outcome = Outcome::overloaded;
  CHECK(desk.answer(request).header("Retry-After") == "1");
  request = desk.ask_shard(request_text("POST", "/v1/buy", kJsonType + "Prefer: respond-async\r\n",
                                        R"({"campaign":"campaign-0","sku":"sku-1","buyer":"b-1"})"));
  CHECK(request->buy.lines.empty());
  CHECK(request->buy.quantity == 1);
  CHECK(request->answer_when_decided);
}

TEST_CASE("of a basket only what is not there is refused without a shard") {
  std::vector<OfferPut> offers = five_offers();
  offers[2].listed = false;
  CampaignPut gone = campaign_put(1);
  gone.listed = false;
  offers.push_back(offer_put(5, 5, 4990, 1));
  CampaignPut limited = campaign_put(0, 1);
  Desk desk({limited, gone}, offers);

  CHECK(desk.told(basket(R"({"sku":"sku-1"},{"sku":"sku-9"},{"sku":"sku-8"})")) == Outcome::sku_not_found);
  CHECK(members_of(parse(desk.text)) == "type title status detail code sku");
  CHECK(object_of(parse(desk.text)).at("sku") == "sku-9");  // the first that is not there
  CHECK(desk.told(basket(R"({"sku":"sku-1"},{"sku":"sku-2"})")) == Outcome::sku_not_found);
  CHECK(object_of(parse(desk.text)).at("sku") == "sku-2");
  const auto elsewhere = [](const std::string& campaign, const std::string& sku, const std::string& headers) {
    return request_text(
        "POST", "/v1/buy", kJsonType + headers,
        R"({"campaign":")" + campaign + R"(","buyer":"b","lines":[{"sku":")" + sku + R"("}]})");
  };
  CHECK(desk.told(elsewhere("campaign-9", "sku-5", {})) == Outcome::campaign_not_found);
  CHECK(desk.told(elsewhere("campaign-1", "sku-5", {})) == Outcome::campaign_not_found);
  CHECK(desk.told(elsewhere("campaign-1", "sku-9", kKey)) == Outcome::campaign_not_found);
  CHECK(members_of(parse(desk.text)) == "type title status detail code");
  // With a key the order may be kept.
  CHECK(desk.asks(elsewhere("campaign-1", "sku-5", kKey)));
  CHECK(desk.asks(basket(R"({"sku":"sku-2"})", kKey)));
  CHECK(desk.told(basket(R"({"sku":"sku-9"})", kKey)) == Outcome::sku_not_found);

  // Everything else the owners say: the board, the limits and the clock are not looked at.
  desk.board.publish({1}, Availability::sold_out, {});
  const std::string above_the_limit = basket(R"({"sku":"sku-1","quantity":1000})");
  CHECK(desk.asks(above_the_limit));
  desk.clock.set_wall(kCloses);
  CHECK(desk.asks(above_the_limit));
  desk.draining = true;
  CHECK(desk.told(above_the_limit) == Outcome::draining);
}

TEST_CASE("a basket's faults are told before anything is looked up") {
  Desk desk = five_skus();
  CHECK(desk.told(basket(R"({"sku":"sku-9","quantity":0})")) == Outcome::validation_failed);
  CHECK(desk.told(basket(R"({"sku":"sku-9","quantity":600},{"sku":"sku-9","quantity":600})")) ==
        Outcome::validation_failed);
  CHECK(desk.told(basket(kThree, {}, R"(,"wait":true)")) == Outcome::validation_failed);
  CHECK(desk.told(basket(kThree, {}, R"(,"sku":"sku-1")")) == Outcome::validation_failed);
}

// --- answers
// ------------------------------------------------------------------------------------------------------

// As the shards fill it in: 1 x 4990 and 5 x 1000.
Request* answered(Request* request, Outcome outcome, OrderStatus status) {
  request->outcome = outcome;
  request->durable = true;
  request->order = {};
  request->order.number = kOrder;
  request->order.quantity = request->order.confirmed_quantity = 6;
  request->order.unit_price = 9990;
  request->order.buyer = "b-1";
  request->order.decided_at = kOpens;
  request->order.status = status;
  if (status != OrderStatus::confirmed) request->order.expires_at = after(kOpens, 60 * kNsPerSecond);
  request->lines[0] = {.offer = {1}, .quantity = 1, .unit_price = 4990};
  request->lines[1] = {.offer = {4}, .quantity = 5, .unit_price = 1000};
  request->order.lines = OrderLines(request->lines).first(2);
  request->now = kOpens;
  return request;
}

const std::string kLinesAndTotal = R"("lines":[{"sku":"sku-1","quantity":1,"unit_price":4990},)"
                                   R"({"sku":"sku-4","quantity":5,"unit_price":1000}],"total":9990)";

TEST_CASE("a basket is answered with exactly these bytes") {
  Desk desk = five_skus();
  Request* request = answered(desk.ask_shard(basket(kThree)), Outcome::confirmed, OrderStatus::confirmed);
  const Parsed sold = desk.answer(request);
  CHECK(sold.status_line == "HTTP/1.1 201 Created");
  CHECK(sold.header("Location") == "/v1/orders/" + kName);
  CHECK(sold.body == R"({"order":")" + kName + R"(","status":"confirmed","campaign":"campaign-0",)" +
                         kLinesAndTotal + R"(,"currency":"EUR","buyer":"b-1","durable":true})");

  request = answered(desk.ask_shard(basket(kThree, kKey)), Outcome::held, OrderStatus::held);
  request->replayed = true;
  request->order.reference = "r\"";
  const Parsed held = desk.answer(request);
  CHECK(held.header("Idempotent-Replayed") == "true");
  CHECK(held.body == R"({"order":")" + kName + R"(","status":"held","campaign":"campaign-0",)" +
                         kLinesAndTotal + R"(,"currency":"EUR","buyer":"b-1","durable":true,)" +
                         R"("expires_at":"2026-11-27T08:01:00Z","reference":"r\""})");
}

TEST_CASE("a basket's view has its lines, and what came back, and no confirmed quantity of its own") {
  Desk desk = five_skus();
  Request* request = desk.ask_shard(request_text("GET", "/v1/orders/" + kName));
  answered(request, Outcome::ok, OrderStatus::confirmed);
  request->order.confirmed_quantity = 2;
  request->order.returned_quantity = 3;
  request->order.payment = "pi_7";
  const Parsed view = desk.answer(request);
  CHECK(members_of(view) ==
        "order status campaign lines total currency buyer durable returned_quantity decided_at "
        "payment_reference");
  CHECK(object_of(view).at("returned_quantity") == 3);
  CHECK(object_of(view).at("total") == 9990);
  request = desk.ask_shard(request_text("POST", "/v1/orders/" + kName + "/cancel"));
  CHECK(members_of(desk.answer(answered(request, Outcome::ok, OrderStatus::cancelled))) ==
        "order status campaign lines total currency buyer durable decided_at");
}

TEST_CASE("the largest basket fits, with every member that a view can have") {
  const std::string longest(kIdentifierBytesMax, 'x');
  std::vector<OfferPut> offers;
  for (std::uint32_t i = 0; i < kBasketLinesMax; ++i) {
    offers.push_back(offer_put(i, 1));
    offers.back().sku = std::string(kIdentifierBytesMax - 2, 's') + std::to_string(10 + i);
  }
  CampaignPut campaign = campaign_put(0);
  campaign.id = longest;
  Desk desk({campaign}, offers);
  const OrderNumber number = OrderNumber::make({0}, 1);
  for (const char* method : {"GET", "POST"}) {
    const bool get = std::string(method) == "GET";
    Request* request = desk.ask_shard(
        request_text(method, "/v1/orders/" + order_name_text(number) + (get ? "" : "/confirm")));
    answered(request, Outcome::ok, OrderStatus::expired);
    const std::string worst(kReferenceBytesMax, '\x01');
    request->order.number = number;
    request->order.buyer = longest;
    request->order.payment = request->order.reference = worst;
    request->order.refund_due = true;
    request->order.returned_quantity = kBasketLinesMax * kQuantityMax;
    request->order.expires_at = request->order.decided_at = {9'214'646'399'999'999'999};
    request->order.unit_price = kPriceMax * kQuantityMax * static_cast<std::int64_t>(kBasketLinesMax);
    for (std::uint32_t i = 0; i < kBasketLinesMax; ++i) {
      request->lines[i] = {.offer = {i}, .quantity = kQuantityMax, .unit_price = kPriceMax};
    }
    request->order.lines = request->lines;
    const auto object = object_of(desk.answer(request));
    CHECK(object.at("lines").as_array().size() == kBasketLinesMax);
    CHECK(object.at("lines").at(15).at("sku").as_string() == std::string_view(offers[15].sku));
    CHECK(object.at("total") == 16'000'000'000'000'000);
    CHECK(object.at("reference").as_string() == std::string_view(worst));
  }
}

struct RefusalCase {
  Outcome outcome;
  const char* members;
};

TEST_CASE("a basket's refusal names the SKU where it is one SKU's") {
  using enum Outcome;
  const auto refusal = GENERATE(values<RefusalCase>({
      {limit_reached, "type title status detail code sku"},
      {all_held, "type title status detail code sku earliest_return_at"},
      {sold_out, "type title status detail code sku"},
      {price_changed, "type title status detail code sku price"},
      {sku_not_found, "type title status detail code sku"},
      {campaign_not_started, "type title status detail code starts_at"},
      {campaign_ended, "type title status detail code"},
      {idempotency_key_reused, "type title status detail code"},
      {request_in_flight, "type title status detail code"},
      {overloaded, "type title status detail code"},
      {journal_failed, "type title status detail code"},
  }));
  CAPTURE(outcome_code(refusal.outcome));
  Desk desk = five_skus();
  Request* request = answered(desk.ask_shard(basket(kThree)), refusal.outcome, OrderStatus::confirmed);
  request->refused_line = {4};
  request->price = 9990;
  request->free_at = after(kOpens, 5 * kNsPerSecond);
  const Parsed reply = desk.answer(request);
  CHECK(members_of(reply) == refusal.members);
  const auto object = object_of(reply);
  if (object.contains("sku")) CHECK(object.at("sku") == "sku-4");
  if (refusal.outcome == price_changed) CHECK(object.at("price") == 9990);
  if (refusal.outcome == all_held) CHECK(reply.header("Retry-After") == "5");
  if (refusal.outcome == request_in_flight) CHECK(reply.header("Retry-After") == "1");

  // The same refusals of a single buy name nothing: its SKU is known.
  Request* single = desk.ask_shard(
      request_text("POST", "/v1/buy", kJsonType, R"({"campaign":"campaign-0","sku":"sku-1","buyer":"b"})"));
  single->outcome = refusal.outcome;
  CHECK_FALSE(object_of(desk.answer(single)).contains("sku"));
}

// --- what is done to a basket
// -------------------------------------------------------------------------------------

std::string post(const std::string& action, const std::string& body, const std::string& name = kName) {
  return request_text("POST", "/v1/orders/" + name + "/" + action, kJsonType, body);
}

TEST_CASE("a return names the offer that its SKU is in the order's campaign") {
  std::vector<OfferPut> offers = five_offers();
  offers.push_back(offer_put(5, 5, 4990, 1));
  offers.back().sku = "sku-4";  // of the same name, in another campaign
  Desk desk({campaign_put(0), campaign_put(1)}, offers);
  const auto part = [&](const std::string& body, const std::string& name = kName) {
    Request* request = desk.ask_shard(post("return", body, name));
    const auto found = request->command.part;
    request->outcome = Outcome::overloaded;
    desk.answer(request);
    return found;
  };
  CHECK(part(R"({"sku":"sku-4","quantity":2})") == OfferIndex{4});
  CHECK(part(R"({"sku":"sku-4"})", order_name_text(OrderNumber::make({5}, 1))) == OfferIndex{5});
  CHECK(part("{}") == std::nullopt);
  CHECK(part(R"({"quantity":2})") == std::nullopt);  // nothing is left of the one before
  // An order of an offer that this catalog does not have: the shard will not find it.
  CHECK(part(R"({"sku":"sku-4"})", order_name_text(OrderNumber::make({77}, 1))) == std::nullopt);

  for (int turn = 0; turn < 10; ++turn) {  // more often than there are requests
    CHECK(desk.told(post("return", R"({"sku":"sku-9"})")) == Outcome::validation_failed);
  }
  CHECK(desk.told(post("confirm", R"({"sku":"sku-4"})")) == Outcome::malformed_request);
}

TEST_CASE("what cannot be done to a basket is explained") {
  Desk desk = five_skus();
  const auto detail = [&](const std::string& bytes) {
    Request* request = answered(desk.ask_shard(bytes), Outcome::validation_failed, OrderStatus::confirmed);
    const Parsed reply = desk.answer(request);
    CHECK(members_of(reply) == "type title status detail code");
    return std::string(object_of(reply).at("detail").as_string());
  };
  CHECK(detail(post("return", "{}")).find("\"sku\" says which") != std::string::npos);
  CHECK(detail(post("return", R"({"sku":"sku-2"})")).find("nothing of this \"sku\"") != std::string::npos);
  CHECK(detail(post("return", R"({"sku":"sku-4"})")).find("the line has left") != std::string::npos);
  CHECK(detail(post("confirm", R"({"quantity":2})")).find("as a whole") != std::string::npos);
  // Of one SKU as before.
  Request* single = answered(desk.ask_shard(post("return", R"({"sku":"sku-1","quantity":9})")),
                             Outcome::validation_failed, OrderStatus::confirmed);
  single->order.lines = {};
  CHECK(object_of(desk.answer(single)).at("detail") == "\"quantity\" is more than the order has left.");
  single = answered(desk.ask_shard(post("return", R"({"sku":"sku-4"})")), Outcome::validation_failed,
                    OrderStatus::confirmed);
  single->order.lines = {};
  CHECK(object_of(desk.answer(single)).at("detail") == "The order has nothing of this \"sku\".");
}

TEST_CASE("a late confirmation of a basket says whose limit it is, and what is owed") {
  Desk desk = five_skus();
  Request* request =
      answered(desk.ask_shard(post("confirm", "{}")), Outcome::limit_reached, OrderStatus::expired);
  request->refused_line = {4};
  request->order.refund_due = true;
  const auto object = object_of(desk.answer(request));
  CHECK(object.at("sku") == "sku-4");
  CHECK(object.at("refund_due") == true);
  request = answered(desk.ask_shard(post("confirm", "{}")), Outcome::limit_reached, OrderStatus::expired);
  request->order.lines = {};
  CHECK_FALSE(object_of(desk.answer(request)).contains("sku"));
}

}  // namespace
}  // namespace doorbuster
