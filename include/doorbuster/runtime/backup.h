#pragma once
// Whole copies of a data folder, as it is and as it was.

#include <cstdint>
#include <optional>

#include "doorbuster/base/result.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/platform/storage.h"

namespace doorbuster {

struct CopiedFolder {
  std::uint64_t checkpoint = 0;  // its last record; 0: the copy has the whole journal
  std::uint64_t through = 0;     // the last record in the copy
  Tick last_tick;
  std::uint64_t orders = 0, state_hash = 0;
};

// Copies the newest good checkpoint and what is behind it; without one the whole journal. Beside a running
// server it ends with the last record that the server calls durable; what is removed meanwhile makes it begin
// anew. The copy is synced, then read as a start would. After an error the target holds nothing that a start
// would take.
// REQUIRES: the target is empty and locked.
Result<CopiedFolder> backup_folder(Storage& source, Storage& target);

// Where a restored folder ends.
struct RestorePoint {
  std::optional<std::uint64_t> sequence;  // with this record, or with the last one when there are fewer
  std::optional<Tick> time;               // before the first record that is later
};

// A new folder with everything up to that point: the newest checkpoint that is not beyond it, and records. A
// change of the catalog that would be cut is left out as a whole. An error of kind configuration says from
// where on a restore is possible when that point is before it.
// REQUIRES: the same.
Result<CopiedFolder> restore_folder(Storage& source, Storage& target, const RestorePoint& point);

}  // namespace doorbuster
