// Items, and what an offer rule leaves in a campaign and its offers, as records.
#include <functional>
#include <initializer_list>
#include <string>

#include "doorbuster/base/limits.h"
#include "doorbuster/model/record.h"
#include "support/catch.h"
#include "unit/model/payload_bytes.h"

namespace doorbuster {
namespace {

ItemPut some_item() {
  ItemPut put;
  put.item = {7};
  put.tenant = {3};
  put.list_price = 99'900;
  put.stock = 500;
  put.listed = false;
  put.sku = "tv";
  put.category = "electronics/tv";
  put.currency = "EUR";
  put.attributes = {{"brand", "acme"}, {"size", "55"}};
  return put;
}

bool decodes(const ItemPut& put) {
  return decode_item_put(bytes_of(encoded(put))).has_value();
}

TEST_CASE("an item reads back as it was written, and only the whole of it") {
  const ItemPut wrote = some_item();
  const std::string bytes = encoded(wrote);
  const auto read = decode_item_put(bytes_of(bytes));
  REQUIRE(read.has_value());
  CHECK(encoded(*read) == bytes);
  CHECK(read->item == wrote.item);
  CHECK(read->tenant == wrote.tenant);
  CHECK(read->list_price == 99'900);
  CHECK(read->stock == 500);
  CHECK_FALSE(read->listed);
  CHECK(read->sku == "tv");
  CHECK(read->category == "electronics/tv");
  CHECK(read->currency == "EUR");
  CHECK(read->attributes == wrote.attributes);
  check_only_the_whole(bytes, [](auto b) { return decode_item_put(b).has_value(); });
}

TEST_CASE("the largest item fits a record") {
  ItemPut put = some_item();
  put.sku = std::string(kIdentifierBytesMax, 's');
  put.category = std::string(kCategoryBytesMax, 'c');
  put.attributes.clear();
  const std::size_t value_bytes = kItemAttributeBytesMax / kItemAttributesMax - 2;
  for (std::size_t i = 0; i < kItemAttributesMax; ++i) {
    put.attributes.push_back({std::to_string(10 + i), std::string(value_bytes, 'v')});
  }
  CHECK(decodes(put));
  CHECK(encoded(put).size() + 40 <= kJournalRecordBytesMax);
  put.attributes.back().value += 'v';
  CHECK_FALSE(decodes(put));
}

TEST_CASE("what no configuration can have is no item") {
  const std::initializer_list<std::function<void(ItemPut&)>> edits = {
      [](ItemPut& put) { put.sku.clear(); },
      [](ItemPut& put) { put.list_price = -1; },
      [](ItemPut& put) { put.list_price = kPriceMax + 1; },
      [](ItemPut& put) { put.stock = -1; },
      [](ItemPut& put) { put.stock = kStockMax + 1; },
      [](ItemPut& put) { put.sku = std::string(kIdentifierBytesMax + 1, 's'); },
      [](ItemPut& put) { put.category = std::string(kCategoryBytesMax + 1, 'c'); },
      [](ItemPut& put) { put.currency = "EURO"; },
      [](ItemPut& put) { std::swap(put.attributes[0], put.attributes[1]); },
      [](ItemPut& put) { put.attributes[1].name = put.attributes[0].name; },
      [](ItemPut& put) { put.attributes[0].name.clear(); },
  };
  CHECK(decodes(some_item()));
  for (const auto& edit : edits) {
    ItemPut put = some_item();
    edit(put);
    CHECK_FALSE(decodes(put));
  }
}

TEST_CASE("an offer of a rule has version 2 and the rule's number, which is one that there can be") {
  OfferPut put;
  put.offer = {9};
  put.campaign = {3};
  put.stock = 5;
  put.sku = "tv";
  CHECK(offer_put_version(put) == 1);
  put.rule = kOfferRulesMax;
  REQUIRE(offer_put_version(put) == 2);
  const auto read = decode_offer_put(bytes_of(encoded(put)), 2);
  REQUIRE(read.has_value());
  CHECK(read->rule == kOfferRulesMax);
  CHECK(encoded(*read) == encoded(put));
  CHECK_FALSE(decode_offer_put(bytes_of(encoded(put)), 1));
  ++put.rule;
  CHECK_FALSE(decode_offer_put(bytes_of(encoded(put)), 2));
}

TEST_CASE("rules of a campaign go through records and back in their order, as many as there can be") {
  CampaignPut wrote;
  wrote.id = wrote.name = "s";
  wrote.currency = "EUR";
  wrote.ends_at = {1};
  for (std::size_t i = 0; i < kOfferRulesMax; ++i) {
    wrote.plan.offer_rules.push_back(std::to_string(i) + std::string(kOfferRuleBytesMax - 2, 'r'));
  }
  CampaignPut read = wrote;
  read.plan = {};
  for (const PlanPart& part : plan_parts(wrote)) {
    const std::string bytes = encoded(part);
    CHECK(bytes.size() + 40 <= kJournalRecordBytesMax);
    auto decoded = decode_plan_part(bytes_of(bytes));
    REQUIRE(decoded.has_value());
    REQUIRE(add_part(std::move(*decoded), read));
  }
  CHECK(read.plan == wrote.plan);
  PlanPart more = plan_parts(wrote).front();
  CHECK_FALSE(add_part(more, read));
  more.offer = OfferIndex{0};
  OfferPut offer;
  CHECK_FALSE(add_part(more, offer));
}

}  // namespace
}  // namespace doorbuster
