#pragma once
// Records of a sale as bytes, and what the offline commands print of them.

#include <sstream>
#include <string>
#include <vector>

#include "doorbuster/journal/inspect.h"
#include "support/journal_fixture.h"

namespace doorbuster {

inline constexpr Tick kSaleStart{1'795'766'400'000'000'000};  // 2026-11-27T08:00:00Z

inline void append_encoded(JournalWriter& writer, RecordKind kind, const std::string& payload,
                           std::uint8_t version = 1) {
  writer.append({.kind = kind, .version = version, .tenant = kDefaultTenant, .tick = kSaleStart},
                std::as_bytes(std::span(payload)));
}

template <typename Value>
inline std::string encoded(const Value& value) {
  std::string bytes;
  encode(value, bytes);
  return bytes;
}

inline std::string encoded_order(const Order& order) {
  std::string bytes(order_payload_bytes(order), '\0');
  encode(order, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

inline void append_order(JournalWriter& writer, const Order& order) {
  append_encoded(writer, order_record_kind(order), encoded_order(order), order_record_version(order));
}

inline std::string encoded_event(const OrderEvent& event) {
  std::string bytes(order_event_payload_bytes(event), '\0');
  encode(event, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

inline constexpr Tick kInTenMinutes{kSaleStart.ns + 600 * kNsPerSecond};

struct Printed {
  int code = 0;
  std::string out, err;
};

inline Printed print(int (*command)(Storage&, std::ostream&, std::ostream&),
                     const MemoryStorage::Files& files) {
  MemoryStorage storage(files);
  std::ostringstream out, err;
  Printed printed;
  printed.code = command(storage, out, err);
  printed.out = out.str();
  printed.err = err.str();
  CHECK(storage.files() == files);
  CHECK(storage.operations(StorageOperation::write) + storage.operations(StorageOperation::sync) == 0);
  return printed;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace doorbuster
