// Against a twin that does what the page says, in the most obvious way: for each item, look at each rule.

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "doorbuster/catalog/definition.h"
#include "doorbuster/catalog/offer_rules.h"
#include "doorbuster/catalog/pricing.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

template <typename T>
T between(T min, T max) {
  return *rc::gen::inRange<T>(min, static_cast<T>(max + 1));
}
bool perhaps() {
  return *rc::gen::arbitrary<bool>();
}

std::string arbitrary_category() {
  return *rc::gen::element<std::string>("", "a", "a/b", "a/b/c", "a-b", "ab", "b");
}
std::vector<ItemAttribute> arbitrary_attributes() {
  std::map<std::string, std::string> chosen;
  const int count = between(0, 2);
  for (int i = 0; i < count; ++i) {
    chosen[*rc::gen::element<std::string>("brand", "size")] = *rc::gen::element<std::string>("x", "y");
  }
  std::vector<ItemAttribute> attributes;
  for (const auto& [name, value] : chosen) attributes.push_back({name, value});
  return attributes;
}

std::vector<ItemPut> arbitrary_items(bool may_be_unlisted) {
  std::vector<ItemPut> items;
  const int count = between(0, 12);
  for (int i = 0; i < count; ++i) {
    ItemPut item;
    item.sku = "sku-" + std::to_string(i);
    item.category = arbitrary_category();
    item.attributes = arbitrary_attributes();
    item.list_price = between<std::int64_t>(0, 100'000);
    item.stock = between<std::int64_t>(0, 10'000);
    item.currency = perhaps() ? "EUR" : "";
    item.listed = !may_be_unlisted || between(0, 4) != 0;
    items.push_back(item);
  }
  return items;
}

OfferRule arbitrary_rule() {
  OfferRule rule;
  rule.category = arbitrary_category();
  rule.attributes = arbitrary_attributes();
  if (rule.category.empty() && rule.attributes.empty()) rule.category = "a";
  rule.discount_basis_points = between<std::int64_t>(0, kBasisPointsMax);
  if (perhaps()) {
    rule.stock = between<std::int64_t>(0, 100);
  } else {
    rule.stock_basis_points = between<std::int64_t>(0, kBasisPointsMax);
  }
  if (perhaps()) rule.rounding = *rc::gen::element(Rounding::half_even, Rounding::up, Rounding::down);
  if (perhaps()) rule.ending = PriceEnding{between<std::int64_t>(0, 99), 100};
  if (perhaps()) rule.floor = between<std::int64_t>(0, 50'000);
  return rule;
}

CampaignConfiguration arbitrary_campaign(std::vector<OfferRule>& rules) {
  CampaignConfiguration campaign;
  campaign.id = campaign.name = "sale";
  campaign.currency = "EUR";
  campaign.starts_at = {0};
  campaign.ends_at = {kNsPerSecond};
  if (perhaps()) campaign.plan.price_form.floor = between<std::int64_t>(0, 50'000);
  if (perhaps()) campaign.plan.price_form.rounding = Rounding::half_up;
  const int count = between(1, 4);
  for (int i = 0; i < count; ++i) {
    rules.push_back(arbitrary_rule());
    campaign.plan.offer_rules.push_back(offer_rule_json(rules.back()));
  }
  const int own = between(0, 2);
  for (int i = 0; i < own; ++i) campaign.offers.push_back({"sku-" + std::to_string(3 * i), 1, 2, 2});
  return campaign;
}

// --- the twin

bool twin_is_in(const std::string& path, const std::string& category) {
  return category.empty() || path == category || path.rfind(category + "/", 0) == 0;
}

bool twin_matches(const OfferRule& rule, const ItemPut& item) {
  if (!twin_is_in(item.category, rule.category)) return false;
  for (const ItemAttribute& wanted : rule.attributes) {
    bool found = false;
    for (const ItemAttribute& has : item.attributes) found = found || has == wanted;
    if (!found) return false;
  }
  return true;
}

std::vector<OfferConfiguration> twin_offers(const CampaignConfiguration& campaign,
                                            const std::vector<OfferRule>& rules,
                                            const std::vector<ItemPut>& items) {
  std::vector<OfferConfiguration> offers = campaign.offers;
  for (const ItemPut& item : items) {
    if (!item.listed) continue;
    bool is_made = false;
    for (const OfferConfiguration& own : campaign.offers) is_made = is_made || own.sku == item.sku;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const OfferRule& rule = rules[i];
      if (is_made || !twin_matches(rule, item)) continue;
      is_made = true;
      PriceRule form = price_rule(campaign.plan.price_form);
      form.discount_basis_points = rule.discount_basis_points;
      if (rule.rounding) form.rounding = *rule.rounding;
      if (rule.ending) form.ending = rule.ending;
      if (rule.floor) form.floor = *rule.floor;
      OfferConfiguration offer;
      offer.sku = item.sku;
      offer.stock = rule.stock ? *rule.stock : item.stock * rule.stock_basis_points / 10'000;
      offer.list_price = item.list_price;
      offer.price = discounted(item.list_price, form);
      offer.rule = static_cast<std::uint16_t>(i + 1);
      offers.push_back(offer);
    }
  }
  return offers;
}

TEST_CASE("rules make of items what looking at each rule for each item makes of them") {
  CHECK(rc::check([] {
    std::vector<OfferRule> rules;
    const CampaignConfiguration campaign = arbitrary_campaign(rules);
    const std::vector<ItemPut> items = arbitrary_items(true);
    std::vector<OfferRuleRefusal> refusals;
    const CampaignConfiguration whole = with_offers_by_rule(campaign, items, refusals);
    RC_ASSERT(refusals.empty());
    RC_ASSERT(whole.offers == twin_offers(campaign, rules, items));
    // Again it is the same: what was made is not the campaign's own.
    RC_ASSERT(with_offers_by_rule(whole, items, refusals) == whole);
    RC_CLASSIFY(whole.offers.size() > campaign.offers.size(), "with offers by rule");
  }));
}

TEST_CASE("a rule's text is read back as the same rule, and has one text") {
  CHECK(rc::check([] {
    const OfferRule rule = arbitrary_rule();
    const std::string text = offer_rule_json(rule);
    const Result<OfferRule> read = parse_offer_rule(text);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == rule);
    RC_ASSERT(offer_rule_json(*read) == text);
  }));
}

// Whether the campaign is the file's or made by hand, through any changes of the items: the catalog has what
// the twin makes, planning the same again is no change, and what is in force reads back as itself.
TEST_CASE("through any life of the items, a campaign by rule has what its rules make of them") {
  CHECK(rc::check([] {
    std::vector<OfferRule> rules;
    const CampaignConfiguration campaign = arbitrary_campaign(rules);
    const bool by_hand = perhaps();
    CatalogPointer catalog = std::make_shared<const Catalog>();
    const int steps = between(1, 5);
    for (int step = 0; step < steps; ++step) {
      Configuration file;
      file.items = arbitrary_items(false);
      std::vector<OfferRuleRefusal> refusals;
      if (!by_hand) file.campaigns = {with_offers_by_rule(campaign, file.items, refusals)};
      const auto nothing_sold = [&] { return std::vector<std::int64_t>(catalog->offers().size(), 0); };
      const auto take = [&](const Result<CatalogChangeSet>& change) {
        RC_ASSERT(change.has_value());
        RC_ASSERT(check_change(*catalog, *change).has_value());
        catalog = apply_change(*catalog, *change);
      };
      take(plan_change(*catalog, nothing_sold(), file, kOrdersMax));
      if (by_hand && step == 0) take(plan_put(*catalog, nothing_sold(), campaign, kOrdersMax));

      std::vector<OfferConfiguration> wanted = twin_offers(campaign, rules, file.items);
      std::vector<OfferConfiguration> shown;
      const Campaign* found = catalog->find_campaign(kDefaultTenant, "sale");
      RC_ASSERT(found != nullptr);
      for (const OfferIndex index : found->offers) {
        const OfferPut& put = catalog->offer(index).definition;
        shown.push_back({put.sku, put.stock, put.list_price, put.price, put.plan, put.rule});
      }
      std::ranges::sort(wanted, {}, &OfferConfiguration::sku);
      std::ranges::sort(shown, {}, &OfferConfiguration::sku);
      RC_ASSERT(shown == wanted);

      const auto again = plan_change(*catalog, nothing_sold(), file, kOrdersMax);
      RC_ASSERT(again.has_value());
      RC_ASSERT(again->empty());
      const ParsedConfiguration parsed = parse_configuration(configuration_json({}, *catalog));
      RC_ASSERT(parsed.configuration.has_value());
      if (by_hand) continue;  // in a file it would be the file's
      const auto same = plan_change(*catalog, nothing_sold(), *parsed.configuration, kOrdersMax);
      RC_ASSERT(same.has_value());
      RC_ASSERT(same->empty());
    }
  }));
}

}  // namespace
}  // namespace doorbuster
