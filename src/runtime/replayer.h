#pragma once
// Applies the records of a journal while the next ones are read: on a thread of its own, as soon as there are
// more than fit in a block. Who reads checks, copies and hashes; who applies knows what comes next, and has
// the memory bring it.
//
// All calls are made by the reader's thread. What apply() says is told by a later take(), or by finish(), and
// is about an earlier record than whatever the reader has found meanwhile.

#include <array>
#include <atomic>
#include <cstddef>
#include <exception>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "doorbuster/base/result.h"
#include "doorbuster/runtime/recovery.h"

namespace doorbuster {

class Replayer {
 public:
  enum class Threads { one, two };
  // With one, apply() is called on the reader's. Nobody else uses the state until finish() or the destructor.
  Replayer(StateBuilder& state, Threads threads);
  ~Replayer();
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;

  Status take(const JournalRecord& record);  // a RecordVisitor
  // Everything that was taken has been applied, or this says why not. Nothing is taken after it.
  Status finish();

 private:
  static constexpr std::size_t kBlockBytes = 128U << 10;  // of payloads
  static constexpr std::size_t kBlockRecords = 1024;
  static constexpr std::size_t kBlocks = 4;
  static constexpr std::size_t kRecordsAhead = 12;  // whose places are asked for before their turn

  struct Item {
    JournalRecord record;
    RecordKeys keys;
  };
  struct Block {
    bool fits(const JournalRecord& record) const;

    std::string segment;  // of all its records
    std::vector<std::byte> bytes;
    std::vector<Item> items;
  };

  void hand_over();
  void run();
  void apply(const Block& block);
  void join();

  StateBuilder& state_;
  const bool may_start_;
  std::array<Block, kBlocks> blocks_;
  std::size_t filling_ = 0;
  std::counting_semaphore<kBlocks> free_{kBlocks - 1}, filled_{0};
  std::thread thread_;
  bool started_ = false;
  std::atomic<bool> failed_ = false;  // nothing is applied any more: there is nothing to read on for
  // By whoever applies; read by the reader when the thread has ended.
  Status status_;
  std::exception_ptr thrown_;
};

}  // namespace doorbuster
