#include "runtime/replayer.h"

#include <algorithm>
#include <span>
#include <system_error>

#include "doorbuster/platform/thread.h"

namespace doorbuster {

Replayer::Replayer(StateBuilder& state, Threads threads)
    : state_(state), may_start_(threads == Threads::two && available_processors().size() > 1) {}

Replayer::~Replayer() {
  join();
}

Status Replayer::take(const JournalRecord& record) {
  // The first record of a folder: without its keys nothing can be hashed.
  if (!state_.has_keys()) return state_.apply(record);
  if (!blocks_[filling_].fits(record)) hand_over();
  if (failed_.load()) return finish();
  Block& block = blocks_[filling_];
  if (block.items.empty()) {
    block.segment = record.segment;
    // Payloads do not move once they are referred to.
    block.bytes.reserve(std::max(kBlockBytes, record.payload.size()));
  }
  const std::size_t at = block.bytes.size();
  block.bytes.insert(block.bytes.end(), record.payload.begin(), record.payload.end());
  Item& item = block.items.emplace_back(Item{.record = record, .keys = {}});
  item.record.payload = std::span(block.bytes).subspan(at);
  item.record.segment = block.segment;
  item.keys = state_.keys_of(item.record);
  return {};
}

bool Replayer::Block::fits(const JournalRecord& record) const {
  return items.empty() || (bytes.size() + record.payload.size() <= bytes.capacity() &&
                           items.size() < kBlockRecords && segment == record.segment);
}

// Goes on with a block that is empty.
void Replayer::hand_over() {
  if (!started_ && may_start_) {
    try {
      thread_ = std::thread([this] { run(); });
      started_ = true;
    } catch (const std::system_error&) {  // without help it only takes longer
    }
  }
  if (started_) {
    filled_.release();
    free_.acquire();
    filling_ = (filling_ + 1) % kBlocks;
  } else {
    apply(blocks_[filling_]);
  }
  blocks_[filling_].bytes.clear();
  blocks_[filling_].items.clear();
}

Status Replayer::finish() {
  if (thread_.joinable()) {
    join();
  } else if (!started_) {
    apply(blocks_[filling_]);
    blocks_[filling_].items.clear();
  }
  if (thrown_ != nullptr) std::rethrow_exception(thrown_);
  return status_;
}

// An empty block is the end.
void Replayer::join() {
  if (!thread_.joinable()) return;
  if (!blocks_[filling_].items.empty()) hand_over();
  filled_.release();
  thread_.join();
}

void Replayer::run() {
  name_this_thread("replay");
  for (std::size_t next = 0;; next = (next + 1) % kBlocks) {
    filled_.acquire();
    if (blocks_[next].items.empty()) return;
    try {
      apply(blocks_[next]);
    } catch (...) {  // not enough memory, which is for the reader to say
      thrown_ = std::current_exception();
      failed_.store(true);
    }
    free_.release();
  }
}

void Replayer::apply(const Block& block) {
  if (failed_.load()) return;
  const std::vector<Item>& items = block.items;
  for (std::size_t i = 0; i < items.size() + kRecordsAhead; ++i) {
    if (i < items.size()) state_.prefetch(items[i].keys);
    if (i < kRecordsAhead) continue;
    const Item& next = items[i - kRecordsAhead];
    if (status_ = state_.apply(next.record, next.keys); status_) continue;
    failed_.store(true);
    return;
  }
}

}  // namespace doorbuster
