// Baskets in a shard that owns one of their lines. basket.h has the way they go.

#include "doorbuster/base/check.h"
#include "doorbuster/runtime/shard_agent.h"

namespace doorbuster {
namespace {

Outcome refusal_of(Engine::Pin pin) {
  switch (pin) {
    case Engine::Pin::expired:
      return Outcome::hold_expired;
    case Engine::Pin::limited:
      return Outcome::limit_reached;
    case Engine::Pin::not_enough:
      return Outcome::validation_failed;
    case Engine::Pin::no_room:
      return Outcome::overloaded;
    default:
      return Outcome::ok;
  }
}

// A line as a buy of its own.
Buy line_as_buy(const Buy& basket, const OrderLine& line) {
  Buy buy;
  buy.offer = line.offer;
  buy.quantity = line.quantity;
  buy.buyer = basket.buyer;
  buy.channel = basket.channel;
  buy.region = basket.region;
  buy.segment = basket.segment;
  buy.identities = basket.identities;
  buy.token_fault = basket.token_fault;
  return buy;
}

}  // namespace

void ShardAgent::step_line(Request* request, Basket::Line& line, Tick now) {
  switch (request->basket->step) {
    case Basket::Step::take:
      request->basket->event ? pin_line(request, line, now) : take_line(request, line, now);
      line.position = ring_.written();
      request->basket->refused = request->basket->refused || line.outcome != Outcome::ok;
      break;
    case Basket::Step::settle:
      settle_line(request, line, now);
      break;
    case Basket::Step::drop:
      drop_line(request, line);
      break;
    case Basket::Step::record:
      break;
  }
}

// Asked also when another line was refused: the answer does not depend on the way.
void ShardAgent::take_line(Request* request, Basket::Line& line, Tick now) {
  const Buy buy = line_as_buy(request->buy, line.line);
  const BuyHashes hashes = {.buyer = request->hashes.buyer, .key = {}};
  line.line.unit_price = engine_->price(buy.offer, now);
  Outcome outcome = Outcome::overloaded;
  if (clear_the_way([&] { return engine_->due_before(buy, hashes, now); }, now)) {
    const Decision decision = engine_->decide(buy, hashes, now);
    outcome = decision.outcome;
    if (outcome == Outcome::all_held) {
      request->free_at = std::max(request->free_at, decision.free_at);
      request->kept_until = std::max(request->kept_until, decision.kept_until);
    }
  }
  const bool can_be_had = outcome == Outcome::confirmed || outcome == Outcome::held;
  // The limit over the campaign was asked first, and is not the first in the order of the checks.
  if (!can_be_had && (line.outcome == Outcome::ok || outcome < line.outcome)) line.outcome = outcome;
  if (line.outcome != Outcome::ok || request->basket->refused) return;
  line.reserved = engine_->reserve(buy, hashes, line.charged);
  if (!line.reserved) line.outcome = Outcome::limit_reached;
  publish_offer(buy.offer);
}

void ShardAgent::pin_line(Request* request, Basket::Line& line, Tick now) {
  OrderEvent& event = *request->basket->event;
  const bool is_its_own = event.part.value_or(line.line.offer) == line.line.offer;
  const auto found = engine_->part(request->command.order, line.line.offer);
  if (!found) {
    // All of it came back; any other part is not forgotten before the whole, unless clocks are far apart.
    const bool returns = event.kind == OrderEventKind::returned;
    if (is_its_own) line.outcome = returns ? Outcome::validation_failed : Outcome::hold_expired;
    return;
  }
  const OrderSlot part = *found;
  if (event.kind == OrderEventKind::returned && request->command.quantity == 0 && is_its_own) {
    event.quantity = engine_->left_to_return(part);
  }
  if (!clear_the_way([&] { return engine_->due_before_part(part, event, now); }, now)) {
    line.outcome = Outcome::overloaded;
    return;
  }
  line.pin = engine_->pin(part, event, now);
  line.outcome = refusal_of(line.pin);
  if (request->basket->refused) {
    // Asked for its answer only: what the refusal says does not depend on the way.
    engine_->unpin(part, line.pin);
    line.pin = Engine::Pin::none;
  }
  publish_offer(line.line.offer);
}

void ShardAgent::settle_line(Request* request, Basket::Line& line, Tick now) {
  const OfferIndex offer = line.line.offer;
  const Basket& basket = *request->basket;
  if (!basket.event) {
    const bool applied =
        engine_->apply_part(request->order, line.line, request->hashes, Engine::Units::reserved);
    DOORBUSTER_CHECK(applied);
    line.reserved = false;  // it is an order's part now
    const OrderSlot part = *engine_->part(request->order.number, offer);
    position_by_slot_[part.value] = 0;
    mark_names(offer, request->hashes.buyer, request->buy.identities);
    publish_offer(offer);
    if (engine_->has_line(offer)) serve_line(offer, now);  // as behind a sale of one SKU
    return;
  }
  Applied applied;
  const bool done = engine_->apply_to_part(*basket.event, offer, line.pin, applied);
  DOORBUSTER_CHECK(done);
  if (applied.discharged != 0 && engine_->has_total_limit(offer)) {
    engine_->discharge(applied.slot, applied.discharged);  // the record is durable
  }
  publish_offer(offer);
  if (applied.freed) serve_line(offer, now);
}

void ShardAgent::drop_line(Request* request, Basket::Line& line) {
  if (line.reserved) {
    engine_->release(line_as_buy(request->buy, line.line), {.buyer = request->hashes.buyer, .key = {}},
                     line.charged);
    line.reserved = false;
  } else if (request->basket->event) {
    engine_->unpin(*engine_->part(request->command.order, line.line.offer), line.pin);
  }
  publish_offer(line.line.offer);
  // What was kept and is free again belongs to who stands in front.
  if (engine_->has_line(line.line.offer)) serve_line(line.line.offer, last_tick_);
}

// A limit over a campaign that comes while a basket is on its way finds the units that are kept for it. All
// shards stand still, so the baskets of each may be read from here; the charge of a line is its owner's.
void ShardAgent::agree_on_charges() {
  for (const ShardAgent* home : shards_) {
    for (Request* request : home->open_baskets_) {
      Basket& basket = *request->basket;
      for (Basket::Line& line : std::span(basket.lines).first(basket.count)) {
        if (!line.reserved || !engine_->owns(line.line.offer)) continue;
        engine_->agree_on_charge(line_as_buy(request->buy, line.line),
                                 {.buyer = request->hashes.buyer, .key = {}}, line.charged);
      }
    }
  }
}

}  // namespace doorbuster
