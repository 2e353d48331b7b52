// A table whose entries come and go for ever.
#include "doorbuster/base/reserved_table.h"

#include <unistd.h>

#include <fstream>
#include <map>
#include <random>

#include "support/catch.h"

namespace doorbuster {
namespace {

// Everybody lives in one of a few places, so that runs of entries are long and go over the end.
struct BadHash {
  std::uint64_t operator()(std::uint64_t key) const noexcept { return key % 3; }
};
struct Itself {
  std::uint64_t operator()(std::uint64_t key) const noexcept { return key; }
};

constexpr std::uint64_t kSizeMax = 40;

template <typename Table>
void play(Table table, std::uint64_t seed) {
  std::map<std::uint64_t, std::uint32_t> twin;
  std::mt19937_64 random(seed);
  for (std::uint32_t step = 0; step < 60'000; ++step) {
    const std::uint64_t key = 1 + random() % 80;
    const bool is_there = twin.contains(key);
    if (is_there && random() % 2 == 0) {
      table.erase(key);
      twin.erase(key);
    } else if (is_there || twin.size() < kSizeMax) {
      REQUIRE(table.add(key) == twin[key]);
      table.add(key) = twin[key] = step;
    }
    REQUIRE(table.size() == twin.size());
    const std::uint64_t other = 1 + random() % 80;
    const std::uint32_t* found = table.find(other);
    REQUIRE((found != nullptr) == twin.contains(other));
    if (found != nullptr) REQUIRE(*found == twin[other]);
    if (step % 512 != 0) continue;
    std::map<std::uint64_t, std::uint32_t> visited;
    table.visit(
        [&](std::uint64_t each, std::uint32_t value) { REQUIRE(visited.emplace(each, value).second); });
    REQUIRE(visited == twin);
  }
}

TEST_CASE("through entries that come and go without end the table has those that are there, full and empty") {
  play(ReservedTable<std::uint64_t, std::uint32_t, Itself>(kSizeMax), 1);
  play(ReservedTable<std::uint64_t, std::uint32_t, BadHash>(kSizeMax), 2);
}

TEST_CASE("a table in two parts is one table, however few were expected") {
  for (const std::uint64_t expected : {0U, 1U, 10U, 39U, 40U, 100U}) {
    play(SpillingTable<std::uint64_t, std::uint32_t, Itself>(expected, kSizeMax), 3 + expected);
    play(SpillingTable<std::uint64_t, std::uint32_t, BadHash>(expected, kSizeMax), 4 + expected);
  }
}

TEST_CASE("the second part takes no memory before it has an entry") {
  constexpr std::uint64_t kEntries = 1U << 20;
  const auto resident = [] {
    std::uint64_t all = 0, pages = 0;
    std::ifstream("/proc/self/statm") >> all >> pages;
    return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  };
  const std::uint64_t before = resident();
  SpillingTable<std::uint64_t, std::uint64_t, Itself> table(kEntries / 16, kEntries);
  for (std::uint64_t key = 1; key <= kEntries / 16; ++key) table.add(key);
  constexpr std::uint64_t kEntryBytes = 2 * sizeof(std::uint64_t);
  CHECK(resident() - before < kEntries * kEntryBytes / 2);  // the second part alone would take more than all
  CHECK(table.size() == kEntries / 16);
}

TEST_CASE("nothing is found under the key that marks what is free") {
  ReservedTable<std::uint64_t, std::uint32_t, Itself> table(4);
  CHECK(table.find(0) == nullptr);
  table.add(7) = 1;
  CHECK_FALSE(table.contains(0));
  CHECK(table.contains(7));
}

}  // namespace
}  // namespace doorbuster
