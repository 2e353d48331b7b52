#include "doorbuster/model/record.h"

#include <cstring>
#include <string>

#include "doorbuster/base/limits.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

template <typename Value>
std::string encoded(const Value& value) {
  std::string out;
  encode(value, out);
  return out;
}

std::string encoded(const Order& order) {
  std::string out(order_payload_bytes(order), '\0');
  CHECK(encode(order, std::as_writable_bytes(std::span(out))) == out.size());
  return out;
}

CampaignPut some_campaign() {
  CampaignPut put;
  put.campaign = {3};
  put.tenant = {7};
  put.starts_at = {100};
  put.ends_at = {200};
  put.hold_seconds = 30;
  put.limit_per_buyer = 2;
  put.listed = false;
  put.show_remaining = true;
  put.id = "black-friday";
  put.name = "Schwarzer Freitag \xe2\x80\x93 Angebote";
  put.currency = "EUR";
  return put;
}

OfferPut some_offer() {
  OfferPut put;
  put.offer = {9};
  put.campaign = {3};
  put.stock = kStockMax;
  put.list_price = kPriceMax;
  put.price = 49900;
  put.listed = false;
  put.sku = "tv-55-oled";
  return put;
}

const std::string kLongest(255, 'k'), kIdentifier(64, 'i');

Order largest_order() {
  Order order;
  order.number = OrderNumber::make({9}, 12);
  order.quantity = kQuantityMax;
  order.unit_price = kPriceMax;
  order.expected_price = kPriceMax;
  order.decided_at = {1234};
  order.buyer = order.reference = order.channel = order.region = order.segment = kIdentifier;
  order.key = kLongest;
  return order;
}

void check_same(const Order& a, const Order& b) {
  CHECK(a.number == b.number);
  CHECK(a.quantity == b.quantity);
  CHECK(a.unit_price == b.unit_price);
  CHECK(a.expected_price == b.expected_price);
  CHECK(a.decided_at == b.decided_at);
  CHECK(a.buyer == b.buyer);
  CHECK(a.key == b.key);
  CHECK(a.reference == b.reference);
  CHECK(a.channel == b.channel);
  CHECK(a.region == b.region);
  CHECK(a.segment == b.segment);
}

TEST_CASE("every payload reads back as what was written") {
  const auto keys = decode_folder_created(bytes_of(encoded(FolderCreated{{1, 2}, {3, 4}})));
  REQUIRE(keys.has_value());
  CHECK(keys->table_key == HashKey{1, 2});
  CHECK(keys->order_id_key == HashKey{3, 4});

  const auto change = decode_catalog_change(bytes_of(encoded(CatalogChange{.change = 5, .records = 6})));
  REQUIRE(change.has_value());
  CHECK(change->change == 5);
  CHECK(change->records == 6);

  const CampaignPut wrote = some_campaign();
  const auto campaign = decode_campaign_put(bytes_of(encoded(wrote)));
  REQUIRE(campaign.has_value());
  CHECK(encoded(*campaign) == encoded(wrote));
  CHECK(campaign->id == wrote.id);
  CHECK(campaign->name == wrote.name);
  CHECK(campaign->tenant == TenantId{7});
  CHECK_FALSE(campaign->listed);
  CHECK(campaign->show_remaining);

  const OfferPut sold = some_offer();
  const auto offer = decode_offer_put(bytes_of(encoded(sold)));
  REQUIRE(offer.has_value());
  CHECK(encoded(*offer) == encoded(sold));
  CHECK(offer->stock == kStockMax);
  CHECK(offer->sku == sold.sku);
}

TEST_CASE("an order reads back as it was written, the largest and the smallest") {
  const Order largest = largest_order();
  const std::string bytes = encoded(largest);
  const auto read = decode_order(bytes_of(bytes), largest.decided_at);
  REQUIRE(read.has_value());
  check_same(*read, largest);

  Order smallest;
  smallest.number = OrderNumber::make({0}, 1);
  smallest.quantity = 1;
  smallest.buyer = "b";
  const std::string few = encoded(smallest);
  CHECK(few.size() == kOrderFixedBytes + 1);
  const auto again = decode_order(bytes_of(few), {});
  REQUIRE(again.has_value());
  check_same(*again, smallest);
}

TEST_CASE("the bytes of a payload are the same for ever") {
  // Layout version 1, as docs/formats/journal.md describes it; a change here is a new version, not a new
  // test.
  CHECK(encoded(CatalogChange{.change = 0x0102, .records = 3}) ==
        std::string("\x02\x01\0\0\0\0\0\0\x03\0\0\0", 12));
  Order order;
  order.number = OrderNumber::make({1}, 2);
  order.quantity = 3;
  order.unit_price = 4;
  order.buyer = "ab";
  order.key = "k";
  order.segment = "s";
  CHECK(encoded(order) == std::string("\x02\0\0\0\0\x01\0\0"
                                      "\x04\0\0\0\0\0\0\0"
                                      "\xff\xff\xff\xff\xff\xff\xff\xff"
                                      "\x03\0\0\0\0\0\0\0"
                                      "\x02\x01\0\0\0\x01\0\0"
                                      "abks",
                                      44));
}

TEST_CASE("a payload that is cut anywhere, or has a byte too many, is none") {
  const auto none_but_whole = [](const std::string& whole, const auto& decode) {
    CHECK(decode(bytes_of(whole)));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(size);
      CHECK_FALSE(decode(bytes_of(whole).first(size)));
    }
    const std::string longer = whole + '\0';
    CHECK_FALSE(decode(bytes_of(longer)));
  };
  none_but_whole(encoded(FolderCreated{}), [](auto b) { return decode_folder_created(b).has_value(); });
  none_but_whole(encoded(CatalogChange{}), [](auto b) { return decode_catalog_change(b).has_value(); });
  none_but_whole(encoded(some_campaign()), [](auto b) { return decode_campaign_put(b).has_value(); });
  none_but_whole(encoded(some_offer()), [](auto b) { return decode_offer_put(b).has_value(); });
  none_but_whole(encoded(largest_order()), [](auto b) { return decode_order(b, {}).has_value(); });
}

TEST_CASE("a payload that says what cannot be is none") {
  SECTION("campaigns") {
    const auto refused = [](auto edit) {
      CampaignPut put = some_campaign();
      edit(put);
      return !decode_campaign_put(bytes_of(encoded(put))).has_value();
    };
    CHECK_FALSE(refused([](CampaignPut&) {}));
    CHECK(refused([](CampaignPut& put) { put.ends_at = put.starts_at; }));
    CHECK(refused([](CampaignPut& put) { put.id.clear(); }));
    CHECK(refused([](CampaignPut& put) { put.id.assign(kIdentifierBytesMax + 1, 'x'); }));
    CHECK(refused([](CampaignPut& put) { put.name.assign(kNameBytesMax + 1, 'x'); }));
    CHECK(refused([](CampaignPut& put) { put.currency = "EURO"; }));
  }
  SECTION("offers") {
    const auto refused = [](auto edit) {
      OfferPut put = some_offer();
      edit(put);
      return !decode_offer_put(bytes_of(encoded(put))).has_value();
    };
    CHECK_FALSE(refused([](OfferPut&) {}));
    CHECK(refused([](OfferPut& put) { put.stock = -1; }));
    CHECK(refused([](OfferPut& put) { put.stock = kStockMax + 1; }));
    CHECK(refused([](OfferPut& put) { put.price = -1; }));
    CHECK(refused([](OfferPut& put) { put.price = kPriceMax + 1; }));
    CHECK(refused([](OfferPut& put) { put.sku.clear(); }));
  }
}

TEST_CASE("an order that no request can have asked for is none") {
  const auto refused = [](auto edit) {
    Order order = largest_order();
    edit(order);
    const std::string bytes = encoded(order);
    return !decode_order(bytes_of(bytes), {}).has_value();
  };
  CHECK_FALSE(refused([](Order&) {}));
  CHECK(refused([](Order& order) { order.quantity = 0; }));
  CHECK(refused([](Order& order) { order.quantity = kQuantityMax + 1; }));
  CHECK(refused([](Order& order) { order.unit_price = -1; }));
  CHECK(refused([](Order& order) { order.unit_price = kPriceMax + 1; }));
  CHECK(refused([](Order& order) { order.expected_price = -2; }));
  CHECK(refused([](Order& order) { order.buyer = {}; }));
  // Longer than the contract's bounds: the engine's text store is sized by them.
  const std::string_view too_long = std::string_view(kLongest).substr(0, kIdentifierBytesMax + 1);
  CHECK(refused([&](Order& order) { order.buyer = too_long; }));
  CHECK(refused([&](Order& order) { order.reference = too_long; }));
  CHECK(refused([&](Order& order) { order.channel = too_long; }));
  CHECK(refused([&](Order& order) { order.region = too_long; }));
  CHECK(refused([&](Order& order) { order.segment = too_long; }));
}

TEST_CASE("bits that mean nothing yet must be zero") {
  const std::string good = encoded(largest_order());
  for (const std::size_t at : {28U, 29U, 30U, 31U, 38U, 39U}) {
    std::string bytes = good;
    bytes[at] = '\x01';
    CAPTURE(at);
    CHECK_FALSE(decode_order(bytes_of(bytes), {}).has_value());
  }
  std::string campaign = encoded(some_campaign());
  campaign[32] = '\x02';  // `listed` is 0 or 1
  CHECK_FALSE(decode_campaign_put(bytes_of(campaign)).has_value());
}

TEST_CASE("every kind of record has a name, and what is none says so") {
  for (const auto kind : {RecordKind::batch_end, RecordKind::folder_created, RecordKind::catalog_change_begin,
                          RecordKind::campaign_put, RecordKind::offer_put, RecordKind::catalog_change_end,
                          RecordKind::order_confirmed}) {
    CHECK(record_kind_name(kind) != "unknown");
  }
  CHECK(record_kind_name(static_cast<RecordKind>(999)) == "unknown");
}

}  // namespace
}  // namespace doorbuster
