#pragma once
// Checkpoints of a data folder: starting from one, making the next, and what may go when there are newer
// ones. The same code for a server's start, its checkpoint thread and the offline tools.

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doorbuster/journal/checkpoint.h"
#include "doorbuster/journal/journal.h"
#include "doorbuster/platform/storage.h"
#include "doorbuster/runtime/recovery.h"

namespace doorbuster {

// --- from a folder to a state
// -------------------------------------------------------------------------------

struct FolderOptions {
  std::uint32_t shards = 1;
  // Room for orders, by how many the folder may have; empty: exactly what it has, which takes one more look
  // at the records.
  std::function<std::uint64_t(std::uint64_t recorded)> orders_max;
  std::uint32_t order_retention_seconds = kOrderRetentionSecondsDefault;  // of the state that lives on
  // When it becomes true, reading ends with an error.
  const std::atomic<bool>* stop = nullptr;
};

struct RecoveredFolder {
  std::unique_ptr<StateBuilder> state;
  RecoveredJournal journal;                  // what was read behind the checkpoint
  std::optional<CheckpointMark> checkpoint;  // that it began with
  std::vector<std::string> damaged;          // checkpoints that are of no use, and why; the newest first
};

// The newest checkpoint that proves itself, then every record behind it: a checksum that is wrong, a file
// that is cut, another folder's identity or a state hash that does not come out leave a checkpoint aside, and
// the one before it is taken, at last the whole journal. Where none of this is complete, an error of kind
// configuration says which file is missing or damaged.
//
// recover_folder() is a start's: see recover_journal(). It also removes what a checkpoint that was never
// finished has left. REQUIRES: storage.lock() was taken.
Result<RecoveredFolder> recover_folder(Storage& storage, const FolderOptions& options);
// Changes nothing; works beside a running server.
Result<RecoveredFolder> read_folder(Storage& storage, const FolderOptions& options = {});

// --- the next checkpoint
// ------------------------------------------------------------------------------------

struct BuildOptions {
  // Somebody may be writing the newest segment: it is left alone. False: the folder is the caller's, who has
  // its lock, and all of it is taken.
  bool running = true;
  std::string writer = {};                  // tells builders of one folder apart
  const std::atomic<bool>* stop = nullptr;  // gives up when it becomes true
};

struct BuiltCheckpoint {
  std::uint64_t sequence = 0;
  std::uint64_t base = 0;  // the checkpoint that it was built on; 0: the first record
  Tick tick;
  std::uint64_t records = 0, orders = 0, bytes = 0;  // records: replayed for it
  std::uint64_t samples = 0;                         // of the running engine's state, that the replay came to
  std::uint64_t state_hash = 0;
  std::vector<std::string> damaged;  // newer ones than `base` that are of no use
};

// Loads the newest good checkpoint, replays what is sealed behind it, writes the next under another name,
// syncs it, reads it back from the device, compares the state that it makes, and only then gives it its name.
// Beside a running engine the replay must come to every sample of its state that the segments have: else an
// error says which is not so.
// Nothing when there is no segment to add. After an error the folder is as it was.
Result<std::optional<BuiltCheckpoint>> build_checkpoint(Storage& storage, const BuildOptions& options);

// Whether a checkpoint makes the state that it was made from.
Status verify_checkpoint(Storage& storage, std::uint64_t sequence);

// --- what is not needed any more
// ----------------------------------------------------------------------------

inline constexpr std::uint64_t kNothingNeeded = std::numeric_limits<std::uint64_t>::max();

struct PruneOptions {
  // The newest two that are good: what was built, and what it was built on; both stay.
  std::uint64_t newest = 0, older = 0;
  Tick now = {};
  std::int64_t retention_seconds = 0;
  std::uint64_t needed_from = kNothingNeeded;  // the lowest sequence that somebody still has to read
};

struct Pruned {
  std::uint64_t segments = 0, checkpoints = 0;
};

// Removes what a start, a restore to an instant within the retention, and who reads the journal can do
// without:
// - The newest checkpoint that is older than the retention (at the latest `older`) is the last that can be
//   needed. Segments behind it go, with their torn tails, and so do checkpoints before it.
// - Of the checkpoints since then, kCheckpointsPerRetention stay, for a restore that need not replay much.
// - What lies between `older` and `newest` was found damaged, and goes.
// Without an older one the whole journal is what a start can fall back to, and no segment goes. The oldest
// goes first, one at a time, so that what is left is always whole.
Result<Pruned> prune_folder(Storage& storage, const PruneOptions& options);

// --- for figures
// --------------------------------------------------------------------------------------------

struct FolderFigures {
  std::uint64_t segments = 0, segment_bytes = 0;
  std::uint64_t checkpoints = 0, checkpoint_bytes = 0;
  std::uint64_t newest_checkpoint = 0;  // its last sequence; 0: none
  std::uint64_t sealed_since = 0;       // segments behind it that are complete
};
Result<FolderFigures> measure_folder(Storage& storage);

}  // namespace doorbuster
