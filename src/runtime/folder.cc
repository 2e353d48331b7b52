// From a data folder to a state: the newest checkpoint that holds, and the records behind it.

#include "runtime/folder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "runtime/replayer.h"

namespace doorbuster {
namespace {

enum class ReadAs { owner, reader, sealed };

// Records that may come between two looks at a journal that is being written.
constexpr std::uint64_t kSlack = 1U << 16;
constexpr int kAttemptsMax = 3;

Status stop_if_asked(const std::atomic<bool>* stop) {
  if (stop != nullptr && stop->load()) return fail(ErrorKind::runtime, "told to stop");
  return {};
}

// What the records will take in tables, at most.
struct Demand {
  std::uint64_t rows = 0, names = 0, returns = 0;

  void count(const JournalRecord& record) {
    switch (record.info.kind) {
      case RecordKind::order_confirmed:
      case RecordKind::order_held:
      case RecordKind::order_waiting: {
        const OrderListSizes lists = order_list_sizes(record.payload);
        rows += 1U + lists.lines;
        names += (1U + lists.identities) * std::max<std::uint64_t>(lists.lines, 1);
        return;
      }
      case RecordKind::order_event:
        returns += 1;
        return;
      default:
        return;
    }
  }
};

class FolderReader {
 public:
  FolderReader(Storage& storage, const FolderOptions& options, ReadAs as)
      : storage_(storage), options_(options), as_(as) {}

  Result<RecoveredFolder> run() {
    auto checkpoints = list_checkpoints(storage_);
    if (!checkpoints) return tl::unexpected(checkpoints.error());
    std::optional<FolderIdentity> identity;
    if (!checkpoints->empty()) {
      auto read = read_identity(storage_);
      if (!read) return tl::unexpected(read.error());
      identity = *read;
    }
    for (const std::uint64_t sequence : *checkpoints) {
      if (Status loaded = load(sequence, identity); !loaded) {
        const bool is_its_fault = !journal_failed_ && !(state_ && state_->out_of_room());
        if (!is_its_fault) return tl::unexpected(explain(loaded.error()));
        if (Status stopped = stop_if_asked(options_.stop); !stopped) return tl::unexpected(stopped.error());
        found_.damaged.push_back(loaded.error().message);
        continue;
      }
      return replay(mark_);
    }
    if (Status complete = expect_whole_journal(); !complete) return tl::unexpected(complete.error());
    if (Status made = make_state(0, 0, {}); !made) return tl::unexpected(made.error());
    return replay({});
  }

  bool out_of_room() const { return state_ && state_->out_of_room(); }

 private:
  // Tables for so many rows and what stands behind that place.
  Status make_state(std::uint64_t rows, std::uint64_t from_sequence,
                    const std::optional<JournalPlace>& after) {
    RecoveryOptions sizes = {.shards = options_.shards,
                             .order_retention_seconds = options_.order_retention_seconds};
    if (options_.orders_max) {
      auto recorded = orders_recorded_at_most(storage_, from_sequence);
      if (!recorded) return tl::unexpected(recorded.error());
      sizes.orders_max = options_.orders_max(rows + *recorded);
    } else {
      Demand demand;
      auto counted = read(
          [&](const JournalRecord& record) {
            demand.count(record);
            return stop_if_asked(options_.stop);
          },
          after);
      if (!counted) {
        journal_failed_ = true;  // whatever the checkpoint is like
        return tl::unexpected(counted.error());
      }
      sizes.orders_max = std::min(rows + demand.rows + kSlack, kOrdersMax);
      sizes.names_min = demand.names + kSlack;
      sizes.returns_min = demand.returns + kSlack;
    }
    state_ = std::make_unique<StateBuilder>(sizes);
    return {};
  }

  Status load(std::uint64_t sequence, const std::optional<FolderIdentity>& identity) {
    state_.reset();
    auto summary = summarize_checkpoint(storage_, sequence);
    if (!summary) return tl::unexpected(summary.error());
    auto reader = CheckpointReader::open(storage_, sequence, StateBuilder::checkpoint_content());
    if (!reader) return tl::unexpected(reader.error());
    if (identity && *identity != summary->header.identity) {
      return fail(ErrorKind::configuration, storage_.path(checkpoint_name(sequence)) +
                                                ": the checkpoint belongs to another data folder");
    }
    mark_ = reader->mark();
    if (Status made = make_state(summary->footer.orders, sequence + 1, mark_->place); !made) return made;
    return state_->load(*reader);
  }

  Result<RecoveredFolder> replay(const std::optional<CheckpointMark>& mark) {
    // While a sale goes on it needs the other processors.
    Replayer replayer(*state_, as_ == ReadAs::sealed ? Replayer::Threads::one : Replayer::Threads::two);
    const auto take = [&](const JournalRecord& record) -> Status {
      if (Status stopped = stop_if_asked(options_.stop); !stopped) return stopped;
      return replayer.take(record);
    };
    auto journal =
        read(take, mark ? std::optional(mark->place) : std::nullopt, [&] { return replayer.finish(); });
    if (!journal) return tl::unexpected(explain(journal.error()));
    found_.journal = std::move(*journal);
    found_.checkpoint = mark;
    found_.state = std::move(state_);
    return std::move(found_);
  }

  // `all_visited`: see recover_journal().
  Result<RecoveredJournal> read(const RecordVisitor& visit, const std::optional<JournalPlace>& after,
                                const AllVisited& all_visited = {}) {
    switch (as_) {
      case ReadAs::owner:
        return recover_journal(storage_, visit, after, all_visited);
      case ReadAs::reader:
        return read_journal(storage_, visit, after, all_visited);
      case ReadAs::sealed:
        return read_sealed_segments(storage_, visit, after, all_visited);
    }
    return fail(ErrorKind::runtime, "unknown way to read");
  }

  // Without a checkpoint the journal must begin with its first record.
  Status expect_whole_journal() {
    if (found_.damaged.empty()) return {};
    auto names = storage_.list();
    if (!names) return tl::unexpected(names.error());
    const auto oldest = std::find_if(names->begin(), names->end(), [](const std::string& name) {
      return parse_segment_name(name).has_value();
    });
    if (oldest != names->end() && parse_segment_name(*oldest) == 1) return {};
    const std::string left = oldest == names->end() ? "no segment is left"
                                                    : storage_.path(*oldest) + " is the oldest that is left";
    return tl::unexpected(
        explain({ErrorKind::configuration,
                 "no checkpoint can be used, and the journal's first segments are gone (" + left +
                     "). Nothing was changed; bring a checkpoint back from a copy of the "
                     "folder"}));
  }

  // With what was tried before.
  Error explain(Error error) const {
    for (const std::string& damaged : found_.damaged) error.message += "; unusable checkpoint: " + damaged;
    return error;
  }

  Storage& storage_;
  const FolderOptions& options_;
  const ReadAs as_;
  std::unique_ptr<StateBuilder> state_;
  std::optional<CheckpointMark> mark_;
  bool journal_failed_ = false;
  RecoveredFolder found_;
};

Result<RecoveredFolder> read_as(Storage& storage, const FolderOptions& options, ReadAs as) {
  for (int attempt = 1;; ++attempt) {
    FolderReader reader(storage, options, as);
    auto folder = reader.run();
    // More may have come since it was counted.
    const bool again = !folder && reader.out_of_room() && !options.orders_max && attempt < kAttemptsMax;
    if (!again) return folder;
  }
}

Status remove_unfinished(Storage& storage) {
  auto names = storage.list();
  if (!names) return tl::unexpected(names.error());
  for (const std::string& name : *names) {
    if (!is_unfinished_checkpoint(name)) continue;
    if (Status removed = storage.remove(name); !removed) return removed;
  }
  return {};
}

}  // namespace

Result<RecoveredFolder> recover_folder(Storage& storage, const FolderOptions& options) {
  // Before names are believed.
  if (Status synced = storage.sync_folder(); !synced) return tl::unexpected(synced.error());
  if (Status removed = remove_unfinished(storage); !removed) return tl::unexpected(removed.error());
  return read_as(storage, options, ReadAs::owner);
}

Result<RecoveredFolder> read_folder(Storage& storage, const FolderOptions& options) {
  return read_as(storage, options, ReadAs::reader);
}

Result<RecoveredFolder> read_sealed_folder(Storage& storage, const FolderOptions& options) {
  return read_as(storage, options, ReadAs::sealed);
}

}  // namespace doorbuster
