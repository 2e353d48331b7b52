// How the next segment is filled: little by little while there is time, at once when it is wanted.

#include "journal/spare_segment.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "doorbuster/platform/memory_storage.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::size_t kKiB = 1024, kMiB = 1024 * kKiB;
constexpr std::size_t kSegment = 8 * kMiB;
constexpr std::chrono::milliseconds kRetry{1}, kPatient{20'000};

// What was written to the spare between two syncs, and a gate before one of its writes.
class WatchedStorage final : public Storage {
 public:
  Result<std::unique_ptr<StorageFile>> open(std::string_view name, Mode mode) override {
    auto file = disk_.open(name, mode);
    if (!file) return file;
    return std::make_unique<File>(std::move(*file), *this);
  }
  Result<std::vector<std::string>> list() override { return disk_.list(); }
  Status rename(std::string_view from, std::string_view to) override { return disk_.rename(from, to); }
  Status remove(std::string_view name) override { return disk_.remove(name); }
  Status sync_folder() override { return disk_.sync_folder(); }
  Status lock() override { return disk_.lock(); }
  std::string path(std::string_view name) const override { return disk_.path(name); }

  void stop_before_write(std::size_t number) { gate_ = number; }
  void wait_until_stopped() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return writes_.size() == gate_; });
  }
  void go_on() {
    const std::lock_guard guard(mutex_);
    gate_ = kNoGate;
    changed_.notify_all();
  }
  std::vector<std::size_t> writes() {
    const std::lock_guard guard(mutex_);
    return writes_;
  }

 private:
  static constexpr std::size_t kNoGate = SIZE_MAX;

  class File final : public StorageFile {
   public:
    File(std::unique_ptr<StorageFile> file, WatchedStorage& storage)
        : file_(std::move(file)), storage_(storage) {}
    Status write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
      storage_.seen(bytes.size());
      return file_->write_at(offset, bytes);
    }
    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
      return file_->read_at(offset, out);
    }
    Status sync() override { return file_->sync(); }
    Status sync_and_drop_cache() override { return file_->sync_and_drop_cache(); }
    Result<std::uint64_t> size() override { return file_->size(); }
    Status truncate(std::uint64_t size) override { return file_->truncate(size); }

   private:
    const std::unique_ptr<StorageFile> file_;
    WatchedStorage& storage_;
  };

  void seen(std::size_t bytes) {
    std::unique_lock lock(mutex_);
    changed_.notify_all();
    changed_.wait(lock, [this] { return writes_.size() != gate_; });
    writes_.push_back(bytes);
  }

  MemoryStorage disk_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t gate_ = kNoGate;
  std::vector<std::size_t> writes_;
};

TEST_CASE("a segment that is not wanted yet is filled in small steps, each with its sync") {
  WatchedStorage storage;
  SpareSegment spare(storage, kSegment, kRetry);
  REQUIRE(spare.start(true));
  storage.stop_before_write(kSegment / (256 * kKiB) - 1);
  spare.prepare();
  storage.wait_until_stopped();
  const auto writes = storage.writes();
  CHECK(std::all_of(writes.begin(), writes.end(), [](std::size_t bytes) { return bytes == 256 * kKiB; }));
  storage.go_on();
  bool waited = false;
  auto file = spare.take(waited, kPatient);
  REQUIRE(file);
  CHECK((*file)->size().value() == kSegment);
}

TEST_CASE("a hurried segment is filled in large steps, and the one after it in small ones again") {
  WatchedStorage storage;
  SpareSegment spare(storage, kSegment, kRetry);
  REQUIRE(spare.start(true));
  storage.stop_before_write(4);
  spare.prepare();
  storage.wait_until_stopped();
  spare.hurry();
  storage.go_on();
  bool waited = false;
  REQUIRE(spare.take(waited, kPatient));
  // A MiB in small ones, and the chunk that was begun before.
  const auto first = storage.writes();
  CHECK(first[3] == 256 * kKiB);
  CHECK(first[5] == kMiB);

  storage.stop_before_write(first.size() + 4);
  REQUIRE(storage.rename("spare", "a segment"));
  spare.prepare();
  storage.wait_until_stopped();
  CHECK(storage.writes().back() == 256 * kKiB);
  storage.go_on();
  REQUIRE(spare.take(waited, kPatient));
}

TEST_CASE("a segment that somebody waits for is filled without rests, also without a helper") {
  const bool in_background = GENERATE(false, true);
  WatchedStorage storage;
  SpareSegment spare(storage, kSegment, kRetry);
  REQUIRE(spare.start(in_background));
  bool waited = false;
  auto file = spare.take(waited, kPatient);
  REQUIRE(file);
  CHECK(waited);
  CHECK((*file)->size().value() == kSegment);
  CHECK(storage.writes()[1] == kMiB);
}

}  // namespace
}  // namespace doorbuster
