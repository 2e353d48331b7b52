// Nothing is removed that anybody could need, and a folder stays bounded.
#include "doorbuster/runtime/checkpoint_agent.h"
#include "unit/runtime/sold_folder.h"

namespace doorbuster {
namespace {

TEST_CASE("a power cut at any step of pruning leaves a folder that starts and can be pruned") {
  Folder folder;
  std::vector<BuiltCheckpoint> built;
  for (int i = 0; i < 4; ++i) {
    folder.fill(2);
    built.push_back(folder.build());
  }
  const std::uint64_t hash = folder.hash();
  const MemoryStorage::Files files = folder.storage.files();
  PruneOptions options = {
      .newest = built[3].sequence, .older = built[2].sequence, .now = folder.clock.wall_now()};
  for (std::uint64_t nth = 1;; ++nth) {
    CAPTURE(nth);
    MemoryStorage storage(files);
    storage.fail_nth(StorageOperation::any, nth);
    const auto before = storage.operations(StorageOperation::any);
    static_cast<void>(prune_folder(storage, options));
    if (storage.operations(StorageOperation::any) - before < nth) break;
    storage.crash(nth);
    const auto found = read_folder(storage);
    REQUIRE(found.has_value());
    REQUIRE(found->state->state_hash() == hash);
    REQUIRE(found->checkpoint->place.next_sequence == built[3].sequence + 1);
    REQUIRE(prune_folder(storage, options).has_value());
    // Both that stay are complete for themselves.
    REQUIRE(storage.remove(checkpoint_name(built[3].sequence)).has_value());
    const auto older = read_folder(storage);
    REQUIRE(older.has_value());
    REQUIRE(older->state->state_hash() == hash);
  }
}

TEST_CASE("pruning leaves what a consumer, the retention and a fallback need") {
  Folder folder;
  std::vector<BuiltCheckpoint> built;
  for (int i = 0; i < 3; ++i) {
    folder.fill(1);
    built.push_back(folder.build());
    folder.clock.advance_ns(100 * kNsPerSecond);
  }
  const MemoryStorage::Files files = folder.storage.files();
  const auto left = [&](PruneOptions options) {
    options.newest = built[2].sequence;
    options.older = built[1].sequence;
    options.now = folder.clock.wall_now();
    MemoryStorage storage(files);
    REQUIRE(prune_folder(storage, options).has_value());
    return storage.files();
  };
  CHECK_FALSE(left({}).contains(segment_name(1)));
  CHECK_FALSE(left({}).contains(checkpoint_name(built[0].sequence)));
  CHECK(left({}).contains(segment_name(built[1].sequence + 1)));
  CHECK(left({.needed_from = 1}).contains(segment_name(1)));
  CHECK(left({.needed_from = built[0].sequence + 1}).contains(segment_name(built[0].sequence + 1)));
  CHECK(left({.retention_seconds = 3600}).contains(segment_name(1)));
  CHECK(left({.retention_seconds = 3600}).contains(checkpoint_name(built[0].sequence)) ==
        left({.retention_seconds = 3600}).contains(segment_name(1)));
  // From the oldest that the retention leaves everything since can be restored.
  const auto restorable = left({.retention_seconds = 250});
  CHECK(restorable.contains(checkpoint_name(built[0].sequence)));
  CHECK(restorable.contains(segment_name(built[0].sequence + 1)));
  CHECK_FALSE(restorable.contains(segment_name(1)));
  // The one before the newest was found damaged: nothing may rest on it.
  MemoryStorage storage(files);
  REQUIRE(
      prune_folder(storage,
                   {.newest = built[2].sequence, .older = built[0].sequence, .now = folder.clock.wall_now()})
          .has_value());
  CHECK_FALSE(storage.files().contains(checkpoint_name(built[1].sequence)));
  CHECK(storage.files().contains(checkpoint_name(built[0].sequence)));
  CHECK(storage.files().contains(segment_name(built[0].sequence + 1)));
}

TEST_CASE("over an endless sale the number of files and the records of a start stay bounded") {
  Folder folder;
  std::size_t most_segments = 0, most_checkpoints = 0;
  std::uint64_t most_replayed = 0;
  Counter begun;
  CheckpointAgent agent(folder.storage, folder.clock, begun, {.segments = 2, .retention_seconds = 60},
                        [](CheckpointAgent::News news, const std::string& text) {
                          INFO(text);
                          REQUIRE(news == CheckpointAgent::News::built);
                        });
  for (int life = 0; life < 6; ++life) {
    for (int i = 0; i < 4; ++i) {
      folder.fill(1);
      folder.clock.advance_ns(5 * kNsPerSecond);
      begun.add();
      while (agent.do_work() != 0) {
      }
      most_segments = std::max(most_segments, folder.count(".seg"));
      most_checkpoints = std::max(most_checkpoints, folder.count(".ckp"));
    }
    const std::uint64_t hash = folder.hash();
    folder.open();
    REQUIRE(folder.hash() == hash);
    most_replayed = std::max(most_replayed, folder.house->replayed());
  }
  CHECK(agent.metrics().built.value() >= 8);
  CHECK(agent.metrics().pruned_segments.value() > 0);
  // 60 s are 12 segments; a segment has a few hundred records.
  CHECK(most_segments <= 22);
  CHECK(most_checkpoints <= kCheckpointsPerRetention + 4);
  CHECK(most_replayed < 4 * 600);
}

TEST_CASE("the checkpoint thread tells a failure, harms nothing and tries again later and later") {
  Folder folder;
  folder.fill(3);
  Counter begun;
  std::vector<CheckpointAgent::News> news;
  CheckpointAgent agent(folder.storage, folder.clock, begun, {.segments = 1, .retention_seconds = 0},
                        [&](CheckpointAgent::News each, const std::string&) { news.push_back(each); });
  const auto before = folder.storage.files();
  folder.storage.fail_nth(StorageOperation::write, 1);
  CHECK(agent.do_work() == 0);
  CHECK(news == std::vector{CheckpointAgent::News::failed});
  CHECK(agent.metrics().failures.value() == 1);
  CHECK(folder.storage.files() == before);
  CHECK_FALSE(agent.has_work());
  folder.clock.advance_ns(CheckpointAgent::kBackOffMinNs);
  CHECK(agent.has_work());
  folder.storage.fail_nth(StorageOperation::sync, 1);
  CHECK(agent.do_work() == 0);
  folder.clock.advance_ns(CheckpointAgent::kBackOffMinNs);
  CHECK_FALSE(agent.has_work());
  folder.clock.advance_ns(CheckpointAgent::kBackOffMinNs);
  CHECK(agent.do_work() == 1);
  CHECK(news.back() == CheckpointAgent::News::built);
  CHECK(agent.metrics().sequence.value() != 0);
  folder.fill(1);
  begun.add();
  agent.give_up();
  CHECK(agent.do_work() == 0);
}

}  // namespace
}  // namespace doorbuster
