// The bytes that clients see: what all replies have in common, and refusals.
#include "doorbuster/http/reply_encoder.h"

#include <algorithm>

#include "parsed_reply.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

TEST_CASE("an answer to HEAD has the length of that to GET, and no body") {
  std::string get, head;
  append_refusal(get, kFrame, Outcome::order_not_found);
  append_refusal(head, {.date = kDate, .head_only = true}, Outcome::order_not_found);
  CHECK(head == get.substr(0, get.find("\r\n\r\n") + 4));
  CHECK(get.size() > head.size());
}

TEST_CASE("every refusal is a problem as RFC 9457 has it, with the contract's code and status") {
  for (int i = static_cast<int>(Outcome::malformed_request); i < kOutcomeCount; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    for (const std::string_view detail : {std::string_view(), std::string_view("It's \"so\"\n.")}) {
      std::string out;
      append_refusal(out, kFrame, outcome, {.detail = detail, .allow = "POST"});
      const Parsed parsed = parse(out);
      const auto object = object_of(parsed);
      CAPTURE(parsed.body);
      CHECK(parsed.header("Content-Type") == "application/problem+json");
      CHECK(parsed.header("Cache-Control") == "no-store");
      CHECK(object.at("code").as_string() == outcome_code(outcome));
      CHECK(object.at("status").as_int64() == http_status(outcome));
      CHECK(parsed.status_line.starts_with("HTTP/1.1 " + std::to_string(http_status(outcome)) + " "));
      CHECK(object.at("title").as_string() == http_title(outcome));
      CHECK_FALSE(object.at("detail").as_string().empty());
      if (!detail.empty()) CHECK(object.at("detail").as_string() == detail);
      std::string type = "/problems/" + std::string(outcome_code(outcome));
      std::replace(type.begin() + 10, type.end(), '_', '-');
      CHECK(object.at("type").as_string() == type);
      const bool retry = http_status(outcome) == 503 || http_status(outcome) == 429 ||
                         outcome == Outcome::request_in_flight || outcome == Outcome::campaign_not_started ||
                         outcome == Outcome::all_held;
      CHECK(parsed.header("Retry-After").empty() != retry);
    }
  }
}

struct Status {
  Outcome outcome;
  int status;
};

TEST_CASE("each code has the status of the contract") {
  using enum Outcome;
  for (const auto& [outcome, status] : std::initializer_list<Status>{{confirmed, 201},
                                                                     {held, 201},
                                                                     {waiting, 202},
                                                                     {ok, 200},
                                                                     {malformed_request, 400},
                                                                     {not_found, 404},
                                                                     {campaign_not_found, 404},
                                                                     {sku_not_found, 404},
                                                                     {order_not_found, 404},
                                                                     {order_gone, 410},
                                                                     {method_not_allowed, 405},
                                                                     {campaign_not_started, 409},
                                                                     {campaign_paused, 409},
                                                                     {limit_reached, 409},
                                                                     {price_changed, 409},
                                                                     {all_held, 409},
                                                                     {sold_out, 409},
                                                                     {order_not_held, 409},
                                                                     {hold_expired, 409},
                                                                     {request_in_flight, 409},
                                                                     {campaign_exists, 409},
                                                                     {change_refused, 409},
                                                                     {position_unknown, 409},
                                                                     {position_gone, 410},
                                                                     {campaign_ended, 410},
                                                                     {unauthorized, 401},
                                                                     {forbidden, 403},
                                                                     {not_eligible, 403},
                                                                     {length_required, 411},
                                                                     {precondition_failed, 412},
                                                                     {payload_too_large, 413},
                                                                     {unsupported_media_type, 415},
                                                                     {validation_failed, 422},
                                                                     {idempotency_key_reused, 422},
                                                                     {precondition_required, 428},
                                                                     {rate_limited, 429},
                                                                     {overloaded, 503},
                                                                     {draining, 503},
                                                                     {journal_failed, 503}}) {
    CAPTURE(outcome_code(outcome));
    CHECK(http_status(outcome) == status);
  }
}

TEST_CASE("a refused change says how the stock stands, and a stale one which revision there is") {
  std::string out;
  append_refusal(out, kFrame, Outcome::change_refused, {.stock = StockFigures{7, 1}});
  CHECK(object_of(parse(out)).at("allocated").as_int64() == 7);
  CHECK(object_of(parse(out)).at("available").as_int64() == 1);
  CHECK(parse(out).header("ETag").empty());
  out.clear();
  append_refusal(out, kFrame, Outcome::precondition_failed, {.revision = 12});
  CHECK(parse(out).header("ETag") == "\"12\"");
  CHECK_FALSE(object_of(parse(out)).contains("allocated"));
}

TEST_CASE("who is not let in is told how, and who asks too much when to come back") {
  std::string out;
  append_refusal(out, kFrame, Outcome::unauthorized, {.challenge = "Bearer realm=\"x\""});
  CHECK(parse(out).header("WWW-Authenticate") == "Bearer realm=\"x\"");
  const auto wait = [](std::int64_t ns) {
    std::string text;
    append_refusal(text, kFrame, Outcome::rate_limited, {.retry_after_ns = ns});
    return parse(text).header("Retry-After");
  };
  CHECK(wait(0) == "1");
  CHECK(wait(1) == "1");
  CHECK(wait(kNsPerSecond) == "1");
  CHECK(wait(kNsPerSecond + 1) == "2");
}

TEST_CASE("a refusal says what the client can do with: when to come back, the price, the methods") {
  std::string out;
  append_refusal(out, kFrame, Outcome::campaign_not_started, {.starts_at = kOpens, .now = after(kOpens, -1)});
  Parsed parsed = parse(out);
  CHECK(parsed.header("Retry-After") == "1");  // up, never zero
  CHECK(object_of(parsed).at("starts_at").as_string() == "2026-11-27T08:00:00Z");
  const auto wait = [](std::int64_t ns) {
    std::string text;
    append_refusal(text, kFrame, Outcome::campaign_not_started,
                   {.starts_at = kOpens, .now = after(kOpens, ns)});
    return parse(text).header("Retry-After");
  };
  CHECK(wait(-kNsPerSecond) == "1");
  CHECK(wait(-kNsPerSecond - 1) == "2");
  CHECK(wait(-3600 * kNsPerSecond) == "3600");
  CHECK(wait(5) == "1");  // it began while the answer was on its way

  out.clear();
  append_refusal(out, kFrame, Outcome::price_changed, {.price = 49900});
  CHECK(object_of(parse(out)).at("price").as_int64() == 49900);

  out.clear();
  append_refusal(out, kFrame, Outcome::method_not_allowed, {.allow = "GET, HEAD"});
  CHECK(parse(out).header("Allow") == "GET, HEAD");
}

TEST_CASE("all_held says when a unit may come back, as far as that is known") {
  const auto refusal = [](Tick free_at, Tick now) {
    std::string out;
    append_refusal(out, kFrame, Outcome::all_held, {.free_at = free_at, .now = now});
    return parse(out);
  };
  const Parsed parsed = refusal(after(kOpens, 90 * kNsPerSecond + 1), kOpens);
  CHECK(members_of(parsed) == "type title status detail code earliest_return_at");
  CHECK(object_of(parsed).at("earliest_return_at") == "2026-11-27T08:01:30.000000001Z");
  CHECK(parsed.header("Retry-After") == "91");  // up: who comes then is not too early
  CHECK(refusal(after(kOpens, 90 * kNsPerSecond), kOpens).header("Retry-After") == "90");
  CHECK(refusal(after(kOpens, 1), kOpens).header("Retry-After") == "1");
  CHECK(refusal(kOpens, kOpens).header("Retry-After") == "1");
  CHECK(refusal(after(kOpens, -kNsPerSecond), kOpens).header("Retry-After") == "1");
  const Parsed unknown = refusal({}, kOpens);
  CHECK(members_of(unknown) == "type title status detail code");
  CHECK(unknown.header("Retry-After") == "1");
}

TEST_CASE("a refusal about an order says how it stands and whether money is owed") {
  for (const Outcome outcome : {Outcome::order_not_held, Outcome::hold_expired}) {
    for (int i = 0; i < kOrderStatusCount; ++i) {
      const auto status = static_cast<OrderStatus>(i);
      std::string out;
      append_refusal(out, kFrame, outcome, {.order_status = status});
      CHECK(members_of(parse(out)) == "type title status detail code order_status");
      CHECK(object_of(parse(out)).at("order_status").as_string() == order_status_name(status));
      out.clear();
      append_refusal(out, kFrame, outcome, {.order_status = status, .refund_due = true});
      CHECK(members_of(parse(out)) == "type title status detail code order_status refund_due");
      CHECK(object_of(parse(out)).at("refund_due") == true);
    }
  }
}

TEST_CASE("the time is written as HTTP writes it") {
  CHECK(http_date({0}) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(http_date(kOpens) == kDate);
  CHECK(http_date(after(kOpens, -1)) == "Fri, 27 Nov 2026 07:59:59 GMT");
  CHECK(http_date({951'827'696 * kNsPerSecond}) == "Tue, 29 Feb 2000 12:34:56 GMT");
}

}  // namespace
}  // namespace doorbuster
