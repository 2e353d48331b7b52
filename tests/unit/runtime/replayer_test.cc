// What a journal comes to does not depend on whether it is applied while it is read.

#include "runtime/replayer.h"

#include <string>
#include <vector>

#include "unit/runtime/sold_folder.h"

namespace doorbuster {
namespace {

constexpr RecoveryOptions kSizes = {.shards = 2, .orders_max = 40'000};

// Every record of a folder, with memory of its own.
struct KeptRecord {
  explicit KeptRecord(const JournalRecord& from)
      : record(from),
        segment(from.segment),
        payload(reinterpret_cast<const char*>(from.payload.data()), from.payload.size()) {}
  // What a reader has only until the next one.
  template <typename Use>
  Status lend(const Use& use) const {
    const std::string name = segment, bytes = payload;
    JournalRecord lent = record;
    lent.segment = name;
    lent.payload = std::as_bytes(std::span(bytes));
    return use(lent);
  }
  JournalRecord record;
  std::string segment, payload;
};

std::vector<KeptRecord> records_of(MemoryStorage& storage) {
  std::vector<KeptRecord> records;
  const auto read = read_journal(storage, [&](const JournalRecord& record) -> Status {
    records.emplace_back(record);
    return {};
  });
  REQUIRE(read.has_value());
  return records;
}

Status apply_one_by_one(StateBuilder& state, const std::vector<KeptRecord>& records) {
  for (const KeptRecord& kept : records) {
    const Status applied = kept.lend([&](const JournalRecord& record) { return state.apply(record); });
    if (!applied) return applied;
  }
  return {};
}

// As a walk does: until the first error, and then finish(), which goes before it.
Status replay(StateBuilder& state, const std::vector<KeptRecord>& records, Replayer::Threads threads,
              std::size_t* taken = nullptr) {
  Replayer replayer(state, threads);
  for (const KeptRecord& kept : records) {
    if (!kept.lend([&](const JournalRecord& record) { return replayer.take(record); })) break;
    if (taken != nullptr) ++*taken;
  }
  return replayer.finish();
}

std::vector<KeptRecord> sold_records() {
  Folder folder;
  folder.fill(16);
  return records_of(folder.storage);
}

TEST_CASE("a replay on two threads comes to what one record after the other comes to") {
  const std::vector<KeptRecord> records = sold_records();
  REQUIRE(records.size() > 10'000);
  StateBuilder one(kSizes);
  REQUIRE(apply_one_by_one(one, records));
  for (const auto threads : {Replayer::Threads::one, Replayer::Threads::two}) {
    StateBuilder state(kSizes);
    const Status replayed = replay(state, records, threads);
    INFO((replayed ? std::string() : replayed.error().message));
    REQUIRE(replayed.has_value());
    CHECK(state.state_hash() == one.state_hash());
    CHECK(state.orders() == one.orders());
    CHECK(state.last_tick() == one.last_tick());
    CHECK(state.samples() == one.samples());
  }
}

TEST_CASE("the first record that contradicts is told, wherever the reader is by then") {
  const std::vector<KeptRecord> records = sold_records();
  for (const std::size_t place : {1UL, 500UL, 3'000UL, records.size() - 2}) {
    CAPTURE(place);
    std::vector<KeptRecord> broken = records;
    // No order's event, nor an order, has two bytes.
    broken[place].record.info = {.kind = RecordKind::order_event, .version = 1, .tick = {}};
    broken[place].payload = "??";
    StateBuilder one(kSizes);
    const Status expected = apply_one_by_one(one, broken);
    REQUIRE_FALSE(expected.has_value());
    for (const auto threads : {Replayer::Threads::one, Replayer::Threads::two}) {
      StateBuilder state(kSizes);
      std::size_t taken = 0;
      const Status replayed = replay(state, broken, threads, &taken);
      REQUIRE_FALSE(replayed.has_value());
      CHECK(replayed.error().message == expected.error().message);
      CHECK(state.orders() == one.orders());
      CHECK(taken >= place);
    }
  }
}

TEST_CASE("who gives up reading leaves what was taken, and nothing that runs") {
  const std::vector<KeptRecord> records = sold_records();
  StateBuilder state(kSizes);
  {
    Replayer replayer(state, Replayer::Threads::two);
    for (std::size_t i = 0; i < 5'000; ++i) {
      REQUIRE(records[i].lend([&](const JournalRecord& record) { return replayer.take(record); }));
    }
  }
  StateBuilder one(kSizes);
  REQUIRE(apply_one_by_one(one, {records.begin(), records.begin() + 5'000}));
  CHECK(state.state_hash() == one.state_hash());
}

TEST_CASE("what contradicts in the last records stops a start before a torn tail is cut") {
  Folder folder;
  folder.sell_some();
  folder.house.reset();
  folder.storage.kill();
  auto files = folder.storage.files();
  const auto newest = std::find_if(files.rbegin(), files.rend(),
                                   [](const auto& file) { return file.first.ends_with(".seg"); });
  REQUIRE(newest != files.rend());
  const auto error = [&](const AllVisited& all_visited) {
    const auto read = recover_journal(
        folder.storage, [](const JournalRecord&) -> Status { return {}; }, {}, all_visited);
    return read ? std::string() : read.error().message;
  };
  {
    auto file = folder.storage.open(newest->first, Storage::Mode::read_write);
    REQUIRE(file.has_value());
    const std::uint64_t size = *(*file)->size();
    const std::string torn = "torn";
    REQUIRE((*file)->write_at(size, std::as_bytes(std::span(torn))));
    REQUIRE((*file)->sync());
  }
  const auto before = folder.storage.files();
  CHECK(error([] { return fail(ErrorKind::configuration, "a late one"); }) == "a late one");
  CHECK(folder.storage.files() == before);
  CHECK(error([]() -> Status { return {}; }).empty());
  CHECK(folder.storage.files() != before);
}

}  // namespace
}  // namespace doorbuster
