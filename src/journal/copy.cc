#include "doorbuster/journal/copy.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "journal/layout.h"

namespace doorbuster {
namespace {

// The first `bytes` of a file, or all of it when it has fewer.
Status copy_front(Storage& source, Storage& target, std::string_view name, std::uint64_t bytes) {
  constexpr std::uint64_t kChunkBytes = 1U << 20;
  auto from = source.open(name, Storage::Mode::read);
  if (!from) return tl::unexpected(from.error());
  auto to = target.open(name, Storage::Mode::create);
  if (!to) return tl::unexpected(to.error());
  std::vector<std::byte> chunk(kChunkBytes);
  for (std::uint64_t done = 0; done < bytes;) {
    const auto part = std::span(chunk).first(std::min(bytes - done, kChunkBytes));
    auto read = (*from)->read_at(done, part);
    if (!read) return tl::unexpected(read.error());
    if (*read == 0) break;
    if (Status written = (*to)->write_at(done, part.first(*read)); !written) return written;
    done += *read;
  }
  return (*to)->sync();
}

Status write_watermark(Storage& target, const FolderIdentity& identity, std::uint64_t durable_sequence) {
  auto file = target.open(kWatermarkName, Storage::Mode::create);
  if (!file) return tl::unexpected(file.error());
  const Watermark watermark = make_watermark(identity, durable_sequence);
  Status status = (*file)->write_at(0, std::as_bytes(std::span(&watermark, 1)));
  if (status) status = (*file)->sync();
  return status;
}

}  // namespace

Result<std::uint64_t> read_watermark(Storage& storage) {
  auto names = storage.list();
  if (!names) return tl::unexpected(names.error());
  if (!std::binary_search(names->begin(), names->end(), kWatermarkName)) return 0;
  // Before the identity: a folder that has a watermark has a segment.
  auto file = storage.open(kWatermarkName, Storage::Mode::read);
  if (!file) return tl::unexpected(file.error());
  Watermark watermark{};
  auto read = (*file)->read_at(0, std::as_writable_bytes(std::span(&watermark, 1)));
  if (!read) return tl::unexpected(read.error());
  auto identity = read_identity(storage);
  if (!identity) return tl::unexpected(identity.error());
  const bool valid = *read == sizeof watermark && *identity && is_valid_watermark(watermark, **identity);
  return valid ? watermark.durable_sequence : 0;
}

Result<std::uint64_t> copy_segments(Storage& source, Storage& target,
                                    const std::optional<JournalPlace>& after, std::uint64_t through) {
  std::map<std::string, std::uint64_t> ends;  // of what is copied of each segment
  std::uint64_t last = after ? after->next_sequence - 1 : 0;
  const auto note = [&](const JournalRecord& record) -> Status {
    if (record.sequence > through) return {};
    last = record.sequence;
    ends[std::string(record.segment)] =
        record.offset + padded_to_8(sizeof(RecordHeader) + record.payload.size());
    return {};
  };
  auto read = read_journal(source, note, after);
  if (!read) return tl::unexpected(read.error());
  // The segment behind the last record is there, also when nothing of it is: who knows that it was made
  // must find it.
  auto names = source.list();
  if (!names) return tl::unexpected(names.error());
  const std::string next = segment_name(last + 1);
  if (std::binary_search(names->begin(), names->end(), next)) ends.emplace(next, sizeof(SegmentHeader));

  for (const auto& [name, end] : ends) {
    if (Status copied = copy_front(source, target, name, end); !copied) return tl::unexpected(copied.error());
  }
  if (Status written = write_watermark(target, read->identity, last); !written) {
    return tl::unexpected(written.error());
  }
  return last;
}

Status copy_file(Storage& source, Storage& target, std::string_view name) {
  auto file = source.open(name, Storage::Mode::read);
  if (!file) return tl::unexpected(file.error());
  auto size = (*file)->size();
  if (!size) return tl::unexpected(size.error());
  return copy_front(source, target, name, *size);
}

}  // namespace doorbuster
