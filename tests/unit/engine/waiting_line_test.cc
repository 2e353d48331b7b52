// First come, first served, against a deque of the standard library.
#include "doorbuster/engine/waiting_line.h"

#include <algorithm>
#include <deque>
#include <random>

#include "doorbuster/base/limits.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

TEST_CASE("a line has an order, lets go anybody, and knows who is first") {
  WaitingLines lines;
  lines.resize_offers(2);
  CHECK(lines.size({0}) == 0);
  CHECK_FALSE(lines.first({0}).has_value());
  CHECK_FALSE(lines.full({0}));
  for (std::uint32_t slot = 10; slot < 14; ++slot) CHECK(lines.join({0}, {slot}) == slot - 10);
  CHECK(lines.join({1}, {99}) == 0);
  CHECK(lines.size({0}) == 4);
  CHECK(lines.first({0}) == OrderSlot{10});
  CHECK(lines.position({0}, 3) == 4);
  lines.leave({0}, 1);
  CHECK(lines.position({0}, 3) == 3);
  lines.leave({0}, 0);
  CHECK(lines.first({0}) == OrderSlot{12});
  CHECK(lines.position({0}, 2) == 1);
  CHECK(lines.position({0}, 3) == 2);
  lines.leave({0}, 3);
  lines.leave({0}, 2);
  CHECK(lines.size({0}) == 0);
  CHECK_FALSE(lines.first({0}).has_value());
  CHECK(lines.join({0}, {14}) == 4);  // a number is nobody's twice
  CHECK(lines.first({1}) == OrderSlot{99});
}

TEST_CASE("a line is full when its last place is as far from its first as the bound says") {
  WaitingLines lines;
  lines.resize_offers(1);
  // Not at a word's beginning, so that the last places share a word with the first.
  for (std::uint32_t i = 0; i < 37; ++i) lines.leave({0}, lines.join({0}, {i}));
  for (std::uint32_t i = 0; i < kLinePlacesMax; ++i) {
    REQUIRE_FALSE(lines.full({0}));
    REQUIRE(lines.join({0}, {i}) == 37 + i);
  }
  CHECK(lines.full({0}));
  CHECK(lines.size({0}) == kLinePlacesMax);
  CHECK(lines.position({0}, 37) == 1);
  CHECK(lines.position({0}, 37 + kLinePlacesMax - 1) == kLinePlacesMax);
  lines.leave({0}, 37 + 5);  // in the middle: no room yet
  CHECK(lines.full({0}));
  CHECK(lines.position({0}, 37 + kLinePlacesMax - 1) == kLinePlacesMax - 1);
  lines.leave({0}, 37);
  CHECK_FALSE(lines.full({0}));
  CHECK(lines.join({0}, {1}) == 37 + kLinePlacesMax);
  CHECK(lines.full({0}));
  for (std::uint32_t i = 1; i <= 4; ++i) lines.leave({0}, 37 + i);
  CHECK(lines.first({0}) == OrderSlot{6});  // who left in the middle is passed over
}

TEST_CASE("through random arrivals and departures, many times around, a line agrees with a deque") {
  struct Person {
    std::uint32_t slot, place;
  };
  WaitingLines lines;
  lines.resize_offers(1);
  std::mt19937_64 random(20261127);
  std::deque<Person> model;
  std::uint32_t arrivals = 0;
  std::size_t longest = 0;
  for (std::uint32_t i = 0; arrivals < 5 * kLinePlacesMax; ++i) {
    // Grows, stands and shrinks in turns.
    const std::uint64_t joins = (i / 20'000) % 2 == 0 ? 7 : 3;
    if (random() % 10 < joins && !lines.full({0})) {
      const std::uint32_t place = lines.join({0}, {i});
      REQUIRE(place == arrivals++);
      model.push_back({i, place});
    } else if (!model.empty()) {
      const std::size_t who = random() % 3 == 0 ? random() % model.size() : 0;
      lines.leave({0}, model[who].place);
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(who));
    }
    longest = std::max(longest, model.size());
    REQUIRE(lines.size({0}) == model.size());
    REQUIRE(lines.first({0}).has_value() == !model.empty());
    if (model.empty()) continue;
    REQUIRE(lines.first({0})->value == model.front().slot);
    const std::size_t who = random() % model.size();
    REQUIRE(lines.position({0}, model[who].place) == who + 1);
  }
  CHECK(longest > 5000);
}

}  // namespace
}  // namespace doorbuster
