#pragma once
// Engines and the journal that they would have written, without a disk or a thread: sell, change the
// configuration, and start again from the records with any number of shards.

#include <string>
#include <utility>
#include <vector>

#include "doorbuster/catalog/configuration.h"
#include "doorbuster/runtime/recovery.h"
#include "support/shop.h"

namespace doorbuster {

class World {
 public:
  explicit World(std::uint32_t shards = 1, std::uint64_t orders_max = 1000) : orders_max_(orders_max) {
    begin(shards);
    FolderCreated created{.table_key = kTableKey, .order_id_key = kOrderIdKey};
    std::string payload;
    encode(created, payload);
    log_.push_back({{.kind = RecordKind::folder_created, .tick = {}}, std::move(payload)});
    state_->set_keys({.table_key = kTableKey, .order_id_key = kOrderIdKey});
  }

  // As a reload or a start does it: how many definitions changed, or why not and nothing has.
  Result<std::size_t> configure(const std::vector<CampaignConfiguration>& campaigns, Tick now) {
    auto change = plan_change(*catalog(), state_->committed(), campaigns, orders_max_);
    if (!change) return tl::unexpected(change.error());
    if (change->empty()) return std::size_t{0};
    for (EncodedRecord& record : encode_change(*change, catalog()->version() + 1, now)) {
      log_.push_back(std::move(record));
    }
    state_->install(apply_change(*catalog(), *change));
    for (const Offer& offer : catalog()->offers()) {
      Engine& engine = owner(offer.definition.offer);
      while (const auto next = engine.next_offer(offer.definition.offer, now)) record(*next);
    }
    return change->campaigns.size() + change->offers.size();
  }

  // As an HTTP thread and a shard do it together.
  Decision buy(std::string_view campaign, std::string_view sku, Buy buy, Tick now) {
    Decision decision;
    const Campaign* found = catalog()->find_campaign(kDefaultTenant, campaign);
    if (found == nullptr) return refused(Outcome::campaign_not_found);
    const Offer* offer = catalog()->find_offer(found->definition.campaign, sku);
    if (offer == nullptr) {
      return refused(found->definition.listed ? Outcome::sku_not_found : Outcome::campaign_not_found);
    }
    buy.offer = offer->definition.offer;
    Engine& engine = owner(buy.offer);
    const BuyHashes hashes = hash_buy(kTableKey, buy);
    while (const auto due = engine.due_before(buy, hashes, now)) record(engine.expiry_of(*due, now));
    decision = engine.decide(buy, hashes, now);
    if (!is_new_order(decision)) return decision;
    if (engine.has_total_limit(buy.offer)) REQUIRE(engine.charge(decision.order, hashes));
    log_order(decision.order, now);
    OrderSlot slot;
    REQUIRE(engine.apply(decision.order, hashes, slot));
    decision.order = engine.order(slot);
    return decision;
  }

  OrderDecision command(const OrderCommand& command, Tick now) {
    Engine& engine = owner(command.order.offer());
    while (const auto due = engine.due_before(command, now)) record(engine.expiry_of(*due, now));
    const OrderDecision decision = engine.decide(command, now);
    if (decision.event) {
      if (decision.event->late && engine.has_total_limit(command.order.offer())) {
        REQUIRE(engine.charge(*decision.event));
      }
      record(*decision.event);
    }
    return decision;
  }

  // The timer's share: at most so many holds that have run out. Returns how many it found.
  std::size_t run_timer(Tick now, std::size_t at_most) {
    std::size_t expired = 0;
    for (const auto& engine : state_->engines()) {
      while (expired < at_most) {
        const auto due = engine->due(now);
        if (!due) break;
        record(engine->expiry_of(*due, now));
        ++expired;
      }
    }
    return expired;
  }

  std::optional<Order> find(OrderNumber number) const {
    const auto slot = owner(number.offer()).find(number);
    return slot ? std::optional(owner(number.offer()).order(*slot)) : std::nullopt;
  }
  std::uint32_t place(OrderNumber number) const {
    const auto slot = owner(number.offer()).find(number);
    return slot ? owner(number.offer()).place(*slot) : 0;
  }

  // The process ends and another reads what it wrote. Everything must be as it was.
  void restart(std::uint32_t shards) {
    const std::uint64_t before = hash();
    begin(shards);
    std::uint64_t sequence = 0;
    for (const EncodedRecord& record : log_) {
      JournalRecord read;
      read.info = record.info;
      read.sequence = ++sequence;
      read.payload = std::as_bytes(std::span(record.payload));
      read.segment = "log";
      const Status applied = state_->apply(read);
      INFO((applied ? std::string() : applied.error().message));
      REQUIRE(applied.has_value());
    }
    REQUIRE(hash() == before);
  }

  const CatalogPointer& catalog() const { return state_->catalog(); }
  Engine& owner(OfferIndex offer) const { return *state_->engines()[owner_shard(offer, shards())]; }
  OfferStock stock(OfferIndex offer) const { return owner(offer).stock(offer); }
  std::uint32_t shards() const { return static_cast<std::uint32_t>(state_->engines().size()); }
  std::uint64_t hash() const { return state_->state_hash(); }
  std::uint64_t orders() const {
    std::uint64_t sum = 0;
    for (const auto& engine : state_->engines()) sum += engine->orders();
    return sum;
  }

 private:
  void begin(std::uint32_t shards) {
    state_ = std::make_unique<StateBuilder>(RecoveryOptions{.shards = shards, .orders_max = orders_max_});
  }
  static Decision refused(Outcome outcome) {
    Decision decision;
    decision.outcome = outcome;
    return decision;
  }
  void log_order(const Order& order, Tick now) {
    std::string payload(order_payload_bytes(order), '\0');
    encode(order, std::as_writable_bytes(std::span(payload)));
    log_.push_back({{.kind = order_record_kind(order), .version = order_record_version(order), .tick = now},
                    std::move(payload)});
  }
  // As a shard does it, when every record is durable at once.
  void record(const OrderEvent& event) {
    std::string payload(order_event_payload_bytes(event), '\0');
    encode(event, std::as_writable_bytes(std::span(payload)));
    log_.push_back({{.kind = RecordKind::order_event, .tick = event.tick}, std::move(payload)});
    const OfferIndex offer = event.order.offer();
    Engine& engine = owner(offer);
    Applied applied;
    REQUIRE(engine.apply(event, applied));
    if (applied.discharged != 0 && engine.has_total_limit(offer)) {
      engine.discharge(applied.slot, applied.discharged);
    }
    if (!applied.freed) return;
    while (const auto next = engine.next_offer(offer, event.tick)) record(*next);
  }

  const std::uint64_t orders_max_;
  std::vector<EncodedRecord> log_;
  std::unique_ptr<StateBuilder> state_;
};

}  // namespace doorbuster
