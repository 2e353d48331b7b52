#include "stream/chunk_log.h"

#include <utility>

namespace doorbuster {

void ChunkLog::append(ChunkPointer chunk) {
  ++last_;
  chunk->end({.epoch = epoch_, .sequence = last_});
  chunk->log_offset = end_;
  end_ += chunk->text().size();
  chunks_.push_back(std::move(chunk));
  while (chunks_.size() > chunks_max_ || end_ - chunks_.front()->log_offset > bytes_max_) {
    chunks_.pop_front();
    if (chunks_.empty()) return;
  }
}

// A number is left out, so that nobody goes on from the last one as if nothing had been missed.
void ChunkLog::forget() {
  chunks_.clear();
  ++last_;
}

}  // namespace doorbuster
