#pragma once
// Records of orders, as a shard writes them.

#include <span>
#include <string>
#include <utility>

#include "doorbuster/runtime/recovery.h"

namespace doorbuster {

inline EncodedRecord encoded_record(const Order& order, Tick now) {
  std::string payload(order_payload_bytes(order), '\0');
  encode(order, std::as_writable_bytes(std::span(payload)));
  return {{.kind = order_record_kind(order), .version = order_record_version(order), .tick = now},
          std::move(payload)};
}

inline EncodedRecord encoded_record(const OrderEvent& event) {
  std::string payload(order_event_payload_bytes(event), '\0');
  encode(event, std::as_writable_bytes(std::span(payload)));
  return {{.kind = RecordKind::order_event, .version = order_event_version(event), .tick = event.tick},
          std::move(payload)};
}

inline EncodedRecord encoded_record(const OrdersForgotten& forgotten, Tick now) {
  std::string payload(forgotten_payload_bytes(forgotten.orders), '\0');
  encode(forgotten, std::as_writable_bytes(std::span(payload)));
  return {{.kind = RecordKind::orders_forgotten, .tick = now}, std::move(payload)};
}

}  // namespace doorbuster
