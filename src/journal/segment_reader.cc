#include "journal/segment_reader.h"

#include "doorbuster/base/check.h"

namespace doorbuster {

void SegmentReader::read_from(StorageFile& file) {
  file_ = &file;
  begin_ = 0;
  filled_ = 0;
  at_end_ = false;
}

Result<std::span<const std::byte>> SegmentReader::peek(std::uint64_t offset, std::size_t count) {
  DOORBUSTER_CHECK(file_ != nullptr && count <= kPeekBytesMax);
  const bool begins_inside = offset >= begin_ && offset <= begin_ + filled_;
  const bool covered = begins_inside && (at_end_ || offset + count <= begin_ + filled_) && filled_ > 0;
  if (!covered) return peek_again(offset, count);
  const auto skip = static_cast<std::size_t>(offset - begin_);
  return std::span<const std::byte>(buffer_.get() + skip, filled_ - skip);
}

Result<std::span<const std::byte>> SegmentReader::peek_again(std::uint64_t offset, std::size_t count) {
  DOORBUSTER_CHECK(file_ != nullptr && count <= kPeekBytesMax);
  auto read = file_->read_at(offset, {buffer_.get(), kBufferBytes});
  if (!read) return tl::unexpected(read.error());
  begin_ = offset;
  filled_ = *read;
  at_end_ = filled_ < kBufferBytes;
  return std::span<const std::byte>(buffer_.get(), filled_);
}

}  // namespace doorbuster
