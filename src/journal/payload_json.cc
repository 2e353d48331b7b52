#include "journal/payload_json.h"

#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "doorbuster/model/alert.h"

namespace doorbuster {
namespace {

void append_time(JsonObject& object, std::string_view name, Tick tick) {
  object.member(name, format_rfc3339(tick));
}

void append_batch_end(const BatchEnd& value, std::string& out) {
  JsonObject(out).member("durable_sequence", value.durable_sequence).member("records", value.records).end();
}

void append_low_stock(JsonObject& object, const LowStock& mark) {
  object.member("low_stock_basis_points", mark.basis_points).member("low_stock_units", mark.units);
}

void append_campaign(const CampaignPut& value, std::string& out) {
  JsonObject object(out);
  object.member("campaign", value.campaign.value).member("tenant", value.tenant.value).member("id", value.id);
  object.member("name", value.name).member("currency", value.currency);
  append_time(object, "starts_at", value.starts_at);
  append_time(object, "ends_at", value.ends_at);
  object.member("hold_seconds", value.hold_seconds).member("hold_max_seconds", value.hold_max_seconds);
  object.member("limit_per_buyer", value.limit_per_buyer);
  object.member("limit_per_buyer_total", value.limit_per_buyer_total);
  object.member("on_payment_failed", payment_failure_name(value.on_payment_failed));
  object.member("grace_seconds", value.grace_seconds).member("waitlist", value.waitlist);
  object.member("offer_seconds", value.offer_seconds);
  object.member("listed", value.listed).member("show_remaining", value.show_remaining);
  if (campaign_put_version(value) >= 3) {
    const PriceForm& form = value.plan.price_form;
    object.member("paused", value.paused).member("by_hand", value.by_hand);
    object.member("changed_by_hand", value.file_definition != 0);
    if (value.ended_at != Tick{}) append_time(object, "ended_at", value.ended_at);
    object.member("rounding", rounding_name(form.rounding)).member("price_floor", form.floor);
    if (form.ending) {
      object.member("ending", form.ending->ending).member("ending_modulus", form.ending->modulus);
    }
  }
  if (campaign_put_version(value) >= 4) {
    object.member("from_pool", value.from_pool).member("armed", value.armed);
    object.member("arm_seconds", value.arm_seconds);
    append_low_stock(object, value.plan.low_stock);
  }
  object.end();
}

void append_change(const CatalogChange& value, std::string& out) {
  JsonObject object(out);
  object.member("change", value.change).member("records", value.records);
  if (catalog_change_version(value) == 2) {
    const ChangeOrigin& origin = value.origin;
    object.member("source", change_source_name(origin.source));
    object.member("author", origin.author).member("action", origin.action).member("reason", origin.reason);
  }
  object.end();
}

std::string_view list_name(PlanPart::List list) {
  switch (list) {
    case PlanPart::List::windows:
      return "windows";
    case PlanPart::List::price_steps:
      return "price_steps";
    case PlanPart::List::regions:
      return "regions";
    case PlanPart::List::segments:
      return "segments";
    case PlanPart::List::channels:
      return "channels";
    case PlanPart::List::schedule:
      return "schedule";
    case PlanPart::List::offer_rules:
      return "offer_rules";
    case PlanPart::List::channel_quotas:
      return "channel_quotas";
  }
  return "unknown";
}

void append_plan_part(const PlanPart& value, std::string& out) {
  JsonObject object(out);
  object.member("campaign", value.campaign.value);
  if (value.offer) object.member("offer", value.offer->value);
  std::string& list = object.begin(list_name(value.list));
  char before = '[';
  const auto next = [&]() -> std::string& {
    list += before;
    before = ',';
    return list;
  };
  for (const Window& window : value.windows) {
    JsonObject item(next());
    append_time(item, "from", window.from);
    append_time(item, "to", window.to);
    item.end();
  }
  for (const PriceLayer& step : value.price_steps) {
    JsonObject item(next());
    append_time(item, "starts_at", step.from);
    if (step.to != kNoEnd) append_time(item, "ends_at", step.to);
    item.member(step.kind == PriceLayer::Kind::price ? "price" : "discount_basis_points", step.value).end();
  }
  for (const std::string& text : value.texts) append_json_string(next(), text);
  for (const ChannelQuota& quota : value.channel_quotas) {
    JsonObject item(next());
    item.member("channel", quota.channel).member("units", quota.units);
    append_time(item, "until", quota.until);
    item.end();
  }
  list += ']';
  object.end();
}

void append_offer(const OfferPut& value, std::string& out) {
  JsonObject object(out);
  object.member("offer", value.offer.value).member("campaign", value.campaign.value).member("sku", value.sku);
  object.member("stock", value.stock).member("list_price", value.list_price).member("price", value.price);
  object.member("listed", value.listed);
  if (offer_put_version(value) >= 2) {
    object.member("rule", value.rule).member("released", value.released);
    append_low_stock(object, value.plan.low_stock);
  }
  object.end();
}

void append_tenant(const TenantPut& value, std::string& out) {
  JsonObject(out)
      .member("tenant", value.tenant.value)
      .member("id", value.id)
      .member("listed", value.listed)
      .end();
}

void append_item(const ItemPut& value, std::string& out) {
  JsonObject object(out);
  object.member("item", value.item.value).member("tenant", value.tenant.value).member("sku", value.sku);
  object.member("category", value.category).member("currency", value.currency);
  object.member("list_price", value.list_price).member("stock", value.stock).member("listed", value.listed);
  std::string& list = object.begin("attributes");
  list += '{';
  for (std::size_t i = 0; i < value.attributes.size(); ++i) {
    if (i > 0) list += ',';
    append_json_string(list, value.attributes[i].name);
    list += ':';
    append_json_string(list, value.attributes[i].value);
  }
  list += '}';
  object.end();
}

void append_number(JsonObject& object, OrderNumber number, const std::optional<HashKey>& order_id_key) {
  if (order_id_key) {
    const OrderId id = format_order_id(*order_id_key, number);
    object.member("order", std::string_view(id.data(), id.size()));
  }
  // The number as its two parts: together they need more bits than many JSON readers keep.
  object.member("offer", number.offer().value).member("ordinal", number.ordinal());
}

// Hashes as they are: who shares an identity can be seen, and what it is cannot.
void append_identities(JsonObject& object, Identities identities) {
  std::string& out = object.begin("identities");
  for (std::size_t i = 0; i < identities.size(); ++i) {
    std::array<char, 2 * sizeof(Hash128) + 1> hex{};
    std::snprintf(hex.data(), hex.size(), "%016" PRIx64 "%016" PRIx64, identities[i].high, identities[i].low);
    append_json_string(out += i == 0 ? '[' : ',', hex.data());
  }
  out += ']';
}

void append_lines(JsonObject& object, OrderLines lines) {
  std::string& out = object.begin("lines");
  char before = '[';
  for (const OrderLine& line : lines) {
    out += before;
    before = ',';
    JsonObject(out)
        .member("offer", line.offer.value)
        .member("quantity", line.quantity)
        .member("unit_price", line.unit_price)
        .end();
  }
  out += ']';
}

void append_order(const Order& value, const std::optional<HashKey>& order_id_key, std::string& out) {
  JsonObject object(out);
  append_number(object, value.number, order_id_key);
  object.member("quantity", value.quantity);
  if (value.lines.empty()) {
    object.member("unit_price", value.unit_price);
  } else {
    append_lines(object, value.lines);
    object.member("total", value.unit_price);
  }
  if (value.expected_price == Buy::kNoExpectedPrice) {
    object.begin("expected_price") += "null";
  } else {
    object.member("expected_price", value.expected_price);
  }
  if (value.status == OrderStatus::held) append_time(object, "expires_at", value.expires_at);
  object.member("buyer", value.buyer).member("key", value.key).member("reference", value.reference);
  object.member("channel", value.channel).member("region", value.region).member("segment", value.segment);
  if (!value.identities.empty()) append_identities(object, value.identities);
  object.end();
}

// The event's name and what its kind has; a payment only where there is one.
void append_event(const OrderEvent& value, const std::optional<HashKey>& order_id_key, std::string& out) {
  JsonObject object(out);
  append_number(object, value.order, order_id_key);
  if (value.part) object.member("part", value.part->value);
  switch (value.kind) {
    case OrderEventKind::confirmed:
      object.member("event", "confirmed").member("quantity", value.quantity).member("late", value.late);
      break;
    case OrderEventKind::cancelled:
      object.member("event", "cancelled").member("reason", order_event_reason_name(value.reason));
      break;
    case OrderEventKind::expired:
      object.member("event", "expired");
      break;
    case OrderEventKind::extended:
      object.member("event", "extended").member("reason", order_event_reason_name(value.reason));
      append_time(object, "expires_at", value.expires_at);
      break;
    case OrderEventKind::refund_due:
      object.member("event", "refund_due");
      break;
    case OrderEventKind::returned:
      object.member("event", "returned").member("quantity", value.quantity).member("restock", value.restock);
      object.member("keyed", value.key != Hash128{});
      break;
    case OrderEventKind::offered:
      object.member("event", "offered");
      append_time(object, "expires_at", value.expires_at);
      break;
    case OrderEventKind::left_line:
      object.member("event", "left_line").member("reason", order_event_reason_name(value.reason));
      break;
  }
  if (!value.payment.empty()) object.member("payment_reference", value.payment);
  object.end();
}

void append_alert(const Alert& value, std::string& out) {
  JsonObject object(out);
  object.member("alert", alert_kind_name(value.kind)).member("raised", value.raised);
  object.member("campaign", value.campaign.value);
  if (value.offer) object.member("offer", value.offer->value);
  object.member("allocated", value.allocated).member("available", value.available);
  object.member("held", value.held).member("sold", value.sold).end();
}

void append_forgotten(const OrdersForgotten& value, const std::optional<HashKey>& order_id_key,
                      std::string& out) {
  JsonObject object(out);
  object.member("retention_seconds", value.retention_seconds);
  object.begin("orders") += '[';
  for (const ForgottenOrder& each : value.orders) {
    if (out.back() != '[') out += ',';
    JsonObject order(out);
    append_number(order, each.order, order_id_key);
    if (each.part) order.member("part", each.part->value);
    order.end();
  }
  out += ']';
  object.end();
}

void append_sample(const StateSample& value, std::string& out) {
  JsonObject object(out);
  object.member("offer", value.offer.value).member("first_ordinal", value.first_ordinal);
  object.member("orders", value.orders).member("orders_hash", value.orders_hash);
  if (value.has_units) object.member("held", value.held).member("sold", value.sold);
  object.end();
}

// The decoders of these look at the version; all others have one.
bool has_versions(RecordKind kind) {
  return kind == RecordKind::campaign_put || kind == RecordKind::offer_put ||
         kind == RecordKind::catalog_change_begin || kind == RecordKind::order_confirmed ||
         kind == RecordKind::order_held || kind == RecordKind::order_waiting ||
         kind == RecordKind::order_event;
}

}  // namespace

bool PayloadReader::append_json(const JournalRecord& record, std::string& out) {
  if (record.info.version != 1 && !has_versions(record.info.kind)) return false;
  const auto append_if = [&](const auto& value, auto append) {
    if (value) append(*value, out);
    return value.has_value();
  };
  switch (record.info.kind) {
    case RecordKind::batch_end: {
      BatchEnd end;
      if (record.payload.size() != sizeof end) return false;
      std::memcpy(&end, record.payload.data(), sizeof end);
      append_batch_end(end, out);
      return true;
    }
    case RecordKind::folder_created: {
      const auto created = decode_folder_created(record.payload);
      if (created) order_id_key_ = created->order_id_key;
      return append_if(created, [](const FolderCreated&, std::string& text) {
        JsonObject(text).member("secrets", "not shown").end();
      });
    }
    case RecordKind::catalog_change_begin:
    case RecordKind::catalog_change_end:
      return append_if(decode_catalog_change(record.payload, record.info.version), append_change);
    case RecordKind::campaign_put:
      return append_if(decode_campaign_put(record.payload, record.info.version), append_campaign);
    case RecordKind::offer_put:
      return append_if(decode_offer_put(record.payload, record.info.version), append_offer);
    case RecordKind::tenant_put:
      return append_if(decode_tenant_put(record.payload), append_tenant);
    case RecordKind::item_put:
      return append_if(decode_item_put(record.payload), append_item);
    case RecordKind::plan_part:
      return append_if(decode_plan_part(record.payload), append_plan_part);
    case RecordKind::order_confirmed:
    case RecordKind::order_held:
    case RecordKind::order_waiting: {
      OrderLists lists;
      return append_if(
          decode_order(record.payload, record.info, lists),
          [this](const Order& value, std::string& text) { append_order(value, order_id_key_, text); });
    }
    case RecordKind::orders_forgotten: {
      ForgottenList list;
      return append_if(decode_orders_forgotten(record.payload, list),
                       [this](const OrdersForgotten& value, std::string& text) {
                         append_forgotten(value, order_id_key_, text);
                       });
    }
    case RecordKind::state_sample:
      return append_if(decode_state_sample(record.payload), append_sample);
    case RecordKind::alert:
      return append_if(decode_alert(record.payload, record.info.tick), append_alert);
    case RecordKind::order_event:
      return append_if(
          decode_order_event(record.payload, record.info),
          [this](const OrderEvent& value, std::string& text) { append_event(value, order_id_key_, text); });
  }
  return false;
}

}  // namespace doorbuster
