#pragma once
// Parts of a journal in another folder: what a backup and a restore are made of.

#include <cstdint>
#include <optional>

#include "doorbuster/journal/journal.h"
#include "doorbuster/platform/storage.h"

namespace doorbuster {

// Through which record a running writer says that everything is durable; 0: nothing says so.
Result<std::uint64_t> read_watermark(Storage& storage);

// Copies the segments behind `after` (none: all) that have records through `through`, the last of them up to
// that record, and says in the copy's watermark that this much is durable. Everything is synced but the
// folder. Works beside a running writer as long as what it copies is not removed. Returns the last record
// copied. REQUIRES: the target has no journal.
Result<std::uint64_t> copy_segments(Storage& source, Storage& target,
                                    const std::optional<JournalPlace>& after, std::uint64_t through);

// Copies a file byte by byte and syncs it.
Status copy_file(Storage& source, Storage& target, std::string_view name);

}  // namespace doorbuster
