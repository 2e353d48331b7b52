#pragma once
// What tests of the PostgreSQL sink share: one server, a schema for each test, and events.

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "sink/postgres_sink.h"
#include "sinks/postgres_server.h"
#include "support/catch.h"

namespace doorbuster {

using Then = Delivery::Then;

inline PostgresServer& postgres() {
  static PostgresServer server;
  return server;
}

inline FolderIdentity folder_of(std::uint8_t number) {
  FolderIdentity folder{};
  folder.fill(number);
  return folder;
}

inline FeedEvent event_of(const FeedPosition& at, const std::string& type, const std::string& subject,
                          const std::string& data) {
  FeedEvent event{};
  event.at = at;
  event.subject = subject;
  event.json = R"({"specversion":"1.0","id":")" + format_feed_position(at) +
               R"(","source":"urn:doorbuster:folder:01","type":"doorbuster.)" + type + R"(","subject":")" +
               subject + R"(","time":"2026-11-27T08:00:00.013Z","tenant":"default",)" +
               R"("dataschema":"urn:doorbuster:feed:1","data":{)" + data + "}}";
  return event;
}

// Of order `order`; `more` begins with a comma, if it has anything.
inline FeedEvent order_event(std::uint64_t sequence, const std::string& type, const std::string& order,
                             const std::string& more = "") {
  return event_of({1, sequence}, "order." + type, order,
                  R"("order":")" + order + R"(","campaign":"black-friday")" + more);
}

inline FeedEvent first_event(std::uint64_t sequence, const std::string& type, const std::string& order,
                             int quantity, const std::string& buyer = "b-1", const std::string& more = "") {
  return order_event(sequence, type, order,
                     R"(,"first":true,"currency":"EUR","quantity":)" + std::to_string(quantity) +
                         R"(,"sku":"tv","unit_price":49900,"buyer":")" + buyer + '"' + more);
}

// One sink on one schema.
class SinkUnderTest {
 public:
  explicit SinkUnderTest(std::string schema, std::string id = "record", std::uint8_t folder = 1,
                         std::string connection = postgres().connection())
      : schema_(std::move(schema)),
        sink_({.id = std::move(id),
               .options = PostgresSinkOptions{.connection = std::move(connection), .schema = schema_}},
              folder_of(folder)) {}

  FeedPosition open() {
    const auto place = sink_.open(stop_);
    INFO((place ? std::string() : place.error().message));
    REQUIRE(place.has_value());
    REQUIRE(place->has_value());
    return **place;
  }
  Error open_fails() {
    const auto place = sink_.open(stop_);
    REQUIRE_FALSE(place.has_value());
    return place.error();
  }
  Delivery deliver(std::span<const FeedEvent> events) {
    return sink_.deliver(events, events.back().at, stop_);
  }
  void must_deliver(std::span<const FeedEvent> events) {
    const Delivery delivery = deliver(events);
    INFO(delivery.reason);
    REQUIRE(delivery.then == Then::go_on);
    REQUIRE(delivery.delivered == events.size());
  }
  // SQL with {} for the schema.
  std::string ask(std::string_view sql) const {
    std::string text;
    for (const auto& row : postgres().ask(PostgresSchema(schema_).in(sql))) {
      for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "|") + row[i];
      text += '\n';
    }
    if (!text.empty()) text.pop_back();
    return text;
  }
  std::string place() const { return ask("SELECT epoch || '-' || sequence FROM {}.sinks"); }
  std::string all() const {
    return ask("SELECT * FROM {}.orders ORDER BY order_id") + "\n--\n" +
           ask("SELECT * FROM {}.order_lines ORDER BY order_id, sku") + "\n--\n" +
           ask("SELECT * FROM {}.events ORDER BY epoch, sequence");
  }
  PostgresSink& sink() { return sink_; }
  std::atomic<bool>& stop() { return stop_; }

 private:
  std::atomic<bool> stop_ = false;
  const std::string schema_;
  PostgresSink sink_;
};

}  // namespace doorbuster
