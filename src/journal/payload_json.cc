#include "journal/payload_json.h"

#include <array>
#include <cstring>

namespace doorbuster {
namespace {

// How many bytes the UTF-8 sequence at the front of `text` has; 0: it is none (RFC 3629, table 3-7 of Unicode).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  if (lead >= 0xC2 && lead <= 0xDF) length = 2;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second > 0x9F;
  const bool too_high = lead == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_high ? 0 : length;
}

void append_time(JsonObject& object, std::string_view name, Tick tick) { object.member(name, format_rfc3339(tick)); }

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
  object.member("channel", value.channel).member("region", value.region).member("segment", value.segment).end();
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += text.front();
    } else if (c < 0x20 || c == 0x7F) {
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

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
      return append_if(decode_catalog_change(record.payload), [](const CatalogChange& value, std::string& text) {
        JsonObject(text).member("change", value.change).member("records", value.records).end();
      });
    case RecordKind::campaign_put: return append_if(decode_campaign_put(record.payload), append_campaign);
    case RecordKind::offer_put: return append_if(decode_offer_put(record.payload), append_offer);
    case RecordKind::order_confirmed:
      return append_if(decode_order(record.payload, record.info.tick),
                       [this](const Order& value, std::string& text) { append_order(value, order_id_key_, text); });
  }
  return false;
}

}  // namespace doorbuster
