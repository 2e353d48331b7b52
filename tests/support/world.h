#pragma once
// Engines and the journal that they would have written, without a disk or a thread: sell, change the
// configuration, and start again from the records with any number of shards.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/catalog/campaign_action.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/runtime/basket.h"
#include "doorbuster/runtime/recovery.h"
#include "support/wanted.h"

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
    Configuration configuration;
    configuration.campaigns = campaigns;
    for (const ItemPut& item : catalog()->items()) {
      if (item.listed) configuration.items.push_back(item);
    }
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
    for (EncodedRecord& record : encode_change(change, catalog()->version() + 1, now)) {
      log_.push_back(std::move(record));
    }
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
    while (const auto due = engine.due_before(buy, hashes, now)) record(engine.expiry_of(*due, now));
    decision = engine.decide(buy, hashes, now);
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
    BasketDecision answer = resolve(campaign, wanted, !buy.key.empty(), lines);
    if (answer.outcome != Outcome::ok) return answer;
    buy.lines = lines;
    buy.offer = lines.front().offer;
    buy.quantity = 0;
    for (const OrderLine& line : lines) buy.quantity += line.quantity;
    const BuyHashes hashes = hash_buy(kTableKey, buy);
    if (const auto again = owner(buy.offer).find_replay(buy, hashes)) return {{*again}, ""};

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
  // A line of a basket, as an order of its offer that has the basket's number.
  Order part(OrderNumber basket, OfferIndex offer) const {
    const Engine& engine = owner(offer);
    return engine.order(engine.part(basket, offer));
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
    check_quotas();
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
  void check_quotas() const {
    for (const auto& engine : state_->engines()) REQUIRE(engine->check_quotas());
  }
  // A basket is one.
  std::uint64_t orders() const {
    std::uint64_t rows = 0;
    for (const auto& engine : state_->engines()) rows += engine->orders();
    return rows - parts_;
  }

 private:
  void begin(std::uint32_t shards) {
    state_ = std::make_unique<StateBuilder>(RecoveryOptions{.shards = shards, .orders_max = orders_max_});
  }
  void log_order(const Order& order, Tick now) {
    std::string payload(order_payload_bytes(order), '\0');
    encode(order, std::as_writable_bytes(std::span(payload)));
    log_.push_back({{.kind = order_record_kind(order), .version = order_record_version(order), .tick = now},
                    std::move(payload)});
  }
  void log_event(const OrderEvent& event) {
    std::string payload(order_event_payload_bytes(event), '\0');
    encode(event, std::as_writable_bytes(std::span(payload)));
    log_.push_back(
        {{.kind = RecordKind::order_event, .version = order_event_version(event), .tick = event.tick},
         std::move(payload)});
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
  // As an HTTP thread does it: each SKU once, in the order of the offers. With a key the owner is asked about
  // what is not listed any more: the order may be kept there.
  BasketDecision resolve(std::string_view campaign, const std::vector<WantedLine>& wanted, bool has_key,
                         std::vector<OrderLine>& lines) const {
    const Campaign* found = catalog()->find_campaign(kDefaultTenant, campaign);
    if (found == nullptr) return {refused(Outcome::campaign_not_found), ""};
    for (const WantedLine& line : wanted) {
      const Offer* offer = catalog()->find_offer(found->definition.campaign, line.sku);
      const bool kept = offer != nullptr && has_key;
      if (!found->definition.listed && !kept) return {refused(Outcome::campaign_not_found), ""};
      if (offer == nullptr || (!offer->definition.listed && !kept)) {
        return {refused(Outcome::sku_not_found), line.sku};
      }
      const OfferIndex index = offer->definition.offer;
      const auto at = std::lower_bound(lines.begin(), lines.end(), index,
                                       [](const OrderLine& a, OfferIndex b) { return a.offer < b; });
      const bool again = at != lines.end() && at->offer == index;
      if (again) at->quantity += line.quantity;
      if (!again) lines.insert(at, {.offer = index, .quantity = line.quantity});
    }
    return {refused(Outcome::ok), ""};
  }

  // The lines in the order in which they are visited: the first line's shard, then that of the first line
  // that is left.
  std::vector<std::size_t> way(OrderLines lines) const {
    std::vector<std::size_t> way;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      for (std::size_t j = i; j < lines.size(); ++j) {
        const bool same_shard = &owner(lines[i].offer) == &owner(lines[j].offer);
        if (same_shard && std::find(way.begin(), way.end(), j) == way.end()) way.push_back(j);
      }
    }
    return way;
  }

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
      engine.agree_on_charge(engine.part(order.number, line.line.offer), line.charged);
      serve_line(line.line.offer, now);
      ++parts_;
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
      if (event.part.value_or(lines[i].offer) != lines[i].offer) continue;
      Engine& engine = owner(lines[i].offer);
      const OrderSlot part = engine.part(event.order, lines[i].offer);
      const bool all_that_is_left = event.kind == OrderEventKind::returned && command.quantity == 0;
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
      if (line.pin != Engine::Pin::still && line.pin != Engine::Pin::again) continue;
      Engine& engine = owner(line.line.offer);
      engine.unpin(engine.part(command.order, line.line.offer), line.pin);
      serve_line(line.line.offer, now);
    }
    return answer;
  }

  const std::uint64_t orders_max_;
  std::uint64_t parts_ = 0;  // rows that are lines of baskets
  std::vector<EncodedRecord> log_;
  std::unique_ptr<StateBuilder> state_;
};

}  // namespace doorbuster
