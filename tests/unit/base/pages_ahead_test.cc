// Memory that is taken before it is needed.

#include "doorbuster/base/pages_ahead.h"

#include <sys/mman.h>

#include <cstdint>

#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::size_t kMiB = 1U << 20;
constexpr std::size_t kRows = 32 * kMiB / sizeof(std::uint64_t);
using Rows = ReservedArray<std::uint64_t>;

bool is_in_memory(const Rows& rows, std::size_t byte) {
  constexpr std::size_t kPage = 4096;
  unsigned char there = 0;
  // mincore() takes any address of a page that it may look at.
  auto* page = const_cast<char*>(reinterpret_cast<const char*>(rows.data()) + byte / kPage * kPage);
  REQUIRE(mincore(page, 1, &there) == 0);
  return (there & 1) != 0;
}

std::uint64_t rows_in(std::size_t bytes) {
  return bytes / sizeof(std::uint64_t);
}

TEST_CASE("pages are in memory before they are touched, so far and not much further") {
  const Rows rows(kRows);
  REQUIRE_FALSE(is_in_memory(rows, 0));
  PagesAhead ahead;
  ahead.follow(rows, 0);
  for (std::size_t byte = 0; byte < kPagesAheadBytes; byte += 4096) REQUIRE(is_in_memory(rows, byte));
  // A huge page may reach further than it was asked for.
  CHECK_FALSE(is_in_memory(rows, 2 * kPagesAheadBytes + 2 * kMiB));
}

TEST_CASE("whoever fills an array always has as much ahead, to its end and not beyond") {
  Rows rows(kRows);
  PagesAhead ahead;
  for (std::uint64_t filled = 0; filled <= kRows; filled += rows_in(kMiB / 2)) {
    CAPTURE(filled);
    ahead.follow(rows, filled);
    const std::size_t filled_bytes = filled * sizeof(std::uint64_t);
    const std::size_t wanted = std::min(filled_bytes + kPagesAheadBytes, 32 * kMiB);
    REQUIRE(ahead.taken_bytes() >= wanted);
    REQUIRE(ahead.taken_bytes() <= std::min(wanted + kPagesAheadBytes, 32 * kMiB));
    REQUIRE(is_in_memory(rows, wanted - 1));
    if (filled < kRows) rows[filled] = filled + 1;
  }
  for (std::uint64_t filled = 0; filled < kRows; filled += rows_in(kMiB / 2)) {
    REQUIRE(rows[filled] == filled + 1);
    REQUIRE(rows[filled + 1] == 0);
  }
}

TEST_CASE("what came back from a checkpoint is not taken again, and an empty array has nothing to take") {
  const Rows rows(kRows);
  PagesAhead ahead;
  ahead.follow(rows, rows_in(16 * kMiB));
  CHECK(ahead.taken_bytes() == 16 * kMiB + kPagesAheadBytes);
  CHECK_FALSE(is_in_memory(rows, 4 * kMiB));
  CHECK(is_in_memory(rows, 16 * kMiB));

  const Rows none(0);
  PagesAhead of_none;
  of_none.follow(none, 0);
  of_none.follow(none, 7);
  CHECK(of_none.taken_bytes() == 0);
}

}  // namespace
}  // namespace doorbuster
