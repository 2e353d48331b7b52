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

TEST_CASE("a lasting error hits every later operation of its kind, until it is forgotten") {
  MemoryStorage storage({{"f", std::string("text")}});
  auto file = storage.open("f", Mode::read).value();
  std::byte out[4];
  storage.fail_from_nth(StorageOperation::read, 2);
  CHECK(file->read_at(0, out));
  CHECK_FALSE(file->read_at(0, out));
  CHECK_FALSE(file->read_at(0, out));
  storage.forget_plan();
  CHECK(file->read_at(0, out));
}

TEST_CASE("a full disk takes what it has room for, and writes over what is there go on") {
  MemoryStorage storage({{"f", std::string(100, 'o')}});
  auto file = storage.open("f", Mode::read_write).value();
  storage.set_capacity(150);
  CHECK(file->write_at(0, bytes_of(std::string(100, 'n'))));
  CHECK_FALSE(file->write_at(100, bytes_of(std::string(80, 'n'))));
  CHECK(storage.files().at("f") == std::string(150, 'n'));
  CHECK_FALSE(storage.open("g", Mode::create).value()->write_at(0, bytes_of("x")));
}

TEST_CASE("a misdirected write is reported as done, lands elsewhere within an end, and cannot be lost") {
  std::set<std::string> hit;
  for (std::uint64_t fill = 0; fill < 60; ++fill) {
    MemoryStorage storage({{"f", std::string(1024, 'o')}, {"g", std::string(700, 'o')}});
    auto file = storage.open("f", Mode::read_write).value();
    // Other luck each time.
    for (std::uint64_t i = 0; i < fill; ++i) {
      storage.misdirect_nth_write(1);
      REQUIRE(file->write_at(0, bytes_of("o")));
    }
    storage.misdirect_nth_write(2);
    REQUIRE(file->write_at(0, bytes_of(std::string(512, 'o'))));
    REQUIRE(file->write_at(1024, bytes_of(std::string(300, 'n'))));
    REQUIRE(file->sync());
    const std::string where = storage.misdirected_to();
    storage.kill();
    const auto files = storage.files();
    REQUIRE(files.at("f").size() == 1324);
    REQUIRE(files.at("f").substr(1024, 300).find('n') == std::string::npos);
    REQUIRE(files.at("g").size() == 700);
    const bool there = (files.at("f") + files.at("g")).find('n') != std::string::npos;
    REQUIRE(there == (where != "nowhere"));
    hit.insert(where);
  }
  CHECK(hit.contains("f at 0"));
  CHECK(hit.contains("g at 512"));
}

TEST_CASE("rot changes a few bits of what is durable, and says where") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const MemoryStorage::Files before = {{"f", std::string(100, 'o')}, {"g", std::string(100, 'o')}};
    MemoryStorage storage(before);
    const std::string where = storage.rot(seed);
    const auto files = storage.files();
    const std::string name = where.substr(0, 1);
    CHECK(files.at(name == "f" ? "g" : "f") == std::string(100, 'o'));
    const std::size_t at = std::stoul(where.substr(where.rfind(' ')));
    CHECK(files.at(name).substr(0, at) == std::string(at, 'o'));
    storage.crash(seed);
    CHECK(storage.files() == files);
  }
  CHECK(MemoryStorage().rot(1).empty());
}

TEST_CASE("an observer hears of every operation before it happens, and what it throws prevents it") {
  MemoryStorage storage;
  std::string heard;
  storage.observe([&](StorageOperation operation, std::string_view name) {
    heard += std::to_string(static_cast<int>(operation)) + std::string(name) + " ";
    if (operation == StorageOperation::write) throw 1;
  });
  auto file = storage.open("f", Mode::create).value();
  CHECK_THROWS_AS(static_cast<void>(file->write_at(0, bytes_of("x"))), int);
  CHECK(storage.files().at("f").empty());
  CHECK(heard == "0f 3f ");
}

}  // namespace
}  // namespace doorbuster
