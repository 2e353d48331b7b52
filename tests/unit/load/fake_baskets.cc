// Baskets of the fake shop, several SKUs in one order, all of it or nothing; and what its stock looks like.

#include <fmt/format.h>

#include <utility>

#include "doorbuster/base/tick.h"
#include "unit/load/fake_orders.h"

namespace doorbuster::load::testing {

// Of `units` that count of this order in all.
std::int64_t FakeOrders::units_of_sku(const FakeOrder& order, const std::string& sku, std::int64_t units) {
  if (order.lines.empty()) return order.sku == sku ? units : 0;
  std::int64_t here = 0;
  for (const FakeLine& line : order.lines) {
    if (line.sku == sku && units > 0) here += line.quantity;
  }
  return here;
}

std::string FakeOrders::content_json(const FakeOrder& order) {
  const auto members = [](const std::string& sku, std::int64_t quantity, std::int64_t price) {
    return fmt::format(R"("sku":"{}","quantity":{},"unit_price":{})", sku, quantity, price);
  };
  if (order.lines.empty()) return members(order.sku, order.quantity, order.price);
  std::string json;
  std::int64_t total = 0;
  for (const FakeLine& line : order.lines) {
    json += (json.empty() ? "{" : ",{") + members(line.sku, line.quantity, line.price) + "}";
    total += line.quantity * line.price;
  }
  return fmt::format(R"("lines":[{}],"total":{})", json, total);
}

// Of the lines that were taken.
void FakeOrders::add_units(const FakeOrder& order, std::int64_t FakeOffer::*units, std::int64_t sign) {
  for (std::size_t i = 0; i < order.lines_taken; ++i) {
    offer_of(order.lines[i].sku).*units += sign * order.lines[i].quantity;
  }
}

const FakeLine* FakeOrders::line_over_limit(const FakeOrder& wanted) const {
  FakeOrder one = wanted;
  for (const FakeLine& line : wanted.lines) {
    one.sku = line.sku;
    one.quantity = line.quantity;
    if (over_limit(one, wanted.quantity)) return &line;
  }
  return nullptr;
}

FakeReply FakeOrders::refuse_line(FakeOrder& wanted, std::size_t line, std::string_view code) {
  if (fault_ == Fault::keeps_refused_lines) {
    wanted.lines_taken = line;
    add_units(wanted, &FakeOffer::held, 1);
  }
  if (fault_ == Fault::refuses_without_sku) return fake_refusal(409, code);
  return fake_refusal(409, code, fmt::format(R"(,"sku":"{}")", wanted.lines[line].sku));
}

FakeReply FakeOrders::buy_basket(const JsonNode& body, const std::string& key) {
  FakeOrder wanted{
      .order = "", .sku = "", .buyer = std::string(body.find("buyer")->string()), .key = key, .device = ""};
  for (const JsonNode& node : body.find("lines")->children()) {
    const FakeOffer& offer = offer_of(std::string(node.find("sku")->string()));
    wanted.lines.push_back({offer.sku, node.find("quantity")->integer(), offer.price});
    wanted.quantity += wanted.lines.back().quantity;
  }
  const std::string slot = key + " of a basket";
  const auto known = state_.order_of_key.find(slot);
  if (!key.empty() && known != state_.order_of_key.end()) {
    const FakeOrder& first = state_.orders.at(known->second);
    if (content_json(first) != content_json(wanted) || first.buyer != wanted.buyer) {
      return fake_refusal(422, "idempotency_key_reused");
    }
    return replay(first);
  }
  if (const FakeLine* line = line_over_limit(wanted)) {
    return refuse_line(wanted, static_cast<std::size_t>(line - wanted.lines.data()), "limit_reached");
  }
  for (std::size_t i = 0; i < wanted.lines.size(); ++i) {
    const FakeOffer& offer = offer_of(wanted.lines[i].sku);
    if (open_units(offer) >= wanted.lines[i].quantity) continue;
    return refuse_line(wanted, i, offer.held == 0 ? "sold_out" : "all_held");
  }
  wanted.order = fmt::format("order-{:05}", state_.orders.size() + forgotten_ + 1);
  const bool takes_less = ++baskets_ % 10 == 3 && fault_ == Fault::takes_one_line;
  wanted.lines_taken = takes_less ? 1 : wanted.lines.size();
  add_units(wanted, state_.hold_ms > 0 ? &FakeOffer::held : &FakeOffer::sold, 1);
  const FakeReply reply = begin(wanted);
  if (!key.empty()) state_.order_of_key[slot] = wanted.order;
  const std::string name = wanted.order;
  state_.orders[name] = std::move(wanted);
  return reply;
}

// Late, too: then only when there is enough of every line again.
FakeReply FakeOrders::confirm_basket(FakeOrder& order, const std::string& payment) {
  if (order.status == "held") {
    add_units(order, &FakeOffer::held, -1);
  } else {
    for (const FakeLine& line : order.lines) {
      if (order.refund_due || open_units(offer_of(line.sku)) < line.quantity) {
        return refuse_late(order, payment);
      }
    }
    if (line_over_limit(order) != nullptr) return fake_refusal(409, "limit_reached");
  }
  add_units(order, &FakeOffer::sold, 1);
  order.status = "confirmed";
  order.confirmed = order.quantity;
  order.payment = payment;
  return {.body = order_json(order)};
}

std::string FakeOrders::stock_json() const {
  std::string offers;
  for (const FakeOffer& offer : state_.offers) {
    const std::int64_t wrong = fault_ == Fault::counts_wrongly       ? 1
                               : fault_ == Fault::counts_holds_twice ? offer.held
                                                                     : 0;
    offers += fmt::format(R"({}{{"sku":"{}","allocated":{},"available":{},"held":{},"sold":{}}})",
                          offers.empty() ? "" : ",", offer.sku, offer.stock, offer.available() + wrong,
                          offer.held, offer.sold);
  }
  return offers;
}

}  // namespace doorbuster::load::testing
