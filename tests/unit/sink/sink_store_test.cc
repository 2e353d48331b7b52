// What a sink keeps in the data folder.

#include "doorbuster/sink/sink_store.h"

#include "doorbuster/platform/memory_storage.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr Tick kNow{1'795'766'400'000'000'000};

TEST_CASE("a cursor is what was written last, and a write that was broken off changes nothing") {
  MemoryStorage storage;
  CHECK(read_sink_cursor(storage, "s").value() == std::nullopt);
  const SinkCursor first{.place = {3, 1042}}, second{.place = {4, 7}, .paused = true};
  REQUIRE(write_sink_cursor(storage, "s", first));
  CHECK(read_sink_cursor(storage, "s").value() == first);
  CHECK(read_sink_cursor(storage, "other").value() == std::nullopt);
  for (const StorageOperation operation : {StorageOperation::write, StorageOperation::sync,
                                           StorageOperation::rename, StorageOperation::sync_folder}) {
    storage.fail_nth(operation, 1);
    CHECK_FALSE(write_sink_cursor(storage, "s", second));
    if (operation != StorageOperation::sync_folder) {
      CHECK(read_sink_cursor(storage, "s").value() == first);
    }
    REQUIRE(write_sink_cursor(storage, "s", first));  // over what the other has left
    CHECK(read_sink_cursor(storage, "s").value() == first);
  }
  REQUIRE(write_sink_cursor(storage, "s", second));
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    MemoryStorage disk(storage.files());
    disk.crash(seed);
    CHECK(read_sink_cursor(disk, "s").value() == second);
  }
}

TEST_CASE("dead letters are kept over a cut tail, and no others are believed") {
  MemoryStorage storage;
  const DeadLetter first{{1, 2}, kNow, "order-1", "wrong\n\"reason\"", R"({"id":"1-2"})"};
  const DeadLetter second{{1, 5}, kNow, "", "no order", R"({"id":"1-5"})"};
  {
    DeadLetters letters(storage, "s");
    REQUIRE(letters.open());
    REQUIRE(letters.add(first));
    REQUIRE(letters.add(second));
    REQUIRE(letters.add(first));
    CHECK(letters.letters().size() == 2);
    CHECK(letters.holds("order-1"));
    CHECK_FALSE(letters.holds(""));
    CHECK_FALSE(letters.holds("order-2"));
  }
  auto files = storage.files();
  std::string& text = files.at("sink-s.dead");
  const std::size_t first_line = text.find('\n') + 1;
  for (std::size_t cut = first_line; cut < text.size(); ++cut) {
    auto shorter = files;
    shorter["sink-s.dead"].resize(cut);
    MemoryStorage disk(shorter);
    DeadLetters letters(disk, "s");
    REQUIRE(letters.open());
    REQUIRE(letters.letters().size() == 1);
    CHECK(letters.letters()[0].reason == first.reason);
    CHECK(letters.letters()[0].json == first.json);
    REQUIRE(letters.add(second));
    CHECK(disk.files().at("sink-s.dead") == text);
  }
  text.replace(2, 5, "plaice");
  MemoryStorage disk(files);
  DeadLetters letters(disk, "s");
  const Status opened = letters.open();
  REQUIRE_FALSE(opened);
  CHECK_THAT(opened.error().message, Catch::Contains("sink-s.dead, byte 0"));
}

}  // namespace
}  // namespace doorbuster
