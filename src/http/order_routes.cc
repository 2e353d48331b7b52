// Orders and places in a line: what comes in, and every answer that a shard has given.

#include <algorithm>
#include <string>
#include <string_view>

#include "doorbuster/http/exchange.h"
#include "doorbuster/http/order_replies.h"
#include "doorbuster/http/public_handler.h"

namespace doorbuster {
namespace {

// A place and the order that may become of it have one name. Each path knows its own: what has never waited
// has no place, and what waits is no order yet.
Outcome outcome_to_tell(const Request& request) {
  const Outcome outcome = request.outcome;
  if (request.kind == Request::Kind::buy) return outcome;
  const bool found = outcome == Outcome::ok || outcome == Outcome::order_not_held;
  if (request.about_place) return found && !request.from_line ? Outcome::order_not_found : outcome;
  const bool waits = outcome == Outcome::ok && request.order.status == OrderStatus::waiting;
  return waits ? Outcome::order_not_found : outcome;
}

constexpr std::string_view kNoSuchLine = "The order has nothing of this \"sku\".";

std::string_view what_is_out_of_range(const Request& request) {
  const OrderCommand& command = request.command;
  const Order& order = request.order;
  if (order.lines.empty()) {
    const bool other = command.part && *command.part != order.number.offer();
    return other ? kNoSuchLine : "\"quantity\" is more than the order has left.";
  }
  if (command.action == OrderAction::confirm) {
    return "An order of several lines is confirmed as a whole: \"quantity\" is not for it.";
  }
  if (!command.part) return "An order of several lines is returned line by line: \"sku\" says which.";
  const bool has_line = std::any_of(order.lines.begin(), order.lines.end(),
                                    [&](const OrderLine& line) { return line.offer == *command.part; });
  return has_line ? "\"quantity\" is more than the line has left." : kNoSuchLine;
}

// The SKU whose refusal it is, where the refusal is a basket's and of one of its lines.
std::string_view refused_sku(const Request& request, Outcome outcome, const Catalog& catalog) {
  using enum Outcome;
  const bool of_a_line = outcome == limit_reached || outcome == all_held || outcome == sold_out ||
                         outcome == price_changed || outcome == sku_not_found;
  const bool buys = request.kind == Request::Kind::buy;
  if (!of_a_line || (buys ? request.buy.lines : request.order.lines).empty()) return {};
  return catalog.offer(request.refused_line).definition.sku;
}

// What a refusal says of the order that it is about.
void explain(const Request& request, Outcome outcome, RefusalDetails& details) {
  switch (outcome) {
    case Outcome::order_not_held:
    case Outcome::hold_expired:
      details.order_status = request.order.status;
      details.refund_due = request.order.refund_due;
      break;
    case Outcome::limit_reached:
      details.refund_due = request.order.refund_due;
      break;
    case Outcome::validation_failed:
      details.detail = what_is_out_of_range(request);
      break;
    case Outcome::idempotency_key_reused:
      details.detail = "This key belongs to a return with another quantity or restock.";
      break;
    default:
      break;
  }
}

}  // namespace

Request* PublicHandler::show_order(const Exchange& exchange, std::string_view id) {
  return ask_about(id, Request::Kind::find_order, exchange);
}

Request* PublicHandler::show_place(const Exchange& exchange, std::string_view id) {
  Request* request = ask_about(id, Request::Kind::find_order, exchange);
  if (request != nullptr) request->about_place = true;
  return request;
}

Request* PublicHandler::leave_place(const Exchange& exchange, std::string_view id) {
  if (exchange.context.draining) return exchange.refuse(Outcome::draining);
  Request* request = ask_about(id, Request::Kind::order_command, exchange);
  if (request == nullptr) return nullptr;
  request->about_place = true;
  request->command.action = OrderAction::leave_line;
  return request;
}

Request* PublicHandler::command_order(std::string_view id, OrderAction action, const Exchange& exchange) {
  const HttpRequest& http = exchange.http;
  if (exchange.context.draining) return exchange.refuse(Outcome::draining);
  if (!http.body.empty() && !exchange.has_json()) return exchange.refuse(Outcome::unsupported_media_type);
  OrderCommand command;
  command.action = action;
  if (action == OrderAction::give_back) {
    const auto key = idempotency_key(exchange);
    if (!key) return nullptr;
    command.key = *key;
  }
  std::string_view sku;
  if (!order_decoder_.decode(http.body, command, sku)) {
    return exchange.refuse(order_decoder_.outcome(), {.detail = order_decoder_.detail()});
  }
  Request* request = ask_about(id, Request::Kind::order_command, exchange);
  if (request == nullptr) return nullptr;
  command.order = request->command.order;
  if (!sku.empty() && !find_part(sku, command)) {
    door_.give_back(request);
    return exchange.refuse(Outcome::validation_failed, {.detail = kNoSuchLine});
  }
  command.payment = request->keep(command.payment);
  command.key = request->keep(command.key);
  request->command = command;
  return request;
}

bool PublicHandler::find_part(std::string_view sku, OrderCommand& command) {
  const Catalog& catalog = door_.catalog();
  const OfferIndex home = command.order.offer();
  // A name that this folder gave, of an offer that this catalog does not have: the shard finds no such order.
  if (home.value >= catalog.offers().size()) return true;
  const Offer* offer = catalog.find_offer(catalog.offer(home).definition.campaign, sku);
  if (offer != nullptr) command.part = offer->definition.offer;
  return offer != nullptr;
}

Request* PublicHandler::ask_about(std::string_view id, Request::Kind kind, const Exchange& exchange) {
  const auto number = parse_order_id(door_.keys().order_id_key, id);
  if (!number) return exchange.refuse(Outcome::order_not_found);
  // Another tenant's is not there, in the same words. One of an offer that this catalog does not have is
  // nobody's yet: the shard finds no such order.
  const Catalog& catalog = door_.catalog();
  const OfferIndex home = number->offer();
  if (home.value < catalog.offers().size() &&
      catalog.campaign_of(home).definition.tenant != exchange.caller.tenant) {
    return exchange.refuse(Outcome::order_not_found);
  }
  // What happens to orders is never shed: there is an order, and perhaps a payment.
  if (kind == Request::Kind::find_order && is_shed(exchange, kReadTurnMsMax)) return nullptr;
  Request* request = door_.take(exchange.caller.tenant, kind);
  if (request == nullptr) return exchange.refuse(Outcome::overloaded);
  request->about_place = false;
  request->head_only = exchange.http.method == Method::head;
  request->order_number = *number;
  request->command = {};
  request->command.order = *number;
  return request;
}

Outcome PublicHandler::append_answer(const Request& request, const ReplyFrame& frame, std::string& out) {
  const Outcome outcome = outcome_to_tell(request);
  const Catalog& catalog = door_.catalog();
  if (http_status(outcome) >= 400) {
    RefusalDetails details{.free_at = request.free_at,
                           .now = request.now,
                           .sku = refused_sku(request, outcome, catalog),
                           .price = request.price};
    std::string kept;
    if (outcome == Outcome::all_held && request.kept_until != Tick{}) {
      kept = "What is left is kept for other channels until " + format_rfc3339(request.kept_until) + '.';
      details.detail = kept;
    } else if (outcome == Outcome::campaign_not_started) {
      const CampaignPut& campaign = catalog.campaign_of(request.buy.offer).definition;
      details.starts_at = std::max(campaign_phase(campaign, request.now).window.from, request.now);
    } else if (outcome == Outcome::not_eligible) {
      const bool basket = !request.buy.lines.empty();
      details.rule = catalog.leaves_out(basket ? request.refused_line : request.buy.offer, request.buy);
      details.detail = token_fault_detail(request.buy.token_fault);
    } else if (request.kind == Request::Kind::order_command) {
      explain(request, outcome, details);
    }
    append_refusal(out, frame, outcome, details);
    return outcome;
  }
  const OfferPut& offer = catalog.offer(request.order.number.offer()).definition;
  const OrderReply order = {.id = format_order_id(door_.keys().order_id_key, request.order.number),
                            .order = &request.order,
                            .campaign = &catalog.campaign(offer.campaign).definition,
                            .offer = &offer,
                            .catalog = &catalog,
                            .durable = request.durable && !request.answer_when_decided,
                            .replayed = request.replayed,
                            .async = request.answer_when_decided};
  const auto place = [&] {
    return PlaceReply{.order = order, .position = request.place, .now = request.now};
  };
  if (request.kind == Request::Kind::buy) {
    outcome == Outcome::waiting ? append_place_created(out, frame, place())
                                : append_order_created(out, frame, order);
  } else {
    request.about_place ? append_place_view(out, frame, place()) : append_order_view(out, frame, order);
  }
  return outcome;
}

}  // namespace doorbuster
