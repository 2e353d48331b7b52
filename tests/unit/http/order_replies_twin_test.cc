// Replies about orders beside a twin that knows nothing of bounds, buffers and speed.
#include <algorithm>
#include <random>

#include "doorbuster/base/limits.h"
#include "doorbuster/http/order_replies.h"
#include "parsed_reply.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

std::string naive_json(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += std::string("\\") + c;
    } else if (c >= 0 && (c < 0x20 || c == 0x7F)) {
      out += "\\u00" + std::string(1, "0123456789abcdef"[c / 16]) + "0123456789abcdef"[c % 16];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string member(const std::string& name, const std::string& value) {
  return ",\"" + name + "\":" + value;
}
std::string member(const std::string& name, std::string_view value) {
  return member(name, naive_json(value));
}
std::string member(const std::string& name, std::int64_t value) {
  return member(name, std::to_string(value));
}
std::string member(const std::string& name, Tick value) {
  return member(name, std::string_view(format_rfc3339(value)));
}

std::string naive_reply(const ReplyFrame& frame, const std::string& status, const std::string& headers,
                        const std::string& body) {
  std::string out = "HTTP/1.1 " + status + "\r\nDate: " + std::string(frame.date) +
                    "\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n" + headers;
  if (frame.close) {
    out += "Connection: close\r\n";
  } else if (frame.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + (frame.head_only ? "" : body);
}

std::string id_of(const OrderReply& reply) {
  return {reply.id.data(), reply.id.size()};
}

std::string naive_purchase(const OrderReply& reply) {
  const Order& order = *reply.order;
  std::string out = member("campaign", std::string_view(reply.campaign->id));
  if (order.lines.empty()) {
    out += member("sku", std::string_view(reply.offer->sku)) + member("quantity", order.quantity) +
           member("unit_price", order.unit_price);
  } else {
    std::string lines;
    for (const OrderLine& line : order.lines) {
      lines += (lines.empty() ? "{\"sku\":" : ",{\"sku\":") +
               naive_json(reply.catalog->offer(line.offer).definition.sku) +
               member("quantity", line.quantity) + member("unit_price", line.unit_price) + "}";
    }
    out += member("lines", "[" + lines + "]") + member("total", order.unit_price);
  }
  return out + member("currency", std::string_view(reply.campaign->currency)) + member("buyer", order.buyer) +
         member("durable", std::string(reply.durable ? "true" : "false"));
}

std::string naive_order(const OrderReply& reply) {
  const Order& order = *reply.order;
  std::string out = "{\"order\":\"" + id_of(reply) + "\"" +
                    member("status", order_status_name(order.status)) + naive_purchase(reply);
  const bool has_end = order.status == OrderStatus::held || order.status == OrderStatus::expired;
  return has_end ? out + member("expires_at", order.expires_at) : out;
}

std::string naive_reference(const Order& order) {
  return order.reference.empty() ? "" : member("reference", order.reference);
}

std::string naive_created_headers(const std::string& place, const OrderReply& reply) {
  return "Location: " + place + id_of(reply) + "\r\n" +
         (reply.replayed ? "Idempotent-Replayed: true\r\n" : "") +
         (reply.async ? "Preference-Applied: respond-async\r\n" : "");
}

std::string naive_created(const ReplyFrame& frame, const OrderReply& reply) {
  return naive_reply(frame, reply.async ? "202 Accepted" : "201 Created",
                     naive_created_headers("/v1/orders/", reply),
                     naive_order(reply) + naive_reference(*reply.order) + "}");
}

std::string naive_view(const ReplyFrame& frame, const OrderReply& reply) {
  const Order& order = *reply.order;
  std::string body = naive_order(reply);
  if (order.status == OrderStatus::confirmed && order.lines.empty() &&
      order.confirmed_quantity != order.quantity) {
    body += member("confirmed_quantity", order.confirmed_quantity);
  }
  if (order.returned_quantity != 0) body += member("returned_quantity", order.returned_quantity);
  if (order.refund_due) body += member("refund_due", std::string("true"));
  body += member("decided_at", order.decided_at);
  if (!order.payment.empty()) body += member("payment_reference", order.payment);
  return naive_reply(frame, "200 OK", reply.replayed ? "Idempotent-Replayed: true\r\n" : "",
                     body + naive_reference(order) + "}");
}

std::string naive_place(const PlaceReply& place) {
  const Order& order = *place.order.order;
  const bool waits = order.status == OrderStatus::waiting;
  const bool over = place.now >= place.order.campaign->ends_at;
  const bool left = order.status == OrderStatus::cancelled && order.expires_at == Tick{};
  const std::string id = id_of(place.order);
  std::string body = "{\"ticket\":\"" + id + "\"";
  if (waits) {
    body += over ? member("status", std::string_view("ended"))
                 : member("status", std::string_view("waiting")) + member("position", place.position);
  } else if (left) {
    body += member("status", std::string_view("left"));
  } else {
    body += member("status", std::string_view("offered")) + member("order", std::string_view(id)) +
            member("order_status", order_status_name(order.status)) + member("expires_at", order.expires_at);
  }
  return body + naive_purchase(place.order) + "}";
}

// Everything that can be in a reply, at random, and often at its bound.
class AnyReply {
 public:
  AnyReply() {
    std::vector<OfferPut> offers;
    for (std::uint32_t i = 0; i < kBasketLinesMax; ++i) {
      offers.push_back(offer_put(i, 5));
      offers.back().sku = identifier();
    }
    catalog_ = catalog_of({campaign_put(0)}, offers);
  }

  void draw() {
    campaign_ = campaign_put(0);
    campaign_.id = identifier();
    offer_ = offer_put(0, 5);
    offer_.sku = identifier();
    buyer_ = identifier();
    reference_ = text();
    payment_ = text();
    order_ = {};
    order_.number = {random_()};
    order_.status = static_cast<OrderStatus>(below(kOrderStatusCount));
    order_.quantity = static_cast<std::uint32_t>(below(kQuantityMax) + 1);
    order_.unit_price = number(kPriceMax);
    order_.confirmed_quantity = static_cast<std::uint32_t>(below(order_.quantity + 1));
    order_.returned_quantity = below(2) * static_cast<std::uint32_t>(below(order_.quantity + 1));
    order_.refund_due = below(2) == 0;
    order_.decided_at = {number(9'214'646'399'999'999'999)};
    order_.expires_at = {below(4) == 0 ? 0 : number(9'214'646'399'999'999'999)};
    order_.buyer = buyer_;
    order_.reference = reference_;
    order_.payment = payment_;
    lines_.clear();
    for (std::uint32_t left = below(2) * static_cast<std::uint32_t>(below(kBasketLinesMax + 1)); left > 0;
         --left) {
      lines_.push_back({.offer = {left - 1},
                        .quantity = static_cast<std::uint32_t>(below(kQuantityMax) + 1),
                        .unit_price = number(kPriceMax)});
    }
    order_.lines = lines_;
    if (!lines_.empty()) order_.unit_price = number(kBasketLinesMax * kQuantityMax * kPriceMax);
    reply = {.id = format_order_id(kOrderIdKey, order_.number),
             .order = &order_,
             .campaign = &campaign_,
             .offer = &offer_,
             .catalog = catalog_.get(),
             .durable = below(2) == 0,
             .replayed = below(2) == 0,
             .async = below(2) == 0};
    place = {.order = reply,
             .position = static_cast<std::uint32_t>(number(kLinePlacesMax)),
             .now = below(2) == 0 ? kOpens : kCloses};
    frame = {.date = kDate, .close = below(4) == 0, .http_1_0 = below(4) == 0, .head_only = below(8) == 0};
  }

  OrderReply reply;
  PlaceReply place;
  ReplyFrame frame;

 private:
  std::uint32_t below(std::uint64_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  // Of every length alike.
  std::int64_t number(std::int64_t largest) {
    if (below(8) == 0) return largest;
    std::uint64_t limit = 1;
    for (std::uint32_t digits = below(19); digits > 0; --digits) limit *= 10;
    const std::uint64_t drawn = below(4) == 0 ? limit : random_() % limit;
    return static_cast<std::int64_t>(std::min(drawn, static_cast<std::uint64_t>(largest)));
  }
  std::string identifier() {
    static constexpr std::string_view kBytes = "AZaz09._:@-";
    std::string out(below(4) == 0 ? kIdentifierBytesMax : below(kIdentifierBytesMax) + 1, ' ');
    for (char& c : out) c = kBytes[below(kBytes.size())];
    return out;
  }
  // Valid UTF-8, or the longest that escaping makes.
  std::string text() {
    if (below(8) == 0) return std::string(kReferenceBytesMax, '\x01');
    static const std::string kPieces[] = {"\"",
                                          "\\",
                                          "\n",
                                          "\x1f",
                                          "\x7f",
                                          "order 7",
                                          "/",
                                          " ",
                                          "\xc3\xa9",
                                          "\xe2\x82\xac",
                                          "\xf0\x9f\x98\x80"};
    std::string out;
    for (std::uint32_t pieces = below(9); pieces > 0; --pieces) out += kPieces[below(std::size(kPieces))];
    return out;
  }

  std::mt19937_64 random_{20'261'127};
  CatalogPointer catalog_;
  CampaignPut campaign_;
  OfferPut offer_;
  Order order_;
  std::vector<OrderLine> lines_;
  std::string buyer_, reference_, payment_;
};

TEST_CASE("every reply about an order is byte for byte what a twin writes that takes its time") {
  AnyReply any;
  for (int i = 0; i < 20'000; ++i) {
    any.draw();
    CAPTURE(i);
    std::string out = "before";
    append_order_created(out, any.frame, any.reply);
    REQUIRE(out == "before" + naive_created(any.frame, any.reply));
    out.clear();
    append_order_view(out, any.frame, any.reply);
    REQUIRE(out == naive_view(any.frame, any.reply));
    out.clear();
    append_place_created(out, any.frame, any.place);
    REQUIRE(out == naive_reply(any.frame, "202 Accepted", naive_created_headers("/v1/waitlist/", any.reply),
                               naive_place(any.place)));
    out.clear();
    append_place_view(out, any.frame, any.place);
    REQUIRE(out == naive_reply(any.frame, "200 OK", "", naive_place(any.place)));
  }
}

}  // namespace
}  // namespace doorbuster
