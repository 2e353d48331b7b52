#include "doorbuster/http/order_replies.h"

#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

constexpr std::string_view kJson = "application/json";

// Writes into memory that is known to be enough: a body is bounded by the bounds of its texts.
class Writer {
 public:
  explicit Writer(char* at) : begin_(at), at_(at) {}
  void text(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void number(std::int64_t value) { at_ = std::to_chars(at_, at_ + 20, value).ptr; }
  void time(Tick value) { text(format_rfc3339(value)); }
  std::string_view view() const { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }

 private:
  char* begin_;
  char* at_;
};

// Identifiers, numbers, times and constants; without the texts that may need escaping.
constexpr std::size_t kLineReplyBytesMax = 48 + 2 * 20 + kIdentifierBytesMax;
constexpr std::size_t kOrderReplyBytesMax =
    768 + 3 * kIdentifierBytesMax + 2 * kOrderIdBytes + kBasketLinesMax * kLineReplyBytesMax;
constexpr std::size_t kHeadersBytesMax = 160;

std::string_view id_of(const OrderReply& reply) {
  return {reply.id.data(), reply.id.size()};
}

void write_lines(Writer& body, const OrderReply& reply) {
  body.text(",\"lines\":");
  char before = '[';
  for (const OrderLine& line : reply.order->lines) {
    body.text({&before, 1});
    body.text("{\"sku\":\"");
    body.text(reply.catalog->offer(line.offer).definition.sku);
    body.text("\",\"quantity\":");
    body.number(line.quantity);
    body.text(",\"unit_price\":");
    body.number(line.unit_price);
    body.text("}");
    before = ',';
  }
  body.text("],\"total\":");
  body.number(reply.order->unit_price);
}

void write_sku(Writer& body, const OrderReply& reply) {
  body.text(",\"sku\":\"");
  body.text(reply.offer->sku);
  body.text("\",\"quantity\":");
  body.number(reply.order->quantity);
  body.text(",\"unit_price\":");
  body.number(reply.order->unit_price);
}

// What was bought, by whom, and whether it is durable: the same in every view.
void write_purchase(Writer& body, const OrderReply& reply) {
  body.text(",\"campaign\":\"");
  body.text(reply.campaign->id);
  body.text("\"");
  reply.order->lines.empty() ? write_sku(body, reply) : write_lines(body, reply);
  body.text(",\"currency\":\"");
  body.text(reply.campaign->currency);
  body.text("\",\"buyer\":\"");
  body.text(reply.order->buyer);
  body.text(reply.durable ? "\",\"durable\":true" : "\",\"durable\":false");
}

// The members that every view of an order begins with. Held and expired are told with the time.
void write_order(Writer& body, const OrderReply& reply) {
  const OrderStatus status = reply.order->status;
  body.text("{\"order\":\"");
  body.text(id_of(reply));
  body.text("\",\"status\":\"");
  body.text(order_status_name(status));
  body.text("\"");
  write_purchase(body, reply);
  if (status != OrderStatus::held && status != OrderStatus::expired) return;
  body.text(",\"expires_at\":\"");
  body.time(reply.order->expires_at);
  body.text("\"");
}

void write_created_headers(Writer& headers, std::string_view place, const OrderReply& reply) {
  headers.text("Location: ");
  headers.text(place);
  headers.text(id_of(reply));
  headers.text("\r\n");
  if (reply.replayed) headers.text("Idempotent-Replayed: true\r\n");
  if (reply.async) headers.text("Preference-Applied: respond-async\r\n");
}

// Closes the body, after the texts that clients have chosen freely, and sends it.
void append_with_texts(std::string& out, const ReplyFrame& frame, int status, std::string_view headers,
                       Writer& body, std::string_view payment, std::string_view reference) {
  if (payment.empty() && reference.empty()) {
    body.text("}");
    return append_reply(out, frame, status, kJson, body.view(), headers);
  }
  std::string whole(body.view());
  const auto add = [&whole](std::string_view member, std::string_view text) {
    if (text.empty()) return;
    whole += member;
    append_json_string(whole, text);
  };
  add(",\"payment_reference\":", payment);
  add(",\"reference\":", reference);
  whole += '}';
  append_reply(out, frame, status, kJson, whole, headers);
}

// `offered`: the place's order has a life of its own since then.
std::string_view place_status(const PlaceReply& reply) {
  const Order& order = *reply.order.order;
  if (order.status == OrderStatus::waiting)
    return reply.now < last_end(*reply.order.campaign) ? "waiting" : "ended";
  // Who left without ever having been offered a unit has never had a time.
  return order.status == OrderStatus::cancelled && order.expires_at.ns == 0 ? "left" : "offered";
}

void write_place(Writer& body, const PlaceReply& reply) {
  const Order& order = *reply.order.order;
  const std::string_view status = place_status(reply);
  body.text("{\"ticket\":\"");
  body.text(id_of(reply.order));
  body.text("\",\"status\":\"");
  body.text(status);
  body.text("\"");
  if (status == "waiting") {
    body.text(",\"position\":");
    body.number(reply.position);
  } else if (status == "offered") {
    body.text(",\"order\":\"");
    body.text(id_of(reply.order));
    body.text("\",\"order_status\":\"");
    body.text(order_status_name(order.status));
    body.text("\",\"expires_at\":\"");
    body.time(order.expires_at);
    body.text("\"");
  }
  write_purchase(body, reply.order);
  body.text("}");
}

}  // namespace

void append_order_created(std::string& out, const ReplyFrame& frame, const OrderReply& reply) {
  std::array<char, kOrderReplyBytesMax> body_bytes;
  Writer body(body_bytes.data());
  write_order(body, reply);
  std::array<char, kHeadersBytesMax> header_bytes;
  Writer headers(header_bytes.data());
  write_created_headers(headers, "/v1/orders/", reply);
  append_with_texts(out, frame, reply.async ? 202 : 201, headers.view(), body, {}, reply.order->reference);
}

void append_order_view(std::string& out, const ReplyFrame& frame, const OrderReply& reply) {
  const Order& order = *reply.order;
  std::array<char, kOrderReplyBytesMax> body_bytes;
  Writer body(body_bytes.data());
  write_order(body, reply);
  // A basket is confirmed as a whole.
  const bool in_part = order.lines.empty() && order.confirmed_quantity != order.quantity;
  if (order.status == OrderStatus::confirmed && in_part) {
    body.text(",\"confirmed_quantity\":");
    body.number(order.confirmed_quantity);
  }
  if (order.returned_quantity != 0) {
    body.text(",\"returned_quantity\":");
    body.number(order.returned_quantity);
  }
  if (order.refund_due) body.text(",\"refund_due\":true");
  body.text(",\"decided_at\":\"");
  body.time(order.decided_at);
  body.text("\"");
  append_with_texts(out, frame, 200, reply.replayed ? "Idempotent-Replayed: true\r\n" : "", body,
                    order.payment, order.reference);
}

void append_place_created(std::string& out, const ReplyFrame& frame, const PlaceReply& reply) {
  std::array<char, kOrderReplyBytesMax> body_bytes;
  Writer body(body_bytes.data());
  write_place(body, reply);
  std::array<char, kHeadersBytesMax> header_bytes;
  Writer headers(header_bytes.data());
  write_created_headers(headers, "/v1/waitlist/", reply.order);
  append_reply(out, frame, 202, kJson, body.view(), headers.view());
}

void append_place_view(std::string& out, const ReplyFrame& frame, const PlaceReply& reply) {
  std::array<char, kOrderReplyBytesMax> body_bytes;
  Writer body(body_bytes.data());
  write_place(body, reply);
  append_reply(out, frame, 200, kJson, body.view());
}

}  // namespace doorbuster
