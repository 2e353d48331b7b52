// What was done to a campaign by hand, the form of its prices, and who changed the catalog, as records.
#include <functional>
#include <initializer_list>
#include <string>

#include "doorbuster/base/limits.h"
#include "doorbuster/model/record.h"
#include "support/catch.h"
#include "unit/model/payload_bytes.h"

namespace doorbuster {
namespace {

CampaignPut some_campaign() {
  CampaignPut put;
  put.campaign = {3};
  put.starts_at = {100};
  put.ends_at = {100'000};
  put.id = put.name = "s";
  put.currency = "EUR";
  return put;
}

// Of version 3, with nothing at its default.
CampaignPut newest_campaign() {
  CampaignPut put = some_campaign();
  put.paused = put.by_hand = true;
  put.ended_at = {500};
  put.file_definition = 0x0102030405060708;
  put.plan.price_form = {.rounding = Rounding::down, .ending = PriceEnding{99, 100}, .floor = 7};
  return put;
}

bool decodes(const CampaignPut& put) {
  return decode_campaign_put(bytes_of(encoded(put)), campaign_put_version(put)).has_value();
}

TEST_CASE("a campaign of version 3 reads back as it was written, and any of its fields makes it one") {
  const CampaignPut wrote = newest_campaign();
  REQUIRE(campaign_put_version(wrote) == 3);
  const std::string bytes = encoded(wrote);
  const auto read = decode_campaign_put(bytes_of(bytes), 3);
  REQUIRE(read.has_value());
  CHECK(encoded(*read) == bytes);
  CHECK(read->paused);
  CHECK(read->by_hand);
  CHECK(read->ended_at == Tick{500});
  CHECK(read->file_definition == wrote.file_definition);
  CHECK(read->plan.price_form == wrote.plan.price_form);
  const std::initializer_list<std::function<void(CampaignPut&)>> edits = {
      [](CampaignPut& put) { put.paused = true; },
      [](CampaignPut& put) { put.by_hand = true; },
      [](CampaignPut& put) { put.ended_at = {1}; },
      [](CampaignPut& put) { put.file_definition = 1; },
      [](CampaignPut& put) { put.plan.price_form.rounding = Rounding::up; },
      [](CampaignPut& put) { put.plan.price_form.floor = 1; },
      [](CampaignPut& put) {
        put.plan.price_form.ending = PriceEnding{0, 5};
      },
      [](CampaignPut& put) {
        put.plan.price_form.ending = PriceEnding{0, 1};
      }};
  for (const auto& edit : edits) {
    CampaignPut put = some_campaign();
    CHECK(campaign_put_version(put) == 1);
    edit(put);
    CHECK(campaign_put_version(put) == 3);
    CHECK(decodes(put));
  }
}

TEST_CASE(
    "a campaign of version 3 is read whole, in no other version, and only where it says something new") {
  const std::string bytes = encoded(newest_campaign());
  check_only_the_whole(bytes, [](auto b) { return decode_campaign_put(b, 3).has_value(); });
  for (const std::uint8_t version : std::initializer_list<std::uint8_t>{0, 1, 2, 4, 255}) {
    CHECK_FALSE(decode_campaign_put(bytes_of(bytes), version));
  }
  // Version 3 that says what version 1 says already.
  const std::string older = encoded(some_campaign());
  std::string same = older + std::string(18 + 43, '\0');
  CHECK_FALSE(decode_campaign_put(bytes_of(same), 3));
  same.back() = '\x01';  // by hand
  CHECK(decode_campaign_put(bytes_of(same), 3));
}

TEST_CASE("a form of prices that no configuration can have asked for is none") {
  const auto refused = [](PriceForm form) {
    CampaignPut put = newest_campaign();
    put.plan.price_form = form;
    return !decodes(put);
  };
  CHECK_FALSE(refused({.floor = kPriceMax}));
  CHECK(refused({.floor = kPriceMax + 1}));
  CHECK(refused({.floor = -1}));
  CHECK(refused({.rounding = Rounding{4}}));
  CHECK_FALSE(refused({.ending = PriceEnding{kPriceMax - 1, kPriceMax}}));
  CHECK(refused({.ending = PriceEnding{0, kPriceMax + 1}}));
  CHECK(refused({.ending = PriceEnding{100, 100}}));
  CHECK(refused({.ending = PriceEnding{-1, 100}}));
  CHECK(refused({.ending = PriceEnding{1, 0}}));
  CHECK(refused({.ending = PriceEnding{0, -1}}));
}

TEST_CASE("who changed the catalog, and why, reads back; a change that nobody signed is version 1") {
  CatalogChange change = {.change = 5, .records = 6};
  CHECK(catalog_change_version(change) == 1);
  change.origin = {ChangeOrigin::Source::admin, "ann", "pause", std::string(kChangeTextBytesMax, 'w')};
  CHECK(catalog_change_version(change) == 2);
  const std::string bytes = encoded(change);
  const auto read = decode_catalog_change(bytes_of(bytes), 2);
  REQUIRE(read.has_value());
  CHECK(encoded(*read) == bytes);
  CHECK(read->change == 5);
  CHECK(read->records == 6);
  CHECK(read->origin.source == ChangeOrigin::Source::admin);
  CHECK(read->origin.author == "ann");
  CHECK(read->origin.action == "pause");
  CHECK(read->origin.reason == change.origin.reason);
  check_only_the_whole(bytes, [](auto b) { return decode_catalog_change(b, 2).has_value(); });
  for (const std::uint8_t version : std::initializer_list<std::uint8_t>{0, 1, 3, 255}) {
    CHECK_FALSE(decode_catalog_change(bytes_of(bytes), version));
  }
  const auto decodes_change = [](const CatalogChange& edited, std::uint8_t version) {
    return decode_catalog_change(bytes_of(encoded(edited)), version).has_value();
  };
  change.origin.reason += 'w';
  CHECK_FALSE(decodes_change(change, 2));
  change.origin.reason.clear();
  CHECK(decodes_change(change, 2));
  change.origin.source = ChangeOrigin::Source{3};
  CHECK_FALSE(decodes_change(change, 2));
  // Version 2 that says what version 1 says already.
  const std::string nobody = encoded(CatalogChange{.change = 5, .records = 6}) + std::string(7, '\0');
  CHECK_FALSE(decode_catalog_change(bytes_of(nobody), 2));
}

}  // namespace
}  // namespace doorbuster
