// The bytes that clients see.
#include "doorbuster/http/reply_encoder.h"

#include <boost/json.hpp>
#include <random>

#include "doorbuster/base/limits.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

namespace json = boost::json;

struct Parsed {
  std::string status_line;
  std::vector<std::string> headers;
  std::string body;
  std::string header(const std::string& name) const {
    std::string found;
    for (const std::string& line : headers) {
      if (!line.starts_with(name + ": ")) continue;
      CHECK(found.empty());  // each once
      found = line.substr(name.size() + 2);
    }
    return found;
  }
};

Parsed parse(const std::string& reply) {
  Parsed parsed;
  const auto end = reply.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  std::string head = reply.substr(0, end + 2);
  parsed.body = reply.substr(end + 4);
  while (!head.empty()) {
    const auto line_end = head.find("\r\n");
    const std::string line = head.substr(0, line_end);
    head.erase(0, line_end + 2);
    CHECK(line.find_first_of("\r\n") == std::string::npos);
    if (parsed.status_line.empty()) {
      parsed.status_line = line;
    } else {
      parsed.headers.push_back(line);
    }
  }
  return parsed;
}

// Content-Length is that of the body, and the body is JSON.
json::object object_of(const Parsed& parsed) {
  CHECK(parsed.header("Content-Length") == std::to_string(parsed.body.size()));
  return json::parse(parsed.body).as_object();
}

constexpr std::string_view kDate = "Fri, 27 Nov 2026 08:00:00 GMT";
const ReplyFrame kFrame = {.date = kDate};

struct Sale {
  Sale() {
    campaign.id = "black-friday";
    offer.sku = "tv-55-oled";
    order.number = OrderNumber::make({0}, 1);
    order.quantity = 1;
    order.unit_price = 49900;
    order.decided_at = kOpens;
    order.buyer = "b-829301";
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
  }
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
                         outcome == Outcome::request_in_flight || outcome == Outcome::campaign_not_started;
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
                                                                     {ok, 200},
                                                                     {malformed_request, 400},
                                                                     {not_found, 404},
                                                                     {campaign_not_found, 404},
                                                                     {sku_not_found, 404},
                                                                     {order_not_found, 404},
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
                                                                     {campaign_ended, 410},
                                                                     {not_eligible, 403},
                                                                     {length_required, 411},
                                                                     {payload_too_large, 413},
                                                                     {unsupported_media_type, 415},
                                                                     {validation_failed, 422},
                                                                     {idempotency_key_reused, 422},
                                                                     {rate_limited, 429},
                                                                     {overloaded, 503},
                                                                     {draining, 503},
                                                                     {journal_failed, 503}}) {
    CAPTURE(outcome_code(outcome));
    CHECK(http_status(outcome) == status);
  }
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

TEST_CASE("the time is written as HTTP writes it") {
  CHECK(http_date({0}) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(http_date(kOpens) == kDate);
  CHECK(http_date(after(kOpens, -1)) == "Fri, 27 Nov 2026 07:59:59 GMT");
  CHECK(http_date({951'827'696 * kNsPerSecond}) == "Tue, 29 Feb 2000 12:34:56 GMT");
}

}  // namespace
}  // namespace doorbuster
