#pragma once
// Everything between the HTTP threads and the disk, put together: recovery, shards, the journal thread, and
// who runs on which thread. The steps of a life, in order:
//
//   open()       lock, recover, journal the configuration's changes
//   start()      threads run; decisions are made (or run_by_hand(): the caller steps every agent)
//   ...          reconfigure(), stock(), failed()
//   stop()       after the HTTP agents have drained: last batch, clean end of the journal
//
// One thread (the application's) calls these; stock(), change(), reconfigure(), audit() and
// journal_alerts() may be called by any.

#include <array>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "doorbuster/base/counters.h"
#include "doorbuster/catalog/audit.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/journal/journal.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/platform/storage.h"
#include "doorbuster/runtime/agent.h"
#include "doorbuster/runtime/alert_log.h"
#include "doorbuster/runtime/door.h"
#include "doorbuster/runtime/journal_agent.h"
#include "doorbuster/runtime/recovery.h"
#include "doorbuster/runtime/shard_agent.h"

namespace doorbuster {

// Which threads there are, and how much room there is between them.
struct WiringPlan {
  std::uint32_t shards = 1;
  std::uint32_t http_threads = 1;
  bool shared = true;        // thread i runs HTTP agent i and shard i; else each agent has its own
  bool spare_thread = true;  // fills the journal's next segment ahead of time; else who needs it does
  // The bounds, or less where there are many small runtimes.
  std::uint32_t requests_max = kRequestsPerThreadMax;
  std::size_t ring_bytes = kJournalRingBytes;
  std::uint64_t sample_bytes = kStateSampleBytes;
};
// `processors` are what the process may use. The measurement behind `automatic`: bench/results/.
WiringPlan plan_wiring(Wiring wiring, std::uint32_t cores, std::uint32_t processors);

// An offer whose books are wrong, and the last of its orders.
struct BooksEvidence {
  struct OrderFacts {
    std::uint64_t ordinal = 0;
    OrderStatus status{};
    std::uint32_t quantity = 0, confirmed_quantity = 0, returned_quantity = 0;
  };
  BooksFault fault;
  std::vector<OrderFacts> orders;  // at most kEvidenceOrdersMax
};

struct RecoveryReport {
  bool fresh = false;
  std::uint64_t records = 0, orders = 0, torn_bytes = 0, segments = 0;  // records, segments: that were read
  std::string torn_segment;
  std::uint64_t state_hash = 0;
  std::uint64_t checkpoint = 0;                  // the last record of the one that it began with; 0: none
  std::vector<std::string> damaged_checkpoints;  // that were of no use, and why
  std::vector<StateFault> state_faults;          // what who wrote it had, and the replay did not come to
};

class Runtime {
 public:
  // `origin`: who has the configuration put in force, when it differs from what the folder has.
  static Result<std::unique_ptr<Runtime>> open(Storage& storage, const Clock& clock,
                                               const Configuration& configuration, const WiringPlan& plan,
                                               ChangeOrigin origin = {});
  ~Runtime();

  const WiringPlan& plan() const { return plan_; }
  const RecoveryReport& recovery() const { return recovery_; }

  // One for each HTTP thread of the plan.
  EngineDoor& door(std::size_t http_thread) { return *doors_[http_thread]; }

  // http_agents[i] uses door(i). They must outlive stop().
  void start(const std::vector<SleepingAgent*>& http_agents);
  // Instead of start(): no thread runs, and the caller steps the agents that are returned (the shards, then
  // the journal) on its own. What would sleep until another thread has done something calls `while_waiting`
  // over and over instead, inside of change(), stock() and journal_alerts(). It steps agents, but must not
  // call any of these three again; when it throws, this process is dead and only the destructor may follow.
  std::vector<Agent*> run_by_hand(std::function<void()> while_waiting);
  // Stops all threads, ends the journal cleanly and returns the final state hash. REQUIRES: start() or
  // run_by_hand() was called.
  Result<std::uint64_t> stop();
  // Of everything decided. REQUIRES: run by hand or stopped, and nothing is on its way.
  std::uint64_t state_hash();

  // For a watchdog: whether every thread has begun a cycle since the last ask_heartbeats().
  void ask_heartbeats();
  bool have_heartbeats() const;

  // A write or sync has failed: nothing is decided any more, every buy is answered `journal_failed`.
  bool failed() const { return journal_agent_->failed(); }
  const std::string& failure() const { return journal_agent_->failure(); }
  bool short_of_room() const { return journal_agent_->short_of_room(); }

  // What has to change about the catalog in force. `committed`: units sold or held of each offer, by index.
  // Called while all shards stand still, so what it reads is what the change is made to; `now` is after every
  // decision. Its refusal is the change's.
  using ChangePlanner = std::function<Result<CatalogChangeSet>(
      const Catalog& catalog, const std::vector<std::int64_t>& committed, Tick now)>;
  // One durable change between two decisions: all shards stop for it and go on after it. Returns how many
  // definitions changed; refused, nothing has.
  Result<std::size_t> change(const ChangePlanner& plan);
  // Makes the configuration's tenants, items and campaigns the ones in force; the second, campaigns alone.
  Result<std::size_t> reconfigure(const Configuration& configuration, ChangeOrigin origin = {});
  Result<std::size_t> reconfigure(const std::vector<CampaignConfiguration>& campaigns,
                                  ChangeOrigin origin = {});

  // Names are counted for limits over whole campaigns, and those of which nothing is left take up room.
  bool counts_names() const { return allowances_->names() != 0; }
  bool is_crowded() const { return allowances_->is_crowded(); }
  // Makes room again. All shards stop for it and go on after it.
  Status make_room();

  // Rung when more of the journal is durable. Before start(); it outlives stop().
  void ring_when_durable(Notifier& notifier) { journal_agent_->add_listener(notifier); }

  // Rung after every change of the catalog. Before start(); it outlives the runtime's last change.
  void ring_after_changes(Notifier& notifier) { change_notifiers_.push_back(&notifier); }

  // The last changes of the catalog, also those of earlier lives. Waits for a change that is being made.
  AuditPage audit(const AuditQuery& query);

  // Exact, each offer at one instant between two of its decisions.
  Result<std::vector<OfferStock>> stock(std::span<const OfferIndex> offers);
  CatalogPointer catalog() const { return catalog_.get(); }
  // What the audit of the books has found in this life, and how many offers of all that is; the count costs
  // nothing.
  Result<std::vector<BooksEvidence>> books_evidence();
  std::uint64_t broken_offers() const;
  // Takes memory for the orders to come. Always the same thread, or before it runs; not a shard's.
  void take_pages_ahead();
  // Another number as soon as catalog() has another answer.
  std::uint64_t catalog_changes() const { return catalog_.changes(); }

  // --- for who follows the sale ---
  Board& board() { return *board_; }
  // Rung after the board or the catalog has changed. One thread sleeps in it.
  Notifier& watch_notifier() { return watch_notifier_; }
  // The same, for the stream.
  Notifier& stream_notifier() { return stream_notifier_; }
  const CatalogCell& catalog_cell() const { return catalog_; }
  // What has been raised and cleared, in this life and before. Any thread.
  const AlertLog& alerts() const { return *alerts_; }
  // Writes them to the journal, behind everything that the board has said of so far, and to the log of alerts
  // when they are durable. Shards go on meanwhile.
  Status journal_alerts(std::span<const Alert> alerts);
  // The last tick of earlier lives: nobody has looked at what came between it and the start.
  Tick recovered_at() const { return recovered_at_; }

  // --- for who reads the journal behind the shards: any thread ---
  std::uint64_t durable_sequence() const { return journal_agent_->durable_sequence(); }
  const FolderIdentity& identity() const { return identity_; }
  const DataFolderKeys& keys() const { return keys_; }

  // --- for metrics: any thread ---
  std::size_t shard_count() const { return shards_.size(); }
  const ShardMetrics& shard_metrics(std::size_t shard) const { return shards_[shard]->metrics(); }
  std::size_t queue_depth(std::size_t shard) const { return shards_[shard]->commands().size(); }
  const JournalMetrics& journal_metrics() const { return journal_agent_->metrics(); }
  std::uint64_t wakeups() const;
  std::uint64_t orders_max() const { return orders_max_; }
  // Changes of the catalog since the start, by kChangeKinds.
  std::uint64_t changes(std::size_t kind) const { return changes_[kind].value(); }

 private:
  Runtime(Storage& storage, const Clock& clock, const WiringPlan& plan)
      : storage_(storage), clock_(clock), plan_(plan) {}

  // What was put in force, and over what.
  struct AppliedChange {
    CatalogPointer before;
    CatalogChangeSet change;  // empty: nothing was
    Tick at;
  };

  static std::uint64_t room_for_orders(const Configuration& configuration, std::uint64_t recorded);
  Status recover(const Configuration& configuration, ChangeOrigin origin);
  Status journal_now(JournalWriter& writer, const std::vector<EncodedRecord>& records);
  void assemble(const Configuration& configuration, std::vector<std::unique_ptr<Engine>> engines,
                Tick last_tick, std::unique_ptr<JournalWriter> writer);
  Result<AppliedChange> change_while_paused(const ChangePlanner& plan);
  void remember(const AppliedChange& applied);
  Status journal_change(const CatalogChangeSet& change, Tick now);
  Status forget_over();
  // Until all that the shards have published by now is durable.
  void wait_for_published() const;
  void wait_a_moment() const;
  Status journal_running(std::span<const EncodedRecord> records);
  Status on_every_shard(const std::function<void(ShardAgent&)>& task);

  Storage& storage_;
  const Clock& clock_;
  const WiringPlan plan_;
  RecoveryReport recovery_;
  DataFolderKeys keys_;
  FolderIdentity identity_{};
  std::uint64_t orders_max_ = 0;
  CatalogCell catalog_;
  std::unique_ptr<Board> board_;
  std::unique_ptr<Allowances> allowances_;
  std::vector<std::unique_ptr<ShardAgent>> shards_;
  JournalRing change_ring_{kJournalRingBytes};  // written under control_mutex_
  std::unique_ptr<JournalAgent> journal_agent_;
  Notifier journal_notifier_, watch_notifier_, stream_notifier_;
  std::vector<Notifier*> change_notifiers_;
  std::unique_ptr<AlertLog> alerts_;
  Tick recovered_at_;
  std::vector<std::unique_ptr<Notifier>> notifiers_;  // of the HTTP threads, then of the shards' own threads
  std::vector<std::unique_ptr<EngineDoor>> doors_;
  // One caller at a time for what stops shards and writes the ring of changes: change(), stock(),
  // journal_alerts().
  std::mutex control_mutex_;
  AuditLog audit_;                                        // under control_mutex_
  std::array<Counter, std::size(kChangeKinds)> changes_;  // written under control_mutex_
  std::function<void()> while_waiting_;                   // run by hand; else empty
  std::vector<std::unique_ptr<AgentThread>> threads_;
  std::unique_ptr<AgentThread> journal_thread_;
};

}  // namespace doorbuster
