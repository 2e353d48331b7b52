#include "doorbuster/http/order_replies.h"

#include <array>
#include <string_view>

#include "doorbuster/base/limits.h"
#include "reply_head.h"
#include "reply_writer.h"

namespace doorbuster {
namespace {

constexpr std::string_view kJson = "application/json";

// The longest body: constants, numbers and times; identifiers; and the two texts that may need escaping.
constexpr std::size_t kLineBytesMax = 48 + 2 * ReplyWriter::kNumberBytesMax + kIdentifierBytesMax;
constexpr std::size_t kOrderBodyBytesMax = 768 + 3 * kIdentifierBytesMax + 2 * kOrderIdBytes +
                                           kBasketLinesMax * kLineBytesMax +
                                           2 * kReferenceBytesMax * ReplyWriter::kJsonBytesMax;

std::string_view id_of(const OrderReply& reply) {
  return {reply.id.data(), reply.id.size()};
}

ReplyWriter write_lines(ReplyWriter body, const OrderReply& reply) {
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
  return body;
}

ReplyWriter write_sku(ReplyWriter body, const OrderReply& reply) {
  body.text(",\"sku\":\"");
  body.text(reply.offer->sku);
  body.text("\",\"quantity\":");
  body.number(reply.order->quantity);
  body.text(",\"unit_price\":");
  body.number(reply.order->unit_price);
  return body;
}

// What was bought, by whom, and whether it is durable: the same in every view.
ReplyWriter write_purchase(ReplyWriter body, const OrderReply& reply) {
  body.text(",\"campaign\":\"");
  body.text(reply.campaign->id);
  body.text("\"");
  body = reply.order->lines.empty() ? write_sku(body, reply) : write_lines(body, reply);
  body.text(",\"currency\":\"");
  body.text(reply.campaign->currency);
  body.text("\",\"buyer\":\"");
  body.text(reply.order->buyer);
  body.text("\",\"durable\":");
  reply.durable ? body.text("true") : body.text("false");
  return body;
}

// The members that every view of an order begins with. Held and expired are told with the time.
ReplyWriter write_order(ReplyWriter body, const OrderReply& reply) {
  const OrderStatus status = reply.order->status;
  body.text("{\"order\":\"");
  body.text(id_of(reply));
  body.text("\",\"status\":\"");
  body.text(order_status_name(status));
  body.text("\"");
  body = write_purchase(body, reply);
  if (status != OrderStatus::held && status != OrderStatus::expired) return body;
  body.text(",\"expires_at\":\"");
  body.time(reply.order->expires_at);
  body.text("\"");
  return body;
}

// The texts that clients have chosen freely.
ReplyWriter write_texts(ReplyWriter body, std::string_view payment, std::string_view reference) {
  if (!payment.empty()) {
    body.text(",\"payment_reference\":");
    body.json_string(payment);
  }
  if (!reference.empty()) {
    body.text(",\"reference\":");
    body.json_string(reference);
  }
  return body;
}

// Behind "Location: " and the path of what was made.
void end_created(std::string& out, const ReplyFrame& frame, const OrderReply& reply, ReplyWriter head,
                 std::string_view body) {
  head.text(id_of(reply));
  head.text("\r\n");
  if (reply.replayed) head.text("Idempotent-Replayed: true\r\n");
  if (reply.async) head.text("Preference-Applied: respond-async\r\n");
  end_head(head, frame, body.size());
  out += head.view();
  if (!frame.head_only) out += body;
}

// `offered`: the place's order has a life of its own since then.
std::string_view place_status(const PlaceReply& reply) {
  const Order& order = *reply.order.order;
  if (order.status == OrderStatus::waiting)
    return reply.now < last_end(*reply.order.campaign) ? "waiting" : "ended";
  // Who left without ever having been offered a unit has never had a time.
  return order.status == OrderStatus::cancelled && order.expires_at.ns == 0 ? "left" : "offered";
}

ReplyWriter write_place(ReplyWriter body, const PlaceReply& reply) {
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
  body = write_purchase(body, reply.order);
  body.text("}");
  return body;
}

}  // namespace

void append_order_created(std::string& out, const ReplyFrame& frame, const OrderReply& reply) {
  std::array<char, kOrderBodyBytesMax> body_bytes;
  ReplyWriter body(body_bytes.data());
  body = write_order(body, reply);
  body = write_texts(body, {}, reply.order->reference);
  body.text("}");
  std::array<char, kHeadBytesMax> head_bytes;
  ReplyWriter head(head_bytes.data());
  reply.async ? begin_head(head, frame, 202, kJson) : begin_head(head, frame, 201, kJson);
  head.text("Location: /v1/orders/");
  end_created(out, frame, reply, head, body.view());
}

void append_order_view(std::string& out, const ReplyFrame& frame, const OrderReply& reply) {
  const Order& order = *reply.order;
  std::array<char, kOrderBodyBytesMax> body_bytes;
  ReplyWriter body(body_bytes.data());
  body = write_order(body, reply);
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
  body = write_texts(body, order.payment, order.reference);
  body.text("}");
  append_reply(out, frame, 200, kJson, body.view(), reply.replayed ? "Idempotent-Replayed: true\r\n" : "");
}

void append_place_created(std::string& out, const ReplyFrame& frame, const PlaceReply& reply) {
  std::array<char, kOrderBodyBytesMax> body_bytes;
  ReplyWriter body(body_bytes.data());
  body = write_place(body, reply);
  std::array<char, kHeadBytesMax> head_bytes;
  ReplyWriter head(head_bytes.data());
  begin_head(head, frame, 202, kJson);
  head.text("Location: /v1/waitlist/");
  end_created(out, frame, reply.order, head, body.view());
}

void append_place_view(std::string& out, const ReplyFrame& frame, const PlaceReply& reply) {
  std::array<char, kOrderBodyBytesMax> body_bytes;
  ReplyWriter body(body_bytes.data());
  body = write_place(body, reply);
  append_reply(out, frame, 200, kJson, body.view());
}

}  // namespace doorbuster
