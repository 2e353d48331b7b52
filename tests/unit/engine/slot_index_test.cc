// The index of slots against a map, however badly hashes are spread.
#include "doorbuster/engine/slot_index.h"

#include <random>
#include <vector>

#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::uint32_t kSlots = 200;

// What is in the index, by slot; a slot's hash is anything.
struct Twin {
  SlotIndex index{kSlots, Pages::at_first_touch};
  std::vector<std::uint64_t> hash = std::vector<std::uint64_t>(kSlots);
  std::vector<bool> there = std::vector<bool>(kSlots);

  void add(std::uint32_t slot, std::uint64_t with) {
    hash[slot] = with;
    there[slot] = true;
    index.add(with, {slot});
  }
  void erase(std::uint32_t slot) {
    index.erase(hash[slot], {slot}, [this](OrderSlot other) { return hash[other.value]; });
    there[slot] = false;
  }
  void check() const {
    std::uint64_t count = 0;
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      if (there[slot]) ++count;
      const auto found = index.find(hash[slot], [&](OrderSlot candidate) { return candidate.value == slot; });
      REQUIRE(found.has_value() == there[slot]);
      if (found) REQUIRE(found->value == slot);
    }
    REQUIRE(index.size() == count);
  }
};

TEST_CASE("slots come and go, and each is found as long as it is there") {
  std::mt19937_64 random(20261130);
  struct Spread {
    const char* name;
    std::uint64_t mask;
  };
  for (const Spread& spread :
       {Spread{"any hash", ~0ULL}, Spread{"few homes", 0x3000'0000'0000'000fULL},
        Spread{"the last places, so that they go round the end", 0xffff'ffff'0000'0000ULL},
        Spread{"one hash", 0}}) {
    INFO(spread.name);
    Twin twin;
    for (int step = 0; step < 4000; ++step) {
      const auto slot = static_cast<std::uint32_t>(random() % kSlots);
      const std::uint64_t ends =
          spread.mask == 0xffff'ffff'0000'0000ULL ? ~(random() & 0x07ff'ffff'ffff'ffffULL) : 0;
      twin.there[slot] ? twin.erase(slot) : twin.add(slot, (random() & spread.mask) | ends);
      if (step % 16 == 0) twin.check();
    }
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      if (!twin.there[slot]) twin.add(slot, random() & spread.mask);  // until it is full
    }
    twin.check();
  }
}

TEST_CASE("who asks is shown few of those that are passed") {
  SlotIndex index(100'000, Pages::at_first_touch);
  std::mt19937_64 random(7);
  for (std::uint32_t slot = 0; slot < 100'000; ++slot) index.add(random(), {slot});
  std::uint64_t shown = 0;
  for (int i = 0; i < 100'000; ++i) {
    CHECK_FALSE(index.find(random(), [&](OrderSlot) { return ++shown == 0; }).has_value());
  }
  CHECK(shown < 100'000);  // of some four that are passed on the way, a quarter of one
}

}  // namespace
}  // namespace doorbuster
