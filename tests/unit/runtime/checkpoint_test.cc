// Checkpoints of whole shops: the same state as the journal makes, whatever fails on the way.
#include "doorbuster/runtime/checkpoint.h"

#include "unit/runtime/sold_folder.h"

namespace doorbuster {
namespace {

// What the whole journal makes, without any checkpoint.
std::uint64_t replayed_hash(MemoryStorage::Files files) {
  std::erase_if(files, [](const auto& file) { return file.first.starts_with("checkpoint"); });
  MemoryStorage storage(files);
  const auto folder = read_folder(storage);
  INFO((folder ? std::string() : folder.error().message));
  REQUIRE(folder.has_value());
  return folder->state->state_hash();
}

TEST_CASE("a start from a checkpoint is the start from the whole journal, for any number of shards") {
  Folder folder;
  folder.fill(2);
  const BuiltCheckpoint first = folder.build();
  CHECK(first.base == 0);
  folder.fill(2);
  const BuiltCheckpoint second = folder.build();
  CHECK(second.base == first.sequence);
  CHECK(second.records < second.sequence - first.sequence + 1);
  folder.sell_some();
  const std::uint64_t hash = folder.hash();
  REQUIRE(replayed_hash(folder.storage.files()) == hash);
  for (const std::uint32_t shards : {1U, 3U, 7U}) {
    MemoryStorage copy(folder.storage.files());
    const auto started = House::start(copy, folder.clock, shop(), {.shards = shards, .orders_max = 20'000});
    REQUIRE(started.has_value());
    CHECK((*started)->checkpoint() == second.sequence);
    CHECK((*started)->replayed() < 1000);
    CHECK((*started)->hash() == hash);
  }
  // Segments before the checkpoint are not missed.
  MemoryStorage::Files files = folder.storage.files();
  std::erase_if(files, [&](const auto& file) {
    return parse_segment_name(file.first).value_or(kNothingNeeded) <= first.sequence;
  });
  MemoryStorage pruned(files);
  const auto started = House::start(pruned, folder.clock, shop(), {.shards = 2, .orders_max = 20'000});
  REQUIRE(started.has_value());
  CHECK((*started)->hash() == hash);
}

TEST_CASE("a line, holds and limits go on from a checkpoint as if nothing had been") {
  Folder folder;
  folder.fill(1);
  folder.build();
  // What happens behind the checkpoint rests on what is in it.
  folder.fill(1);
  const std::uint64_t hash = folder.hash();
  folder.open();
  CHECK(folder.house->checkpoint() != 0);
  CHECK(folder.hash() == hash);
  folder.fill(1);
  folder.clock.advance_ns(700 * kNsPerSecond);
  folder.house->settle();
  CHECK(replayed_hash(folder.storage.files()) == folder.hash());
}

TEST_CASE("nothing is built without a segment to add, and offline all of it is taken") {
  Folder folder;
  CHECK_FALSE(build_checkpoint(folder.storage, {})->has_value());
  folder.sell_some();
  CHECK_FALSE(build_checkpoint(folder.storage, {})->has_value());
  const std::uint64_t hash = folder.hash();
  REQUIRE(folder.house->stop().has_value());
  folder.house.reset();
  folder.storage.kill();
  REQUIRE(folder.storage.lock().has_value());
  const auto built = build_checkpoint(folder.storage, {.running = false});
  REQUIRE((built && *built));
  CHECK_FALSE(build_checkpoint(folder.storage, {.running = false})->has_value());
  folder.open();
  CHECK(folder.house->checkpoint() == (*built)->sequence);
  CHECK(folder.house->replayed() == 0);
  CHECK(folder.hash() == hash);
}

TEST_CASE("a damaged checkpoint is left aside for the one before, and at last for the journal") {
  Folder folder;
  folder.fill(1);
  const BuiltCheckpoint first = folder.build();
  folder.fill(1);
  const BuiltCheckpoint second = folder.build();
  folder.sell_some();
  const std::uint64_t hash = folder.hash();
  MemoryStorage::Files files = folder.storage.files();
  const auto flip = [&](std::uint64_t sequence, std::size_t at) {
    char& byte = files[checkpoint_name(sequence)][at];
    byte = static_cast<char>(byte ^ 4);
  };
  const auto read = [&]() {
    MemoryStorage storage(files);
    return read_folder(storage);
  };
  for (std::size_t at = 0; at < files[checkpoint_name(second.sequence)].size(); at += 257) {
    CAPTURE(at);
    flip(second.sequence, at);
    const auto found = read();
    REQUIRE(found.has_value());
    REQUIRE(found->checkpoint->place.next_sequence == first.sequence + 1);
    REQUIRE(found->damaged.size() == 1);
    REQUIRE_THAT(found->damaged[0], Catch::Contains(checkpoint_name(second.sequence)));
    REQUIRE(found->state->state_hash() == hash);
    flip(second.sequence, at);
  }
  flip(second.sequence, 2000);
  flip(first.sequence, 2000);
  const auto whole = read();
  REQUIRE(whole.has_value());
  CHECK_FALSE(whole->checkpoint.has_value());
  CHECK(whole->damaged.size() == 2);
  CHECK(whole->state->state_hash() == hash);

  // Without the first segment there is nothing to fall back to.
  files.erase(segment_name(1));
  const auto refused = read();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == ErrorKind::configuration);
  CHECK_THAT(refused.error().message, Catch::Contains(checkpoint_name(first.sequence)) &&
                                          Catch::Contains(checkpoint_name(second.sequence)) &&
                                          Catch::Contains("the journal's first segments are gone"));
}

TEST_CASE("a checkpoint of another folder is left aside") {
  Folder folder, other;
  folder.fill(1);
  other.fill(1);
  folder.sell_some();
  const BuiltCheckpoint foreign = other.build();
  MemoryStorage::Files files = folder.storage.files();
  files[checkpoint_name(foreign.sequence)] = other.storage.files()[checkpoint_name(foreign.sequence)];
  MemoryStorage storage(files);
  const auto found = read_folder(storage);
  REQUIRE(found.has_value());
  REQUIRE(found->damaged.size() == 1);
  CHECK_THAT(found->damaged[0], Catch::Contains("another data folder"));
  CHECK(found->state->state_hash() == folder.hash());
}

TEST_CASE("a segment that a checkpoint knows of and that is gone is never taken for the journal's end") {
  Folder folder;
  folder.fill(1);
  const BuiltCheckpoint built = folder.build();
  MemoryStorage::Files files = folder.storage.files();
  REQUIRE(files.erase(segment_name(built.sequence + 1)) == 1);
  files.erase("watermark");
  MemoryStorage storage(files);
  const auto found = read_folder(storage);
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().kind == ErrorKind::configuration);
  CHECK_THAT(found.error().message, Catch::Contains(segment_name(built.sequence + 1)));
}

TEST_CASE("a segment that is cut short is in no checkpoint") {
  Folder folder;
  folder.fill(2);
  MemoryStorage::Files files = folder.storage.files();
  std::string& first = files[segment_name(1)];
  first.resize(first.size() - 200);
  MemoryStorage storage(files);
  const auto built = build_checkpoint(storage, {});
  REQUIRE_FALSE(built.has_value());
  CHECK(built.error().kind == ErrorKind::configuration);
}

TEST_CASE("whatever fails while a checkpoint is made, the folder starts as before and nothing was removed") {
  Folder folder;
  folder.fill(1);
  const BuiltCheckpoint first = folder.build();
  folder.fill(1);
  const std::uint64_t hash = folder.hash();
  folder.house.reset();
  const MemoryStorage::Files files = folder.storage.files();
  for (const StorageOperation operation :
       {StorageOperation::open, StorageOperation::list, StorageOperation::read, StorageOperation::write,
        StorageOperation::sync, StorageOperation::rename, StorageOperation::remove,
        StorageOperation::sync_folder}) {
    for (std::uint64_t nth = 1;; ++nth) {
      CAPTURE(static_cast<int>(operation), nth);
      MemoryStorage storage(files);
      storage.fail_nth(operation, nth);
      const auto before = storage.operations(operation);
      const auto built = build_checkpoint(storage, {});
      const bool reached = storage.operations(operation) - before >= nth;
      if (!reached) break;
      std::vector<MemoryStorage::Files> outcomes = {storage.files()};
      storage.crash(nth);
      outcomes.push_back(storage.files());
      for (const MemoryStorage::Files& outcome : outcomes) {
        for (const auto& [name, bytes] : files) REQUIRE(outcome.contains(name));
        MemoryStorage after(outcome);
        const auto found = read_folder(after);
        REQUIRE(found.has_value());
        REQUIRE(found->state->state_hash() == hash);
        REQUIRE(found->damaged.empty());
        REQUIRE(found->checkpoint->place.next_sequence > first.sequence);
      }
      if (nth > 40) break;
    }
  }
}

}  // namespace
}  // namespace doorbuster
