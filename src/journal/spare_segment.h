#pragma once
// The next segment, filled with zeros ahead of time: a sync of a record then changes bytes that the file has
// already, and no metadata. Filled by writing: blocks that were only reserved cost a metadata change at their
// first sync.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "doorbuster/base/result.h"
#include "doorbuster/platform/storage.h"

namespace doorbuster {

// While the disk has no room for it, the helper tries again: nothing of the journal is in it yet, so that its
// failure says nothing about the journal.

// All calls from one thread, the writer's, but for short_of_room().
class SpareSegment {
 public:
  using Milliseconds = std::chrono::milliseconds;
  // How long between two tries on a full disk.
  SpareSegment(Storage& storage, std::size_t bytes, Milliseconds retry)
      : storage_(storage), bytes_(bytes), retry_(retry) {}
  ~SpareSegment();

  // Starts the helper thread; without it take() fills. Removes what an earlier life left.
  Status start(bool in_background);
  // Has the next one filled by the helper, which leaves the disk to the writer for most of the time. Nothing
  // without a helper, or when it was asked for already.
  void prepare();
  // The next one will be needed soon: from here on the helper does not rest.
  void hurry();
  // The filled and synced file `spare`; the caller renames it before the next prepare(). Sets `waited` when
  // it was not ready. On a full disk it waits for room, but not longer than `patience`.
  Result<std::unique_ptr<StorageFile>> take(bool& waited, Milliseconds patience);
  // Any thread: the disk has no room for the next segment.
  bool short_of_room() const { return short_of_room_.load(); }
  // Stops the helper and removes the file: at a clean stop nobody needs it.
  Status discard();

 private:
  enum class State { none, wanted, ready };
  enum class Pace { patient, hurried, stopped };

  void run();
  void stop();
  Result<std::unique_ptr<StorageFile>> fill();
  Result<std::unique_ptr<StorageFile>> fill_or_clean_up();
  // After a chunk that took so long.
  Pace rest(std::chrono::nanoseconds after);
  Status remove_left_over();

  // --- constant after start() ---
  Storage& storage_;
  const std::size_t bytes_;
  const Milliseconds retry_;
  std::thread helper_;

  std::atomic<bool> short_of_room_ = false;

  // --- under mutex_ ---
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::none;
  bool hurried_ = false;  // until it is taken
  bool stopping_ = false;
  std::optional<Result<std::unique_ptr<StorageFile>>> filled_;  // while ready
  std::optional<Error> no_room_;                                // while short of room: the last try's
};

}  // namespace doorbuster
