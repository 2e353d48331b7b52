#include "support/journal_fixture.h"

namespace doorbuster {
namespace {

TEST_CASE("what was committed is read back in order, with its ticks and payloads") {
  MemoryStorage storage;
  Seen written;
  {
    auto life = must_start(storage);
    CHECK(life.recovered.fresh);
    CHECK(life.recovered.next_sequence == 1);
    for (const char* payload : {"", "a", "1234567", "12345678", "123456789"}) {
      append(*life.writer, payload, &written);
    }
    CHECK(life.writer->batch_records() == 5);
    CHECK(life.writer->durable_sequence() == 0);
    must_commit(*life.writer);
    CHECK(life.writer->batch_bytes() == 0);
    CHECK(life.writer->durable_sequence() == 6);  // five and the batch end
    append(*life.writer, std::string(kJournalRecordBytesMax - sizeof(RecordHeader), 'x'), &written);
    must_close(*life.writer);
    CHECK(life.writer->counters().records == 9);
  }
  storage.kill();
  auto life = must_start(storage);
  CHECK(life.seen == written);
  CHECK_FALSE(life.recovered.fresh);
  CHECK(life.recovered.records == 9);
  CHECK(life.recovered.next_sequence == 10);
  CHECK(life.recovered.torn_bytes == 0);
}

TEST_CASE("a record keeps its kind, version and tenant, and says where it stands") {
  MemoryStorage storage;
  auto life = must_start(storage);
  life.writer->append({.kind = RecordKind::offer_put, .version = 7, .tenant = TenantId{9}, .tick = Tick{-5}},
                      {});
  must_commit(*life.writer);
  std::vector<JournalRecord> records;
  std::string segment;
  const auto read = read_journal(storage, [&](const JournalRecord& record) -> Status {
    records.push_back(record);
    segment = record.segment;
    return {};
  });
  REQUIRE(read.has_value());
  REQUIRE(records.size() == 2);
  CHECK(records[0].info.kind == RecordKind::offer_put);
  CHECK(records[0].info.version == 7);
  CHECK(records[0].info.tenant == TenantId{9});
  CHECK(records[0].info.tick == Tick{-5});
  CHECK(records[0].epoch == 1);
  CHECK(records[0].offset == sizeof(SegmentHeader));
  CHECK(segment == "journal-0000000000000001.seg");
  CHECK(records[1].info.kind == RecordKind::batch_end);
}

TEST_CASE("a commit is one write and one sync of the segment, and one write of the watermark") {
  MemoryStorage storage;
  auto life = must_start(storage);
  const auto writes = storage.operations(StorageOperation::write);
  const auto syncs = storage.operations(StorageOperation::sync);
  const auto all = storage.operations(StorageOperation::any);
  for (int i = 0; i < 100; ++i) append(*life.writer, "order");
  must_commit(*life.writer);
  CHECK(storage.operations(StorageOperation::write) == writes + 2);
  CHECK(storage.operations(StorageOperation::sync) == syncs + 1);
  CHECK(storage.operations(StorageOperation::any) == all + 3);
  must_commit(*life.writer);  // nothing to do
  CHECK(storage.operations(StorageOperation::any) == all + 3);
}

TEST_CASE("each start has its own epoch and never writes to an older segment") {
  MemoryStorage storage;
  Seen written;
  MemoryStorage::Files before;
  for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) {
    auto life = must_start(storage);
    CHECK(life.writer->epoch() == epoch);
    CHECK(life.seen == written);
    append(*life.writer, "life " + std::to_string(epoch), &written);
    must_close(*life.writer);
    for (const auto& name : segments_of(before)) CHECK(storage.files()[name] == before[name]);
    before = storage.files();
    CHECK(segments_of(before).size() == epoch);
    storage.kill();
  }
}

TEST_CASE("starting again and again without a sale does not pile up files") {
  MemoryStorage storage;
  const auto restart = [&](bool clean) {
    auto life = must_start(storage);
    if (clean) must_close(*life.writer);
    life.writer.reset();
    storage.kill();
  };
  for (int i = 0; i < 5; ++i) restart(i % 2 == 0);
  CHECK(segments_of(storage.files()).size() == 1);
  {
    auto life = must_start(storage);
    CHECK(life.writer->epoch() == 6);
    append(*life.writer, "sold");
    must_close(*life.writer);
  }
  storage.kill();
  for (int i = 0; i < 5; ++i) restart(i % 2 == 0);
  CHECK(segments_of(storage.files()).size() == 2);
  CHECK(must_start(storage).seen.size() == 1);
}

TEST_CASE("a clean stop leaves no zeros and no spare behind, and closing twice is one closing") {
  MemoryStorage storage;
  auto life = must_start(storage);
  append(*life.writer, "sold");
  must_close(*life.writer);
  must_close(*life.writer);
  const auto files = storage.files();
  CHECK(files.count("spare") == 0);
  // Header, the record with its batch end, and the batch end that proves both.
  CHECK(files.at("journal-0000000000000001.seg").size() == 64 + 48 + 56 + 56);
}

TEST_CASE("an impossible segment size is refused before anything is touched") {
  MemoryStorage storage;
  const RecoveredJournal recovered;
  for (const std::size_t bytes : {std::size_t{0}, kSegmentBytesMin - 1, kSegmentBytesMax + 1}) {
    const auto writer = JournalWriter::open(storage, recovered, {.segment_bytes = bytes});
    REQUIRE_FALSE(writer.has_value());
    CHECK(writer.error().kind == ErrorKind::configuration);
  }
  CHECK(storage.operations(StorageOperation::any) == 0);
}

TEST_CASE("an error of the visitor stops the reading and is passed on") {
  MemoryStorage storage;
  {
    auto life = must_start(storage);
    append(*life.writer, "one");
    append(*life.writer, "two");
    must_close(*life.writer);
  }
  storage.kill();
  int visits = 0;
  const auto recovered = recover_journal(storage, [&](const JournalRecord&) -> Status {
    ++visits;
    return fail(ErrorKind::usage, "enough");
  });
  REQUIRE_FALSE(recovered.has_value());
  CHECK(recovered.error().message == "enough");
  CHECK(recovered.error().kind == ErrorKind::usage);
  CHECK(visits == 1);
}

}  // namespace
}  // namespace doorbuster
