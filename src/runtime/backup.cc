#include "doorbuster/runtime/backup.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/journal/copy.h"
#include "doorbuster/runtime/checkpoint.h"

namespace doorbuster {
namespace {

constexpr std::uint64_t kEverything = std::numeric_limits<std::uint64_t>::max();
constexpr int kAttemptsMax = 5;

// Every chunk of it, without making a state.
Result<CheckpointMark> check_checkpoint(Storage& storage, std::uint64_t sequence) {
  auto reader = CheckpointReader::open(storage, sequence, StateBuilder::checkpoint_content());
  if (!reader) return tl::unexpected(reader.error());
  for (;;) {
    auto chunk = reader->next();
    if (!chunk) return tl::unexpected(chunk.error());
    if (!*chunk) return reader->mark();
  }
}

// The newest good checkpoint for which wanted(mark) is true; nothing: there is none.
template <typename Wanted>
Result<std::optional<CheckpointMark>> find_checkpoint(Storage& storage, const Wanted& wanted) {
  auto checkpoints = list_checkpoints(storage);
  if (!checkpoints) return tl::unexpected(checkpoints.error());
  for (const std::uint64_t sequence : *checkpoints) {
    const auto mark = check_checkpoint(storage, sequence);
    if (mark && wanted(*mark)) return std::optional(*mark);
  }
  return std::optional<CheckpointMark>();
}

std::uint64_t last_sequence(const CheckpointMark& mark) {
  return mark.place.next_sequence - 1;
}

Status clear(Storage& target) {
  auto names = target.list();
  if (!names) return tl::unexpected(names.error());
  for (const std::string& name : *names) {
    if (name == "lock") continue;
    if (Status removed = target.remove(name); !removed) return removed;
  }
  return target.sync_folder();
}

// The parts of a copy, then what a start makes of it.
Result<CopiedFolder> copy(Storage& source, Storage& target, const std::optional<CheckpointMark>& checkpoint,
                          std::uint64_t through) {
  CopiedFolder copied;
  std::optional<JournalPlace> after;
  if (checkpoint) {
    after = checkpoint->place;
    copied.checkpoint = last_sequence(*checkpoint);
    if (Status done = copy_file(source, target, checkpoint_name(copied.checkpoint)); !done) {
      return tl::unexpected(done.error());
    }
  }
  auto last = copy_segments(source, target, after, through);
  if (!last) return tl::unexpected(last.error());
  if (Status synced = target.sync_folder(); !synced) return tl::unexpected(synced.error());
  auto folder = read_folder(target);
  if (!folder) return tl::unexpected(folder.error());
  const bool whole = folder->state->has_keys() && folder->damaged.empty() &&
                     folder->journal.next_sequence == *last + 1 && folder->journal.torn_bytes == 0;
  if (!whole) {
    return fail(ErrorKind::runtime, "the copy in " + target.path("") + " is not what was copied");
  }
  copied.through = *last;
  copied.last_tick = folder->state->last_tick();
  copied.orders = folder->state->orders();
  copied.state_hash = folder->state->state_hash();
  return copied;
}

// Finds the last record of a restored folder.
class CutFinder {
 public:
  CutFinder(const RestorePoint& point, std::uint64_t from) : point_(point), end_(from), safe_(from) {}

  Status look(const JournalRecord& record) {
    past_ = past_ || (point_.sequence && record.sequence > *point_.sequence) ||
            (point_.time && record.info.tick > *point_.time);
    if (past_) return {};
    switch (record.info.kind) {
      case RecordKind::catalog_change_begin:
        in_change_ = true;
        safe_ = record.sequence - 1;
        break;
      case RecordKind::batch_end:
      case RecordKind::tenant_put:
      case RecordKind::item_put:
      case RecordKind::campaign_put:
      case RecordKind::offer_put:
      case RecordKind::plan_part:
        break;
      default:
        in_change_ = false;  // it has ended, or it never will
    }
    end_ = record.sequence;
    return {};
  }
  // A change of which only the begin would be there is cut before it.
  std::uint64_t end() const { return past_ && in_change_ ? safe_ : end_; }

 private:
  const RestorePoint& point_;
  std::uint64_t end_, safe_;
  bool in_change_ = false, past_ = false;
};

std::string describe(const RestorePoint& point) {
  return point.sequence ? "record " + std::to_string(*point.sequence)
                        : format_rfc3339(point.time.value_or(Tick{}));
}

bool is_within(const CheckpointMark& mark, const RestorePoint& point) {
  return (!point.sequence || last_sequence(mark) <= *point.sequence) &&
         (!point.time || mark.tick <= *point.time);
}

// Why there is nothing that early, and from where on there is.
tl::unexpected<Error> too_early(Storage& source, const RestorePoint& point) {
  std::string possible = "there is nothing to restore";
  auto checkpoints = list_checkpoints(source);
  if (!checkpoints) return tl::unexpected(checkpoints.error());
  for (auto each = checkpoints->rbegin(); each != checkpoints->rend(); ++each) {
    const auto mark = check_checkpoint(source, *each);
    if (!mark) continue;
    possible = "the earliest that is possible is record " + std::to_string(*each) + ", " +
               format_rfc3339(mark->tick);
    break;
  }
  return fail(ErrorKind::configuration, "cannot restore " + source.path("") + " to " + describe(point) +
                                            ": what came before is not kept any more; " + possible);
}

Result<bool> has_whole_journal(Storage& source) {
  auto names = source.list();
  if (!names) return tl::unexpected(names.error());
  for (const std::string& name : *names) {
    if (const auto first = parse_segment_name(name)) return *first == 1;
  }
  return false;
}

}  // namespace

Result<CopiedFolder> backup_folder(Storage& source, Storage& target) {
  // When nobody else has it every whole record counts.
  const bool running = !source.lock().has_value();
  for (int attempt = 1;; ++attempt) {
    const auto run = [&]() -> Result<CopiedFolder> {
      std::uint64_t through = kEverything;
      if (running) {
        // Before the segments are listed: what it says is then in them.
        auto durable = read_watermark(source);
        if (!durable) return tl::unexpected(durable.error());
        if (*durable != 0) through = *durable;
      }
      auto checkpoint =
          find_checkpoint(source, [&](const CheckpointMark& mark) { return last_sequence(mark) <= through; });
      if (!checkpoint) return tl::unexpected(checkpoint.error());
      return copy(source, target, *checkpoint, through);
    };
    auto copied = run();
    if (copied) return copied;
    if (Status cleared = clear(target); !cleared) return tl::unexpected(cleared.error());
    // A segment or a checkpoint may have gone meanwhile; damage stays.
    if (copied.error().kind != ErrorKind::runtime || attempt == kAttemptsMax) return copied;
  }
}

Result<CopiedFolder> restore_folder(Storage& source, Storage& target, const RestorePoint& point) {
  auto checkpoint =
      find_checkpoint(source, [&](const CheckpointMark& mark) { return is_within(mark, point); });
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  if (!*checkpoint) {
    auto whole = has_whole_journal(source);
    if (!whole) return tl::unexpected(whole.error());
    if (!*whole) return too_early(source, point);
  }
  const std::optional<JournalPlace> after = *checkpoint ? std::optional((*checkpoint)->place) : std::nullopt;
  CutFinder cut(point, after ? after->next_sequence - 1 : 0);
  auto read = read_journal(
      source, [&cut](const JournalRecord& record) { return cut.look(record); }, after);
  if (!read) return tl::unexpected(read.error());
  if (cut.end() == 0) return too_early(source, point);
  auto copied = copy(source, target, *checkpoint, cut.end());
  if (copied) return copied;
  if (Status cleared = clear(target); !cleared) return tl::unexpected(cleared.error());
  return copied;
}

}  // namespace doorbuster
