#include "doorbuster/journal/follower.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "doorbuster/base/check.h"
#include "journal/layout.h"
#include "journal/segment_reader.h"

namespace doorbuster {

JournalFollower::JournalFollower(Storage& storage)
    : storage_(storage), reader_(std::make_unique<SegmentReader>()) {}

JournalFollower::~JournalFollower() = default;

Result<std::vector<std::uint64_t>> JournalFollower::first_sequences() {
  auto names = storage_.list();
  if (!names) return tl::unexpected(names.error());
  std::vector<std::uint64_t> found;
  for (const std::string& name : *names) {
    if (const auto first = parse_segment_name(name)) found.push_back(*first);
  }
  return found;  // sorted by name is sorted by sequence
}

Result<std::uint64_t> JournalFollower::oldest() {
  auto segments = first_sequences();
  if (!segments) return tl::unexpected(segments.error());
  if (segments->empty()) return fail(ErrorKind::runtime, storage_.path("") + ": there is no journal");
  return segments->front();
}

Result<JournalFollower::Kept> JournalFollower::seek(std::uint64_t sequence, std::uint64_t through) {
  file_.reset();
  chain_.reset();
  wanted_ = sequence;
  if (sequence > through + 1) return Kept::not_yet;
  auto segments = first_sequences();
  if (!segments) return tl::unexpected(segments.error());
  // The newest may begin behind `through`: then what is wanted, if it is the next, will stand in it or in the
  // one before.
  const auto behind = std::upper_bound(segments->begin(), segments->end(), sequence);
  if (behind == segments->begin()) return Kept::no_longer;
  if (auto opened = open_segment(*std::prev(behind)); !opened) {
    file_.reset();
    // Pruned between the look into the folder and this one.
    auto now = oldest();
    if (now && *now > sequence) return Kept::no_longer;
    return tl::unexpected(opened.error());
  }
  return Kept::yes;
}

Status JournalFollower::open_segment(std::uint64_t first_sequence) {
  std::string name = segment_name(first_sequence);
  auto file = storage_.open(name, Storage::Mode::read);
  if (!file) return tl::unexpected(file.error());
  file_ = std::move(*file);
  name_ = std::move(name);
  offset_ = 0;
  reader_->read_from(*file_);

  auto bytes = reader_->peek(0, sizeof(SegmentHeader));
  if (!bytes) return tl::unexpected(bytes.error());
  SegmentHeader header;
  if (bytes->size() < sizeof header) return damaged("the file is shorter than a segment's header");
  std::memcpy(&header, bytes->data(), sizeof header);
  if (const std::string fault = segment_header_fault(header); !fault.empty()) return damaged(fault);
  if (header.first_sequence != first_sequence) {
    return damaged("the segment's header has another sequence than its name");
  }
  if (chain_ && (header.previous_crc != chain_->last_crc || header.epoch < chain_->epoch)) {
    return damaged("the segment does not continue the one before it");
  }
  chain_ = {.next_sequence = first_sequence, .epoch = header.epoch, .last_crc = header.previous_crc};
  offset_ = sizeof header;
  return {};
}

Result<bool> JournalFollower::next_record(JournalRecord& record) {
  RecordHeader header;
  auto bytes = reader_->peek(offset_, kJournalRecordBytesMax);
  if (!bytes) return tl::unexpected(bytes.error());
  if (check_record(*bytes, header) != RecordFault::none) {
    // What was read ahead is older than what the writer has made durable since.
    bytes = reader_->peek_again(offset_, kJournalRecordBytesMax);
    if (!bytes) return tl::unexpected(bytes.error());
    if (check_record(*bytes, header) != RecordFault::none) return false;
  }
  if (header.sequence != chain_->next_sequence || header.previous_crc != chain_->last_crc ||
      header.epoch != static_cast<std::uint32_t>(chain_->epoch)) {
    return tl::unexpected(damaged("the record does not continue the one before it").error());
  }
  record = {
      .info = {RecordKind{header.kind}, header.version, TenantId{header.tenant}, Tick{header.tick}},
      .sequence = header.sequence,
      .epoch = chain_->epoch,
      .payload = bytes->subspan(sizeof header, header.length - sizeof header),
      .segment = name_,
      .offset = offset_,
      .crc = header.crc,
  };
  offset_ += padded_to_8(header.length);
  chain_->next_sequence += 1;
  chain_->last_crc = header.crc;
  return true;
}

Status JournalFollower::read(std::uint64_t through, const Visit& visit) {
  DOORBUSTER_CHECK(file_ != nullptr);
  while (chain_->next_sequence <= through) {
    const Chain before = *chain_;
    JournalRecord record;
    auto found = next_record(record);
    if (!found) return tl::unexpected(found.error());
    if (!*found) {
      if (auto status = go_on_behind(); !status) return tl::unexpected(status.error());
      continue;
    }
    if (record.sequence < wanted_) continue;
    const Then then = visit(record);
    if (then == Then::not_yet) {
      chain_ = before;
      offset_ = record.offset;
      break;
    }
    wanted_ = record.sequence + 1;
    if (then == Then::enough) break;
  }
  return {};
}

// A durable record that does not stand here is the first one of the next segment.
Status JournalFollower::go_on_behind() {
  const std::uint64_t next = chain_->next_sequence;
  const std::string gone = "record " + std::to_string(next) + " was durable, and it is not here";
  auto segments = first_sequences();
  if (!segments) return tl::unexpected(segments.error());
  const bool follows = std::binary_search(segments->begin(), segments->end(), next);
  if (!follows || segment_name(next) == name_) return damaged(gone);
  return open_segment(next);
}

Status JournalFollower::damaged(std::string_view reason) const {
  return fail(ErrorKind::runtime, storage_.path(name_) + ", byte " + std::to_string(offset_) + ": " +
                                      std::string(reason) + ". `doorbuster journal verify` tells more");
}

}  // namespace doorbuster
