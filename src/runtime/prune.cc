// What a data folder can do without.

#include <algorithm>
#include <string>

#include "doorbuster/runtime/checkpoint.h"

namespace doorbuster {
namespace {

struct Known {
  std::uint64_t sequence = 0;
  Tick tick;
};

class Pruner {
 public:
  Pruner(Storage& storage, const PruneOptions& options) : storage_(storage), options_(options) {}

  Result<Pruned> run() {
    auto names = storage_.list();
    if (!names) return tl::unexpected(names.error());
    names_ = std::move(*names);
    Status status = read_checkpoints();
    if (status) status = remove_checkpoints();
    if (status) status = remove_segments();
    if (!status) return tl::unexpected(status.error());
    return pruned_;
  }

 private:
  // Those up to `older` that can be read, ascending; the others go.
  Status read_checkpoints() {
    for (const std::string& name : names_) {
      const auto sequence = parse_checkpoint_name(name);
      if (!sequence || *sequence >= options_.newest) continue;
      const auto summary = summarize_checkpoint(storage_, *sequence);
      const bool refused = *sequence > options_.older;  // who built the newest could not use it
      if (summary && !refused) {
        known_.push_back({.sequence = *sequence, .tick = {summary->header.tick}});
      } else if (Status removed = remove(*sequence); !removed) {
        return removed;
      }
    }
    return {};
  }

  // Thins out what is there for a restore, and forgets what is older than anybody may ask for.
  Status remove_checkpoints() {
    const Tick horizon{options_.now.ns - options_.retention_seconds * kNsPerSecond};
    for (const Known& each : known_) {
      if (each.tick <= horizon) base_ = each.sequence;
    }
    const std::int64_t step = options_.retention_seconds * kNsPerSecond / kCheckpointsPerRetention;
    std::optional<Tick> kept;
    for (const Known& each : known_) {
      const bool too_old = each.sequence < base_;
      const bool near = kept && each.tick.ns - kept->ns < step && each.sequence != options_.older;
      if (too_old || near) {
        if (Status removed = remove(each.sequence); !removed) return removed;
      } else {
        kept = each.tick;
      }
    }
    return {};
  }

  Status remove(std::uint64_t checkpoint) {
    if (Status removed = storage_.remove(checkpoint_name(checkpoint)); !removed) return removed;
    pruned_.checkpoints += 1;
    return storage_.sync_folder();
  }

  Status remove_segments() {
    std::vector<std::string> segments;
    for (const std::string& name : names_) {
      if (parse_segment_name(name)) segments.push_back(name);
    }
    for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
      const std::uint64_t next = parse_segment_name(segments[i + 1]).value_or(0);
      if (next > base_ + 1 || next > options_.needed_from) break;
      // The torn tail first: without its segment nobody would know whose it is.
      for (const std::string& name : {segments[i] + ".torn", segments[i]}) {
        if (!std::binary_search(names_.begin(), names_.end(), name)) continue;
        if (Status removed = storage_.remove(name); !removed) return removed;
      }
      pruned_.segments += 1;
      // One at a time: after a power cut the rest still hangs together.
      if (Status synced = storage_.sync_folder(); !synced) return synced;
    }
    return {};
  }

  Storage& storage_;
  const PruneOptions& options_;
  std::vector<std::string> names_;  // sorted
  std::vector<Known> known_;
  std::uint64_t base_ = 0;  // nothing before this checkpoint is needed; 0: all is
  Pruned pruned_;
};

}  // namespace

Result<Pruned> prune_folder(Storage& storage, const PruneOptions& options) {
  return Pruner(storage, options).run();
}

Result<FolderFigures> measure_folder(Storage& storage) {
  auto names = storage.list();
  if (!names) return tl::unexpected(names.error());
  FolderFigures figures;
  for (const std::string& name : *names) {
    if (const auto sequence = parse_checkpoint_name(name)) figures.newest_checkpoint = *sequence;
  }
  for (const std::string& name : *names) {
    const auto segment = parse_segment_name(name);
    if (!segment && !parse_checkpoint_name(name)) continue;
    auto file = storage.open(name, Storage::Mode::read);
    if (!file) return tl::unexpected(file.error());
    auto size = (*file)->size();
    if (!size) return tl::unexpected(size.error());
    (segment ? figures.segments : figures.checkpoints) += 1;
    (segment ? figures.segment_bytes : figures.checkpoint_bytes) += *size;
    if (segment && *segment > figures.newest_checkpoint) figures.sealed_since += 1;
  }
  // The newest is being written.
  if (figures.sealed_since != 0) figures.sealed_since -= 1;
  return figures;
}

}  // namespace doorbuster
