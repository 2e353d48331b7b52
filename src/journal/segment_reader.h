#pragma once
// Reads a segment front to back through one large buffer: a system call for each MiB, not for each record.

#include <cstdint>
#include <memory>
#include <span>

#include "doorbuster/base/result.h"
#include "doorbuster/platform/storage.h"

namespace doorbuster {

class SegmentReader {
 public:
  void read_from(StorageFile& file);

  // The bytes at `offset`: `count` of them, or more, or fewer at the end of the file. Valid until the next
  // call.
  // REQUIRES: count <= kPeekBytesMax.
  Result<std::span<const std::byte>> peek(std::uint64_t offset, std::size_t count);
  // The same, read anew: a running writer may have written since.
  Result<std::span<const std::byte>> peek_again(std::uint64_t offset, std::size_t count);

  static constexpr std::size_t kPeekBytesMax = 64U << 10;

 private:
  static constexpr std::size_t kBufferBytes = 1U << 20;

  StorageFile* file_ = nullptr;
  const std::unique_ptr<std::byte[]> buffer_ = std::make_unique_for_overwrite<std::byte[]>(kBufferBytes);
  std::uint64_t begin_ = 0;  // of the buffered bytes in the file
  std::size_t filled_ = 0;
  bool at_end_ = false;  // the file had no more than this
};

}  // namespace doorbuster
