// Which hold runs out first, against a sorted multimap of the standard library.
#include "doorbuster/engine/hold_calendar.h"

#include <algorithm>
#include <map>
#include <random>

#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr Tick at(std::int64_t ns) {
  return {ns};
}

TEST_CASE("the first of an offer is the one that runs out first, however it came to its end") {
  HoldCalendar calendar(10);
  calendar.resize_offers(2);
  CHECK(calendar.first({0}).expires_at == HoldCalendar::kNever);
  CHECK(calendar.next() == HoldCalendar::kNever);
  calendar.add({0}, {0}, at(10));
  calendar.add({1}, {0}, at(20));
  calendar.add({2}, {0}, at(15));  // shorter than the one before it
  calendar.add({3}, {1}, at(12));
  CHECK(calendar.first({0}).hold == OrderSlot{0});
  calendar.move({0}, at(30));
  CHECK(calendar.first({0}).hold == OrderSlot{2});
  calendar.move({0}, at(5));
  CHECK(calendar.first({0}).hold == OrderSlot{0});
  CHECK(calendar.first({0}).expires_at == at(5));
  CHECK(calendar.next() == at(5));
  calendar.remove({0});
  calendar.remove({2});
  CHECK(calendar.first({0}).hold == OrderSlot{1});
  CHECK(calendar.first({1}).hold == OrderSlot{3});
  calendar.remove({1});
  CHECK(calendar.first({0}).expires_at == HoldCalendar::kNever);
}

TEST_CASE("due() names offers whose first has run out, to the nanosecond, and forgets what is gone") {
  HoldCalendar calendar(10);
  calendar.resize_offers(3);
  calendar.add({0}, {0}, at(10));
  calendar.add({1}, {2}, at(20));
  CHECK_FALSE(calendar.due(at(9)).has_value());
  CHECK(calendar.due(at(10)) == OfferIndex{0});
  CHECK(calendar.due(at(10)) == OfferIndex{0});  // until it is taken away
  calendar.move({0}, at(25));
  CHECK_FALSE(calendar.due(at(19)).has_value());
  CHECK(calendar.next() == at(20));  // the alarm that meant nothing is forgotten
  CHECK(calendar.due(at(20)) == OfferIndex{2});
  calendar.remove({1});
  CHECK(calendar.due(at(25)) == OfferIndex{0});
  calendar.remove({0});
  CHECK_FALSE(calendar.due(at(1000)).has_value());
  CHECK(calendar.next() == HoldCalendar::kNever);
}

// The calendar, and what it has to say.
class Model {
 public:
  explicit Model(std::uint64_t seed) : random_(seed) { calendar_.resize_offers(kOffers); }

  void step() {
    now_ += below(4);
    const std::uint32_t slot = below(kSlots);
    const auto found = expires_.find(slot);
    if (found == expires_.end()) {
      // Mostly in the order in which they are made, as holds of one offer are.
      const std::int64_t end = now_ + (below(3) == 0 ? below(400) : 200);
      calendar_.add({slot}, {slot % kOffers}, at(end));
      put(slot, end);
    } else if (below(2) == 0) {
      const std::int64_t end = now_ + below(400);
      calendar_.move({slot}, at(end));
      take(slot);
      put(slot, end);
    } else {
      calendar_.remove({slot});
      take(slot);
    }
    if (below(16) == 0) expire();
    check();
  }

 private:
  static constexpr std::uint32_t kOffers = 3, kSlots = 300;

  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  void put(std::uint32_t slot, std::int64_t end) {
    expires_[slot] = end;
    by_end_[slot % kOffers].emplace(end, slot);
  }
  void take(std::uint32_t slot) {
    auto& lane = by_end_[slot % kOffers];
    auto [from, to] = lane.equal_range(expires_.at(slot));
    while (from->second != slot) REQUIRE(++from != to);
    lane.erase(from);
    expires_.erase(slot);
  }
  // Everything that has run out, as the timer takes it: all of it comes, and nothing else.
  void expire() {
    std::size_t left = 0;
    for (const auto& [slot, end] : expires_) left += end <= now_ ? 1 : 0;
    for (; left > 0; --left) {
      const auto offer = calendar_.due(at(now_));
      REQUIRE(offer.has_value());
      const HoldCalendar::First first = calendar_.first(*offer);
      REQUIRE(first.expires_at <= at(now_));
      calendar_.remove(first.hold);
      take(first.hold.value);
    }
    REQUIRE_FALSE(calendar_.due(at(now_)).has_value());
  }
  void check() {
    std::int64_t earliest = HoldCalendar::kNever.ns;
    for (std::uint32_t offer = 0; offer < kOffers; ++offer) {
      const auto& lane = by_end_[offer];
      const HoldCalendar::First first = calendar_.first({offer});
      if (lane.empty()) {
        REQUIRE(first.expires_at == HoldCalendar::kNever);
        continue;
      }
      REQUIRE(first.expires_at == at(lane.begin()->first));
      // Of several that run out together any may be it.
      REQUIRE(expires_.at(first.hold.value) == lane.begin()->first);
      REQUIRE(first.hold.value % kOffers == offer);
      earliest = std::min(earliest, lane.begin()->first);
    }
    REQUIRE(calendar_.next() <= at(earliest));  // an alarm too many does no harm, one too late would
  }

  std::mt19937_64 random_;
  HoldCalendar calendar_{kSlots};
  std::int64_t now_ = 1000;
  std::map<std::uint32_t, std::int64_t> expires_;  // by slot
  std::multimap<std::int64_t, std::uint32_t> by_end_[kOffers];
};

TEST_CASE("through random additions, moves and removals the calendar agrees with a multimap") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    Model model(seed);
    for (int i = 0; i < 5000; ++i) model.step();
  }
}

}  // namespace
}  // namespace doorbuster
