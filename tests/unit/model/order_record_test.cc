#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/base/limits.h"
#include "doorbuster/model/record.h"
#include "support/catch.h"
#include "unit/model/payload_bytes.h"

namespace doorbuster {
namespace {

constexpr Tick kDecided{1'795'766'400'000'000'000};
constexpr Tick kExpires{kDecided.ns + 600 * kNsPerSecond};
constexpr std::int64_t kLongestHoldNs = kHoldSecondsMax * kNsPerSecond;

const std::string kLongest(255, 'k'), kIdentifier(64, 'i');
const std::vector<Hash128> kFour = {{1, 9}, {2, 3}, {2, 4}, {0xfedcba9876543210, 0}};

RecordInfo info_of(const Order& order) {
  return {.kind = order_record_kind(order), .version = order_record_version(order), .tick = order.decided_at};
}

Order largest_order() {
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

Order held_order() {
  Order order = largest_order();
  order.confirmed_quantity = 0;
  order.status = OrderStatus::held;
  order.expires_at = kExpires;
  order.identities = kFour;
  return order;
}

Order waiting_order() {
  Order order = largest_order();
  order.confirmed_quantity = 0;
  order.status = OrderStatus::waiting;
  return order;
}

Order with_identities(Order order, std::size_t count = 1) {
  order.identities = Identities(kFour).first(count);
  return order;
}

// The lines, in their order, and the order whose sums are theirs.
struct Basket {
  explicit Basket(std::vector<OrderLine> its_lines, Order of = smallest()) : lines(std::move(its_lines)) {
    order = of;
    order.lines = lines;
    order.number = OrderNumber::make(lines.front().offer, 3);
    order.quantity = 0;
    order.unit_price = 0;
    for (const OrderLine& line : lines) {
      order.quantity += line.quantity;
      order.unit_price += line.quantity * line.unit_price;
    }
    if (order.status == OrderStatus::confirmed) order.confirmed_quantity = order.quantity;
  }
  Basket(const Basket&) = delete;
  static Order smallest() {
    Order order;
    order.buyer = "b";
    return order;
  }
  std::vector<OrderLine> lines;
  Order order;
};

std::vector<OrderLine> longest_lines() {
  std::vector<OrderLine> lines;
  for (std::uint32_t i = 0; i < kBasketLinesMax; ++i) {
    lines.push_back({.offer = {kOffersMax - 20 + i}, .quantity = kQuantityMax, .unit_price = kPriceMax});
  }
  return lines;
}
const std::vector<OrderLine> kTwoLines = {{.offer = {0}, .quantity = 2, .unit_price = 700},
                                          {.offer = {4}, .quantity = 1, .unit_price = 0}};
const std::vector<OrderLine> kOneLine = {{.offer = {0}, .quantity = 1, .unit_price = 5}};

Order smallest_order() {
  Order order;
  order.number = OrderNumber::make({0}, 1);
  order.quantity = order.confirmed_quantity = 1;
  order.buyer = "b";
  return order;
}

bool decodes(std::span<const std::byte> payload, const RecordInfo& info) {
  OrderLists lists;
  return decode_order(payload, info, lists).has_value();
}

void check_reads_back(const Order& wrote) {
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

TEST_CASE("a basket reads back as it was written, line by line") {
  for (const std::vector<OrderLine>& lines : {kOneLine, kTwoLines, longest_lines()}) {
    const Basket smallest(lines), largest(lines, largest_order()), held(lines, held_order()),
        identified(lines, with_identities(largest_order()));
    for (const Basket* basket : {&smallest, &largest, &held, &identified}) {
      CHECK(order_record_version(basket->order) == 3);
      check_reads_back(basket->order);
    }
  }
}

TEST_CASE("the largest order fits into a record of the journal") {
  constexpr std::size_t kRecordHeaderBytes = 40;
  const Basket basket(longest_lines(), held_order());
  CHECK(order_payload_bytes(basket.order) + kRecordHeaderBytes <= kJournalRecordBytesMax);
  CHECK(order_payload_bytes(held_order()) + kRecordHeaderBytes <= kJournalRecordBytesMax);
}

TEST_CASE("the bytes of an order are the same for ever") {
  // As docs/formats/journal.md describes them; a change here is a new version, not a new test.
  Order order;
  order.number = OrderNumber::make({1}, 2);
  order.quantity = 3;
  order.unit_price = 4;
  order.buyer = "ab";
  order.key = "k";
  order.segment = "s";
  const std::string numbers(
      "\x02\0\0\0\0\x01\0\0"
      "\x04\0\0\0\0\0\0\0"
      "\xff\xff\xff\xff\xff\xff\xff\xff"
      "\x03\0\0\0",
      28);
  const std::string lengths("\x02\x01\0\0\0\x01\0\0", 8);
  const std::string identity("\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0", 16);
  const std::string none("\0\0\0\0", 4), one("\x01\0\0\0", 4);
  CHECK(encoded(order) == numbers + none + lengths + "abks");
  order.status = OrderStatus::waiting;
  CHECK(encoded(order) == numbers + none + lengths + "abks");
  CHECK(order_record_version(order) == 1);

  const std::vector<Hash128> identities = {{5, 6}};
  order.identities = identities;
  CHECK(encoded(order) == numbers + one + lengths + identity + "abks");
  CHECK(order_record_version(order) == 2);
  order.status = OrderStatus::held;
  order.expires_at = {7};
  const std::string end("\x07\0\0\0\0\0\0\0", 8);
  CHECK(encoded(order) == numbers + one + lengths + end + identity + "abks");
  order.identities = {};
  CHECK(encoded(order) == numbers + none + lengths + end + "abks");
  CHECK(order_record_version(order) == 2);

  const std::vector<OrderLine> lines = {{.offer = {1}, .quantity = 2, .unit_price = 1},
                                        {.offer = {0x030201}, .quantity = 1, .unit_price = 2}};
  order.lines = lines;
  order.identities = identities;
  const std::string line_bytes(
      "\x01\0\0\0\x02\0\0\0\x01\0\0\0\0\0\0\0"
      "\x01\x02\x03\0\x01\0\0\0\x02\0\0\0\0\0\0\0",
      32);
  const std::string one_and_two("\x01\x02\0\0", 4), none_and_two("\0\x02\0\0", 4);
  CHECK(encoded(order) == numbers + one_and_two + lengths + end + identity + line_bytes + "abks");
  CHECK(order_record_version(order) == 3);
  order.identities = {};
  order.status = OrderStatus::confirmed;
  CHECK(encoded(order) == numbers + none_and_two + lengths + line_bytes + "abks");
  CHECK(order_record_version(order) == 3);
}

TEST_CASE("an order that is cut anywhere, or has a byte too many, is none") {
  const Basket one(kOneLine), two(kTwoLines, held_order()), sixteen(longest_lines(), largest_order());
  for (const Order& order : {largest_order(), smallest_order(), held_order(), waiting_order(),
                             with_identities(smallest_order(), 4), with_identities(waiting_order()),
                             one.order, two.order, sixteen.order}) {
    check_only_the_whole(encoded(order), [&](auto bytes) { return decodes(bytes, info_of(order)); });
  }
}

TEST_CASE("an order is read as the kind and the version that it was written as, and no other") {
  const Basket sold(kTwoLines), held(kTwoLines, held_order());
  const Order orders[] = {smallest_order(), held_order(), with_identities(smallest_order()), sold.order,
                          held.order};
  for (const Order& order : orders) {
    const std::string bytes = encoded(order);
    for (int kind = 0; kind < 64; ++kind) {
      for (const int version : {0, 1, 2, 3, 255}) {
        RecordInfo info = info_of(order);
        // A final order and one that waits differ in their kind only; a basket never waits.
        const bool same_shape = RecordKind{static_cast<std::uint16_t>(kind)} == info.kind ||
                                (order.status == OrderStatus::confirmed && order.lines.empty() &&
                                 kind == static_cast<int>(RecordKind::order_waiting));
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

TEST_CASE("a basket whose lines are not in order, out of their bounds or not its sums is none") {
  const auto decodes_with = [](auto edit) {
    // Sums that are right for what the lines are made to be.
    std::vector<OrderLine> lines = kTwoLines;
    edit(lines);
    const Basket basket(lines);
    return decodes(bytes_of(encoded(basket.order)), info_of(basket.order));
  };
  CHECK(decodes_with([](auto&) {}));
  CHECK_FALSE(decodes_with([](auto& lines) { lines[1].offer = lines[0].offer; }));
  CHECK_FALSE(decodes_with([](auto& lines) { std::swap(lines[0], lines[1]); }));
  for (const std::size_t i : {0U, 1U}) {
    CHECK_FALSE(decodes_with([&](auto& lines) { lines[i].quantity = 0; }));
    CHECK(decodes_with([&](auto& lines) { lines[i].quantity = kQuantityMax; }));
    CHECK_FALSE(decodes_with([&](auto& lines) { lines[i].quantity = kQuantityMax + 1; }));
    CHECK_FALSE(decodes_with([&](auto& lines) { lines[i].unit_price = -1; }));
    CHECK(decodes_with([&](auto& lines) { lines[i].unit_price = kPriceMax; }));
    CHECK_FALSE(decodes_with([&](auto& lines) { lines[i].unit_price = kPriceMax + 1; }));
  }
  // Right lines, and an order that says something else.
  const Basket basket(kTwoLines);
  const auto refused = [&](auto edit) {
    Order order = basket.order;
    edit(order);
    return !decodes(bytes_of(encoded(order)), info_of(order));
  };
  CHECK_FALSE(refused([](Order&) {}));
  CHECK(refused([](Order& order) { ++order.quantity; }));
  CHECK(refused([](Order& order) { --order.quantity; }));
  CHECK(refused([](Order& order) { ++order.unit_price; }));
  CHECK(refused([](Order& order) { --order.unit_price; }));
  CHECK(refused([](Order& order) { order.number = OrderNumber::make({4}, 3); }));  // not of its first line
  CHECK(refused([](Order& order) { order.status = OrderStatus::waiting; }));
  CHECK(refused([](Order& order) { order.expected_price = -2; }));
  CHECK(refused([](Order& order) { order.buyer = {}; }));

  // Seventeen, with the bytes of a seventeenth in place.
  const Basket sixteen(longest_lines());
  std::string bytes = encoded(sixteen.order);
  bytes[29] = '\x11';
  const std::size_t behind = kOrderFixedBytes + kBasketLinesMax * kOrderLineBytes;
  bytes.insert(behind, bytes.substr(behind - kOrderLineBytes, kOrderLineBytes));
  CHECK_FALSE(decodes(bytes_of(bytes), info_of(sixteen.order)));
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
  const Basket basket(kTwoLines);
  for (const std::size_t at : {30U, 31U, 38U, 39U}) {
    std::string bytes = encoded(basket.order);
    bytes[at] = '\x01';
    CHECK_FALSE(decodes(bytes_of(bytes), info_of(basket.order)));
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
