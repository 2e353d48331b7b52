// Baskets in a shard that is their home, and their way from shard to shard: basket.h has it.

#include <algorithm>

#include "doorbuster/base/check.h"
#include "doorbuster/runtime/shard_agent.h"

namespace doorbuster {

Basket* ShardAgent::take_basket() {
  if (free_baskets_.empty()) return nullptr;
  Basket* basket = free_baskets_.back();
  free_baskets_.pop_back();
  *basket = {};
  basket->home = options_.shard;
  return basket;
}

bool ShardAgent::is_in_flight(const Hash128& key) const {
  if (key == Hash128{}) return false;
  return std::any_of(open_baskets_.begin(), open_baskets_.end(),
                     [&](const Request* open) { return open->basket->key == key; });
}

bool ShardAgent::is_in_flight(OrderNumber number) const {
  return std::any_of(open_baskets_.begin(), open_baskets_.end(),
                     [&](const Request* open) { return open->basket->number == number; });
}

void ShardAgent::open_basket(Request* request, Tick now) {
  const auto refused = [&](Outcome outcome) {
    request->outcome = outcome;
    (outcome == Outcome::overloaded ? metrics_.overloaded_orders : metrics_.refusals).add();
    reply(request);
  };
  if (const auto again = engine_->find_replay(request->buy, request->hashes, now)) {
    if (again->replayed) return replay(request, *again);
    if (again->outcome != Outcome::order_gone) return refused(again->outcome);
    if (!free_key(again->slot, now)) return refused(Outcome::overloaded);
  }
  if (is_in_flight(request->hashes.key)) return refused(Outcome::request_in_flight);
  Basket* basket = take_basket();
  if (basket == nullptr) return refused(Outcome::overloaded);
  request->basket = basket;
  request->free_at = request->kept_until = {};
  basket->key = request->hashes.key;
  for (const OrderLine& line : request->buy.lines) basket->lines[basket->count++].line = line;
  if (!engine_->within_total_limit(request->buy, request->hashes)) {
    basket->lines[0].outcome = Outcome::limit_reached;
    basket->refused = true;
  }
  open_baskets_.push_back(request);
  visit(request, now);
}

// Something happens to a basket that is there.
void ShardAgent::open_basket_event(Request* request, const OrderDecision& decision, Tick now) {
  Basket* basket = is_in_flight(decision.event->order) ? nullptr : take_basket();
  if (basket == nullptr) {
    request->outcome = free_baskets_.empty() ? Outcome::overloaded : Outcome::request_in_flight;
    return reply(request);
  }
  request->basket = basket;
  basket->event = decision.event;
  basket->number = decision.event->order;
  const Order order = engine_->order(decision.slot);
  for (const OrderLine& line : order.lines) basket->lines[basket->count++].line = line;
  open_baskets_.push_back(request);
  visit(request, now);
}

std::size_t ShardAgent::take_visits() {
  std::array<Request*, kCommandDrainMax> came;
  const std::size_t count = visits_->pop(came.data(), came.size());
  const std::size_t released = released_.size();
  if (count + released + to_record_.size() == 0) return 0;
  stamp();
  for (Request* request : released_) visit(request, last_tick_);
  released_.clear();
  for (std::size_t i = 0; i < count; ++i) visit(came[i], last_tick_);
  return count + released + record_ready(last_tick_);
}

// This shard's share of the step, then on to the next shard.
void ShardAgent::visit(Request* request, Tick now) {
  if (request->basket == nullptr) {
    request->asked = Request::Asked::again;
    return handle_buy(request, now);
  }
  Basket& basket = *request->basket;
  if (journal_->failed()) {
    request->outcome = Outcome::journal_failed;
    if (basket.home == options_.shard) return close_basket(request);
    return pass_on(request, basket.home);
  }
  const auto owner = [this](const Basket::Line& line) {
    return owner_shard(line.line.offer, static_cast<std::uint32_t>(shards_.size()));
  };
  if (basket.step != Basket::Step::record) {
    for (std::size_t i = 0; i < basket.count; ++i) {
      Basket::Line& line = basket.lines[i];
      if (line.visited || owner(line) != options_.shard) continue;
      line.visited = true;
      step_line(request, line, now);
    }
    for (std::size_t i = 0; i < basket.count; ++i) {
      if (!basket.lines[i].visited) return pass_on(request, owner(basket.lines[i]));
    }
  }
  basket.home == options_.shard ? come_home(request, now) : pass_on(request, basket.home);
}

void ShardAgent::pass_on(Request* request, std::uint32_t shard) {
  // The queue holds as many as all homes together have baskets, so it cannot be full.
  const bool pushed = shards_[shard]->visits().push(options_.shard, request);
  DOORBUSTER_CHECK(pushed);
  shard_rung_[shard] = true;
}

void ShardAgent::begin_step(Basket& basket, Basket::Step step) {
  basket.step = step;
  for (std::size_t i = 0; i < basket.count; ++i) {
    Basket::Line& line = basket.lines[i];
    const bool is_pinned = line.pin != Engine::Pin::none && line.outcome == Outcome::ok;
    const bool is_kept = basket.event ? is_pinned : step == Basket::Step::settle || line.reserved;
    line.visited = !is_kept;
  }
}

// The price of the whole comes after the limits and before the stock, as for one SKU.
void ShardAgent::check_price(Request* request) {
  Basket& basket = *request->basket;
  std::int64_t price = 0;
  for (std::size_t i = 0; i < basket.count; ++i) {
    price += basket.lines[i].line.quantity * basket.lines[i].line.unit_price;
  }
  const Basket::Line* refusal = basket.first_refusal();
  const std::int64_t expected = request->buy.expected_price;
  if (expected == Buy::kNoExpectedPrice || price <= expected) return;
  if (refusal != nullptr && refusal->outcome < Outcome::price_changed) return;
  request->price = price;
  basket.lines[0].outcome = Outcome::price_changed;
  basket.refused = true;
}

void ShardAgent::come_home(Request* request, Tick now) {
  Basket& basket = *request->basket;
  switch (basket.step) {
    case Basket::Step::take:
      if (!basket.event) check_price(request);
      if (basket.refused) return refuse_basket(request, now);
      basket.step = Basket::Step::record;
      to_record_.push_back(request);
      return;
    case Basket::Step::record:
      begin_step(basket, Basket::Step::settle);
      return visit(request, now);
    case Basket::Step::settle:
    case Basket::Step::drop:
      return close_basket(request);
  }
}

void ShardAgent::refuse_basket(Request* request, Tick now) {
  Basket& basket = *request->basket;
  const Basket::Line* refusal = basket.first_refusal();
  request->outcome = refusal->outcome;
  request->refused_line = refusal->line.offer;
  if (basket.event && !request->command.payment.empty() &&
      (refusal->outcome == Outcome::hold_expired || refusal->outcome == Outcome::limit_reached)) {
    OrderEvent owed;
    owed.kind = OrderEventKind::refund_due;
    owed.order = request->command.order;
    owed.tick = now;
    owed.payment = request->command.payment;
    if (!record(owed)) request->outcome = Outcome::overloaded;
  }
  begin_step(basket, Basket::Step::drop);
  visit(request, now);
}

// Whether its lines rest on nothing that could still be lost.
bool ShardAgent::is_ready(const Basket& basket) const {
  if (journal_->failed()) return true;
  for (std::size_t i = 0; i < basket.count; ++i) {
    const Basket::Line& line = basket.lines[i];
    const std::uint32_t owner = owner_shard(line.line.offer, static_cast<std::uint32_t>(shards_.size()));
    // The own ring keeps the order anyway.
    if (owner != options_.shard && line.position > shards_[owner]->ring().durable()) return false;
  }
  return true;
}

std::size_t ShardAgent::record_ready(Tick now) {
  std::size_t recorded = 0;
  for (std::size_t i = 0; i < to_record_.size();) {
    Request* request = to_record_[i];
    if (!is_ready(*request->basket)) {
      ++i;
      continue;
    }
    to_record_[i] = to_record_.back();
    to_record_.pop_back();
    ++recorded;
    journal_->failed() ? visit(request, now) : record_basket(request, now);
  }
  return recorded;
}

void ShardAgent::record_basket(Request* request, Tick now) {
  Basket& basket = *request->basket;
  const bool no_disk = !basket.event && journal_->short_of_room();
  if (no_disk || !ring_.has_room() || (!basket.event && engine_->full())) {
    (no_disk ? metrics_.overloaded_disk : metrics_.overloaded_journal).add();
    basket.lines[0].outcome = Outcome::overloaded;
    basket.refused = true;
    return refuse_basket(request, now);
  }
  if (basket.event) {
    const bool recorded = record(*basket.event);
    DOORBUSTER_CHECK(recorded);
    return wait_for(request, ring_.written());
  }
  for (std::size_t i = 0; i < basket.count; ++i) request->lines[i] = basket.lines[i].line;
  request->buy.lines = OrderLines(request->lines).first(basket.count);
  const Order order = engine_->new_basket(request->buy, now);
  encode(order, ring_.reserve(order_payload_bytes(order)));
  const TenantId tenant = engine_->catalog()->campaign_of(request->buy.offer).definition.tenant;
  const std::uint64_t position = ring_.append({.kind = order_record_kind(order),
                                               .version = order_record_version(order),
                                               .tenant = tenant,
                                               .tick = now});
  OrderSlot slot;
  const bool applied = engine_->apply(order, request->hashes, slot);
  DOORBUSTER_CHECK(applied);
  position_by_slot_[slot.value] = position;
  basket.number = order.number;  // known to a retry from now on, while its parts are not all there
  request->order = order;
  request->outcome = order.status == OrderStatus::held ? Outcome::held : Outcome::confirmed;
  (order.status == OrderStatus::held ? metrics_.held_orders : metrics_.sold_orders).add();
  if (order.status == OrderStatus::confirmed) metrics_.sold_units.add(order.quantity);
  wait_for(request, position);
}

void ShardAgent::close_basket(Request* request) {
  std::erase(open_baskets_, request);
  const bool event = request->basket->event.has_value(), refused = request->basket->refused;
  free_baskets_.push_back(request->basket);
  request->basket = nullptr;
  if (request->outcome == Outcome::journal_failed) return reply(request);
  if (!event) {
    if (refused) metrics_.refusals.add();
    request->durable = !refused;
    return reply(request);
  }
  if (!refused) request->outcome = Outcome::ok;
  const OrderSlot slot = *engine_->find(request->command.order);
  show_order(request, slot);
  answer(request, position_by_slot_[slot.value]);
}

}  // namespace doorbuster
