#include "admin/checkpoint_metrics.h"

namespace doorbuster {

void add_checkpoints(Exposition& out, const ServerState& state) {
  out.one("doorbuster_checkpoints_unusable", "gauge", "Checkpoints that the start had to leave aside.",
          state.runtime->recovery().damaged_checkpoints.size());
  if (state.checkpoints == nullptr) return;
  const CheckpointMetrics& made = *state.checkpoints;
  out.one("doorbuster_checkpoint_sequence", "gauge", "The last record of the newest checkpoint; 0: none.",
          made.sequence.value());
  out.one("doorbuster_checkpoint_built_timestamp_seconds", "gauge",
          "When this process made its last checkpoint; 0: it made none.", made.built_at_s.value());
  out.one("doorbuster_checkpoint_build_seconds", "gauge", "How long the last one took.",
          static_cast<double>(made.build_ns.value()) / 1e9);
  out.one("doorbuster_checkpoint_bytes", "gauge", "Bytes of the last one.", made.bytes.value());
  out.one("doorbuster_checkpoints_total", "counter", "Checkpoints made since the start.", made.built.value());
  out.one("doorbuster_checkpoint_failures_total", "counter",
          "Checkpoints that could not be made; the sale does not notice.", made.failures.value());
  out.one("doorbuster_journal_segments", "gauge", "Segments on disk.", made.segments.value());
  out.one("doorbuster_journal_disk_bytes", "gauge", "Bytes of the segments on disk.",
          made.segment_bytes.value());
  out.one("doorbuster_checkpoint_files", "gauge", "Checkpoints on disk.", made.files.value());
  out.one("doorbuster_checkpoint_disk_bytes", "gauge", "Bytes of the checkpoints on disk.",
          made.file_bytes.value());
  out.one("doorbuster_journal_segments_pruned_total", "counter",
          "Segments removed since the start because nobody needs them.", made.pruned_segments.value());
}

}  // namespace doorbuster
