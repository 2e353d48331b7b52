// A disk without room for the next segment: what is written is safe, and it goes on when there is room.

#include <atomic>
#include <chrono>
#include <thread>

#include "support/journal_fixture.h"

namespace doorbuster {
namespace {

// Takes no byte of a spare segment while it is full.
class FullFile final : public StorageFile {
 public:
  FullFile(std::unique_ptr<StorageFile> file, const std::atomic<bool>& full)
      : file_(std::move(file)), full_(full) {}
  Status write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    if (full_.load()) {
      return tl::unexpected(Error{.kind = ErrorKind::runtime, .message = "no room", .no_room = true});
    }
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
  const std::atomic<bool>& full_;
};

class FullableStorage final : public Storage {
 public:
  Result<std::unique_ptr<StorageFile>> open(std::string_view name, Mode mode) override {
    auto file = disk.open(name, mode);
    if (!file || !full.load() || name != "spare") return file;
    tries.fetch_add(1);
    return std::make_unique<FullFile>(std::move(*file), full);
  }
  Result<std::vector<std::string>> list() override { return disk.list(); }
  Status rename(std::string_view from, std::string_view to) override { return disk.rename(from, to); }
  Status remove(std::string_view name) override { return disk.remove(name); }
  Status sync_folder() override { return disk.sync_folder(); }
  Status lock() override { return disk.lock(); }
  std::string path(std::string_view name) const override { return disk.path(name); }

  MemoryStorage disk;
  std::atomic<bool> full = false;
  std::atomic<int> tries = 0;
};

constexpr JournalOptions kQuickRetries{.segment_bytes = kSegmentBytesMin,
                                       .prepare_in_background = true,
                                       .room_retry = std::chrono::milliseconds(1)};

// False: it did not come to be in time. Any thread.
template <typename Condition>
bool comes(const Condition& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

void commit_one(JournalWriter& writer, std::size_t bytes, Seen& written) {
  append(writer, std::string(bytes, 'x'), &written);
  must_commit(writer);
}

}  // namespace

TEST_CASE(
    "without room for the next segment a writer says so, goes on in this one, and on when there is room") {
  FullableStorage storage;
  Seen written;
  {
    auto life = must_start(storage, kQuickRetries);
    CHECK_FALSE(life.writer->short_of_room());
    storage.full = true;
    for (int i = 0; i < 10; ++i) commit_one(*life.writer, 900, written);  // above a sixteenth of the segment
    REQUIRE(comes([&] { return life.writer->short_of_room(); }));
    REQUIRE(comes([&] { return storage.tries.load() >= 3; }));  // it is tried again
    for (int i = 0; i < 10; ++i) commit_one(*life.writer, 900, written);
    CHECK(life.writer->counters().segments == 1);
    storage.full = false;
    REQUIRE(comes([&] { return !life.writer->short_of_room(); }));
    for (int i = 0; i < 200; ++i) commit_one(*life.writer, 900, written);
    CHECK(life.writer->counters().segments >= 3);
    must_close(*life.writer);
  }
  storage.disk.kill();
  CHECK(must_start(storage, kTinySegments).seen == written);
}

TEST_CASE("on a full disk the bytes that did not make a segment are given back") {
  FullableStorage storage;
  Seen written;
  auto life = must_start(storage, kQuickRetries);
  storage.full = true;
  for (int i = 0; i < 10; ++i) commit_one(*life.writer, 900, written);
  REQUIRE(comes([&] { return life.writer->short_of_room(); }));
  CHECK(comes([&] { return !storage.disk.files().contains("spare"); }));
}

TEST_CASE("a rotation that comes before there is room waits for it, and loses nothing") {
  FullableStorage storage;
  Seen written;
  {
    auto life = must_start(storage, kQuickRetries);
    storage.full = true;
    for (int i = 0; i < 10; ++i) commit_one(*life.writer, 900, written);
    REQUIRE(comes([&] { return life.writer->short_of_room(); }));
    const int tries = storage.tries.load();
    std::jthread operator_makes_room([&] {
      if (comes([&] { return storage.tries.load() >= tries + 5; })) storage.full = false;
    });
    for (int i = 0; i < 100; ++i) commit_one(*life.writer, 900, written);
    operator_makes_room.join();
    CHECK(life.writer->counters().segments >= 2);
    must_close(*life.writer);
  }
  storage.disk.kill();
  CHECK(must_start(storage, kTinySegments).seen == written);
}

TEST_CASE("a start on a full disk fails at once") {
  FullableStorage storage;
  storage.full = true;
  const auto from = std::chrono::steady_clock::now();
  const Start refused = start(storage, kQuickRetries);
  CHECK(refused.writer == nullptr);
  CHECK(refused.error.message == "no room");
  CHECK(std::chrono::steady_clock::now() - from < std::chrono::seconds(5));
}

}  // namespace doorbuster
