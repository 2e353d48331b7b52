#include "doorbuster/http/reply_encoder.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"
#include "reply_head.h"
#include "reply_writer.h"

namespace doorbuster {
namespace {

struct OutcomeText {
  int status;
  std::string_view type;  // path of the problem's page, RFC 9457: a relative reference
  std::string_view title;
  std::string_view detail;
};

// In the order of enum Outcome.
constexpr std::array<OutcomeText, kOutcomeCount> kTexts = {{
    {201, "", "Created", ""},
    {201, "", "Created", ""},
    {202, "", "Accepted", ""},
    {200, "", "OK", ""},
    {400, "/problems/malformed-request", "Malformed request", "The request is not what this endpoint takes."},
    {404, "/problems/not-found", "Not found", "There is nothing at this path."},
    {405, "/problems/method-not-allowed", "Method not allowed", "This path takes other methods; see Allow."},
    {411, "/problems/length-required", "Length required", "Send the body with Content-Length."},
    {413, "/problems/payload-too-large", "Payload too large", "The body is larger than this server takes."},
    {415, "/problems/unsupported-media-type", "Unsupported media type",
     "Send Content-Type: application/json."},
    {422, "/problems/validation-failed", "Validation failed", "A value is out of its range."},
    {401, "/problems/unauthorized", "Unauthorized", "Send a valid API key: Authorization: Bearer dbk_..."},
    {403, "/problems/forbidden", "Forbidden", "This API key has not the scope that this needs."},
    {429, "/problems/rate-limited", "Rate limited", "Too many requests; wait as long as Retry-After says."},
    {503, "/problems/overloaded", "Overloaded",
     "The server is at one of its bounds; nothing was decided. Try again."},
    {503, "/problems/draining", "Draining", "The server is stopping; nothing was decided. Try again."},
    {503, "/problems/journal-failed", "Journal failed",
     "The journal has failed; what became of this request is known after the restart. Ask again with the "
     "same key."},
    {422, "/problems/idempotency-key-reused", "Idempotency key reused",
     "This key belongs to an order with another quantity, buyer, price or reference."},
    {409, "/problems/request-in-flight", "Request in flight",
     "The first request with this key is being decided."},
    {404, "/problems/campaign-not-found", "Campaign not found", "There is no such campaign."},
    {404, "/problems/sku-not-found", "SKU not found", "The campaign has no such SKU."},
    {409, "/problems/campaign-not-started", "Campaign not started", "The campaign has not started yet."},
    {409, "/problems/campaign-paused", "Campaign paused", "The campaign is paused."},
    {410, "/problems/campaign-ended", "Campaign ended", "The campaign has ended."},
    {403, "/problems/not-eligible", "Not eligible", "This buyer may not buy in this campaign."},
    {409, "/problems/limit-reached", "Limit reached",
     "The buyer's limit for this SKU or this campaign would be passed."},
    {409, "/problems/price-changed", "Price changed", "The price is higher now than the expected price."},
    {409, "/problems/all-held", "All held", "Every unit is sold or held; a held one may come back."},
    {409, "/problems/sold-out", "Sold out", "Fewer units are left than were asked for."},
    {404, "/problems/order-not-found", "Order not found", "There is no such order."},
    {410, "/problems/order-gone", "Order gone", "There was such an order; its retention is over."},
    {409, "/problems/order-not-held", "Order not held",
     "The order's status does not allow this; see order_status."},
    {409, "/problems/hold-expired", "Hold expired", "The hold has expired and its units are gone."},
    {409, "/problems/campaign-exists", "Campaign exists", "There is a campaign of this name already."},
    {428, "/problems/precondition-required", "Precondition required",
     "Send If-Match with the ETag that you have read, so that nobody's change is lost."},
    {412, "/problems/precondition-failed", "Precondition failed",
     "The campaign has changed since you read it; ETag says its revision now."},
    {409, "/problems/change-refused", "Change refused",
     "The change does not fit what was sold or is defined."},
    {410, "/problems/position-gone", "Position gone", "The events behind this place are not kept any more."},
    {409, "/problems/position-unknown", "Position unknown",
     "This place is none of this history: it comes from another data folder, or from what a restore gave "
     "up."},
}};

void append_number(std::string& out, std::int64_t value) {
  std::array<char, ReplyWriter::kNumberBytesMax> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

}  // namespace

int http_status(Outcome outcome) {
  return kTexts[static_cast<std::size_t>(outcome)].status;
}
std::string_view http_title(Outcome outcome) {
  return kTexts[static_cast<std::size_t>(outcome)].title;
}

namespace {

void append_problem(std::string& body, Outcome outcome, std::string_view detail) {
  const OutcomeText& text = kTexts[static_cast<std::size_t>(outcome)];
  body += "{\"type\":\"";
  body += text.type;
  body += "\",\"title\":\"";
  body += text.title;
  body += "\",\"status\":";
  append_number(body, text.status);
  body += ",\"detail\":";
  append_json_string(body, detail.empty() ? text.detail : detail);
  body += ",\"code\":\"";
  body += outcome_code(outcome);
  body += '"';
}

// What a refusal says when it has nothing of its own to say: made once, copied a million times.
const std::string& standard_problem(Outcome outcome) {
  static const std::array<std::string, kOutcomeCount> problems = [] {
    std::array<std::string, kOutcomeCount> made;
    for (int i = 0; i < kOutcomeCount; ++i) {
      append_problem(made[static_cast<std::size_t>(i)], static_cast<Outcome>(i), {});
      made[static_cast<std::size_t>(i)] += '}';
    }
    return made;
  }();
  return problems[static_cast<std::size_t>(outcome)];
}

void append_time(std::string& body, std::string_view name, Tick time) {
  body += ",\"";
  body += name;
  body += "\":\"";
  body += format_rfc3339(time);
  body += '"';
}

// Whole seconds, up, at least 1: who comes back then is not too early.
void append_retry_after(std::string& headers, Tick at, Tick now) {
  const std::int64_t wait_ns = at.ns - now.ns;
  headers += "Retry-After: ";
  append_number(headers, wait_ns <= 0 ? 1 : (wait_ns - 1) / kNsPerSecond + 1);
  headers += "\r\n";
}

bool has_more_to_say(Outcome outcome, const RefusalDetails& details) {
  using enum Outcome;
  return !details.detail.empty() || !details.sku.empty() || details.refund_due ||
         details.rule != AudienceRule::none || details.stock || details.revision != 0 ||
         outcome == campaign_not_started || outcome == price_changed || outcome == method_not_allowed ||
         !details.challenge.empty() || details.retry_after_ns != 0 || outcome == all_held ||
         outcome == order_not_held || outcome == hold_expired;
}

bool retry_soon(Outcome outcome) {
  const int status = http_status(outcome);
  return outcome == Outcome::request_in_flight || status == 429 || status == 503;
}

}  // namespace

void append_refusal(std::string& out, const ReplyFrame& frame, Outcome outcome,
                    const RefusalDetails& details) {
  constexpr std::string_view kProblem = "application/problem+json";
  const int status = http_status(outcome);
  if (!has_more_to_say(outcome, details)) {
    return append_reply(out, frame, status, kProblem, standard_problem(outcome),
                        retry_soon(outcome) ? "Retry-After: 1\r\n" : "");
  }
  std::string body, headers;
  append_problem(body, outcome, details.detail);
  if (!details.sku.empty()) {
    body += ",\"sku\":\"";
    body += details.sku;  // an identifier: nothing to escape
    body += '"';
  }
  if (details.rule != AudienceRule::none) {
    body += ",\"rule\":\"";
    body += audience_rule_name(details.rule);
    body += '"';
  }
  if (details.stock) {
    body += ",\"allocated\":";
    append_number(body, details.stock->allocated);
    body += ",\"available\":";
    append_number(body, details.stock->available);
  }
  if (details.revision != 0) headers += etag_header(details.revision);
  if (!details.challenge.empty()) {
    headers += "WWW-Authenticate: ";
    headers += details.challenge;
    headers += "\r\n";
  }
  if (outcome == Outcome::campaign_not_started) {
    append_time(body, "starts_at", details.starts_at);
    append_retry_after(headers, details.starts_at, details.now);
  } else if (outcome == Outcome::all_held) {
    if (details.free_at.ns != 0) append_time(body, "earliest_return_at", details.free_at);
    append_retry_after(headers, details.free_at, details.now);
  } else if (outcome == Outcome::price_changed) {
    body += ",\"price\":";
    append_number(body, details.price);
  } else if (outcome == Outcome::method_not_allowed) {
    headers += "Allow: ";
    headers += details.allow;
    headers += "\r\n";
  } else if (details.retry_after_ns != 0) {
    append_retry_after(headers, Tick{details.retry_after_ns}, Tick{});
  } else if (retry_soon(outcome)) {
    headers += "Retry-After: 1\r\n";
  }
  if (details.order_status) {
    body += ",\"order_status\":\"";
    body += order_status_name(*details.order_status);
    body += '"';
  }
  if (details.refund_due) body += ",\"refund_due\":true";
  body += '}';
  append_reply(out, frame, status, kProblem, body, headers);
}

void append_reply(std::string& out, const ReplyFrame& frame, int status, std::string_view content_type,
                  std::string_view body, std::string_view extra_headers) {
  std::array<char, kHeadBytesMax> bytes;
  ReplyWriter head(bytes.data());
  begin_head(head, frame, status, content_type);
  DOORBUSTER_CHECK(extra_headers.size() <= kExtraHeaderBytesMax);
  head.text(extra_headers);
  end_head(head, frame, body.size());
  out += head.view();
  if (!frame.head_only) out += body;
}

std::string etag_header(std::uint64_t revision) {
  return "ETag: \"" + std::to_string(revision) + "\"\r\n";
}

std::string http_date(Tick now) {
  using namespace std::chrono;
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto instant = floor<seconds>(sys_time<nanoseconds>{nanoseconds{now.ns}});
  const auto day_point = floor<days>(instant);
  const year_month_day date{day_point};
  const hh_mm_ss time{instant - day_point};
  std::array<char, 40> text{};
  const int n = std::snprintf(
      text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT", kDays[weekday{day_point}.c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(n));
}

}  // namespace doorbuster
