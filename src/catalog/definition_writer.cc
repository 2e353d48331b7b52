// The other way round than campaign_reader.cc: from the catalog to the text. Members stand in the order of
// its tables, and what is left out here is what the reader fills in there.

#include "catalog/definition_writer.h"

#include "doorbuster/base/decimal.h"
#include "doorbuster/catalog/definition.h"
#include "doorbuster/catalog/pricing.h"
#include "doorbuster/catalog/quotas.h"

namespace doorbuster {
namespace {

void append_names(JsonObjectWriter& object, std::string& out, std::string_view key,
                  const std::vector<std::string>& names) {
  if (names.empty()) return;
  object.key(key);
  char before = '[';
  for (const std::string& name : names) {
    out += before;
    append_json_string(out, name);
    before = ',';
  }
  out += ']';
}

void append_audience(JsonObjectWriter& object, std::string& out, const Audience& audience) {
  append_names(object, out, "regions", audience.regions);
  append_names(object, out, "segments", audience.segments);
  append_names(object, out, "channels", audience.channels);
}

void append_low_stock(JsonObjectWriter& object, const LowStock& mark) {
  if (mark.basis_points != 0) {
    object.json("low_stock_percent", format_decimal(mark.basis_points, kPercentDecimals));
  }
  if (mark.units != 0) object.member("low_stock_units", mark.units);
}

void append_price_steps(JsonObjectWriter& object, const std::vector<PriceLayer>& steps) {
  if (!steps.empty()) object.json("price_steps", price_steps_json(steps));
}

void append_offer(std::string& out, const OfferPut& offer) {
  JsonObjectWriter object(out, JsonLayout::one_line());
  object.member("sku", offer.sku);
  object.member("stock", offer.stock);
  if (offer.list_price != offer.price) object.member("list_price", offer.list_price);
  object.member("price", offer.price);
  append_price_steps(object, offer.plan.price_steps);
  append_audience(object, out, offer.plan.audience);
  append_low_stock(object, offer.plan.low_stock);
  const std::vector<ChannelQuota>& quotas = offer.plan.channel_quotas;
  if (!quotas.empty()) object.json("channel_quotas", channel_quotas_json(quotas));
  object.end();
}

void append_window(JsonObjectWriter& object, const CampaignPut& campaign) {
  if (!campaign.plan.schedule.empty()) return object.json("schedule", campaign.plan.schedule);
  object.member("starts_at", format_rfc3339(campaign.starts_at));
  object.member("ends_at", format_rfc3339(campaign.ends_at));
}

void append_rules(JsonObjectWriter& object, const CampaignPut& campaign) {
  const auto unless = [&object](std::uint32_t usual, std::string_view key, std::uint32_t value) {
    if (value != usual) object.member(key, value);
  };
  unless(0, "hold_seconds", campaign.hold_seconds);
  unless(campaign.hold_seconds, "hold_max_seconds", campaign.hold_max_seconds);
  unless(0, "limit_per_buyer", campaign.limit_per_buyer);
  unless(0, "limit_per_buyer_total", campaign.limit_per_buyer_total);
  if (campaign.on_payment_failed != PaymentFailure::release) {
    object.member("on_payment_failed", payment_failure_name(campaign.on_payment_failed));
  }
  unless(0, "grace_seconds", campaign.grace_seconds);
  if (campaign.waitlist) object.member("waitlist", true);
  unless(campaign.hold_seconds, "offer_seconds", campaign.offer_seconds);
  if (campaign.show_remaining) object.member("show_remaining", true);
  if (campaign.from_pool) object.member("from_pool", true);
  unless(0, "arm_seconds", campaign.arm_seconds);
}

void append_prices(JsonObjectWriter& object, const CampaignPlan& plan) {
  append_price_steps(object, plan.price_steps);
  const PriceForm& form = plan.price_form;
  if (form.rounding != Rounding::half_even) object.member("rounding", rounding_name(form.rounding));
  if (form.ending) object.member("ending", price_ending_digits(*form.ending));
  if (form.floor != 0) object.member("price_floor", form.floor);
}

void append_offer_rules(JsonObjectWriter& object, std::string& out, const std::vector<std::string>& rules,
                        JsonLayout layout) {
  if (rules.empty()) return;
  object.key("offer_rules");
  char before = '[';
  for (const std::string& rule : rules) {
    out += before;
    layout.inside().begin_line(out);
    out += rule;
    before = ',';
  }
  layout.begin_line(out);
  out += ']';
}

// Those of their own: what rules make follows from them.
void append_offers(JsonObjectWriter& object, std::string& out, const Catalog& catalog,
                   const Campaign& campaign, JsonLayout layout) {
  char before = '[';
  for (const OfferIndex index : campaign.offers) {
    const OfferPut& offer = catalog.offer(index).definition;
    if (offer.rule != 0) continue;
    if (before == '[') object.key("offers");
    out += before;
    layout.inside().begin_line(out);
    append_offer(out, offer);
    before = ',';
  }
  if (before == ',') {
    layout.begin_line(out);
    out += ']';
  } else if (campaign.definition.plan.offer_rules.empty()) {
    object.json("offers", "[]");
  }
}

}  // namespace

void append_definition(std::string& out, const Catalog& catalog, const Campaign& campaign,
                       JsonLayout layout) {
  const CampaignPut& put = campaign.definition;
  JsonObjectWriter object(out, layout);
  object.member("id", put.id);
  if (put.name != put.id) object.member("name", put.name);
  object.member("currency", put.currency);
  append_window(object, put);
  append_rules(object, put);
  append_prices(object, put.plan);
  append_audience(object, out, put.plan.audience);
  if (put.tenant != kDefaultTenant) object.member("tenant", catalog.tenant(put.tenant).id);
  append_low_stock(object, put.plan.low_stock);
  append_offer_rules(object, out, put.plan.offer_rules, layout.inside());
  append_offers(object, out, catalog, campaign, layout.inside());
  object.end();
}

std::string definition_json(const Catalog& catalog, CampaignIndex campaign) {
  std::string out;
  append_definition(out, catalog, catalog.campaign(campaign), JsonLayout::one_line());
  return out;
}

}  // namespace doorbuster
