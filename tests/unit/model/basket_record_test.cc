// Baskets as payloads: orders of version 3.
#include <utility>

#include "unit/model/sample_orders.h"

namespace doorbuster {
namespace {

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

TEST_CASE("the largest basket fits into a record of the journal") {
  constexpr std::size_t kRecordHeaderBytes = 40;
  const Basket basket(longest_lines(), held_order());
  CHECK(order_payload_bytes(basket.order) + kRecordHeaderBytes <= kJournalRecordBytesMax);
}

TEST_CASE("the bytes of a basket are the same for ever") {
  // As docs/formats/journal.md describes them; a change here is a new version, not a new test.
  const auto& [numbers, lengths, end, identity, texts] = kSpelledBytes;
  Order order = spelled_order();
  order.status = OrderStatus::held;
  order.expires_at = {7};
  const std::vector<OrderLine> lines = {{.offer = {1}, .quantity = 2, .unit_price = 1},
                                        {.offer = {0x030201}, .quantity = 1, .unit_price = 2}};
  order.lines = lines;
  order.identities = kFiveSix;
  const std::string line_bytes(
      "\x01\0\0\0\x02\0\0\0\x01\0\0\0\0\0\0\0"
      "\x01\x02\x03\0\x01\0\0\0\x02\0\0\0\0\0\0\0",
      32);
  const std::string one_and_two("\x01\x02\0\0", 4), none_and_two("\0\x02\0\0", 4);
  CHECK(encoded(order) == numbers + one_and_two + lengths + end + identity + line_bytes + texts);
  CHECK(order_record_version(order) == 3);
  order.identities = {};
  order.status = OrderStatus::confirmed;
  CHECK(encoded(order) == numbers + none_and_two + lengths + line_bytes + texts);
  CHECK(order_record_version(order) == 3);
}

TEST_CASE("a basket that is cut anywhere, or has a byte too many, is none") {
  const Basket one(kOneLine), two(kTwoLines, held_order()), sixteen(longest_lines(), largest_order());
  for (const Basket* basket : {&one, &two, &sixteen}) {
    check_only_the_whole(encoded(basket->order),
                         [&](auto bytes) { return decodes(bytes, info_of(basket->order)); });
  }
}

TEST_CASE("a basket is read as the kind and the version that it was written as, and never waits") {
  const Basket sold(kTwoLines), held(kTwoLines, held_order());
  for (const Basket* basket : {&sold, &held}) {
    const std::string bytes = encoded(basket->order);
    for (int kind = 0; kind < 64; ++kind) {
      for (const int version : {0, 1, 2, 3, 4, 255}) {
        RecordInfo info = info_of(basket->order);
        const bool readable = kind == static_cast<int>(info.kind) && version == 3;
        info.kind = RecordKind{static_cast<std::uint16_t>(kind)};
        info.version = static_cast<std::uint8_t>(version);
        CAPTURE(kind, version);
        CHECK(decodes(bytes_of(bytes), info) == readable);
      }
    }
  }
  // A third version that says what the others say already.
  for (const Order& order : {smallest_order(), held_order()}) {
    RecordInfo info = info_of(order);
    info.version = 3;
    CHECK_FALSE(decodes(bytes_of(encoded(order)), info));
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

TEST_CASE("bits of a basket that mean nothing yet must be zero") {
  const Basket basket(kTwoLines);
  for (const std::size_t at : {30U, 31U, 38U, 39U}) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = encoded(basket.order);
      bytes[at] = static_cast<char>(1 << bit);
      CAPTURE(at, bit);
      CHECK_FALSE(decodes(bytes_of(bytes), info_of(basket.order)));
    }
  }
}

}  // namespace
}  // namespace doorbuster
