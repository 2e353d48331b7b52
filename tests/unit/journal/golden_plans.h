#pragma once
// Histories of the golden folders: campaigns, and what changes of the catalog came to over time.

#include "doorbuster/model/alert.h"
#include "unit/journal/chronicle.h"

namespace doorbuster {

// Offers of the campaign without holds, and of the one with.
inline constexpr OfferIndex kTv{0}, kPc{1}, kShoe{2}, kSock{3};

inline CampaignPut campaign(std::uint32_t index, const std::string& id) {
  CampaignPut put;
  put.campaign = {index};
  put.starts_at = {1'700'000'000 * kNsPerSecond};
  put.ends_at = {4'000'000'000 * kNsPerSecond};
  put.id = id;
  put.name = "Campaign " + id;
  put.currency = "EUR";
  return put;
}

template <typename Put>
inline void put_parts(Chronicle& chronicle, const Put& put) {
  for (const PlanPart& part : plan_parts(put)) chronicle.put(RecordKind::plan_part, part);
}

// An operator pauses one campaign and ends it; the other one, and one of its offers, get all that a plan has.
inline void write_plans(Chronicle& chronicle) {
  CampaignPut paused = campaign(0, "plain");
  paused.paused = true;
  paused.ended_at = {2'000'000'000 * kNsPerSecond};
  paused.file_definition = 0x0123456789abcdef;
  CampaignPut planned = campaign(1, "holds");
  planned.hold_seconds = planned.hold_max_seconds = planned.offer_seconds = 600;
  planned.by_hand = true;
  const Tick gap{2'000'000'000 * kNsPerSecond};
  planned.plan.windows = {{planned.starts_at, gap}, {Chronicle::in(gap, 3600), planned.ends_at}};
  planned.plan.schedule = R"({"zone":"Europe/Berlin","starts_at":"2023-11-14T23:13:20"})";
  planned.plan.price_steps = {{.from = planned.starts_at, .to = gap, .value = 1'250}};
  planned.plan.price_form = {.rounding = Rounding::up, .ending = PriceEnding{99, 100}, .floor = 50};
  planned.plan.audience = {.regions = {"at", "de"}, .segments = {"gold"}, .channels = {"app", "web"}};
  OfferPut shoe;
  shoe.offer = kShoe;
  shoe.campaign = planned.campaign;
  shoe.sku = "shoe";
  shoe.stock = 4;
  shoe.price = 102;
  shoe.list_price = 202;
  shoe.plan.price_steps = {
      {.from = gap, .kind = PriceLayer::Kind::price, .value = 77},
      {.from = planned.starts_at, .to = gap, .kind = PriceLayer::Kind::discount, .value = 10'000}};
  shoe.plan.audience.segments = {"gold", "silver"};

  CatalogChange change = {
      .change = 2, .records = 11, .origin = {ChangeOrigin::Source::admin, "ann", "pause", "why"}};
  chronicle.put(RecordKind::catalog_change_begin, change, catalog_change_version(change));
  for (const CampaignPut& put : {paused, planned}) {
    chronicle.put(RecordKind::campaign_put, put, campaign_put_version(put));
    put_parts(chronicle, put);
  }
  chronicle.put(RecordKind::offer_put, shoe);
  put_parts(chronicle, shoe);
  change.origin = {};
  chronicle.put(RecordKind::catalog_change_end, change);
}

// Another tenant's campaign, out of the pool and by rule; and what was told of it.
inline void write_life(Chronicle& chronicle) {
  const TenantPut acme = {.tenant = {2}, .id = "acme"};
  ItemPut item;
  item.tenant = acme.tenant;
  item.list_price = 9'900;
  item.stock = 100;
  item.sku = "shoe-42";
  item.category = "shoes/running";
  item.currency = "EUR";
  item.attributes = {{"brand", "acme"}, {"size", "42"}};
  CampaignPut pooled = campaign(2, "pooled");
  pooled.tenant = acme.tenant;
  pooled.from_pool = pooled.armed = true;
  pooled.arm_seconds = 1'800;
  pooled.plan.low_stock = {.basis_points = 1'000, .units = 5};
  pooled.plan.offer_rules = {R"({"category":"shoes","discount_percent":12.5})"};
  OfferPut shoe;
  shoe.offer = {4};
  shoe.campaign = pooled.campaign;
  shoe.sku = item.sku;
  shoe.stock = 60;
  shoe.price = 8'662;
  shoe.list_price = item.list_price;
  shoe.rule = 1;
  shoe.released = 10;
  shoe.plan.low_stock.units = 20;
  shoe.plan.channel_quotas = {{"app", 15, {2'000'000'000 * kNsPerSecond}}, {"web", 5, pooled.ends_at}};

  CatalogChange change = {
      .change = 2, .records = 6, .origin = {ChangeOrigin::Source::clock, "clock", "arm", ""}};
  chronicle.put(RecordKind::catalog_change_begin, change, catalog_change_version(change));
  chronicle.put(RecordKind::tenant_put, acme);
  chronicle.put(RecordKind::item_put, item);
  chronicle.put(RecordKind::campaign_put, pooled, campaign_put_version(pooled));
  put_parts(chronicle, pooled);
  chronicle.put(RecordKind::offer_put, shoe, offer_put_version(shoe));
  put_parts(chronicle, shoe);
  change.origin = {};
  chronicle.put(RecordKind::catalog_change_end, change);

  Alert alert;
  alert.kind = AlertKind::campaign_started;
  alert.campaign = pooled.campaign;
  alert.allocated = alert.available = 50;
  chronicle.put(RecordKind::alert, alert);
  alert.kind = AlertKind::low_stock;
  alert.offer = shoe.offer;
  alert.allocated = 50;
  alert.available = 20;
  alert.held = 1;
  alert.sold = 29;
  chronicle.put(RecordKind::alert, alert);
  alert.raised = false;
  chronicle.put(RecordKind::alert, alert);
}

}  // namespace doorbuster
