#pragma once
// Events for a NATS sink, and an agent that delivers them as the real one does: behind the place that open()
// says, and again after each `retry`.

#include <algorithm>
#include <atomic>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "sink/nats_sink.h"
#include "sinks/nats_server.h"
#include "support/catch.h"

namespace doorbuster {

inline constexpr FolderIdentity kNatsFolder = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
inline constexpr char kNatsFolderHex[] = "0102030405060708090a0b0c0d0e0f10";
inline const std::string kNatsStream = "DOORBUSTER";

inline SinkConfiguration nats_configuration(const std::string& url) {
  NatsSinkOptions options;
  options.url = url;
  return {.id = "fan-out", .options = options};
}

// What stands behind "<name>":" in the event.
inline std::string nats_member(const std::string& json, const std::string& name) {
  const std::string before = '"' + name + "\":\"";
  const auto from = json.find(before) + before.size();
  return json.substr(from, json.find('"', from) - from);
}

inline FeedEvent nats_event(FeedPosition at, std::size_t bytes = 300,
                            const std::string& type = "doorbuster.order.confirmed") {
  FeedEvent event;
  event.at = at;
  event.json = R"({"specversion":"1.0","id":")" + format_feed_position(at) + R"(","type":")" + type +
               R"(","data":{"pad":")";
  if (event.json.size() + 3 < bytes) event.json.append(bytes - event.json.size() - 3, 'x');
  event.json += "\"}}";
  return event;
}

// Sequences with gaps, as the feed has them.
inline std::vector<FeedEvent> nats_events(std::size_t count, std::size_t bytes = 300) {
  const std::vector<std::string> types = {"doorbuster.order.held", "doorbuster.order.confirmed",
                                          "doorbuster.offer.changed"};
  std::vector<FeedEvent> events;
  for (std::uint64_t i = 0; i < count; ++i) {
    events.push_back(nats_event({1 + i / 1'000, 2 + 3 * i}, bytes, types[i % types.size()]));
  }
  return events;
}

inline std::vector<FeedEvent> golden_events(const std::string& file) {
  std::ifstream in("tests/golden/feed/1/" + file);
  std::vector<FeedEvent> events;
  for (std::string line; std::getline(in, line);) {
    FeedEvent event;
    event.json = line;
    event.at = parse_feed_position(nats_member(line, "id")).value();
    events.push_back(std::move(event));
  }
  return events;
}

inline Delivery deliver_nats(NatsSink& sink, std::span<const FeedEvent> events) {
  const std::atomic<bool> stop = false;
  return sink.deliver(events, events.empty() ? FeedPosition{} : events.back().at, stop);
}

inline std::optional<FeedPosition> must_open(NatsSink& sink) {
  const std::atomic<bool> stop = false;
  const auto place = sink.open(stop);
  INFO((place ? std::string() : place.error().message));
  REQUIRE(place);
  return *place;
}

// Returns the first thing that is wrong with the stream; empty: it has exactly these events, in their order.
inline std::string what_is_wrong(NatsClient& client, std::span<const FeedEvent> events,
                                 const std::string& stream = kNatsStream) {
  std::vector<NatsMessage> messages = client.read(stream, "doorbuster.");
  std::erase_if(messages, [](const NatsMessage& message) { return message.folder.empty(); });
  for (std::size_t i = 0; i < std::min(messages.size(), events.size()); ++i) {
    const std::string place = format_feed_position(events[i].at);
    const NatsMessage& message = messages[i];
    if (message.place != place)
      return "event " + std::to_string(i) + " should be " + place + ", is " + message.place;
    if (message.folder != kNatsFolderHex) return place + " is of folder " + message.folder;
    if (message.id != std::string(kNatsFolderHex) + '-' + place) return place + " has the id " + message.id;
    if (message.body != events[i].json) return place + " is another event";
    if (message.subject != nats_member(events[i].json, "type")) return place + " is on " + message.subject;
  }
  if (messages.size() == events.size()) return "";
  return std::to_string(messages.size()) + " events, not " + std::to_string(events.size());
}

// The agent, without its patience.
class NatsAgent {
 public:
  NatsAgent(const SinkConfiguration& configuration, std::span<const FeedEvent> events, std::size_t batch)
      : sink_(configuration, kNatsFolder), events_(events), batch_(batch) {}

  // Until all is delivered, or so many things have gone wrong. Returns the last of them, or nothing.
  std::string run(int failures_max, const std::atomic<bool>& stop) {
    std::string reason;
    for (int failures = 0; failures <= failures_max && !stop; ++failures) {
      reason = run_once(stop);
      if (reason.empty()) break;
      ++failures_;
    }
    return reason;
  }
  // It waits there, about. Not said: it does not.
  void go_to(std::uint64_t event) { limit_ = event; }
  std::uint64_t delivered() const { return delivered_; }
  int failures() const { return failures_; }

 private:
  std::string run_once(const std::atomic<bool>& stop) {
    const auto place = sink_.open(stop);
    if (!place) return place.error().message;
    std::size_t next = 0;
    if (*place) {
      const auto at = std::find_if(events_.begin(), events_.end(),
                                   [&](const FeedEvent& event) { return event.at == **place; });
      if (at == events_.end()) return "the stream has a place that is none: " + format_feed_position(**place);
      next = static_cast<std::size_t>(at - events_.begin()) + 1;
    }
    while (next < events_.size()) {
      while (next >= limit_ && !stop) std::this_thread::yield();
      const auto events = events_.subspan(next, std::min(batch_, events_.size() - next));
      const Delivery delivery = sink_.deliver(events, events.back().at, stop);
      next += delivery.delivered;
      delivered_ = next;
      if (delivery.then != Delivery::Then::go_on) return delivery.reason;
      if (delivery.delivered != events.size()) return "not all is delivered, and nothing is said of it";
    }
    return "";
  }

  NatsSink sink_;
  const std::span<const FeedEvent> events_;
  const std::size_t batch_;
  std::atomic<std::uint64_t> delivered_ = 0, limit_ = UINT64_MAX;
  std::atomic<int> failures_ = 0;
};

}  // namespace doorbuster
