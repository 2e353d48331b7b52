#pragma once
// The next segment, filled with zeros ahead of time: a sync of a record then changes bytes that the file has
// already, and no metadata. Filled by writing: blocks that were only reserved cost a metadata change at their
// first sync.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "doorbuster/base/result.h"
#include "doorbuster/platform/storage.h"

namespace doorbuster {

// All calls from one thread, the writer's.
class SpareSegment {
 public:
  SpareSegment(Storage& storage, std::size_t bytes) : storage_(storage), bytes_(bytes) {}
  ~SpareSegment();

  // Starts the helper thread; without it take() fills. Removes what an earlier life left.
  Status start(bool in_background);
  // Has the next one filled by the helper. Nothing without a helper, or when it was asked for already.
  void prepare();
  // The filled and synced file `spare`; the caller renames it before the next prepare(). Sets `waited` when
  // it was not ready.
  Result<std::unique_ptr<StorageFile>> take(bool& waited);
  // Stops the helper and removes the file: at a clean stop nobody needs it.
  Status discard();

 private:
  enum class State { none, wanted, ready };

  void run();
  void stop();
  Result<std::unique_ptr<StorageFile>> fill();
  bool stopping();
  Status remove_left_over();

  // --- constant after start() ---
  Storage& storage_;
  const std::size_t bytes_;
  std::thread helper_;

  // --- under mutex_ ---
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::none;
  bool stopping_ = false;
  std::optional<Result<std::unique_ptr<StorageFile>>> filled_;  // while ready
};

}  // namespace doorbuster
