#pragma once
// The bytes on disk. docs/formats/journal.md says the same in prose, with a worked example.
// Little-endian; every record is 8-byte aligned and never crosses a segment.
//
// A data folder holds segments named journal-<16 hex digits of the first sequence>.seg, one `lock`, one
// `watermark`, and while the journal runs one `spare` (the next segment, filled with zeros ahead of time).

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace doorbuster {

inline constexpr std::array<char, 8> kSegmentMagic = {'d', 'b', 'j', 'o', 'u', 'r', 'n', '\n'};
inline constexpr std::uint16_t kFormatMajor = 1;  // a reader refuses a newer one
inline constexpr std::uint16_t kFormatMinor = 0;  // a reader accepts a newer one

using FolderIdentity = std::array<std::uint8_t, 16>;

struct SegmentHeader {
  std::array<char, 8> magic;
  std::uint16_t format_major;
  std::uint16_t format_minor;
  std::uint32_t header_crc;  // crc32c of the 64 bytes with this field as zero
  FolderIdentity identity;   // of the data folder; every segment has the same
  std::uint64_t first_sequence;
  std::uint64_t epoch;         // starts of the engine on this folder so far
  std::uint32_t previous_crc;  // crc of the last record before this segment; 0 for the first segment
  std::uint32_t reserved_zero0;
  std::uint64_t reserved_zero1;
};
static_assert(sizeof(SegmentHeader) == 64);
static_assert(std::has_unique_object_representations_v<SegmentHeader>);

struct RecordHeader {
  std::uint32_t crc;           // crc32c of bytes [4, length)
  std::uint32_t length;        // header + payload, without the padding to 8
  std::uint32_t previous_crc;  // crc of the record before: the chain
  std::uint16_t kind;          // RecordKind
  std::uint8_t version;        // of the kind's payload
  std::uint8_t flags;          // zero
  std::uint64_t sequence;      // dense over the data folder's life, the first is 1
  std::int64_t tick;           // ns since the Unix epoch, stamped by the shard that decided
  std::uint32_t tenant;
  std::uint32_t epoch;  // low 32 bits of the segment's: a record from another life cannot pass
};
static_assert(sizeof(RecordHeader) == 40);
static_assert(std::has_unique_object_representations_v<RecordHeader>);

// Payload of RecordKind::batch_end, the last record of every group commit.
struct BatchEnd {
  // Everything through it was on stable storage before this batch was written.
  std::uint64_t durable_sequence;
  std::uint32_t records;  // in this batch, this one not counted
  std::uint32_t reserved_zero;
};
static_assert(sizeof(BatchEnd) == 16);

// The `watermark` file: written after each sync and not synced itself, so it can be old but never ahead of
// the truth. A clean stop syncs it.
struct Watermark {
  std::uint64_t durable_sequence;
  std::uint32_t crc;  // crc32c of durable_sequence and identity
  std::uint32_t reserved_zero;
};
static_assert(sizeof(Watermark) == 16);

constexpr std::size_t padded_to_8(std::size_t bytes) {
  return (bytes + 7) & ~std::size_t{7};
}

}  // namespace doorbuster
