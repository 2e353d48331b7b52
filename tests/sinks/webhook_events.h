#pragma once
// Events as a feed has them, and a sink that delivers them to a receiver.

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "sink/webhook_sink.h"
#include "sinks/webhook_receiver.h"
#include "support/catch.h"

namespace doorbuster {

using Then = Delivery::Then;

inline constexpr FolderIdentity kWebhookFolder = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
inline const std::string kWebhookFolderHex = "0102030405060708090a0b0c0d0e0f10";
inline const std::string kWebhookSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
inline const std::string kNewWebhookSecret = "whsec_ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fA==";
inline const std::atomic<bool> kNeverStopped = false;

inline FeedEvent webhook_event(std::uint64_t sequence, std::string subject,
                               const std::string& type = "order.held") {
  FeedEvent event;
  event.at = {.epoch = 3, .sequence = sequence};
  event.json = "{\"specversion\":\"1.0\",\"id\":\"3-" + std::to_string(sequence) +
               "\",\"source\":\"urn:doorbuster:folder:" + kWebhookFolderHex + "\",\"type\":\"doorbuster." +
               type + (subject.empty() ? "\"" : "\",\"subject\":\"" + subject + '"') + ",\"data\":{}}";
  event.subject = std::move(subject);
  return event;
}

// Events 10, 11, ... of these orders.
inline std::vector<FeedEvent> events_of(const std::vector<std::string>& orders) {
  std::vector<FeedEvent> events;
  for (const std::string& order : orders) events.push_back(webhook_event(10 + events.size(), order));
  return events;
}

// Of `count` orders, an event each.
inline std::vector<FeedEvent> events_of_orders(std::size_t count) {
  std::vector<std::string> orders;
  for (std::size_t i = 0; i < count; ++i) orders.push_back("order-" + std::to_string(i));
  return events_of(orders);
}

inline WebhookSinkOptions webhook_options(const std::string& url) {
  WebhookSinkOptions options;
  options.url = url;
  options.secrets = {kWebhookSecret};
  options.allow_private_addresses = true;
  options.timeout_ms = 10'000;
  return options;
}

inline SinkConfiguration webhook_configuration(WebhookSinkOptions options) {
  SinkConfiguration configuration;
  configuration.id = "shop";
  configuration.options = std::move(options);
  return configuration;
}

// A sink that is open.
class OpenWebhook {
 public:
  explicit OpenWebhook(WebhookSinkOptions options)
      : sink_(webhook_configuration(std::move(options)), kWebhookFolder) {
    open();
  }
  OpenWebhook(WebhookSinkOptions options, const Clock& clock)
      : sink_(webhook_configuration(std::move(options)), kWebhookFolder, clock) {
    open();
  }
  explicit OpenWebhook(const WebhookReceiver& receiver) : OpenWebhook(webhook_options(receiver.url())) {}

  void open() {
    const auto opened = sink_.open(kNeverStopped);
    INFO((opened ? std::string() : opened.error().message));
    REQUIRE(opened);
    REQUIRE_FALSE(opened->has_value());
  }
  Delivery deliver(std::span<const FeedEvent> events, const std::atomic<bool>& stop = kNeverStopped) {
    const Delivery delivery = sink_.deliver(events, events.empty() ? FeedPosition{} : events.back().at, stop);
    REQUIRE(delivery.delivered <= events.size());
    if (delivery.then == Then::retry) open();
    return delivery;
  }
  // As an agent does it, without waiting: what is refused is left out and returned.
  std::vector<std::uint64_t> deliver_all(std::span<const FeedEvent> events) {
    std::vector<std::uint64_t> refused;
    for (int calls = 0; !events.empty(); ++calls) {
      REQUIRE(calls < 5'000);
      const Delivery delivery = deliver(events);
      REQUIRE(delivery.then != Then::disabled);
      events = events.subspan(delivery.delivered);
      if (delivery.then != Then::refused) continue;
      refused.push_back(events.front().at.sequence);
      events = events.subspan(1);
    }
    return refused;
  }

 private:
  WebhookSink sink_;
};

}  // namespace doorbuster
