#pragma once
// The journal thread: takes what the shards have published, writes and syncs it as one batch, and says so.
// While it waits for the disk the shards go on deciding, and what they decide is the next batch (group
// commit).

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "doorbuster/base/counters.h"
#include "doorbuster/journal/journal.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/runtime/agent.h"
#include "doorbuster/runtime/journal_ring.h"

namespace doorbuster {

// Written by the journal thread, read by any.
struct JournalMetrics {
  Counter records, bytes, batches, segments, spare_waits, failures;
  BucketHistogram batch_records{kSizeBounds};
  BucketHistogram sync_ns{kLatencyBoundsNs};  // write and sync of one batch
};

class JournalAgent final : public Agent {
 public:
  // One ring for each shard, then one for the catalog's changes. `listeners` are rung when a batch is
  // durable, or when the journal has failed: whoever may have replies that wait.
  JournalAgent(std::unique_ptr<JournalWriter> writer, std::vector<JournalRing*> rings,
               std::vector<Notifier*> listeners, const Clock& clock);

  // Rung as well. Before the agent's first cycle.
  void add_listener(Notifier& listener) { listeners_.push_back(&listener); }

  void on_thread_start() override;
  std::size_t do_work() override;
  bool has_work() override;

  // Once true, for ever: a write or sync has failed, nothing that waits can be promised any more. Any thread.
  bool failed() const {
    // Pairs with the release in fail(): who sees the failure sees no durable position beyond the truth.
    return failed_.load(std::memory_order_acquire);
  }
  const std::string& failure() const { return failure_; }  // REQUIRES: failed()
  // The last record that is durable. Any thread.
  std::uint64_t durable_sequence() const {
    // Pairs with the release in do_work(): who reads the records through it finds them in their files.
    return durable_sequence_.load(std::memory_order_acquire);
  }
  // The disk has no room for the next segment: no new orders until it has. Any thread.
  bool short_of_room() const { return writer_->short_of_room(); }

  // The last batch, after the shards have stopped. Caller: whoever stopped this agent's thread.
  Status close();
  const JournalWriter& writer() const { return *writer_; }
  const JournalMetrics& metrics() const { return metrics_; }

 private:
  void fail(std::string why);

  const std::unique_ptr<JournalWriter> writer_;
  const std::vector<JournalRing*> rings_;
  std::vector<Notifier*> listeners_;
  const Clock& clock_;
  JournalMetrics metrics_;
  std::atomic<std::uint64_t> durable_sequence_;
  std::atomic<bool> failed_ = false;
  std::string failure_;
};

}  // namespace doorbuster
