// Reading a journal that another thread is writing to.
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <utility>

#include "support/journal_fixture.h"

namespace doorbuster {
namespace {

// Reads again and again until the writer is through. Each reading shows everything that was durable when it
// began.
void read_beside(Storage& for_writer, Storage& for_reader) {
  constexpr int kBatches = 300;
  auto life = must_start(for_writer, {.segment_bytes = kSegmentBytesMin, .prepare_in_background = true});
  append(*life.writer, "first");
  must_commit(*life.writer);
  // Release after a commit, acquire before a reading: whoever sees N must find all through N in the files.
  std::atomic<std::uint64_t> durable = life.writer->durable_sequence();
  std::atomic<bool> failed = false;

  std::thread writing([&] {
    for (int batch = 0; batch < kBatches && !failed; ++batch) {
      for (int i = 0; i < 20; ++i) append(*life.writer, std::string(static_cast<std::size_t>(40 * i), 'p'));
      if (!life.writer->commit()) failed = true;
      // Pairs with the reading loop.
      durable.store(life.writer->durable_sequence(), std::memory_order_release);
    }
    if (!life.writer->close()) failed = true;
    durable.store(UINT64_MAX, std::memory_order_release);  // pairs with the reading loop
  });

  std::uint64_t readings = 0;
  std::string trouble;
  for (bool last = false; !last && trouble.empty(); ++readings) {
    // Pairs with the writing thread's stores.
    const std::uint64_t before = durable.load(std::memory_order_acquire);
    last = before == UINT64_MAX;
    std::uint64_t next = 1;
    bool dense = true;
    const auto read = read_journal(for_reader, [&](const JournalRecord& record) -> Status {
      dense = dense && record.sequence == next++;
      return {};
    });
    if (!read) {
      trouble = read.error().message;
    } else if (!dense || next != read->next_sequence) {
      trouble = "a sequence is missing";
    } else if (!last && next <= before) {
      trouble = "a durable record was not read";
    }
  }
  writing.join();
  CHECK(trouble == "");
  CHECK_FALSE(failed);
  CHECK(readings > 1);
}

// What a reader may meet when a writer is quicker than it: its first look at each segment, and at the folder,
// is an older one.
class LaggingStorage final : public Storage {
 public:
  LaggingStorage(MemoryStorage& now, std::string segment, std::size_t stale_from, std::size_t stale_to)
      : now_(now), segment_(std::move(segment)), stale_from_(stale_from), stale_to_(stale_to) {}

  Result<std::unique_ptr<StorageFile>> open(std::string_view name, Mode mode) override {
    auto file = now_.open(name, mode);
    if (!file || name != segment_) return file;
    return std::make_unique<File>(*this, std::move(*file));
  }
  Result<std::vector<std::string>> list() override {
    auto names = now_.list();
    if (++lists_ == hidden_in_list_) std::erase(*names, segment_);
    return names;
  }
  Status rename(std::string_view, std::string_view) override { return fail(ErrorKind::runtime, "read only"); }
  Status remove(std::string_view) override { return fail(ErrorKind::runtime, "read only"); }
  Status sync_folder() override { return fail(ErrorKind::runtime, "read only"); }
  Status lock() override { return fail(ErrorKind::runtime, "read only"); }
  std::string path(std::string_view name) const override { return now_.path(name); }

  void hide_in_list(int which) { hidden_in_list_ = which; }

 private:
  class File final : public StorageFile {
   public:
    File(LaggingStorage& storage, std::unique_ptr<StorageFile> file)
        : storage_(storage), file_(std::move(file)) {}
    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
      auto read = file_->read_at(offset, out);
      if (!read || std::exchange(seen_, true)) return read;
      for (std::size_t i = 0; i < *read; ++i) {
        const std::uint64_t at = offset + i;
        if (at >= storage_.stale_from_ && at < storage_.stale_to_) out[i] = std::byte{0};
      }
      return read;
    }
    Status write_at(std::uint64_t, std::span<const std::byte>) override { return storage_.sync_folder(); }
    Status sync() override { return storage_.sync_folder(); }
    Status sync_and_drop_cache() override { return storage_.sync_folder(); }
    Status truncate(std::uint64_t) override { return storage_.sync_folder(); }
    Result<std::uint64_t> size() override { return file_->size(); }

   private:
    LaggingStorage& storage_;
    std::unique_ptr<StorageFile> file_;
    bool seen_ = false;
  };

  MemoryStorage& now_;
  const std::string segment_;
  const std::size_t stale_from_, stale_to_;
  int lists_ = 0;
  int hidden_in_list_ = 0;
};

TEST_CASE("a batch that arrived between two looks is read at the second look and is no damage") {
  MemoryStorage storage;
  Seen written, seen;
  auto life = must_start(storage);
  for (int batch = 0; batch < 3; ++batch) {
    append(*life.writer, std::string(24, 'a'), &written);
    must_commit(*life.writer);
  }
  REQUIRE(storage.remove("watermark"));
  // The second batch is not there yet at the first look, and the third, which proves the second, is.
  LaggingStorage lagging(storage, "journal-0000000000000001.seg", 64 + 120, 64 + 240);
  const auto read = read_journal(lagging, collect(seen));
  INFO((read ? std::string() : read.error().message));
  REQUIRE(read.has_value());
  CHECK(seen == written);
  CHECK(read->torn_bytes == 0);
}

TEST_CASE("a segment that one look at the folder did not show is no missing segment") {
  MemoryStorage storage;
  Seen written;
  auto life = must_start(storage);
  for (int i = 0; i < 300; ++i) append(*life.writer, std::string(900, 'a'), &written);
  must_commit(*life.writer);
  const auto names = segments_of(storage.files());
  REQUIRE(names.size() > 3);
  for (const int which : {1, 2}) {
    Seen seen;
    LaggingStorage lagging(storage, names[1], 0, 0);
    lagging.hide_in_list(which);
    const auto read = read_journal(lagging, collect(seen));
    INFO((read ? std::string() : read.error().message));
    REQUIRE(read.has_value());
    CHECK(seen == written);
  }
}

TEST_CASE("a reader beside a running writer sees all that was durable when it began, and never damage") {
  MemoryStorage storage;
  read_beside(storage, storage);
}

TEST_CASE("a reader with its own view of the folder sees the same beside a writer on real files") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("doorbuster-beside-" + std::to_string(::getpid()));
  {
    auto for_writer = open_posix_storage(folder.string(), true);
    auto for_reader = open_posix_storage(folder.string(), false);
    REQUIRE(for_writer.has_value());
    REQUIRE(for_reader.has_value());
    read_beside(**for_writer, **for_reader);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace doorbuster
