#include "doorbuster/runtime/checkpoint_agent.h"

#include <algorithm>
#include <utility>

#include "doorbuster/platform/thread.h"

namespace doorbuster {

CheckpointAgent::CheckpointAgent(Storage& storage, const Clock& clock, const Counter& segments_begun,
                                 const CheckpointPolicy& policy, Tell tell)
    : storage_(storage),
      clock_(clock),
      segments_begun_(segments_begun),
      policy_(policy),
      tell_(std::move(tell)) {}

void CheckpointAgent::on_thread_start() {
  make_this_thread_idle();
}

bool CheckpointAgent::is_due() const {
  if (stop_.load()) return false;
  if (retry_at_ns_ != 0) return clock_.monotonic_ns() >= retry_at_ns_;
  return is_first_ || segments_begun_.value() != seen_;
}

std::size_t CheckpointAgent::do_work() {
  if (!is_due()) return 0;
  is_first_ = false;
  // Before the folder is looked at: a segment that comes in between is looked at once more.
  seen_ = segments_begun_.value();
  retry_at_ns_ = 0;
  auto built = look();
  if (built) {
    back_off_ns_ = 0;
    return *built;
  }
  if (stop_.load()) return 0;  // it was told to: no failure
  metrics_.failures.add();
  back_off_ns_ = std::clamp(back_off_ns_ * 2, kBackOffMinNs, kBackOffMaxNs);
  retry_at_ns_ = clock_.monotonic_ns() + back_off_ns_;
  tell_(News::failed, built.error().message + "; the one before it stays, and it is tried again in " +
                          std::to_string(back_off_ns_ / kNsPerSecond) + " s");
  return 0;
}

Result<std::size_t> CheckpointAgent::look() {
  FolderFigures figures;
  if (Status measured = measure(figures); !measured) return tl::unexpected(measured.error());
  if (policy_.segments == 0 || figures.sealed_since < policy_.segments) return 0;
  if (Status built = build(); !built) return tl::unexpected(built.error());
  if (Status measured = measure(figures); !measured) return tl::unexpected(measured.error());
  return 1;
}

Status CheckpointAgent::build() {
  const std::int64_t began_ns = clock_.monotonic_ns();
  auto built = build_checkpoint(storage_, {.running = true, .writer = {}, .stop = &stop_});
  if (!built) return tl::unexpected(built.error());
  if (!*built) return {};
  const BuiltCheckpoint& checkpoint = **built;
  metrics_.built.add();
  metrics_.built_at_s.set(static_cast<std::uint64_t>(clock_.wall_now().ns / kNsPerSecond));
  metrics_.build_ns.set(static_cast<std::uint64_t>(clock_.monotonic_ns() - began_ns));
  metrics_.bytes.set(checkpoint.bytes);
  for (const std::string& damaged : checkpoint.damaged) tell_(News::damaged, damaged);
  const auto pruned = prune_folder(storage_, {.newest = checkpoint.sequence,
                                              .older = checkpoint.base,
                                              .now = clock_.wall_now(),
                                              .retention_seconds = policy_.retention_seconds,
                                              .needed_from = needed_from_()});
  if (!pruned) return tl::unexpected(pruned.error());
  metrics_.pruned_segments.add(pruned->segments);
  tell_(News::built, "through record " + std::to_string(checkpoint.sequence) + ": " +
                         std::to_string(checkpoint.records) + " records replayed, " +
                         std::to_string(checkpoint.samples) +
                         " samples of the running engine's state compared, " +
                         std::to_string(checkpoint.orders) + " orders, " + std::to_string(checkpoint.bytes) +
                         " bytes, " + std::to_string(pruned->segments) + " segments removed");
  return {};
}

Status CheckpointAgent::measure(FolderFigures& figures) {
  auto measured = measure_folder(storage_);
  if (!measured) return tl::unexpected(measured.error());
  figures = *measured;
  metrics_.sequence.set(figures.newest_checkpoint);
  metrics_.segments.set(figures.segments);
  metrics_.segment_bytes.set(figures.segment_bytes);
  metrics_.files.set(figures.checkpoints);
  metrics_.file_bytes.set(figures.checkpoint_bytes);
  return {};
}

}  // namespace doorbuster
