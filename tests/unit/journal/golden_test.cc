// Folders as format 1.0 wrote them, byte for byte, in tests/golden/journal. Every later version must read
// them.
//
// They were made by this file: with DOORBUSTER_UPDATE_GOLDEN=1 it writes them anew. Do that for a new format
// beside the old ones, never over them: the bytes that customers have do not change.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/journal_fixture.h"

namespace doorbuster {
namespace {

const std::filesystem::path kGolden = "tests/golden/journal";

std::string payload_of(int i) {
  return "golden order " + std::to_string(i);
}

// `closed`: two lives, both stopped cleanly. `torn`: one life that was killed while it wrote its third batch.
MemoryStorage::Files make(const std::string& name) {
  MemoryStorage storage;
  RecoveredJournal recovered;
  recovered.fresh = true;
  for (std::size_t i = 0; i < recovered.identity.size(); ++i) {
    recovered.identity[i] = static_cast<std::uint8_t>(i + 1);
  }
  const int lives = name == "closed" ? 2 : 1;
  int order = 0;
  for (int life = 0; life < lives; ++life) {
    if (life > 0) recovered = recover_journal(storage, ignore_record).value();
    auto writer = JournalWriter::open(storage, recovered, kTinySegments).value();
    for (int batch = 0; batch < 3; ++batch) {
      for (int i = 0; i < 2; ++i) append(*writer, payload_of(++order));
      must_commit(*writer);
    }
    if (name == "closed") must_close(*writer);
  }
  auto files = storage.files();
  if (name == "torn") {
    // Every record and every batch end has 56 bytes here. Half of the third batch's second record and its end
    // never got to the disk, and the watermark is the one before.
    std::string& segment = files["journal-0000000000000001.seg"];
    const std::size_t torn_at = sizeof(SegmentHeader) + 7 * 56;
    segment.resize(torn_at + 56);
    segment.replace(torn_at + 32, 24, 24, '\0');
    const Watermark watermark = [&] {
      MemoryStorage other;
      auto writer = JournalWriter::open(other, recovered, kTinySegments).value();
      for (int i = 1; i <= 4; ++i) {
        append(*writer, payload_of(i));
        if (i % 2 == 0) must_commit(*writer);
      }
      Watermark read;
      const auto bytes = other.files().at("watermark");
      std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(&read));
      return read;
    }();
    files["watermark"].assign(reinterpret_cast<const char*>(&watermark), sizeof watermark);
  }
  files.erase("spare");
  return files;
}

MemoryStorage::Files load(const std::string& name) {
  MemoryStorage::Files files;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden / "1.0" / name)) {
    std::ifstream in(entry.path(), std::ios::binary);
    files[entry.path().filename().string()].assign(std::istreambuf_iterator<char>(in), {});
  }
  return files;
}

void save(const std::string& name, const MemoryStorage::Files& files) {
  std::filesystem::create_directories(kGolden / "1.0" / name);
  for (const auto& [file, bytes] : files) {
    std::ofstream(kGolden / "1.0" / name / file, std::ios::binary) << bytes;
  }
}

void check_orders(const Seen& seen, int count) {
  REQUIRE(seen.size() == static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) CHECK(seen[static_cast<std::size_t>(i)].payload == payload_of(i + 1));
}

TEST_CASE("golden files are written anew when they are asked for") {
  if (std::getenv("DOORBUSTER_UPDATE_GOLDEN") == nullptr) return;
  for (const std::string name : {"closed", "torn"}) save(name, make(name));
}

TEST_CASE("a cleanly stopped folder of format 1.0 is read in full") {
  MemoryStorage storage(load("closed"));
  const auto life = must_start(storage);
  check_orders(life.seen, 12);
  CHECK(life.recovered.identity[15] == 16);
  CHECK(life.recovered.epoch == 2);
  CHECK(life.recovered.next_sequence == 21);
  CHECK(life.recovered.last_crc == 0xa946fdf9);
  CHECK(life.recovered.torn_bytes == 0);
}

TEST_CASE("a folder of format 1.0 with a torn tail is read up to the tear") {
  MemoryStorage storage(load("torn"));
  const auto life = must_start(storage);
  check_orders(life.seen, 5);
  CHECK(life.recovered.torn_bytes == 32);
}

TEST_CASE("this program still writes the bytes of format 1.0") {
  CHECK(make("closed") == load("closed"));
  CHECK(make("torn") == load("torn"));
}

}  // namespace
}  // namespace doorbuster
