#include "doorbuster/model/record.h"

#include <initializer_list>
#include <string>

#include "doorbuster/base/limits.h"
#include "support/catch.h"
#include "unit/model/payload_bytes.h"

namespace doorbuster {
namespace {

// Of version 1: it has the defaults of what came later.
CampaignPut some_campaign() {
  CampaignPut put;
  put.campaign = {3};
  put.tenant = {7};
  put.starts_at = {100};
  put.ends_at = {200};
  put.hold_seconds = put.hold_max_seconds = put.offer_seconds = 30;
  put.limit_per_buyer = 2;
  put.listed = false;
  put.show_remaining = true;
  put.id = "black-friday";
  put.name = "Schwarzer Freitag \xe2\x80\x93 Angebote";
  put.currency = "EUR";
  return put;
}

// Of version 2, with nothing at its default.
CampaignPut newer_campaign() {
  CampaignPut put = some_campaign();
  put.hold_max_seconds = 600;
  put.limit_per_buyer_total = 5;
  put.on_payment_failed = PaymentFailure::grace;
  put.grace_seconds = 20;
  put.waitlist = true;
  put.offer_seconds = 40;
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

bool decodes(const CampaignPut& put) {
  return decode_campaign_put(bytes_of(encoded(put)), campaign_put_version(put)).has_value();
}

TEST_CASE("every payload reads back as what was written") {
  const auto keys = decode_folder_created(bytes_of(encoded(FolderCreated{{1, 2}, {3, 4}})));
  REQUIRE(keys.has_value());
  CHECK(keys->table_key == HashKey{1, 2});
  CHECK(keys->order_id_key == HashKey{3, 4});

  const auto change = decode_catalog_change(bytes_of(encoded(CatalogChange{.change = 5, .records = 6})), 1);
  REQUIRE(change.has_value());
  CHECK(change->change == 5);
  CHECK(change->records == 6);

  const CampaignPut wrote = some_campaign();
  const auto campaign = decode_campaign_put(bytes_of(encoded(wrote)), 1);
  REQUIRE(campaign.has_value());
  CHECK(encoded(*campaign) == encoded(wrote));
  CHECK(campaign->id == wrote.id);
  CHECK(campaign->name == wrote.name);
  CHECK(campaign->tenant == TenantId{7});
  CHECK_FALSE(campaign->listed);
  CHECK(campaign->show_remaining);

  const OfferPut sold = some_offer();
  const auto offer = decode_offer_put(bytes_of(encoded(sold)), 1);
  REQUIRE(offer.has_value());
  CHECK(encoded(*offer) == encoded(sold));
  CHECK(offer->stock == kStockMax);
  CHECK(offer->sku == sold.sku);
}

TEST_CASE("a campaign of version 1 has the rules that a configuration without the newer keys gives") {
  const CampaignPut wrote = some_campaign();
  REQUIRE(campaign_put_version(wrote) == 1);
  const auto read = decode_campaign_put(bytes_of(encoded(wrote)), 1);
  REQUIRE(read.has_value());
  CHECK(read->hold_seconds == 30);
  CHECK(read->hold_max_seconds == 30);
  CHECK(read->offer_seconds == 30);
  CHECK(read->limit_per_buyer_total == 0);
  CHECK(read->on_payment_failed == PaymentFailure::release);
  CHECK(read->grace_seconds == 0);
  CHECK_FALSE(read->waitlist);
}

TEST_CASE("a campaign of version 2 reads back as it was written") {
  const CampaignPut wrote = newer_campaign();
  REQUIRE(campaign_put_version(wrote) == 2);
  const auto read = decode_campaign_put(bytes_of(encoded(wrote)), 2);
  REQUIRE(read.has_value());
  CHECK(read->hold_seconds == 30);
  CHECK(read->hold_max_seconds == 600);
  CHECK(read->limit_per_buyer == 2);
  CHECK(read->limit_per_buyer_total == 5);
  CHECK(read->on_payment_failed == PaymentFailure::grace);
  CHECK(read->grace_seconds == 20);
  CHECK(read->waitlist);
  CHECK(read->offer_seconds == 40);
  CHECK(read->id == wrote.id);
  CHECK(read->name == wrote.name);
  CHECK(read->currency == wrote.currency);
}

TEST_CASE("any one of the newer fields makes a campaign version 2, and none of them version 1") {
  const auto version = [](auto edit) {
    CampaignPut put = some_campaign();
    edit(put);
    CHECK(decodes(put));
    return campaign_put_version(put);
  };
  CHECK(campaign_put_version(CampaignPut{}) == 1);
  CHECK(version([](CampaignPut&) {}) == 1);
  CHECK(version([](CampaignPut& put) { put.limit_per_buyer = 0; }) == 1);
  CHECK(version([](CampaignPut& put) { put.hold_max_seconds = 31; }) == 2);
  CHECK(version([](CampaignPut& put) { put.limit_per_buyer_total = 1; }) == 2);
  CHECK(version([](CampaignPut& put) { put.on_payment_failed = PaymentFailure::keep; }) == 2);
  CHECK(version([](CampaignPut& put) {
          put.on_payment_failed = PaymentFailure::grace;
          put.grace_seconds = 1;
        }) == 2);
  CHECK(version([](CampaignPut& put) { put.waitlist = true; }) == 2);
  CHECK(version([](CampaignPut& put) {
          put.waitlist = true;
          put.offer_seconds = 31;
        }) == 2);
  // Without holds a limit over the campaign is all that can be asked for.
  CHECK(version([](CampaignPut& put) {
          put.hold_seconds = put.hold_max_seconds = put.offer_seconds = 0;
          put.limit_per_buyer_total = 1;
        }) == 2);
}

TEST_CASE("a campaign is not read in another version than it was written in") {
  const std::string older = encoded(some_campaign());
  const std::string newer = encoded(newer_campaign());
  CHECK_FALSE(decode_campaign_put(bytes_of(older), 2));
  CHECK_FALSE(decode_campaign_put(bytes_of(newer), 1));
  for (const std::uint8_t version : std::initializer_list<std::uint8_t>{0, 3, 255}) {
    CHECK_FALSE(decode_campaign_put(bytes_of(older), version));
    CHECK_FALSE(decode_campaign_put(bytes_of(newer), version));
  }
  // Version 2 that says what version 1 says already: 30 for both spans, and zeros.
  const std::string same = older + std::string("\x1e\0\0\0\0\0\0\0\0\0\0\0\x1e\0\0\0\0\0", 18);
  CHECK_FALSE(decode_campaign_put(bytes_of(same), 2));
  std::string other = same;
  other[older.size() + 4] = '\x01';  // the limit over the campaign
  CHECK(decode_campaign_put(bytes_of(other), 2));
}

TEST_CASE("the bytes of a payload are the same for ever") {
  // As docs/formats/journal.md describes them; a change here is a new version, not a new test.
  CHECK(encoded(CatalogChange{.change = 0x0102, .records = 3}) ==
        std::string("\x02\x01\0\0\0\0\0\0\x03\0\0\0", 12));
  CampaignPut put;
  put.campaign = {1};
  put.starts_at = {2};
  put.ends_at = {3};
  put.limit_per_buyer = 4;
  put.id = "a";
  put.name = "b";
  put.currency = "EUR";
  const std::string of_version_1(
      "\x01\0\0\0\x01\0\0\0"
      "\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0"
      "\0\0\0\0\x04\0\0\0\x01\0"
      "\x01\0a\x01\0b\x03\0EUR",
      45);
  CHECK(encoded(put) == of_version_1);
  put.limit_per_buyer_total = 5;
  CHECK(encoded(put) == of_version_1 + std::string("\0\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0", 18));
  put.hold_seconds = 6;
  put.hold_max_seconds = 7;
  put.grace_seconds = 8;
  put.offer_seconds = 9;
  put.on_payment_failed = PaymentFailure::grace;
  put.waitlist = true;
  std::string of_version_2 =
      of_version_1 + std::string("\x07\0\0\0\x05\0\0\0\x08\0\0\0\x09\0\0\0\x02\x01", 18);
  of_version_2[24] = '\x06';
  CHECK(encoded(put) == of_version_2);
}

TEST_CASE("a payload that is cut anywhere, or has a byte too many, is none") {
  check_only_the_whole(encoded(FolderCreated{}), [](auto b) { return decode_folder_created(b).has_value(); });
  check_only_the_whole(encoded(CatalogChange{}),
                       [](auto b) { return decode_catalog_change(b, 1).has_value(); });
  check_only_the_whole(encoded(some_campaign()),
                       [](auto b) { return decode_campaign_put(b, 1).has_value(); });
  check_only_the_whole(encoded(newer_campaign()),
                       [](auto b) { return decode_campaign_put(b, 2).has_value(); });
  check_only_the_whole(encoded(some_offer()), [](auto b) { return decode_offer_put(b, 1).has_value(); });
}

TEST_CASE("a campaign that no configuration can have asked for is none") {
  const auto refused = [](auto edit) {
    CampaignPut put = newer_campaign();
    edit(put);
    return !decodes(put);
  };
  CHECK_FALSE(refused([](CampaignPut&) {}));
  CHECK(refused([](CampaignPut& put) { put.ends_at = put.starts_at; }));
  CHECK(refused([](CampaignPut& put) { put.id.clear(); }));
  CHECK(refused([](CampaignPut& put) { put.id.assign(kIdentifierBytesMax + 1, 'x'); }));
  CHECK(refused([](CampaignPut& put) { put.name.assign(kNameBytesMax + 1, 'x'); }));
  CHECK(refused([](CampaignPut& put) { put.currency = "EURO"; }));
  CHECK(refused([](CampaignPut& put) { put.hold_max_seconds = 29; }));
  CHECK_FALSE(refused([](CampaignPut& put) { put.hold_max_seconds = kHoldSecondsMax; }));
  CHECK(refused([](CampaignPut& put) { put.hold_max_seconds = kHoldSecondsMax + 1; }));
  CHECK(refused([](CampaignPut& put) { put.on_payment_failed = PaymentFailure{3}; }));
  CHECK(refused([](CampaignPut& put) { put.on_payment_failed = PaymentFailure::keep; }));  // with a grace
  CHECK(refused([](CampaignPut& put) { put.grace_seconds = 0; }));
  CHECK(refused([](CampaignPut& put) { put.grace_seconds = kHoldSecondsMax + 1; }));
  CHECK(refused([](CampaignPut& put) { put.waitlist = false; }));  // with 40 seconds for an offer
  CHECK(refused([](CampaignPut& put) { put.offer_seconds = 0; }));
  CHECK(refused([](CampaignPut& put) { put.offer_seconds = kHoldSecondsMax + 1; }));
  const auto refused_without_holds = [](auto edit) {
    CampaignPut put = some_campaign();
    put.hold_seconds = put.hold_max_seconds = put.offer_seconds = 0;
    edit(put);
    return !decodes(put);
  };
  CHECK_FALSE(refused_without_holds([](CampaignPut&) {}));
  CHECK(refused_without_holds([](CampaignPut& put) { put.hold_max_seconds = 1; }));
  CHECK(refused_without_holds([](CampaignPut& put) { put.on_payment_failed = PaymentFailure::keep; }));
  CHECK(refused_without_holds([](CampaignPut& put) {
    put.waitlist = true;
    put.offer_seconds = 1;
  }));
  CHECK(refused_without_holds([](CampaignPut& put) { put.offer_seconds = 1; }));
  CampaignPut long_hold = some_campaign();
  long_hold.hold_seconds = long_hold.hold_max_seconds = long_hold.offer_seconds = kHoldSecondsMax;
  CHECK(decodes(long_hold));
  long_hold.hold_seconds = long_hold.hold_max_seconds = long_hold.offer_seconds = kHoldSecondsMax + 1;
  CHECK_FALSE(decodes(long_hold));
}

TEST_CASE("an offer that no configuration can have asked for is none") {
  const auto refused = [](auto edit) {
    OfferPut put = some_offer();
    edit(put);
    return !decode_offer_put(bytes_of(encoded(put)), offer_put_version(put)).has_value();
  };
  CHECK_FALSE(refused([](OfferPut&) {}));
  CHECK(refused([](OfferPut& put) { put.stock = -1; }));
  CHECK(refused([](OfferPut& put) { put.stock = kStockMax + 1; }));
  CHECK(refused([](OfferPut& put) { put.price = -1; }));
  CHECK(refused([](OfferPut& put) { put.price = kPriceMax + 1; }));
  CHECK(refused([](OfferPut& put) { put.sku.clear(); }));
}

TEST_CASE("a flag is 0 or 1") {
  const std::string older = encoded(some_campaign());
  const std::string newer = encoded(newer_campaign());
  for (const std::size_t at : {std::size_t{32}, std::size_t{33}, newer.size() - 1}) {
    CAPTURE(at);
    std::string bytes = newer;
    bytes[at] = '\x02';
    CHECK_FALSE(decode_campaign_put(bytes_of(bytes), 2).has_value());
    if (at >= older.size()) continue;
    bytes = older;
    bytes[at] = '\x02';
    CHECK_FALSE(decode_campaign_put(bytes_of(bytes), 1).has_value());
  }
}

TEST_CASE("every kind of record has a name of its own, and what is none says so") {
  CHECK(record_kind_name(RecordKind::batch_end) == "batch_end");
  CHECK(record_kind_name(RecordKind::folder_created) == "folder_created");
  CHECK(record_kind_name(RecordKind::catalog_change_begin) == "catalog_change_begin");
  CHECK(record_kind_name(RecordKind::campaign_put) == "campaign_put");
  CHECK(record_kind_name(RecordKind::offer_put) == "offer_put");
  CHECK(record_kind_name(RecordKind::catalog_change_end) == "catalog_change_end");
  CHECK(record_kind_name(RecordKind::plan_part) == "plan_part");
  CHECK(record_kind_name(RecordKind::order_confirmed) == "order_confirmed");
  CHECK(record_kind_name(RecordKind::order_held) == "order_held");
  CHECK(record_kind_name(RecordKind::order_waiting) == "order_waiting");
  CHECK(record_kind_name(RecordKind::order_event) == "order_event");
  CHECK(record_kind_name(RecordKind::orders_forgotten) == "orders_forgotten");
  CHECK(record_kind_name(RecordKind::state_sample) == "state_sample");
  CHECK(record_kind_name(static_cast<RecordKind>(38)) == "unknown");
  CHECK(record_kind_name(static_cast<RecordKind>(999)) == "unknown");
}

}  // namespace
}  // namespace doorbuster
