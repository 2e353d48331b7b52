#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "doorbuster/base/check.h"
#include "doorbuster/journal/journal.h"
#include "journal/layout.h"
#include "journal/walk.h"

namespace doorbuster {
namespace {

Result<FolderIdentity> make_identity() {
  FolderIdentity identity{};
  if (::getrandom(identity.data(), identity.size(), 0) != static_cast<ssize_t>(identity.size())) {
    return fail(ErrorKind::runtime, "cannot get random bytes for a new data folder's identity");
  }
  return identity;
}

Status copy_range(StorageFile& from, std::uint64_t offset, std::uint64_t bytes, StorageFile& to) {
  constexpr std::uint64_t kChunkBytes = 1U << 20;
  std::vector<std::byte> chunk(std::min(bytes, kChunkBytes));
  for (std::uint64_t done = 0; done < bytes;) {
    const std::span<std::byte> part(chunk.data(), std::min(bytes - done, kChunkBytes));
    auto read = from.read_at(offset + done, part);
    if (!read) return tl::unexpected(read.error());
    if (*read == 0) break;  // a tail in a file that was cut: there is no more of it
    if (auto written = to.write_at(done, part.first(*read)); !written) return written;
    done += *read;
  }
  return {};
}

// Nobody was told of it, but somebody may want to look at it.
Status keep_torn_tail(Storage& storage, StorageFile& segment, const JournalWalk& walk) {
  const std::string name = torn_name(walk.newest);
  auto names = storage.list();
  if (!names) return tl::unexpected(names.error());
  if (std::find(names->begin(), names->end(), name) != names->end()) {
    if (auto removed = storage.remove(name); !removed) return removed;
  }
  auto file = storage.open(name, Storage::Mode::create);
  if (!file) return tl::unexpected(file.error());
  auto status = copy_range(segment, walk.newest_end, walk.journal.torn_bytes, **file);
  if (status) status = (*file)->sync();
  if (status) status = storage.sync_folder();
  return status;
}

// Leaves the newest segment with its records and nothing behind them.
Status cut_newest(Storage& storage, const JournalWalk& walk) {
  if (walk.newest.empty() || walk.newest_size == walk.newest_end) return {};
  auto segment = storage.open(walk.newest, Storage::Mode::read_write);
  if (!segment) return tl::unexpected(segment.error());
  if (walk.journal.torn_bytes > 0) {
    if (auto kept = keep_torn_tail(storage, **segment, walk); !kept) return kept;
  }
  auto status = (*segment)->truncate(walk.newest_end);
  // Before anything follows: a torn tail that comes back after a power cut would be damage in an older
  // segment.
  if (status) status = (*segment)->sync();
  return status;
}

Result<JournalWalk> walk_undamaged(Storage& storage, const RecordVisitor& visit,
                                   const AllVisited& all_visited, const WalkOptions& options) {
  auto walk = walk_journal(storage, visit, options);
  if (all_visited) {
    if (Status visited = all_visited(); !visited) return tl::unexpected(visited.error());
  }
  if (walk && walk->damage) return fail(ErrorKind::configuration, describe(*walk->damage, storage));
  return walk;
}

Result<RecoveredJournal> read_undamaged(Storage& storage, const RecordVisitor& visit,
                                        const AllVisited& all_visited, const WalkOptions& options) {
  auto walk = walk_undamaged(storage, visit, all_visited, options);
  if (!walk) return tl::unexpected(walk.error());
  return std::move(walk->journal);
}

}  // namespace

Result<RecoveredJournal> recover_journal(Storage& storage, const RecordVisitor& visit,
                                         const std::optional<JournalPlace>& after,
                                         const AllVisited& all_visited) {
  if (auto synced = storage.sync_folder(); !synced) return tl::unexpected(synced.error());
  auto walk = walk_undamaged(storage, visit, all_visited, {.as = WalkAs::owner, .after = after});
  if (!walk) return tl::unexpected(walk.error());
  if (auto cut = cut_newest(storage, *walk); !cut) return tl::unexpected(cut.error());
  if (walk->journal.fresh) {
    auto identity = make_identity();
    if (!identity) return tl::unexpected(identity.error());
    walk->journal.identity = *identity;
  }
  return std::move(walk->journal);
}

Result<RecoveredJournal> read_journal(Storage& storage, const RecordVisitor& visit,
                                      const std::optional<JournalPlace>& after,
                                      const AllVisited& all_visited) {
  return read_undamaged(storage, visit, all_visited, {.as = WalkAs::reader, .after = after});
}

Result<RecoveredJournal> read_sealed_segments(Storage& storage, const RecordVisitor& visit,
                                              const std::optional<JournalPlace>& after,
                                              const AllVisited& all_visited) {
  return read_undamaged(storage, visit, all_visited,
                        {.as = WalkAs::reader, .after = after, .sealed_only = true});
}

Result<std::optional<FolderIdentity>> read_identity(Storage& storage) {
  auto names = storage.list();
  if (!names) return tl::unexpected(names.error());
  for (auto name = names->rbegin(); name != names->rend(); ++name) {
    if (!parse_segment_name(*name)) continue;
    auto file = storage.open(*name, Storage::Mode::read);
    if (!file) return tl::unexpected(file.error());
    SegmentHeader header{};
    auto read = (*file)->read_at(0, std::as_writable_bytes(std::span(&header, 1)));
    if (!read) return tl::unexpected(read.error());
    if (*read == sizeof header && segment_header_fault(header).empty()) return std::optional(header.identity);
  }
  return std::optional<FolderIdentity>();
}

}  // namespace doorbuster
