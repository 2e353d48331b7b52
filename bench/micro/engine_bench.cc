// The decision alone: what a shard's thread spends between taking a command and having its answer. Arguments:
// how many buyers the tables hold already, so that the working set is that of a sale's end and not of its
// first second. Includes hashing the buyer and the key (an HTTP thread's work), encoding the record, and
// applying it; excludes queues, the journal and HTTP.

#include <string>

#include "micro/allocations.h"
#include "micro/sale.h"

namespace doorbuster::bench {
namespace {

std::uint64_t scrambled(std::uint64_t i, std::uint64_t count) {
  return (i * 0x9e3779b97f4a7c15ULL >> 8) % count + 1;
}

void sale(benchmark::State& state) {
  Sale sale(static_cast<std::uint64_t>(state.range(0)), static_cast<std::uint64_t>(state.max_iterations), 2);
  const CountAllocations count(state);
  for (auto _ : state) sale.sell();
}

// The same in batches, as a shard's thread drains them, with and without a look ahead. An iteration is one
// order.
template <std::size_t kAhead>
void batched_sale(benchmark::State& state) {
  Sale sale(static_cast<std::uint64_t>(state.range(0)),
            static_cast<std::uint64_t>(state.max_iterations) + Sale::kBatch, 2);
  const CountAllocations count(state);
  while (state.KeepRunningBatch(Sale::kBatch)) sale.sell_batch(kAhead);
}

// A campaign of a year of days, in the middle of it, with a price step for each of some weeks and an
// audience.
CampaignPlan full_plan() {
  constexpr std::int64_t kDayNs = 86'400 * kNsPerSecond;
  CampaignPlan plan;
  for (std::int64_t day = -180; day < 180; ++day) {
    const Tick from{kNow.ns - kNsPerSecond + day * kDayNs};
    plan.windows.push_back({from, {from.ns + kDayNs / 2}});
  }
  for (std::int64_t week = -8; week < 8; ++week) {
    const Tick from{kNow.ns + week * 7 * kDayNs};
    plan.price_steps.push_back({.from = from, .to = {from.ns + 7 * kDayNs}, .value = 100 * (20 + week)});
  }
  plan.audience.regions = {"at", "be", "ch", "de", "fr", "it", "lu", "nl"};
  return plan;
}

void planned_sale(benchmark::State& state) {
  Sale sale(static_cast<std::uint64_t>(state.range(0)), static_cast<std::uint64_t>(state.max_iterations), 2,
            0, full_plan());
  const CountAllocations count(state);
  for (auto _ : state) sale.sell();
}

void hold(benchmark::State& state) {
  Sale sale(static_cast<std::uint64_t>(state.range(0)), static_cast<std::uint64_t>(state.max_iterations), 2,
            600);
  const CountAllocations count(state);
  for (auto _ : state) sale.sell();
}

// Of holds that were made in another order.
void confirm(benchmark::State& state) {
  const auto iterations = static_cast<std::uint64_t>(state.max_iterations);
  const auto buyers = static_cast<std::uint64_t>(state.range(0));
  Sale sale(std::max(buyers, iterations), 1, 2, 600);
  // Odd steps through all of them: each once.
  const std::uint64_t holds = sale.sold();
  const std::uint64_t step = holds / 2 * 2 == holds ? 7919 : 7918;
  std::uint64_t at = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    at = (at + step) % holds;
    sale.confirm(at + 1);
  }
}

void refusal_by_limit(benchmark::State& state) {
  const auto buyers = static_cast<std::uint64_t>(state.range(0));
  Sale sale(buyers, 1, 1);
  std::uint64_t i = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    Buy wanted = sale.buy(scrambled(++i, buyers));
    wanted.key = {};
    const Decision decision = sale.engine().decide(wanted, hash_buy(kKey, wanted), kNow);
    DOORBUSTER_CHECK(decision.outcome == Outcome::limit_reached);
  }
}

void refusal_sold_out(benchmark::State& state) {
  const auto buyers = static_cast<std::uint64_t>(state.range(0));
  Sale sale(buyers, 0, 2);
  std::uint64_t i = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    const Buy wanted = sale.buy(buyers + ++i);
    const Decision decision = sale.engine().decide(wanted, hash_buy(kKey, wanted), kNow);
    DOORBUSTER_CHECK(decision.outcome == Outcome::sold_out);
  }
}

void replayed_key(benchmark::State& state) {
  const auto buyers = static_cast<std::uint64_t>(state.range(0));
  Sale sale(buyers, 1, 2);
  std::uint64_t i = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    const Buy wanted = sale.buy(scrambled(++i, buyers));
    const Decision decision = sale.engine().decide(wanted, hash_buy(kKey, wanted), kNow);
    DOORBUSTER_CHECK(decision.replayed);
  }
}

[[maybe_unused]] const int registered = [] {
  const auto add = [](const char* name, auto function) {
    benchmark::RegisterBenchmark((std::string("decision/") + name + "/smoke").c_str(), function)->Arg(1'000);
    benchmark::RegisterBenchmark((std::string("decision/") + name).c_str(), function)
        ->Arg(1'000'000)
        ->Arg(10'000'000);
  };
  add("sale", sale);
  add("batched_sale", batched_sale<0>);
  add("batched_sale_ahead", batched_sale<Sale::kAhead>);
  add("planned_sale", planned_sale);
  add("hold", hold);
  add("confirm", confirm);
  add("refusal_by_limit", refusal_by_limit);
  add("refusal_sold_out", refusal_sold_out);
  add("replayed_key", replayed_key);
  return 0;
}();

}  // namespace
}  // namespace doorbuster::bench
