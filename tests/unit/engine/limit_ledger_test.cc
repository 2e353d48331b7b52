// Units by name, and the holds that they are in.
#include "doorbuster/engine/limit_ledger.h"

#include <algorithm>
#include <array>
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
  LimitLedger ledger(10, 100, 100);
  CHECK(ledger.units(name(1)) == 0);
  ledger.add(name(1), 3);
  ledger.add(name(2), 5);
  ledger.add_hold(name(1), 2, {.slot = {7}}, always);
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
  LimitLedger ledger(10, 100, 100);
  OrderSlot found;
  CHECK_FALSE(ledger.find_hold(name(1), always, found));
  for (std::uint32_t slot = 1; slot <= 5; ++slot) ledger.add_hold(name(1), 1, {.slot = {slot}}, always);
  ledger.add_hold(name(2), 1, {.slot = {6}}, always);
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
  LimitLedger ledger(10, 100, 100);
  for (std::uint32_t slot = 1; slot <= 4; ++slot) ledger.add_hold(name(1), 1, {.slot = {slot}}, always);
  ledger.add_hold(name(1), 1, {.slot = {5}}, [](OrderSlot slot) { return slot.value % 2 == 0; });
  std::vector<std::uint32_t> seen;
  OrderSlot found;
  ledger.find_hold(
      name(1), [&](OrderSlot slot) { return seen.push_back(slot.value), false; }, found);
  CHECK(seen == std::vector<std::uint32_t>{5, 4, 2});
}

TEST_CASE("there is room for an order as long as five more names fit") {
  constexpr std::uint64_t kPerOrder = kIdentitiesMax + 1;
  LimitLedger names(1, kPerOrder + 1, 1000);
  CHECK(names.has_room());
  names.add(name(1), 1);
  CHECK(names.has_room());
  names.add(name(2), 1);
  CHECK_FALSE(names.has_room());
}

TEST_CASE("a name without units and holds is gone, one with either is not") {
  LimitLedger ledger(10, 100, 100);
  ledger.add(name(1), 3);
  ledger.forget(name(1), 2, {.slot = {1}});
  CHECK(ledger.units(name(1)) == 1);
  ledger.forget(name(1), 1, {.slot = {2}});
  CHECK(ledger.names() == 0);

  ledger.add_hold(name(2), 2, {.slot = {3}}, always);
  ledger.add_hold(name(2), 1, {.slot = {4}}, always);
  ledger.subtract(name(2), 3);
  ledger.forget_if_empty(name(2));
  CHECK(ledger.names() == 1);
  ledger.forget(name(2), 0, {.slot = {3}});
  CHECK(ledger.names() == 1);
  OrderSlot found;
  REQUIRE(ledger.find_hold(name(2), always, found));
  CHECK(found == OrderSlot{4});
  ledger.forget(name(2), 0, {.slot = {4}});
  CHECK(ledger.names() == 0);
  ledger.forget(name(2), 0, {.slot = {5}});  // another order of the name, after the last that kept it
  CHECK(ledger.names() == 0);
}

TEST_CASE("a slot that is another order's is not found under the names of the one before") {
  LimitLedger ledger(10, 100, 100);
  ledger.add_hold(name(1), 1, {.slot = {7}}, always);
  ledger.add_hold(name(2), 1, {.slot = {7}, .name = 1}, always);
  ledger.subtract(name(1), 1);
  ledger.forget(name(1), 0, {.slot = {7}});
  ledger.forget(name(2), 1, {.slot = {7}, .name = 1});
  ledger.add_hold(name(3), 1, {.slot = {7}}, always);
  OrderSlot found;
  CHECK_FALSE(ledger.find_hold(name(1), always, found));
  CHECK_FALSE(ledger.find_hold(name(2), always, found));
  REQUIRE(ledger.find_hold(name(3), always, found));
  CHECK(found == OrderSlot{7});
}

TEST_CASE(
    "through random holds and slots that are used again each name finds its own, and names do not add up") {
  constexpr std::uint32_t kNames = 30, kSlots = 40, kSteps = 40'000;
  struct Held {
    std::array<std::uint32_t, 3> names{};
    bool is_there = false, is_live = false;
  };
  LimitLedger ledger(kNames / 2, kNames + kIdentitiesMax + 1, kSlots);
  std::mt19937_64 random(20261128);
  std::vector<Held> slots(kSlots);
  const auto live = [&](OrderSlot slot) { return slots[slot.value].is_live; };
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    const auto slot = static_cast<std::uint32_t>(random() % kSlots);
    Held& held = slots[slot];
    if (!held.is_there) {
      held = {.is_there = true, .is_live = true};
      for (std::uint32_t i = 0; i < held.names.size(); ++i) {
        held.names[i] = static_cast<std::uint32_t>(i * 10 + random() % 10);  // no order has one twice
        ledger.add_hold(name(held.names[i]), 1, {.slot = {slot}, .name = i}, live);
      }
    } else if (held.is_live) {
      held.is_live = false;
      for (const std::uint32_t each : held.names) ledger.subtract(name(each), 1);
    } else {
      for (std::uint32_t i = 0; i < held.names.size(); ++i) {
        ledger.forget(name(held.names[i]), 0, {.slot = {slot}, .name = i});
      }
      held = {};
    }
    std::set<std::uint32_t> kept;
    for (const Held& each : slots) {
      if (each.is_there) kept.insert(each.names.begin(), each.names.end());
    }
    REQUIRE(ledger.names() <= kept.size());
    const auto who = static_cast<std::uint32_t>(random() % kNames);
    std::set<std::uint32_t> expected, seen;
    for (std::uint32_t i = 0; i < kSlots; ++i) {
      const auto& names = slots[i].names;
      const bool is_its = std::find(names.begin(), names.end(), who) != names.end();
      if (slots[i].is_live && is_its) expected.insert(i);
    }
    OrderSlot none;
    ledger.find_hold(
        name(who),
        [&](OrderSlot other) {
          if (live(other)) REQUIRE(seen.insert(other.value).second);
          return false;
        },
        none);
    REQUIRE(seen == expected);
    REQUIRE(ledger.units(name(who)) == expected.size());
  }
}

TEST_CASE("through random holds of many names no live one is lost, and the links used are few") {
  constexpr std::uint32_t kNames = 20, kSlots = 20'000;
  LimitLedger ledger(10, 100, kSlots);
  std::mt19937_64 random(20261127);
  std::vector<bool> live(kSlots, false);
  std::map<std::uint32_t, std::set<std::uint32_t>> holds;
  for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
    const auto who = static_cast<std::uint32_t>(random() % kNames);
    live[slot] = true;
    ledger.add_hold(name(who), 1, {.slot = {slot}}, [&](OrderSlot other) { return live[other.value]; });
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
