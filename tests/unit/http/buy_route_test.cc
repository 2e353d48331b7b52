// Buying: what a shard is asked, what is refused without one, and the replies to what it has decided.

#include <algorithm>

#include "desk.h"

namespace doorbuster {
namespace {

std::string buy(const std::string& members = {}, const std::string& headers = {}) {
  return request_text("POST", "/v1/buy", kJsonType + headers,
                      R"({"campaign":"campaign-0","sku":"sku-0","buyer":"b-1")" + members + "}");
}

CampaignPut limited(std::uint32_t limit, std::uint32_t total_limit) {
  CampaignPut put = campaign_put(0, limit);
  put.limit_per_buyer_total = total_limit;
  return put;
}

TEST_CASE("a buy's identities are named by their hashes, in one order however they were sent") {
  Desk desk;
  std::vector<Hash128> expected;
  for (const char* text : {"card:1", "device:2", "mail:3"})
    expected.push_back(hash_identity(kTableKey, text));
  std::sort(expected.begin(), expected.end(), [](const Hash128& a, const Hash128& b) {
    return a.low != b.low ? a.low < b.low : a.high < b.high;
  });
  for (const char* sent : {R"("card:1","device:2","mail:3")", R"("mail:3","card:1","device:2")"}) {
    Request* request = desk.ask_shard(buy(R"(,"wait":true,"identities":[)" + std::string(sent) + "]"));
    const Identities names = request->buy.identities;
    CHECK(std::vector<Hash128>(names.begin(), names.end()) == expected);
    CHECK(names.data() == request->identities.data());  // its own memory
    CHECK(request->buy.wait);
    CHECK(request->buy.buyer == "b-1");
    desk.answer(request);
  }
  Request* plain = desk.ask_shard(buy());
  CHECK(plain->buy.identities.empty());
  CHECK_FALSE(plain->buy.wait);
  CHECK_FALSE(plain->about_place);
  desk.answer(plain);
}

TEST_CASE("all texts of a buy are the request's own") {
  Desk desk;
  Request* request = desk.ask_shard(
      buy(R"(,"reference":"r","channel":"c","region":"g","segment":"s","expected_price":4990,"quantity":2)",
          "Idempotency-Key: k\r\nPrefer: respond-async\r\n"));
  CHECK(request->kind == Request::Kind::buy);
  CHECK(request->buy.key == "k");
  CHECK(request->buy.reference == "r");
  CHECK(request->buy.channel == "c");
  CHECK(request->buy.region == "g");
  CHECK(request->buy.segment == "s");
  CHECK(request->buy.quantity == 2);
  CHECK(request->buy.expected_price == 4990);
  CHECK(request->answer_when_decided);
  CHECK(request->hashes.buyer == hash_buy(kTableKey, request->buy).buyer);
  CHECK(request->hashes.key == hash_buy(kTableKey, request->buy).key);
}

// --- refusals without a shard
// -------------------------------------------------------------------------------------

TEST_CASE("what is above a limit by itself is refused, whatever is left") {
  const auto outcome = [](std::uint32_t limit, std::uint32_t total, int quantity,
                          const std::string& headers = {}) {
    Desk desk({limited(limit, total)});
    const std::string bytes = buy(",\"quantity\":" + std::to_string(quantity), headers);
    return desk.asks(bytes) ? Outcome::ok : desk.outcome;
  };
  CHECK(outcome(2, 0, 3) == Outcome::limit_reached);
  CHECK(outcome(2, 0, 2) == Outcome::ok);
  CHECK(outcome(0, 2, 3) == Outcome::limit_reached);
  CHECK(outcome(0, 2, 2) == Outcome::ok);
  CHECK(outcome(3, 2, 3) == Outcome::limit_reached);
  CHECK(outcome(0, 0, 1000) == Outcome::ok);
  CHECK(outcome(2, 0, 3, "Idempotency-Key: k\r\n") == Outcome::ok);  // the order may be kept under the key
}

// A sold-out offer, and which of the three names has a mark under which key.
struct Marked {
  std::uint32_t limit, total_limit;
  bool by_buyer, by_identity, by_stranger;
  bool in_offer, in_campaign;
  bool asks;
};

TEST_CASE("sold_out is told here only to whom no limit could come first") {
  const auto marked = GENERATE(values<Marked>({
      // Without limits marks mean nothing.
      {0, 0, true, true, true, true, true, false},
      {2, 0, false, false, true, true, true, false},
      {2, 0, true, false, false, true, false, true},
      {2, 0, false, true, false, true, false, true},
      {2, 0, true, true, false, false, true, false},  // the campaign's marks are not this limit's
      {0, 2, true, false, false, false, true, true},
      {0, 2, false, true, false, false, true, true},
      {0, 2, true, true, false, true, false, false},
      {0, 2, false, false, true, true, true, false},
      {2, 2, true, false, false, true, false, true},
      {2, 2, false, true, false, false, true, true},
      {2, 2, false, false, true, true, true, false},
  }));
  Desk desk({limited(marked.limit, marked.total_limit)});
  const auto mark = [&](const Hash128& name) {
    if (marked.in_offer) desk.board.mark_name(offer_limit_key(name, {0}));
    if (marked.in_campaign) desk.board.mark_name(campaign_limit_key(name, {0}));
  };
  if (marked.by_buyer) mark(hash_buy(kTableKey, buy_of("b-1")).buyer);
  if (marked.by_identity) mark(hash_identity(kTableKey, "card:1"));
  if (marked.by_stranger) mark(hash_buy(kTableKey, buy_of("b-2")).buyer);
  const std::string bytes = buy(R"(,"identities":["device:2","card:1"])");
  CHECK(desk.asks(bytes));  // units are left
  for (const Availability availability : {Availability::on_sale, Availability::all_held}) {
    desk.board.publish({0}, availability, {});
    CHECK(desk.asks(bytes));  // final is only sold_out
  }
  desk.board.publish({0}, Availability::sold_out, {});
  CHECK(desk.asks(bytes) == marked.asks);
  if (!marked.asks) CHECK(desk.outcome == Outcome::sold_out);
  CHECK(desk.asks(buy({}, "Idempotency-Key: k\r\n")));
}

TEST_CASE("the checks before the stock's have the first word here too") {
  Desk desk({limited(2, 0)});
  desk.board.publish({0}, Availability::sold_out, {});
  CHECK(desk.told(buy()) == Outcome::sold_out);
  CHECK(desk.told(buy(R"(,"wait":true)")) == Outcome::sold_out);  // nothing comes back: no line to wait in
  CHECK(desk.told(buy(R"(,"expected_price":4989)")) == Outcome::price_changed);
  CHECK(object_of(parse(desk.text)).at("price") == 4990);
  CHECK(desk.told(buy(R"(,"quantity":3,"expected_price":1)")) == Outcome::limit_reached);
  desk.clock.set_wall(after(kOpens, -1));
  CHECK(desk.told(buy(R"(,"quantity":3)")) == Outcome::campaign_not_started);
  desk.clock.set_wall(kCloses);
  CHECK(desk.told(buy(R"(,"quantity":3)")) == Outcome::campaign_ended);
}

// --- answers
// ------------------------------------------------------------------------------------------------------

Request* decided(Request* request, Outcome outcome, OrderStatus status) {
  request->outcome = outcome;
  request->durable = true;
  request->order = {};
  request->order.number = OrderNumber::make({0}, 17);
  request->order.quantity = 1;
  request->order.buyer = request->buy.buyer;
  request->order.status = status;
  if (status == OrderStatus::held) request->order.expires_at = after(kOpens, 60 * kNsPerSecond);
  request->place = status == OrderStatus::waiting ? 1 : 0;
  request->from_line = status == OrderStatus::waiting;
  request->now = kOpens;
  return request;
}

TEST_CASE("a buy is sold, held or waits, and each is answered in its own way") {
  Desk desk;
  const std::string name = order_name_text(OrderNumber::make({0}, 17));
  const Parsed sold = desk.answer(decided(desk.ask_shard(buy()), Outcome::confirmed, OrderStatus::confirmed));
  CHECK(sold.status_line == "HTTP/1.1 201 Created");
  CHECK(object_of(sold).at("status") == "confirmed");
  CHECK_FALSE(object_of(sold).contains("expires_at"));

  const Parsed held = desk.answer(decided(desk.ask_shard(buy()), Outcome::held, OrderStatus::held));
  CHECK(held.status_line == "HTTP/1.1 201 Created");
  CHECK(held.header("Location") == "/v1/orders/" + name);
  CHECK(object_of(held).at("status") == "held");
  CHECK(object_of(held).at("expires_at") == "2026-11-27T08:01:00Z");

  const Parsed waiting = desk.answer(decided(desk.ask_shard(buy()), Outcome::waiting, OrderStatus::waiting));
  CHECK(waiting.status_line == "HTTP/1.1 202 Accepted");
  CHECK(waiting.header("Location") == "/v1/waitlist/" + name);
  CHECK(waiting.header("Preference-Applied").empty());
  CHECK(object_of(waiting).at("position") == 1);
  CHECK(object_of(waiting).at("durable") == true);
}

TEST_CASE("respond-async is applied to holds and places as to sales") {
  Desk desk;
  for (const auto& [outcome, status] :
       {std::pair(Outcome::confirmed, OrderStatus::confirmed), std::pair(Outcome::held, OrderStatus::held),
        std::pair(Outcome::waiting, OrderStatus::waiting)}) {
    Request* request = desk.ask_shard(buy({}, "Prefer: respond-async\r\n"));
    const Parsed reply = desk.answer(decided(request, outcome, status));
    CHECK(reply.status_line == "HTTP/1.1 202 Accepted");
    CHECK(reply.header("Preference-Applied") == "respond-async");
    CHECK(object_of(reply).at("durable") == false);
  }
}

TEST_CASE("a replay of a place shows it as it stands now") {
  Desk desk;
  Request* request =
      decided(desk.ask_shard(buy({}, "Idempotency-Key: k\r\n")), Outcome::waiting, OrderStatus::held);
  request->replayed = true;
  const Parsed reply = desk.answer(request);
  CHECK(reply.status_line == "HTTP/1.1 202 Accepted");
  CHECK(reply.header("Idempotent-Replayed") == "true");
  CHECK(reply.header("Location").starts_with("/v1/waitlist/"));
  CHECK(object_of(reply).at("status") == "offered");
  CHECK(object_of(reply).at("order_status") == "held");
}

TEST_CASE("all_held says when to come back, and nothing of an order") {
  Desk desk;
  Request* request = decided(desk.ask_shard(buy()), Outcome::all_held, OrderStatus::cancelled);
  request->order.refund_due = true;  // another request's
  request->free_at = after(kOpens, 10 * kNsPerSecond);
  const Parsed reply = desk.answer(request);
  CHECK(desk.outcome == Outcome::all_held);
  CHECK(reply.header("Retry-After") == "10");
  CHECK(members_of(reply) == "type title status detail code earliest_return_at");
}

TEST_CASE("what shoppers see tells held units from sold ones while the campaign runs") {
  Desk desk;
  const auto availability = [&desk] {
    CHECK(desk.told(request_text("GET", "/v1/campaigns/campaign-0")) == Outcome::ok);
    return std::string(object_of(parse(desk.text)).at("offers").at(0).at("availability").as_string());
  };
  CHECK(availability() == "on_sale");
  desk.board.publish({0}, Availability::all_held, {});
  CHECK(availability() == "all_held");
  desk.board.publish({0}, Availability::sold_out, {});
  CHECK(availability() == "sold_out");
  desk.clock.set_wall(kCloses);
  CHECK(availability() == "not_on_sale");
}

}  // namespace
}  // namespace doorbuster
