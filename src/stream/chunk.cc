#include "stream/chunk.h"

#include <utility>

namespace doorbuster {
namespace {

constexpr std::size_t kTailBytesMax = 64;  // "id: ", a position, two line ends, and five bytes around them

}  // namespace

Chunk::Chunk(const ChunkScope& scope, std::string event) : scope_(scope), text_(std::move(event)) {
  text_.reserve(text_.size() + kTailBytesMax);
}

// The tail is not known yet, so it becomes a block of its own: stored, and quickly made.
void Chunk::pack(Deflater& deflater) {
  packed_.reserve(text_.size() / 4 + kTailBytesMax);
  deflater.append(text_, packed_);
  crc_ = crc_of(text_);
}

void Chunk::end() {
  end("\n");
}

void Chunk::end(const StreamPosition& position) {
  sequence_ = position.sequence;
  end("id: " + format_stream_position(position) + "\n\n");
}

void Chunk::end(std::string_view tail) {
  if (!packed_.empty()) {
    append_stored(tail, packed_);
    crc_ = crc_of(tail, crc_);
    crc_operation_ = crc_operation(text_.size() + tail.size());
  }
  text_ += tail;
}

std::string_view Chunk::packed(Deflater& deflater) {
  if (packed_.empty()) {
    constexpr std::size_t kStoredBytesMax = 64;
    if (text_.size() <= kStoredBytesMax) {
      append_stored(text_, packed_);
    } else {
      deflater.append(text_, packed_);
    }
    crc_ = crc_of(text_);
    crc_operation_ = crc_operation(text_.size());
  }
  return packed_;
}

}  // namespace doorbuster
