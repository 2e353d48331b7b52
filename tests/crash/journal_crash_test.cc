// The plug is pulled, the process killed, the disk fails: what was committed is there, once, in order;
// nothing is invented.
#include <algorithm>

#include "support/journal_fixture.h"
#include "support/mortal_machine.h"

namespace doorbuster {
namespace {

// A folder over many lives, and what it owes.
class Saga : public MortalMachine {
 public:
  explicit Saga(std::uint64_t seed) : MortalMachine(seed) {}

  void live() {
    Start life = try_start();
    if (!life.writer) return;
    const std::uint64_t steps = below(60);
    for (std::uint64_t i = 0; i < steps; ++i) {
      if (below(4) != 0) {
        append_some(*life.writer);
      } else if (!commit(*life.writer)) {
        return;
      }
    }
    if (below(3) == 0) {
      if (life.writer->close()) settle();
    }
  }

  std::size_t owed() const { return committed_.size(); }

 private:
  Start try_start() {
    if (below(3) == 0) plan_an_error(12);
    Start life = start(storage_);
    if (life.writer || !life.seen.empty()) check(life);
    // A planned error may stop a start; damage must never be what stops it.
    INFO(life.error.message);
    REQUIRE((life.writer || life.error.kind == ErrorKind::runtime));
    if (!life.writer) return life;
    committed_ = life.seen;
    open_.clear();
    return life;
  }

  // Everything committed, then a beginning of what was appended and never acknowledged.
  void check(const Start& life) const {
    Seen expected = committed_;
    expected.insert(expected.end(), open_.begin(), open_.end());
    INFO(life.error.message);
    REQUIRE(life.seen.size() <= expected.size());
    REQUIRE(std::equal(life.seen.begin(), life.seen.end(), expected.begin()));
    if (life.writer) REQUIRE(life.seen.size() >= committed_.size());
  }

  void append_some(JournalWriter& writer) {
    const std::uint64_t count = below(20) == 0 ? 400 : 1 + below(5);
    for (std::uint64_t i = 0; i < count; ++i) {
      append(writer, std::string(below(300), static_cast<char>('a' + below(26))), &open_);
    }
  }

  bool commit(JournalWriter& writer) {
    const Status first = writer.commit();
    if (first) {
      settle();
      return true;
    }
    // For good, with the same words, without another touch of the disk.
    const auto operations = storage_.operations(StorageOperation::any);
    append(writer, "too late");
    const Status second = writer.commit();
    const Status third = writer.close();
    REQUIRE_FALSE(second.has_value());
    REQUIRE_FALSE(third.has_value());
    REQUIRE(second.error().message == first.error().message);
    REQUIRE(third.error().message == first.error().message);
    REQUIRE(storage_.operations(StorageOperation::any) == operations);
    return false;
  }

  void settle() {
    committed_.insert(committed_.end(), open_.begin(), open_.end());
    open_.clear();
  }

  Seen committed_;
  Seen open_;
};

TEST_CASE("over hundreds of lives with crashes and errors no committed record is lost, doubled or invented") {
  std::size_t owed = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Saga saga(seed);
    for (int life = 0; life < 8; ++life) {
      saga.live();
      saga.die();
    }
    owed += saga.owed();
  }
  CHECK(owed > 20'000);  // the sagas did happen
}

// What one life does when nothing fails: two batches in one segment, one that needs two more, a clean stop.
// Stops at the first error; `committed` is what was acknowledged by then and `open` what was not.
Status one_life(MemoryStorage& storage, Seen& committed, Seen& open) {
  if (auto locked = storage.lock(); !locked) return locked;
  Seen seen;
  auto recovered = recover_journal(storage, collect(seen));
  if (!recovered) return tl::unexpected(recovered.error());
  auto writer = JournalWriter::open(storage, *recovered, kTinySegments);
  if (!writer) return tl::unexpected(writer.error());
  for (const int records : {3, 2, 150}) {
    for (int i = 0; i < records; ++i) {
      append(**writer, std::string(static_cast<std::size_t>(i * 5), 'r'), &open);
    }
    if (auto done = (*writer)->commit(); !done) return done;
    committed.insert(committed.end(), open.begin(), open.end());
    open.clear();
  }
  return (*writer)->close();
}

TEST_CASE("whichever operation of a life fails, the next start has what was acknowledged") {
  const bool power_cut = GENERATE(true, false);
  MemoryStorage::Files before;  // a first life, so that recovery has something to read and to cut
  Seen old;
  {
    MemoryStorage storage;
    auto life = must_start(storage);
    for (int i = 0; i < 5; ++i) append(*life.writer, "old " + std::to_string(i), &old);
    must_commit(*life.writer);
    before = storage.files();
    before[segments_of(before).back()].replace(4096, 4, "torn");
  }
  std::uint64_t failures = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    CAPTURE(nth, power_cut);
    MemoryStorage storage(before);
    storage.fail_nth(StorageOperation::any, nth);
    Seen committed = old, open;
    const Status ended = one_life(storage, committed, open);
    const bool failed = !ended.has_value();
    if (failed) REQUIRE(ended.error().message == "planned error");
    if (power_cut) {
      storage.crash(nth);
    } else {
      storage.kill();
      storage.forget_plan();
    }
    const auto life = must_start(storage);
    Seen expected = committed;
    expected.insert(expected.end(), open.begin(), open.end());
    REQUIRE(life.seen.size() >= committed.size());
    REQUIRE(life.seen.size() <= expected.size());
    REQUIRE(std::equal(life.seen.begin(), life.seen.end(), expected.begin()));
    if (!failed) break;
    ++failures;
  }
  CHECK(failures > 40);
}

TEST_CASE("a sync that failed is not believed by the next process, though it can read what was written") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    MemoryStorage storage;
    Seen seen_by_second;
    {
      auto life = must_start(storage);
      for (int i = 0; i < 40; ++i) append(*life.writer, std::string(100, 'x'));
      storage.fail_nth(StorageOperation::sync, 1);
      REQUIRE_FALSE(life.writer->commit().has_value());
    }
    storage.kill();
    {
      auto life = must_start(storage);
      seen_by_second = life.seen;
      append(*life.writer, "after", &seen_by_second);
      must_commit(*life.writer);
    }
    storage.crash(seed);
    CHECK(must_start(storage).seen == seen_by_second);
  }
}

TEST_CASE("what a recovery believed survives a power cut, though nobody had synced it before") {
  MemoryStorage::Files original;
  Seen written;
  {
    MemoryStorage storage;
    auto life = must_start(storage);
    for (int i = 0; i < 200; ++i) append(*life.writer, std::string(900, 'o'), &written);
    must_close(*life.writer);
    original = storage.files();
  }
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    MemoryStorage storage;  // the folder is brought back from a copy
    for (const auto& [name, bytes] : original) {
      auto file = storage.open(name, Storage::Mode::create).value();
      REQUIRE(file->write_at(0, std::as_bytes(std::span(bytes))));
    }
    REQUIRE(recover_journal(storage, ignore_record));
    storage.crash(seed);
    CAPTURE(seed);
    CHECK(must_start(storage).seen == written);
  }
}

TEST_CASE("a clean stop is complete: no power cut after it takes anything, the watermark included") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    MemoryStorage storage;
    auto life = must_start(storage);
    append(*life.writer, "sold");
    must_close(*life.writer);
    const auto files = storage.files();
    storage.crash(seed);
    CAPTURE(seed);
    CHECK(storage.files() == files);
  }
}

TEST_CASE("a recovery that dies at any point has harmed nothing") {
  MemoryStorage::Files torn;
  Seen written;
  {
    MemoryStorage storage;
    auto life = must_start(storage);
    for (int i = 0; i < 5; ++i) append(*life.writer, "order " + std::to_string(i), &written);
    must_commit(*life.writer);
    torn = storage.files();
    torn[segments_of(torn).back()].replace(8192, 4, "torn");
  }
  std::uint64_t nth = 0;
  for (bool failed = true; failed;) {
    MemoryStorage storage(torn);
    storage.fail_nth(StorageOperation::any, ++nth);
    failed = !recover_journal(storage, ignore_record).has_value();
    storage.crash(nth);
    CAPTURE(nth);
    CHECK(must_start(storage).seen == written);
  }
  CHECK(nth > 10);
}

}  // namespace
}  // namespace doorbuster
