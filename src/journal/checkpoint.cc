#include "doorbuster/journal/checkpoint.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "doorbuster/base/check.h"
#include "doorbuster/base/checksum.h"
#include "journal/layout.h"

namespace doorbuster {
namespace {

constexpr std::string_view kPrefix = "checkpoint-";
constexpr std::string_view kSuffix = ".ckp";
constexpr std::string_view kUnfinishedPrefix = "checkpoint.";
constexpr std::string_view kUnfinishedSuffix = "tmp";
constexpr std::size_t kBufferBytes = sizeof(CheckpointChunk) + kCheckpointChunkBytesMax;
static_assert(kCheckpointChunkBytesMax % 8 == 0 && kCheckpointElementBytesMax <= kCheckpointChunkBytesMax);

std::uint32_t header_crc(CheckpointHeader header) {
  header.header_crc = 0;
  return crc32c(&header, sizeof header);
}

// `chunk` with its payload behind it.
std::uint32_t chunk_crc(const std::byte* chunk, std::size_t payload_bytes) {
  constexpr std::size_t kUnchecked = sizeof(CheckpointChunk::crc);
  return crc32c(chunk + kUnchecked, sizeof(CheckpointChunk) - kUnchecked + payload_bytes);
}

std::string header_fault(const CheckpointHeader& header, std::uint64_t last_sequence) {
  if (header.magic != kCheckpointMagic) {
    return "this is no checkpoint: its first bytes are not \"dbcheck\\n\"";
  }
  if (header.format_major > kCheckpointMajor) {
    return "the checkpoint says that it has format " + std::to_string(header.format_major) +
           ", and this program reads format " + std::to_string(kCheckpointMajor) +
           ": a newer doorbuster wrote it, or its header is damaged";
  }
  if (header.header_crc != header_crc(header)) return "the checksum of the checkpoint's header is wrong";
  if (header.format_major < kCheckpointMajor) {
    return "there is no format " + std::to_string(header.format_major);
  }
  const bool reserved_used = header.reserved_zero != 0 || (header.flags & ~kCheckpointFollowed) != 0;
  if (header.format_minor <= kCheckpointMinor && reserved_used) {
    return "reserved bytes of the checkpoint's header are not 0";
  }
  if (header.last_sequence != last_sequence) {
    return "the checkpoint ends with sequence " + std::to_string(header.last_sequence) +
           ", its name says otherwise: it was renamed, copied or swapped";
  }
  return {};
}

tl::unexpected<Error> damaged_file(const std::string& path, std::uint64_t from, std::uint64_t to,
                                   std::string_view why) {
  return fail(ErrorKind::configuration, path + ", bytes " + std::to_string(from) + " to " +
                                            std::to_string(to) + ": " + std::string(why));
}

// Reads and checks the header of an open file.
Result<CheckpointHeader> read_header(StorageFile& file, const std::string& path,
                                     std::uint64_t last_sequence) {
  CheckpointHeader header{};
  auto read = file.read_at(0, std::as_writable_bytes(std::span(&header, 1)));
  if (!read) return tl::unexpected(read.error());
  if (*read < sizeof header) {
    return damaged_file(path, 0, *read, "the file is shorter than a checkpoint's header");
  }
  if (const std::string fault = header_fault(header, last_sequence); !fault.empty()) {
    return damaged_file(path, 0, sizeof header, fault);
  }
  return header;
}

}  // namespace

// --- names
// --------------------------------------------------------------------------------------------------

std::string checkpoint_name(std::uint64_t last_sequence) {
  return name_with_sequence(kPrefix, last_sequence, kSuffix);
}

std::optional<std::uint64_t> parse_checkpoint_name(std::string_view name) {
  return parse_name_with_sequence(kPrefix, name, kSuffix);
}

std::string unfinished_checkpoint_name(std::string_view writer) {
  return std::string(kUnfinishedPrefix) + std::string(writer) + (writer.empty() ? "" : ".") +
         std::string(kUnfinishedSuffix);
}

bool is_unfinished_checkpoint(std::string_view name) {
  return name.starts_with(kUnfinishedPrefix) && name.ends_with(kUnfinishedSuffix);
}

Result<std::vector<std::uint64_t>> list_checkpoints(Storage& storage) {
  auto names = storage.list();
  if (!names) return tl::unexpected(names.error());
  std::vector<std::uint64_t> sequences;
  for (const std::string& name : *names) {
    if (const auto sequence = parse_checkpoint_name(name)) sequences.push_back(*sequence);
  }
  std::sort(sequences.rbegin(), sequences.rend());
  return sequences;
}

// --- writing
// ------------------------------------------------------------------------------------------------

CheckpointWriter::CheckpointWriter(StorageFile& file, const CheckpointMark& mark,
                                   const CheckpointContent& content)
    : file_(file), buffer_(std::make_unique<std::byte[]>(kBufferBytes)) {
  CheckpointHeader header{};
  header.magic = kCheckpointMagic;
  header.format_major = kCheckpointMajor;
  header.format_minor = kCheckpointMinor;
  header.identity = mark.place.identity;
  header.last_sequence = mark.place.next_sequence - 1;
  header.epoch = mark.place.epoch;
  header.tick = mark.tick.ns;
  header.last_crc = mark.place.last_crc;
  header.flags = mark.place.followed ? kCheckpointFollowed : 0;
  header.content = content.version;
  header.row_bytes = content.row_bytes;
  header.life_bytes = content.life_bytes;
  header.header_crc = header_crc(header);
  previous_crc_ = header.header_crc;
  write(std::as_bytes(std::span(&header, 1)));
}

std::span<std::byte> CheckpointWriter::reserve(std::uint16_t section, std::size_t bytes) {
  DOORBUSTER_CHECK(bytes <= kCheckpointElementBytesMax && bytes % 8 == 0);
  if (section != section_ || filled_ + bytes > kCheckpointChunkBytesMax) begin_chunk(section);
  std::byte* const element = buffer_.get() + sizeof(CheckpointChunk) + filled_;
  std::memset(element, 0, bytes);
  filled_ += bytes;
  return {element, bytes};
}

void CheckpointWriter::append(std::uint16_t section, std::string_view bytes) {
  while (!bytes.empty()) {
    if (section != section_ || filled_ == kCheckpointChunkBytesMax) begin_chunk(section);
    const std::size_t part = std::min(bytes.size(), kCheckpointChunkBytesMax - filled_);
    std::memcpy(buffer_.get() + sizeof(CheckpointChunk) + filled_, bytes.data(), part);
    filled_ += part;
    bytes.remove_prefix(part);
  }
}

void CheckpointWriter::begin_chunk(std::uint16_t section) {
  end_chunk();
  section_ = section;
}

void CheckpointWriter::end_chunk() {
  if (section_ == 0) return;
  CheckpointChunk chunk{};
  chunk.length = static_cast<std::uint32_t>(filled_);
  chunk.previous_crc = previous_crc_;
  chunk.section = section_;
  std::memcpy(buffer_.get(), &chunk, sizeof chunk);
  const std::size_t padded = padded_to_8(filled_);
  std::memset(buffer_.get() + sizeof chunk + filled_, 0, padded - filled_);
  previous_crc_ = chunk_crc(buffer_.get(), filled_);
  std::memcpy(buffer_.get(), &previous_crc_, sizeof previous_crc_);
  write({buffer_.get(), sizeof chunk + padded});
  ++chunks_;
  filled_ = 0;
  section_ = 0;
}

void CheckpointWriter::write(std::span<const std::byte> bytes) {
  if (failure_) return;
  if (Status written = file_.write_at(offset_, bytes); !written) {
    failure_ = written.error();
    return;
  }
  file_crc_ = crc32c(bytes.data(), bytes.size(), file_crc_);
  offset_ += bytes.size();
}

Status CheckpointWriter::finish(std::uint64_t orders, std::uint64_t state_hash) {
  end_chunk();
  const CheckpointFooter footer = {.chunks = chunks_,
                                   .bytes = offset_,
                                   .orders = orders,
                                   .state_hash = state_hash,
                                   .file_crc = file_crc_,
                                   .reserved_zero = 0};
  append(kCheckpointFooterSection, {reinterpret_cast<const char*>(&footer), sizeof footer});
  end_chunk();
  if (failure_) return tl::unexpected(*failure_);
  return file_.sync();
}

// --- reading
// ------------------------------------------------------------------------------------------------

Result<CheckpointReader> CheckpointReader::open(Storage& storage, std::string_view name,
                                                std::uint64_t last_sequence,
                                                const std::optional<CheckpointContent>& content) {
  auto file = storage.open(name, Storage::Mode::read);
  if (!file) return tl::unexpected(file.error());
  CheckpointReader reader(std::move(*file), storage.path(name));
  auto header = read_header(*reader.file_, reader.path_, last_sequence);
  if (!header) return tl::unexpected(header.error());
  reader.header_ = *header;
  if (content && (header->content != content->version || header->row_bytes != content->row_bytes ||
                  header->life_bytes != content->life_bytes)) {
    return reader.damaged(0, sizeof *header,
                          "another version of doorbuster wrote this checkpoint, and this one cannot read it");
  }
  reader.buffer_ = std::make_unique_for_overwrite<std::byte[]>(kBufferBytes);
  reader.offset_ = sizeof *header;
  reader.previous_crc_ = header->header_crc;
  reader.file_crc_ = crc32c(&*header, sizeof *header);
  return reader;
}

CheckpointMark CheckpointReader::mark() const {
  return {.place = {.identity = header_.identity,
                    .next_sequence = header_.last_sequence + 1,
                    .epoch = header_.epoch,
                    .last_crc = header_.last_crc,
                    .followed = (header_.flags & kCheckpointFollowed) != 0},
          .tick = {header_.tick}};
}

Result<std::optional<CheckpointReader::Chunk>> CheckpointReader::next() {
  CheckpointChunk chunk{};
  auto read = file_->read_at(offset_, std::as_writable_bytes(std::span(&chunk, 1)));
  if (!read) return tl::unexpected(read.error());
  chunk_begin_ = offset_;
  if (*read < sizeof chunk) return damaged(offset_, offset_ + *read, "the file ends before its footer");
  if (chunk.length == 0 || chunk.length > kCheckpointChunkBytesMax) {
    return damaged(offset_, offset_ + sizeof chunk, "the chunk's length is impossible");
  }
  const std::size_t padded = padded_to_8(chunk.length);
  std::byte* const payload = buffer_.get() + sizeof chunk;
  std::memcpy(buffer_.get(), &chunk, sizeof chunk);
  read = file_->read_at(offset_ + sizeof chunk, {payload, padded});
  if (!read) return tl::unexpected(read.error());
  const std::uint64_t end = offset_ + sizeof chunk + *read;
  if (*read < padded) return damaged(offset_, end, "the file ends in the middle of a chunk");
  if (chunk_crc(buffer_.get(), chunk.length) != chunk.crc) {
    return damaged(offset_, end, "the chunk's checksum is wrong");
  }
  const bool padding_is_zero =
      std::all_of(payload + chunk.length, payload + padded, [](std::byte b) { return b == std::byte{0}; });
  if (chunk.reserved_zero != 0 || !padding_is_zero) {
    return damaged(offset_, end, "reserved bytes of the chunk are not 0");
  }
  if (chunk.previous_crc != previous_crc_) {
    return damaged(offset_, end, "the chunk does not continue the one before");
  }
  const std::span<const std::byte> bytes(payload, chunk.length);
  if (chunk.section == kCheckpointFooterSection) return read_footer(bytes);
  file_crc_ = crc32c(buffer_.get(), sizeof chunk + padded, file_crc_);
  previous_crc_ = chunk.crc;
  offset_ = end;
  ++chunks_;
  return std::optional(Chunk{.section = chunk.section, .payload = bytes});
}

Result<std::optional<CheckpointReader::Chunk>> CheckpointReader::read_footer(
    std::span<const std::byte> payload) {
  const std::uint64_t end = offset_ + sizeof(CheckpointChunk) + payload.size();
  if (payload.size() != sizeof footer_) return damaged(offset_, end, "the footer has an impossible length");
  std::memcpy(&footer_, payload.data(), sizeof footer_);
  auto size = file_->size();
  if (!size) return tl::unexpected(size.error());
  if (*size != end) return damaged(end, *size, "there is something behind the footer");
  if (footer_.chunks != chunks_ || footer_.bytes != offset_ || footer_.reserved_zero != 0) {
    return damaged(offset_, end, "the footer counts other chunks than there are");
  }
  if (footer_.file_crc != file_crc_) return damaged(0, offset_, "the checksum of the whole file is wrong");
  return std::optional<Chunk>();
}

tl::unexpected<Error> CheckpointReader::refuse(std::string_view why) const {
  return damaged(chunk_begin_, offset_, why);
}

tl::unexpected<Error> CheckpointReader::damaged(std::uint64_t from, std::uint64_t to,
                                                std::string_view why) const {
  return damaged_file(path_, from, to, why);
}

Result<CheckpointSummary> summarize_checkpoint(Storage& storage, std::uint64_t last_sequence) {
  const std::string name = checkpoint_name(last_sequence);
  auto file = storage.open(name, Storage::Mode::read);
  if (!file) return tl::unexpected(file.error());
  auto size = (*file)->size();
  if (!size) return tl::unexpected(size.error());
  auto header = read_header(**file, storage.path(name), last_sequence);
  if (!header) return tl::unexpected(header.error());

  constexpr std::size_t kFooterBytes = sizeof(CheckpointChunk) + sizeof(CheckpointFooter);
  std::array<std::byte, kFooterBytes> bytes{};
  const std::uint64_t at = *size < sizeof *header + kFooterBytes ? 0 : *size - kFooterBytes;
  auto read = (*file)->read_at(at, bytes);
  if (!read) return tl::unexpected(read.error());
  CheckpointChunk chunk{};
  std::memcpy(&chunk, bytes.data(), sizeof chunk);
  const bool whole = *read == kFooterBytes && chunk.section == kCheckpointFooterSection &&
                     chunk.length == sizeof(CheckpointFooter) &&
                     chunk.crc == chunk_crc(bytes.data(), sizeof(CheckpointFooter));
  if (!whole) return damaged_file(storage.path(name), at, *size, "the file does not end with a footer");
  CheckpointSummary summary{.header = *header, .footer = {}, .file_bytes = *size};
  std::memcpy(&summary.footer, bytes.data() + sizeof chunk, sizeof summary.footer);
  return summary;
}

}  // namespace doorbuster
