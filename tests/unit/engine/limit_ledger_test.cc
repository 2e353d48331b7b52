// Units by name, and the holds that they are in.
#include "doorbuster/engine/limit_ledger.h"

#include <map>
#include <random>
#include <set>
#include <vector>

#include "doorbuster/base/limits.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

Hash128 name(std::uint64_t number) {
  return {.low = number * 0x9e3779b97f4a7c15, .high = ~number};
}
const auto always = [](OrderSlot) { return true; };
const auto never = [](OrderSlot) { return false; };

TEST_CASE("units of a name go up and down, and nobody else's with them") {
  LimitLedger ledger(100, 100);
  CHECK(ledger.units(name(1)) == 0);
  ledger.add(name(1), 3);
  ledger.add(name(2), 5);
  ledger.add_hold(name(1), 2, {7}, always);
  CHECK(ledger.units(name(1)) == 5);
  ledger.subtract(name(1), 4);
  CHECK(ledger.units(name(1)) == 1);
  CHECK(ledger.units(name(2)) == 5);
  std::size_t visited = 0;
  ledger.visit([&](const Hash128& key) {
    ++visited;
    CHECK((key == name(1) || key == name(2)));
  });
  CHECK(visited == 2);
}

TEST_CASE("the newest hold of a name that is wanted is found") {
  LimitLedger ledger(100, 100);
  OrderSlot found;
  CHECK_FALSE(ledger.find_hold(name(1), always, found));
  for (std::uint32_t slot = 1; slot <= 5; ++slot) ledger.add_hold(name(1), 1, {slot}, always);
  ledger.add_hold(name(2), 1, {6}, always);
  REQUIRE(ledger.find_hold(name(1), always, found));
  CHECK(found == OrderSlot{5});
  REQUIRE(ledger.find_hold(
      name(1), [](OrderSlot slot) { return slot.value < 4; }, found));
  CHECK(found == OrderSlot{3});
  CHECK_FALSE(ledger.find_hold(name(1), never, found));
  CHECK_FALSE(ledger.find_hold(
      name(1), [](OrderSlot slot) { return slot.value == 6; }, found));
}

TEST_CASE("a hold that is over is forgotten when the name gets another, one that lives is not") {
  LimitLedger ledger(100, 100);
  for (std::uint32_t slot = 1; slot <= 4; ++slot) ledger.add_hold(name(1), 1, {slot}, always);
  ledger.add_hold(name(1), 1, {5}, [](OrderSlot slot) { return slot.value % 2 == 0; });
  std::vector<std::uint32_t> seen;
  OrderSlot found;
  ledger.find_hold(
      name(1), [&](OrderSlot slot) { return seen.push_back(slot.value), false; }, found);
  CHECK(seen == std::vector<std::uint32_t>{5, 4, 2});
}

TEST_CASE("there is room for an order as long as five more names and links fit") {
  constexpr std::uint64_t kPerOrder = kIdentitiesMax + 1;
  LimitLedger names(kPerOrder + 1, 1000);
  CHECK(names.has_room());
  names.add(name(1), 1);
  CHECK(names.has_room());
  names.add(name(2), 1);
  CHECK_FALSE(names.has_room());

  // Links of holds that are over are used again: whoever comes back again and again needs one.
  LimitLedger links(1000, kPerOrder + 1);
  for (std::uint32_t slot = 0; slot < 100; ++slot) {
    REQUIRE(links.has_room());
    links.add_hold(name(1), 1, {slot}, never);
  }
  links.add_hold(name(2), 1, {100}, always);
  CHECK_FALSE(links.has_room());
}

TEST_CASE("through random holds of many names no live one is lost, and the links used are few") {
  constexpr std::uint32_t kNames = 20, kSlots = 20'000;
  LimitLedger ledger(100, kSlots);
  std::mt19937_64 random(20261127);
  std::vector<bool> live(kSlots, false);
  std::map<std::uint32_t, std::set<std::uint32_t>> holds;
  for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
    const auto who = static_cast<std::uint32_t>(random() % kNames);
    live[slot] = true;
    ledger.add_hold(name(who), 1, {slot}, [&](OrderSlot other) { return live[other.value]; });
    holds[who].insert(slot);
    // At most a few live ones each.
    while (holds[who].size() > random() % 6) {
      const std::uint32_t over = *holds[who].begin();
      holds[who].erase(over);
      live[over] = false;
      ledger.subtract(name(who), 1);
    }
    REQUIRE(ledger.units(name(who)) == holds[who].size());
    std::set<std::uint32_t> seen;
    OrderSlot none;
    ledger.find_hold(
        name(who),
        [&](OrderSlot other) {
          if (live[other.value]) seen.insert(other.value);
          return false;
        },
        none);
    REQUIRE(seen == holds[who]);
  }
  CHECK(ledger.has_room());
}

}  // namespace
}  // namespace doorbuster
