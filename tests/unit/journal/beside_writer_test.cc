// Reading a journal that another thread is writing to.
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

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
