// Stock from the pool in records: campaigns of version 4, offers of version 2, and changes by the clock.
#include <functional>
#include <initializer_list>
#include <string>

#include "doorbuster/model/record.h"
#include "support/catch.h"
#include "unit/model/payload_bytes.h"

namespace doorbuster {
namespace {

CampaignPut pooled_campaign() {
  CampaignPut put;
  put.campaign = {3};
  put.starts_at = {100};
  put.ends_at = {100'000};
  put.id = put.name = "s";
  put.currency = "EUR";
  put.from_pool = true;
  return put;
}

OfferPut some_offer() {
  OfferPut put;
  put.offer = {7};
  put.campaign = {3};
  put.stock = 50;
  put.list_price = 20;
  put.price = 10;
  put.sku = "tv";
  return put;
}

TEST_CASE("a campaign with stock from the pool reads back as it was written, armed or not") {
  CampaignPut wrote = pooled_campaign();
  wrote.armed = true;
  wrote.arm_seconds = 3600;
  REQUIRE(campaign_put_version(wrote) == 4);
  const std::string bytes = encoded(wrote);
  const auto read = decode_campaign_put(bytes_of(bytes), 4);
  REQUIRE(read.has_value());
  CHECK(encoded(*read) == bytes);
  CHECK(read->from_pool);
  CHECK(read->armed);
  CHECK(read->arm_seconds == 3600);
  check_only_the_whole(bytes, [](auto b) { return decode_campaign_put(b, 4).has_value(); });
  for (const std::uint8_t version : std::initializer_list<std::uint8_t>{0, 1, 2, 3, 5, 255}) {
    CHECK_FALSE(decode_campaign_put(bytes_of(bytes), version));
  }
  wrote.armed = false;
  wrote.arm_seconds = 0;
  CHECK(campaign_put_version(wrote) == 4);
  CHECK_FALSE(decode_campaign_put(bytes_of(encoded(wrote)), 4)->armed);
}

TEST_CASE("what has stock of its own cannot be armed, now or later") {
  const std::initializer_list<std::function<void(CampaignPut&)>> edits = {
      [](CampaignPut& put) { put.armed = true; }, [](CampaignPut& put) { put.arm_seconds = 1; }};
  for (const auto& edit : edits) {
    CampaignPut put = pooled_campaign();
    edit(put);
    CHECK(decode_campaign_put(bytes_of(encoded(put)), 4));
    put.from_pool = false;
    CHECK_FALSE(decode_campaign_put(bytes_of(encoded(put)), 4));
  }
}

TEST_CASE("what an offer has given back reads back, and is never more than it had") {
  OfferPut put = some_offer();
  CHECK(offer_put_version(put) == 1);
  CHECK(put.allocation() == 50);
  put.released = 20;
  REQUIRE(offer_put_version(put) == 2);
  const std::string bytes = encoded(put);
  const auto read = decode_offer_put(bytes_of(bytes), 2);
  REQUIRE(read.has_value());
  CHECK(encoded(*read) == bytes);
  CHECK(read->released == 20);
  CHECK(read->allocation() == 30);
  check_only_the_whole(bytes, [](auto b) { return decode_offer_put(b, 2).has_value(); });
  CHECK_FALSE(decode_offer_put(bytes_of(bytes), 1));
  put.released = 50;
  CHECK(decode_offer_put(bytes_of(encoded(put)), 2));
  put.released = 51;
  CHECK_FALSE(decode_offer_put(bytes_of(encoded(put)), 2));
  put.released = -1;
  CHECK_FALSE(decode_offer_put(bytes_of(encoded(put)), 2));
}

TEST_CASE("a change by the clock reads back as one") {
  const CatalogChange change = {
      .change = 5, .records = 6, .origin = {ChangeOrigin::Source::clock, "clock", "arm", ""}};
  REQUIRE(catalog_change_version(change) == 2);
  const auto read = decode_catalog_change(bytes_of(encoded(change)), 2);
  REQUIRE(read.has_value());
  CHECK(read->origin.source == ChangeOrigin::Source::clock);
  CHECK(change_source_name(read->origin.source) == "clock");
}

}  // namespace
}  // namespace doorbuster
