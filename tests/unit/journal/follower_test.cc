// Following a journal: from any record, no further than it is durable, and never over damage.

#include "doorbuster/journal/follower.h"

#include <atomic>
#include <thread>

#include "support/journal_fixture.h"

namespace doorbuster {
namespace {

using Kept = JournalFollower::Kept;
using Then = JournalFollower::Then;

// Records of one start that fill several segments.
std::uint64_t write_segments(JournalWriter& writer, Seen& written, int batches = 60) {
  for (int batch = 0; batch < batches; ++batch) {
    for (int i = 0; i < 7; ++i) {
      append(writer, std::string(static_cast<std::size_t>(600 + 50 * i), static_cast<char>('a' + i)),
             &written);
    }
    must_commit(writer);
  }
  return writer.durable_sequence();
}

Seen read_all(JournalFollower& follower, std::uint64_t through) {
  Seen seen;
  const RecordVisitor into = collect(seen);
  const auto read = follower.read(
      through, [&](const JournalRecord& record) { return into(record) ? Then::go_on : Then::enough; });
  INFO((read ? std::string() : read.error().message));
  REQUIRE(read);
  return seen;
}

Seen from(const Seen& all, std::uint64_t sequence) {
  Seen rest;
  for (const SeenRecord& record : all) {
    if (record.sequence >= sequence) rest.push_back(record);
  }
  return rest;
}

Kept seek(JournalFollower& follower, std::uint64_t sequence, std::uint64_t through) {
  const auto kept = follower.seek(sequence, through);
  INFO((kept ? std::string() : kept.error().message));
  REQUIRE(kept);
  return *kept;
}

TEST_CASE("a follower reads from any record on, over segments and starts") {
  MemoryStorage::Files files;
  Seen written;
  std::uint64_t durable = 0;
  for (int life = 0; life < 3; ++life) {
    MemoryStorage disk(files);
    auto start = must_start(disk);
    durable = write_segments(*start.writer, written, 25);
    if (life == 1) must_close(*start.writer);
    durable = start.writer->durable_sequence();
    files = disk.files();
  }
  MemoryStorage storage(files);
  REQUIRE(segments_of(storage.files()).size() > 3);
  JournalFollower follower(storage);
  for (std::uint64_t sequence = 1; sequence <= durable + 1; ++sequence) {
    CAPTURE(sequence);
    REQUIRE(seek(follower, sequence, durable) == Kept::yes);
    REQUIRE(read_all(follower, durable) == from(written, sequence));
    REQUIRE(follower.next_sequence() == durable + 1);
  }
}

TEST_CASE("a follower does not go beyond what is durable, and goes on when more is") {
  MemoryStorage storage;
  Seen written;
  auto start = must_start(storage);
  const std::uint64_t durable = write_segments(*start.writer, written);
  JournalFollower follower(storage);
  REQUIRE(seek(follower, 1, durable) == Kept::yes);
  Seen seen;
  for (std::uint64_t through = 0; through <= durable; ++through) {
    const Seen more = read_all(follower, through);
    for (const SeenRecord& record : more) REQUIRE(record.sequence == through);
    seen.insert(seen.end(), more.begin(), more.end());
  }
  CHECK(seen == written);
  // What is written next is found by the same reader.
  const std::uint64_t later = write_segments(*start.writer, written);
  CHECK(read_all(follower, later) == from(written, durable + 1));
}

TEST_CASE("a visitor that has enough stops the reading behind that record") {
  MemoryStorage storage;
  Seen written;
  auto start = must_start(storage);
  const std::uint64_t durable = write_segments(*start.writer, written, 3);
  JournalFollower follower(storage);
  REQUIRE(seek(follower, 2, durable) == Kept::yes);
  for (std::uint64_t sequence = 2; sequence <= durable; ++sequence) {
    std::uint64_t visited = 0;
    // As often as it likes, before it is taken; also where a segment begins.
    for (const Then then : {Then::not_yet, Then::not_yet, Then::enough}) {
      REQUIRE(follower.read(durable, [&](const JournalRecord& record) {
        visited = record.sequence;
        return then;
      }));
      REQUIRE(visited == sequence);
    }
  }
  CHECK(read_all(follower, durable).empty());
}

TEST_CASE("what was pruned and what has not been written are told, and can be sought past") {
  MemoryStorage storage;
  Seen written;
  auto start = must_start(storage);
  const std::uint64_t durable = write_segments(*start.writer, written);
  const auto segments = segments_of(storage.files());
  REQUIRE(storage.remove(segments[0]));
  REQUIRE(storage.remove(segments[1]));
  const std::uint64_t kept = parse_segment_name(segments[2]).value();
  JournalFollower follower(storage);
  CHECK(seek(follower, 1, durable) == Kept::no_longer);
  CHECK(seek(follower, kept - 1, durable) == Kept::no_longer);
  CHECK(follower.oldest() == kept);
  CHECK(seek(follower, durable + 2, durable) == Kept::not_yet);
  CHECK(seek(follower, kept, durable) == Kept::yes);
  CHECK(read_all(follower, durable) == from(written, kept));
}

TEST_CASE("a follower tells where the damage is and nothing of what stands behind it") {
  MemoryStorage storage;
  Seen written;
  std::uint64_t durable = 0;
  {
    auto start = must_start(storage);
    durable = write_segments(*start.writer, written);
  }
  auto files = storage.files();
  const std::string second = segments_of(files)[1];
  const std::uint64_t first_in_it = parse_segment_name(second).value();
  SECTION("a flipped bit") {
    files[second][3'000] = static_cast<char>(files[second][3'000] ^ 1);
  }
  SECTION("an end too early") {
    files[second].resize(3'000);
  }
  SECTION("a segment that is gone") {
    files.erase(second);
  }
  SECTION("another segment under its name") {
    files[second] = files[segments_of(files)[2]];
  }
  SECTION("a header of another life") {
    files[second][40] = static_cast<char>(files[second][40] ^ 1);
  }
  MemoryStorage broken(files);
  JournalFollower follower(broken);
  REQUIRE(seek(follower, 1, durable) == Kept::yes);
  std::uint64_t last = 0;
  const auto read = follower.read(durable, [&](const JournalRecord& record) {
    last = record.sequence;
    return Then::go_on;
  });
  REQUIRE_FALSE(read);
  CHECK_THAT(read.error().message, Catch::Contains(".seg, byte "));
  CHECK(last < first_in_it + 3'000 / 600);
}

TEST_CASE("a record that does not continue the one before it is damage, however whole it is") {
  MemoryStorage storage, other;
  Seen written;
  auto start = must_start(storage);
  append(*start.writer, "ours", &written);
  must_commit(*start.writer);
  auto stranger = must_start(other);
  append(*stranger.writer, "hers");
  must_commit(*stranger.writer);
  for (auto* writer : {start.writer.get(), stranger.writer.get()}) {
    append(*writer, "alike", writer == start.writer.get() ? &written : nullptr);
    must_commit(*writer);
  }
  const std::uint64_t durable = start.writer->durable_sequence();
  JournalFollower follower(storage);
  REQUIRE(seek(follower, written[1].sequence, durable) == Kept::yes);
  std::uint64_t second_at = 0;
  REQUIRE(follower.read(durable, [&](const JournalRecord& record) {
    second_at = record.offset;
    return Then::enough;
  }));

  // From the second one on the file is the other folder's: the same sequence, epoch and place.
  auto files = storage.files();
  std::string& bytes = files[segments_of(files)[0]];
  bytes.replace(second_at, std::string::npos, other.files().at(segments_of(files)[0]).substr(second_at));
  MemoryStorage mixed(files);
  JournalFollower misled(mixed);
  REQUIRE(seek(misled, 1, durable) == Kept::yes);
  Seen seen;
  const RecordVisitor into = collect(seen);
  const auto read = misled.read(
      durable, [&](const JournalRecord& record) { return into(record) ? Then::go_on : Then::enough; });
  REQUIRE_FALSE(read);
  CHECK_THAT(read.error().message, Catch::Contains("does not continue"));
  CHECK(seen == Seen{written[0]});
}

TEST_CASE("a follower beside a running writer misses nothing and sees nothing early") {
  constexpr int kBatches = 300;
  MemoryStorage storage;
  auto life = must_start(storage, {.segment_bytes = kSegmentBytesMin, .prepare_in_background = true});
  append(*life.writer, "first");
  must_commit(*life.writer);
  std::atomic<std::uint64_t> durable = life.writer->durable_sequence();
  std::atomic<bool> done = false;
  std::thread writing([&] {
    for (int batch = 0; batch < kBatches; ++batch) {
      for (int i = 0; i < 20; ++i) append(*life.writer, std::string(static_cast<std::size_t>(40 * i), 'p'));
      if (!life.writer->commit()) break;
      // Pairs with the following loop's load.
      durable.store(life.writer->durable_sequence(), std::memory_order_release);
    }
    done = true;
  });
  JournalFollower follower(storage);
  std::string trouble;
  std::uint64_t next = 1;
  if (seek(follower, 1, durable) != Kept::yes) trouble = "not found";
  for (bool last = false; !last && trouble.empty();) {
    last = done;
    // Pairs with the writing thread's store.
    const std::uint64_t through = durable.load(std::memory_order_acquire);
    const auto read = follower.read(through, [&](const JournalRecord& record) {
      if (record.sequence != next++ || record.sequence > through) trouble = "not the next";
      return Then::go_on;
    });
    if (!read) trouble = read.error().message;
    if (read && next != through + 1) trouble = "not all that is durable";
  }
  writing.join();
  CHECK(trouble == "");
  CHECK(next == durable + 1);
  CHECK(next > kBatches * 20);
}

}  // namespace
}  // namespace doorbuster
