// Offers by rule in a data folder: what a file, a change of the items and a person come to.

#include <string>
#include <vector>

#include "doorbuster/catalog/audit.h"
#include "doorbuster/catalog/campaign_action.h"
#include "doorbuster/catalog/definition.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::uint64_t kRoomForOrders = 10'000;

constexpr const char* kItems = R"(
  {"sku": "tv-1", "category": "tv", "list_price": 1000, "stock": 10},
  {"sku": "tv-2", "category": "tv", "list_price": 2000, "stock": 20},
  {"sku": "radio", "category": "radio", "list_price": 500, "stock": 5})";

std::string campaign(const std::string& id, const std::string& members) {
  return R"({"id": ")" + id + R"(", "currency": "EUR", "starts_at": "2026-11-27T08:00:00Z",
             "ends_at": "2026-11-27T20:00:00Z", )" +
         members + "}";
}

constexpr const char* kTvRule = R"("offer_rules": [{"category": "tv", "discount_percent": 10}])";

Configuration file(const std::string& items, const std::string& campaigns) {
  const ParsedConfiguration parsed =
      parse_configuration(R"({"catalog": [)" + items + R"(], "campaigns": [)" + campaigns + "]}");
  for (const Diagnostic& diagnostic : parsed.diagnostics) {
    UNSCOPED_INFO(format_diagnostic("file", diagnostic));
  }
  REQUIRE(parsed.configuration);
  return *parsed.configuration;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

struct Folder {
  CatalogPointer catalog = std::make_shared<const Catalog>();
  std::vector<std::int64_t> committed;

  // How many definitions changed, or the refusal.
  std::string take(const Result<CatalogChangeSet>& change) {
    if (!change) return change.error().message;
    const Status fits = check_change(*catalog, *change);
    REQUIRE(fits);
    if (!change->empty()) catalog = apply_change(*catalog, *change);
    committed.resize(catalog->offers().size(), 0);
    return std::to_string(change->size());
  }
  std::string load(const Configuration& configuration) {
    return take(plan_change(*catalog, committed, configuration, kRoomForOrders));
  }
  std::string put(const std::string& definition) {
    const ParsedDefinition parsed = parse_definition(definition);
    REQUIRE(parsed.campaign);
    return take(plan_put(*catalog, committed, *parsed.campaign, kRoomForOrders));
  }
  std::string patch(const std::string& id, const std::string& patch) {
    const Result<std::string> merged = merge_definition(text(id), patch);
    REQUIRE(merged);
    return put(*merged);
  }
  CampaignIndex index(const std::string& id) const {
    return catalog->find_campaign(kDefaultTenant, id)->definition.campaign;
  }
  std::string text(const std::string& id) const { return definition_json(*catalog, index(id)); }
  // The campaign's listed offers: "tv-1 10@900 by 1".
  std::string offers(const std::string& id) const {
    std::string all;
    for (const OfferIndex offer : catalog->campaign(index(id)).offers) {
      const OfferPut& put = catalog->offer(offer).definition;
      all += (all.empty() ? "" : ", ") + put.sku + ' ' + std::to_string(put.stock) + '@' +
             std::to_string(put.price);
      if (put.rule != 0) all += " by " + std::to_string(put.rule);
    }
    return all;
  }
};

TEST_CASE("items, campaigns and the offers of their rules are one change, and the same file is none") {
  Folder folder;
  const Configuration first = file(kItems, campaign("sale", kTvRule));
  CHECK(folder.load(first) == "6");
  CHECK(folder.offers("sale") == "tv-1 10@900 by 1, tv-2 20@1800 by 1");
  REQUIRE(folder.catalog->items().size() == 3);
  CHECK(folder.catalog->find_item(kDefaultTenant, "radio")->item.value == 2);
  CHECK(folder.catalog->find_item(kDefaultTenant, "radio")->stock == 5);
  CHECK(folder.load(first) == "0");
  CHECK(
      folder.text("sale") ==
      R"({"id":"sale","currency":"EUR","starts_at":"2026-11-27T08:00:00Z","ends_at":"2026-11-27T20:00:00Z",)"
      R"("offer_rules":[{"category":"tv","discount_percent":10}]})");
  // Read back and put, it is no change either.
  CHECK(folder.put(folder.text("sale")) == "0");
}

TEST_CASE("a change of the items changes the offers that are made of them, and no others") {
  Folder folder;
  const std::string campaigns = campaign("sale", kTvRule) + ',' +
                                campaign("own", R"("offers": [{"sku": "tv-1", "stock": 1, "price": 5}])");
  folder.load(file(kItems, campaigns));
  CHECK(folder.load(file(replaced(kItems, "1000", "1100"), campaigns)) == "2");  // the item and its offer
  CHECK(folder.offers("sale") == "tv-1 10@990 by 1, tv-2 20@1800 by 1");
  CHECK(folder.offers("own") == "tv-1 1@5");
  CHECK(folder.load(file(replaced(kItems, "\"stock\": 20", "\"stock\": 21"), campaigns)) == "4");
  CHECK(folder.offers("sale") == "tv-1 10@900 by 1, tv-2 21@1800 by 1");
  // A new item, one that is another thing now, and one that is gone.
  const std::string others = R"(
    {"sku": "tv-1", "category": "radio", "list_price": 1000, "stock": 10},
    {"sku": "tv-3", "category": "tv/oled", "list_price": 3000, "stock": 30})";
  folder.load(file(others, campaigns));
  CHECK(folder.offers("sale") == "tv-3 30@2700 by 1");
  CHECK_FALSE(folder.catalog->find_item(kDefaultTenant, "tv-2")->listed);
  // What comes back has its old index.
  folder.load(file(kItems, campaigns));
  CHECK(folder.offers("sale") == "tv-1 10@900 by 1, tv-2 20@1800 by 1");
  CHECK(folder.catalog->find_item(kDefaultTenant, "tv-2")->item.value == 1);
  CHECK(folder.catalog->find_item(kDefaultTenant, "tv-2")->listed);
  CHECK(folder.catalog->offers().size() == 4);
}

TEST_CASE("an offer changes hands between a rule and the campaign without losing its index") {
  Folder folder;
  folder.load(file(kItems, campaign("sale", kTvRule)));
  const OfferIndex before = folder.catalog->find_offer(folder.index("sale"), "tv-1")->definition.offer;
  const std::string own = R"(, "offers": [{"sku": "tv-1", "stock": 3, "price": 1}])";
  folder.load(file(kItems, campaign("sale", kTvRule + own)));
  CHECK(folder.offers("sale") == "tv-1 3@1, tv-2 20@1800 by 1");
  folder.load(file(kItems, campaign("sale", kTvRule)));
  CHECK(folder.offers("sale") == "tv-1 10@900 by 1, tv-2 20@1800 by 1");
  CHECK(folder.catalog->find_offer(folder.index("sale"), "tv-1")->definition.offer == before);
}

TEST_CASE("a stock by rule does not fall below what is committed") {
  Folder folder;
  folder.load(file(kItems, campaign("sale", kTvRule)));
  folder.committed[1] = 15;
  CHECK(folder.load(file(replaced(kItems, "\"stock\": 20", "\"stock\": 14"), campaign("sale", kTvRule))) ==
        "the configuration does not fit the data folder: campaign sale, sku tv-2: stock 14 is below the 15 "
        "units already sold or held");
  CHECK(folder.load(file(replaced(kItems, "\"stock\": 20", "\"stock\": 15"), campaign("sale", kTvRule))) ==
        "2");
}

TEST_CASE("what is made by hand has its offers of the items in force, and follows them") {
  Folder folder;
  folder.load(file(kItems, ""));
  CHECK(folder.put(campaign("mine", kTvRule)) == "3");
  CHECK(folder.offers("mine") == "tv-1 10@900 by 1, tv-2 20@1800 by 1");
  CHECK(folder.load(file(kItems, "")) == "0");
  folder.load(file(replaced(kItems, "2000", "1000"), ""));
  CHECK(folder.offers("mine") == "tv-1 10@900 by 1, tv-2 20@900 by 1");
  CHECK(folder.patch("mine", R"({"offer_rules": [{"category": "radio", "discount_percent": 50}]})") == "4");
  CHECK(folder.offers("mine") == "radio 5@250 by 1");
  CHECK(folder.patch("mine", R"({"offers": {"tv-1": {"stock": 1, "price": 9}}})") == "1");
  CHECK(folder.offers("mine") == "tv-1 1@9, radio 5@250 by 1");
  CHECK(folder.patch("mine", R"({"offers": {"tv-1": null}})") == "1");
  CHECK(folder.offers("mine") == "radio 5@250 by 1");
  // Withdrawn it stays withdrawn.
  folder.take(plan_remove(*folder.catalog, folder.index("mine")));
  folder.load(file(replaced(kItems, "500", "600"), ""));
  CHECK(folder.offers("mine").empty());
}

TEST_CASE("a rule by hand that cannot be is refused") {
  Folder folder;
  folder.load(file(R"({"sku": "tv-1", "category": "tv", "currency": "USD", "list_price": 1})", ""));
  CHECK(
      folder.put(campaign("mine", kTvRule)) ==
      "the definition does not fit the data folder: campaign mine, offer rule 1: item tv-1 is priced in USD "
      "and the campaign in EUR: let the rule match items of one currency");
  // Nor can an item become so under a campaign that no file has.
  Folder other;
  other.load(file(kItems, ""));
  other.put(campaign("mine", kTvRule));
  CHECK_THAT(other.load(file(
                 replaced(kItems, "\"list_price\": 1000", R"("currency": "USD", "list_price": 1000)"), "")),
             Catch::Contains("campaign mine, offer rule 1: item tv-1 is priced in USD"));
}

TEST_CASE("a campaign of the file that was changed by hand keeps its rules and follows the items") {
  Folder folder;
  const std::string campaigns = campaign("sale", kTvRule);
  folder.load(file(kItems, campaigns));
  folder.patch("sale", R"({"offer_rules": [{"category": "tv", "discount_percent": 20}]})");
  CHECK(folder.offers("sale") == "tv-1 10@800 by 1, tv-2 20@1600 by 1");
  CHECK(folder.load(file(kItems, campaigns)) == "0");
  folder.load(file(replaced(kItems, "1000", "2000"), campaigns));
  CHECK(folder.offers("sale") == "tv-1 10@1600 by 1, tv-2 20@1600 by 1");
  // The file says something new.
  folder.load(
      file(kItems, campaign("sale", R"("offer_rules": [{"category": "tv", "discount_percent": 30}])")));
  CHECK(folder.offers("sale") == "tv-1 10@700 by 1, tv-2 20@1400 by 1");
}

TEST_CASE("an adjusted stock is the campaign's own word, until the definition is put without it") {
  Folder folder;
  const std::string campaigns = campaign("sale", kTvRule);
  folder.load(file(kItems, campaigns));
  const OfferIndex tv = folder.catalog->find_offer(folder.index("sale"), "tv-1")->definition.offer;
  const auto adjusted = plan_stock_adjustment(*folder.catalog, folder.committed, tv, -4, kRoomForOrders);
  REQUIRE(adjusted);
  folder.take(*adjusted);
  CHECK(folder.offers("sale") == "tv-1 6@900, tv-2 20@1800 by 1");
  CHECK(folder.load(file(kItems, campaigns)) == "0");
  folder.load(file(replaced(kItems, "\"stock\": 10", "\"stock\": 12"), campaigns));
  CHECK(folder.offers("sale") == "tv-1 6@900, tv-2 20@1800 by 1");
  folder.patch("sale", R"({"offers": null})");
  CHECK(folder.offers("sale") == "tv-1 12@900 by 1, tv-2 20@1800 by 1");
  CHECK(folder.catalog->campaign(folder.index("sale")).definition.file_definition == 0);
}

TEST_CASE("the audit trail tells of items by their members") {
  Folder folder;
  folder.load(file(kItems, ""));
  const auto change = plan_change(*folder.catalog, folder.committed,
                                  file(
                                      R"({"sku": "tv-1", "category": "tv", "list_price": 900, "stock": 10,
               "attributes": {"brand": "acme"}},
              {"sku": "radio", "list_price": 500, "currency": "EUR"},
              {"sku": "new", "list_price": 1})",
                                      ""),
                                  kRoomForOrders);
  REQUIRE(change);
  JsonWriter json;
  json.begin_object();
  write_differences(json, "differences", describe_change(*folder.catalog, *change));
  json.end_object();
  CHECK(std::move(json).take() ==
        R"({"differences":[)"
        R"({"item":"tv-1","member":"list_price","before":1000,"after":900},)"
        R"({"item":"tv-1","member":"attributes","before":null,"after":{"brand":"acme"}},)"
        R"({"item":"radio","member":"category","before":"radio","after":null},)"
        R"({"item":"radio","member":"currency","before":null,"after":"EUR"},)"
        R"({"item":"radio","member":"stock","before":5,"after":0},)"
        R"({"item":"new","member":"list_price","before":null,"after":1},)"
        R"({"item":"tv-2","member":"listed","before":true,"after":false}]})");
}

TEST_CASE("what is in force is a configuration with its catalog, and reads back as the same") {
  Folder folder;
  folder.load(file(R"({"sku": "a", "category": "x/y", "currency": "EUR", "list_price": 3, "stock": 2,
                       "attributes": {"z": "1", "b": "2"}}, {"sku": "b", "list_price": 1})",
                   campaign("sale", R"("offer_rules": [{"category": "x", "discount_percent": 10}],
                                       "offers": [{"sku": "b", "stock": 1, "price": 1}])")));
  const std::string text = configuration_json({}, *folder.catalog);
  CHECK(text == R"({
  "catalog": [
    {"sku":"a","category":"x/y","currency":"EUR","list_price":3,"stock":2,"attributes":{"b":"2","z":"1"}},
    {"sku":"b","list_price":1}
  ],
  "campaigns": [
    {
      "id": "sale",
      "currency": "EUR",
      "starts_at": "2026-11-27T08:00:00Z",
      "ends_at": "2026-11-27T20:00:00Z",
      "offer_rules": [
        {"category":"x","discount_percent":10}
      ],
      "offers": [
        {"sku":"b","stock":1,"price":1}
      ]
    }
  ]
}
)");
  const ParsedConfiguration parsed = parse_configuration(text);
  REQUIRE(parsed.configuration);
  CHECK(folder.load(*parsed.configuration) == "0");
}

}  // namespace
}  // namespace doorbuster
