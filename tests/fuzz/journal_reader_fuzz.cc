// Any bytes as a data folder, and any records in a sound journal: the start is refused with something to say,
// or it succeeds, and then a second start finds the same.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/base/check.h"
#include "doorbuster/journal/inspect.h"
#include "doorbuster/journal/journal.h"
#include "doorbuster/platform/memory_storage.h"
#include "doorbuster/runtime/recovery.h"

namespace {

using namespace doorbuster;

constexpr std::size_t kRecordHeadBytes = 3;  // of an input to any_records

struct Recovered {
  bool good = false;
  std::uint64_t next_sequence = 0, hash = 0;
};

Recovered recover(MemoryStorage& storage) {
  StateBuilder state({.shards = 2, .orders_max = 100});
  DOORBUSTER_CHECK(storage.lock().has_value());
  const auto read =
      recover_journal(storage, [&](const JournalRecord& record) { return state.apply(record); });
  if (!read) {
    DOORBUSTER_CHECK(!read.error().message.empty());
    return {};
  }
  return {true, read->next_sequence, state.state_hash()};
}

// A sound journal with its first record.
std::unique_ptr<JournalWriter> begin_journal(MemoryStorage& storage) {
  DOORBUSTER_CHECK(storage.lock().has_value());
  auto fresh = recover_journal(storage, [](const JournalRecord&) { return Status{}; });
  auto writer = JournalWriter::open(storage, *fresh,
                                    {.segment_bytes = kSegmentBytesMin, .prepare_in_background = false});
  DOORBUSTER_CHECK(writer.has_value());
  std::string payload;
  encode(FolderCreated{}, payload);
  (*writer)->append({.kind = RecordKind::folder_created, .tick = {}}, std::as_bytes(std::span(payload)));
  return std::move(*writer);
}

// The input as a segment, over a sound one from the byte that its first two choose.
void any_bytes(std::span<const std::uint8_t> input) {
  static const std::string sound = [] {
    MemoryStorage storage;
    const auto writer = begin_journal(storage);
    DOORBUSTER_CHECK(writer->commit().has_value());
    return storage.files().at("journal-0000000000000001.seg");
  }();
  std::string bytes = sound;
  const std::size_t at = (input[0] * 256U + input[1]) % bytes.size();
  const std::size_t count = std::min(input.size() - 2, bytes.size() - at);
  std::memcpy(bytes.data() + at, input.data() + 2, count);
  MemoryStorage storage(MemoryStorage::Files{{"journal-0000000000000001.seg", bytes}});
  const Recovered first = recover(storage);
  storage.kill();
  const Recovered second = recover(storage);
  DOORBUSTER_CHECK(first.good == second.good && first.next_sequence == second.next_sequence &&
                   first.hash == second.hash);
}

// Records with any payload, a second after another, in a journal that is sound: kind and version, the
// payload's length in two bytes, payload, and so on. What a start understands, `journal verify` understands.
void any_records(std::span<const std::uint8_t> input) {
  constexpr RecordKind kinds[] = {RecordKind::folder_created,     RecordKind::catalog_change_begin,
                                  RecordKind::campaign_put,       RecordKind::offer_put,
                                  RecordKind::catalog_change_end, RecordKind::order_confirmed,
                                  RecordKind::order_held,         RecordKind::order_waiting,
                                  RecordKind::order_event,        RecordKind::plan_part};
  MemoryStorage storage;
  auto writer = begin_journal(storage);
  Tick tick{1'700'000'000 * kNsPerSecond};
  while (input.size() >= kRecordHeadBytes) {
    const RecordKind kind = kinds[input[0] % std::size(kinds)];
    const auto version = static_cast<std::uint8_t>(1 + input[0] / std::size(kinds) % 4);  // 4: unknown
    const std::size_t most = kJournalRecordBytesMax - sizeof(RecordHeader);
    const std::size_t bytes =
        std::min({input[1] + input[2] * std::size_t{256}, most, input.size() - kRecordHeadBytes});
    tick.ns += kNsPerSecond;
    writer->append({.kind = kind, .version = version, .tick = tick},
                   std::as_bytes(input.subspan(kRecordHeadBytes, bytes)));
    input = input.subspan(kRecordHeadBytes + bytes);
  }
  DOORBUSTER_CHECK(writer->close().has_value());
  writer.reset();
  storage.kill();
  const Recovered first = recover(storage);
  storage.kill();
  const Recovered second = recover(storage);
  DOORBUSTER_CHECK(first.good == second.good && first.hash == second.hash);
  std::ostringstream out, err;
  DOORBUSTER_CHECK(!first.good || verify_journal(storage, out, err) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t count) {
  if (count < 3) return 0;
  const std::span<const std::uint8_t> input(data + 1, count - 1);
  data[0] % 2 == 0 ? any_bytes(input) : any_records(input);
  return 0;
}
