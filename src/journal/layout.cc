#include "journal/layout.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "doorbuster/base/checksum.h"

namespace doorbuster {
namespace {

static_assert(std::endian::native == std::endian::little, "structures go to the disk as they are in memory");

constexpr std::string_view kSegmentPrefix = "journal-";
constexpr std::string_view kSegmentSuffix = ".seg";
constexpr std::string_view kTornSuffix = ".torn";
constexpr std::size_t kHexDigits = 16;

std::uint32_t header_crc(SegmentHeader header) {
  header.header_crc = 0;
  return crc32c(&header, sizeof header);
}

std::uint32_t watermark_crc(const FolderIdentity& identity, std::uint64_t durable_sequence) {
  return crc32c(identity.data(), identity.size(), crc32c(&durable_sequence, sizeof durable_sequence));
}

}  // namespace

std::string name_with_sequence(std::string_view prefix, std::uint64_t sequence, std::string_view suffix) {
  std::array<char, kHexDigits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(sequence));
  return std::string(prefix) + digits.data() + std::string(suffix);
}

std::optional<std::uint64_t> parse_name_with_sequence(std::string_view prefix, std::string_view name,
                                                      std::string_view suffix) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
  if (name.size() != prefix.size() + kHexDigits + suffix.size()) return std::nullopt;
  std::uint64_t sequence = 0;
  for (const char digit : name.substr(prefix.size(), kHexDigits)) {
    const bool decimal = digit >= '0' && digit <= '9';
    if (!decimal && (digit < 'a' || digit > 'f')) return std::nullopt;
    sequence = sequence << 4 | static_cast<std::uint64_t>(decimal ? digit - '0' : digit - 'a' + 10);
  }
  return sequence;
}

std::string segment_name(std::uint64_t first_sequence) {
  return name_with_sequence(kSegmentPrefix, first_sequence, kSegmentSuffix);
}

std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
  return parse_name_with_sequence(kSegmentPrefix, name, kSegmentSuffix);
}

std::string torn_name(std::string_view segment) {
  return std::string(segment) + std::string(kTornSuffix);
}

bool is_stray_name(std::string_view name) {
  if (!name.starts_with(kSegmentPrefix)) return false;
  if (name.ends_with(kTornSuffix)) name.remove_suffix(kTornSuffix.size());
  return !parse_segment_name(name).has_value();
}

SegmentHeader make_segment_header(const FolderIdentity& identity, std::uint64_t first_sequence,
                                  std::uint64_t epoch, std::uint32_t previous_crc) {
  SegmentHeader header{};
  header.magic = kSegmentMagic;
  header.format_major = kFormatMajor;
  header.format_minor = kFormatMinor;
  header.identity = identity;
  header.first_sequence = first_sequence;
  header.epoch = epoch;
  header.previous_crc = previous_crc;
  header.header_crc = header_crc(header);
  return header;
}

std::string segment_header_fault(const SegmentHeader& header) {
  if (header.magic != kSegmentMagic) {
    return "this is no journal segment: its first bytes are not \"dbjourn\\n\"";
  }
  const std::string version = std::to_string(header.format_major) + "." + std::to_string(header.format_minor);
  if (header.format_major > kFormatMajor) {
    return "the segment says that it has format " + version + ", and this program reads format " +
           std::to_string(kFormatMajor) + ": a newer doorbuster wrote it, or its header is damaged";
  }
  if (header.header_crc != header_crc(header)) return "the checksum of the segment's header is wrong";
  if (header.format_major < kFormatMajor) return "there is no format " + version;
  const bool reserved_used = header.reserved_zero0 != 0 || header.reserved_zero1 != 0;
  if (header.format_minor <= kFormatMinor && reserved_used) {
    return "reserved bytes of the segment's header are not 0";
  }
  return {};
}

std::string_view describe(RecordFault fault) {
  switch (fault) {
    case RecordFault::none:
      return "nothing is wrong with the record";
    case RecordFault::cut_short:
      return "the file ends in the middle of a record";
    case RecordFault::length:
      return "the record's length is impossible";
    case RecordFault::checksum:
      return "the record's checksum is wrong";
    case RecordFault::padding:
      return "the bytes behind the record are not 0";
    case RecordFault::flags:
      return "the record has flags of a newer format";
  }
  return "unknown";
}

RecordFault check_record(std::span<const std::byte> bytes, RecordHeader& header) {
  if (bytes.size() < sizeof(RecordHeader)) return RecordFault::cut_short;
  std::memcpy(&header, bytes.data(), sizeof header);
  const std::size_t length = header.length;
  if (length < sizeof(RecordHeader) || length > kJournalRecordBytesMax) return RecordFault::length;
  const std::size_t padded = padded_to_8(length);
  if (bytes.size() < padded) return RecordFault::cut_short;
  constexpr std::size_t kChecked = sizeof header.crc;
  if (crc32c(bytes.data() + kChecked, length - kChecked) != header.crc) return RecordFault::checksum;
  const auto padding = bytes.subspan(length, padded - length);
  if (!std::all_of(padding.begin(), padding.end(), [](std::byte b) { return b == std::byte{0}; })) {
    return RecordFault::padding;
  }
  return header.flags == 0 ? RecordFault::none : RecordFault::flags;
}

std::uint32_t seal_record(std::byte* record, std::size_t length) {
  constexpr std::size_t kChecked = sizeof(RecordHeader::crc);
  const std::uint32_t crc = crc32c(record + kChecked, length - kChecked);
  std::memcpy(record, &crc, sizeof crc);
  return crc;
}

Watermark make_watermark(const FolderIdentity& identity, std::uint64_t durable_sequence) {
  return {durable_sequence, watermark_crc(identity, durable_sequence), 0};
}

bool is_valid_watermark(const Watermark& watermark, const FolderIdentity& identity) {
  return watermark.reserved_zero == 0 && watermark.crc == watermark_crc(identity, watermark.durable_sequence);
}

}  // namespace doorbuster
