#pragma once
// Checkpoints: files that hold the whole state after a record, so that what came before it need not be read
// again. docs/formats/checkpoint.md has the bytes in prose.
//
// This is the envelope: names, header, chunks and footer, and what of it is believed. What the chunks say is
// for who writes them (runtime/checkpoint.h); the journal knows of a checkpoint only its place.
//
// A checkpoint always ends where a segment ends, so the journal goes on behind it with a whole segment.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/limits.h"
#include "doorbuster/base/result.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/journal/format.h"
#include "doorbuster/journal/journal.h"
#include "doorbuster/platform/storage.h"

namespace doorbuster {

// --- the bytes: little-endian, every part aligned to 8
// ------------------------------------------------------

inline constexpr std::array<char, 8> kCheckpointMagic = {'d', 'b', 'c', 'h', 'e', 'c', 'k', '\n'};
inline constexpr std::uint16_t kCheckpointMajor = 1;  // a reader refuses a newer one
inline constexpr std::uint16_t kCheckpointMinor = 0;  // a reader accepts a newer one

struct CheckpointHeader {
  std::array<char, 8> magic;
  std::uint16_t format_major;
  std::uint16_t format_minor;
  std::uint32_t header_crc;     // crc32c of the 80 bytes with this field as zero
  FolderIdentity identity;      // of the data folder
  std::uint64_t last_sequence;  // the last record that it includes
  std::uint64_t epoch;          // of that record's segment
  std::int64_t tick;            // the largest tick that it includes
  std::uint32_t last_crc;       // of that record
  std::uint32_t flags;          // kCheckpointFollowed
  std::uint32_t content;        // version of what the chunks say
  std::uint16_t row_bytes;      // of an order as it stands in memory, and of its life
  std::uint16_t life_bytes;
  std::uint64_t reserved_zero;
};
static_assert(sizeof(CheckpointHeader) == 80);
static_assert(std::has_unique_object_representations_v<CheckpointHeader>);

// The segment behind it was there when it was made. Without it the last segment of a journal that had been
// stopped is included: then the next one is made by the next start.
inline constexpr std::uint32_t kCheckpointFollowed = 1;

struct CheckpointChunk {
  std::uint32_t crc;           // crc32c of bytes [4, 16 + length)
  std::uint32_t length;        // of the payload, without the padding to 8
  std::uint32_t previous_crc;  // crc of the chunk before, of the first one the header's: the chain
  std::uint16_t section;       // what the payload says; kCheckpointFooterSection: the footer
  std::uint16_t reserved_zero;
};
static_assert(sizeof(CheckpointChunk) == 16);
static_assert(std::has_unique_object_representations_v<CheckpointChunk>);

inline constexpr std::uint16_t kCheckpointFooterSection = 0xffff;

// Payload of the last chunk; the file ends behind it.
struct CheckpointFooter {
  std::uint64_t chunks;      // this one not counted
  std::uint64_t bytes;       // of the file before this chunk
  std::uint64_t orders;      // rows of orders, the parts of baskets among them
  std::uint64_t state_hash;  // of what the chunks make
  std::uint32_t file_crc;    // crc32c of those bytes
  std::uint32_t reserved_zero;
};
static_assert(sizeof(CheckpointFooter) == 40);
static_assert(std::has_unique_object_representations_v<CheckpointFooter>);

// --- names
// --------------------------------------------------------------------------------------------------

std::string checkpoint_name(std::uint64_t last_sequence);
// The sequence that a checkpoint's name promises; nothing when it is no checkpoint's name.
std::optional<std::uint64_t> parse_checkpoint_name(std::string_view name);
// A checkpoint that is being written, or that nobody finished. `writer` tells two writers of one folder
// apart.
std::string unfinished_checkpoint_name(std::string_view writer = {});
bool is_unfinished_checkpoint(std::string_view name);
// The sequences of all that have such a name, whatever is in them, the newest first.
Result<std::vector<std::uint64_t>> list_checkpoints(Storage& storage);

// --- reading and writing
// ------------------------------------------------------------------------------------

// What a reader understands; a checkpoint with other numbers is of another version of the program.
struct CheckpointContent {
  std::uint32_t version = 0;
  std::uint16_t row_bytes = 0, life_bytes = 0;
};

// Where in the journal a checkpoint stands.
struct CheckpointMark {
  JournalPlace place;
  Tick tick;
};

// Writes front to back. The first error of the file sticks, and finish() tells it.
class CheckpointWriter {
 public:
  // The file is new and outlives the writer.
  CheckpointWriter(StorageFile& file, const CheckpointMark& mark, const CheckpointContent& content);

  // Zeros for one element of a section, for the caller to fill in before the next call; an element never
  // crosses chunks. REQUIRES: bytes <= kCheckpointElementBytesMax, a multiple of 8.
  std::span<std::byte> reserve(std::uint16_t section, std::size_t bytes);
  // For sections that are read as one text. Chunks may end anywhere in it.
  void append(std::uint16_t section, std::string_view bytes);
  // Writes what is left and the footer, and syncs the file.
  Status finish(std::uint64_t orders, std::uint64_t state_hash);
  std::uint64_t bytes() const { return offset_; }

 private:
  void begin_chunk(std::uint16_t section);
  void end_chunk();
  void write(std::span<const std::byte> bytes);

  StorageFile& file_;
  const std::unique_ptr<std::byte[]> buffer_;  // a chunk with its header
  std::size_t filled_ = 0;                     // of the payload
  std::uint16_t section_ = 0;                  // 0: no chunk is begun
  std::uint32_t previous_crc_ = 0;
  std::uint32_t file_crc_ = 0;
  std::uint64_t chunks_ = 0;
  std::uint64_t offset_ = 0;
  std::optional<Error> failure_;
};

// Reads front to back and believes nothing before its checksum. What is wrong with the file is an error of
// kind configuration that names it, the byte range and the reason.
class CheckpointReader {
 public:
  // Reads the header: format, checksum, that its name is its own, that its content is this one (none: any).
  static Result<CheckpointReader> open(Storage& storage, std::uint64_t last_sequence,
                                       const std::optional<CheckpointContent>& content) {
    return open(storage, checkpoint_name(last_sequence), last_sequence, content);
  }
  // The same of one that does not have its name yet.
  static Result<CheckpointReader> open(Storage& storage, std::string_view name, std::uint64_t last_sequence,
                                       const std::optional<CheckpointContent>& content);

  const CheckpointHeader& header() const { return header_; }
  CheckpointMark mark() const;

  struct Chunk {
    std::uint16_t section = 0;
    std::span<const std::byte> payload;  // valid until the next call
  };
  // The next chunk; nothing when all of the file was read and the footer fits it.
  Result<std::optional<Chunk>> next();
  // REQUIRES: next() has returned nothing.
  const CheckpointFooter& footer() const { return footer_; }
  // An error about what stands in the chunk that was read last.
  tl::unexpected<Error> refuse(std::string_view why) const;

 private:
  CheckpointReader(std::unique_ptr<StorageFile> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}
  Result<std::optional<Chunk>> read_footer(std::span<const std::byte> payload);
  tl::unexpected<Error> damaged(std::uint64_t from, std::uint64_t to, std::string_view why) const;

  std::unique_ptr<StorageFile> file_;
  std::string path_;
  CheckpointHeader header_{};
  CheckpointFooter footer_{};
  std::unique_ptr<std::byte[]> buffer_;
  std::uint64_t offset_ = 0;  // of the next chunk
  std::uint64_t chunk_begin_ = 0;
  std::uint64_t chunks_ = 0;
  std::uint32_t previous_crc_ = 0;
  std::uint32_t file_crc_ = 0;
};

// What header and footer say, without reading what is between: to size tables before a checkpoint is read,
// and for figures. Nothing rests on it.
struct CheckpointSummary {
  CheckpointHeader header;
  CheckpointFooter footer;
  std::uint64_t file_bytes = 0;
};
Result<CheckpointSummary> summarize_checkpoint(Storage& storage, std::uint64_t last_sequence);

}  // namespace doorbuster
