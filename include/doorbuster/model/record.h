#pragma once
// What is written to the journal: kinds, versions and the bytes of each payload. docs/formats/journal.md has
// the same in prose. A kind's number and a version's layout are never changed, only added to; a reader that
// meets a kind or a version that it does not know stops, it never skips.
//
// Little-endian throughout. Strings stand back to back after the fixed part, their lengths are in it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "doorbuster/base/tick.h"
#include "doorbuster/model/ids.h"
#include "doorbuster/model/order.h"

namespace doorbuster {

enum class RecordKind : std::uint16_t {
  batch_end = 1,       // written by the journal itself: see journal/format.h
  folder_created = 2,  // first record of a data folder: its secrets
  catalog_change_begin = 16,
  campaign_put = 17,
  offer_put = 18,
  catalog_change_end = 19,  // what came since the begin takes effect here, all of it or nothing
  order_confirmed = 32,
};

// The kind's name as `journal dump` prints it, or "unknown".
std::string_view record_kind_name(RecordKind kind);

struct RecordInfo {
  RecordKind kind{};
  std::uint8_t version = 1;
  TenantId tenant = kDefaultTenant;
  Tick tick;
};

struct FolderCreated {
  HashKey table_key;     // keyed_hash() of buyers and idempotency keys
  HashKey order_id_key;  // tag of order ids
};

struct CatalogChange {        // payload of catalog_change_begin and catalog_change_end
  std::uint64_t change = 0;   // 1, 2, 3, ...
  std::uint32_t records = 0;  // how many stand between begin and end
};

struct CampaignPut {
  CampaignIndex campaign;
  TenantId tenant = kDefaultTenant;
  Tick starts_at, ends_at;
  std::uint32_t hold_seconds = 0;
  std::uint32_t limit_per_buyer = 0;
  bool listed = true;  // false: no longer in the configuration; its orders stay
  bool show_remaining = false;
  std::string id, name, currency;
};

struct OfferPut {
  OfferIndex offer;
  CampaignIndex campaign;
  std::int64_t stock = 0;
  std::int64_t list_price = 0;
  std::int64_t price = 0;
  bool listed = true;
  std::string sku;
};

// Payload bytes, appended to `out` (cold records) or written to `out` (orders; returns the size).
void encode(const FolderCreated& value, std::string& out);
void encode(const CatalogChange& value, std::string& out);
void encode(const CampaignPut& value, std::string& out);
void encode(const OfferPut& value, std::string& out);

inline constexpr std::size_t kOrderFixedBytes = 40;
// REQUIRES: out.size() >= order_payload_bytes(order).
constexpr std::size_t order_payload_bytes(const Order& order) {
  return kOrderFixedBytes + order.buyer.size() + order.key.size() + order.reference.size() +
         order.channel.size() + order.region.size() + order.segment.size();
}
std::size_t encode(const Order& order, std::span<std::byte> out);

// Nothing when the bytes are not exactly such a payload of version 1. The order's views point into `payload`.
std::optional<FolderCreated> decode_folder_created(std::span<const std::byte> payload);
std::optional<CatalogChange> decode_catalog_change(std::span<const std::byte> payload);
std::optional<CampaignPut> decode_campaign_put(std::span<const std::byte> payload);
std::optional<OfferPut> decode_offer_put(std::span<const std::byte> payload);
// `decided_at` is the record's tick, which the payload does not repeat.
std::optional<Order> decode_order(std::span<const std::byte> payload, Tick decided_at);

}  // namespace doorbuster
