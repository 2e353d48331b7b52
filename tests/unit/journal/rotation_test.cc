#include <algorithm>
#include <cstring>

#include "support/journal_fixture.h"

namespace doorbuster {
namespace {

// Enough for several segments of the smallest size.
std::string payload_of(int i) {
  return std::string(static_cast<std::size_t>(i % 900), static_cast<char>('a' + i % 26));
}

TEST_CASE("a journal goes on over many segments, one batch at a time") {
  MemoryStorage storage;
  Seen written;
  {
    auto life = must_start(storage);
    for (int i = 0; i < 2000; ++i) {
      append(*life.writer, payload_of(i), &written);
      if (i % 7 == 0) must_commit(*life.writer);
    }
    must_close(*life.writer);
    CHECK(life.writer->counters().segments > 10);
  }
  const auto files = storage.files();
  CHECK(segments_of(files).size() > 10);
  for (const auto& name : segments_of(files)) CHECK(files.at(name).size() <= kSegmentBytesMin);
  storage.kill();
  CHECK(must_start(storage).seen == written);
}

TEST_CASE("a batch larger than a segment is split, each part with its own end") {
  MemoryStorage storage;
  Seen written;
  {
    auto life = must_start(storage);
    for (int i = 0; life.writer->batch_bytes() < kJournalBatchBytesMax; ++i) {
      append(*life.writer, payload_of(i), &written);
    }
    CHECK(life.writer->batch_records() == written.size());
    must_commit(*life.writer);
    CHECK(life.writer->durable_sequence() >= written.back().sequence);
  }
  storage.kill();
  // Every segment ends with a batch end that says how many records stand before it and what was durable by
  // then.
  std::string segment;
  std::uint64_t records = 0, last_end = 0;
  std::vector<bool> ends_with_end;
  const auto read = read_journal(storage, [&](const JournalRecord& record) -> Status {
    if (record.segment != segment) {
      segment = record.segment;
      ends_with_end.push_back(false);
    }
    ends_with_end.back() = record.info.kind == RecordKind::batch_end;
    ++records;
    if (ends_with_end.back()) {
      BatchEnd end;
      std::memcpy(&end, record.payload.data(), sizeof end);
      CHECK(end.records == records - 1);
      CHECK(end.durable_sequence == last_end);
      last_end = record.sequence;
      records = 0;
    }
    return {};
  });
  REQUIRE(read.has_value());
  CHECK(ends_with_end.size() > 60);
  CHECK(std::find(ends_with_end.begin(), ends_with_end.end(), false) == ends_with_end.end());
  CHECK(must_start(storage).seen == written);
}

TEST_CASE("records that fill a segment to the last byte leave room for the batch end") {
  // 64 (header) + n * 64 + 56 (batch end) crosses the end of the segment at every possible distance.
  for (std::size_t last = 0; last < 200; last += 8) {
    MemoryStorage storage;
    Seen written;
    {
      auto life = must_start(storage);
      for (int i = 0; i < 1021; ++i) append(*life.writer, std::string(24, 'f'), &written);
      append(*life.writer, std::string(last, 'l'), &written);
      must_commit(*life.writer);
      append(*life.writer, "next", &written);
      must_close(*life.writer);
    }
    storage.kill();
    CAPTURE(last);
    CHECK(must_start(storage).seen == written);
  }
}

TEST_CASE("the helper thread's segments hold the same as the caller's") {
  MemoryStorage storage;
  Seen written;
  {
    auto life = must_start(storage, {.segment_bytes = kSegmentBytesMin, .prepare_in_background = true});
    for (int i = 0; i < 3000; ++i) {
      append(*life.writer, payload_of(i), &written);
      if (i % 11 == 0) must_commit(*life.writer);
    }
    must_close(*life.writer);
    CHECK(storage.files().count("spare") == 0);
  }
  storage.kill();
  CHECK(must_start(storage).seen == written);
}

TEST_CASE(
    "a writer that dies while the helper fills a segment leaves a spare that the next start throws away") {
  MemoryStorage storage;
  Seen written;
  {
    auto life = must_start(storage, {.segment_bytes = 4U << 20, .prepare_in_background = true});
    for (int i = 0; i < 1000; ++i) append(*life.writer, payload_of(i), &written);
    must_commit(*life.writer);  // more than a sixteenth: the helper begins
  }
  storage.kill();
  CHECK(must_start(storage).seen == written);
}

TEST_CASE("whatever stands in a left-over spare is never read") {
  MemoryStorage storage({{"spare", std::string(100'000, 'z')}});
  auto life = must_start(storage);
  append(*life.writer, "sold");
  must_close(*life.writer);
  storage.kill();
  CHECK(must_start(storage).seen.size() == 1);
}

}  // namespace
}  // namespace doorbuster
