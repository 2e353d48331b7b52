#pragma once
// What all replies are made of, and refusals. Orders and places in a line: order_replies.h.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "doorbuster/base/tick.h"
#include "doorbuster/catalog/campaign_action.h"
#include "doorbuster/model/order.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster {

// What every reply of one request has in common.
struct ReplyFrame {
  std::string_view date;  // IMF-fixdate, RFC 9110 section 5.6.7
  bool close = false;     // the connection ends with this reply
  bool http_1_0 = false;
  bool head_only = false;  // HEAD: the header alone, with the length that GET would have
};

int http_status(Outcome outcome);
std::string_view http_title(Outcome outcome);

// Extra members and headers of some refusals; unused ones stay empty.
struct RefusalDetails {
  std::string_view detail = {};  // empty: the outcome's standard sentence
  std::string_view allow = {};   // method_not_allowed
  Tick starts_at{};              // campaign_not_started, with `now`
  Tick free_at{};                // all_held, with `now`; zero: not known
  Tick now{};
  std::string_view sku = {};                     // of a basket: whose refusal it is; empty: not told
  std::int64_t price = 0;                        // price_changed
  AudienceRule rule = AudienceRule::none;        // not_eligible: what leaves the buyer out; none: not told
  std::optional<OrderStatus> order_status = {};  // order_not_held, hold_expired
  bool refund_due = false;                       // the same
  std::optional<StockFigures> stock = {};        // change_refused: of the offer that it is about
  std::string_view challenge = {};               // unauthorized, forbidden: of WWW-Authenticate
  std::int64_t retry_after_ns = 0;               // rate_limited; 0: a second
  std::uint64_t revision = 0;                    // precondition_failed: the campaign's, as ETag; 0: none
};
// application/problem+json, RFC 9457.
void append_refusal(std::string& out, const ReplyFrame& frame, Outcome outcome,
                    const RefusalDetails& details = {});

// Any other reply, with Cache-Control: no-store.
void append_reply(std::string& out, const ReplyFrame& frame, int status, std::string_view content_type,
                  std::string_view body, std::string_view extra_headers = {});

// A campaign's revision as the header line of a reply.
std::string etag_header(std::uint64_t revision);

// The time as HTTP writes it: "Fri, 27 Nov 2026 08:00:00 GMT".
std::string http_date(Tick now);

}  // namespace doorbuster
