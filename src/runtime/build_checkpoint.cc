// A checkpoint from the one before it and the segments since.

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "runtime/folder.h"

namespace doorbuster {
namespace {

Status remove_if_there(Storage& storage, const std::string& name) {
  auto names = storage.list();
  if (!names) return tl::unexpected(names.error());
  if (!std::binary_search(names->begin(), names->end(), name)) return {};
  return storage.remove(name);
}

// Takes the state along with it, so that there is room for the one that is read back.
Status write(Storage& storage, const std::string& name, const CheckpointMark& mark,
             std::unique_ptr<StateBuilder> state, BuiltCheckpoint& built) {
  if (Status removed = remove_if_there(storage, name); !removed) return removed;
  auto file = storage.open(name, Storage::Mode::create);
  if (!file) return tl::unexpected(file.error());
  CheckpointWriter writer(**file, mark, StateBuilder::checkpoint_content());
  if (Status saved = state->save(writer); !saved) return saved;
  built.bytes = writer.bytes();
  return (*file)->sync_and_drop_cache();
}

Status verify(Storage& storage, const std::string& name, const RecoveryOptions& sizes,
              BuiltCheckpoint& built) {
  auto reader = CheckpointReader::open(storage, name, built.sequence, StateBuilder::checkpoint_content());
  if (!reader) return tl::unexpected(reader.error());
  StateBuilder state(sizes);
  if (Status loaded = state.load(*reader); !loaded) return loaded;
  built.state_hash = reader->footer().state_hash;
  return {};
}

Status write_verified(Storage& storage, const BuildOptions& options, const CheckpointMark& mark,
                      std::unique_ptr<StateBuilder> state, BuiltCheckpoint& built) {
  const std::string unfinished = unfinished_checkpoint_name(options.writer);
  const std::string name = checkpoint_name(built.sequence);
  std::uint64_t rows = 0;
  for (const auto& engine : state->engines()) rows += engine->orders();
  Status status = write(storage, unfinished, mark, std::move(state), built);
  if (status) status = verify(storage, unfinished, {.shards = 1, .orders_max = rows}, built);
  if (status) status = storage.rename(unfinished, name);
  if (status) return storage.sync_folder();
  // What is left of it is in nobody's way, but takes room.
  static_cast<void>(remove_if_there(storage, unfinished));
  return fail(ErrorKind::runtime, "cannot make " + storage.path(name) + ": " + status.error().message);
}

Result<std::optional<BuiltCheckpoint>> build(Storage& storage, const BuildOptions& options) {
  const FolderOptions read = {.shards = 1, .orders_max = {}, .stop = options.stop};
  auto folder = options.running ? read_sealed_folder(storage, read) : recover_folder(storage, read);
  if (!folder) return tl::unexpected(folder.error());
  const RecoveredJournal& journal = folder->journal;
  if (!folder->state->has_keys() || journal.records == 0) return std::optional<BuiltCheckpoint>();

  // What an earlier process had is gone; who runs now sells out of what it has.
  for (const StateFault& fault : folder->state->state_faults()) {
    if (options.running && fault.epoch == journal.epoch) return fail(ErrorKind::runtime, fault.text);
  }
  BuiltCheckpoint built;
  built.sequence = journal.next_sequence - 1;
  built.base = folder->checkpoint ? folder->checkpoint->place.next_sequence - 1 : 0;
  built.tick = folder->state->last_tick();
  built.records = journal.records;
  built.orders = folder->state->orders();
  built.samples = folder->state->samples();
  built.damaged = folder->damaged;
  const CheckpointMark mark = {.place = {.identity = journal.identity,
                                         .next_sequence = journal.next_sequence,
                                         .epoch = journal.epoch,
                                         .last_crc = journal.last_crc,
                                         .followed = options.running},
                               .tick = built.tick};
  if (Status made = write_verified(storage, options, mark, std::move(folder->state), built); !made) {
    return tl::unexpected(made.error());
  }
  return std::optional(std::move(built));
}

}  // namespace

Result<std::optional<BuiltCheckpoint>> build_checkpoint(Storage& storage, const BuildOptions& options) {
  try {
    return build(storage, options);
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::runtime, "not enough memory for a checkpoint");
  }
}

Status verify_checkpoint(Storage& storage, std::uint64_t sequence) {
  const auto summary = summarize_checkpoint(storage, sequence);
  if (!summary) return tl::unexpected(summary.error());
  BuiltCheckpoint read;
  read.sequence = sequence;
  try {
    return verify(storage, checkpoint_name(sequence), {.shards = 1, .orders_max = summary->footer.orders},
                  read);
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::runtime, "not enough memory for a checkpoint");
  }
}

}  // namespace doorbuster
