#include <limits>
#include <string>
#include <vector>

#include "unit/model/sample_orders.h"

namespace doorbuster {
namespace {

TEST_CASE("every status of an order has the word that clients see") {
  CHECK(order_status_name(OrderStatus::confirmed) == "confirmed");
  CHECK(order_status_name(OrderStatus::held) == "held");
  CHECK(order_status_name(OrderStatus::cancelled) == "cancelled");
  CHECK(order_status_name(OrderStatus::expired) == "expired");
  CHECK(order_status_name(OrderStatus::waiting) == "waiting");
}

TEST_CASE("an order reads back as it was written, the largest and the smallest of each kind") {
  check_reads_back(largest_order());
  check_reads_back(smallest_order());
  check_reads_back(held_order());
  check_reads_back(waiting_order());
  for (std::size_t count = 1; count <= kIdentitiesMax; ++count) {
    check_reads_back(with_identities(largest_order(), count));
    check_reads_back(with_identities(waiting_order(), count));
    check_reads_back(with_identities(held_order(), count));
  }
  Order held = smallest_order();
  held.confirmed_quantity = 0;
  held.status = OrderStatus::held;
  held.expires_at = {1};
  check_reads_back(held);
  CHECK(encoded(smallest_order()).size() == kOrderFixedBytes + 1);
  CHECK(encoded(held).size() == kOrderFixedBytes + sizeof(Tick) + 1);
}

TEST_CASE("the largest order fits into a record of the journal") {
  constexpr std::size_t kRecordHeaderBytes = 40;
  CHECK(order_payload_bytes(held_order()) + kRecordHeaderBytes <= kJournalRecordBytesMax);
}

TEST_CASE("the bytes of an order are the same for ever") {
  // As docs/formats/journal.md describes them; a change here is a new version, not a new test.
  const auto& [numbers, lengths, end, identity, texts] = kSpelledBytes;
  Order order = spelled_order();
  const std::string none("\0\0\0\0", 4), one("\x01\0\0\0", 4);
  CHECK(encoded(order) == numbers + none + lengths + texts);
  order.status = OrderStatus::waiting;
  CHECK(encoded(order) == numbers + none + lengths + texts);
  CHECK(order_record_version(order) == 1);

  order.identities = kFiveSix;
  CHECK(encoded(order) == numbers + one + lengths + identity + texts);
  CHECK(order_record_version(order) == 2);
  order.status = OrderStatus::held;
  order.expires_at = {7};
  CHECK(encoded(order) == numbers + one + lengths + end + identity + texts);
  order.identities = {};
  CHECK(encoded(order) == numbers + none + lengths + end + texts);
  CHECK(order_record_version(order) == 2);
}

TEST_CASE("an order that is cut anywhere, or has a byte too many, is none") {
  for (const Order& order : {largest_order(), smallest_order(), held_order(), waiting_order(),
                             with_identities(smallest_order(), 4), with_identities(waiting_order())}) {
    check_only_the_whole(encoded(order), [&](auto bytes) { return decodes(bytes, info_of(order)); });
  }
}

TEST_CASE("an order is read as the kind and the version that it was written as, and no other") {
  const Order orders[] = {smallest_order(), held_order(), with_identities(smallest_order())};
  for (const Order& order : orders) {
    const std::string bytes = encoded(order);
    for (int kind = 0; kind < 64; ++kind) {
      for (const int version : {0, 1, 2, 3, 255}) {
        RecordInfo info = info_of(order);
        // A final order and one that waits differ in their kind only.
        const bool same_shape =
            RecordKind{static_cast<std::uint16_t>(kind)} == info.kind ||
            (order.status == OrderStatus::confirmed && kind == static_cast<int>(RecordKind::order_waiting));
        const bool readable = same_shape && version == info.version;
        info.kind = RecordKind{static_cast<std::uint16_t>(kind)};
        info.version = static_cast<std::uint8_t>(version);
        CAPTURE(kind, version);
        CHECK(decodes(bytes_of(bytes), info) == readable);
      }
    }
  }
  // A second version that says what the first says already.
  for (const RecordKind kind : {RecordKind::order_confirmed, RecordKind::order_waiting}) {
    CHECK_FALSE(decodes(bytes_of(encoded(smallest_order())), {.kind = kind, .version = 2, .tick = {}}));
  }
}

TEST_CASE("an order that no request can have asked for is none") {
  for (const Order& good : {largest_order(), held_order(), waiting_order()}) {
    const auto refused = [&good](auto edit) {
      Order order = good;
      edit(order);
      return !decodes(bytes_of(encoded(order)), info_of(order));
    };
    CHECK_FALSE(refused([](Order&) {}));
    CHECK(refused([](Order& order) { order.quantity = 0; }));
    CHECK(refused([](Order& order) { order.quantity = kQuantityMax + 1; }));
    CHECK(refused([](Order& order) { order.unit_price = -1; }));
    CHECK(refused([](Order& order) { order.unit_price = kPriceMax + 1; }));
    CHECK(refused([](Order& order) { order.expected_price = -2; }));
    CHECK(refused([](Order& order) { order.expected_price = kPriceMax + 1; }));
    CHECK(refused([](Order& order) { order.buyer = {}; }));
    // Longer than the contract's bounds: the engine's text store is sized by them.
    const std::string_view too_long = std::string_view(kLongest).substr(0, kIdentifierBytesMax + 1);
    CHECK(refused([&](Order& order) { order.buyer = too_long; }));
    CHECK(refused([&](Order& order) { order.reference = too_long; }));
    CHECK(refused([&](Order& order) { order.channel = too_long; }));
    CHECK(refused([&](Order& order) { order.region = too_long; }));
    CHECK(refused([&](Order& order) { order.segment = too_long; }));
  }
}

TEST_CASE("a hold ends after it began, and within the longest that can be configured") {
  const auto decodes_with = [](Tick decided_at, std::int64_t expires_ns) {
    Order order = held_order();
    order.decided_at = decided_at;
    order.expires_at = {expires_ns};
    return decodes(bytes_of(encoded(order)), info_of(order));
  };
  CHECK_FALSE(decodes_with(kDecided, kDecided.ns - 1));
  CHECK_FALSE(decodes_with(kDecided, kDecided.ns));
  CHECK(decodes_with(kDecided, kDecided.ns + 1));
  CHECK(decodes_with(kDecided, kDecided.ns + kLongestHoldNs));
  CHECK_FALSE(decodes_with(kDecided, kDecided.ns + kLongestHoldNs + 1));
  // A span that 64 bits with a sign cannot hold.
  CHECK_FALSE(decodes_with({std::numeric_limits<std::int64_t>::min()}, -1));
  CHECK_FALSE(decodes_with({-2}, std::numeric_limits<std::int64_t>::max()));
}

TEST_CASE("identities stand in the order of their values, each once, and at most four") {
  const auto decodes_with = [](const std::vector<Hash128>& identities) {
    Order order = held_order();
    order.identities = identities;
    return decodes(bytes_of(encoded(order)), info_of(order));
  };
  CHECK(decodes_with({}));
  CHECK(decodes_with({{1, 1}, {1, 2}}));
  CHECK(decodes_with({{1, 2}, {2, 1}}));
  CHECK_FALSE(decodes_with({{1, 2}, {1, 1}}));
  CHECK_FALSE(decodes_with({{2, 1}, {1, 2}}));
  CHECK_FALSE(decodes_with({{1, 1}, {1, 1}}));
  CHECK_FALSE(decodes_with({{1, 1}, {2, 2}, {3, 3}, {3, 3}}));

  // Five, with the bytes of a fifth in place.
  std::string five = encoded(held_order());
  five[28] = '\x05';
  five.insert(kOrderFixedBytes + sizeof(Tick) + 4 * sizeof(Hash128), std::string(sizeof(Hash128), '\xff'));
  CHECK_FALSE(decodes(bytes_of(five), info_of(held_order())));
}

TEST_CASE("bits of an order that mean nothing yet must be zero") {
  for (const Order& order :
       {largest_order(), waiting_order(), held_order(), with_identities(largest_order())}) {
    const std::string good = encoded(order);
    for (const std::size_t at : {29U, 30U, 31U, 38U, 39U}) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string bytes = good;
        bytes[at] = static_cast<char>(1 << bit);
        CAPTURE(at, bit);
        CHECK_FALSE(decodes(bytes_of(bytes), info_of(order)));
      }
    }
  }
  // In version 1 the count of identities is one of them.
  for (int count = 1; count < 256; ++count) {
    std::string bytes = encoded(largest_order());
    bytes[28] = static_cast<char>(count);
    CHECK_FALSE(decodes(bytes_of(bytes), info_of(largest_order())));
  }
}

}  // namespace
}  // namespace doorbuster
