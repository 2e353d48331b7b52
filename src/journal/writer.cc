#include <algorithm>
#include <cstring>
#include <optional>

#include "doorbuster/base/check.h"
#include "doorbuster/journal/journal.h"
#include "journal/layout.h"
#include "journal/spare_segment.h"

namespace doorbuster {
namespace {

// The batch may grow by one record and two batch ends after it was still below the maximum.
constexpr std::size_t kBufferBytes =
    kJournalBatchBytesMax + kJournalRecordBytesMax + 2 * kBatchEndRecordBytes;
constexpr std::size_t kPageBytes = 4096;
// On a full disk the next segment is waited for: shorter than a drain may take, so that a stop is no hang.
constexpr std::chrono::milliseconds kRoomPatience{10'000};
// The next segment is prepared when this part of the current one is used: a folder with few records has no
// spare.
constexpr std::size_t kPrepareAfterPart = 16;
// And at any price when no more than this part is left.
constexpr std::size_t kHurryBeforePart = 4;

// Where in the batch the next segment begins.
struct Split {
  std::size_t at = 0;
  std::uint64_t first_sequence = 0;
  std::uint32_t previous_crc = 0;
};

class SegmentWriter final : public JournalWriter {
 public:
  SegmentWriter(Storage& storage, const RecoveredJournal& recovered, std::size_t segment_bytes,
                std::chrono::milliseconds room_retry)
      : storage_(storage),
        identity_(recovered.identity),
        epoch_(recovered.epoch + 1),
        segment_bytes_(segment_bytes),
        buffer_(new (std::align_val_t{kPageBytes}) std::byte[kBufferBytes]),
        next_sequence_(recovered.next_sequence),
        part_first_sequence_(recovered.next_sequence),
        last_crc_(recovered.last_crc),
        durable_sequence_(recovered.next_sequence - 1),
        spare_(storage, segment_bytes, room_retry) {
    splits_.reserve(kBufferBytes / kSegmentBytesMin + 2);
  }

  // Makes the first segment of this life.
  Status start(bool in_background) {
    if (auto started = spare_.start(in_background); !started) return started;
    if (auto begun = begin_segment({0, next_sequence_, last_crc_}); !begun) return begun;
    position_ = sizeof(SegmentHeader);
    auto names = storage_.list();
    if (!names) return tl::unexpected(names.error());
    const bool there = std::find(names->begin(), names->end(), kWatermarkName) != names->end();
    auto file = storage_.open(kWatermarkName, there ? Storage::Mode::read_write : Storage::Mode::create);
    if (!file) return tl::unexpected(file.error());
    watermark_ = std::move(*file);
    return write_watermark();
  }

  std::uint64_t append(const RecordInfo& info, std::span<const std::byte> payload) override {
    const std::size_t length = sizeof(RecordHeader) + payload.size();
    DOORBUSTER_CHECK(length <= kJournalRecordBytesMax && !closed_);
    if (failure_) return next_sequence_++;  // nobody will ever be told that it is durable
    DOORBUSTER_CHECK(batch_bytes_ < kJournalBatchBytesMax);
    if (position_ + padded_to_8(length) + kBatchEndRecordBytes > segment_bytes_) split();
    batch_records_ += 1;
    return put(info, payload);
  }

  std::size_t batch_bytes() const override { return batch_bytes_; }
  std::uint32_t batch_records() const override { return batch_records_; }

  Status commit() override {
    if (failure_) return tl::unexpected(*failure_);
    if (batch_records_ == 0) return {};
    end_part();
    return keep_failure(write_batch());
  }

  Status close() override {
    if (closed_) return {};
    if (auto committed = commit(); !committed) return committed;
    // A segment without records needs no proof: that all before it was durable is in its header.
    if (position_ > sizeof(SegmentHeader)) {
      if (position_ + kBatchEndRecordBytes > segment_bytes_) split();
      put_batch_end();
      if (auto written = keep_failure(write_batch()); !written) return written;
    }
    closed_ = true;
    return keep_failure(leave_tidy());
  }

  std::uint64_t durable_sequence() const override { return durable_sequence_; }
  std::uint64_t epoch() const override { return epoch_; }
  const FolderIdentity& identity() const override { return identity_; }
  const JournalCounters& counters() const override { return counters_; }
  bool short_of_room() const override { return spare_.short_of_room(); }

 private:
  // --- in memory ---
  std::uint64_t put(const RecordInfo& info, std::span<const std::byte> payload) {
    const RecordHeader header = {
        .crc = 0,
        .length = static_cast<std::uint32_t>(sizeof(RecordHeader) + payload.size()),
        .previous_crc = last_crc_,
        .kind = static_cast<std::uint16_t>(info.kind),
        .version = info.version,
        .flags = 0,
        .sequence = next_sequence_,
        .tick = info.tick.ns,
        .tenant = info.tenant.value,
        .epoch = static_cast<std::uint32_t>(epoch_),
    };
    std::byte* record = buffer_.get() + batch_bytes_;
    const std::size_t padded = padded_to_8(header.length);
    DOORBUSTER_CHECK(batch_bytes_ + padded <= kBufferBytes);
    std::memcpy(record, &header, sizeof header);
    if (!payload.empty()) std::memcpy(record + sizeof header, payload.data(), payload.size());
    std::memset(record + header.length, 0, padded - header.length);
    last_crc_ = seal_record(record, header.length);
    last_tick_ = info.tick;
    batch_bytes_ += padded;
    position_ += padded;
    part_records_ += 1;
    counters_.records += 1;
    counters_.bytes += padded;
    return next_sequence_++;
  }

  void put_batch_end() {
    const BatchEnd end = {
        .durable_sequence = part_first_sequence_ - 1, .records = part_records_, .reserved_zero = 0};
    put({.kind = RecordKind::batch_end, .version = 1, .tenant = TenantId{0}, .tick = last_tick_},
        std::as_bytes(std::span(&end, 1)));
    part_first_sequence_ = next_sequence_;
    part_records_ = 0;
    counters_.batches += 1;
  }

  // A part is what one write and one sync cover: a batch, or as much of it as the segment still takes.
  void end_part() {
    if (part_records_ > 0) put_batch_end();
  }

  // What is appended from here on stands in the next segment.
  void split() {
    end_part();
    splits_.push_back({batch_bytes_, next_sequence_, last_crc_});
    position_ = sizeof(SegmentHeader);
  }

  // --- on the disk ---
  Status write_batch() {
    std::size_t written = 0;
    for (const Split& next : splits_) {
      if (auto status = write_part(written, next.at, next.first_sequence); !status) return status;
      if (auto status = begin_segment(next); !status) return status;
      written = next.at;
    }
    if (auto status = write_part(written, batch_bytes_, next_sequence_); !status) return status;
    if (file_offset_ >= segment_bytes_ / kPrepareAfterPart) spare_.prepare();
    if (file_offset_ >= segment_bytes_ - segment_bytes_ / kHurryBeforePart) spare_.hurry();
    batch_bytes_ = 0;
    batch_records_ = 0;
    splits_.clear();
    return {};
  }

  Status write_part(std::size_t from, std::size_t to, std::uint64_t next_sequence) {
    if (from == to) return {};
    auto status = file_->write_at(file_offset_, {buffer_.get() + from, to - from});
    if (status) status = file_->sync();
    if (!status) return status;
    file_offset_ += to - from;
    durable_sequence_ = next_sequence - 1;
    return write_watermark();
  }

  // A segment gets its name when its header is durable, and is written to when its name is.
  Status begin_segment(const Split& split) {
    bool waited = false;
    auto next = spare_.take(waited, file_ ? kRoomPatience : std::chrono::milliseconds(0));
    if (!next) return tl::unexpected(next.error());
    if (waited && file_) counters_.spare_waits += 1;
    const SegmentHeader header =
        make_segment_header(identity_, split.first_sequence, epoch_, split.previous_crc);
    auto status = (*next)->write_at(0, std::as_bytes(std::span(&header, 1)));
    if (status) status = (*next)->sync();
    // Takes the place of a segment without records that an earlier start left under the same name.
    if (status) status = storage_.rename(kSpareName, segment_name(split.first_sequence));
    if (status) status = storage_.sync_folder();
    // Only to give back the room: a reader knows from the next header that the zeros were no records.
    if (status && file_) status = file_->truncate(file_offset_);
    if (!status) return status;
    file_ = std::move(*next);
    file_offset_ = sizeof header;
    counters_.segments += 1;
    return {};
  }

  Status write_watermark() {
    const Watermark watermark = make_watermark(identity_, durable_sequence_);
    return watermark_->write_at(0, std::as_bytes(std::span(&watermark, 1)));
  }

  Status leave_tidy() {
    auto status = watermark_->sync();
    if (status) status = file_->truncate(file_offset_);
    if (status) status = file_->sync();
    if (status) status = spare_.discard();
    if (status) status = storage_.sync_folder();
    return status;
  }

  Status keep_failure(Status status) {
    if (!status) failure_ = status.error();
    return status;
  }

  struct FreeAligned {
    void operator()(std::byte* bytes) const { ::operator delete[](bytes, std::align_val_t{kPageBytes}); }
  };

  // --- constant ---
  Storage& storage_;
  const FolderIdentity identity_;
  const std::uint64_t epoch_;
  const std::size_t segment_bytes_;

  // --- the batch in memory ---
  const std::unique_ptr<std::byte[], FreeAligned> buffer_;
  std::size_t batch_bytes_ = 0;
  std::uint32_t batch_records_ = 0;  // batch ends not counted
  std::vector<Split> splits_;
  // In the segment, of the next record. A record is only put where a batch end fits behind it.
  std::uint64_t position_ = 0;
  std::uint64_t next_sequence_;
  std::uint64_t part_first_sequence_;
  std::uint32_t part_records_ = 0;
  std::uint32_t last_crc_;
  Tick last_tick_;

  // --- on the disk ---
  std::unique_ptr<StorageFile> file_;
  std::uint64_t file_offset_ = 0;
  std::unique_ptr<StorageFile> watermark_;
  std::uint64_t durable_sequence_;
  std::optional<Error> failure_;
  bool closed_ = false;
  JournalCounters counters_;
  SpareSegment spare_;
};

}  // namespace

Result<std::unique_ptr<JournalWriter>> JournalWriter::open(Storage& storage,
                                                           const RecoveredJournal& recovered,
                                                           const JournalOptions& options) {
  if (options.segment_bytes < kSegmentBytesMin || options.segment_bytes > kSegmentBytesMax) {
    return fail(ErrorKind::configuration, "a segment of " + std::to_string(options.segment_bytes) +
                                              " bytes is impossible: from " +
                                              std::to_string(kSegmentBytesMin) + " to " +
                                              std::to_string(kSegmentBytesMax) + " are possible");
  }
  auto writer = std::make_unique<SegmentWriter>(storage, recovered, options.segment_bytes & ~std::size_t{7},
                                                options.room_retry);
  if (auto started = writer->start(options.prepare_in_background); !started) {
    return tl::unexpected(started.error());
  }
  return writer;
}

}  // namespace doorbuster
