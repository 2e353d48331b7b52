// Orders whose retention is over, as bytes and back.
#include <array>
#include <string>
#include <vector>

#include "doorbuster/model/record.h"
#include "support/catch.h"
#include "unit/model/payload_bytes.h"

namespace doorbuster {
namespace {

const std::vector<ForgottenOrder> kMixed = {{.order = {7}, .part = OfferIndex{3}},
                                            {.order = OrderNumber::make({2}, 9), .part = {}},
                                            {.order = {8}, .part = OfferIndex{0}},
                                            {.order = {1}, .part = {}}};

std::string encoded(const std::vector<ForgottenOrder>& orders, std::uint32_t seconds = 86'400) {
  std::string bytes(forgotten_payload_bytes(orders), '\0');
  const OrdersForgotten value = {.retention_seconds = seconds, .orders = orders};
  CHECK(encode(value, std::as_writable_bytes(std::span(bytes))) == bytes.size());
  return bytes;
}

bool is_read(const std::string& bytes) {
  ForgottenList list;
  return decode_orders_forgotten(bytes_of(bytes), list).has_value();
}

TEST_CASE("a list of forgotten orders is read as it was written, whole orders first") {
  ForgottenList list;
  const std::string bytes = encoded(kMixed, kOrderRetentionSecondsMax);
  CHECK(bytes.size() == 8 + 2 * 8 + 2 * 12);
  const auto read = decode_orders_forgotten(bytes_of(bytes), list);
  REQUIRE(read.has_value());
  CHECK(read->retention_seconds == kOrderRetentionSecondsMax);
  REQUIRE(read->orders.size() == 4);
  CHECK(read->orders[0].order == OrderNumber::make({2}, 9));
  CHECK_FALSE(read->orders[0].part.has_value());
  CHECK(read->orders[1].order == OrderNumber{1});
  CHECK(read->orders[2].order == OrderNumber{7});
  CHECK(read->orders[2].part == OfferIndex{3});
  CHECK(read->orders[3].part == OfferIndex{0});
}

TEST_CASE("as many lines of baskets as a record takes fit, and one more is refused") {
  std::vector<ForgottenOrder> many(kForgottenPerRecordMax, {.order = {5}, .part = OfferIndex{6}});
  std::string bytes = encoded(many);
  CHECK(bytes.size() <= kJournalRecordBytesMax);
  CHECK(is_read(bytes));
  ++bytes[6];
  bytes.append(12, '\1');
  CHECK_FALSE(is_read(bytes));
}

TEST_CASE("a list that is cut, too long, empty or of an impossible retention is no list") {
  const std::string bytes = encoded(kMixed);
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(is_read(bytes.substr(0, size)));
  CHECK_FALSE(is_read(bytes + '\0'));
  CHECK_FALSE(is_read(encoded(kMixed, kOrderRetentionSecondsMin - 1)));
  CHECK_FALSE(is_read(encoded(kMixed, kOrderRetentionSecondsMax + 1)));
  CHECK(is_read(encoded(kMixed, kOrderRetentionSecondsMin)));
  CHECK_FALSE(is_read(bytes.substr(0, 4) + std::string(4, '\0')));
}

}  // namespace
}  // namespace doorbuster
