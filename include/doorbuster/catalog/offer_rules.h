#pragma once
// Offers by rule: "a fifth off all TVs of acme, 100 of each". A campaign has the rules, the catalog has the
// items, and the offers are what the two come to: made anew whenever one of them changes, never edited.
//
// Everything here is a function of its arguments and can be called from any thread.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/limits.h"
#include "doorbuster/base/result.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/model/plan.h"
#include "doorbuster/model/record.h"

namespace doorbuster {

struct OfferRule {
  // Which items: those of this category or below it, and with all of these attributes. One of the two is
  // there.
  std::string category;
  std::vector<ItemAttribute> attributes;  // sorted by name, each once

  std::int64_t discount_basis_points = 0;  // off the item's list price; 0 to kBasisPointsMax
  // Units of each SKU: as many, or that part of the item's stock, rounded down.
  std::optional<std::int64_t> stock = {};
  std::int64_t stock_basis_points = kBasisPointsMax;
  // Where the rule does not say, the campaign does.
  std::optional<Rounding> rounding = {};
  std::optional<PriceEnding> ending = {};
  std::optional<std::int64_t> floor = {};
  friend bool operator==(const OfferRule&, const OfferRule&) = default;
};

// Whether `path` is the category or one below it: "electronics/tv" is in "electronics", "electronics-used" is
// not. Every path is in "".
bool is_in_category(std::string_view path, std::string_view category);

// Whether the rule is about the item, whoever's it is and whether or not it is listed.
bool matches(const OfferRule& rule, const ItemPut& item);

// The rule as it is kept: JSON on one line, members in the order of the reader's table, what is the default
// left out. parse_offer_rule() reads it back to the same rule.
std::string offer_rule_json(const OfferRule& rule);
Result<OfferRule> parse_offer_rule(std::string_view json);

// A rule that cannot make its offers.
struct OfferRuleRefusal {
  std::size_t rule = 0;  // 1 is the campaign's first
  std::string reason;
};
struct OffersByRule {
  std::vector<OfferConfiguration> offers;  // in the order of the items
  std::vector<OfferRuleRefusal> refusals;  // at most one of each rule
};

// What the campaign's rules make of the items: an offer of each listed item of its tenant that a rule
// matches. The first rule that matches makes the offer, rules never add up; a SKU of `own_skus`, which has an
// offer of its own, is left alone. The price is discounted(list price) by the rule. An item of another
// currency than the campaign's is refused; one without a currency is in any.
OffersByRule expand_offer_rules(const CampaignPut& campaign, std::span<const std::string_view> own_skus,
                                std::span<const ItemPut> items);

// The campaign with its own offers and those that its rules make of the items; `refusals` takes what they
// cannot make. What was made by rules before is made anew. Items are looked at that say they are `tenant`'s.
CampaignConfiguration with_offers_by_rule(const CampaignConfiguration& campaign,
                                          std::span<const ItemPut> items,
                                          std::vector<OfferRuleRefusal>& refusals,
                                          TenantId tenant = kDefaultTenant);

}  // namespace doorbuster
