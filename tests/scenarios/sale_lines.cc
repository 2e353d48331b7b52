#include "scenarios/sale_lines.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "doorbuster/catalog/offer_rules.h"

namespace doorbuster {
namespace {

PaymentFailure payment_failure(const std::string& word) {
  if (word == "release") return PaymentFailure::release;
  if (word == "keep") return PaymentFailure::keep;
  if (word == "grace") return PaymentFailure::grace;
  throw CannotRead{"payment_failed=" + word + " is none of release, keep, grace"};
}

Rounding rounding_of(const std::string& word) {
  for (const Rounding rounding : {Rounding::half_even, Rounding::half_up, Rounding::up, Rounding::down}) {
    if (word == rounding_name(rounding)) return rounding;
  }
  throw CannotRead{"rounding=" + word + " is none of half_even, half_up, up, down"};
}

// 08:00:00-10:00:00,12:00:00-14:00:00
std::vector<Window> windows_of(Line& line) {
  std::vector<Window> windows;
  for (const std::string& piece : line.list("windows")) {
    const auto [from, to] = halves("windows", piece, '-');
    windows.push_back({time_in("windows", from), time_in("windows", to)});
  }
  return windows;
}

// 300@09:00:00-10:00:00,12.5%@11:00:00-
std::vector<PriceLayer> steps_of(Line& line) {
  std::vector<PriceLayer> steps;
  for (const std::string& piece : line.list("steps")) {
    const auto [value, time] = halves("steps", piece, '@');
    const auto [from, to] = halves("steps", time, '-');
    PriceLayer& step = steps.emplace_back();
    step.from = time_in("steps", from);
    if (!to.empty()) step.to = time_in("steps", to);
    const bool discount = value.ends_with('%');
    step.kind = discount ? PriceLayer::Kind::discount : PriceLayer::Kind::price;
    step.value =
        discount ? 100 * number_in("steps", value.substr(0, value.size() - 1)) : number_in("steps", value);
  }
  return steps;
}

Audience audience_of(Line& line) {
  Audience audience;
  const std::array<std::pair<const char*, std::vector<std::string>*>, 3> lists = {
      {{"regions", &audience.regions}, {"segments", &audience.segments}, {"channels", &audience.channels}}};
  for (const auto& [name, list] : lists) {
    *list = line.list(name);
    std::sort(list->begin(), list->end());
  }
  return audience;
}

PriceForm price_form_of(Line& line) {
  PriceForm form;
  form.floor = line.number("floor", 0);
  form.rounding = rounding_of(line.text("rounding").value_or("half_even"));
  if (const auto text = line.text("ending")) {
    const auto [ending, modulus] = halves("ending", *text, '/');
    form.ending = {number_in("ending", ending), number_in("ending", modulus)};
  }
  return form;
}

CampaignConfiguration campaign_of(Line& line) {
  CampaignConfiguration campaign;
  campaign.id = campaign.name = line.subject();
  campaign.currency = "EUR";
  campaign.plan.windows = windows_of(line);
  if (campaign.plan.windows.empty()) {
    campaign.starts_at = line.time("from");
    campaign.ends_at = line.time("to");
  } else {
    campaign.starts_at = campaign.plan.windows.front().from;
    campaign.ends_at = campaign.plan.windows.back().to;
  }
  campaign.plan.price_steps = steps_of(line);
  campaign.plan.price_form = price_form_of(line);
  campaign.plan.audience = audience_of(line);
  campaign.from_pool = line.yes_or_no("from_pool", false);
  campaign.arm_seconds = line.count("arm", 0);
  campaign.hold_seconds = line.count("hold", 0);
  campaign.hold_max_seconds = line.count("hold_max", campaign.hold_seconds);
  campaign.limit_per_buyer = line.count("limit", 0);
  campaign.limit_per_buyer_total = line.count("limit_total", 0);
  campaign.on_payment_failed = payment_failure(line.text("payment_failed").value_or("release"));
  campaign.grace_seconds = line.count("grace", 0);
  campaign.waitlist = line.yes_or_no("waitlist", false);
  campaign.offer_seconds = line.count("offer", campaign.hold_seconds);
  return campaign;
}

OfferConfiguration offer_of(Line& line) {
  OfferConfiguration offer;
  offer.sku = line.subject();
  offer.stock = line.number("stock", 0);
  offer.price = line.number("price", 0);
  offer.list_price = 2 * offer.price;
  offer.plan.price_steps = steps_of(line);
  offer.plan.audience = audience_of(line);
  return offer;
}

// rule electronics/tv discount=20 stock_percent=50
std::string rule_of(Line& line) {
  OfferRule rule;
  rule.category = line.subject();
  rule.discount_basis_points = 100 * line.number("discount", 0);
  if (line.has("stock")) rule.stock = line.number("stock", 0);
  rule.stock_basis_points = 100 * line.number("stock_percent", 100);
  if (line.has("floor")) rule.floor = line.number("floor", 0);
  if (const auto word = line.text("rounding")) rule.rounding = rounding_of(*word);
  return offer_rule_json(rule);
}

ItemPut item_of(Line& line) {
  ItemPut item;
  item.sku = line.subject();
  item.category = line.must("category");
  item.list_price = line.number("price", 0);
  item.stock = line.number("stock", 0);
  return item;
}

// As a file's rules are: from its items to offers.
void add_offers_by_rule(Configuration& configuration) {
  for (CampaignConfiguration& campaign : configuration.campaigns) {
    std::vector<OfferRuleRefusal> refusals;
    campaign = with_offers_by_rule(campaign, configuration.items, refusals);
    if (!refusals.empty()) throw CannotRead{refusals.front().reason};
  }
}

// What stands behind `also` belongs to the line above it.
std::vector<std::string> joined(const std::vector<std::string>& lines) {
  const std::string also = "also ";
  std::vector<std::string> whole;
  for (const std::string& line : lines) {
    if (line.starts_with(also) && !whole.empty()) {
      whole.back() += ' ' + line.substr(also.size());
    } else {
      whole.push_back(line);
    }
  }
  return whole;
}

}  // namespace

Sales read_sales(const std::vector<std::string>& lines) {
  Sales sales;
  std::optional<Tick> at;
  std::vector<CampaignConfiguration>& campaigns = sales.configuration.campaigns;
  for (const std::string& text : joined(lines)) {
    Line line(text);
    if (line.verb() == "sale") {
      campaigns.push_back(campaign_of(line));
      at = line.time("at", at.value_or(campaigns.front().starts_at));
    } else if (line.verb() == "offer") {
      campaigns.back().offers.push_back(offer_of(line));
    } else if (line.verb() == "rule") {
      campaigns.back().plan.offer_rules.push_back(rule_of(line));
    } else if (line.verb() == "item") {
      sales.configuration.items.push_back(item_of(line));
    } else {
      throw CannotRead{"\"" + line.verb() + "\" stands among the sales, offers, rules and items"};
    }
    line.nothing_else();
  }
  add_offers_by_rule(sales.configuration);
  sales.at = *at;
  return sales;
}

}  // namespace doorbuster
