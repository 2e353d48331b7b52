// The other way round than campaign_reader.cc: from the catalog to the text. Members stand in the order of
// its tables, and what is left out here is what the reader fills in there.

#include "catalog/definition_writer.h"

#include "doorbuster/catalog/definition.h"
#include "doorbuster/catalog/pricing.h"

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
}

// {5, 100} is "05": as many digits as the modulus has zeros.
std::string ending_digits(const PriceEnding& ending) {
  return std::to_string(ending.modulus + ending.ending).substr(1);
}

void append_prices(JsonObjectWriter& object, const CampaignPlan& plan) {
  append_price_steps(object, plan.price_steps);
  const PriceForm& form = plan.price_form;
  if (form.rounding != Rounding::half_even) object.member("rounding", rounding_name(form.rounding));
  if (form.ending) object.member("ending", ending_digits(*form.ending));
  if (form.floor != 0) object.member("price_floor", form.floor);
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
  object.key("offers");
  out += '[';
  for (const OfferIndex offer : campaign.offers) {
    if (offer != campaign.offers.front()) out += ',';
    layout.inside().inside().begin_line(out);
    append_offer(out, catalog.offer(offer).definition);
  }
  if (!campaign.offers.empty()) layout.inside().begin_line(out);
  out += ']';
  object.end();
}

std::string definition_json(const Catalog& catalog, CampaignIndex campaign) {
  std::string out;
  append_definition(out, catalog, catalog.campaign(campaign), JsonLayout::one_line());
  return out;
}

}  // namespace doorbuster
