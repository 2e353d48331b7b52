// The items of the catalog, and where they are sold.

#include <string>
#include <utility>
#include <vector>

#include "admin/routes.h"
#include "doorbuster/base/json_writer.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/catalog/definition_members.h"
#include "doorbuster/catalog/offer_rules.h"
#include "doorbuster/http/query_reader.h"

namespace doorbuster {
namespace {

constexpr std::uint64_t kItemsDefault = 100;
constexpr std::uint64_t kItemsPerPageMax = 1000;

// What has no value is left out, as a configuration does.
void write_item(JsonWriter& json, const ItemPut& item) {
  json.member("sku", item.sku);
  for (const DefinitionMember<ItemPut>& member : item_members()) {
    const std::string text = member.json(item);
    if (text != "null") json.member_json(member.name, text);
  }
}

void write_offer(JsonWriter& json, const Catalog& catalog, OfferIndex index, const OfferStock& units,
                 Tick now) {
  const Offer& offer = catalog.offer(index);
  const CampaignPut& campaign = catalog.campaign_of(index).definition;
  json.begin_object();
  json.member("campaign", campaign.id);
  json.member("state", campaign_state_name(campaign_phase(campaign, now).state));
  json.member("currency", campaign.currency);
  json.member("list_price", offer.definition.list_price);
  json.member("price", offer.price(now));
  json.member("base_price", offer.definition.price);
  if (offer.definition.rule != 0) json.member("rule", offer.definition.rule);
  json.member("allocated", units.allocated);
  json.member("available", units.available);
  json.member("held", units.held);
  json.member("sold", units.sold);
  json.end_object();
}

// Listed offers of listed campaigns, in the order of the campaigns.
std::vector<OfferIndex> offers_of(const Catalog& catalog, const ItemPut& item) {
  std::vector<OfferIndex> offers;
  for (const Campaign& campaign : catalog.campaigns()) {
    if (!campaign.definition.listed || campaign.definition.tenant != item.tenant) continue;
    const Offer* offer = catalog.find_offer(campaign.definition.campaign, item.sku);
    if (offer != nullptr && offer->definition.listed) offers.push_back(offer->definition.offer);
  }
  return offers;
}

}  // namespace

// In the order in which they were first defined, which a change does not move: so a page that is asked for
// later goes on where the one before it stopped.
void list_items(const Call& call) {
  std::string after, category;
  std::uint64_t limit = kItemsDefault;
  QueryReader query(call.http().query);
  query.identifier("after", after);
  query.text("category", kCategoryBytesMax, category);
  query.integer("limit", {1, kItemsPerPageMax}, limit);
  if (const std::string wrong = query.take_errors(); !wrong.empty()) {
    return call.refuse(Outcome::malformed_request, {.detail = wrong});
  }
  const CatalogPointer catalog = call.catalog();
  std::size_t from = 0;
  if (!after.empty()) {
    const ItemPut* last = catalog->find_item(call.exchange.caller.tenant, after);
    if (last == nullptr) return call.refuse(Outcome::sku_not_found);
    from = last->item.value + 1;
  }
  JsonWriter json;
  json.begin_object();
  json.begin_array("items");
  const ItemPut* last = nullptr;
  bool more = false;
  for (const ItemPut& item : catalog->items().subspan(from)) {
    if (item.tenant != call.exchange.caller.tenant || !is_in_category(item.category, category)) continue;
    more = limit == 0;
    if (more) break;
    --limit;
    last = &item;
    json.begin_object();
    write_item(json, item);
    json.end_object();
  }
  json.end_array();
  if (more) json.member("next", last->sku);
  json.end_object();
  call.exchange.answer(kJson, std::move(json).take());
}

void show_item(const Call& call) {
  QueryReader query(call.http().query);
  if (const std::string wrong = query.take_errors(); !wrong.empty()) {
    return call.refuse(Outcome::malformed_request, {.detail = wrong});
  }
  const CatalogPointer catalog = call.catalog();
  const ItemPut* item = catalog->find_item(call.exchange.caller.tenant, call.campaign);
  if (item == nullptr) return call.refuse(Outcome::sku_not_found);
  const std::vector<OfferIndex> offers = offers_of(*catalog, *item);
  const auto stock = call.state.runtime->stock(offers);
  if (!stock) return call.refuse(stock.error());
  const Tick now = call.now();
  JsonWriter json;
  json.begin_object();
  write_item(json, *item);
  json.member("server_time", now);
  json.begin_array("offers");
  for (std::size_t i = 0; i < offers.size(); ++i) write_offer(json, *catalog, offers[i], (*stock)[i], now);
  json.end_array();
  json.end_object();
  call.exchange.answer(kJson, std::move(json).take());
}

}  // namespace doorbuster
