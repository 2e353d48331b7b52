// Campaigns as an operator reads them.

#include <span>
#include <utility>

#include "admin/routes.h"
#include "doorbuster/base/decimal.h"
#include "doorbuster/base/json_writer.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/catalog/definition_members.h"
#include "doorbuster/catalog/schedule.h"
#include "doorbuster/engine/alert_tracker.h"
#include "doorbuster/http/query_reader.h"

namespace doorbuster {
namespace {

constexpr std::uint64_t kOccurrencesDefault = 100;

// What has no value is left out, as a configuration does.
template <typename Put>
void write_member(JsonWriter& json, std::string_view name, const DefinitionMember<Put>& member,
                  const Put& put) {
  const std::string text = member.json(put);
  if (text != "null") json.member_json(name, text);
}

// Sold by allocated, rounded down: 1 is all of it.
void write_completion(JsonWriter& json, std::span<const OfferStock> stock) {
  constexpr int kDecimals = 4;
  constexpr std::int64_t kOne = 10'000;
  std::int64_t sold = 0, allocated = 0;
  for (const OfferStock& each : stock) {
    sold += each.sold;
    allocated += each.allocated;
  }
  json.member_json("completion", allocated == 0 ? "0" : format_decimal(kOne * sold / allocated, kDecimals));
}

// Without units where they are not known.
void write_offer(JsonWriter& json, const CampaignPut& campaign, const Offer& offer, const OfferStock* units,
                 Tick now) {
  json.begin_object();
  json.member("sku", offer.definition.sku);
  json.member("price", offer.price(now));
  for (const DefinitionMember<OfferPut>& member : offer_members()) {
    if (member.name == "stock" || member.name == "listed") continue;  // exact below; all of these are
    write_member(json, member.name == "price" ? "base_price" : member.name, member, offer.definition);
  }
  if (const auto next = next_price(offer.prices, now)) {
    json.member("next_price", next->price);
    json.member("next_price_at", next->from);
  }
  if (units != nullptr) {
    json.member("allocated", units->allocated);
    json.member("available", units->available);
    json.member("held", units->held);
    json.member("sold", units->sold);
    const std::int64_t mark = low_stock_mark(campaign, offer.definition, units->allocated);
    if (mark >= 0) json.member("low_stock", units->available <= mark);
  }
  json.end_object();
}

std::string campaign_view(const Catalog& catalog, const Campaign& campaign, std::span<const OfferStock> stock,
                          Tick now) {
  const CampaignPhase phase = campaign_phase(campaign.definition, now);
  JsonWriter json;
  json.begin_object();
  json.member("id", campaign.definition.id);
  json.member("state", campaign_state_name(phase.state));
  json.member("server_time", now);
  json.member("revision", campaign.revision);
  for (const DefinitionMember<CampaignPut>& member : campaign_members()) {
    write_member(json, member.name, member, campaign.definition);
  }
  json.begin_object("window");
  write_window(json, phase.window);
  json.end_object();
  if (!stock.empty()) write_completion(json, stock);
  json.begin_array("offers");
  for (std::size_t i = 0; i < campaign.offers.size(); ++i) {
    write_offer(json, campaign.definition, catalog.offer(campaign.offers[i]),
                stock.empty() ? nullptr : &stock[i], now);
  }
  json.end_array();
  json.end_object();
  return std::move(json).take();
}

void answer_view(const Call& call, const Catalog& catalog, const Campaign& campaign,
                 std::span<const OfferStock> stock, bool is_new = false) {
  const std::string view = campaign_view(catalog, campaign, stock, call.now());
  std::string headers = etag_header(campaign.revision);
  if (is_new) headers += "Location: /v1/admin/campaigns/" + campaign.definition.id + "\r\n";
  call.exchange.outcome = Outcome::ok;
  append_reply(call.exchange.out, call.exchange.context.frame, is_new ? 201 : 200, kJson, view, headers);
}

void write_summary(JsonWriter& json, const Catalog& catalog, const Campaign& campaign, Tick now) {
  const CampaignPut& put = campaign.definition;
  std::int64_t units = 0;
  for (const OfferIndex offer : campaign.offers) units += catalog.offer(offer).definition.stock;
  json.begin_object();
  json.member("id", put.id);
  json.member("name", put.name);
  json.member("state", campaign_state_name(campaign_phase(put, now).state));
  json.member("revision", campaign.revision);
  json.member("starts_at", put.starts_at);
  json.member("ends_at", put.ends_at);
  json.member("listed", put.listed);
  json.member("source", put.by_hand ? "admin" : "file");
  json.member("changed_by_hand", put.file_definition != 0);
  json.member("units", units);
  json.end_object();
}

// What a campaign in this window is at the time. What is paused is not on its way to it.
CampaignState occurrence_state(const CampaignPut& campaign, const Window& window, Tick now) {
  if (now >= window.to) return CampaignState::ended;
  if (campaign.paused) return CampaignState::paused;
  return state_in(campaign, window, now);
}

void write_occurrence(JsonWriter& json, const CampaignPut& campaign, const Window& window, Tick now) {
  json.begin_object();
  write_window(json, window);
  const std::string zone = schedule_zone(campaign.plan.schedule);
  if (!campaign.plan.schedule.empty()) {
    json.member("starts_at_local", format_local(window.from, zone));
    json.member("ends_at_local", format_local(window.to, zone));
  }
  json.member("state", campaign_state_name(occurrence_state(campaign, window, now)));
  json.end_object();
}

}  // namespace

void list_campaigns(const Call& call) {
  QueryReader query(call.http().query);
  if (const std::string wrong = query.take_errors(); !wrong.empty()) {
    return call.refuse(Outcome::malformed_request, {.detail = wrong});
  }
  const CatalogPointer catalog = call.catalog();
  const Tick now = call.now();
  JsonWriter json;
  json.begin_object();
  json.member("server_time", now);
  json.begin_array("campaigns");
  for (const Campaign& campaign : catalog->campaigns()) {
    if (campaign.definition.tenant == call.tenant()) write_summary(json, *catalog, campaign, now);
  }
  json.end_array();
  json.end_object();
  call.exchange.answer(kJson, std::move(json).take());
}

void show_campaign(const Call& call) {
  const CatalogPointer catalog = call.catalog();
  const Campaign* campaign = catalog->find_campaign(call.tenant(), call.campaign);
  if (campaign == nullptr) return call.refuse(Outcome::campaign_not_found);
  const auto stock = call.state.runtime->stock(campaign->offers);
  if (!stock) return call.refuse(stock.error());
  answer_view(call, *catalog, *campaign, *stock);
}

void show_changed_campaign(const Call& call, bool is_new) {
  const CatalogPointer catalog = call.catalog();
  const Campaign* campaign = catalog->find_campaign(call.tenant(), call.campaign);
  const auto stock = call.state.runtime->stock(campaign->offers);
  answer_view(call, *catalog, *campaign,
              stock ? std::span<const OfferStock>(*stock) : std::span<const OfferStock>(), is_new);
}

void show_occurrences(const Call& call) {
  const Tick now = call.now();
  Tick from = now;
  std::uint64_t limit = kOccurrencesDefault;
  QueryReader query(call.http().query);
  query.time("from", from);
  query.integer("limit", {1, kOccurrencesMax}, limit);
  if (const std::string wrong = query.take_errors(); !wrong.empty()) {
    return call.refuse(Outcome::malformed_request, {.detail = wrong});
  }
  const CatalogPointer catalog = call.catalog();
  const Campaign* campaign = catalog->find_campaign(call.tenant(), call.campaign);
  if (campaign == nullptr) return call.refuse(Outcome::campaign_not_found);
  JsonWriter json;
  json.begin_object();
  json.member("campaign", campaign->definition.id);
  json.member("server_time", now);
  json.begin_array("occurrences");
  for (const Window& window : selling_windows(campaign->definition)) {
    // One that an early end has overtaken is none.
    if (window.to <= from || window.to <= window.from) continue;
    if (limit-- == 0) break;
    write_occurrence(json, campaign->definition, window, now);
  }
  json.end_array();
  json.end_object();
  call.exchange.answer(kJson, std::move(json).take());
}

}  // namespace doorbuster
