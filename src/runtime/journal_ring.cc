#include "doorbuster/runtime/journal_ring.h"

#include <bit>
#include <cstring>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/journal/format.h"

namespace doorbuster {

JournalRing::JournalRing(std::size_t capacity_bytes)
    : capacity_(capacity_bytes), bytes_(std::make_unique_for_overwrite<std::byte[]>(capacity_bytes)) {
  DOORBUSTER_CHECK(std::has_single_bit(capacity_bytes) && capacity_bytes >= 4 * kJournalRecordBytesMax);
}

bool JournalRing::has_room() {
  // Twice the largest record: one may be lost to the end of the ring, where a record that does not fit is
  // skipped.
  constexpr std::uint64_t wanted = 2 * kJournalRecordBytesMax;
  if (written_ + wanted <= taken_seen_ + capacity_) return true;
  // Pairs with the release in taken(): the journal thread has read the bytes that we are about to overwrite.
  taken_seen_ = taken_.load(std::memory_order_acquire);
  return written_ + wanted <= taken_seen_ + capacity_;
}

std::span<std::byte> JournalRing::reserve(std::size_t bytes) {
  const std::size_t entry_bytes = padded_to_8(sizeof(EntryHeader) + bytes);
  DOORBUSTER_CHECK(entry_bytes <= kJournalRecordBytesMax);
  const std::size_t to_end = capacity_ - offset(written_);
  if (to_end < entry_bytes) {
    const std::uint32_t skip = kSkip;  // to_end is a multiple of 8, so there is room for the mark
    std::memcpy(bytes_.get() + offset(written_), &skip, sizeof skip);
    written_ += to_end;
  }
  reserved_bytes_ = bytes;
  return {bytes_.get() + offset(written_) + sizeof(EntryHeader), bytes};
}

std::uint64_t JournalRing::append(const RecordInfo& info) {
  const EntryHeader header = {.payload_bytes = static_cast<std::uint32_t>(reserved_bytes_),
                              .tenant = info.tenant.value,
                              .tick_ns = info.tick.ns,
                              .kind = static_cast<std::uint16_t>(info.kind),
                              .version = info.version,
                              .unused = {}};
  std::memcpy(bytes_.get() + offset(written_), &header, sizeof header);
  written_ += padded_to_8(sizeof(EntryHeader) + reserved_bytes_);
  return written_;
}

bool JournalRing::publish() {
  // relaxed: only this thread writes it.
  if (written_ == published_.load(std::memory_order_relaxed)) return false;
  // Pairs with the acquire in next() and published(): whoever sees the position sees the bytes before it.
  published_.store(written_, std::memory_order_release);
  return true;
}

bool JournalRing::next(RecordInfo& info, std::span<const std::byte>& payload) {
  for (;;) {
    if (read_ == published_seen_) {
      published_seen_ = published();
      if (read_ == published_seen_) return false;
    }
    EntryHeader header;
    std::memcpy(&header.payload_bytes, bytes_.get() + offset(read_), sizeof header.payload_bytes);
    if (header.payload_bytes == kSkip) {
      read_ += capacity_ - offset(read_);
      continue;
    }
    std::memcpy(&header, bytes_.get() + offset(read_), sizeof header);
    info = {.kind = static_cast<RecordKind>(header.kind),
            .version = header.version,
            .tenant = {header.tenant},
            .tick = {header.tick_ns}};
    payload = {bytes_.get() + offset(read_) + sizeof header, header.payload_bytes};
    read_ += padded_to_8(sizeof header + header.payload_bytes);
    return true;
  }
}

void JournalRing::taken() {
  // Pairs with the acquire in has_room().
  taken_.store(read_, std::memory_order_release);
}

void JournalRing::set_durable() {
  // Pairs with the acquire in durable().
  durable_.store(read_, std::memory_order_release);
}

}  // namespace doorbuster
