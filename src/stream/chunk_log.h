#pragma once
// The last events, in their order: what a subscriber has still to be sent, and what one that comes back has
// missed. It is the only queue that there is; a subscriber is a place in it.

#include <cstdint>
#include <deque>

#include "stream/chunk.h"

namespace doorbuster {

class ChunkLog {
 public:
  ChunkLog(std::uint64_t epoch, std::size_t bytes_max, std::size_t chunks_max)
      : epoch_(epoch), bytes_max_(bytes_max), chunks_max_(chunks_max) {}

  // Ends the chunk with its place and takes it. The oldest leave at a bound.
  void append(ChunkPointer chunk);
  // What was is told no more: whoever has a place from before needs a snapshot.
  void forget();

  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t last() const { return last_; }                        // sequence; 0: none yet
  std::uint64_t first() const { return last_ + 1 - chunks_.size(); }  // last() + 1: none is here
  // REQUIRES: first() <= sequence <= last().
  const ChunkPointer& at(std::uint64_t sequence) const { return chunks_[sequence - first()]; }
  // Whether everything behind this position is here.
  bool goes_on_from(const StreamPosition& position) const {
    return position.epoch == epoch_ && position.sequence + 1 >= first() && position.sequence <= last_;
  }
  // Bytes of text from this place on. REQUIRES: first() <= sequence.
  std::uint64_t bytes_from(std::uint64_t sequence) const {
    return sequence > last_ ? 0 : end_ - at(sequence)->log_offset;
  }

 private:
  const std::uint64_t epoch_;
  const std::size_t bytes_max_, chunks_max_;
  std::deque<ChunkPointer> chunks_;
  std::uint64_t last_ = 0;
  std::uint64_t end_ = 0;  // of all text that was ever in it
};

}  // namespace doorbuster
