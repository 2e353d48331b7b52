#pragma once
// One shard: the only thread that touches its SKUs.
//
//  http 0 --+ commands (bounded)              ring              write + sync
//  http 1 --+------------------> do_work() --------> journal -----------------> disk
//           |  full: overloaded     |                   |
//           |                       |  gate: waits      | durable position
//           |                       +<------------------+
//           |                       v
//           +<---------------- reply queue of the http thread that asked
//
// A reply that rests on a record waits in the gate until the record is durable; one that rests on none leaves
// at once. So a sale never leaves before the disk has it, and a buy that is refused does not wait for the
// disk, with one exception: limit_reached in a campaign with limit_per_buyer_total. As long as units that
// this shard has freed are on their way back to their names, they may be this buyer's, so such a buy stands
// in the gate for the last of those records. It does so once, and is decided anew then.

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "doorbuster/base/counters.h"
#include "doorbuster/base/reserved_array.h"
#include "doorbuster/engine/engine.h"
#include "doorbuster/engine/retention_sweep.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/runtime/agent.h"
#include "doorbuster/runtime/basket.h"
#include "doorbuster/runtime/board.h"
#include "doorbuster/runtime/command_queue.h"
#include "doorbuster/runtime/journal_agent.h"
#include "doorbuster/runtime/journal_ring.h"
#include "doorbuster/runtime/request.h"

namespace doorbuster {

using CommandQueue = BoundedQueue<Request, kRequestsPerThreadMax>;  // producers: HTTP threads
using VisitQueue = BoundedQueue<Request, kRequestsPerThreadMax>;    // producers: shards
static_assert(kBasketsPerShardMax * kShardsMax <= kRequestsPerThreadMax);
// Orders that can be told and lost: in a ring and in two batches. Their numbers are left out by the next
// start.
static_assert(kJournalRingBytes / (kOrderFixedBytes + 32) +
                  2 * kJournalBatchBytesMax / (kOrderFixedBytes + 48) <
              OrderNumber::kOrdinalsPerStart);
using ReplyQueue = BoundedQueue<Request, kRequestsPerThreadMax>;  // producers: shards

// An HTTP thread as a shard sees it.
struct ReplyDoor {
  ReplyQueue* queue = nullptr;
  Notifier* notifier = nullptr;
};

// Written by the shard, read by any.
struct ShardMetrics {
  Counter commands, sold_orders, sold_units, replays, refusals;
  Counter overloaded_journal;   // bound hit: the ring to the journal was full
  Counter overloaded_disk;      // bound hit: the disk has no room for the next segment
  Counter overloaded_orders;    // bound hit: the order table was full
  Counter overloaded_expiries;  // bound hit: too many holds to expire before one decision
  Counter held_orders, confirmed_holds, confirmed_late, cancelled_holds, expired_holds, extended_holds;
  Counter refunds_due;  // orders whose money came when the units were gone
  Counter returned_units, restocked_units;
  Counter waiting_orders, offered_orders, left_lines;
  Counter forgotten_orders;  // rows: an order, or a basket's line
  Counter gate_depth, orders;
  Counter rows_filled, text_bytes_filled;  // of the order store: see OrdersFilled
  Counter audit_rounds, broken_offers;     // of the books: see engine/books_audit.h
  BucketHistogram drained{kSizeBounds};
};

struct ShardOptions {
  std::uint32_t shard = 0;
  bool answer_when_decided = false;  // acknowledge: decided
  std::size_t ring_bytes = kJournalRingBytes;
  std::uint64_t sample_bytes = kStateSampleBytes;  // of records, from one sample of the state to the next
};

class ShardAgent final : public Agent {
 public:
  // `engine` is fresh or recovered; all of its orders are durable.
  ShardAgent(const ShardOptions& options, std::unique_ptr<Engine> engine, std::size_t http_threads,
             Board& board, const Clock& clock);
  // Before the first do_work(): where answers go, who writes the journal, how to wake it, and all shards.
  void connect(std::vector<ReplyDoor> doors, const JournalAgent* journal, Notifier* journal_notifier,
               Notifier* own_notifier, std::vector<ShardAgent*> shards);

  // Before the first do_work(), if anybody follows the board: rung at most once in a duty cycle, after
  // something that the board says has changed.
  void set_watch(Notifier* watch) { watch_ = watch; }
  void set_stream_watch(Notifier* watch) { stream_watch_ = watch; }

  std::size_t do_work() override;
  bool has_work() override;
  std::int64_t sleep_at_most_ns() override;

  // --- any thread ---
  CommandQueue& commands() { return commands_; }
  VisitQueue& visits() { return *visits_; }
  Notifier* notifier() const { return own_notifier_; }
  JournalRing& ring() { return ring_; }
  const JournalRing& ring() const { return ring_; }
  const ShardMetrics& metrics() const { return metrics_; }
  // Takes memory for the orders to come, so that the shard's thread never waits for it. One caller.
  void take_pages_ahead();
  // Runs `task` on the shard's thread, between two duty cycles, and returns when it has run; false, without
  // having run it, when the shard did not come to it in time. One caller at a time. Not for hot paths.
  // Until then it calls `wait` over and over; empty: it sleeps. When that throws, the shard must not be used
  // any more.
  bool run_on_shard(const std::function<void()>& task, std::int64_t timeout_ns,
                    const std::function<void()>& wait = {});

  // --- the shard's thread, a task on it, or before its thread runs ---
  Engine& engine() { return *engine_; }
  // While paused no command is taken, neither buys nor reads of orders; replies that wait in the gate go on.
  void pause(bool paused) { paused_ = paused; }
  // The catalog in force from here on. REQUIRES: everything recorded is durable, no command is taken.
  void install(CatalogPointer catalog);
  // Before a change of the catalog: forgets what is over by the rules that it may end. False: not all of it,
  // the ring is full.
  bool forget_all();
  // Publishes what the board has to say of the offers that this shard owns, and has their lines looked at:
  // after recovery or a changed catalog.
  void publish_board();
  // What is left to do when everything recorded is durable and nothing more comes.
  void finish() { discharge_durable(); }
  // Time goes on from here: for recovery.
  void set_last_tick(Tick tick) { last_tick_ = tick; }

 private:
  struct Waiting {
    Request* request;
    std::uint64_t position;
  };
  struct Discharge {
    std::uint64_t position;
    OrderSlot slot;
    std::uint32_t units;
  };
  static constexpr std::uint64_t kDischargesMax = kJournalRingBytes / 64;  // no record is smaller in the ring

  void look_ahead(Request* const* commands, std::size_t count) const;
  void handle(Request* request, Tick now, std::int64_t now_ns);
  void handle_buy(Request* request, Tick now);
  void handle_find(Request* request);
  void handle_command(Request* request, Tick now);
  Decision decide_buy(Request* request, Tick now, bool& way_is_free);
  Outcome take(const Decision& decision, Request* request, Tick now, OrderSlot& slot);
  void show_order(Request* request, OrderSlot slot);
  void answer(Request* request, std::uint64_t position);
  void wait_for(Request* request, std::uint64_t position);

  void replay(Request* request, const Decision& decision);

  // --- baskets: shard_baskets.cc, shard_basket_lines.cc ---
  void open_basket(Request* request, Tick now);
  void open_basket_event(Request* request, const OrderDecision& decision, Tick now);
  Basket* take_basket();
  bool is_in_flight(const Hash128& key) const;
  bool is_in_flight(OrderNumber number) const;
  std::size_t take_visits();
  void visit(Request* request, Tick now);
  void step_line(Request* request, Basket::Line& line, Tick now);
  void take_line(Request* request, Basket::Line& line, Tick now);
  void pin_line(Request* request, Basket::Line& line, Tick now);
  void settle_line(Request* request, Basket::Line& line, Tick now);
  void drop_line(Request* request, Basket::Line& line);
  void agree_on_charges();
  void pass_on(Request* request, std::uint32_t shard);
  void come_home(Request* request, Tick now);
  void begin_step(Basket& basket, Basket::Step step);
  void check_price(Request* request);
  void refuse_basket(Request* request, Tick now);
  bool is_ready(const Basket& basket) const;
  std::size_t record_ready(Tick now);
  void record_basket(Request* request, Tick now);
  void close_basket(Request* request);

  // Lets every hold expire that stands in the way of one decision: as long as `due_before()` names one. False
  // when there are more than the bound, or no room to write one down: then nothing can be decided now.
  template <typename DueBefore>
  bool clear_the_way(const DueBefore& due_before, Tick now) {
    for (std::uint32_t expired = 0; const std::optional<OrderSlot> due = due_before(); ++expired) {
      if (expired == kExpiriesPerDecisionMax) {
        metrics_.overloaded_expiries.add();
        return false;
      }
      if (!record(engine_->expiry_of(*due, now))) return false;
    }
    return true;
  }
  std::size_t stamp();  // how many quotas have ended
  Tick next_instant() const;
  std::size_t expire_due();
  bool record(const OrderEvent& event);

  // --- orders whose retention is over: shard_retention.cc ---
  bool can_forget(OrderSlot slot) const;
  bool free_key(OrderSlot slot, Tick now);
  bool forget(std::span<const OrderSlot> slots, Tick now);
  std::size_t forget_some(bool stamped);
  bool look_for_forgotten(RetentionSweep::Lines lines, std::size_t& forgotten);
  void serve_line(OfferIndex offer, Tick now);
  std::size_t serve_lines_left();
  void count(const OrderEvent& event);
  void publish_offer(OfferIndex offer);
  void mark_changed_offers();
  void mark_names(OfferIndex offer, const Hash128& buyer, Identities identities);
  std::size_t discharge_durable();
  bool has_discharges_under_way(const Request* request) const;
  std::size_t open_gate();
  bool has_books_to_audit() const { return in_audit_ || audited_changes_ != changes_; }
  std::size_t audit_books(bool busy);
  void sample_state();
  void reply(Request* request);
  void run_task();

  const ShardOptions options_;
  Board& board_;
  const Clock& clock_;
  std::vector<ReplyDoor> doors_;
  const JournalAgent* journal_ = nullptr;
  Notifier* journal_notifier_ = nullptr;
  Notifier* own_notifier_ = nullptr;
  Notifier* watch_ = nullptr;
  Notifier* stream_watch_ = nullptr;
  CommandQueue commands_;               // provides its own synchronization
  std::unique_ptr<VisitQueue> visits_;  // the same; made by connect()

  // --- owned by the shard's thread ---
  const std::unique_ptr<Engine> engine_;
  JournalRing ring_;          // the shard's end of it
  OrdersAhead orders_ahead_;  // take_pages_ahead()'s, like the next
  PagesAhead positions_ahead_;
  ReservedArray<std::uint64_t> position_by_slot_;  // of each order's last record; 0: recovered, so durable
  // Units that names get back when the record is durable. A ring, as large as the records that can be on
  // their way.
  ReservedArray<Discharge> discharges_{kDischargesMax};
  std::uint64_t discharges_head_ = 0, discharges_tail_ = 0;
  std::vector<ShardAgent*> shards_;  // all of them, this one too
  std::vector<bool> shard_rung_;     // shards with new visits in this cycle
  std::vector<Basket> baskets_{kBasketsPerShardMax};
  std::vector<Basket*> free_baskets_;
  std::vector<Request*> open_baskets_;  // this shard is their home
  std::vector<Request*> to_record_;     // of those: they wait for what they rest on
  RetentionSweep sweep_;
  std::vector<OfferIndex> lines_left_;  // to be served as soon as there is room in the ring
  std::vector<Waiting> gate_;           // a ring: bounded by all the requests that there are
  std::size_t gate_head_ = 0, gate_count_ = 0;
  std::vector<Request*> released_;  // by the gate, and not done yet; bounded as the gate is
  std::vector<bool> door_rung_;     // doors with new replies in this cycle
  // Published in this cycle, and not marked yet: an offer that sells many times in it is marked once.
  std::array<OfferIndex, 64> changed_offers_;
  std::size_t changed_count_ = 0;
  // The audit of the books goes on until a whole round has seen no change.
  std::uint64_t changes_ = 1, audited_changes_ = 0;
  std::int64_t audited_ns_ = 0;
  bool in_audit_ = false;
  std::uint64_t sampled_at_ = 0;  // the ring's position
  Tick last_tick_;
  bool paused_ = false;
  ShardMetrics metrics_;

  // --- a mailbox for one task ---
  std::atomic<const std::function<void()>*> task_ = nullptr;
};

}  // namespace doorbuster
