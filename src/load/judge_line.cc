#include "load/judge_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <span>
#include <string_view>
#include <utility>

namespace doorbuster::load {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// One reply that said "waiting" with a position.
struct Sight {
  std::int64_t sent_ns = 0, answered_ns = 0;
  std::uint32_t position = 0;
  std::uint32_t place = 0;  // index into Line::places
};

struct Place {
  std::string_view name;
  std::int64_t last_waiting_sent_ns = -1;  // it still waited at some moment after this
  std::int64_t offered_by_ns = kNever;     // it was offered at some moment before this
};

// The places of one SKU with one quantity.
struct Line {
  std::vector<Place> places;
  std::vector<Sight> sights;
};

class LineReader {
 public:
  explicit LineReader(const Lives& lives) : lives_(lives) {
    for (const Life& life : lives.all()) {
      if (lives.first_told(life).ticket) read(life);
    }
  }
  std::map<std::pair<std::uint16_t, std::uint16_t>, Line>& lines() { return lines_; }

 private:
  void read(const Life& life) {
    Line& line = lines_[{life.bought->ask.sku, life.bought->ask.quantity}];
    const auto index = static_cast<std::uint32_t>(line.places.size());
    line.places.push_back({.name = lives_.record().name_in(*life.bought)});
    see(line, index, *life.bought);
    for (const RequestRecord* step : life.steps) see(line, index, *step);
  }

  void see(Line& line, std::uint32_t index, const RequestRecord& request) {
    if (request.told == kNotTold) return;
    const Told& told = lives_.record().told[request.told];
    Place& place = line.places[index];
    if (told.ticket && told.standing == Standing::waiting) {
      line.sights.push_back({request.sent_ns, request.answered_ns, told.position, index});
      place.last_waiting_sent_ns = std::max(place.last_waiting_sent_ns, request.sent_ns);
    } else if (told.offered) {
      place.offered_by_ns = std::min(place.offered_by_ns, request.answered_ns);
    }
  }

  const Lives& lives_;
  std::map<std::pair<std::uint16_t, std::uint16_t>, Line> lines_;
};

// For each position, the place seen at it or before it that waited longest: a tree of prefix maxima.
class LongestWaiting {
 public:
  LongestWaiting(const std::vector<Place>& places, std::uint32_t positions)
      : places_(places), best_(positions + std::size_t{1}, kNobody) {}
  void add(std::uint32_t position, std::uint32_t place) {
    for (std::size_t at = position; at < best_.size(); at += at & (~at + 1)) {
      if (better(place, best_[at])) best_[at] = place;
    }
  }
  // Null when nobody was seen there.
  const Place* up_to(std::uint32_t position) const {
    std::uint32_t best = kNobody;
    for (std::size_t at = position; at > 0; at -= at & (~at + 1)) {
      if (best_[at] != kNobody && better(best_[at], best)) best = best_[at];
    }
    return best == kNobody ? nullptr : &places_[best];
  }

 private:
  static constexpr std::uint32_t kNobody = 0xffff'ffff;
  bool better(std::uint32_t a, std::uint32_t b) const {
    return b == kNobody || places_[a].last_waiting_sent_ns > places_[b].last_waiting_sent_ns;
  }
  const std::vector<Place>& places_;
  std::vector<std::uint32_t> best_;
};

// A place only moves forward. So when one was seen at a position, and afterwards another one at the same or a
// later position, the first of them is in front of the second for good.
void judge_one_line(const Line& line, std::string_view sku, Check& check) {
  std::uint32_t last_position = 0;
  std::vector<const Sight*> by_answer;
  for (const Sight& sight : line.sights) {
    by_answer.push_back(&sight);
    last_position = std::max(last_position, sight.position);
  }
  std::vector<const Sight*> by_sending = by_answer;
  std::sort(by_answer.begin(), by_answer.end(),
            [](const Sight* a, const Sight* b) { return a->answered_ns < b->answered_ns; });
  std::sort(by_sending.begin(), by_sending.end(),
            [](const Sight* a, const Sight* b) { return a->sent_ns < b->sent_ns; });
  LongestWaiting seen(line.places, last_position);
  std::vector<bool> told(line.places.size());
  std::size_t next = 0;
  for (const Sight* behind : by_sending) {
    for (; next < by_answer.size() && by_answer[next]->answered_ns <= behind->sent_ns; ++next) {
      seen.add(by_answer[next]->position, by_answer[next]->place);
    }
    const Place& served = line.places[behind->place];
    const Place* front = seen.up_to(behind->position);
    if (front == nullptr || told[behind->place] || front->last_waiting_sent_ns <= served.offered_by_ns)
      continue;
    told[behind->place] = true;
    check.fail(fmt::format("{}: {} was offered a unit while {} waited in front of it", sku, served.name,
                           front->name));
  }
}

// When units of one SKU were held: for certain, or possibly. Of many spans, how many are open.
class HeldTimes {
 public:
  void add(std::int64_t from_ns, std::int64_t until_ns, std::uint32_t units) {
    if (until_ns <= from_ns) return;
    starts_.emplace_back(from_ns, units);
    ends_.emplace_back(until_ns, units);
  }
  void sort() {
    for (auto* times : {&starts_, &ends_}) {
      std::sort(times->begin(), times->end());
      std::int64_t sum = 0;
      for (auto& [when, units] : *times) sum = units += sum;
    }
  }
  // Units of spans that touch [from, until].
  std::int64_t touching(std::int64_t from_ns, std::int64_t until_ns) const {
    return before(starts_, until_ns + 1) - before(ends_, from_ns);
  }
  // At least this many are open all through [from, until].
  std::int64_t throughout(std::int64_t from_ns, std::int64_t until_ns) const {
    return before(starts_, from_ns + 1) - before(ends_, until_ns + 1);
  }

 private:
  using Times = std::vector<std::pair<std::int64_t, std::int64_t>>;
  static std::int64_t before(const Times& times, std::int64_t when_ns) {
    const auto end = std::lower_bound(times.begin(), times.end(), std::pair(when_ns, INT64_MIN));
    return end == times.begin() ? 0 : std::prev(end)->second;
  }
  Times starts_, ends_;
};

struct HeldOfSku {
  HeldTimes surely, possibly;
};

// The hold of one order, on each of its SKUs: from when to when it is certain, and from when to when it is
// possible.
void add_hold(const Lives& lives, const Life& life, const ServerClock& clock, std::vector<HeldOfSku>& held) {
  const RunRecord& record = lives.record();
  std::int64_t sure_from_ns = -1;
  std::int64_t sure_until_ns = 0;
  std::int64_t possible_until_ns = kNever;
  bool never_held = false;
  bool resolved = false;
  const auto see = [&](const RequestRecord& request) {
    const Told told = request.told == kNotTold ? Told{} : record.told[request.told];
    const bool decided = !is_passing(request.answer);
    const bool may_end = request.ask.verb == Verb::confirm || request.ask.verb == Verb::cancel ||
                         request.ask.verb == Verb::payment_failed;
    if (told.standing == Standing::held && told.expires_at.ns != 0 && !resolved) {
      if (sure_from_ns < 0) sure_from_ns = request.answered_ns;
      const std::int64_t expires_ns = clock.record_ns(told.expires_at);
      sure_until_ns = expires_ns - clock.error_ns;
      possible_until_ns = expires_ns + clock.error_ns;
    } else if (told.standing == Standing::left || (told.standing == Standing::confirmed && sure_from_ns < 0 &&
                                                   request.ask.verb == Verb::buy && !told.ticket)) {
      never_held = true;
    } else if (told.standing != Standing::none && told.standing != Standing::waiting && !resolved) {
      resolved = true;
      possible_until_ns = std::min(possible_until_ns, request.answered_ns);
    } else if (request.ask.verb == Verb::extend || request.ask.verb == Verb::payment_failed) {
      if (decided && !request.answer.is(Outcome::order_not_held) &&
          !request.answer.is(Outcome::hold_expired)) {
        possible_until_ns = kNever;  // nobody heard until when
      }
    }
    if (may_end && decided && told.standing != Standing::held) {
      sure_until_ns = std::min(sure_until_ns, request.sent_ns);
    }
  };
  see(*life.bought);
  for (const RequestRecord* step : life.steps) see(*step);
  if (never_held) return;
  for_each_line(life.bought->ask, held.size(), [&](AskedLine line) {
    if (sure_from_ns >= 0) held[line.sku].surely.add(sure_from_ns, sure_until_ns, line.quantity);
    held[line.sku].possibly.add(life.first_sent_ns, possible_until_ns, line.quantity);
  });
}

// Buys that may hold units without our knowing. Of a key, any answer tells. While a basket is decided, lines
// that can be had are kept for it, also when it is refused for another one.
void add_unknown_holds(const RunRecord& record, std::vector<HeldOfSku>& held) {
  const auto add = [&](const RequestRecord& request, std::int64_t until_ns) {
    for_each_line(request.ask, held.size(), [&](AskedLine line) {
      held[line.sku].possibly.add(request.sent_ns, until_ns, line.quantity);
    });
  };
  for (const RequestRecord& request : record.requests) {
    if (request.ask.verb != Verb::buy) continue;
    if (request.ask.key == kNoKey && request.answer.unknown()) {
      add(request, kNever);
    } else if (request.ask.body == Body::basket && !request.answer.unknown()) {
      add(request, request.answered_ns);
    }
  }
  for_each_key(record, [&](std::span<const RequestRecord* const> requests) {
    bool is_open = false;
    for (const RequestRecord* request : requests) {
      if (request->answer.unknown()) is_open = true;
      const bool undecided = is_passing(request->answer) && !request->answer.is(Outcome::all_held);
      if (!request->answer.unknown() && !undecided) is_open = false;
    }
    if (is_open) add(*requests.front(), kNever);
  });
}

}  // namespace

Check judge_line(const Lives& lives, const std::vector<SkuTerms>& skus) {
  Check check{.name = "line"};
  LineReader reader(lives);
  std::size_t places = 0;
  for (const auto& [sku_and_quantity, line] : reader.lines()) {
    places += line.places.size();
    judge_one_line(line, skus[sku_and_quantity.first].sku, check);
  }
  check.compared = count_of(places, "place") + " in line, served from the front";
  return check;
}

Check judge_availability(const Lives& lives, const std::vector<SkuTerms>& skus,
                         const std::vector<bool>& others_hold, const ServerClock& clock) {
  Check check{.name = "held or sold out"};
  std::vector<HeldOfSku> held(skus.size());
  for (const Life& life : lives.all()) add_hold(lives, life, clock, held);
  add_unknown_holds(lives.record(), held);
  for (HeldOfSku& each : held) {
    each.surely.sort();
    each.possibly.sort();
  }
  std::size_t refusals = 0;
  for (const RequestRecord& request : lives.record().requests) {
    const auto [sku, quantity] = asked_line(request.ask, request.refused_line, skus.size());
    if (request.answer.is(Outcome::all_held)) {
      ++refusals;
      if (!others_hold[sku] && held[sku].possibly.touching(request.sent_ns, request.answered_ns) == 0) {
        check.fail(fmt::format("{} was refused as all_held when nothing was held", skus[sku].sku));
      }
    } else if (request.answer.is(Outcome::sold_out)) {
      const std::int64_t surely = held[sku].surely.throughout(request.sent_ns, request.answered_ns);
      if (surely > 0) ++refusals;
      if (surely >= quantity) {
        check.fail(fmt::format("{} was refused as sold_out while {} units were held", skus[sku].sku, surely));
      }
    }
  }
  check.compared = count_of(refusals, "refusal");
  return check;
}

}  // namespace doorbuster::load
