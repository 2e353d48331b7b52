#include "catalog/offer_rule_reader.h"

#include <utility>

#include "catalog/campaign_reader.h"
#include "catalog/item_reader.h"
#include "catalog/price_reader.h"
#include "doorbuster/catalog/offer_rules.h"
#include "doorbuster/catalog/pricing.h"

namespace doorbuster {
namespace {

constexpr JsonMember<OfferRule> kOfferRuleMembers[] = {
    {"category", Presence::optional,
     [](JsonReader& r, const JsonNode& n, OfferRule& o) { read_category(r, n, o.category); }},
    {"attributes", Presence::optional,
     [](JsonReader& r, const JsonNode& n, OfferRule& o) { read_attributes(r, n, 1, o.attributes); }},
    {"discount_percent", Presence::required,
     [](JsonReader& r, const JsonNode& n, OfferRule& o) {
       r.decimal(n, {0, kBasisPointsMax, kPercentDecimals, "percent"}, o.discount_basis_points);
     }},
    {"stock", Presence::optional,
     [](JsonReader& r, const JsonNode& n, OfferRule& o) {
       r.integer(n, {0, kStockMax, "units"}, o.stock.emplace());
     }},
    {"stock_percent", Presence::optional,
     [](JsonReader& r, const JsonNode& n, OfferRule& o) {
       r.decimal(n, {0, kBasisPointsMax, kPercentDecimals, "percent"}, o.stock_basis_points);
     }},
    {"rounding", Presence::optional,
     [](JsonReader& r, const JsonNode& n, OfferRule& o) { read_rounding(r, n, o.rounding.emplace()); }},
    {"ending", Presence::optional,
     [](JsonReader& r, const JsonNode& n, OfferRule& o) { read_price_ending(r, n, o.ending); }},
    {"price_floor", Presence::optional,
     [](JsonReader& r, const JsonNode& n, OfferRule& o) { read_price_floor(r, n, o.floor.emplace()); }},
};

// False when something about it was reported.
bool read_offer_rule(JsonReader& reader, const JsonNode& node, OfferRule& rule) {
  if (!reader.object(node, kOfferRuleMembers, rule)) return false;
  if (node.find("category") == nullptr && node.find("attributes") == nullptr) {
    reader.error(node, "category or attributes is missing: say which items the rule is about");
    return false;
  }
  const JsonNode* stock = node.find("stock");
  const JsonNode* percent = node.find("stock_percent");
  if (stock != nullptr && percent != nullptr) {
    const JsonNode& later = stock->offset() > percent->offset() ? *stock : *percent;
    reader.error_at_key(later, "a rule has either stock or stock_percent: leave one of them out");
    return false;
  }
  const std::size_t bytes = offer_rule_json(rule).size();
  if (bytes <= kOfferRuleBytesMax) return true;
  reader.error(node, "the rule has " + std::to_string(bytes) + " bytes as text, at most " +
                         std::to_string(kOfferRuleBytesMax) + " are possible");
  return false;
}

}  // namespace

void read_offer_rules(JsonReader& reader, const JsonNode& node, std::vector<std::string>& rules) {
  const bool sound = reader.array(node, {1, kOfferRulesMax}, [&](const JsonNode& element) {
    OfferRule rule;
    if (read_offer_rule(reader, element, rule)) rules.push_back(offer_rule_json(rule));
  });
  // The first rule that matches makes the offer: without one of them the others would make other offers.
  if (!sound) rules.clear();
}

Result<OfferRule> parse_offer_rule(std::string_view json) {
  const tl::expected<JsonDocument, Diagnostic> document = JsonDocument::parse(json);
  if (!document) return fail(ErrorKind::configuration, document.error().message);
  JsonReader reader(*document);
  OfferRule rule;
  read_offer_rule(reader, document->root(), rule);
  std::string message;
  for (const Diagnostic& diagnostic : reader.take_diagnostics()) {
    message += (message.empty() ? "" : "; ") + format_diagnostic("offer rule", diagnostic);
  }
  if (!message.empty()) return fail(ErrorKind::configuration, std::move(message));
  return rule;
}

void expand_offer_rules(JsonReader& reader, const JsonNode& root, Configuration& configuration) {
  const JsonNode* campaigns = root.find("campaigns");
  if (campaigns == nullptr || campaigns->child_count() != configuration.campaigns.size()) return;
  std::size_t offers = 0;
  auto node = campaigns->children().begin();
  for (CampaignConfiguration& campaign : configuration.campaigns) {
    const JsonNode* rules = (*node).find("offer_rules");
    ++node;
    if (rules != nullptr && !campaign.plan.offer_rules.empty()) {
      std::vector<OfferRuleRefusal> refusals;
      campaign = with_offers_by_rule(campaign, items_of(configuration, campaign.tenant), refusals);
      for (OfferRuleRefusal& refusal : refusals) {
        auto rule = rules->children().begin();
        for (std::size_t i = 1; i < refusal.rule; ++i) ++rule;
        reader.error(*rule, std::move(refusal.reason));
      }
    }
    offers += campaign.offers.size();
    if (offers > kOffersMax && rules != nullptr) {
      return reader.error(*campaigns, "there are " + std::to_string(offers) +
                                          " offers and more in all campaigns together, those by rule "
                                          "included, at most " +
                                          std::to_string(kOffersMax) + " are possible");
    }
  }
}

void add_offer_rule_keys(std::string_view under, std::vector<std::string>& keys) {
  add_keys(under, kOfferRuleMembers, keys);
}

}  // namespace doorbuster
