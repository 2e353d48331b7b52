#include "load/lives.h"

#include <algorithm>
#include <utility>

namespace doorbuster::load {
namespace {

// Groups by a dense number by counting: a million requests are sorted in a few milliseconds. `number_of`
// gives the group of a request, or `none`. `ends` becomes the end of each group.
template <typename NumberOf>
std::vector<const RequestRecord*> group(const RunRecord& record, std::uint32_t none, NumberOf&& number_of,
                                        std::vector<std::uint32_t>& ends) {
  ends.clear();  // first a count
  for (const RequestRecord& request : record.requests) {
    const std::uint32_t number = number_of(request);
    if (number == none) continue;
    if (number >= ends.size()) ends.resize(number + std::size_t{1} + ends.size() / 2);
    ++ends[number];
  }
  std::uint32_t before = 0;
  for (std::uint32_t& place : ends) before += std::exchange(place, before);
  std::vector<const RequestRecord*> grouped(before);
  for (const RequestRecord& request : record.requests) {
    const std::uint32_t number = number_of(request);
    if (number != none) grouped[ends[number]++] = &request;
  }
  return grouped;
}

bool names_an_order(const RequestRecord& request) {
  return request.answer.is_accepted() || request.answer.is_queued();
}

}  // namespace

std::vector<const RequestRecord*> buys_by_key(const RunRecord& record) {
  std::vector<std::uint32_t> ends;
  return group(
      record, kNoKey,
      [](const RequestRecord& request) { return request.ask.verb == Verb::buy ? request.ask.key : kNoKey; },
      ends);
}

Lives::Lives(const RunRecord& record) : record_(record) {
  std::vector<std::uint32_t> ends;
  steps_ = group(
      record, kNotTold, [](const RequestRecord& request) { return request.ask.about; }, ends);
  const auto steps_about = [&](const RequestRecord& bought) -> std::span<const RequestRecord* const> {
    if (bought.told >= ends.size()) return {};
    const std::uint32_t first = bought.told == 0 ? 0 : ends[bought.told - 1];
    return std::span(steps_).subspan(first, ends[bought.told] - first);
  };
  for (const RequestRecord& request : record.requests) {
    if (request.ask.verb != Verb::buy || request.ask.key != kNoKey || !names_an_order(request)) continue;
    lives_.push_back({&request, request.sent_ns, steps_about(request)});
  }
  for_each_key(record, [&](std::span<const RequestRecord* const> requests) {
    const std::size_t first = lives_.size();
    std::int64_t first_sent_ns = requests.front()->sent_ns;
    for (const RequestRecord* request : requests) first_sent_ns = std::min(first_sent_ns, request->sent_ns);
    for (const RequestRecord* request : requests) {
      if (!names_an_order(*request)) continue;
      const auto known = std::find_if(
          lives_.begin() + static_cast<std::ptrdiff_t>(first), lives_.end(),
          [&](const Life& life) { return record.name_in(*life.bought) == record.name_in(*request); });
      if (known == lives_.end()) {
        lives_.push_back({request, first_sent_ns, steps_about(*request)});
      } else if (known->steps.empty()) {
        known->steps = steps_about(*request);  // its visitor heard of it by a replay
      }
    }
  });
}

OrderState Lives::state(const Life& life, const Names& names) const {
  const std::uint32_t quantity = life.bought->ask.quantity;
  OrderState state = state_at_first(first_told(life), quantity);
  for (const RequestRecord* request : life.steps) {
    if (is_passing(request->answer)) continue;  // nothing was decided
    Step step = step_of(*request, names);
    if (request->told != kNotTold) step.told = record_.told[request->told];
    take_step(state, step, quantity);
  }
  return state;
}

Step step_of(const RequestRecord& request, const Names& names) {
  return {.verb = request.ask.verb,
          .body = request.ask.body,
          .quantity = request.ask.quantity,
          .key = request.ask.key == kNoKey ? "" : names.key(request.ask.key),
          .answered = !request.answer.unknown() && !request.answer.is_unexpected() &&
                      !request.answer.is(Outcome::journal_failed),
          .done = request.answer.is_done()};
}

}  // namespace doorbuster::load
