// The feed for who pulls it: docs/formats/feed.md.

#include <string>

#include "admin/routes.h"
#include "doorbuster/http/query_reader.h"
#include "doorbuster/stream/feed_agent.h"

namespace doorbuster {
namespace {

constexpr std::size_t kPlaceBytesMax = 41;  // two numbers of twenty digits

// Where to begin: behind `place`, which may be a word.
void read_place(QueryReader& query, const std::string& place, FeedQuery& wants) {
  if (place == "oldest" || place == "now") {
    wants.from = place == "now" ? FeedQuery::From::now : FeedQuery::From::oldest;
  } else if (const auto after = parse_feed_position(place)) {
    wants.from = FeedQuery::From::place;
    wants.after = *after;
  } else {
    query.error("after must be the id of an event or the next of a page, as in 3-1042, or oldest, or now");
  }
}

void hand_over(const Call& call, QueryReader& query, const FeedQuery& wants) {
  if (const std::string wrong = query.take_errors(); !wrong.empty()) {
    return call.refuse(Outcome::malformed_request, {.detail = wrong});
  }
  const Exchange& exchange = call.exchange;
  if (call.http().method != Method::get) {
    exchange.refuse_method("GET");
    return;
  }
  HandoverSlot* const slot = exchange.context.handover;
  if (slot == nullptr || call.state.feed == nullptr) return call.refuse(Outcome::not_found);
  if (exchange.context.draining) return call.refuse(Outcome::draining);
  slot->handover = call.state.feed->admit(wants);
  if (slot->handover == nullptr) {
    return call.refuse(Outcome::overloaded, {.detail = "The feed has as many readers as it takes."});
  }
  exchange.outcome = Outcome::ok;
}

}  // namespace

void read_feed(const Call& call) {
  FeedQuery wants{.tenant = call.tenant()};
  QueryReader query(call.http().query);
  std::string place;
  std::uint64_t limit = kFeedPageEventsDefault, wait_seconds = 0;
  if (query.text("after", kPlaceBytesMax, place)) read_place(query, place, wants);
  query.integer("limit", {1, kFeedPageEventsMax}, limit);
  query.integer("wait_seconds", {0, kFeedWaitSecondsMax}, wait_seconds);
  wants.limit = static_cast<std::uint32_t>(limit);
  wants.wait_ns = static_cast<std::int64_t>(wait_seconds) * kNsPerSecond;
  hand_over(call, query, wants);
}

void stream_feed(const Call& call) {
  FeedQuery wants{.tenant = call.tenant(), .stream = true};
  QueryReader query(call.http().query);
  std::string place;
  // What the connection had seen when it broke is later than what its address says.
  const std::string_view seen = call.http().last_event_id;
  const bool is_asked = query.text("after", kPlaceBytesMax, place);
  if (!seen.empty()) place = seen;
  if (is_asked || !seen.empty()) read_place(query, place, wants);
  hand_over(call, query, wants);
}

}  // namespace doorbuster
