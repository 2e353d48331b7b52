// Orders and places in a line: the bytes that clients see.
#include "doorbuster/http/order_replies.h"

#include <random>

#include "doorbuster/base/limits.h"
#include "parsed_reply.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

struct Sale {
  Sale() {
    campaign.id = "black-friday";
    offer.sku = "tv-55-oled";
    order.number = OrderNumber::make({0}, 1);
    order.quantity = 1;
    order.unit_price = 49900;
    order.decided_at = kOpens;
    order.buyer = "b-829301";
    order.confirmed_quantity = 1;
    reply = {.id = format_order_id(kOrderIdKey, order.number),
             .order = &order,
             .campaign = &campaign,
             .offer = &offer,
             .durable = true};
  }
  Sale(const Sale&) = delete;
  CampaignPut campaign = campaign_put(0);
  OfferPut offer = offer_put(0, 5);
  Order order;
  OrderReply reply;
  std::string id() const { return {reply.id.data(), reply.id.size()}; }
};

TEST_CASE("a sale is answered with exactly these bytes") {
  const Sale sale;
  std::string out = "before";
  append_order_created(out, kFrame, sale.reply);
  const std::string body =
      R"({"order":")" + sale.id() +
      R"(","status":"confirmed","campaign":"black-friday","sku":"tv-55-oled","quantity":1,)"
      R"("unit_price":49900,"currency":"EUR","buyer":"b-829301","durable":true})";
  CHECK(out == "beforeHTTP/1.1 201 Created\r\nDate: " + std::string(kDate) +
                   "\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nLocation: /v1/orders/" +
                   sale.id() + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

TEST_CASE("a replay, an asynchronous answer and the connection's end say so in headers") {
  Sale sale;
  std::string out;
  sale.reply.replayed = true;
  append_order_created(out, {.date = kDate, .close = true}, sale.reply);
  Parsed parsed = parse(out);
  CHECK(parsed.status_line == "HTTP/1.1 201 Created");
  CHECK(parsed.header("Idempotent-Replayed") == "true");
  CHECK(parsed.header("Connection") == "close");
  CHECK(parsed.header("Preference-Applied").empty());

  out.clear();
  sale.reply.replayed = false;
  sale.reply.durable = false;
  sale.reply.async = true;
  append_order_created(out, {.date = kDate, .http_1_0 = true}, sale.reply);
  parsed = parse(out);
  CHECK(parsed.status_line == "HTTP/1.1 202 Accepted");
  CHECK(parsed.header("Preference-Applied") == "respond-async");
  CHECK(parsed.header("Idempotent-Replayed").empty());
  CHECK(parsed.header("Connection") == "keep-alive");
  CHECK(object_of(parsed).at("durable") == false);
}

TEST_CASE("the largest order of the contract fits, with every header") {
  Sale sale;
  const std::string longest(kIdentifierBytesMax, 'x');
  const std::string reference(kReferenceBytesMax, '\x01');  // the worst to escape
  sale.campaign.id = sale.offer.sku = longest;
  sale.order.buyer = longest;
  sale.order.reference = reference;
  sale.order.quantity = kQuantityMax;
  sale.order.unit_price = kPriceMax;
  sale.order.decided_at = {9'214'646'399'999'999'999};
  sale.reply.replayed = sale.reply.async = true;
  sale.reply.durable = false;
  std::string out;
  append_order_created(out, kFrame, sale.reply);
  CHECK(object_of(parse(out)).at("reference").as_string() == reference);
  out.clear();
  append_order_view(out, kFrame, sale.reply);
  const auto object = object_of(parse(out));
  CHECK(object.at("decided_at").as_string() == "2261-12-31T23:59:59.999999999Z");
  CHECK(object.at("unit_price").as_int64() == kPriceMax);
}

TEST_CASE("a reference comes back as it was sent, whatever is in it") {
  Sale sale;
  std::mt19937_64 random(5);
  std::vector<std::string> references = {"\"",
                                         "\\",
                                         "\\u0000",
                                         "</script>",
                                         "\r\n\r\nHTTP/1.1 200 OK",
                                         std::string("\0", 1),
                                         "\x7f",
                                         "\xc3\xbc\xf0\x9f\x8e\x81",
                                         "\xe2\x80\xa8",
                                         "{\"a\":1}",
                                         "'",
                                         "a/b"};
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (std::uint64_t length = random() % 30; text.size() < length;) {
      static const std::string kPieces[] = {
          "\"", "\\", "\n", "\x1f", "a", " ", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
      text += kPieces[random() % std::size(kPieces)];
    }
    references.push_back(text);
  }
  for (const std::string& reference : references) {
    CAPTURE(reference);
    sale.order.reference = reference;
    for (const bool created : {true, false}) {
      std::string out;
      created ? append_order_created(out, kFrame, sale.reply) : append_order_view(out, kFrame, sale.reply);
      const auto object = object_of(parse(out));
      CHECK(object.at("durable") == true);
      if (reference.empty()) {
        CHECK_FALSE(object.contains("reference"));
      } else {
        CHECK(object.at("reference").as_string() == reference);
      }
    }
  }
}

TEST_CASE("an answer to HEAD is that to GET without its body") {
  Sale sale;
  for (const char* reference : {"", "basket 7"}) {
    sale.order.reference = reference;
    std::string get, head;
    append_order_view(get, kFrame, sale.reply);
    append_order_view(head, {.date = kDate, .head_only = true}, sale.reply);
    CHECK(head == get.substr(0, get.find("\r\n\r\n") + 4));
    CHECK(get.size() > head.size());
  }
}

// --- the life of an order
// -----------------------------------------------------------------------------------------

constexpr const char* kPurchase = "campaign sku quantity unit_price currency buyer durable";

Parsed view(const Sale& sale) {
  std::string out;
  append_order_view(out, kFrame, sale.reply);
  return parse(out);
}

TEST_CASE("a hold is answered with its end, and so is the view of one that is or was held") {
  Sale sale;
  sale.order.status = OrderStatus::held;
  sale.order.confirmed_quantity = 0;
  sale.order.expires_at = after(kOpens, 600 * kNsPerSecond);
  std::string out;
  append_order_created(out, kFrame, sale.reply);
  const Parsed created = parse(out);
  CHECK(created.status_line == "HTTP/1.1 201 Created");
  CHECK(created.header("Location") == "/v1/orders/" + sale.id());
  CHECK(members_of(created) == "order status " + std::string(kPurchase) + " expires_at");
  CHECK(object_of(created).at("status") == "held");
  CHECK(object_of(created).at("expires_at") == "2026-11-27T08:10:00Z");

  for (const OrderStatus status : {OrderStatus::held, OrderStatus::expired}) {
    sale.order.status = status;
    CHECK(members_of(view(sale)) == "order status " + std::string(kPurchase) + " expires_at decided_at");
    CHECK(object_of(view(sale)).at("status").as_string() == order_status_name(status));
  }
  for (const OrderStatus status : {OrderStatus::confirmed, OrderStatus::cancelled}) {
    sale.order.status = status;
    sale.order.confirmed_quantity = sale.order.quantity;
    CHECK(members_of(view(sale)) == "order status " + std::string(kPurchase) + " decided_at");
    CHECK(object_of(view(sale)).at("status").as_string() == order_status_name(status));
  }
}

TEST_CASE("what became of an order shows where it applies") {
  Sale sale;
  sale.order.quantity = 5;
  sale.order.confirmed_quantity = 3;
  CHECK(object_of(view(sale)).at("quantity") == 5);
  CHECK(object_of(view(sale)).at("confirmed_quantity") == 3);
  sale.order.returned_quantity = 2;
  CHECK(object_of(view(sale)).at("returned_quantity") == 2);
  sale.order.payment = "pi_\"7\"\n";
  sale.order.reference = "basket 7";
  CHECK(object_of(view(sale)).at("payment_reference") == "pi_\"7\"\n");
  CHECK(object_of(view(sale)).at("reference") == "basket 7");
  CHECK_FALSE(object_of(view(sale)).contains("refund_due"));
  sale.order.reference = {};
  CHECK(object_of(view(sale)).at("payment_reference") == "pi_\"7\"\n");
  CHECK_FALSE(object_of(view(sale)).contains("reference"));

  sale.order.status = OrderStatus::expired;
  sale.order.refund_due = true;
  CHECK(object_of(view(sale)).at("refund_due") == true);
  CHECK_FALSE(object_of(view(sale)).contains("confirmed_quantity"));  // nothing is confirmed
  CHECK(view(sale).header("Idempotent-Replayed").empty());
  sale.reply.replayed = true;
  CHECK(view(sale).header("Idempotent-Replayed") == "true");
}

TEST_CASE("the largest view of an order fits") {
  Sale sale;
  const std::string longest(kIdentifierBytesMax, 'x'), worst(kReferenceBytesMax, '\x01');
  sale.campaign.id = sale.offer.sku = longest;
  sale.order.buyer = longest;
  sale.order.reference = sale.order.payment = worst;
  sale.order.quantity = kQuantityMax;
  sale.order.confirmed_quantity = sale.order.returned_quantity = kQuantityMax - 1;
  sale.order.unit_price = kPriceMax;
  sale.order.refund_due = sale.reply.replayed = true;
  sale.reply.durable = false;
  sale.order.decided_at = sale.order.expires_at = {9'214'646'399'999'999'999};
  for (const OrderStatus status : {OrderStatus::confirmed, OrderStatus::expired}) {
    sale.order.status = status;
    const auto object = object_of(view(sale));
    CHECK(object.at("payment_reference").as_string() == worst);
    CHECK(object.at("reference").as_string() == worst);
    CHECK(object.at("refund_due") == true);
  }
  sale.order.status = OrderStatus::cancelled;
  sale.reply.async = true;
  const PlaceReply place = {.order = sale.reply, .position = kLinePlacesMax, .now = kOpens};
  std::string out;
  append_place_created(out, kFrame, place);
  CHECK(object_of(parse(out)).at("expires_at") == "2261-12-31T23:59:59.999999999Z");
}

// --- places in a line
// ---------------------------------------------------------------------------------------------

TEST_CASE("a place in the line is answered with exactly these bytes") {
  Sale sale;
  sale.order.status = OrderStatus::waiting;
  std::string out;
  append_place_created(out, kFrame, {.order = sale.reply, .position = 7, .now = kOpens});
  const std::string body =
      R"({"ticket":")" + sale.id() +
      R"(","status":"waiting","position":7,"campaign":"black-friday","sku":"tv-55-oled","quantity":1,)"
      R"("unit_price":49900,"currency":"EUR","buyer":"b-829301","durable":true})";
  CHECK(out ==
        "HTTP/1.1 202 Accepted\r\nDate: " + std::string(kDate) +
            "\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nLocation: /v1/waitlist/" +
            sale.id() + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);

  sale.reply.replayed = sale.reply.async = true;
  sale.reply.durable = false;
  out.clear();
  append_place_created(out, kFrame, {.order = sale.reply, .position = 7, .now = kOpens});
  const Parsed parsed = parse(out);
  CHECK(parsed.header("Idempotent-Replayed") == "true");
  CHECK(parsed.header("Preference-Applied") == "respond-async");
  CHECK(object_of(parsed).at("durable") == false);
}

TEST_CASE("a place says what has become of it") {
  Sale sale;
  const std::string purchase = std::string(" ") + kPurchase;
  const auto place = [&sale](Tick now) {
    std::string out;
    append_place_view(out, kFrame, {.order = sale.reply, .position = 3, .now = now});
    Parsed parsed = parse(out);
    CHECK(parsed.status_line == "HTTP/1.1 200 OK");
    CHECK(parsed.header("Location").empty());
    return parsed;
  };
  sale.order.status = OrderStatus::waiting;
  CHECK(members_of(place(after(kCloses, -1))) == "ticket status position" + purchase);
  CHECK(object_of(place(after(kCloses, -1))).at("status") == "waiting");
  CHECK(object_of(place(after(kCloses, -1))).at("position") == 3);
  CHECK(members_of(place(kCloses)) == "ticket status" + purchase);
  CHECK(object_of(place(kCloses)).at("status") == "ended");

  sale.order.status = OrderStatus::cancelled;
  for (const Tick now : {kOpens, kCloses}) {
    CHECK(members_of(place(now)) == "ticket status" + purchase);
    CHECK(object_of(place(now)).at("status") == "left");
  }

  // Once it was offered its life goes on as an order's, under the same name, also behind the campaign's end.
  sale.order.expires_at = after(kOpens, 60 * kNsPerSecond);
  for (const OrderStatus status :
       {OrderStatus::held, OrderStatus::confirmed, OrderStatus::cancelled, OrderStatus::expired}) {
    sale.order.status = status;
    for (const Tick now : {kOpens, kCloses}) {
      const auto object = object_of(place(now));
      CHECK(members_of(place(now)) == "ticket status order order_status expires_at" + purchase);
      CHECK(object.at("status") == "offered");
      CHECK(object.at("order").as_string() == sale.id());
      CHECK(object.at("ticket").as_string() == sale.id());
      CHECK(object.at("order_status").as_string() == order_status_name(status));
      CHECK(object.at("expires_at") == "2026-11-27T08:01:00Z");
    }
  }
}

}  // namespace
}  // namespace doorbuster
