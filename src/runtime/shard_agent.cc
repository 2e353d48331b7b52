#include "doorbuster/runtime/shard_agent.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "doorbuster/base/check.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kAuditPauseNs = 10 * kNsPerMillisecond;  // when there is nothing else to do

}  // namespace

ShardAgent::ShardAgent(const ShardOptions& options, std::unique_ptr<Engine> engine, std::size_t http_threads,
                       Board& board, const Clock& clock)
    : options_(options),
      board_(board),
      clock_(clock),
      commands_(http_threads),
      engine_(std::move(engine)),
      ring_(options.ring_bytes),
      position_by_slot_(engine_->orders_max()),
      gate_(http_threads * kRequestsPerThreadMax),
      door_rung_(http_threads, false) {}

void ShardAgent::connect(std::vector<ReplyDoor> doors, const JournalAgent* journal,
                         Notifier* journal_notifier, Notifier* own_notifier,
                         std::vector<ShardAgent*> shards) {
  shards_ = std::move(shards);
  shard_rung_.resize(shards_.size(), false);
  visits_ = std::make_unique<VisitQueue>(shards_.size());
  released_.reserve(gate_.size());
  for (Basket& basket : baskets_) free_baskets_.push_back(&basket);
  open_baskets_.reserve(baskets_.size());
  to_record_.reserve(baskets_.size());
  doors_ = std::move(doors);
  journal_ = journal;
  journal_notifier_ = journal_notifier;
  own_notifier_ = own_notifier;
}

std::size_t ShardAgent::do_work() {
  std::array<Request*, kCommandDrainMax> drained;
  run_task();
  const std::size_t count = paused_ ? 0 : commands_.pop(drained.data(), drained.size());
  if (count != 0) {
    // Time is stamped once for all that was drained, and never runs backwards here whatever the wall clock
    // does.
    stamp();
    const std::int64_t now_ns = clock_.monotonic_ns();
    for (std::size_t i = 0; i < count; ++i) {
      look_ahead(drained.data() + i, count - i);
      handle(drained[i], last_tick_, now_ns);
    }
    metrics_.commands.add(count);
    metrics_.drained.record(static_cast<std::int64_t>(count));
  }
  std::size_t done = count;
  if (!paused_ && !journal_->failed()) done += discharge_durable();  // before those who wait for it ask again
  done += open_gate();
  if (!paused_) done += take_visits();
  if (!paused_ && !journal_->failed()) {
    done += serve_lines_left() + expire_due() + forget_some(count != 0);
    done += audit_books(done != 0);
  }
  if (done == 0) return 0;
  sample_state();
  if (ring_.publish()) journal_notifier_->notify();
  if (changed_count_ != 0) {
    // Behind the records: who follows can have them made durable before it says anything.
    mark_changed_offers();
    if (watch_ != nullptr) watch_->notify();
    if (stream_watch_ != nullptr) stream_watch_->notify();
  }
  metrics_.gate_depth.set(gate_count_);
  metrics_.orders.set(engine_->orders());
  metrics_.rows_filled.set(engine_->store().rows_used());
  metrics_.text_bytes_filled.set(engine_->store().text_bytes_touched());
  for (std::size_t i = 0; i < doors_.size(); ++i) {
    if (!door_rung_[i]) continue;
    door_rung_[i] = false;
    // A thread that runs this shard itself is awake and looks at its replies before it sleeps.
    if (doors_[i].notifier != own_notifier_) doors_[i].notifier->notify();
  }
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    if (shard_rung_[i] && i != options_.shard) shards_[i]->own_notifier_->notify();
    shard_rung_[i] = false;
  }
  return done;
}

void ShardAgent::take_pages_ahead() {
  const std::uint64_t rows = metrics_.rows_filled.value();
  // An order that was final at once and stays so needs no more than its row.
  const bool lives = metrics_.held_orders.value() + metrics_.waiting_orders.value() != 0;
  // The store's arrays stay where they are for its whole life: their addresses are all that is looked at.
  engine_->store().follow(
      orders_ahead_,
      {.rows = rows, .lives = lives ? rows : 0, .text_bytes = metrics_.text_bytes_filled.value()});
  positions_ahead_.follow(position_by_slot_, rows);
}

bool ShardAgent::has_work() {
  // relaxed: asked after a read-modify-write on the notifier, which acquired what the task's owner did before
  // ringing.
  if (task_.load(std::memory_order_relaxed) != nullptr) return true;
  if (!paused_ && (commands_.size() != 0 || visits_->size() != 0 || !released_.empty())) return true;
  if (!paused_ && !journal_->failed()) {
    if (!lines_left_.empty() || next_instant() <= clock_.wall_now()) return true;
    for (const Request* request : to_record_) {
      if (is_ready(*request->basket)) return true;
    }
    if (discharges_head_ != discharges_tail_ &&
        discharges_[discharges_head_ % kDischargesMax].position <= ring_.durable()) {
      return true;
    }
  }
  return gate_count_ != 0 && (journal_->failed() || gate_[gate_head_].position <= ring_.durable());
}

std::int64_t ShardAgent::sleep_at_most_ns() {
  // The wall clock can be set while we sleep; then a hold is noticed this much late by the timer, and in time
  // by every decision.
  constexpr std::int64_t kLongestNs = kNsPerSecond / 2;
  // Nobody waits for what is to be forgotten.
  constexpr std::int64_t kLongestToForgetNs = 3600 * kNsPerSecond;
  if (paused_ || journal_->failed()) return kUntilCalled;
  const Tick next = next_instant();
  if (next == HoldCalendar::kNever) return has_books_to_audit() ? kAuditPauseNs : kUntilCalled;
  const bool is_promised = std::min(engine_->next_due(), engine_->next_quota_end()) != HoldCalendar::kNever;
  const std::int64_t longest = is_promised ? kLongestNs : kLongestToForgetNs;
  return std::clamp(next.ns - clock_.wall_now().ns, std::int64_t{0},
                    has_books_to_audit() ? kAuditPauseNs : longest);
}

// While one command is decided, the memory is asked for what one behind it will look up: else a sale with
// more buyers than the cache holds waits for each of these.
void ShardAgent::look_ahead(Request* const* commands, std::size_t count) const {
  constexpr std::size_t kAhead = 8;
  if (count <= kAhead || commands[kAhead]->kind != Request::Kind::buy) return;
  const Request& next = *commands[kAhead];
  engine_->prefetch(next.buy, next.hashes);
  board_.prefetch_name(offer_limit_key(next.hashes.buyer, next.buy.offer));
}

void ShardAgent::handle(Request* request, Tick now, std::int64_t now_ns) {
  request->decided_ns = now_ns;
  request->now = now;
  switch (request->kind) {
    case Request::Kind::buy:
      return handle_buy(request, now);
    case Request::Kind::find_order:
      return handle_find(request);
    case Request::Kind::order_command:
      return handle_command(request, now);
  }
}

void ShardAgent::handle_buy(Request* request, Tick now) {
  if (journal_->failed()) {
    request->outcome = Outcome::journal_failed;
    return reply(request);
  }
  if (!request->buy.lines.empty()) return open_basket(request, now);
  if (!open_baskets_.empty() && is_in_flight(request->hashes.key)) {
    request->outcome = Outcome::request_in_flight;
    metrics_.refusals.add();
    return reply(request);
  }
  bool way_is_free = false;
  Decision decision = decide_buy(request, now, way_is_free);
  while (decision.outcome == Outcome::order_gone) {
    way_is_free = free_key(decision.slot, now);
    decision = way_is_free ? decide_buy(request, now, way_is_free) : Decision();
  }
  request->outcome = decision.outcome;
  request->price = decision.price;
  request->free_at = decision.free_at;
  request->kept_until = decision.kept_until;
  if (decision.outcome == Outcome::limit_reached && has_discharges_under_way(request)) {
    // Units of this very buyer may be among those that come back in a moment: then it is asked once more.
    request->asked = Request::Asked::waits_to_ask_again;
    return wait_for(request, discharges_[(discharges_tail_ - 1) % kDischargesMax].position);
  }
  const bool accepted = decision.outcome == Outcome::confirmed || decision.outcome == Outcome::held ||
                        decision.outcome == Outcome::waiting;
  if (!accepted) {
    if (way_is_free) {
      (decision.outcome == Outcome::overloaded ? metrics_.overloaded_orders : metrics_.refusals).add();
    }
    return reply(request);
  }

  if (decision.replayed) return replay(request, decision);
  OrderSlot slot;
  request->outcome = take(decision, request, now, slot);
  if (request->outcome != decision.outcome) return reply(request);
  request->order = decision.order;
  request->place = engine_->place(slot);
  request->from_line = request->place != 0;
  answer(request, position_by_slot_[slot.value]);
}

Decision ShardAgent::decide_buy(Request* request, Tick now, bool& way_is_free) {
  const auto due_before = [&] { return engine_->due_before(request->buy, request->hashes, now); };
  way_is_free = clear_the_way(due_before, now);
  return way_is_free ? engine_->decide(request->buy, request->hashes, now) : Decision();
}

void ShardAgent::replay(Request* request, const Decision& decision) {
  metrics_.replays.add();
  request->outcome = decision.outcome;
  request->replayed = true;
  request->order = decision.order;
  // Equal, and the request's own memory.
  request->order.buyer = request->buy.buyer;
  request->order.reference = request->buy.reference;
  request->order.key = request->order.channel = request->order.region = request->order.segment = {};
  request->order.identities = {};
  request->order.payment = {};
  std::copy(decision.order.lines.begin(), decision.order.lines.end(), request->lines.begin());
  request->order.lines = OrderLines(request->lines).first(decision.order.lines.size());
  request->place = engine_->place(decision.slot);
  request->from_line = engine_->began_waiting(decision.slot);
  answer(request, position_by_slot_[decision.slot.value]);
}

// A new order: into the journal's ring and into the books.
Outcome ShardAgent::take(const Decision& decision, Request* request, Tick now, OrderSlot& slot) {
  const Order& order = decision.order;
  const OfferIndex offer = order.number.offer();
  // What is left of the segment is for the orders that there are: for payments, cancellations, returns.
  if (journal_->short_of_room()) {
    metrics_.overloaded_disk.add();
    return Outcome::overloaded;
  }
  if (!ring_.has_room()) {
    metrics_.overloaded_journal.add();
    return Outcome::overloaded;
  }
  if (engine_->has_total_limit(offer) && !engine_->charge(order, request->hashes)) {
    metrics_.refusals.add();
    return Outcome::limit_reached;
  }
  engine_->prefetch(order.number);
  encode(order, ring_.reserve(order_payload_bytes(order)));
  const TenantId tenant = engine_->catalog()->campaign_of(offer).definition.tenant;
  const std::uint64_t position = ring_.append({.kind = order_record_kind(order),
                                               .version = order_record_version(order),
                                               .tenant = tenant,
                                               .tick = now});
  const bool applied = engine_->apply(order, request->hashes, slot);
  DOORBUSTER_CHECK(applied);  // decide() has just said that it can be
  position_by_slot_[slot.value] = position;

  mark_names(offer, request->hashes.buyer, order.identities);
  publish_offer(offer);
  if (decision.outcome == Outcome::confirmed) {
    metrics_.sold_orders.add();
    metrics_.sold_units.add(order.quantity);
    // Sold past a line, to a channel for which it was kept: what is left may be too little for its first.
    if (engine_->has_line(offer)) serve_line(offer, now);
  } else {
    (decision.outcome == Outcome::held ? metrics_.held_orders : metrics_.waiting_orders).add();
  }
  return decision.outcome;
}

void ShardAgent::handle_find(Request* request) {
  OrderSlot slot;
  request->outcome = engine_->find(request->order_number, request->now, slot);
  if (request->outcome == Outcome::ok) {
    show_order(request, slot);
    request->durable = position_by_slot_[slot.value] <= ring_.durable();
  }
  reply(request);
}

// Lets the answer go when the record at `position`, on which it rests, is durable.
void ShardAgent::answer(Request* request, std::uint64_t position) {
  request->durable = position <= ring_.durable();
  const bool now_will_do = request->durable || request->answer_when_decided || options_.answer_when_decided;
  now_will_do ? reply(request) : wait_for(request, position);
}

void ShardAgent::wait_for(Request* request, std::uint64_t position) {
  DOORBUSTER_CHECK(gate_count_ < gate_.size());
  const std::size_t at = gate_head_ + gate_count_;
  gate_[at < gate_.size() ? at : at - gate_.size()] = {request, position};
  ++gate_count_;
}

std::size_t ShardAgent::open_gate() {
  if (gate_count_ == 0) return 0;
  const bool failed = journal_->failed();
  const std::uint64_t durable = ring_.durable();
  std::size_t released = 0;
  while (gate_count_ != 0) {
    const Waiting& first = gate_[gate_head_];
    first.request->durable = first.position <= durable;
    if (!first.request->durable) {
      if (!failed) break;
      // Whether it is on the disk nobody knows now; recovery will. The buyer asks again with the same key.
      first.request->outcome = Outcome::journal_failed;
    }
    const bool goes_on =
        first.request->basket != nullptr || first.request->asked == Request::Asked::waits_to_ask_again;
    if (!goes_on) {
      reply(first.request);
    } else {
      // Not at once: what has become durable is settled when nobody looks at the engines.
      released_.push_back(first.request);
    }
    if (++gate_head_ == gate_.size()) gate_head_ = 0;
    --gate_count_;
    ++released;
  }
  return released;
}

void ShardAgent::reply(Request* request) {
  const std::uint16_t door = request->http_thread;  // behind the push the request is not ours any more
  // The queue holds as many as the thread has requests, so it cannot be full.
  const bool pushed = doors_[door].queue->push(options_.shard, request);
  DOORBUSTER_CHECK(pushed);
  door_rung_[door] = true;
}

void ShardAgent::install(CatalogPointer catalog) {
  discharge_durable();
  DOORBUSTER_CHECK(discharges_head_ == discharges_tail_);
  engine_->install(std::move(catalog));
  agree_on_charges();
  sweep_.start_over();
  publish_board();
}

void ShardAgent::publish_board() {
  engine_->visit_limit_keys([this](const Hash128& key) { board_.mark_name(key); });
  lines_left_.clear();
  for (const Offer& offer : engine_->catalog()->offers()) {
    const OfferIndex index = offer.definition.offer;
    if (!engine_->owns(index)) continue;
    publish_offer(index);
    if (engine_->has_line(index)) lines_left_.push_back(index);
  }
  mark_changed_offers();  // who follows is rung by whoever asked for this
}

void ShardAgent::publish_offer(OfferIndex offer) {
  ++changes_;
  if (!board_.publish(offer, engine_->availability(offer, last_tick_), engine_->stock(offer))) return;
  // What a door reads is there at once; who follows the board is told at the end of the cycle.
  if (changed_count_ != 0 && changed_offers_[changed_count_ - 1] == offer) return;
  if (changed_count_ == changed_offers_.size()) mark_changed_offers();
  changed_offers_[changed_count_++] = offer;
}

void ShardAgent::mark_changed_offers() {
  for (std::size_t i = 0; i < changed_count_; ++i) board_.mark_changed(changed_offers_[i]);
  changed_count_ = 0;
}

void ShardAgent::run_task() {
  // relaxed: looked at in every cycle; the acquire below is paid only when there is one.
  if (task_.load(std::memory_order_relaxed) == nullptr) return;
  // Pairs with the release of the store in run_on_shard(): the task's captures are visible. Taken by
  // exchange, so that a caller who gives up and the shard cannot both believe to have it.
  const auto* task = task_.exchange(nullptr, std::memory_order_acq_rel);
  if (task != nullptr) (*task)();
}

bool ShardAgent::run_on_shard(const std::function<void()>& task, std::int64_t timeout_ns,
                              const std::function<void()>& wait) {
  std::atomic<bool> done = false;
  const std::function<void()> wrapped = [&] {
    task();
    done.store(true);
  };
  // Pairs with the exchange in run_task().
  task_.store(&wrapped, std::memory_order_release);
  own_notifier_->notify();
  const std::int64_t deadline = clock_.monotonic_ns() + timeout_ns;
  while (!done.load()) {
    if (clock_.monotonic_ns() > deadline && task_.exchange(nullptr) != nullptr) return false;
    if (wait) {
      wait();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }
  return true;
}

}  // namespace doorbuster
