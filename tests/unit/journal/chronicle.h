#pragma once
// A journal's history for tests, as the program would have written it.

#include <cstdint>
#include <map>
#include <string>

#include "support/journal_fixture.h"

namespace doorbuster {

// Writes a history, a second after another.
class Chronicle {
 public:
  explicit Chronicle(JournalWriter& writer) : writer_(writer) {}

  Tick now() const { return now_; }
  static Tick in(Tick from, std::int64_t seconds) { return {from.ns + seconds * kNsPerSecond}; }
  void wait(std::int64_t seconds) { now_ = in(now_, seconds); }

  template <typename Value>
  void put(RecordKind kind, const Value& value, std::uint8_t version = 1) {
    std::string bytes;
    encode(value, bytes);
    write(kind, version, bytes);
  }
  OrderNumber order(Order order, OfferIndex offer) {
    order.number = OrderNumber::make(offer, ++ordinals_[offer.value]);
    order.decided_at = in(now_, 1);
    if (order.status == OrderStatus::held) order.expires_at = in(order.decided_at, 600);
    std::string bytes(order_payload_bytes(order), '\0');
    encode(order, std::as_writable_bytes(std::span(bytes)));
    write(order_record_kind(order), order_record_version(order), bytes);
    return order.number;
  }
  void event(OrderEvent event, OrderEventKind kind, OrderNumber order) {
    event.kind = kind;
    event.order = order;
    event.tick = in(now_, 1);
    std::string bytes(order_event_payload_bytes(event), '\0');
    encode(event, std::as_writable_bytes(std::span(bytes)));
    write(RecordKind::order_event, order_event_version(event), bytes);
  }
  void forget(const std::vector<ForgottenOrder>& orders) {
    const OrdersForgotten forgotten = {.retention_seconds = kOrderRetentionSecondsDefault, .orders = orders};
    std::string bytes(forgotten_payload_bytes(orders), '\0');
    encode(forgotten, std::as_writable_bytes(std::span(bytes)));
    write(RecordKind::orders_forgotten, 1, bytes);
  }
  void sample(const StateSample& sample) {
    std::string bytes(kStateSamplePayloadBytes, '\0');
    encode(sample, std::as_writable_bytes(std::span(bytes)));
    write(RecordKind::state_sample, kStateSampleVersion, bytes);
  }

 private:
  void write(RecordKind kind, std::uint8_t version, const std::string& bytes) {
    wait(1);
    writer_.append({.kind = kind, .version = version, .tenant = kDefaultTenant, .tick = now_},
                   std::as_bytes(std::span(bytes)));
  }

  JournalWriter& writer_;
  Tick now_{1'700'000'000 * kNsPerSecond};
  std::map<std::uint32_t, std::uint64_t> ordinals_;
};

}  // namespace doorbuster
