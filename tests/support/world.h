#pragma once
// Engines and the journal that they would have written: no disk, no thread, any number of shards.

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/catalog/campaign_action.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/runtime/basket.h"
#include "doorbuster/runtime/recovery.h"
#include "support/records.h"
#include "support/saved_state.h"
#include "support/wanted.h"

namespace doorbuster {

class World {
 public:
  // The least that there can be.
  static constexpr std::uint32_t kRetentionSeconds = kOrderRetentionSecondsMin;

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
    Configuration configuration;
    configuration.campaigns = campaigns;
    for (const ItemPut& item : catalog()->items())
      if (item.listed) configuration.items.push_back(item);
    return configure(configuration, now);
  }
  Result<std::size_t> configure(const Configuration& configuration, Tick now) {
    end_quotas(now);
    auto change = plan_change(*catalog(), state_->committed(), configuration, orders_max_);
    if (!change) return tl::unexpected(change.error());
    return make(*change, now);
  }
  // As an operator does it.
  tl::expected<std::size_t, ActionRefusal> act(std::string_view campaign, CampaignAction action, Tick now,
                                               std::optional<Tick> until = {}) {
    end_quotas(now);
    const Campaign* found = catalog()->find_campaign(kDefaultTenant, campaign);
    REQUIRE(found != nullptr);
    auto change = plan_action(*catalog(), found->definition.campaign, action, now, until);
    if (!change) return tl::unexpected(change.error());
    change->origin = {ChangeOrigin::Source::admin, "desk", std::string(campaign_action_name(action)), "test"};
    return make(*change, now);
  }

  // A change as it was planned, by whomever.
  std::size_t make(const CatalogChangeSet& change, Tick now) {
    if (change.empty()) return 0;
    sweep(now);
    log_all(encode_change(change, catalog()->version() + 1, now));
    state_->install(apply_change(*catalog(), change));
    for (const Offer& offer : catalog()->offers()) serve_line(offer.definition.offer, now);
    return change.campaigns.size() + change.offers.size();
  }
  std::vector<std::int64_t> committed() const { return state_->committed(); }

  // As an HTTP thread and a shard do it together.
  Decision buy(std::string_view campaign, std::string_view sku, Buy buy, Tick now) {
    end_quotas(now);
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
    do {
      if (decision.outcome == Outcome::order_gone) free_key(engine, decision.slot, now);
      while (const auto due = engine.due_before(buy, hashes, now)) record(engine.expiry_of(*due, now));
      decision = engine.decide(buy, hashes, now);
    } while (decision.outcome == Outcome::order_gone);
    if (!is_new_order(decision)) return decision;
    if (engine.has_total_limit(buy.offer)) REQUIRE(engine.charge(decision.order, hashes));
    log_order(decision.order, now);
    OrderSlot slot;
    REQUIRE(engine.apply(decision.order, hashes, slot));
    if (decision.outcome == Outcome::confirmed) serve_line(buy.offer, now);
    decision.order = engine.order(slot);
    return decision;
  }

  // As it goes from shard to shard when nothing else is under way: every line is kept, then one record
  // decides.
  BasketDecision basket(std::string_view campaign, const std::vector<WantedLine>& wanted, Buy buy, Tick now) {
    end_quotas(now);
    std::vector<OrderLine> lines;
    BasketDecision answer = resolve(*catalog(), campaign, wanted, !buy.key.empty(), lines);
    if (answer.outcome != Outcome::ok) return answer;
    buy.lines = lines;
    buy.offer = lines.front().offer;
    buy.quantity = 0;
    for (const OrderLine& line : lines) buy.quantity += line.quantity;
    const BuyHashes hashes = hash_buy(kTableKey, buy);
    if (const auto again = owner(buy.offer).find_replay(buy, hashes, now)) {
      if (again->outcome != Outcome::order_gone) return {{*again}, ""};
      free_key(owner(buy.offer), again->slot, now);
    }

    Basket basket;
    for (const OrderLine& line : lines) basket.lines[basket.count++].line = line;
    if (!owner(buy.offer).within_total_limit(buy, hashes)) {
      basket.lines[0].outcome = Outcome::limit_reached;
      basket.refused = true;
    }
    for (const std::size_t i : way(lines)) take_line(basket, basket.lines[i], buy, hashes, now, answer);
    check_price(basket, buy, answer);
    const bool room = basket.refused || !owner(buy.offer).full();
    if (!room) basket.lines[0].outcome = Outcome::overloaded;
    if (const Basket::Line* refusal = basket.first_refusal()) {
      for (const Basket::Line& line : std::span(basket.lines).first(basket.count)) {
        if (!line.reserved) continue;
        owner(line.line.offer).release(line_as_buy(buy, line.line), nameless(hashes), line.charged);
        serve_line(line.line.offer, now);
      }
      answer.outcome = refusal->outcome;
      answer.refused_sku = sku(refusal->line.offer);
      return answer;
    }
    for (std::size_t i = 0; i < basket.count; ++i) lines[i] = basket.lines[i].line;  // with their prices
    settle(basket, buy, hashes, now, answer);
    return answer;
  }

  CommandDecision command(const OrderCommand& command, Tick now) {
    end_quotas(now);
    Engine& engine = owner(command.order.offer());
    while (const auto due = engine.due_before(command, now)) record(engine.expiry_of(*due, now));
    const OrderDecision decision = engine.decide(command, now);
    const bool moves_parts = decision.event && decision.event->kind != OrderEventKind::refund_due;
    if (moves_parts && engine.is_basket(decision.slot)) return command_basket(command, decision, now);
    if (decision.event) {
      if (decision.event->late && engine.has_total_limit(command.order.offer())) {
        REQUIRE(engine.charge(*decision.event));
      }
      record(*decision.event);
    }
    return {{decision}, ""};
  }

  // The timer's share: at most so many holds that have run out. Returns how many it found.
  std::size_t run_timer(Tick now, std::size_t at_most) {
    end_quotas(now);
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
  // What whoever asks for it at that time is told: ok, order_gone or order_not_found.
  Outcome find(OrderNumber number, Tick now) const {
    OrderSlot slot;
    return owner(number.offer()).find(number, now, slot);
  }
  // A line of a basket, as an order of its offer that has the basket's number; nothing when it is forgotten.
  std::optional<Order> part(OrderNumber basket, OfferIndex offer) const {
    const Engine& engine = owner(offer);
    const auto slot = engine.part(basket, offer);
    return slot ? std::optional(engine.order(*slot)) : std::nullopt;
  }
  std::uint32_t place(OrderNumber number) const {
    const auto slot = owner(number.offer()).find(number);
    return slot ? owner(number.offer()).place(*slot) : 0;
  }

  // The sweeper's share: forgets whatever is over.
  std::size_t sweep(Tick now) { return log_all(state_->forget_over(now)); }

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
      if (!applied) FAIL(applied.error().message);
    }
    REQUIRE(hash() == before);
    state_ = through_checkpoint(*state_, {shards, orders_max_, kRetentionSeconds});
    check_engines();
  }
  // What was kept for a channel until now goes to the line, before anything else happens.
  void end_quotas(Tick now) {
    for (const auto& engine : state_->engines()) {
      while (const auto offer = engine->ended_quota(now)) serve_line(*offer, now);
    }
  }

  const CatalogPointer& catalog() const { return state_->catalog(); }
  Engine& owner(OfferIndex offer) const { return *state_->engines()[owner_shard(offer, shards())]; }
  std::string sku(OfferIndex offer) const { return catalog()->offer(offer).definition.sku; }
  OfferStock stock(OfferIndex offer) const { return owner(offer).stock(offer); }
  std::uint32_t shards() const { return static_cast<std::uint32_t>(state_->engines().size()); }
  std::uint64_t hash() const { return state_->state_hash(); }
  void check_engines() const {
    for (const auto& engine : state_->engines()) {
      REQUIRE(engine->check_quotas());
      engine->audit(3);  // a part of a round: the sale goes on in the middle of it
      REQUIRE(engine->books_audit().faults().empty());
    }
  }
  // That are not forgotten at `now`, whoever has noticed; else all that are kept. A basket is one.
  std::uint64_t orders(Tick now = Tick{}) const {
    std::uint64_t rows = 0;
    for (const auto& engine : state_->engines()) {
      engine->store().visit([&](OrderSlot slot) {
        const bool counts = !engine->store().row(slot).is_part && !engine->is_forgotten(slot, now);
        rows += counts ? 1U : 0U;
      });
    }
    return rows;
  }
  const std::vector<std::unique_ptr<Engine>>& engines() const { return state_->engines(); }

 private:
  void begin(std::uint32_t shards) {
    const RecoveryOptions options = {shards, orders_max_, kRetentionSeconds};
    state_ = std::make_unique<StateBuilder>(options);
  }
  std::size_t log_all(std::vector<EncodedRecord> records) {
    std::move(records.begin(), records.end(), std::back_inserter(log_));
    return records.size();
  }
  void log_order(const Order& order, Tick now) { log_.push_back(encoded_record(order, now)); }
  void log_event(const OrderEvent& event) { log_.push_back(encoded_record(event)); }
  // The key of an order that is over.
  void free_key(Engine& engine, OrderSlot slot, Tick now) {
    if (!engine.forgetting_of(slot)) record(engine.expiry_of(slot, now));
    const ForgottenOrder order = *engine.forgetting_of(slot);
    log_.push_back(encoded_record({.retention_seconds = kRetentionSeconds, .orders = {&order, 1}}, now));
    REQUIRE(engine.forget(order, now, engine.retention_ns()));
  }
  // As a shard does it, when every record is durable at once.
  void record(const OrderEvent& event) {
    log_event(event);
    const OfferIndex offer = event.part.value_or(event.order.offer());
    Applied applied;
    REQUIRE(owner(offer).apply(event, applied));
    follow_up(offer, applied, event.tick);
  }
  // What an event gave back goes to its names and to the line.
  void follow_up(OfferIndex offer, const Applied& applied, Tick now) {
    if (applied.discharged != 0 && owner(offer).has_total_limit(offer)) {
      owner(offer).discharge(applied.slot, applied.discharged);
    }
    if (applied.freed) serve_line(offer, now);
  }
  void serve_line(OfferIndex offer, Tick now) {
    while (const auto next = owner(offer).next_offer(offer, now)) record(*next);
  }

  // --- baskets ---
  std::vector<std::size_t> way(OrderLines lines) const { return way_through(lines, shards()); }
  // Asked also when another line was refused: of all refusals the first in the order of the checks is told.
  void take_line(Basket& basket, Basket::Line& line, const Buy& buy, const BuyHashes& hashes, Tick now,
                 BasketDecision& answer) {
    const Buy wanted = line_as_buy(buy, line.line);
    Engine& engine = owner(wanted.offer);
    line.line.unit_price = engine.price(wanted.offer, now);
    while (const auto due = engine.due_before(wanted, nameless(hashes), now)) {
      record(engine.expiry_of(*due, now));
    }
    const Decision decision = engine.decide(wanted, nameless(hashes), now);
    if (decision.outcome == Outcome::all_held) {
      answer.free_at = std::max(answer.free_at, decision.free_at);
      answer.kept_until = std::max(answer.kept_until, decision.kept_until);
    }
    const bool earlier = line.outcome == Outcome::ok || decision.outcome < line.outcome;
    if (!is_new_order(decision) && earlier) line.outcome = decision.outcome;
    if (line.outcome == Outcome::ok && !basket.refused) {
      line.reserved = engine.reserve(wanted, nameless(hashes), line.charged);
      REQUIRE(line.reserved);  // nobody else asks at the same time
    }
    basket.refused = basket.refused || line.outcome != Outcome::ok;
  }

  void settle(const Basket& basket, const Buy& buy, const BuyHashes& hashes, Tick now,
              BasketDecision& answer) {
    Engine& home = owner(buy.offer);
    const Order order = home.new_basket(buy, now);
    log_order(order, now);
    OrderSlot slot;
    REQUIRE(home.apply(order, hashes, slot));
    for (const Basket::Line& line : std::span(basket.lines).first(basket.count)) {
      Engine& engine = owner(line.line.offer);
      REQUIRE(engine.apply_part(order, line.line, hashes, Engine::Units::reserved));
      serve_line(line.line.offer, now);
    }
    answer.outcome = order.status == OrderStatus::held ? Outcome::held : Outcome::confirmed;
    answer.order = home.order(slot);
  }

  // Every part stands still first; then one record decides for all of them. Each is asked also when another
  // was refused: the answer does not depend on the way.
  CommandDecision command_basket(const OrderCommand& command, const OrderDecision& decision, Tick now) {
    OrderEvent event = *decision.event;
    const OrderLines lines = owner(event.order.offer()).order(decision.slot).lines;
    Basket basket;
    for (const OrderLine& line : lines) basket.lines[basket.count++].line = line;
    for (const std::size_t i : way(lines)) {
      const bool is_its_own = event.part.value_or(lines[i].offer) == lines[i].offer;
      Engine& engine = owner(lines[i].offer);
      const auto found = engine.part(event.order, lines[i].offer);
      if (!found) {
        // Only a line that came back as a whole goes before its basket.
        REQUIRE(event.kind == OrderEventKind::returned);
        if (is_its_own) basket.lines[i].outcome = Outcome::validation_failed;
        basket.refused = basket.refused || is_its_own;
        continue;
      }
      const OrderSlot part = *found;
      const bool all_that_is_left =
          is_its_own && event.kind == OrderEventKind::returned && command.quantity == 0;
      if (all_that_is_left) event.quantity = engine.left_to_return(part);
      while (const auto due = engine.due_before_part(part, event, now)) record(engine.expiry_of(*due, now));
      Basket::Line& line = basket.lines[i];
      line.pin = engine.pin(part, event, now);
      line.outcome = refusal_of(line.pin);
      if (basket.refused) {
        engine.unpin(part, line.pin);
        line.pin = Engine::Pin::none;
      }
      basket.refused = basket.refused || line.outcome != Outcome::ok;
    }
    if (basket.refused) return refuse_command(command, decision, basket, now);
    log_event(event);
    Applied applied;
    REQUIRE(owner(event.order.offer()).apply(event, applied));
    for (const Basket::Line& line : std::span(basket.lines).first(basket.count)) {
      if (line.pin == Engine::Pin::none) continue;
      REQUIRE(owner(line.line.offer).apply_to_part(event, line.line.offer, line.pin, applied));
      follow_up(line.line.offer, applied, now);
    }
    return {{decision}, ""};
  }

  CommandDecision refuse_command(const OrderCommand& command, const OrderDecision& decision,
                                 const Basket& basket, Tick now) {
    const Basket::Line& refusal = *basket.first_refusal();
    CommandDecision answer = {{decision}, sku(refusal.line.offer)};
    answer.outcome = refusal.outcome;
    answer.event.reset();
    if (!command.payment.empty() && refusal.outcome != Outcome::validation_failed) {
      OrderEvent owed;
      owed.kind = OrderEventKind::refund_due;
      owed.order = command.order;
      owed.tick = now;
      owed.payment = command.payment;
      record(owed);
    }
    for (const Basket::Line& line : std::span(basket.lines).first(basket.count)) {
      if (line.pin == Engine::Pin::none || refusal_of(line.pin) != Outcome::ok) continue;
      Engine& engine = owner(line.line.offer);
      engine.unpin(*engine.part(command.order, line.line.offer), line.pin);
      serve_line(line.line.offer, now);
    }
    return answer;
  }

  const std::uint64_t orders_max_;
  std::vector<EncodedRecord> log_;
  std::unique_ptr<StateBuilder> state_;
};

}  // namespace doorbuster
