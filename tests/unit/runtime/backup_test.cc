// Copies of a folder as it is and as it was.
#include "doorbuster/runtime/backup.h"

#include "unit/runtime/sold_folder.h"

namespace doorbuster {
namespace {

TEST_CASE("a backup beside a running house is what the house calls durable, and starts") {
  Folder folder;
  folder.fill(2);
  for (const bool with_checkpoint : {false, true}) {
    if (with_checkpoint) folder.build();
    folder.sell_some();
    const std::uint64_t hash = folder.hash();
    MemoryStorage target;
    REQUIRE(target.lock().has_value());
    const auto copied = backup_folder(folder.storage, target);
    INFO((copied ? std::string() : copied.error().message));
    REQUIRE(copied.has_value());
    CHECK(copied->state_hash == hash);
    CHECK((copied->checkpoint != 0) == with_checkpoint);
    CHECK(copied->through == folder.house->journal().writer().durable_sequence());
    target.crash(1);  // it was synced
    const auto started = House::start(target, folder.clock, shop(), {.shards = 3, .orders_max = 20'000});
    REQUIRE(started.has_value());
    CHECK((*started)->hash() == hash);
  }
}

TEST_CASE("a backup that cannot be written leaves nothing that a start would take") {
  Folder folder;
  folder.fill(1);
  folder.build();
  for (std::uint64_t nth = 1; nth < 30; ++nth) {
    CAPTURE(nth);
    MemoryStorage target;
    REQUIRE(target.lock().has_value());
    target.fail_nth(StorageOperation::write, nth, {ErrorKind::configuration, "planned error"});
    const auto before = target.operations(StorageOperation::write);
    const auto copied = backup_folder(folder.storage, target);
    if (target.operations(StorageOperation::write) - before < nth) break;
    REQUIRE_FALSE(copied.has_value());
    CHECK(target.files().empty());
  }
}

TEST_CASE("a restore ends with the wanted record or instant, and says what is possible") {
  Folder folder;
  std::vector<BuiltCheckpoint> built;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> hashes;  // by the record through which they are
  for (int i = 0; i < 3; ++i) {
    folder.fill(1);
    folder.sell_some();
    hashes.emplace_back(folder.house->journal().writer().durable_sequence(), folder.hash());
    folder.clock.advance_ns(10 * kNsPerSecond);
    folder.fill(1);
    built.push_back(folder.build());
  }
  const auto restore = [&](const RestorePoint& point, MemoryStorage& source) {
    MemoryStorage target;
    REQUIRE(target.lock().has_value());
    return restore_folder(source, target, point);
  };
  for (const auto& [sequence, hash] : hashes) {
    CAPTURE(sequence);
    const auto copied = restore({.sequence = sequence, .time = {}}, folder.storage);
    INFO((copied ? std::string() : copied.error().message));
    REQUIRE(copied.has_value());
    CHECK(copied->through == sequence);
    CHECK(copied->state_hash == hash);
    CHECK(copied->checkpoint <= sequence);
    const auto at =
        restore({.sequence = {}, .time = after(copied->last_tick, 5 * kNsPerSecond)}, folder.storage);
    REQUIRE(at.has_value());
    CHECK(at->through == sequence);
    CHECK(at->state_hash == hash);
  }
  CHECK(restore({.sequence = kNothingNeeded, .time = {}}, folder.storage)->state_hash == folder.hash());
  // The change that begins with record 2 ends later.
  CHECK(restore({.sequence = 3, .time = {}}, folder.storage)->through == 1);
  CHECK_FALSE(restore({.sequence = {}, .time = after(kOpens, -1)}, folder.storage).has_value());

  MemoryStorage pruned(folder.storage.files());
  REQUIRE(
      prune_folder(pruned,
                   {.newest = built[2].sequence, .older = built[1].sequence, .now = folder.clock.wall_now()})
          .has_value());
  CHECK(restore({.sequence = hashes[2].first, .time = {}}, pruned)->state_hash == hashes[2].second);
  const auto refused = restore({.sequence = hashes[0].first, .time = {}}, pruned);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == ErrorKind::configuration);
  CHECK_THAT(refused.error().message,
             Catch::Contains("the earliest that is possible is record " + std::to_string(built[1].sequence)));
}

}  // namespace
}  // namespace doorbuster
