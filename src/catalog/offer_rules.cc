#include "doorbuster/catalog/offer_rules.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>
#include <iterator>
#include <tuple>
#include <utility>

#include "catalog/item_writer.h"
#include "doorbuster/base/decimal.h"
#include "doorbuster/base/text.h"
#include "doorbuster/catalog/pricing.h"

namespace doorbuster {
namespace {

std::int64_t units_of(const OfferRule& rule, const ItemPut& item) {
  static_assert(kStockMax <= INT64_MAX / kBasisPointsMax);
  return rule.stock.value_or(item.stock * rule.stock_basis_points / kBasisPointsMax);
}

PriceRule price_rule_of(const OfferRule& rule, const PriceForm& form) {
  return {.discount_basis_points = rule.discount_basis_points,
          .rounding = rule.rounding.value_or(form.rounding),
          .ending = rule.ending ? rule.ending : form.ending,
          .floor = rule.floor.value_or(form.floor)};
}

// Rules as they are asked of each item, and what is wrong with each so far.
class Expander {
 public:
  explicit Expander(const CampaignPut& campaign) : campaign_(campaign) {
    for (const std::string& text : campaign.plan.offer_rules) {
      Result<OfferRule> rule = parse_offer_rule(text);
      if (!rule) refuse(rules_.size() + 1, "cannot be read: " + rule.error().message);
      rules_.push_back(rule ? std::move(*rule) : OfferRule{});
    }
  }

  // None, when a rule cannot be read: what it would have matched is not the next rule's.
  OffersByRule expand(std::span<const std::string_view> own_skus, std::span<const ItemPut> items) && {
    const boost::unordered_flat_set<std::string_view> own(own_skus.begin(), own_skus.end());
    if (!made_.refusals.empty()) return std::move(made_);
    other_currency_.resize(rules_.size());
    for (const ItemPut& item : items) {
      if (!item.listed || item.tenant != campaign_.tenant) continue;
      const auto rule =
          std::ranges::find_if(rules_, [&](const OfferRule& each) { return matches(each, item); });
      if (rule != rules_.end() && !own.contains(item.sku)) {
        make(*rule, static_cast<std::size_t>(rule - rules_.begin()), item);
      }
    }
    refuse_currencies();
    return std::move(made_);
  }

 private:
  struct OtherCurrency {
    const ItemPut* first = nullptr;
    std::size_t items = 0;
  };

  void make(const OfferRule& rule, std::size_t index, const ItemPut& item) {
    if (!item.currency.empty() && item.currency != campaign_.currency) {
      OtherCurrency& other = other_currency_[index];
      if (other.items++ == 0) other.first = &item;
      return;
    }
    OfferConfiguration& offer = made_.offers.emplace_back();
    offer.sku = item.sku;
    offer.stock = units_of(rule, item);
    offer.list_price = item.list_price;
    offer.price = discounted(item.list_price, price_rule_of(rule, campaign_.plan.price_form));
    offer.rule = static_cast<std::uint16_t>(index + 1);
  }

  void refuse_currencies() {
    for (std::size_t i = 0; i < other_currency_.size(); ++i) {
      const auto& [first, items] = other_currency_[i];
      if (items == 0) continue;
      std::string reason = "item " + first->sku + " is priced in " + first->currency +
                           " and the campaign in " + campaign_.currency;
      if (items > 1) reason += ", and so are " + std::to_string(items - 1) + " more items";
      refuse(i + 1, std::move(reason) + ": let the rule match items of one currency");
    }
  }

  void refuse(std::size_t rule, std::string reason) { made_.refusals.push_back({rule, std::move(reason)}); }

  const CampaignPut& campaign_;
  std::vector<OfferRule> rules_;
  std::vector<OtherCurrency> other_currency_;  // by rule
  OffersByRule made_;
};

}  // namespace

bool is_in_category(std::string_view path, std::string_view category) {
  if (!path.starts_with(category)) return false;
  return category.empty() || path.size() == category.size() || path[category.size()] == '/';
}

bool matches(const OfferRule& rule, const ItemPut& item) {
  // Both lists are sorted by name.
  return is_in_category(item.category, rule.category) &&
         std::ranges::includes(item.attributes, rule.attributes,
                               [](const ItemAttribute& a, const ItemAttribute& b) {
                                 return std::tie(a.name, a.value) < std::tie(b.name, b.value);
                               });
}

std::string offer_rule_json(const OfferRule& rule) {
  std::string out = "{";
  const auto member = [&out](std::string_view key, std::string_view json) {
    if (out.size() > 1) out += ',';
    append_json_string(out, key);
    out += ':';
    out += json;
  };
  const auto text = [](std::string_view value) {
    std::string json;
    append_json_string(json, value);
    return json;
  };
  if (!rule.category.empty()) member("category", text(rule.category));
  if (!rule.attributes.empty()) member("attributes", attributes_json(rule.attributes));
  member("discount_percent", format_decimal(rule.discount_basis_points, kPercentDecimals));
  if (rule.stock) member("stock", std::to_string(*rule.stock));
  if (rule.stock_basis_points != kBasisPointsMax) {
    member("stock_percent", format_decimal(rule.stock_basis_points, kPercentDecimals));
  }
  if (rule.rounding) member("rounding", text(rounding_name(*rule.rounding)));
  if (rule.ending) member("ending", text(price_ending_digits(*rule.ending)));
  if (rule.floor) member("price_floor", std::to_string(*rule.floor));
  return out + '}';
}

OffersByRule expand_offer_rules(const CampaignPut& campaign, std::span<const std::string_view> own_skus,
                                std::span<const ItemPut> items) {
  return Expander(campaign).expand(own_skus, items);
}

CampaignConfiguration with_offers_by_rule(const CampaignConfiguration& campaign,
                                          std::span<const ItemPut> items,
                                          std::vector<OfferRuleRefusal>& refusals, TenantId tenant) {
  CampaignConfiguration whole = campaign;
  if (whole.plan.offer_rules.empty()) return whole;
  std::erase_if(whole.offers, [](const OfferConfiguration& offer) { return offer.rule != 0; });
  std::vector<std::string_view> own;
  for (const OfferConfiguration& offer : campaign.offers) {
    if (offer.rule == 0) own.push_back(offer.sku);
  }
  CampaignPut put = campaign_put_of(campaign);
  put.tenant = tenant;
  OffersByRule made = expand_offer_rules(put, own, items);
  std::ranges::move(made.offers, std::back_inserter(whole.offers));
  std::ranges::move(made.refusals, std::back_inserter(refusals));
  return whole;
}

}  // namespace doorbuster
