// Rules and items: what matches, whose turn it is, and what the offer then is.

#include "doorbuster/catalog/offer_rules.h"

#include <string>
#include <vector>

#include "doorbuster/catalog/definition.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

// A file with these items, and one campaign with these members behind its currency.
std::string file_of(const std::string& items, const std::string& campaign) {
  return R"({"catalog": [)" + items + R"(], "campaigns": [{"id": "sale", "currency": "EUR",
    "starts_at": "2026-11-27T08:00:00Z", "ends_at": "2026-11-27T20:00:00Z", )" +
         campaign + "}]}";
}

std::vector<OfferConfiguration> offers_of(const std::string& items, const std::string& campaign) {
  const ParsedConfiguration parsed = parse_configuration(file_of(items, campaign));
  for (const Diagnostic& diagnostic : parsed.diagnostics) {
    UNSCOPED_INFO(format_diagnostic("file", diagnostic));
  }
  REQUIRE(parsed.configuration);
  return parsed.configuration->campaigns[0].offers;
}

std::string errors_of(const std::string& text) {
  std::string all;
  for (const Diagnostic& diagnostic : parse_configuration(text).diagnostics) {
    all += diagnostic.pointer + ": " + diagnostic.message + '\n';
  }
  return all;
}

// "tv 3@80" for 3 units at a price of 80; with "*" for an offer that no rule made.
std::string words(const std::vector<OfferConfiguration>& offers) {
  std::string all;
  for (const OfferConfiguration& offer : offers) {
    all += (all.empty() ? "" : ", ") + offer.sku + (offer.rule == 0 ? "*" : "") + ' ' +
           std::to_string(offer.stock) + '@' + std::to_string(offer.price);
  }
  return all;
}

ItemPut item_of(std::string sku, std::string category, std::string currency = {}) {
  ItemPut item;
  item.list_price = 10;
  item.sku = std::move(sku);
  item.category = std::move(category);
  item.currency = std::move(currency);
  return item;
}

TEST_CASE("a category has itself and what is below it") {
  struct Case {
    std::string path, category;
    bool is_in;
  };
  const Case cases[] = {
      {"electronics/tv", "electronics/tv", true},
      {"electronics/tv", "electronics", true},
      {"electronics/tv/oled", "electronics/tv", true},
      {"electronics/tv", "electronics/tv/oled", false},
      {"electronics-used", "electronics", false},
      {"electronics", "electronics", true},
      {"electronics", "electronic", false},
      {"", "electronics", false},
      {"", "", true},
      {"electronics/tv", "", true},
      {"Electronics/tv", "electronics", false},
      {"tv", "electronics/tv", false},
  };
  for (const Case& each : cases) {
    INFO(each.path << " in " << each.category);
    CHECK(is_in_category(each.path, each.category) == each.is_in);
  }
}

TEST_CASE("a rule matches by category, by all of its attributes, or by both") {
  ItemPut item = item_of("tv", "electronics/tv");
  item.attributes = {{"brand", "acme"}, {"size", "55"}};
  const auto rule = [](std::string category, std::vector<ItemAttribute> attributes) {
    return OfferRule{.category = std::move(category), .attributes = std::move(attributes)};
  };
  CHECK(matches(rule("electronics", {}), item));
  CHECK(matches(rule("", {{"brand", "acme"}}), item));
  CHECK(matches(rule("", {{"size", "55"}}), item));
  CHECK(matches(rule("electronics/tv", {{"brand", "acme"}, {"size", "55"}}), item));
  CHECK_FALSE(matches(rule("toys", {{"brand", "acme"}}), item));
  CHECK_FALSE(matches(rule("electronics", {{"brand", "other"}}), item));
  CHECK_FALSE(matches(rule("", {{"brand", "acme"}, {"colour", "red"}}), item));
  CHECK_FALSE(matches(rule("", {{"acme", "brand"}}), item));
}

TEST_CASE("the first rule that matches makes the offer, rules never add up, and an own offer wins") {
  const std::string items =
      R"({"sku":"a","category":"x/y","list_price":1000,"stock":4},
         {"sku":"b","category":"x","list_price":1000,"stock":5},
         {"sku":"c","category":"z","list_price":1000,"stock":6},
         {"sku":"d","category":"x/y","list_price":1000})";
  CHECK(words(offers_of(items, R"("offer_rules": [
      {"category": "x/y", "discount_percent": 10}, {"category": "x", "discount_percent": 50}])")) ==
        "a 4@900, b 5@500, d 0@900");
  CHECK(words(offers_of(items, R"("offer_rules": [
      {"category": "x", "discount_percent": 50}, {"category": "x/y", "discount_percent": 10}])")) ==
        "a 4@500, b 5@500, d 0@500");
  const auto offers = offers_of(items, R"("offers": [{"sku": "a", "stock": 1, "price": 777}],
      "offer_rules": [{"category": "x/y", "discount_percent": 10},
                      {"category": "z", "discount_percent": 20}])");
  CHECK(words(offers) == "a* 1@777, c 6@800, d 0@900");
  CHECK(offers[1].rule == 2);
  CHECK(offers[2].rule == 1);
  CHECK(offers[1].list_price == 1000);
}

TEST_CASE("an offer by rule has the rule's units, or its part of the item's stock, rounded down") {
  struct Case {
    std::string stock, units;
    int expected;
  };
  const Case cases[] = {{"7", "", 7},
                        {"7", R"(, "stock": 100)", 100},
                        {"7", R"(, "stock": 0)", 0},
                        {"7", R"(, "stock_percent": 50)", 3},
                        {"100", R"(, "stock_percent": 33.33)", 33},
                        {"10000", R"(, "stock_percent": 0.01)", 1},
                        {"9999", R"(, "stock_percent": 0.01)", 0},
                        {"7", R"(, "stock_percent": 0)", 0},
                        {"7", R"(, "stock_percent": 1e2)", 7},
                        {"100000000", R"(, "stock_percent": 99.99)", 99990000}};
  for (const Case& each : cases) {
    INFO(each.stock << each.units);
    const auto offers =
        offers_of(R"({"sku":"a","category":"x","list_price":1,"stock":)" + each.stock + "}",
                  R"("offer_rules": [{"category": "x", "discount_percent": 0)" + each.units + "}]");
    REQUIRE(offers.size() == 1);
    CHECK(offers[0].stock == each.expected);
  }
}

TEST_CASE("the price is the list price by the rule, and what the rule leaves out is the campaign's") {
  struct Case {
    int list_price;
    std::string rule, campaign;
    int expected;
  };
  const Case cases[] = {
      {99900, R"("discount_percent": 20)", "", 79920},
      {4999, R"("discount_percent": 15)", "", 4249},    // 4249.15
      {4999, R"("discount_percent": 12.5)", "", 4374},  // 4374.125
      {25, R"("discount_percent": 50)", "", 12},        // halves go to the even neighbour
      {35, R"("discount_percent": 50)", "", 18},
      {25, R"("discount_percent": 50, "rounding": "half_up")", "", 13},
      {25, R"("discount_percent": 50)", R"("rounding": "half_up",)", 13},
      {25, R"("discount_percent": 50, "rounding": "half_even")", R"("rounding": "half_up",)", 12},
      {4999, R"("discount_percent": 15, "rounding": "up")", "", 4250},
      {4999, R"("discount_percent": 10, "rounding": "down")", "", 4499},  // 4499.1
      {4999, R"("discount_percent": 15, "ending": "99")", "", 4199},
      {4999, R"("discount_percent": 15)", R"("ending": "99",)", 4199},
      {4999, R"("discount_percent": 15, "ending": "50")", R"("ending": "99",)", 4250},
      {4999, R"("discount_percent": 15, "price_floor": 4200, "ending": "99")", "", 4299},
      {4999, R"("discount_percent": 90, "price_floor": 3000)", "", 3000},
      {4999, R"("discount_percent": 90)", R"("price_floor": 3000,)", 3000},
      {4999, R"("discount_percent": 90, "price_floor": 0)", R"("price_floor": 3000,)", 500},  // 499.9
      {2000, R"("discount_percent": 90, "price_floor": 3000)", "", 2000},  // a floor raises nothing
      {4999, R"("discount_percent": 100)", "", 0},
      {4999, R"("discount_percent": 0)", "", 4999},
      {0, R"("discount_percent": 50)", "", 0},
  };
  for (const Case& each : cases) {
    INFO(each.list_price << ' ' << each.campaign << each.rule);
    const auto offers =
        offers_of(R"({"sku":"a","category":"x","list_price":)" + std::to_string(each.list_price) + "}",
                  each.campaign + R"("offer_rules": [{"category": "x", )" + each.rule + "}]");
    REQUIRE(offers.size() == 1);
    CHECK(offers[0].price == each.expected);
    CHECK(offers[0].list_price == each.list_price);
  }
}

TEST_CASE("items are the tenant's own, listed, and of the campaign's currency or of none") {
  CampaignPut campaign;
  campaign.tenant = {2};
  campaign.currency = "EUR";
  campaign.plan.offer_rules = {R"({"category":"x","discount_percent":50})",
                               R"({"category":"y","discount_percent":50})"};
  const auto item = [](std::string sku, std::string category, std::string currency) {
    ItemPut put = item_of(std::move(sku), std::move(category), std::move(currency));
    put.tenant = {2};
    return put;
  };
  std::vector<ItemPut> items = {item("a", "x", ""), item("b", "x", "EUR"), item("c", "z", "USD")};
  items.push_back(item("d", "x", ""));
  items.back().listed = false;
  items.push_back(item("e", "x", ""));
  items.back().tenant = {1};
  CHECK(words(expand_offer_rules(campaign, {}, items).offers) == "a 0@5, b 0@5");

  for (const char* sku : {"f", "g", "h"}) items.push_back(item(sku, "y", "USD"));
  items.push_back(item("own", "x", "USD"));
  const std::string_view own[] = {"own"};
  const OffersByRule made = expand_offer_rules(campaign, own, items);
  CHECK(words(made.offers) == "a 0@5, b 0@5");
  REQUIRE(made.refusals.size() == 1);
  CHECK(made.refusals[0].rule == 2);
  CHECK(made.refusals[0].reason ==
        "item f is priced in USD and the campaign in EUR, and so are 2 more items: let the rule match items "
        "of one currency");
}

TEST_CASE("a rule that cannot be read makes nothing, and nothing in its place") {
  CampaignPut campaign;
  campaign.plan.offer_rules = {R"({"category":"x"})", R"({"category":"x","discount_percent":50})"};
  const ItemPut items[] = {item_of("a", "x")};
  const OffersByRule made = expand_offer_rules(campaign, {}, items);
  CHECK(made.offers.empty());
  REQUIRE(made.refusals.size() == 1);
  CHECK(made.refusals[0].rule == 1);
  CHECK_THAT(made.refusals[0].reason, Catch::Contains("\"discount_percent\" is missing"));
}

TEST_CASE("a rule has one text, which is read back as the same rule") {
  struct Case {
    std::string said, kept;
  };
  const Case cases[] = {
      {R"({ "discount_percent": 2e1, "category": "a/b" })", R"({"category":"a/b","discount_percent":20})"},
      {R"({"stock_percent": 100, "attributes": {"z": "1", "a": "2"}, "discount_percent": 12.50})",
       R"({"attributes":{"a":"2","z":"1"},"discount_percent":12.5})"},
      {R"({"price_floor": 0, "ending": "05", "rounding": "half_even", "stock_percent": 0.5,
           "discount_percent": 0, "category": "c"})",
       R"({"category":"c","discount_percent":0,"stock_percent":0.5,"rounding":"half_even","ending":"05",)"
       R"("price_floor":0})"},
      {R"({"category": "c", "discount_percent": 100, "stock": 0})",
       R"({"category":"c","discount_percent":100,"stock":0})"},
  };
  for (const Case& each : cases) {
    const Result<OfferRule> rule = parse_offer_rule(each.said);
    REQUIRE(rule);
    CHECK(offer_rule_json(*rule) == each.kept);
    CHECK(*parse_offer_rule(each.kept) == *rule);
  }
}

TEST_CASE("what is wrong with items is told at its place") {
  const auto errors = [](const std::string& items) {
    return errors_of(R"({"catalog": [)" + items + R"(], "campaigns": []})");
  };
  CHECK(errors(R"({"sku": "a", "list_price": 1}, {"sku": "b", "list_price": 0, "stock": 0, "currency": "USD",
      "category": "a/b/c", "attributes": {}})")
            .empty());
  CHECK(errors("{}") == "/catalog/0: \"sku\" is missing\n/catalog/0: \"list_price\" is missing\n");
  CHECK(errors("{\"sku\": \"a\", \"list_price\": 1},\n{\"sku\": \"a\", \"list_price\": 1}") ==
        "/catalog/1/sku: \"a\" is the SKU of line 1 already\n");
  for (const std::string category : {"", "/", "a/", "/a", "a//b", "a b", "a/\\u00fc"}) {
    INFO(category);
    CHECK_THAT(errors(R"({"sku": "a", "list_price": 1, "category": ")" + category + "\"}"),
               Catch::StartsWith("/catalog/0/category: ") && Catch::Contains("is no category"));
  }
  const std::string longest = std::string(63, 'a') + '/' + std::string(64, 'b');
  CHECK(errors(R"({"sku": "a", "list_price": 1, "category": ")" + longest + "\"}").empty());
  CHECK_FALSE(errors(R"({"sku": "a", "list_price": 1, "category": ")" + longest + "/c\"}").empty());
  const auto attributes = [&](const std::string& text) {
    return errors(R"({"sku": "a", "list_price": 1, "attributes": )" + text + "}");
  };
  CHECK_THAT(attributes(R"({"a b": "c"})"), Catch::Contains("no identifier"));
  CHECK_THAT(attributes(R"({"a": "b c"})"), Catch::StartsWith("/catalog/0/attributes/a: "));
  CHECK_THAT(attributes(R"({"a": 1})"), Catch::StartsWith("/catalog/0/attributes/a: "));
  CHECK_THAT(attributes(R"({"a": "b", "a": "c"})"), Catch::Contains("duplicate key"));
  std::string many, heavy;
  for (int i = 0; i < 17; ++i) many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":"v")";
  for (int i = 0; i < 10; ++i) {
    heavy += (i == 0 ? "\"" : ",\"") + std::string(1, static_cast<char>('a' + i)) + R"(":")" +
             std::string(64, 'v') + '"';
  }
  CHECK_THAT(attributes("{" + many + "}"), Catch::Contains("must have 0 to 16 attributes, not 17"));
  CHECK_THAT(attributes("{" + heavy + "}"), Catch::Contains("650 bytes together, at most 640"));
}

TEST_CASE("what is wrong with rules is told at its place, and nothing is made of the others then") {
  const std::string items = R"({"sku":"a","category":"x","currency":"USD","list_price":1})";
  const auto errors = [&](const std::string& rules) {
    return errors_of(file_of(items, R"("offer_rules": [)" + rules + "]"));
  };
  CHECK(errors(R"({"discount_percent": 1})") ==
        "/campaigns/0/offer_rules/0: category or attributes is missing: say which items the rule is about\n");
  CHECK_THAT(errors(R"({"category": "y", "discount_percent": 1, "stock": 1, "stock_percent": 1})"),
             Catch::Contains("either stock or stock_percent"));
  CHECK_THAT(errors(R"({"category": "y", "discount_percent": 1.001})"),
             Catch::StartsWith("/campaigns/0/offer_rules/0/discount_percent: "));
  CHECK_THAT(errors(R"({"attributes": {}, "discount_percent": 1})"), Catch::Contains("must have 1 to 16"));
  CHECK_THAT(errors(""), Catch::Contains("at least 1 element"));
  CHECK(
      errors(R"({"category": "y", "discount_percent": 1}, {"category": "x", "discount_percent": 1})") ==
      "/campaigns/0/offer_rules/1: item a is priced in USD and the campaign in EUR: let the rule match items "
      "of one currency\n");
  CHECK(errors(R"({"category": "y"}, {"category": "x", "discount_percent": 1})") ==
        "/campaigns/0/offer_rules/0: \"discount_percent\" is missing\n");
  std::string heavy;
  for (int i = 0; i < 9; ++i) {
    heavy += (i == 0 ? "\"" : ",\"") + std::string(1, static_cast<char>('a' + i)) + R"(":")" +
             std::string(64, 'v') + '"';
  }
  CHECK(errors(R"({"attributes": {)" + heavy + R"(}, "discount_percent": 1})").empty());
}

TEST_CASE("a campaign has offers or rules") {
  CHECK(errors_of(file_of("", R"("limit_per_buyer": 1)")) ==
        "/campaigns/0: \"offers\" is missing (or \"offer_rules\" that make them)\n");
  CHECK(errors_of(file_of("", R"("offers": [])")) ==
        "/campaigns/0/offers: must have at least 1 element, not 0\n");
  const std::string rules = R"("offer_rules": [{"category": "x", "discount_percent": 1}])";
  CHECK(offers_of("", rules).empty());
  CHECK(offers_of("", rules + R"(, "offers": [])").empty());
}

TEST_CASE("units of offers by rule count for the orders that are possible") {
  const std::string items = R"({"sku":"a","category":"x","list_price":1,"stock":100000000},
                               {"sku":"b","category":"x","list_price":1,"stock":100000000})";
  CHECK_THAT(errors_of(file_of(items, R"("offer_rules": [{"category": "x", "discount_percent": 1}])")),
             Catch::StartsWith("/campaigns: the stocks add up to 200000000 units"));
}

}  // namespace
}  // namespace doorbuster
