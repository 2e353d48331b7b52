#include "doorbuster/runtime/recovery.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "doorbuster/base/check.h"
#include "doorbuster/engine/retention_sweep.h"
#include "runtime/record_place.h"

namespace doorbuster {
namespace {

std::uint8_t newest_version(RecordKind kind) {
  switch (kind) {
    case RecordKind::order_confirmed:
    case RecordKind::order_held:
      return 3;
    case RecordKind::campaign_put:
      return 4;
    case RecordKind::offer_put:
    case RecordKind::catalog_change_begin:
    case RecordKind::order_waiting:
    case RecordKind::order_event:
      return 2;
    case RecordKind::state_sample:
      return kStateSampleVersion;
    default:
      return 1;
  }
}

template <typename Put>
bool add_to(std::vector<Put>& puts, std::optional<Put> put) {
  if (put) puts.push_back(std::move(*put));
  return put.has_value();
}

}  // namespace

std::string_view add_definition(const RecordInfo& info, std::span<const std::byte> payload,
                                CatalogChangeSet& change) {
  const auto unless = [](bool fine, std::string_view fault) { return fine ? std::string_view() : fault; };
  switch (info.kind) {
    case RecordKind::tenant_put:
      return unless(add_to(change.tenants, decode_tenant_put(payload)), "the payload is not a tenant");
    case RecordKind::item_put:
      return unless(add_to(change.items, decode_item_put(payload)), "the payload is not an item");
    case RecordKind::campaign_put:
      return unless(add_to(change.campaigns, decode_campaign_put(payload, info.version)),
                    "the payload is not a campaign");
    case RecordKind::offer_put:
      return unless(add_to(change.offers, decode_offer_put(payload, info.version)),
                    "the payload is not an offer");
    case RecordKind::plan_part: {
      auto part = decode_plan_part(payload);
      return unless(part && change.add_part(std::move(*part)),
                    "the payload is no part of what was put before it");
    }
    default:
      return "unknown kind; start a newer doorbuster on this folder";
  }
}

bool is_known_version(const RecordInfo& info) {
  return info.version <= newest_version(info.kind);
}

void StateBuilder::make_engines() {
  allowances_ = std::make_unique<Allowances>(options_.orders_max * (kIdentitiesMax + 1));
  const std::int64_t retention_ns = options_.order_retention_seconds * kNsPerSecond;
  for (std::uint32_t shard = 0; shard < options_.shards; ++shard) {
    engines_.push_back(std::make_unique<Engine>(EngineOptions{.shard = shard,
                                                              .shards = options_.shards,
                                                              .orders_max = options_.orders_max,
                                                              .names_min = options_.names_min,
                                                              .returns_min = options_.returns_min,
                                                              .table_key = keys_.table_key,
                                                              .retention_ns = retention_ns,
                                                              .allowances = allowances_.get()}));
  }
}

void StateBuilder::set_keys(const DataFolderKeys& keys) {
  DOORBUSTER_CHECK(!has_keys_);
  has_keys_ = true;
  keys_ = keys;
  make_engines();
}

void StateBuilder::install(CatalogPointer catalog) {
  catalog_ = std::move(catalog);
  for (const auto& engine : engines_) engine->install(catalog_);
}

Status StateBuilder::apply(const JournalRecord& record, const RecordKeys& keys) {
  last_tick_ = std::max(last_tick_, record.info.tick);
  if (record.info.kind == RecordKind::batch_end) return {};
  if (!is_known_version(record.info)) {
    return contradicts(record, "version " + std::to_string(record.info.version) +
                                   " is newer than this program; start a newer doorbuster on this folder");
  }
  if (record.info.kind == RecordKind::folder_created) {
    const auto created = decode_folder_created(record.payload);
    if (!created || has_keys_) return contradicts(record, "not a first record");
    set_keys({.table_key = created->table_key, .order_id_key = created->order_id_key});
    return {};
  }
  if (!has_keys_) return contradicts(record, "stands before the record that begins every data folder");
  switch (record.info.kind) {
    case RecordKind::order_confirmed:
    case RecordKind::order_held:
    case RecordKind::order_waiting:
      return apply_order(record, keys.hashes);
    case RecordKind::order_event:
      return apply_order_event(record);
    case RecordKind::orders_forgotten:
      return apply_forgotten(record);
    case RecordKind::state_sample:
      return apply_sample(record);
    case RecordKind::alert:
      return apply_alert(record);
    default:
      return apply_catalog_record(record);
  }
}

Status StateBuilder::apply_order_event(const JournalRecord& record) {
  const auto event = decode_order_event(record.payload, record.info);
  if (!event) return contradicts(record, "the payload is not an order's event");
  // A line of a basket expires in its own engine; all else happens to the order first.
  const bool line_only = event->part && event->kind == OrderEventKind::expired;
  const OfferIndex offer = line_only ? *event->part : event->order.offer();
  Engine& engine = *engines_[owner_shard(offer, options_.shards)];
  Applied applied;
  if (offer.value >= catalog_->offers().size() || !engine.apply(*event, applied)) {
    return contradicts(record, "this cannot have happened to the order as it stands");
  }
  if (!line_only && engine.is_basket(applied.slot))
    return apply_to_parts(record, *event, engine, applied.slot);
  if (!engine.has_total_limit(offer)) return {};
  if (applied.discharged != 0) engine.discharge(applied.slot, applied.discharged);
  if (event->late && !charge(engine, applied.slot, event->quantity)) return no_room(record, engine);
  return {};
}

Status StateBuilder::apply_to_parts(const JournalRecord& record, const OrderEvent& event, const Engine& home,
                                    OrderSlot basket) {
  if (event.kind == OrderEventKind::refund_due) return {};
  for (const OrderLine& line : home.order(basket).lines) {
    Engine& engine = *engines_[owner_shard(line.offer, options_.shards)];
    Applied applied;
    if (!engine.apply_to_part(event, line.offer, Engine::Pin::none, applied)) {
      return contradicts(record, "this cannot have happened to the basket as it stands");
    }
    if (!engine.has_total_limit(line.offer)) continue;
    if (applied.discharged != 0) engine.discharge(applied.slot, applied.discharged);
    if (applied.charged != 0 && !charge(engine, applied.slot, applied.charged)) {
      return no_room(record, engine);
    }
  }
  return {};
}

Status StateBuilder::apply_forgotten(const JournalRecord& record) {
  ForgottenList list;
  const auto forgotten = decode_orders_forgotten(record.payload, list);
  if (!forgotten) return contradicts(record, "the payload is not a list of orders");
  const std::int64_t retention_ns = forgotten->retention_seconds * kNsPerSecond;
  for (const ForgottenOrder& order : forgotten->orders) {
    const OfferIndex offer = order.part.value_or(order.order.offer());
    if (!engines_[owner_shard(offer, options_.shards)]->forget(order, record.info.tick, retention_ns)) {
      return contradicts(record, "an order is not there, or was not over for as long as it is remembered");
    }
    if (!order.part) --orders_;
  }
  return {};
}

std::vector<EncodedRecord> StateBuilder::forget_over(Tick now) {
  std::vector<EncodedRecord> records;
  std::array<OrderSlot, kForgottenPerRecordMax> room;
  for (const auto& engine : engines_) {
    RetentionSweep sweep;
    do {
      const std::span<const OrderSlot> found = sweep.look(*engine, now, room, RetentionSweep::Lines::at_once);
      if (found.empty()) continue;
      ForgottenList list;
      for (std::size_t i = 0; i < found.size(); ++i) list[i] = *engine->forgetting_of(found[i]);
      const OrdersForgotten forgotten = {.retention_seconds = options_.order_retention_seconds,
                                         .orders = std::span(list).first(found.size())};
      EncodedRecord& record = records.emplace_back();
      record.info = {
          .kind = RecordKind::orders_forgotten, .version = 1, .tenant = kDefaultTenant, .tick = now};
      record.payload.resize(forgotten_payload_bytes(forgotten.orders));
      encode(forgotten, std::as_writable_bytes(std::span(record.payload)));
      for (const ForgottenOrder& order : forgotten.orders) {
        const bool done = engine->forget(order, now, engine->retention_ns());
        DOORBUSTER_CHECK(done);  // it was just said to be over
        if (!order.part) --orders_;
      }
    } while (!sweep.at_start());
  }
  return records;
}

Status StateBuilder::apply_alert(const JournalRecord& record) {
  const auto alert = decode_alert(record.payload, record.info.tick);
  if (!alert) return contradicts(record, "the payload is not an alert");
  const bool is_known = alert->offer
                            ? alert->offer->value < catalog_->offers().size() &&
                                  catalog_->offer(*alert->offer).definition.campaign == alert->campaign
                            : alert->campaign.value < catalog_->campaigns().size();
  if (!is_known) return contradicts(record, "an alert of what was never defined");
  alerts_->append(*alert);
  return {};
}

// The process that wrote this may have made room in between.
bool StateBuilder::charge(Engine& engine, OrderSlot slot, std::uint32_t units) {
  if (engine.charge_anyway(slot, units)) return true;
  allowances_->compact();
  return engine.charge_anyway(slot, units);
}

tl::unexpected<Error> StateBuilder::no_room(const JournalRecord& record, const Engine& engine) {
  out_of_room_ = true;
  return contradicts(
      record, "more orders than server.max_orders (" + std::to_string(engine.orders_max()) + "): raise it");
}

Status StateBuilder::apply_order(const JournalRecord& record, const BuyHashes& hashes) {
  OrderLists lists;
  const auto order = decode_order(record.payload, record.info, lists);
  if (!order) return contradicts(record, "the payload is not an order");
  const OfferIndex offer = order->number.offer();
  if (offer.value >= catalog_->offers().size())
    return contradicts(record, "an order of an offer that was never defined");
  Engine& engine = *engines_[owner_shard(offer, options_.shards)];
  if (!engine.skip_numbers(offer, static_cast<std::uint32_t>(record.epoch))) {
    return contradicts(record, "an order of an earlier start");
  }
  OrderSlot slot;
  if (!engine.apply(*order, hashes, slot)) {
    if (engine.full()) return no_room(record, engine);
    return contradicts(record, "the order contradicts the stock, numbers or keys before it");
  }
  for (const OrderLine& line : order->lines) {
    Engine& owner = *engines_[owner_shard(line.offer, options_.shards)];
    if (!owner.apply_part(*order, line, hashes, Engine::Units::free)) {
      if (owner.full()) return no_room(record, owner);
      return contradicts(record, "a line of the basket contradicts the stock before it");
    }
  }
  if (engine.has_total_limit(offer) && !charge(engine, slot, order->quantity)) {
    return no_room(record, engine);
  }
  ++orders_;
  return {};
}

Status StateBuilder::apply_catalog_record(const JournalRecord& record) {
  if (record.info.kind == RecordKind::catalog_change_begin) {
    const auto begin = decode_catalog_change(record.payload, record.info.version);
    if (!begin || begin->change != catalog_->version() + 1)
      return contradicts(record, "changes are not in order");
    // A begin after a begin: the process died between the two; what it had written of the first never took
    // effect.
    in_change_ = true;
    change_ = *begin;
    change_records_ = 0;
    pending_ = {};
    pending_.origin = begin->origin;
    return {};
  }
  if (!in_change_) return contradicts(record, "stands outside of a catalog change, or its kind is unknown");
  switch (record.info.kind) {
    case RecordKind::catalog_change_end: {
      const auto end = decode_catalog_change(record.payload, record.info.version);
      if (!end || end->change != change_.change || end->records != change_records_) {
        return contradicts(record, "the change's end does not fit its begin");
      }
      in_change_ = false;
      if (Status fits = check_pending(); !fits) return contradicts(record, fits.error().message);
      for (AuditEntry& entry : audit_entries(*catalog_, pending_, record.info.tick)) {
        audit_.append(std::move(entry));
      }
      install(apply_change(*catalog_, pending_));
      pending_ = {};
      return {};
    }
    default:
      if (const std::string_view fault = add_definition(record.info, record.payload, pending_);
          !fault.empty()) {
        return contradicts(record, std::string(fault));
      }
      ++change_records_;
      return {};
  }
}

// Whether the journaled change can follow what is there. What is asked here is a condition of install().
Status StateBuilder::check_pending() const {
  if (Status fits = check_change(*catalog_, pending_); !fits) return fits;
  for (const OfferPut& put : pending_.offers) {
    if (put.offer.value >= catalog_->offers().size()) continue;
    const OfferStock stock = engines_[owner_shard(put.offer, options_.shards)]->stock(put.offer);
    if (put.allocation() < stock.held + stock.sold) {
      return fail(ErrorKind::configuration, "the stock of " + put.sku + " is below what is sold or held");
    }
  }
  return {};
}

std::vector<std::int64_t> StateBuilder::committed() const {
  std::vector<std::int64_t> units(catalog_->offers().size(), 0);
  for (std::uint32_t i = 0; i < units.size(); ++i) {
    const OfferStock stock = engines_[owner_shard({i}, options_.shards)]->stock({i});
    units[i] = stock.held + stock.sold;
  }
  return units;
}

std::uint64_t StateBuilder::state_hash() const {
  std::vector<Engine*> engines;
  for (const auto& engine : engines_) engines.push_back(engine.get());
  static const Allowances none(0);
  return doorbuster::state_hash(engines, allowances_ ? *allowances_ : none, *catalog_);
}

std::uint64_t state_hash(const std::vector<Engine*>& engines, const Allowances& allowances,
                         const Catalog& catalog) {
  std::uint64_t sum = catalog.version() + allowances.state_hash();
  std::string bytes;
  const auto add = [&](const auto& definition, std::uint64_t seed) {
    bytes.clear();
    encode(definition, bytes);
    if constexpr (requires { plan_parts(definition); }) {
      for (const PlanPart& part : plan_parts(definition)) encode(part, bytes);
    }
    sum += hash64(bytes.data(), bytes.size(), seed);
  };
  for (const Campaign& campaign : catalog.campaigns()) add(campaign.definition, 5);
  for (const Offer& offer : catalog.offers()) add(offer.definition, 6);
  for (const TenantPut& tenant : catalog.tenants()) {
    if (tenant.tenant != kDefaultTenant) add(tenant, 7);
  }
  for (const ItemPut& item : catalog.items()) add(item, 8);
  for (const Engine* engine : engines) sum += engine->state_hash();
  return sum;
}

Result<std::uint64_t> orders_recorded_at_most(Storage& storage, std::uint64_t from_sequence) {
  constexpr std::uint64_t smallest = sizeof(RecordHeader) + kOrderFixedBytes;
  auto names = storage.list();
  if (!names) return tl::unexpected(names.error());
  std::uint64_t bytes = 0;
  for (const std::string& name : *names) {
    const auto first_sequence = parse_segment_name(name);
    if (!first_sequence || *first_sequence < from_sequence) continue;
    auto file = storage.open(name, Storage::Mode::read);
    if (!file) return tl::unexpected(file.error());
    auto size = (*file)->size();
    if (!size) return tl::unexpected(size.error());
    bytes += *size;
  }
  return bytes / smallest;
}

}  // namespace doorbuster
