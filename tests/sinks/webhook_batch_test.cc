// Which events may be under way beside which, and what a batch comes to.

#include "sink/webhook_batch.h"

#include <set>
#include <sstream>

#include "sinks/webhook_events.h"
#include "support/temp_folder.h"

namespace doorbuster {
namespace {

using Kind = WebhookOutcome::Kind;

std::vector<std::size_t> take_all(WebhookBatch& batch) {
  std::vector<std::size_t> taken;
  while (const auto event = batch.take()) taken.push_back(*event);
  return taken;
}

using Indexes = std::vector<std::size_t>;

TEST_CASE("events of one order go one after the other, others beside them") {
  const auto events = events_of({"a", "b", "a", "a", "c", "b"});
  WebhookBatch batch(events, {});
  CHECK(take_all(batch) == Indexes{0, 1, 4});
  batch.end(1, {});
  CHECK(take_all(batch) == Indexes{5});
  CHECK(batch.prefix() == 0);
  batch.end(0, {});
  CHECK(batch.prefix() == 2);
  CHECK(take_all(batch) == Indexes{2});
  batch.end(2, {});
  CHECK(take_all(batch) == Indexes{3});
  for (const std::size_t event : {5U, 4U, 3U}) batch.end(event, {});
  CHECK(batch.result().delivered == 6);
  CHECK(batch.result().then == Then::go_on);
}

TEST_CASE("the catalog and alerts come in order, and no order's event before the catalog's in front of it") {
  const std::vector<FeedEvent> events = {webhook_event(1, "a"),
                                         webhook_event(2, "", "catalog.changed"),
                                         webhook_event(3, "sale", "campaign.changed"),
                                         webhook_event(4, "sale", "offer.changed"),
                                         webhook_event(5, "b"),
                                         webhook_event(6, "sale", "alert.raised"),
                                         webhook_event(7, "c")};
  WebhookBatch batch(events, {});
  CHECK(take_all(batch) == Indexes{0, 1});
  batch.end(1, {});
  CHECK(take_all(batch) == Indexes{2});
  batch.end(2, {});
  CHECK(take_all(batch) == Indexes{3});
  batch.end(3, {});
  // An alert keeps nobody waiting but other alerts and the catalog.
  CHECK(take_all(batch) == Indexes{4, 5, 6});
}

TEST_CASE("the events of real sales are told apart") {
  std::set<std::string> kinds;
  for (const char* file : {"life", "payloads", "forgotten"}) {
    std::vector<FeedEvent> events;
    std::istringstream lines(read_file(std::string("tests/golden/feed/1/") + file + ".jsonl"));
    for (std::string line; std::getline(lines, line);) {
      FeedEvent event = webhook_event(events.size() + 1, "");
      const auto at = line.find("\"subject\":\"");
      if (at != std::string::npos) event.subject = line.substr(at + 11, line.find('"', at + 11) - at - 11);
      const auto type = line.find("\"type\":\"doorbuster.") + 19;
      kinds.insert(line.substr(type, line.find('.', type) - type));
      event.json = std::move(line);
      events.push_back(std::move(event));
    }
    REQUIRE(events.size() > 5);
    // Each is taken when all that must be in front of it are delivered, and no earlier.
    WebhookBatch batch(events, {});
    std::vector<bool> delivered(events.size());
    const auto is_of_order = [&](std::size_t i) {
      return events[i].json.find("\"type\":\"doorbuster.order.") != std::string::npos;
    };
    for (std::size_t left = events.size(); left != 0;) {
      const auto taken = take_all(batch);
      REQUIRE_FALSE(taken.empty());
      for (const std::size_t event : taken) {
        for (std::size_t before = 0; before < event; ++before) {
          const bool is_bound = is_of_order(event)
                                    ? is_of_order(before) && events[before].subject == events[event].subject
                                    : !is_of_order(before);
          if (is_bound) REQUIRE(delivered[before]);
        }
      }
      for (const std::size_t event : taken) {
        batch.end(event, {});
        delivered[event] = true;
        --left;
      }
    }
  }
  CHECK(kinds == std::set<std::string>{"alert", "campaign", "catalog", "offer", "order"});
}

TEST_CASE("behind a refused event nothing begins, in front of it everything does") {
  const auto events = events_of({"a", "a", "b", "c", "a"});
  WebhookBatch batch(events, {});
  CHECK(take_all(batch) == Indexes{0, 2, 3});
  batch.end(3, {Kind::refused, "the later one"});
  batch.end(2, {Kind::refused, "the earlier one"});
  batch.end(0, {});
  CHECK(take_all(batch) == Indexes{1});
  // It is not the refused one that stands behind the prefix.
  CHECK(batch.result().then == Then::go_on);
  batch.end(1, {});
  CHECK(take_all(batch).empty());
  CHECK(batch.result().then == Then::refused);
  CHECK(batch.result().delivered == 2);
  CHECK(batch.result().reason == "the earlier one");
}

TEST_CASE("in trouble nothing more begins, and the longest wait is told") {
  const auto events = events_of({"a", "b", "c", "a"});
  WebhookBatch batch(events, {});
  CHECK(take_all(batch) == Indexes{0, 1, 2});
  batch.end(1, {Kind::retry, "busy", 2});
  batch.end(2, {Kind::retry, "busier", 3});
  batch.end(0, {});
  CHECK(take_all(batch).empty());
  const Delivery delivery = batch.result();
  CHECK(delivery.then == Then::retry);
  CHECK(delivery.delivered == 1);
  CHECK(delivery.reason == "busy");
  CHECK(delivery.retry_after_ns == 3);
}

TEST_CASE("a target that wants nothing more counts more than any trouble") {
  const auto events = events_of({"a", "b", "c"});
  WebhookBatch batch(events, {});
  CHECK(take_all(batch).size() == 3);
  batch.end(0, {Kind::refused, "no"});
  batch.end(1, {Kind::retry, "busy", 2});
  CHECK(batch.result().then == Then::refused);
  batch.end(2, {Kind::disabled, "gone"});
  CHECK(batch.result().then == Then::disabled);
  CHECK(batch.result().reason == "gone");
}

TEST_CASE("what was acknowledged before is delivered, and what is now is told") {
  const auto events = events_of({"a", "b", "a", "c", "d"});
  // The second is another epoch's: another event.
  const std::vector<FeedPosition> known = {events[0].at, {4, events[1].at.sequence}, events[3].at};
  WebhookBatch batch(events, known);
  CHECK(batch.prefix() == 1);
  CHECK(take_all(batch) == Indexes{1, 2, 4});
  batch.end(2, {});
  CHECK(batch.prefix() == 1);
  CHECK(batch.acknowledged() == std::vector<FeedPosition>{events[2].at, events[3].at});
}

TEST_CASE("no event begins too far ahead") {
  const auto events = events_of_orders(kWebhookAheadMax + 10);
  WebhookBatch batch(events, {});
  CHECK(take_all(batch).size() == kWebhookAheadMax);
  batch.end(1, {});
  CHECK(take_all(batch).empty());
  batch.end(0, {});
  CHECK(take_all(batch) == Indexes{kWebhookAheadMax, kWebhookAheadMax + 1});
}

TEST_CASE("a batch of which nothing is done is to be tried again") {
  const auto events = events_of({"a"});
  WebhookBatch batch(events, {});
  CHECK(batch.result().then == Then::retry);
  CHECK_FALSE(batch.result().reason.empty());
  CHECK(WebhookBatch({}, {}).result().then == Then::go_on);
}

}  // namespace
}  // namespace doorbuster
