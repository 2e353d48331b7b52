// Orders and places in a line: which request a shard gets, and which reply becomes of its answer.

#include <map>

#include "desk.h"

namespace doorbuster {
namespace {

constexpr OrderNumber kOrder = OrderNumber::make({0}, 17);
const std::string kName = order_name_text(kOrder);
const std::string kOrderPath = "/v1/orders/" + kName;
const std::string kPlacePath = "/v1/waitlist/" + kName;

std::string post(const std::string& action, const std::string& body = {},
                 const std::string& headers = kJsonType) {
  return request_text("POST", kOrderPath + "/" + action, headers, body);
}

const std::map<std::string, OrderAction> kActions = {{"confirm", OrderAction::confirm},
                                                     {"cancel", OrderAction::cancel},
                                                     {"extend", OrderAction::extend},
                                                     {"payment-failed", OrderAction::payment_failed},
                                                     {"return", OrderAction::give_back}};

TEST_CASE("each action asks the order's owner for what it says, with or without a body") {
  Desk desk;
  for (const auto& [name, action] : kActions) {
    for (const std::string& bytes :
         {post(name, {}, {}), post(name, "{}"), post(name, {}, "Content-Length: 0\r\n"),
          post(name, " { }", "Content-Type: Application/JSON ; charset=utf-8\r\n"),
          post(name, {}, "Content-Length: 0\r\nContent-Type: text/plain\r\n")}) {
      CAPTURE(bytes);
      Request* request = desk.ask_shard(bytes);
      CHECK(request->kind == Request::Kind::order_command);
      CHECK(request->command.action == action);
      CHECK(request->command.order == kOrder);
      CHECK(request->command.quantity == 0);
      CHECK(request->command.seconds == 0);
      CHECK(request->command.restock);
      CHECK(request->command.payment.empty());
      CHECK(request->command.key.empty());
      CHECK_FALSE(request->about_place);
      CHECK_FALSE(request->answer_when_decided);
      CHECK_FALSE(request->head_only);
      desk.answer(request);
    }
  }
}

TEST_CASE("a body's members are the command's, and nothing is left of them in the next one") {
  Desk desk;
  Request* request = desk.ask_shard(post("confirm", R"({"quantity":3,"payment_reference":"pi_7"})"));
  CHECK(request->command.quantity == 3);
  CHECK(request->command.payment == "pi_7");
  desk.answer(request);
  request = desk.ask_shard(post("extend", R"({"seconds":90})"));
  CHECK(request->command.seconds == 90);
  CHECK(request->command.quantity == 0);
  CHECK(request->command.payment.empty());
  desk.answer(request);
  request = desk.ask_shard(
      post("return", R"({"quantity":2,"restock":false})", kJsonType + "Idempotency-Key: \"r-1\"\r\n"));
  CHECK(request->command.quantity == 2);
  CHECK_FALSE(request->command.restock);
  CHECK(request->command.key == "r-1");
  desk.answer(request);
  request = desk.ask_shard(post("return"));
  CHECK(request->command.restock);
  CHECK(request->command.key.empty());
  desk.answer(request);
}

TEST_CASE("only a return looks at the idempotency key, and nothing at a preference") {
  Desk desk;
  const std::string headers = kJsonType + "Prefer: respond-async\r\n";
  for (const auto& [name, action] : kActions) {
    CAPTURE(name);
    Request* request = desk.ask_shard(post(name, "{}", headers + "Idempotency-Key: k\r\n"));
    CHECK(request->command.key == (action == OrderAction::give_back ? "k" : ""));
    CHECK_FALSE(request->answer_when_decided);
    desk.answer(request);
    const std::string broken = post(name, "{}", headers + "Idempotency-Key: \"k\r\n");
    if (action == OrderAction::give_back) {
      CHECK(desk.told(broken) == Outcome::malformed_request);
    } else {
      CHECK(desk.asks(broken));
    }
  }
}

struct RefusedRequest {
  std::string bytes;
  Outcome outcome;
  std::string allow = {};
};

TEST_CASE("what no owner has to be asked for is refused here") {
  Desk desk;
  const std::string other = order_name_text(OrderNumber::make({0}, 18));
  std::string forged = kName;
  forged.back() = forged.back() == '0' ? '1' : '0';
  const auto refused = GENERATE_REF(values<RefusedRequest>({
      {post("confirm", "{}", {}), Outcome::unsupported_media_type},
      {post("confirm", "{}", "Content-Type: text/plain\r\n"), Outcome::unsupported_media_type},
      {post("cancel", "x", "Content-Type: application/jsonx\r\n"), Outcome::unsupported_media_type},
      {post("confirm", "{"), Outcome::malformed_request},
      {post("confirm", R"({"seconds":1})"), Outcome::malformed_request},
      {post("cancel", R"({"quantity":1})"), Outcome::malformed_request},
      {post("confirm", R"({"quantity":0})"), Outcome::validation_failed},
      {post("extend", R"({"seconds":86401})"), Outcome::validation_failed},
      {request_text("GET", kOrderPath + "/confirm"), Outcome::method_not_allowed, "POST"},
      {request_text("DELETE", kOrderPath + "/cancel"), Outcome::method_not_allowed, "POST"},
      {request_text("DELETE", kOrderPath), Outcome::method_not_allowed, "GET, HEAD"},
      {request_text("POST", kOrderPath), Outcome::method_not_allowed, "GET, HEAD"},
      {request_text("POST", kPlacePath), Outcome::method_not_allowed, "GET, HEAD, DELETE"},
      {request_text("PUT", kPlacePath), Outcome::method_not_allowed, "GET, HEAD, DELETE"},
      {post("refund"), Outcome::not_found},
      {post("confirm/"), Outcome::not_found},
      {post("leave_line"), Outcome::not_found},
      {request_text("GET", kOrderPath + "/"), Outcome::not_found},
      {request_text("DELETE", kPlacePath + "/x"), Outcome::not_found},
      {request_text("GET", "/v1/waitlist"), Outcome::not_found},
      {request_text("GET", "/v1/orders"), Outcome::not_found},
      {request_text("GET", "/v1/orders/" + forged), Outcome::order_not_found},
      {request_text("POST", "/v1/orders/" + forged + "/confirm"), Outcome::order_not_found},
      {request_text("POST", "/v1/orders//confirm"), Outcome::order_not_found},
      {request_text("DELETE", "/v1/waitlist/" + forged), Outcome::order_not_found},
      {request_text("GET", "/v1/waitlist/"), Outcome::order_not_found},
  }));
  CAPTURE(refused.bytes);
  CHECK(desk.told(refused.bytes) == refused.outcome);
  CHECK(parse(desk.text).header("Allow") == refused.allow);
  // The bound: four requests under way, and the fifth is told so.
  for (int i = 0; i < 4; ++i) desk.ask_shard(request_text("GET", "/v1/orders/" + other));
  CHECK(desk.told(request_text("GET", kOrderPath)) == Outcome::overloaded);
  CHECK(desk.told(post("confirm")) == Outcome::overloaded);
  CHECK(desk.told(request_text("DELETE", kPlacePath)) == Outcome::overloaded);
}

TEST_CASE("while draining nothing is done to an order any more, and it is still shown") {
  Desk desk;
  desk.draining = true;
  for (const auto& [name, action] : kActions) {
    CHECK(desk.told(post(name)) == Outcome::draining);
    CHECK(parse(desk.text).header("Retry-After") == "1");
  }
  CHECK(desk.told(request_text("DELETE", kPlacePath)) == Outcome::draining);
  CHECK(desk.asks(request_text("GET", kOrderPath)));
  CHECK(desk.asks(request_text("HEAD", kPlacePath)));
}

TEST_CASE("a place is asked about, and left, under its own path") {
  Desk desk;
  for (const char* method : {"GET", "HEAD"}) {
    Request* request = desk.ask_shard(request_text(method, kPlacePath));
    CHECK(request->kind == Request::Kind::find_order);
    CHECK(request->order_number == kOrder);
    CHECK(request->about_place);
    CHECK(request->head_only == (std::string(method) == "HEAD"));
    desk.answer(request);
  }
  Request* request = desk.ask_shard(request_text("DELETE", kPlacePath));
  CHECK(request->kind == Request::Kind::order_command);
  CHECK(request->command.action == OrderAction::leave_line);
  CHECK(request->command.order == kOrder);
  CHECK(request->about_place);
  desk.answer(request);
  request = desk.ask_shard(request_text("GET", kOrderPath));  // the same slot of the pool
  CHECK_FALSE(request->about_place);
  desk.answer(request);
}

// --- answers
// ------------------------------------------------------------------------------------------------------

// As a shard fills it in.
Request* answered(Request* request, Outcome outcome, OrderStatus status, bool from_line = false) {
  request->outcome = outcome;
  request->durable = true;
  request->order = {};
  request->order.number = kOrder;
  request->order.quantity = request->order.confirmed_quantity = 2;
  request->order.unit_price = 4990;
  request->order.buyer = "b-1";
  request->order.status = status;
  if (status != OrderStatus::waiting) request->order.expires_at = after(kOpens, kNsPerSecond);
  request->from_line = from_line;
  request->place = status == OrderStatus::waiting ? 3 : 0;
  request->now = kOpens;
  return request;
}

TEST_CASE("what was done to an order is answered with its view") {
  Desk desk;
  const Parsed confirmed =
      desk.answer(answered(desk.ask_shard(post("confirm")), Outcome::ok, OrderStatus::confirmed));
  CHECK(desk.outcome == Outcome::ok);
  CHECK(confirmed.status_line == "HTTP/1.1 200 OK");
  CHECK(object_of(confirmed).at("order").as_string() == kName);
  CHECK(object_of(confirmed).at("status") == "confirmed");
  CHECK(object_of(confirmed).at("campaign") == "campaign-0");
  CHECK(object_of(confirmed).at("durable") == true);
  CHECK(confirmed.header("Idempotent-Replayed").empty());
  CHECK(confirmed.header("Location").empty());

  Request* again = answered(desk.ask_shard(post("return")), Outcome::ok, OrderStatus::confirmed);
  again->replayed = true;
  again->order.returned_quantity = 2;
  const Parsed returned = desk.answer(again);
  CHECK(returned.header("Idempotent-Replayed") == "true");
  CHECK(object_of(returned).at("returned_quantity") == 2);
}

TEST_CASE("a refusal about an order carries how it stands, and what is owed") {
  Desk desk;
  for (const Outcome outcome : {Outcome::order_not_held, Outcome::hold_expired}) {
    for (const bool owed : {false, true}) {
      Request* request = answered(desk.ask_shard(post("confirm")), outcome, OrderStatus::expired);
      request->order.refund_due = owed;
      const auto object = object_of(desk.answer(request));
      CHECK(desk.outcome == outcome);
      CHECK(object.at("code").as_string() == outcome_code(outcome));
      CHECK(object.at("order_status") == "expired");
      CHECK(object.contains("refund_due") == owed);
    }
  }
  Request* late = answered(desk.ask_shard(post("confirm")), Outcome::limit_reached, OrderStatus::expired);
  late->order.refund_due = true;
  const auto object = object_of(desk.answer(late));
  CHECK(object.at("code") == "limit_reached");
  CHECK(object.at("refund_due") == true);
  CHECK_FALSE(object.contains("order_status"));

  for (const Outcome outcome : {Outcome::validation_failed, Outcome::idempotency_key_reused,
                                Outcome::order_not_found, Outcome::overloaded, Outcome::journal_failed}) {
    // Of these the shard says nothing more: what stands in the slot is another request's order.
    Request* request = answered(desk.ask_shard(post("return")), outcome, OrderStatus::cancelled);
    request->order.refund_due = true;
    const Parsed reply = desk.answer(request);
    CHECK(members_of(reply) == "type title status detail code");
    CHECK(object_of(reply).at("code").as_string() == outcome_code(outcome));
  }
}

TEST_CASE("a ticket is no order, and an order that never waited has no place") {
  Desk desk;
  const auto found = [&](const std::string& bytes, OrderStatus status, bool from_line,
                         Outcome outcome = Outcome::ok) {
    desk.answer(answered(desk.ask_shard(bytes), outcome, status, from_line));
    return desk.outcome;
  };
  const std::string get_order = request_text("GET", kOrderPath), get_place = request_text("GET", kPlacePath),
                    leave = request_text("DELETE", kPlacePath);
  CHECK(found(get_order, OrderStatus::waiting, true) == Outcome::order_not_found);
  CHECK(found(get_order, OrderStatus::held, true) == Outcome::ok);
  CHECK(found(get_order, OrderStatus::confirmed, false) == Outcome::ok);
  CHECK(found(get_place, OrderStatus::confirmed, false) == Outcome::order_not_found);
  CHECK(found(get_place, OrderStatus::waiting, true) == Outcome::ok);
  CHECK(found(leave, OrderStatus::held, false, Outcome::order_not_held) == Outcome::order_not_found);
  CHECK(found(leave, OrderStatus::held, true, Outcome::order_not_held) == Outcome::order_not_held);
  CHECK(found(leave, OrderStatus::waiting, true, Outcome::overloaded) == Outcome::overloaded);
  // Nothing of the order is told with it.
  Request* hidden = answered(desk.ask_shard(leave), Outcome::order_not_held, OrderStatus::cancelled, false);
  hidden->order.refund_due = true;
  CHECK(members_of(desk.answer(hidden)) == "type title status detail code");
  // Somebody who wants to confirm a ticket is told what it is.
  const Parsed waiting =
      desk.answer(answered(desk.ask_shard(post("confirm")), Outcome::order_not_held, OrderStatus::waiting));
  CHECK(object_of(waiting).at("order_status") == "waiting");
}

TEST_CASE("a place is shown as it stands, until the campaign is over") {
  Desk desk;
  const std::string get = request_text("GET", kPlacePath);
  Parsed place = desk.answer(answered(desk.ask_shard(get), Outcome::ok, OrderStatus::waiting, true));
  CHECK(object_of(place).at("ticket").as_string() == kName);
  CHECK(object_of(place).at("status") == "waiting");
  CHECK(object_of(place).at("position") == 3);
  Request* request = answered(desk.ask_shard(get), Outcome::ok, OrderStatus::waiting, true);
  request->now = kCloses;
  CHECK(object_of(desk.answer(request)).at("status") == "ended");
  place = desk.answer(answered(desk.ask_shard(get), Outcome::ok, OrderStatus::held, true));
  CHECK(object_of(place).at("status") == "offered");
  CHECK(object_of(place).at("order_status") == "held");

  request =
      answered(desk.ask_shard(request_text("DELETE", kPlacePath)), Outcome::ok, OrderStatus::cancelled, true);
  request->order.expires_at = {};
  place = desk.answer(request);
  CHECK(place.status_line == "HTTP/1.1 200 OK");
  CHECK(object_of(place).at("status") == "left");
}

TEST_CASE("HEAD is answered without a body, by a shard too") {
  Desk desk;
  for (const std::string& path : {kOrderPath, kPlacePath}) {
    desk.answer(answered(desk.ask_shard(request_text("HEAD", path)), Outcome::ok, OrderStatus::held, true));
    CHECK(desk.text.ends_with("\r\n\r\n"));
  }
}

}  // namespace
}  // namespace doorbuster
