#pragma once
// Orders at the ends of what there can be, and how they are read back.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "doorbuster/base/limits.h"
#include "doorbuster/model/record.h"
#include "support/catch.h"
#include "unit/model/payload_bytes.h"

namespace doorbuster {

inline constexpr Tick kDecided{1'795'766'400'000'000'000};
inline constexpr Tick kExpires{kDecided.ns + 600 * kNsPerSecond};
inline constexpr std::int64_t kLongestHoldNs = kHoldSecondsMax * kNsPerSecond;

inline const std::string kLongest(255, 'k'), kIdentifier(64, 'i');
inline const std::vector<Hash128> kFour = {{1, 9}, {2, 3}, {2, 4}, {0xfedcba9876543210, 0}};

inline RecordInfo info_of(const Order& order) {
  return {.kind = order_record_kind(order), .version = order_record_version(order), .tick = order.decided_at};
}

inline Order largest_order() {
  Order order;
  order.number = OrderNumber::make({9}, 12);
  order.quantity = order.confirmed_quantity = kQuantityMax;
  order.unit_price = kPriceMax;
  order.expected_price = kPriceMax;
  order.decided_at = kDecided;
  order.buyer = order.reference = order.channel = order.region = order.segment = kIdentifier;
  order.key = kLongest;
  return order;
}

inline Order held_order() {
  Order order = largest_order();
  order.confirmed_quantity = 0;
  order.status = OrderStatus::held;
  order.expires_at = kExpires;
  order.identities = kFour;
  return order;
}

inline Order waiting_order() {
  Order order = largest_order();
  order.confirmed_quantity = 0;
  order.status = OrderStatus::waiting;
  return order;
}

inline Order with_identities(Order order, std::size_t count = 1) {
  order.identities = Identities(kFour).first(count);
  return order;
}

inline Order smallest_order() {
  Order order;
  order.number = OrderNumber::make({0}, 1);
  order.quantity = order.confirmed_quantity = 1;
  order.buyer = "b";
  return order;
}

// An order of small numbers, and the pieces of its bytes as docs/formats/journal.md describes them.
inline Order spelled_order() {
  Order order;
  order.number = OrderNumber::make({1}, 2);
  order.quantity = 3;
  order.unit_price = 4;
  order.buyer = "ab";
  order.key = "k";
  order.segment = "s";
  return order;
}
inline const std::vector<Hash128> kFiveSix = {{5, 6}};

struct SpelledBytes {
  std::string numbers, lengths;
  std::string end;       // when it is held until {7}
  std::string identity;  // with kFiveSix
  std::string texts;
};
inline const SpelledBytes kSpelledBytes = {
    .numbers = std::string("\x02\0\0\0\0\x01\0\0"
                           "\x04\0\0\0\0\0\0\0"
                           "\xff\xff\xff\xff\xff\xff\xff\xff"
                           "\x03\0\0\0",
                           28),
    .lengths = std::string("\x02\x01\0\0\0\x01\0\0", 8),
    .end = std::string("\x07\0\0\0\0\0\0\0", 8),
    .identity = std::string("\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0", 16),
    .texts = "abks"};

inline bool decodes(std::span<const std::byte> payload, const RecordInfo& info) {
  OrderLists lists;
  return decode_order(payload, info, lists).has_value();
}

inline void check_reads_back(const Order& wrote) {
  const std::string bytes = encoded(wrote);
  OrderLists lists;
  const auto read = decode_order(bytes_of(bytes), info_of(wrote), lists);
  REQUIRE(read.has_value());
  CHECK(read->number == wrote.number);
  CHECK(read->quantity == wrote.quantity);
  CHECK(read->unit_price == wrote.unit_price);
  CHECK(read->expected_price == wrote.expected_price);
  CHECK(read->decided_at == wrote.decided_at);
  CHECK(read->buyer == wrote.buyer);
  CHECK(read->key == wrote.key);
  CHECK(read->reference == wrote.reference);
  CHECK(read->channel == wrote.channel);
  CHECK(read->region == wrote.region);
  CHECK(read->segment == wrote.segment);
  CHECK(std::vector(read->identities.begin(), read->identities.end()) ==
        std::vector(wrote.identities.begin(), wrote.identities.end()));
  REQUIRE(read->lines.size() == wrote.lines.size());
  for (std::size_t i = 0; i < wrote.lines.size(); ++i) {
    CHECK(read->lines[i].offer == wrote.lines[i].offer);
    CHECK(read->lines[i].quantity == wrote.lines[i].quantity);
    CHECK(read->lines[i].unit_price == wrote.lines[i].unit_price);
  }
  CHECK(read->status == wrote.status);
  CHECK(read->expires_at == wrote.expires_at);
  CHECK(read->confirmed_quantity == wrote.confirmed_quantity);
  CHECK(encoded(*read) == bytes);
}

}  // namespace doorbuster
