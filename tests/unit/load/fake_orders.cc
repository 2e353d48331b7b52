#include "unit/load/fake_orders.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "doorbuster/base/tick.h"

namespace doorbuster::load::testing {
namespace {

std::string text_of(const JsonNode& object, std::string_view key) {
  const JsonNode* node = object.find(key);
  return node != nullptr && node->is(JsonType::string) ? std::string(node->string()) : "";
}

std::int64_t number_of(const JsonNode& object, std::string_view key, std::int64_t otherwise) {
  const JsonNode* node = object.find(key);
  return node != nullptr && node->is(JsonType::integer) ? node->integer() : otherwise;
}

bool flag_of(const JsonNode& object, std::string_view key, bool otherwise) {
  const JsonNode* node = object.find(key);
  return node != nullptr && node->is(JsonType::boolean) ? node->boolean() : otherwise;
}

std::string expiry_json(std::int64_t expires_ns) {
  return fmt::format(R"(,"expires_at":"{}")", format_rfc3339({expires_ns}));
}

}  // namespace

FakeReply fake_refusal(unsigned status, std::string_view code, const std::string& more) {
  return {.status = status,
          .body = fmt::format(R"({{"type":"about:blank","title":"no","status":{},"code":"{}"{}}})", status,
                              code, more)};
}

void FakeOrders::tick(std::int64_t now_ns) {
  now_ns_ = now_ns;
  if (state_.hold_ms == 0 || fault_ == Fault::keeps_dead_holds) return;
  for (auto& [name, order] : state_.orders) {
    if (order.status == "held" && order.expires_ns <= now_ns) free_hold(order, "expired");
  }
}

FakeOffer& FakeOrders::offer_of(const std::string& sku) {
  return *std::find_if(state_.offers.begin(), state_.offers.end(),
                       [&](const FakeOffer& each) { return each.sku == sku; });
}

std::int64_t FakeOrders::open_units(const FakeOffer& offer) const {
  const std::int64_t kept_back = fault_ == Fault::oversells ? -3 : fault_ == Fault::strands_stock ? 2 : 0;
  return offer.line.empty() ? offer.available() - kept_back : 0;
}

bool FakeOrders::over_limit(const FakeOrder& wanted, std::int64_t total) const {
  std::int64_t of_buyer = 0, of_device = 0, total_of_buyer = 0, total_of_device = 0;
  for (const auto& [name, order] : state_.orders) {
    const bool pending = order.status == "held" || order.status == "waiting";
    std::int64_t units = pending ? order.quantity : order.confirmed - order.returned;
    if (pending && fault_ == Fault::limit_forgets_holds) units = 0;
    const std::int64_t here = units_of_sku(order, wanted.sku, units);
    if (order.buyer == wanted.buyer) {
      total_of_buyer += units;
      of_buyer += here;
    }
    if (!wanted.device.empty() && order.device == wanted.device) {
      total_of_device += units;
      of_device += here;
    }
  }
  if (fault_ == Fault::ignores_identities) of_device = total_of_device = 0;
  const std::int64_t here = std::max(of_buyer, of_device) + wanted.quantity;
  const std::int64_t everywhere = std::max(total_of_buyer, total_of_device) + total;
  if (here > state_.limit_per_buyer && fault_ != Fault::ignores_the_limit) return true;
  return state_.limit_per_buyer_total > 0 && everywhere > state_.limit_per_buyer_total &&
         fault_ != Fault::ignores_total_limit;
}

std::string FakeOrders::order_json(const FakeOrder& order) const {
  std::string more;
  if (order.status == "held" || order.status == "expired") more += expiry_json(order.expires_ns);
  if (order.status == "confirmed" && order.confirmed != order.quantity) {
    more += fmt::format(R"(,"confirmed_quantity":{})", order.confirmed);
  }
  if (order.returned > 0) more += fmt::format(R"(,"returned_quantity":{})", order.returned);
  if (order.refund_due) more += R"(,"refund_due":true)";
  if (!order.payment.empty()) more += fmt::format(R"(,"payment_reference":"{}")", order.payment);
  return fmt::format(R"({{"order":"{}","status":"{}","campaign":"demo",{},
                         "currency":"EUR","buyer":"{}","durable":true{}}})",
                     order.order, order.status, content_json(order),
                     fault_ == Fault::changes_the_buyer ? "somebody" : order.buyer, more);
}

std::string FakeOrders::ticket_json(const FakeOrder& order) const {
  std::string status = order.offered ? "offered" : order.status == "waiting" ? "waiting" : "left";
  std::string more;
  if (order.offered) {
    more = fmt::format(R"(,"order":"{}","order_status":"{}")", order.order, order.status) +
           expiry_json(order.expires_ns);
  } else if (status == "waiting") {
    for (const FakeOffer& offer : state_.offers) {
      const auto place = std::find(offer.line.begin(), offer.line.end(), order.order);
      if (place != offer.line.end()) more = fmt::format(R"(,"position":{})", place - offer.line.begin() + 1);
    }
  }
  return fmt::format(R"({{"ticket":"{}","status":"{}"{},"campaign":"demo","sku":"{}","quantity":{},
                         "unit_price":{},"currency":"EUR","buyer":"{}","durable":true}})",
                     order.order, status, more, order.sku, order.quantity, order.price, order.buyer);
}

FakeReply FakeOrders::replay(const FakeOrder& first) const {
  const bool hides = fault_ == Fault::hides_replays;
  if (first.ticket) return {.status = 202, .body = ticket_json(first), .replayed = !hides};
  FakeOrder as_it_was = first;
  if (first.first_expires_ns != 0 && fault_ != Fault::replays_as_it_stands) {
    as_it_was.status = "held";
    as_it_was.expires_ns = first.first_expires_ns;
    as_it_was.returned = 0;
    as_it_was.refund_due = false;
    as_it_was.payment.clear();
  } else if (first.status != "held") {
    as_it_was.status = "confirmed";
  }
  return {.status = 201, .body = order_json(as_it_was), .replayed = !hides};
}

FakeReply FakeOrders::buy(const JsonNode& body, const std::string& key) {
  if (body.find("lines") != nullptr) return buy_basket(body, key);
  FakeOrder wanted{.order = "",
                   .sku = text_of(body, "sku"),
                   .buyer = text_of(body, "buyer"),
                   .key = key,
                   .device = "",
                   .quantity = number_of(body, "quantity", 1)};
  const JsonNode* identities = body.find("identities");
  if (identities != nullptr) wanted.device = std::string((*identities->children().begin()).string());
  const auto offer = std::find_if(state_.offers.begin(), state_.offers.end(),
                                  [&](const FakeOffer& each) { return each.sku == wanted.sku; });
  if (offer == state_.offers.end()) return fake_refusal(404, "sku_not_found");
  wanted.price = offer->price;
  const auto known = state_.order_of_key.find(key + " " + wanted.sku);
  if (!key.empty() && known != state_.order_of_key.end() && fault_ != Fault::forgets_keys) {
    const FakeOrder& first = state_.orders.at(known->second);
    if (first.quantity == wanted.quantity && first.buyer == wanted.buyer) return replay(first);
    if (fault_ != Fault::accepts_reused_keys) return fake_refusal(422, "idempotency_key_reused");
    return sell(*offer, std::move(wanted));
  }
  if (over_limit(wanted, wanted.quantity)) return fake_refusal(409, "limit_reached");
  if (number_of(body, "expected_price", offer->price) < offer->price &&
      fault_ != Fault::ignores_expected_price) {
    return fake_refusal(409, "price_changed");
  }
  if (open_units(*offer) >= wanted.quantity) return sell(*offer, std::move(wanted));
  if (fault_ == Fault::sold_out_too_soon) return fake_refusal(409, "sold_out");
  if (offer->held == 0) {
    return fake_refusal(409, fault_ == Fault::all_held_for_ever ? "all_held" : "sold_out");
  }
  if (flag_of(body, "wait", false) && state_.waitlist && offer->stock - offer->sold >= wanted.quantity) {
    return take_place(*offer, std::move(wanted));
  }
  return fake_refusal(409, "all_held");
}

// Held, or sold at once; and what the buyer is told of it.
FakeReply FakeOrders::begin(FakeOrder& wanted) const {
  if (state_.hold_ms > 0) {
    wanted.status = "held";
    wanted.began_ns = now_ns_;
    wanted.expires_ns = wanted.first_expires_ns = now_ns_ + state_.hold_ms * kNsPerMillisecond;
  } else {
    wanted.confirmed = wanted.quantity;
  }
  return {.status = 201, .body = order_json(wanted)};
}

FakeReply FakeOrders::sell(FakeOffer& offer, FakeOrder wanted) {
  ++sales_;
  // One in ten goes wrong, so that it cannot always hit a visitor who does not see the reply.
  const bool goes_wrong = sales_ % 10 == 3;
  const bool shares_name = goes_wrong && fault_ == Fault::same_name_for_two;
  const bool lost = goes_wrong && fault_ == Fault::loses_an_order;
  const std::string name =
      fmt::format("order-{:05}", state_.orders.size() + forgotten_ + (shares_name ? 0 : 1));
  wanted.order = name;
  std::int64_t& units = state_.hold_ms > 0 ? offer.held : offer.sold;
  units += wanted.quantity;
  if (goes_wrong && fault_ == Fault::doubles_an_order) units += wanted.quantity;
  const FakeReply reply = begin(wanted);
  if (lost || shares_name) {
    forgotten_ += lost ? 1 : 0;
    return reply;
  }
  if (!wanted.key.empty()) state_.order_of_key[wanted.key + " " + wanted.sku] = name;
  state_.orders[name] = std::move(wanted);
  return reply;
}

FakeReply FakeOrders::take_place(FakeOffer& offer, FakeOrder wanted) {
  wanted.order = fmt::format("order-{:05}", state_.orders.size() + 1);
  wanted.status = "waiting";
  wanted.ticket = true;
  offer.line.push_back(wanted.order);
  const FakeReply reply{.status = 202, .body = ticket_json(wanted)};
  if (!wanted.key.empty()) state_.order_of_key[wanted.key + " " + wanted.sku] = wanted.order;
  const std::string name = wanted.order;
  state_.orders[name] = std::move(wanted);
  return reply;
}

void FakeOrders::free_hold(FakeOrder& order, const std::string& status) {
  order.status = status;
  if (!order.lines.empty()) {
    add_units(order, &FakeOffer::held, -1);
    for (const FakeLine& line : order.lines) serve_line(offer_of(line.sku));
    return;
  }
  FakeOffer& offer = offer_of(order.sku);
  offer.held -= order.quantity;
  serve_line(offer);
}

void FakeOrders::serve_line(FakeOffer& offer) {
  while (!offer.line.empty()) {
    const auto place = fault_ == Fault::serves_the_last ? offer.line.end() - 1 : offer.line.begin();
    FakeOrder& order = state_.orders.at(*place);
    if (offer.stock - offer.sold < order.quantity) {
      order.status = "cancelled";
    } else if (offer.available() >= order.quantity) {
      offer.held += order.quantity;
      order.status = "held";
      order.offered = true;
      order.began_ns = now_ns_;
      order.expires_ns = now_ns_ + state_.hold_ms * kNsPerMillisecond;
    } else {
      return;
    }
    offer.line.erase(place);
  }
}

FakeReply FakeOrders::order(const std::string& name) const {
  const auto found = state_.orders.find(name);
  if (found == state_.orders.end() || found->second.status == "waiting") {
    return fake_refusal(404, "order_not_found");
  }
  FakeOrder order = found->second;
  if (fault_ == Fault::shows_other_lines && !order.lines.empty()) ++order.lines.front().quantity;
  return {.body = order_json(order)};
}

FakeReply FakeOrders::not_held(const FakeOrder& order, bool refund) const {
  return fake_refusal(
      409, "order_not_held",
      fmt::format(R"(,"order_status":"{}"{})", order.status, refund ? R"(,"refund_due":true)" : ""));
}

FakeReply FakeOrders::step(const std::string& name, std::string_view action, const JsonNode& body,
                           const std::string& key) {
  const auto found = state_.orders.find(name);
  if (found == state_.orders.end()) return fake_refusal(404, "order_not_found");
  FakeOrder& order = found->second;
  if (action == "confirm") return confirm(order, body);
  if (action == "cancel" || action == "payment-failed") return cancel(order);
  if (action == "extend") return extend(order, body);
  if (action == "return") return give_back(order, body, key);
  return fake_refusal(404, "not_found");
}

FakeReply FakeOrders::confirm(FakeOrder& order, const JsonNode& body) {
  const std::string payment = text_of(body, "payment_reference");
  const std::int64_t units = number_of(body, "quantity", order.quantity);
  if (order.status == "confirmed") {
    if (fault_ == Fault::changes_its_mind && state_.hold_ms > 0) return not_held(order, false);
    return {.body = order_json(order)};
  }
  if (order.status == "cancelled") {
    if (!payment.empty()) order.refund_due = true;
    return not_held(order, order.refund_due);
  }
  if (order.status == "waiting") return not_held(order, false);
  if (order.status == "expired") return confirm_late(order, units, payment);
  if (fault_ == Fault::expires_early && unlucky()) return refuse_late(order, payment);
  if (fault_ == Fault::forgets_a_confirmation && unlucky()) {
    FakeOrder lie = order;
    lie.status = "confirmed";
    lie.confirmed = units;
    return {.body = order_json(lie)};
  }
  if (!order.lines.empty()) return confirm_basket(order, payment);
  FakeOffer& offer = offer_of(order.sku);
  offer.held -= order.quantity;
  order.status = "confirmed";
  order.confirmed = units;
  order.payment = payment;
  const FakeReply reply{.body = order_json(order)};
  if (fault_ == Fault::confirms_the_whole) order.confirmed = order.quantity;
  offer.sold += order.confirmed;
  serve_line(offer);
  return reply;
}

FakeReply FakeOrders::confirm_late(FakeOrder& order, std::int64_t units, const std::string& payment) {
  if (!order.lines.empty()) return confirm_basket(order, payment);
  FakeOffer& offer = offer_of(order.sku);
  const bool says_no_first = fault_ == Fault::yes_after_no && order.payment.empty();
  const bool is_settled = order.refund_due && fault_ != Fault::yes_after_no;
  FakeOrder wanted = order;
  wanted.quantity = units;
  if (says_no_first || is_settled || open_units(offer) < units) return refuse_late(order, payment);
  if (over_limit(wanted, units)) return fake_refusal(409, "limit_reached");
  offer.sold += units;
  order.status = "confirmed";
  order.confirmed = units;
  order.payment = payment;
  return {.body = order_json(order)};
}

FakeReply FakeOrders::refuse_late(FakeOrder& order, const std::string& payment) {
  if (!payment.empty() && fault_ != Fault::keeps_late_money) {
    order.refund_due = true;
    order.payment = payment;
  }
  const bool owed = order.refund_due;
  if (fault_ == Fault::forgets_refunds) order.refund_due = false;
  return fake_refusal(409, "hold_expired",
                      fmt::format(R"(,"order_status":"expired"{})", owed ? R"(,"refund_due":true)" : ""));
}

FakeReply FakeOrders::cancel(FakeOrder& order) {
  if (order.status == "cancelled") return {.body = order_json(order)};
  if (order.status == "confirmed" && fault_ == Fault::resolves_twice && state_.hold_ms > 0) {
    FakeOrder lie = order;
    lie.status = "cancelled";
    return {.body = order_json(lie)};
  }
  if (order.status != "held") return not_held(order, false);
  if (fault_ == Fault::forgets_a_cancellation && unlucky()) {
    FakeOrder lie = order;
    lie.status = "cancelled";
    return {.body = order_json(lie)};
  }
  free_hold(order, "cancelled");
  return {.body = order_json(order)};
}

FakeReply FakeOrders::extend(FakeOrder& order, const JsonNode& body) {
  if (order.status == "expired") return fake_refusal(409, "hold_expired", R"(,"order_status":"expired")");
  if (order.status != "held") return not_held(order, false);
  const std::int64_t seconds = number_of(body, "seconds", 0);
  const std::int64_t wanted_ns =
      now_ns_ + (seconds == 0 ? state_.hold_ms * kNsPerMillisecond : seconds * kNsPerSecond);
  const std::int64_t last_ns = order.began_ns + state_.hold_max_seconds * kNsPerSecond;
  order.expires_ns =
      std::max(order.expires_ns, fault_ == Fault::extends_for_ever ? wanted_ns + 2 * kNsPerSecond
                                                                   : std::min(wanted_ns, last_ns));
  if (fault_ == Fault::shortens_holds) order.expires_ns = now_ns_ + 50 * kNsPerMillisecond;
  return {.body = order_json(order)};
}

FakeReply FakeOrders::give_back(FakeOrder& order, const JsonNode& body, const std::string& key) {
  const bool known = !key.empty() && order.return_keys.count(key) > 0;
  if (known && fault_ != Fault::returns_twice) {
    return {.body = order_json(order), .replayed = fault_ != Fault::hides_return_replays};
  }
  if (order.status != "confirmed") return not_held(order, false);
  const std::int64_t units = number_of(body, "quantity", order.confirmed - order.returned);
  if (!known && units > order.confirmed - order.returned) return fake_refusal(422, "validation_failed");
  order.returned += units;
  order.return_keys.insert(key);
  FakeOffer& offer = offer_of(order.sku);
  if (flag_of(body, "restock", true) && fault_ != Fault::keeps_returns) offer.sold -= units;
  const FakeReply reply{.body = order_json(order), .replayed = known};
  serve_line(offer);
  return reply;
}

FakeReply FakeOrders::look(const std::string& ticket) const {
  const auto found = state_.orders.find(ticket);
  if (found == state_.orders.end() || !found->second.ticket) return fake_refusal(404, "order_not_found");
  return {.body = ticket_json(found->second)};
}

FakeReply FakeOrders::leave(const std::string& ticket) {
  const auto found = state_.orders.find(ticket);
  if (found == state_.orders.end() || !found->second.ticket) return fake_refusal(404, "order_not_found");
  FakeOrder& order = found->second;
  if (order.offered) return not_held(order, false);
  if (order.status == "waiting") {
    order.status = "cancelled";
    std::erase(offer_of(order.sku).line, ticket);
  }
  return {.body = ticket_json(order)};
}

}  // namespace doorbuster::load::testing
