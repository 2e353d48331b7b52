#pragma once
// Reads a journal behind its writer, at its own pace: from any record that is still kept, as far as somebody
// knows that it is durable.
//
// A record that is in the file and not yet durable may never have been, after a power cut. Who tells others
// of records reads through JournalWriter::durable_sequence() and no further.
//
// Each record is believed by its checksum, its sequence, its epoch and the checksum of the one before it:
// what is told to others is what a start of the engine would read.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/result.h"
#include "doorbuster/journal/journal.h"

namespace doorbuster {

class SegmentReader;

// One thread. The storage may be the writer's: it is only read from.
class JournalFollower {
 public:
  explicit JournalFollower(Storage& storage);
  ~JournalFollower();

  enum class Kept : std::uint8_t {
    yes,
    no_longer,  // retention has pruned it: oldest() is the first that there is
    not_yet,    // beyond what this journal has: it is not the journal that the number came from
  };
  // `sequence` is the next record that read() visits. Through `through` all are durable; the one behind it
  // can be sought as well. On anything but `yes` there is nothing to read until the next seek().
  Result<Kept> seek(std::uint64_t sequence, std::uint64_t through);
  // The first record that is still kept, now; it may be pruned as soon as this returns.
  Result<std::uint64_t> oldest();

  enum class Then : std::uint8_t {
    go_on,
    enough,   // that was the last one for now
    not_yet,  // as if it had not been visited: the next read() begins with it
  };
  // Called for each record, in order, batch_end ones included.
  using Visit = std::function<Then(const JournalRecord&)>;
  // Visits what there is through record `through`, which is durable. Errors: of the storage; damage, with
  // file and offset: then no more can be read.
  // REQUIRES: seek() found its record.
  Status read(std::uint64_t through, const Visit& visit);
  std::uint64_t next_sequence() const { return wanted_; }

 private:
  struct Chain {
    std::uint64_t next_sequence = 0;
    std::uint64_t epoch = 0;
    std::uint32_t last_crc = 0;
  };

  Result<std::vector<std::uint64_t>> first_sequences();
  // Goes on with this segment; `chain_` says what it has to continue, if anything.
  Status open_segment(std::uint64_t first_sequence);
  // The record at offset_. False: there is none in this segment.
  Result<bool> next_record(JournalRecord& record);
  Status go_on_behind();
  Status damaged(std::string_view reason) const;

  Storage& storage_;
  const std::unique_ptr<SegmentReader> reader_;
  std::unique_ptr<StorageFile> file_;  // null: nothing was found by seek()
  std::string name_;
  std::uint64_t offset_ = 0;
  std::optional<Chain> chain_;  // nothing: at the begin of the first segment that was opened
  std::uint64_t wanted_ = 0;    // records before it are read and not visited
};

}  // namespace doorbuster
