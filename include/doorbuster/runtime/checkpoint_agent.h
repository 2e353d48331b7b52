#pragma once
// Makes checkpoints while the sale goes on, on a thread of its own and at the lowest priority, and removes
// what is not needed any more. It reads what the journal thread has finished, and no shard knows of it.
//
// Nothing that happens to it happens to the sale: where a checkpoint cannot be made, the one before it stays,
// nothing is removed, the failure is told and counted, and it is tried again, later each time.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "doorbuster/base/counters.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/platform/storage.h"
#include "doorbuster/runtime/agent.h"
#include "doorbuster/runtime/checkpoint.h"

namespace doorbuster {

// Written by the checkpoint thread, read by any.
struct CheckpointMetrics {
  Counter sequence;    // the newest one's last record; 0: there is none
  Counter built_at_s;  // Unix time of the last one that this process has made; 0: none
  Counter build_ns;    // how long that took
  Counter bytes;       // of the newest
  Counter built, failures;
  Counter segments, segment_bytes, files, file_bytes;  // on disk: the journal's, and checkpoints
  Counter pruned_segments;
};

struct CheckpointPolicy {
  std::uint32_t segments = kCheckpointSegmentsDefault;  // sealed ones since the last; 0: never
  std::int64_t retention_seconds = kJournalRetentionSecondsDefault;
};

class CheckpointAgent final : public Agent {
 public:
  enum class News {
    built,
    damaged,  // a checkpoint is of no use
    failed,
  };
  using Tell = std::function<void(News news, const std::string& text)>;
  // The lowest sequence that somebody still has to read in the journal: nothing from there on is removed.
  using NeededFrom = std::function<std::uint64_t()>;

  static constexpr std::int64_t kLookIntervalNs = kNsPerSecond;  // at how many segments there are
  static constexpr std::int64_t kBackOffMinNs = 2 * kNsPerSecond;
  static constexpr std::int64_t kBackOffMaxNs = 600 * kNsPerSecond;

  // All outlive it. `segments_begun` changes whenever the journal begins a segment. `tell` is called on the
  // agent's thread.
  CheckpointAgent(Storage& storage, const Clock& clock, const Counter& segments_begun,
                  const CheckpointPolicy& policy, Tell tell);

  // Before the first do_work().
  void set_needed_from(NeededFrom needed_from) { needed_from_ = std::move(needed_from); }

  void on_thread_start() override;
  std::size_t do_work() override;  // how many checkpoints it made
  bool has_work() override { return is_due(); }
  std::int64_t sleep_at_most_ns() override { return kLookIntervalNs; }

  // Any thread: what is being made is given up, and nothing is begun any more.
  void give_up() { stop_.store(true); }
  const CheckpointMetrics& metrics() const { return metrics_; }

 private:
  bool is_due() const;
  Result<std::size_t> look();
  Status build();
  Status measure(FolderFigures& figures);

  Storage& storage_;
  const Clock& clock_;
  const Counter& segments_begun_;
  const CheckpointPolicy policy_;
  const Tell tell_;
  NeededFrom needed_from_ = [] { return kNothingNeeded; };
  CheckpointMetrics metrics_;
  std::atomic<bool> stop_ = false;
  bool is_first_ = true;
  std::uint64_t seen_ = 0;        // of segments_begun_, at the last look
  std::int64_t retry_at_ns_ = 0;  // monotonic; 0: nothing has failed
  std::int64_t back_off_ns_ = 0;
};

}  // namespace doorbuster
