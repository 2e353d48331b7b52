#include "doorbuster/platform/memory_storage.h"

#include <set>

#include "support/catch.h"

namespace doorbuster {
namespace {

using Mode = Storage::Mode;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST_CASE("what was synced, file and name, survives every crash") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    MemoryStorage storage;
    {
      auto file = storage.open("a", Mode::create).value();
      REQUIRE(file->write_at(0, bytes_of("kept")));
      REQUIRE(file->sync());
      REQUIRE(storage.rename("a", "b"));
      REQUIRE(storage.sync_folder());
      REQUIRE(file->write_at(4, bytes_of("open")));  // in the sector of what is durable
    }
    storage.crash(seed);
    const auto files = storage.files();
    CAPTURE(seed);
    REQUIRE(files.size() == 1);
    CHECK(files.at("b").substr(0, 4) == "kept");
  }
}

TEST_CASE("what was not synced is kept, dropped or garbled, sector by sector") {
  std::set<std::string> fates;
  bool torn = false, garbled = false;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    MemoryStorage storage({{"f", std::string(2048, 'o')}});
    REQUIRE(storage.open("f", Mode::read_write).value()->write_at(0, bytes_of(std::string(2048, 'n'))));
    storage.crash(seed);
    const std::string bytes = storage.files().at("f");
    REQUIRE(bytes.size() == 2048);
    std::string fate;
    for (std::size_t sector = 0; sector < 2048; sector += 512) {
      const std::string part = bytes.substr(sector, 512);
      fate += part == std::string(512, 'o') ? 'o' : part == std::string(512, 'n') ? 'n' : 'g';
    }
    fates.insert(fate);
    torn = torn || (fate.find('o') != std::string::npos && fate.find('n') != std::string::npos);
    garbled = garbled || fate.find('g') != std::string::npos;
  }
  CHECK(fates.count("oooo") == 1);
  CHECK(fates.count("nnnn") == 1);
  CHECK(torn);
  CHECK(garbled);
}

TEST_CASE("a size and a name that were not synced may come or go") {
  std::set<std::size_t> sizes;
  std::set<bool> created, removed, cut;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    MemoryStorage storage({{"long", std::string(1000, 'x')}, {"removed", ""}});
    REQUIRE(storage.open("created", Mode::create).value()->sync());  // a file's sync does not keep its name
    REQUIRE(storage.open("long", Mode::read_write).value()->truncate(10));
    REQUIRE(storage.remove("removed"));
    storage.crash(seed);
    const auto files = storage.files();
    created.insert(files.count("created") == 1);
    removed.insert(files.count("removed") == 0);
    cut.insert(files.at("long").size() == 10);
  }
  CHECK(created.size() == 2);
  CHECK(removed.size() == 2);
  CHECK(cut.size() == 2);
}

TEST_CASE("the same seed gives the same disk") {
  const auto crashed = [](std::uint64_t seed) {
    MemoryStorage storage;
    for (const char* name : {"a", "b", "c"}) {
      REQUIRE(storage.open(name, Mode::create).value()->write_at(0, bytes_of(std::string(5000, *name))));
      if (*name == 'b') REQUIRE(storage.sync_folder());
    }
    storage.crash(seed);
    return storage.files();
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) CHECK(crashed(seed) == crashed(seed));
  CHECK(crashed(1) != crashed(2));
}

TEST_CASE("a dead process's files and lock are gone, and what it wrote is not") {
  MemoryStorage storage;
  REQUIRE(storage.lock());
  CHECK_FALSE(storage.lock());
  auto file = storage.open("f", Mode::create).value();
  REQUIRE(file->write_at(0, bytes_of("written")));
  storage.kill();
  CHECK_FALSE(file->write_at(0, bytes_of("x")));
  CHECK_FALSE(file->sync());
  CHECK(storage.files().at("f") == "written");
  CHECK(storage.lock());
}

TEST_CASE("a planned error hits the nth operation of its kind, once") {
  MemoryStorage storage;
  auto file = storage.open("f", Mode::create).value();
  storage.fail_nth(StorageOperation::write, 2, {ErrorKind::runtime, "disk full"});
  CHECK(file->write_at(0, bytes_of("one")));
  REQUIRE(file->sync());
  const Status second = file->write_at(3, bytes_of("two"));
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message == "disk full");
  CHECK(storage.files().at("f").size() <= 6);
  CHECK(file->write_at(3, bytes_of("two")));
  CHECK(storage.operations(StorageOperation::write) == 3);
  storage.fail_nth(StorageOperation::any, 1);
  CHECK_FALSE(storage.list());
  CHECK(storage.list());
}

TEST_CASE("a sync that failed has lost writes that can still be read, and the next sync is silent about it") {
  std::set<bool> lost;
  for (int fill = 0; fill < 40; ++fill) {
    MemoryStorage storage({{"f", std::string(4096, 'o')}});
    auto file = storage.open("f", Mode::read_write).value();
    const std::string text(4096, static_cast<char>('a' + fill % 26));
    for (int i = 0; i < fill; ++i) REQUIRE(file->write_at(0, bytes_of(text)));  // other luck each time
    REQUIRE(file->write_at(0, bytes_of(text)));
    storage.fail_nth(StorageOperation::sync, 1);
    CHECK_FALSE(file->sync());
    CHECK(storage.files().at("f") == text);
    CHECK(file->sync());
    CHECK(storage.files().at("f") == text);
    CHECK(file->sync_and_drop_cache());
    lost.insert(storage.files().at("f") != text);
  }
  CHECK(lost.count(true) == 1);
}

TEST_CASE("what is open for reading cannot be changed, what is not there cannot be opened, nor made twice") {
  MemoryStorage storage(MemoryStorage::Files{{"f", "text"}});
  auto file = storage.open("f", Mode::read).value();
  CHECK_FALSE(file->write_at(0, bytes_of("x")));
  CHECK_FALSE(file->truncate(0));
  CHECK_FALSE(storage.open("g", Mode::read));
  CHECK_FALSE(storage.open("f", Mode::create));
  CHECK_FALSE(storage.remove("g"));
  CHECK_FALSE(storage.rename("g", "h"));
  CHECK(storage.files().at("f") == "text");
}

}  // namespace
}  // namespace doorbuster
