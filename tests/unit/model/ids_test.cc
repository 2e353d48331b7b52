#include "doorbuster/model/ids.h"

#include <random>
#include <set>
#include <string>

#include "doorbuster/model/outcome.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr HashKey kKey{.k0 = 0x0706050403020100, .k1 = 0x0f0e0d0c0b0a0908};
constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";

std::string id_of(OrderNumber number, const HashKey& key = kKey) {
  const OrderId id = format_order_id(key, number);
  return {id.data(), id.size()};
}

TEST_CASE("an order number says whose it is and which one") {
  const OrderNumber number = OrderNumber::make({7}, 12);
  CHECK(number.offer() == OfferIndex{7});
  CHECK(number.ordinal() == 12);
  const OrderNumber largest = OrderNumber::make({(1U << 20) - 1}, (1ULL << 40) - 1);
  CHECK(largest.offer() == OfferIndex{(1U << 20) - 1});
  CHECK(largest.ordinal() == (1ULL << 40) - 1);
}

TEST_CASE("an order id is the same in every release: it stands in shops' databases") {
  // The tag is SipHash-2-4 of the reference vector's word under the reference key.
  CHECK(id_of({0x0706050403020100}) == "97xfnf6d969322sg0xk2fybgsg");
  CHECK(id_of(OrderNumber::make({0}, 1)) == "2q4djp22ydmfp2wh0fe09m0rn8");
}

TEST_CASE("an order id does not tell which order it is: neighbours have nothing in common") {
  for (std::uint64_t ordinal = 1; ordinal < 1000; ++ordinal) {
    const std::string id = id_of(OrderNumber::make({0}, ordinal));
    const std::string next = id_of(OrderNumber::make({0}, ordinal + 1));
    int same = 0;
    for (std::size_t at = 0; at < id.size(); ++at) same += id[at] == next[at] ? 1 : 0;
    CAPTURE(id, next);
    REQUIRE(same < 13);  // of 26 characters with 32 values each, fewer than one is the same by chance
  }
}

TEST_CASE("an order id reads back as its number, whatever the number") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const OrderNumber number{i < 64 ? 1ULL << i : random()};
    const std::string id = id_of(number);
    CAPTURE(id);
    REQUIRE(id.find_first_not_of(kAlphabet) == std::string::npos);
    REQUIRE(parse_order_id(kKey, id) == number);
  }
}

TEST_CASE("an order id with any one character replaced by any other is no id") {
  const std::string id = id_of(OrderNumber::make({3}, 141));
  for (std::size_t at = 0; at < id.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string forged = id;
      forged[at] = static_cast<char>(c);
      if (forged == id) continue;
      CAPTURE(forged);
      REQUIRE_FALSE(parse_order_id(kKey, forged).has_value());
    }
  }
}

TEST_CASE("an order id with two neighbours swapped, cut, or with more behind it is no id") {
  const std::string id = id_of(OrderNumber::make({3}, 141));
  for (std::size_t at = 0; at + 1 < id.size(); ++at) {
    std::string swapped = id;
    std::swap(swapped[at], swapped[at + 1]);
    if (swapped != id) CHECK_FALSE(parse_order_id(kKey, swapped).has_value());
  }
  for (std::size_t length = 0; length < id.size(); ++length) {
    CHECK_FALSE(parse_order_id(kKey, std::string_view(id).substr(0, length)).has_value());
  }
  CHECK_FALSE(parse_order_id(kKey, id + "0").has_value());
  CHECK_FALSE(parse_order_id(kKey, "0" + id).has_value());
}

TEST_CASE("a tag cannot be carried over to the next order, nor an id to another data folder") {
  const std::string mine = id_of(OrderNumber::make({3}, 141));
  const std::string next = id_of(OrderNumber::make({3}, 142));
  CHECK_FALSE(parse_order_id(kKey, next.substr(0, 13) + mine.substr(13)).has_value());
  CHECK_FALSE(parse_order_id({kKey.k0 + 1, kKey.k1}, mine).has_value());
  CHECK_FALSE(parse_order_id({kKey.k0, kKey.k1 + 1}, mine).has_value());
}

TEST_CASE("a first character above 64 bits is refused instead of cut") {
  const std::string id = id_of({0});
  for (const char c : {'g', 'z'}) {
    std::string wide = id;
    wide[0] = c;  // would be the same number if the bits above 64 fell off
    CHECK_FALSE(parse_order_id(kKey, wide).has_value());
    wide = id;
    wide[13] = c;
    CHECK_FALSE(parse_order_id(kKey, wide).has_value());
  }
}

TEST_CASE("every outcome has a code of its own, in the letters that clients and metrics take") {
  std::set<std::string_view> codes;
  for (int i = 0; i < kOutcomeCount; ++i) {
    const std::string_view code = outcome_code(static_cast<Outcome>(i));
    CAPTURE(i, code);
    CHECK_FALSE(code.empty());
    CHECK(code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    CHECK(codes.insert(code).second);
  }
  CHECK(outcome_code(Outcome::confirmed) == "confirmed");
  CHECK(outcome_code(Outcome::sold_out) == "sold_out");
  CHECK(outcome_code(Outcome::hold_expired) == "hold_expired");
}

}  // namespace
}  // namespace doorbuster
