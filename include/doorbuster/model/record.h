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
#include "doorbuster/model/plan.h"

namespace doorbuster {

enum class RecordKind : std::uint16_t {
  batch_end = 1,       // written by the journal itself: see journal/format.h
  folder_created = 2,  // first record of a data folder: its secrets
  catalog_change_begin = 16,
  campaign_put = 17,
  offer_put = 18,
  catalog_change_end = 19,  // what came since the begin takes effect here, all of it or nothing
  plan_part = 20,           // more of the campaign or offer that was put before it
  tenant_put = 21,
  item_put = 22,
  order_confirmed = 32,   // a new order that is final
  order_held = 33,        // a new order that is to be confirmed
  order_waiting = 34,     // a new order without units: a place in the line
  order_event = 35,       // something that happened to one of the three
  orders_forgotten = 36,  // orders whose retention is over: from here on they were never there
  state_sample = 37,      // what the engine had here: replay has to come to the same
  alert = 48,             // raised or cleared: nothing rests on it
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

// Who changes the catalog, and why: the audit trail's share of a change.
struct ChangeOrigin {
  enum class Source : std::uint8_t { file, admin, clock };
  Source source = Source::file;
  std::string author;  // the file's name, or an API key's id
  std::string action;  // "reload", "pause", "extend", ...
  std::string reason;  // as it was given
};

std::string_view change_source_name(ChangeOrigin::Source source);  // "file", "admin", "clock"

struct CatalogChange {        // payload of catalog_change_begin and catalog_change_end
  std::uint64_t change = 0;   // 1, 2, 3, ...
  std::uint32_t records = 0;  // how many stand between begin and end
  ChangeOrigin origin = {};   // of a begin, version 2
};

constexpr std::uint8_t catalog_change_version(const CatalogChange& change) {
  const ChangeOrigin& origin = change.origin;
  const bool named = !origin.author.empty() || !origin.action.empty() || !origin.reason.empty();
  return named || origin.source != ChangeOrigin::Source::file ? 2 : 1;
}

// Whose data a folder has besides the first tenant's.
struct TenantPut {
  TenantId tenant;
  bool listed = true;  // false: no longer in the configuration; what it has stays
  std::string id;
};

// A SKU of a tenant's catalog: what offers by rule are made of, and the pool that campaigns take stock from.
struct ItemAttribute {
  std::string name, value;
  friend bool operator==(const ItemAttribute&, const ItemAttribute&) = default;
};
struct ItemPut {
  ItemIndex item;
  TenantId tenant = kDefaultTenant;
  std::int64_t list_price = 0;
  std::int64_t stock = 0;  // of the pool: what campaigns may take, what they have taken included
  bool listed = true;
  std::string sku, category, currency;    // category: a path, its parts apart by '/'; empty: none
  std::vector<ItemAttribute> attributes;  // sorted by name, each once
  friend bool operator==(const ItemPut&, const ItemPut&) = default;
};

// What a failed payment does to a hold.
enum class PaymentFailure : std::uint8_t {
  release,  // its units go back at once
  keep,     // nothing: it runs out when it would have
  grace,    // it runs out grace_seconds from now
};
// "release" for PaymentFailure::release, and so on: the word of the configuration.
std::string_view payment_failure_name(PaymentFailure failure);

struct CampaignPut {
  CampaignIndex campaign;
  TenantId tenant = kDefaultTenant;
  Tick starts_at, ends_at;
  std::uint32_t hold_seconds = 0;           // 0: a buy is final at once
  std::uint32_t hold_max_seconds = 0;       // how long a hold can be made by extending it
  std::uint32_t limit_per_buyer = 0;        // for each offer; 0: none
  std::uint32_t limit_per_buyer_total = 0;  // over all offers of the campaign; 0: none
  PaymentFailure on_payment_failed = PaymentFailure::release;
  std::uint32_t grace_seconds = 0;  // PaymentFailure::grace
  bool waitlist = false;
  std::uint32_t offer_seconds = 0;  // how long a unit is held for the first in the line
  bool listed = true;               // false: no longer in the configuration; its orders stay
  bool show_remaining = false;
  std::string id, name, currency;
  // --- what an operator did to it ---
  bool paused = false;
  Tick ended_at{};                    // ended early: before its plan's end; zero: not
  std::uint64_t file_definition = 0;  // changed by hand since the file said this: definition_hash(); 0: not
  bool by_hand = false;               // no file has it
  // --- stock out of the pool ---
  bool from_pool = false;         // its offers' stock is taken out of the pool when it is armed
  bool armed = false;             // from_pool: it has been; what it has given back stands in its offers
  std::uint32_t arm_seconds = 0;  // from_pool: so long before its first window it is armed by itself
  CampaignPlan plan = {};         // in records of its own, behind this one
};

// Version 1 is what every campaign has whose hold_max_seconds and offer_seconds are its hold_seconds and
// whose other fields behind it are those of a CampaignPut{}; so a configuration without the newer keys is
// written as it always was. Version 2 has the others, version 3 also what an operator did and the form of
// prices, and version 4 the pool and the mark of low stock; a reader of version 4 reads all.
constexpr std::uint8_t campaign_put_version(const CampaignPut& put) {
  if (put.from_pool || put.armed || put.arm_seconds != 0 || put.plan.low_stock.is_set()) return 4;
  if (put.paused || put.ended_at != Tick{} || put.file_definition != 0 || put.by_hand ||
      put.plan.price_form != PriceForm{}) {
    return 3;
  }
  const bool defaults = put.hold_max_seconds == put.hold_seconds && put.offer_seconds == put.hold_seconds &&
                        put.limit_per_buyer_total == 0 && put.grace_seconds == 0 && !put.waitlist &&
                        put.on_payment_failed == PaymentFailure::release;
  return defaults ? 1 : 2;
}

struct OfferPut {
  OfferIndex offer;
  CampaignIndex campaign;
  std::int64_t stock = 0;
  std::int64_t list_price = 0;
  std::int64_t price = 0;
  bool listed = true;
  std::uint16_t rule = 0;     // 1, 2, ...: made by this offer rule of its campaign; 0: by nobody but itself
  std::int64_t released = 0;  // of `stock`: given back to the pool
  std::string sku;
  OfferPlan plan = {};  // in records of its own, behind this one

  std::int64_t allocation() const { return stock - released; }
};

// Version 2 has what is behind `listed`, and the mark of low stock.
constexpr std::uint8_t offer_put_version(const OfferPut& put) {
  return put.rule != 0 || put.released != 0 || put.plan.low_stock.is_set() ? 2 : 1;
}

// A piece of a list that a campaign or an offer has more of than one record takes. Pieces of one list stand
// in its order; the record that puts the campaign or offer begins every list anew.
struct PlanPart {
  enum class List : std::uint8_t {
    windows,
    price_steps,
    regions,
    segments,
    channels,
    schedule,
    offer_rules,
    channel_quotas
  };
  std::optional<OfferIndex> offer;  // of this offer, else of `campaign`
  CampaignIndex campaign;
  List list{};
  std::vector<Window> windows;
  std::vector<PriceLayer> price_steps;
  std::vector<std::string> texts;
  std::vector<ChannelQuota> channel_quotas;
};
// Cuts a plan into records, in the order in which they are journaled.
std::vector<PlanPart> plan_parts(const CampaignPut& put);
std::vector<PlanPart> plan_parts(const OfferPut& put);
// Puts a piece back. False: it cannot be a piece of this plan.
[[nodiscard]] bool add_part(PlanPart part, CampaignPut& put);
[[nodiscard]] bool add_part(PlanPart part, OfferPut& put);

// Payload bytes, appended to `out` (cold records) or written to `out` (orders; returns the size).
void encode(const FolderCreated& value, std::string& out);
void encode(const CatalogChange& value, std::string& out);
void encode(const CampaignPut& value, std::string& out);
void encode(const OfferPut& value, std::string& out);
void encode(const TenantPut& value, std::string& out);
void encode(const ItemPut& value, std::string& out);
void encode(const PlanPart& value, std::string& out);

// A new order. Version 1 is what every order without identities that is not held has, version 3 a basket's,
// version 2 the others; a reader of version 3 reads all.
inline constexpr std::size_t kOrderFixedBytes = 40;
inline constexpr std::size_t kOrderLineBytes = 16;
constexpr RecordKind order_record_kind(const Order& order) {
  return order.status == OrderStatus::held      ? RecordKind::order_held
         : order.status == OrderStatus::waiting ? RecordKind::order_waiting
                                                : RecordKind::order_confirmed;
}
constexpr std::uint8_t order_record_version(const Order& order) {
  if (!order.lines.empty()) return 3;
  return order.status == OrderStatus::held || !order.identities.empty() ? 2 : 1;
}
constexpr std::size_t order_payload_bytes(const Order& order) {
  return kOrderFixedBytes + (order.status == OrderStatus::held ? sizeof(Tick) : 0) +
         order.identities.size() * sizeof(Hash128) + order.lines.size() * kOrderLineBytes +
         order.buyer.size() + order.key.size() + order.reference.size() + order.channel.size() +
         order.region.size() + order.segment.size();
}
// REQUIRES: out.size() >= order_payload_bytes(order).
std::size_t encode(const Order& order, std::span<std::byte> out);
// How many identities and lines an order's payload says it has, without looking at anything else of it.
struct OrderListSizes {
  std::uint8_t identities = 0, lines = 0;
};
OrderListSizes order_list_sizes(std::span<const std::byte> payload);

inline constexpr std::size_t kOrderEventFixedBytes = 48;
// Version 1 is what happens to a whole order, version 2 to one line of a basket.
constexpr std::uint8_t order_event_version(const OrderEvent& event) {
  return event.part ? 2 : 1;
}
constexpr std::size_t order_event_payload_bytes(const OrderEvent& event) {
  return kOrderEventFixedBytes + event.payment.size();
}
// REQUIRES: out.size() >= order_event_payload_bytes(event).
std::size_t encode(const OrderEvent& event, std::span<std::byte> out);

// The orders of one record, whole ones and lines of baskets as they come. They may be of several tenants.
struct OrdersForgotten {
  std::uint32_t retention_seconds = 0;  // in force: each of them had been over for so long
  std::span<const ForgottenOrder> orders;
};
// REQUIRES: 1 to kForgottenPerRecordMax orders.
std::size_t forgotten_payload_bytes(std::span<const ForgottenOrder> orders);
// REQUIRES: out.size() >= forgotten_payload_bytes(value.orders).
std::size_t encode(const OrdersForgotten& value, std::span<std::byte> out);

// What an engine had of one offer and of some of its orders, behind all records of its shard before this one.
// Nothing rests on it: it is there to find out when a replay comes to something else.
struct StateSample {
  OfferIndex offer;
  bool has_units = false;           // false: lines of baskets were on their way, held and sold say nothing
  std::uint16_t orders = 0;         // that were there, of the kStateSampleOrders numbers from
  std::uint64_t first_ordinal = 0;  // this one on
  std::int64_t held = 0, sold = 0;
  std::uint64_t orders_hash = 0;  // the sum of their hashes, as that version of this program makes them
  friend bool operator==(const StateSample&, const StateSample&) = default;
};
// Goes up with the layout of OrderRow and OrderLife: samples of another version are not compared.
inline constexpr std::uint8_t kStateSampleVersion = 1;
inline constexpr std::size_t kStateSamplePayloadBytes = 40;
// REQUIRES: out.size() >= kStateSamplePayloadBytes.
std::size_t encode(const StateSample& sample, std::span<std::byte> out);

// Nothing when the bytes are not exactly such a payload of that version. Views point into `payload`.
std::optional<FolderCreated> decode_folder_created(std::span<const std::byte> payload);
std::optional<CatalogChange> decode_catalog_change(std::span<const std::byte> payload, std::uint8_t version);
std::optional<CampaignPut> decode_campaign_put(std::span<const std::byte> payload, std::uint8_t version);
std::optional<OfferPut> decode_offer_put(std::span<const std::byte> payload, std::uint8_t version);
std::optional<TenantPut> decode_tenant_put(std::span<const std::byte> payload);
std::optional<ItemPut> decode_item_put(std::span<const std::byte> payload);
std::optional<PlanPart> decode_plan_part(std::span<const std::byte> payload);
// A payload of `info.kind` and `info.version`. The tick is the record's, which the payload does not repeat.
// `lists` is where the order's identities and lines are put.
struct OrderLists {
  std::array<Hash128, kIdentitiesMax> identities;
  std::array<OrderLine, kBasketLinesMax> lines;
};
std::optional<Order> decode_order(std::span<const std::byte> payload, const RecordInfo& info,
                                  OrderLists& lists);
std::optional<OrderEvent> decode_order_event(std::span<const std::byte> payload, const RecordInfo& info);
// `list` is where the orders are put.
using ForgottenList = std::array<ForgottenOrder, kForgottenPerRecordMax>;
std::optional<OrdersForgotten> decode_orders_forgotten(std::span<const std::byte> payload,
                                                       ForgottenList& list);
std::optional<StateSample> decode_state_sample(std::span<const std::byte> payload);

}  // namespace doorbuster
