#include "doorbuster/feed/event.h"

#include <span>
#include <string_view>
#include <utility>

#include "doorbuster/base/json_writer.h"
#include "doorbuster/base/text.h"
#include "doorbuster/feed/position.h"
#include "doorbuster/model/alert.h"
#include "doorbuster/model/record.h"

namespace doorbuster {
namespace {

constexpr std::string_view kSchema = "urn:doorbuster:feed:1";

// One event while it is written: the envelope, and then the members of its data.
class Event {
 public:
  Event(const std::string& source, const JournalRecord& record, std::string_view tenant,
        std::string_view type, std::string_view subject) {
    json.begin_object();
    json.member("specversion", "1.0");
    json.member("id", format_feed_position({record.epoch, record.sequence}));
    json.member("source", source);
    json.member("type", type);
    if (!subject.empty()) json.member("subject", subject);
    json.member("time", record.info.tick);
    json.member("tenant", tenant);
    json.member("dataschema", kSchema);
    json.begin_object("data");
  }
  std::string take() && {
    json.end_object();
    json.end_object();
    return std::move(json).take();
  }
  void text_member(std::string_view name, std::string_view text) {
    if (!text.empty()) json.member(name, text);
  }

  JsonWriter json;
};

std::string_view status_type(OrderStatus status) {
  switch (status) {
    case OrderStatus::held:
      return "doorbuster.order.held";
    case OrderStatus::waiting:
      return "doorbuster.order.waiting";
    default:
      return "doorbuster.order.confirmed";
  }
}

std::string_view event_type(OrderEventKind kind) {
  switch (kind) {
    case OrderEventKind::confirmed:
      return "doorbuster.order.confirmed";
    case OrderEventKind::cancelled:
      return "doorbuster.order.cancelled";
    case OrderEventKind::expired:
      return "doorbuster.order.expired";
    case OrderEventKind::extended:
      return "doorbuster.order.extended";
    case OrderEventKind::refund_due:
      return "doorbuster.order.refund_due";
    case OrderEventKind::returned:
      return "doorbuster.order.returned";
    case OrderEventKind::offered:
      return "doorbuster.order.offered";
    case OrderEventKind::left_line:
      return "doorbuster.order.left_line";
  }
  return {};
}

void write_order(Event& event, const Order& order, std::string_view id, const Catalog& catalog) {
  JsonWriter& json = event.json;
  const CampaignPut& campaign = catalog.campaign_of(order.number.offer()).definition;
  json.member("order", id);
  json.member("first", true);
  json.member("campaign", campaign.id);
  json.member("currency", campaign.currency);
  json.member("quantity", order.quantity);
  if (order.lines.empty()) {
    json.member("sku", catalog.offer(order.number.offer()).definition.sku);
    json.member("unit_price", order.unit_price);
  } else {
    json.begin_array("lines");
    for (const OrderLine& line : order.lines) {
      json.begin_object();
      json.member("sku", catalog.offer(line.offer).definition.sku);
      json.member("quantity", line.quantity);
      json.member("unit_price", line.unit_price);
      json.end_object();
    }
    json.end_array();
    json.member("total", order.unit_price);
  }
  json.member("buyer", order.buyer);
  event.text_member("reference", order.reference);
  event.text_member("channel", order.channel);
  event.text_member("region", order.region);
  event.text_member("segment", order.segment);
  if (order.status == OrderStatus::held) json.member("expires_at", order.expires_at);
}

void write_order_event(Event& event, const OrderEvent& value, std::string_view id, const Catalog& catalog) {
  JsonWriter& json = event.json;
  json.member("order", id);
  json.member("campaign", catalog.campaign_of(value.order.offer()).definition.id);
  if (value.part) json.member("sku", catalog.offer(*value.part).definition.sku);
  switch (value.kind) {
    case OrderEventKind::confirmed:
      json.member("quantity", value.quantity);
      json.member("late", value.late);
      break;
    case OrderEventKind::returned:
      json.member("quantity", value.quantity);
      json.member("restock", value.restock);
      break;
    case OrderEventKind::extended:
      json.member("expires_at", value.expires_at);
      json.member("reason", order_event_reason_name(value.reason));
      break;
    case OrderEventKind::offered:
      json.member("expires_at", value.expires_at);
      break;
    case OrderEventKind::cancelled:
    case OrderEventKind::left_line:
      json.member("reason", order_event_reason_name(value.reason));
      break;
    case OrderEventKind::expired:
    case OrderEventKind::refund_due:
      break;
  }
  event.text_member("payment_reference", value.payment);
}

void write_change(Event& event, const CatalogChange& value) {
  event.json.member("change", value.change);
  event.json.member("source", change_source_name(value.origin.source));
  event.text_member("author", value.origin.author);
  event.text_member("action", value.origin.action);
  event.text_member("reason", value.origin.reason);
}

void write_campaign(Event& event, const CampaignPut& value) {
  JsonWriter& json = event.json;
  json.member("campaign", value.id);
  json.member("name", value.name);
  json.member("currency", value.currency);
  json.member("starts_at", value.starts_at);
  json.member("ends_at", value.ends_at);
  if (value.ended_at != Tick{}) json.member("ended_at", value.ended_at);
  json.member("paused", value.paused);
  json.member("listed", value.listed);
}

void write_offer(Event& event, const OfferPut& value, const CampaignPut& campaign) {
  JsonWriter& json = event.json;
  json.member("campaign", campaign.id);
  json.member("sku", value.sku);
  json.member("currency", campaign.currency);
  json.member("price", value.price);
  json.member("list_price", value.list_price);
  json.member("stock", value.stock);
  json.member("released", value.released);
  json.member("listed", value.listed);
}

void write_alert(Event& event, const Alert& value, const Catalog& catalog) {
  JsonWriter& json = event.json;
  json.member("kind", alert_kind_name(value.kind));
  json.member("campaign", catalog.campaign(value.campaign).definition.id);
  if (value.offer) json.member("sku", catalog.offer(*value.offer).definition.sku);
  json.member("allocated", value.allocated);
  json.member("available", value.available);
  json.member("held", value.held);
  json.member("sold", value.sold);
}

tl::unexpected<Error> unknown(const JournalRecord& record) {
  return fail(ErrorKind::runtime, std::string(record.segment) + ", byte " + std::to_string(record.offset) +
                                      ": record " + std::to_string(record.sequence) +
                                      " is none that this program knows");
}

}  // namespace

std::string event_source(const FolderIdentity& folder) {
  return "urn:doorbuster:folder:" + hex(std::as_bytes(std::span(folder)));
}

EventEncoder::EventEncoder(const FolderIdentity& identity, const HashKey& order_id_key)
    : source_(event_source(identity)), order_id_key_(order_id_key) {}

Result<std::optional<EncodedEvent>> EventEncoder::encode(const JournalRecord& record,
                                                         const Catalog& catalog) const {
  const RecordInfo& info = record.info;
  TenantId tenant = info.tenant;
  const auto written = [&](const auto& value, std::string_view type, std::string_view subject,
                           auto write) -> Result<std::optional<EncodedEvent>> {
    Event event(source_, record, catalog.tenant(tenant).id, type, subject);
    write(event, *value);
    return EncodedEvent{tenant, std::string(subject), std::move(event).take()};
  };
  switch (info.kind) {
    case RecordKind::batch_end:
    case RecordKind::folder_created:
    case RecordKind::catalog_change_end:
    case RecordKind::plan_part:
    case RecordKind::tenant_put:
    case RecordKind::item_put:
    case RecordKind::orders_forgotten:
    case RecordKind::state_sample:
      return std::optional<EncodedEvent>();
    case RecordKind::order_confirmed:
    case RecordKind::order_held:
    case RecordKind::order_waiting: {
      OrderLists lists;
      const auto order = decode_order(record.payload, info, lists);
      if (!order) return unknown(record);
      const OrderId id = format_order_id(order_id_key_, order->number);
      const std::string_view subject(id.data(), id.size());
      return written(order, status_type(order->status), subject,
                     [&](Event& event, const Order& value) { write_order(event, value, subject, catalog); });
    }
    case RecordKind::order_event: {
      const auto happened = decode_order_event(record.payload, info);
      if (!happened) return unknown(record);
      const OrderId id = format_order_id(order_id_key_, happened->order);
      const std::string_view subject(id.data(), id.size());
      return written(
          happened, event_type(happened->kind), subject,
          [&](Event& event, const OrderEvent& value) { write_order_event(event, value, subject, catalog); });
    }
    case RecordKind::catalog_change_begin: {
      const auto change = decode_catalog_change(record.payload, info.version);
      if (!change) return unknown(record);
      return written(change, "doorbuster.catalog.changed", {}, write_change);
    }
    case RecordKind::campaign_put: {
      const auto put = decode_campaign_put(record.payload, info.version);
      if (!put) return unknown(record);
      tenant = put->tenant;
      return written(put, "doorbuster.campaign.changed", put->id, write_campaign);
    }
    case RecordKind::offer_put: {
      const auto put = decode_offer_put(record.payload, info.version);
      if (!put) return unknown(record);
      const CampaignPut& campaign = catalog.campaign(put->campaign).definition;
      tenant = campaign.tenant;
      return written(put, "doorbuster.offer.changed", campaign.id,
                     [&](Event& event, const OfferPut& value) { write_offer(event, value, campaign); });
    }
    case RecordKind::alert: {
      const auto alert = decode_alert(record.payload, info.tick);
      if (!alert) return unknown(record);
      const std::string_view type = alert->raised ? "doorbuster.alert.raised" : "doorbuster.alert.cleared";
      return written(alert, type, catalog.campaign(alert->campaign).definition.id,
                     [&](Event& event, const Alert& value) { write_alert(event, value, catalog); });
    }
  }
  return unknown(record);
}

}  // namespace doorbuster
