#pragma once
// The journal: an append-only sequence of records on a Storage.
//
// Recovery and writing are two steps of one life:
//   auto recovered = recover_journal(storage, visitor);  // reads all, cuts a torn tail, refuses damage
//   auto writer = JournalWriter::open(storage, *recovered, options);  // a fresh segment, nothing appended
//   writer->append(...); ...; writer->commit();          // one write, one sync
//
// It does not know what the records mean: kinds and payloads belong to model/record.h.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/limits.h"
#include "doorbuster/base/result.h"
#include "doorbuster/journal/format.h"
#include "doorbuster/model/record.h"
#include "doorbuster/platform/storage.h"

namespace doorbuster {

// One record as read. `payload` is valid during the visit only.
struct JournalRecord {
  RecordInfo info;
  std::uint64_t sequence = 0;
  std::uint64_t epoch = 1;
  std::span<const std::byte> payload;
  std::string_view segment;  // file name
  std::uint64_t offset = 0;  // of the record's header in it
  std::uint32_t crc = 0;     // what the next record continues
};

// Called for each valid record, batch_end ones included, in order. An error stops the reading and is passed
// on.
using RecordVisitor = std::function<Status(const JournalRecord&)>;
// Called when no more records come, whatever has ended the reading, and before anything is changed. Its error
// goes before the one that ended the reading: for a visitor that is behind with earlier records.
using AllVisited = std::function<Status()>;

// "journal-<16 hex digits of the first sequence>.seg"
std::string segment_name(std::uint64_t first_sequence);
// The sequence that a segment's name promises; nothing when it is no segment's name.
std::optional<std::uint64_t> parse_segment_name(std::string_view name);

// Between two segments: what the next one has to continue.
struct JournalPlace {
  FolderIdentity identity{};
  std::uint64_t next_sequence = 1;
  std::uint64_t epoch = 0;     // of the segment before
  std::uint32_t last_crc = 0;  // of the last record before
  // That the next segment exists is known. One that does not is then damage, and never the journal's end.
  bool followed = false;
};

struct RecoveredJournal {
  bool fresh = false;  // the folder was empty: the identity is newly made
  FolderIdentity identity{};
  std::uint64_t next_sequence = 1;
  std::uint64_t epoch = 0;     // of the newest segment; the writer takes the next
  std::uint32_t last_crc = 0;  // of the last valid record
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t segments = 0;
  std::uint64_t first_sequence = 1;  // where the reading began
  // A torn tail that was cut: never acknowledged. Its bytes are kept in `<segment>.torn`.
  std::uint64_t torn_bytes = 0;
  std::string torn_segment;
};

// Reads every segment in order. Syncs files and folder before it believes what it reads (a process that died
// may have left pages in the cache that no disk ever saw).
//
// - A torn tail (invalid bytes at the end of the newest segment that nothing proves to have been durable) is
//   saved to `<segment>.torn` and cut.
// - Anything else that is invalid is refused with ErrorKind::configuration, file, offset and reason: damage
//   before the tail, a missing, foreign, doubled or swapped segment, a newer format, or an end before what a
//   later record or the watermark proves to have been durable.
// - With `after`, segments before that place are neither read nor missed, and the journal goes on from there:
//   its identity, sequence, epoch and chain are the place's. What counts is what was read.
// REQUIRES: storage.lock() was taken.
Result<RecoveredJournal> recover_journal(Storage& storage, const RecordVisitor& visit,
                                         const std::optional<JournalPlace>& after = {},
                                         const AllVisited& all_visited = {});

// The same checks without changing anything, for the offline tools; works beside a running writer (whose
// unfinished tail is then reported as torn, not as damage).
Result<RecoveredJournal> read_journal(Storage& storage, const RecordVisitor& visit,
                                      const std::optional<JournalPlace>& after = {},
                                      const AllVisited& all_visited = {});

// The same for all segments but the newest, which only has to continue them. They are complete and durable,
// also while a writer is at work. Where it ended is the place of a checkpoint.
Result<RecoveredJournal> read_sealed_segments(Storage& storage, const RecordVisitor& visit,
                                              const std::optional<JournalPlace>& after = {},
                                              const AllVisited& all_visited = {});

// Of the newest segment whose header can be read; nothing: there is none.
Result<std::optional<FolderIdentity>> read_identity(Storage& storage);

struct JournalOptions {
  std::size_t segment_bytes = kSegmentBytesDefault;
  // Fills the next segment on a helper thread; false: when it is needed, on the caller's (tests,
  // determinism).
  bool prepare_in_background = true;
  // On a full disk: how long until the next try to make the next segment.
  std::chrono::milliseconds room_retry{1000};
};

// Where in the journal we are; plain numbers for metrics. Read only by the writer's thread.
struct JournalCounters {
  std::uint64_t records = 0, bytes = 0, batches = 0, segments = 0;
  std::uint64_t spare_waits = 0;  // rotations that had to wait for the next segment to be filled
};

// Owned and used by one thread. After the first failed call every later one fails the same way: the state of
// the file is unknown then, and only recovery may look at it again.
class JournalWriter {
 public:
  static Result<std::unique_ptr<JournalWriter>> open(Storage& storage, const RecoveredJournal& recovered,
                                                     const JournalOptions& options);
  virtual ~JournalWriter() = default;

  // Adds a record to the batch in memory: gives it its sequence and its place in the chain.
  // REQUIRES: sizeof(RecordHeader) + payload.size() <= kJournalRecordBytesMax; batch_bytes() below the
  // maximum.
  virtual std::uint64_t append(const RecordInfo& info, std::span<const std::byte> payload) = 0;
  virtual std::size_t batch_bytes() const = 0;
  virtual std::uint32_t batch_records() const = 0;

  // Ends the batch, writes it with one write, syncs, then everything appended so far is durable. An empty
  // batch is nothing to do. Rotates to the next segment when this one is full.
  virtual Status commit() = 0;
  // Like commit(), and proves to the next recovery that all of it was durable (a batch_end that says so), so
  // that a clean stop leaves no byte that could pass for a torn tail.
  virtual Status close() = 0;

  virtual std::uint64_t durable_sequence() const = 0;
  virtual std::uint64_t epoch() const = 0;
  virtual const FolderIdentity& identity() const = 0;
  virtual const JournalCounters& counters() const = 0;
  // Any thread: the disk has no room for the next segment. What goes into this one is as safe as ever; when
  // it is full, commit() waits a while for room and then fails. Who can refuse new work does it now. False
  // again as soon as there is room.
  virtual bool short_of_room() const = 0;
};

}  // namespace doorbuster
