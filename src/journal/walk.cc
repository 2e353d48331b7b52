#include "journal/walk.h"

#include <algorithm>
#include <cstring>

#include "journal/layout.h"
#include "journal/segment_reader.h"

namespace doorbuster {
namespace {

constexpr std::string_view kRestore = "Nothing was changed; bring the file back from a copy of the folder";
constexpr std::string_view kRestoreOrForget =
    "Nothing was changed; bring the file back from a copy of the folder, or remove the watermark to start "
    "without the lost records";

std::string text(std::uint64_t number) {
  return std::to_string(number);
}

// What stands behind the last valid record of a segment.
struct Tail {
  std::uint64_t file_end = 0;
  std::uint64_t content_end = 0;             // behind the last byte that is not 0; the tail's begin: all is 0
  std::optional<std::uint64_t> next_record;  // offset of the first whole record of this life in it
  std::optional<std::uint64_t> proof;        // offset of a batch_end that says: what is missing was durable
};

class Walker {
 public:
  Walker(Storage& storage, const RecordVisitor& visit, const WalkOptions& options)
      : storage_(storage), visit_(visit), options_(options) {}

  Result<JournalWalk> run() {
    if (auto status = read_names(); !status) return tl::unexpected(status.error());
    if (auto status = find_strays(); !status) return tl::unexpected(status.error());
    if (found_.damage) return std::move(found_);
    if (options_.after) begin_after(*options_.after);
    if (segments_.empty()) {
      judge_nothing();
      return std::move(found_);
    }
    for (std::size_t i = 0; i < segments_.size() && !found_.damage; ++i) {
      const bool newest = i + 1 == segments_.size();
      const auto status =
          newest && options_.sealed_only ? look_at_header(segments_[i]) : walk_segment(segments_[i], newest);
      if (!status) return tl::unexpected(status.error());
    }
    return std::move(found_);
  }

 private:
  // --- where the walk begins ---
  void begin_after(const JournalPlace& place) {
    found_.journal.identity = place.identity;
    found_.journal.next_sequence = found_.journal.first_sequence = place.next_sequence;
    found_.journal.epoch = place.epoch;
    found_.journal.last_crc = place.last_crc;
    previous_ = "the checkpoint";
    std::erase_if(segments_, [&](const std::string& name) {
      return parse_segment_name(name).value_or(0) < place.next_sequence;
    });
  }

  // There is no segment to read.
  void judge_nothing() {
    const std::uint64_t next = found_.journal.next_sequence;
    if (!options_.after) {
      found_.journal.fresh = true;
      // The first segment is durable before any other file of ours is made.
      if (watermark_there_) {
        damage(kWatermarkName, 0, sizeof(Watermark), "it is here and every segment is gone", kRestore);
      }
    } else if (options_.after->followed) {
      damage(segment_name(next), 0, 0, "the checkpoint before it says that it was there, and it is gone",
             kRestore);
    } else if (watermark_proves(next)) {
      damage(segment_name(next), 0, 0,
             "it is gone, and the watermark proves that everything through record " +
                 text(watermark_.durable_sequence) + " was durable",
             kRestoreOrForget);
    }
  }

  // --- names and the watermark ---
  Status read_names() {
    auto names = storage_.list();
    if (!names) return tl::unexpected(names.error());
    // Before the segments: what it says was durable is then in the segments that are listed afterwards.
    if (std::find(names->begin(), names->end(), kWatermarkName) != names->end()) {
      if (auto status = read_watermark(); !status) return status;
    }
    // Beside a writer a folder may show a new name and not yet one that came before it; two equal lists are
    // complete.
    while (options_.as == WalkAs::reader) {
      auto again = storage_.list();
      if (!again) return tl::unexpected(again.error());
      if (*again == *names) break;
      names = std::move(again);
    }
    names_ = std::move(*names);
    for (const std::string& name : names_) {
      if (parse_segment_name(name)) segments_.push_back(name);  // sorted by name is sorted by sequence
    }
    return {};
  }

  Status read_watermark() {
    watermark_there_ = true;
    auto file = storage_.open(kWatermarkName, Storage::Mode::read);
    if (!file) return tl::unexpected(file.error());
    auto read = (*file)->read_at(0, std::as_writable_bytes(std::span(&watermark_, 1)));
    if (!read) return tl::unexpected(read.error());
    if (*read < sizeof watermark_) watermark_ = {};
    return {};
  }

  Status find_strays() {
    const auto stray = std::find_if(names_.begin(), names_.end(), is_stray_name);
    if (stray == names_.end()) return {};
    auto file = storage_.open(*stray, Storage::Mode::read);
    if (!file) return tl::unexpected(file.error());
    auto size = (*file)->size();
    if (!size) return tl::unexpected(size.error());
    damage(*stray, 0, *size,
           "this is no name of a segment, and a renamed or copied segment may hide behind it",
           "Nothing was changed; give the file its name again or move it out of the folder");
    return {};
  }

  bool watermark_proves(std::uint64_t sequence) const {
    return watermark_there_ && is_valid_watermark(watermark_, found_.journal.identity) &&
           watermark_.durable_sequence >= sequence;
  }

  // --- one segment ---
  Status walk_segment(const std::string& name, bool newest) {
    const bool owner = options_.as == WalkAs::owner;
    auto file = storage_.open(name, owner ? Storage::Mode::read_write : Storage::Mode::read);
    if (!file) return tl::unexpected(file.error());
    if (owner) {
      // Older segments were read from the device when they were the newest; a process that failed to sync one
      // has never begun another.
      auto synced = newest ? (*file)->sync_and_drop_cache() : (*file)->sync();
      if (!synced) return synced;
    }
    reader_.read_from(**file);
    if (auto status = read_header(name); !status || found_.damage) return status;
    offset_ = sizeof(SegmentHeader);
    for (bool at_end = false; !at_end;) {
      if (auto status = read_records(name); !status || found_.damage) return status;
      auto judged = judge_tail(name, newest);
      if (!judged) return tl::unexpected(judged.error());
      at_end = *judged;
    }
    auto size = (*file)->size();
    if (!size) return tl::unexpected(size.error());
    previous_ = name;
    found_.newest = name;
    found_.newest_end = offset_;
    found_.newest_size = *size;
    return {};
  }

  // Of a segment that is written to: that it continues what was read says that nothing of it is missing.
  Status look_at_header(const std::string& name) {
    auto file = storage_.open(name, Storage::Mode::read);
    if (!file) return tl::unexpected(file.error());
    reader_.read_from(**file);
    RecoveredJournal read = found_.journal;
    if (auto status = read_header(name); !status) return status;
    read.identity = found_.journal.identity;
    found_.journal = std::move(read);  // it does not count as one that was read
    return {};
  }

  Status read_header(const std::string& name) {
    auto bytes = reader_.peek(0, sizeof(SegmentHeader));
    if (!bytes) return tl::unexpected(bytes.error());
    if (bytes->size() < sizeof(SegmentHeader)) {
      damage(name, 0, bytes->size(), "the file is shorter than a segment's header", kRestore);
      return {};
    }
    SegmentHeader header;
    std::memcpy(&header, bytes->data(), sizeof header);
    std::string fault = segment_header_fault(header);
    RecoveredJournal& journal = found_.journal;
    if (fault.empty() && options_.from_oldest && previous_.empty()) {
      journal.next_sequence = journal.first_sequence = header.first_sequence;
      journal.last_crc = header.previous_crc;
    }
    if (fault.empty()) fault = place_fault(name, header);
    if (!fault.empty()) {
      damage(name, 0, sizeof header, std::move(fault), kRestore);
      return {};
    }
    if (header.first_sequence > journal.next_sequence) {
      damage(found_.newest.empty() ? name : found_.newest, found_.newest_end, found_.newest_size,
             "records " + text(journal.next_sequence) + " to " + text(header.first_sequence - 1) +
                 " are missing before " + name + ": the segment ends too early, or one behind it is gone",
             kRestore);
      return {};
    }
    journal.identity = header.identity;
    journal.epoch = header.epoch;
    journal.segments += 1;
    journal.bytes += sizeof header;
    return {};
  }

  // Why this header cannot stand at this place of the chain; empty: it can, or records are missing before it.
  std::string place_fault(const std::string& name, const SegmentHeader& header) const {
    const RecoveredJournal& journal = found_.journal;
    const bool first = previous_.empty();
    if (header.first_sequence != parse_segment_name(name)) {
      return "the segment begins with sequence " + text(header.first_sequence) +
             ", its name says otherwise: it was renamed, copied or swapped";
    }
    if (!first && header.identity != journal.identity) return "the segment belongs to another data folder";
    if (header.first_sequence > journal.next_sequence) return {};
    if (header.first_sequence < journal.next_sequence) {
      return "the segment begins with sequence " + text(header.first_sequence) + ", which " +
             (first ? "no journal does" : previous_ + " has already");
    }
    if (header.previous_crc != journal.last_crc) {
      return first ? "the first segment refers to a record before it"
                   : "the segment does not continue " + previous_ + ": one of the two is from another life";
    }
    if (header.epoch <= (first ? 0 : journal.epoch - 1)) {
      return "the segment is of an earlier start than the one before";
    }
    return {};
  }

  // Reads on from offset_ until something is no record; `fault_` says what it is instead.
  Status read_records(const std::string& name) {
    RecoveredJournal& journal = found_.journal;
    for (;;) {
      auto bytes = reader_.peek(offset_, kJournalRecordBytesMax);
      if (!bytes) return tl::unexpected(bytes.error());
      RecordHeader header;
      fault_ = check_record(*bytes, header);
      const bool whole = fault_ == RecordFault::none || fault_ == RecordFault::flags;
      if (!whole) return {};
      const std::string_view stranger = why_not_next(header);
      const std::size_t padded = padded_to_8(header.length);
      if (!stranger.empty()) {
        damage(name, offset_, offset_ + padded, std::string(stranger), kRestore);
        return {};
      }
      const JournalRecord record = {
          .info = {RecordKind{header.kind}, header.version, TenantId{header.tenant}, Tick{header.tick}},
          .sequence = header.sequence,
          .epoch = journal.epoch,
          .payload = bytes->subspan(sizeof header, header.length - sizeof header),
          .segment = name,
          .offset = offset_,
          .crc = header.crc,
      };
      if (auto status = visit_(record); !status) return status;
      journal.next_sequence += 1;
      journal.last_crc = header.crc;
      journal.records += 1;
      journal.bytes += padded;
      offset_ += padded;
    }
  }

  // Why a whole record cannot stand here; empty: it is the next.
  std::string_view why_not_next(const RecordHeader& header) const {
    const RecoveredJournal& journal = found_.journal;
    if (header.flags != 0) return describe(RecordFault::flags);
    if (header.epoch != static_cast<std::uint32_t>(journal.epoch)) return "the record is of another life";
    if (header.sequence != journal.next_sequence) return "the record is not the next in sequence";
    if (header.previous_crc != journal.last_crc) return "the record does not continue the one before";
    return {};
  }

  // --- what stands behind the records ---
  Result<Tail> scan_tail() {
    Tail tail{.file_end = offset_, .content_end = offset_, .next_record = {}, .proof = {}};
    for (std::uint64_t at = offset_;;) {
      auto window = reader_.peek(at, SegmentReader::kPeekBytesMax);
      if (!window) return tl::unexpected(window.error());
      const bool last = window->size() < SegmentReader::kPeekBytesMax;
      const std::size_t usable =
          last ? window->size() : (window->size() - kJournalRecordBytesMax) & ~std::size_t{7};
      for (std::size_t i = 0; i < usable; i += 8) look_at(window->subspan(i), at + i, tail);
      tail.file_end = at + usable;
      if (last) return tail;
      at += usable;
    }
  }

  // `bytes` begin with eight aligned bytes of the tail, or the fewer that a cut file ends with.
  void look_at(std::span<const std::byte> bytes, std::uint64_t at, Tail& tail) const {
    std::uint64_t word = 0;
    const std::size_t size = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), size);
    if (word == 0) return;
    tail.content_end = at + size;
    if (at == offset_ || bytes.size() < sizeof(RecordHeader)) return;
    // Cheap questions first: this runs over every eight bytes of a garbled tail.
    RecordHeader header;
    std::memcpy(&header, bytes.data(), sizeof header);
    const RecoveredJournal& journal = found_.journal;
    if (header.epoch != static_cast<std::uint32_t>(journal.epoch)) return;
    if (header.sequence < journal.next_sequence) return;
    if (check_record(bytes, header) != RecordFault::none) return;
    if (!tail.next_record) tail.next_record = at;
    if (header.kind != static_cast<std::uint16_t>(RecordKind::batch_end)) return;
    if (header.length != sizeof header + sizeof(BatchEnd)) return;
    BatchEnd end;
    std::memcpy(&end, bytes.data() + sizeof header, sizeof end);
    if (!tail.proof && end.durable_sequence >= journal.next_sequence) tail.proof = at;
  }

  // Decides about what stands at offset_. False: a writer has written on meanwhile, read again.
  Result<bool> judge_tail(const std::string& name, bool newest) {
    auto scanned = scan_tail();
    if (!scanned) return tl::unexpected(scanned.error());
    const Tail& tail = *scanned;
    const bool empty = tail.content_end == offset_;
    const std::uint64_t bad_end = tail.next_record.value_or(tail.content_end);
    const std::uint64_t next = found_.journal.next_sequence;
    const std::string fault = empty ? "the records end here" : std::string(describe(fault_));

    if (!newest) {
      // That zeros are the end of an older segment is for the next one's header to say.
      if (!empty) damage(name, offset_, bad_end, fault + ", and a newer segment follows", kRestore);
      return true;
    }
    if (tail.proof) {
      // What was durable before the proof was written can be read after it: only a second look is evidence.
      auto bytes = reader_.peek_again(offset_, kJournalRecordBytesMax);
      if (!bytes) return tl::unexpected(bytes.error());
      RecordHeader header;
      if (check_record(*bytes, header) == RecordFault::none) return false;
      damage(name, offset_, bad_end,
             fault + ", and the batch end at " + text(*tail.proof) + " proves that record " + text(next) +
                 " was durable",
             kRestore);
      return true;
    }
    if (watermark_proves(next)) {
      damage(name, offset_, empty ? tail.file_end : bad_end,
             fault + ", and the watermark proves that everything through record " +
                 text(watermark_.durable_sequence) + " was durable; record " + text(next) + " is lost",
             kRestoreOrForget);
      return true;
    }
    if (!empty) {
      found_.journal.torn_bytes = tail.content_end - offset_;
      found_.journal.torn_segment = name;
    }
    return true;
  }

  void damage(std::string_view file, std::uint64_t from, std::uint64_t to, std::string reason,
              std::string_view advice) {
    found_.damage = JournalDamage{std::string(file), from, to, std::move(reason), std::string(advice)};
  }

  Storage& storage_;
  const RecordVisitor& visit_;
  const WalkOptions& options_;

  std::vector<std::string> names_;
  std::vector<std::string> segments_;
  bool watermark_there_ = false;
  Watermark watermark_{};

  SegmentReader reader_;
  std::uint64_t offset_ = 0;  // in the segment being read
  RecordFault fault_ = RecordFault::none;
  std::string previous_;  // what the next segment continues: a segment, or a checkpoint; empty: nothing
  JournalWalk found_;
};

}  // namespace

std::string describe(const JournalDamage& damage, const Storage& storage) {
  return storage.path(damage.file) + ", bytes " + text(damage.from) + " to " + text(damage.to) + ": " +
         damage.reason + ". " + damage.advice;
}

Result<JournalWalk> walk_journal(Storage& storage, const RecordVisitor& visit, const WalkOptions& options) {
  return Walker(storage, visit, options).run();
}

}  // namespace doorbuster
