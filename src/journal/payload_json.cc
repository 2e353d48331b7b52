#include "journal/payload_json.h"

#include <array>
#include <cstring>

namespace doorbuster {
namespace {

void append_time(JsonObject& object, std::string_view name, Tick tick) {
  object.member(name, format_rfc3339(tick));
}

void append_batch_end(const BatchEnd& value, std::string& out) {
  JsonObject(out).member("durable_sequence", value.durable_sequence).member("records", value.records).end();
}

void append_campaign(const CampaignPut& value, std::string& out) {
  JsonObject object(out);
  object.member("campaign", value.campaign.value).member("tenant", value.tenant.value).member("id", value.id);
  object.member("name", value.name).member("currency", value.currency);
  append_time(object, "starts_at", value.starts_at);
  append_time(object, "ends_at", value.ends_at);
  object.member("hold_seconds", value.hold_seconds).member("limit_per_buyer", value.limit_per_buyer);
  object.member("listed", value.listed).member("show_remaining", value.show_remaining).end();
}

void append_offer(const OfferPut& value, std::string& out) {
  JsonObject object(out);
  object.member("offer", value.offer.value).member("campaign", value.campaign.value).member("sku", value.sku);
  object.member("stock", value.stock).member("list_price", value.list_price).member("price", value.price);
  object.member("listed", value.listed).end();
}

void append_order(const Order& value, const std::optional<HashKey>& order_id_key, std::string& out) {
  JsonObject object(out);
  if (order_id_key) {
    const OrderId id = format_order_id(*order_id_key, value.number);
    object.member("order", std::string_view(id.data(), id.size()));
  }
  // The number as its two parts: together they need more bits than many JSON readers keep.
  object.member("offer", value.number.offer().value).member("ordinal", value.number.ordinal());
  object.member("quantity", value.quantity).member("unit_price", value.unit_price);
  if (value.expected_price == Buy::kNoExpectedPrice) {
    object.begin("expected_price") += "null";
  } else {
    object.member("expected_price", value.expected_price);
  }
  object.member("buyer", value.buyer).member("key", value.key).member("reference", value.reference);
  object.member("channel", value.channel)
      .member("region", value.region)
      .member("segment", value.segment)
      .end();
}

}  // namespace

bool PayloadReader::append_json(const JournalRecord& record, std::string& out) {
  if (record.info.version != 1) return false;
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
      return append_if(
          decode_catalog_change(record.payload), [](const CatalogChange& value, std::string& text) {
            JsonObject(text).member("change", value.change).member("records", value.records).end();
          });
    case RecordKind::campaign_put:
      return append_if(decode_campaign_put(record.payload), append_campaign);
    case RecordKind::offer_put:
      return append_if(decode_offer_put(record.payload), append_offer);
    case RecordKind::order_confirmed:
      return append_if(
          decode_order(record.payload, record.info.tick),
          [this](const Order& value, std::string& text) { append_order(value, order_id_key_, text); });
  }
  return false;
}

}  // namespace doorbuster
