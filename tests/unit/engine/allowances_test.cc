// Units by name over a campaign: never above the limit, whoever asks at the same time.
#include "doorbuster/engine/allowances.h"

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "support/catch.h"

namespace doorbuster {
namespace {

Hash128 name(std::uint64_t number) {
  return {.low = number, .high = number * 0x9e3779b97f4a7c15};
}

TEST_CASE("units are taken under all names or under none") {
  Allowances allowances(10);
  const std::array both{name(1), name(2)};
  const std::array one{name(2)};
  CHECK(allowances.take(one, 2, 3));
  CHECK_FALSE(allowances.take(both, 2, 3));
  CHECK(allowances.units(name(1)) == 0);
  CHECK(allowances.units(name(2)) == 2);
  CHECK(allowances.take(both, 1, 3));
  CHECK_FALSE(allowances.take(one, 1, 3));
  CHECK(allowances.take_anyway(one, 5));
  CHECK(allowances.units(name(2)) == 8);
  allowances.give_back(both, 1);
  allowances.give_back(one, 7);
  CHECK(allowances.units(name(1)) == 0);
  CHECK(allowances.units(name(2)) == 0);
  CHECK(allowances.units(name(3)) == 0);
}

TEST_CASE("names that share words or a place in the table are different names") {
  Allowances allowances(64);
  // The same first word, words of zero, and first words that fall on one place.
  const std::vector<Hash128> names = {{1, 1}, {1, 2}, {1, 3}, {0, 5}, {5, 0}, {1 + (1ULL << 40), 1}, {2, 1}};
  std::uint32_t units = 0;
  for (const Hash128& one : names) REQUIRE(allowances.take({&one, 1}, ++units, 100));
  units = 0;
  for (const Hash128& one : names) CHECK(allowances.units(one) == ++units);
}

TEST_CASE("without room for another name nothing is taken, and names that are there go on") {
  Allowances allowances(2);
  const std::array first{name(1), name(2)};
  CHECK(allowances.take(first, 1, 9));
  CHECK(allowances.full());
  const std::array more{name(1), name(3)};
  CHECK_FALSE(allowances.take(more, 1, 9));
  CHECK_FALSE(allowances.take_anyway(more, 1));
  CHECK(allowances.units(name(1)) == 1);
  CHECK(allowances.take(first, 1, 9));
}

TEST_CASE("the state hash is that of the names with units, in whatever order they came") {
  Allowances a(10), b(10), empty(10);
  const std::array one{name(1)}, two{name(2)}, three{name(3)};
  REQUIRE((a.take(one, 1, 9) && a.take(two, 2, 9)));
  REQUIRE((b.take(three, 1, 9) && b.take(two, 2, 9) && b.take(one, 1, 9)));
  CHECK(a.state_hash() != b.state_hash());
  b.give_back(three, 1);
  CHECK(a.state_hash() == b.state_hash());
  b.give_back(one, 1);
  CHECK(a.state_hash() != b.state_hash());
  b.give_back(two, 2);
  CHECK(b.state_hash() == empty.state_hash());
}

// Two at once, both off at the same moment.
template <typename First, typename Second>
void race(const First& first, const Second& second) {
  std::atomic<int> ready = 0;
  const auto off = [&ready] {
    ++ready;
    while (ready.load() < 2) std::this_thread::yield();
  };
  std::thread other([&] {
    off();
    second();
  });
  off();
  first();
  other.join();
}

TEST_CASE("two threads that race for one limit never have more than it between them") {
  constexpr std::uint32_t kLimit = 1000;
  for (int round = 0; round < 20; ++round) {
    Allowances allowances(10);
    std::array<std::uint32_t, 2> had{};
    const auto take_all = [&](std::uint32_t& mine) {
      const std::array card{name(7)};
      for (std::uint32_t i = 0; i < kLimit; ++i) mine += allowances.take(card, 1, kLimit) ? 1U : 0U;
    };
    race([&] { take_all(had[0]); }, [&] { take_all(had[1]); });
    REQUIRE(had[0] + had[1] == kLimit);  // one name: nobody is refused in vain
    REQUIRE(allowances.units(name(7)) == kLimit);
  }
}

TEST_CASE("units that are taken under several names and given back by two threads all come back") {
  constexpr std::uint32_t kLimit = 3;
  Allowances allowances(100);
  std::atomic<std::int64_t> out = 0;
  std::atomic<bool> above = false;
  const auto trade = [&](std::uint64_t own) {
    const std::array names{name(own), name(7), name(8)};
    for (int i = 0; i < 20'000; ++i) {
      if (!allowances.take(names, 2, kLimit)) continue;
      // Two units of three: both threads at once would be four.
      if (out.fetch_add(2) + 2 > kLimit) above = true;
      out.fetch_sub(2);
      allowances.give_back(names, 2);
    }
  };
  race([&] { trade(1); }, [&] { trade(2); });
  CHECK_FALSE(above.load());
  for (const std::uint64_t one : {1U, 2U, 7U, 8U}) CHECK(allowances.units(name(one)) == 0);
  CHECK(allowances.state_hash() == Allowances(100).state_hash());
}

TEST_CASE("two threads that meet in the same free places claim each name once") {
  constexpr std::uint64_t kNames = 200;
  // Three first words for all, so that they do meet.
  const auto shared = [](std::uint64_t i) { return Hash128{.low = 1 + i % 3, .high = i + 1}; };
  for (int round = 0; round < 50; ++round) {
    Allowances allowances(kNames + 1);
    std::atomic<bool> refused = false;
    const auto take_each = [&] {
      for (std::uint64_t i = 0; i < kNames; ++i) {
        const Hash128 one = shared(i);
        if (!allowances.take_anyway({&one, 1}, 1)) refused = true;
      }
    };
    race(take_each, take_each);
    REQUIRE_FALSE(refused.load());
    for (std::uint64_t i = 0; i < kNames; ++i) REQUIRE(allowances.units(shared(i)) == 2);
  }
}

}  // namespace
}  // namespace doorbuster
