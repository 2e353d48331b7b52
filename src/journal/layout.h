#pragma once
// The rules of journal/format.h as functions: what a name, a header and a record must be to be believed.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "doorbuster/base/limits.h"
#include "doorbuster/journal/format.h"
#include "doorbuster/journal/journal.h"

namespace doorbuster {

inline constexpr std::string_view kWatermarkName = "watermark";
inline constexpr std::string_view kSpareName = "spare";
inline constexpr std::size_t kBatchEndRecordBytes = padded_to_8(sizeof(RecordHeader) + sizeof(BatchEnd));

// --- names -------------------------------------------------------------------------------------------------
// "<prefix><16 hex digits of a sequence><suffix>", and back.
std::string name_with_sequence(std::string_view prefix, std::uint64_t sequence, std::string_view suffix);
std::optional<std::uint64_t> parse_name_with_sequence(std::string_view prefix, std::string_view name,
                                                      std::string_view suffix);
// Where a cut tail is kept.
std::string torn_name(std::string_view segment);
// Looks like ours and is neither a segment nor a kept tail: a copy or a rename that somebody left behind.
bool is_stray_name(std::string_view name);

// --- segment headers ---------------------------------------------------------------------------------------
SegmentHeader make_segment_header(const FolderIdentity& identity, std::uint64_t first_sequence,
                                  std::uint64_t epoch, std::uint32_t previous_crc);
// Why this is not a header of a format that we read; empty when it is one.
std::string segment_header_fault(const SegmentHeader& header);

// --- records -----------------------------------------------------------------------------------------------
enum class RecordFault : std::uint8_t { none, cut_short, length, checksum, padding, flags };
std::string_view describe(RecordFault fault);

// Whether `bytes` begin with a whole record, by its own checksum. `header` is set when its bytes are there.
RecordFault check_record(std::span<const std::byte> bytes, RecordHeader& header);

// Fills in the checksum of a record whose other bytes stand at `record`; returns it.
std::uint32_t seal_record(std::byte* record, std::size_t length);

// --- the watermark -----------------------------------------------------------------------------------------
Watermark make_watermark(const FolderIdentity& identity, std::uint64_t durable_sequence);
bool is_valid_watermark(const Watermark& watermark, const FolderIdentity& identity);

}  // namespace doorbuster
