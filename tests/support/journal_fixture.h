#pragma once
// A journal's lives, in as few words as a test needs.

#include <memory>
#include <string>
#include <vector>

#include "doorbuster/journal/journal.h"
#include "doorbuster/platform/memory_storage.h"
#include "support/catch.h"

namespace doorbuster {

inline constexpr JournalOptions kTinySegments{.segment_bytes = kSegmentBytesMin,
                                              .prepare_in_background = false};

// What a record said, without those that the journal adds itself.
struct SeenRecord {
  std::uint64_t sequence = 0;
  std::int64_t tick = 0;
  std::string payload;
  friend bool operator==(const SeenRecord&, const SeenRecord&) = default;
};
using Seen = std::vector<SeenRecord>;

inline RecordVisitor collect(Seen& seen) {
  return [&seen](const JournalRecord& record) -> Status {
    if (record.info.kind == RecordKind::batch_end) return {};
    seen.push_back(
        {record.sequence, record.info.tick.ns,
         std::string(reinterpret_cast<const char*>(record.payload.data()), record.payload.size())});
    return {};
  };
}

inline Status ignore_record(const JournalRecord&) {
  return {};
}

// Takes the lock, recovers and opens a writer: a start. Null when the start was refused; `error` says why.
struct Start {
  Seen seen;
  RecoveredJournal recovered;
  std::unique_ptr<JournalWriter> writer;
  Error error;
};

inline Start start(Storage& storage, const JournalOptions& options = kTinySegments) {
  Start result;
  if (auto locked = storage.lock(); !locked) {
    result.error = locked.error();
    return result;
  }
  auto recovered = recover_journal(storage, collect(result.seen));
  if (!recovered) {
    result.error = recovered.error();
    return result;
  }
  result.recovered = *recovered;
  auto writer = JournalWriter::open(storage, *recovered, options);
  if (!writer) {
    result.error = writer.error();
    return result;
  }
  result.writer = std::move(*writer);
  return result;
}

inline Start must_start(Storage& storage, const JournalOptions& options = kTinySegments) {
  Start result = start(storage, options);
  INFO(result.error.message);
  REQUIRE(result.writer != nullptr);
  return result;
}

// Appends an order-like record; `seen` is what a later start has to show for it.
inline std::uint64_t append(JournalWriter& writer, const std::string& payload, Seen* seen = nullptr) {
  const auto tick =
      static_cast<std::int64_t>(1'700'000'000'000'000'000 + static_cast<std::int64_t>(payload.size()));
  const std::uint64_t sequence = writer.append(
      {.kind = RecordKind::order_confirmed, .version = 1, .tenant = kDefaultTenant, .tick = Tick{tick}},
      std::as_bytes(std::span(payload)));
  if (seen != nullptr) seen->push_back({sequence, tick, payload});
  return sequence;
}

inline void must_commit(JournalWriter& writer) {
  const Status committed = writer.commit();
  INFO((committed ? std::string() : committed.error().message));
  REQUIRE(committed.has_value());
}

inline void must_close(JournalWriter& writer) {
  const Status closed = writer.close();
  INFO((closed ? std::string() : closed.error().message));
  REQUIRE(closed.has_value());
}

// The segments of a folder, oldest first.
inline std::vector<std::string> segments_of(const MemoryStorage::Files& files) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : files) {
    if (name.ends_with(".seg")) names.push_back(name);
  }
  return names;
}

}  // namespace doorbuster
