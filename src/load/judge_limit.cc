#include "load/judge_limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace doorbuster::load {
namespace {

constexpr std::int64_t kForEver = std::numeric_limits<std::int64_t>::max();

struct Span {
  std::uint32_t units = 0;
  std::int64_t from_ns = 0, until_ns = 0;
};

// The times at which one order certainly had units.
class UnitsOfLife {
 public:
  UnitsOfLife(const Lives& lives, const Life& life, const ServerClock& clock)
      : record_(lives.record()), clock_(clock), quantity_(life.bought->ask.quantity) {
    begin(lives.first_told(life), life.bought->answered_ns);
    for (const RequestRecord* request : life.steps) step(*request);
    close(kForEver);
  }
  const std::vector<Span>& spans() const { return spans_; }

 private:
  void begin(const Told& told, std::int64_t answered_ns) {
    if (told.standing == Standing::confirmed) {
      open(told.confirmed == 0 ? quantity_ : told.confirmed, answered_ns, kForEver);
    } else if (told.standing == Standing::held) {
      open(quantity_, answered_ns, end_of(told));
    }
  }

  void step(const RequestRecord& request) {
    if (is_passing(request.answer)) return;
    const bool done = request.answer.is_done();
    const bool may_be_done = done || request.answer.unknown() || request.answer.is_unexpected() ||
                             request.answer.is(Outcome::journal_failed);
    const Told told = request.told == kNotTold ? Told{} : record_.told[request.told];
    switch (request.ask.verb) {
      case Verb::look:
        if (!is_open_ && told.offered) begin(told, request.answered_ns);
        break;
      case Verb::extend:
        if (done) until_ns_ = end_of(told);
        break;
      case Verb::payment_failed:
        if (done && told.standing == Standing::held) {
          until_ns_ = end_of(told);
        } else if (may_be_done) {
          close(request.sent_ns);
        }
        break;
      case Verb::cancel:
        if (may_be_done) close(request.sent_ns);
        break;
      case Verb::confirm:
        if (done) confirmed(told, request);
        if (!done && may_be_done && request.ask.quantity != 0) close(request.sent_ns);
        break;
      case Verb::give_back:
        if (may_be_done) returned(request);
        break;
      case Verb::leave:
      case Verb::buy:
        break;
    }
  }

  void confirmed(const Told& told, const RequestRecord& request) {
    const std::uint32_t units = told.confirmed == 0 ? quantity_ : told.confirmed;
    if (is_open_ && until_ns_ == kForEver) return;  // once more
    const bool in_time = is_open_ && request.answered_ns <= until_ns_;
    close(request.sent_ns);
    open(units, in_time ? request.sent_ns : request.answered_ns, kForEver);
  }

  void returned(const RequestRecord& request) {
    if (!is_open_) return;
    const std::uint32_t left = units_ - std::min<std::uint32_t>(units_, request.ask.quantity);
    close(request.sent_ns);
    open(left, request.sent_ns, kForEver);
  }

  std::int64_t end_of(const Told& told) const { return clock_.record_ns(told.expires_at) - clock_.error_ns; }

  void open(std::uint32_t units, std::int64_t from_ns, std::int64_t until_ns) {
    is_open_ = true;
    units_ = units;
    from_ns_ = from_ns;
    until_ns_ = until_ns;
  }

  void close(std::int64_t at_ns) {
    const std::int64_t until_ns = std::min(until_ns_, at_ns);
    if (is_open_ && units_ > 0 && until_ns > from_ns_) spans_.push_back({units_, from_ns_, until_ns});
    is_open_ = false;
  }

  const RunRecord& record_;
  const ServerClock& clock_;
  const std::uint32_t quantity_;
  bool is_open_ = false;
  std::uint32_t units_ = 0;
  std::int64_t from_ns_ = 0, until_ns_ = 0;
  std::vector<Span> spans_;
};

// The most units that one name had at a time, of [first, last) in `live`.
std::uint64_t most_at_once(const std::vector<const LiveUnits*>& live, std::size_t first, std::size_t last) {
  std::vector<std::pair<std::int64_t, std::int64_t>> changes;
  for (std::size_t i = first; i < last; ++i) {
    changes.emplace_back(live[i]->from_ns, live[i]->units);
    changes.emplace_back(live[i]->until_ns, -std::int64_t{live[i]->units});
  }
  std::sort(changes.begin(), changes.end());  // of one moment, what ends comes first
  std::int64_t now = 0;
  std::int64_t most = 0;
  for (const auto& [when, units] : changes) most = std::max(most, now += units);
  return static_cast<std::uint64_t>(most);
}

// `group_of` says whose units are added up.
template <typename GroupOf>
void judge_groups(const std::vector<LiveUnits>& live, std::uint32_t limit, std::string_view noun,
                  GroupOf&& group_of, Check& check) {
  std::vector<const LiveUnits*> sorted;
  sorted.reserve(live.size());
  for (const LiveUnits& each : live) sorted.push_back(&each);
  std::sort(sorted.begin(), sorted.end(),
            [&](const LiveUnits* a, const LiveUnits* b) { return group_of(*a) < group_of(*b); });
  std::size_t groups = 0;
  for (std::size_t first = 0; first < sorted.size(); ++groups) {
    std::size_t last = first + 1;
    while (last < sorted.size() && group_of(*sorted[last]) == group_of(*sorted[first])) ++last;
    const std::uint64_t most = most_at_once(sorted, first, last);
    if (most > limit) {
      const auto& [name, what] = group_of(*sorted[first]);
      check.fail(fmt::format("{} {} had {} units of {} at a time, the limit is {}",
                             name.first ? "identity" : "buyer", name.second, most, what, limit));
    }
    first = last;
  }
  check.compared = count_of(groups, noun) + fmt::format(", at most {} each at any time", limit);
}

bool has_limit(std::optional<std::uint32_t> limit, Check& check) {
  if (limit && *limit > 0) return true;
  check.skipped = limit ? "the campaign has none" : "the server does not tell it and the scenario does not";
  return false;
}

// What a span of an order means for each of its SKUs and names.
void add_units(const Promise& order, const Span& span, std::vector<LiveUnits>& live) {
  for (const OrderLine& line : order.lines) {
    // No part of a basket is confirmed or given back.
    LiveUnits units{.order = &order,
                    .line = &line,
                    .units = order.basket ? line.quantity : span.units,
                    .from_ns = span.from_ns,
                    .until_ns = span.until_ns};
    live.push_back(units);
    if (order.device.empty()) continue;
    units.of_device = true;
    live.push_back(units);
  }
}

// Whose units they are. A buyer and an identity may have the same name and are still two.
using Name = std::pair<bool, std::string_view>;
Name name_of(const LiveUnits& units) {
  return {units.of_device, units.of_device ? units.order->device : units.order->buyer};
}

}  // namespace

std::vector<LiveUnits> live_units(const Lives& lives, const std::vector<Promise>& orders,
                                  const ServerClock& clock) {
  std::vector<LiveUnits> live;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const UnitsOfLife units(lives, lives.all()[i], clock);
    for (const Span& span : units.spans()) add_units(orders[i], span, live);
  }
  return live;
}

std::vector<LiveUnits> final_units(const std::vector<Promise>& orders) {
  std::vector<LiveUnits> live;
  for (const Promise& order : orders) {
    const std::uint32_t back = order.state.returned(true, false) + order.state.returned(false, false);
    if (order.state.standing != Standing::confirmed || order.state.confirmed <= back) continue;
    add_units(order, {.units = order.state.confirmed - back, .from_ns = 0, .until_ns = kForEver}, live);
  }
  return live;
}

Check judge_limit(const std::vector<LiveUnits>& live, std::optional<std::uint32_t> limit) {
  Check check{.name = "limit per buyer"};
  if (!has_limit(limit, check)) return check;
  judge_groups(
      live, *limit, "name and SKU pair",
      [](const LiveUnits& units) { return std::pair(name_of(units), std::string_view(units.line->sku)); },
      check);
  return check;
}

Check judge_total_limit(const std::vector<LiveUnits>& live, std::optional<std::uint32_t> limit) {
  Check check{.name = "limit over all SKUs"};
  if (!has_limit(limit, check)) return check;
  judge_groups(
      live, *limit, "name",
      [](const LiveUnits& units) { return std::pair(name_of(units), std::string_view("all SKUs")); }, check);
  return check;
}

}  // namespace doorbuster::load
