// What a price that changes over time costs: the look-up that every buy makes, and making the table that it
// looks into.

#include <random>
#include <vector>

#include "doorbuster/base/check.h"
#include "doorbuster/catalog/pricing.h"
#include "micro/allocations.h"

namespace doorbuster::bench {
namespace {

constexpr std::int64_t kBase = 49'900;

// At `points` change points, at ticks all over them: no branch can be foreseen.
void price_lookup(benchmark::State& state) {
  const std::int64_t count = state.range(0);
  std::vector<PricePoint> points;
  for (std::int64_t i = 1; i <= count; ++i) points.push_back({{i * kNsPerSecond}, kBase - i});
  std::mt19937_64 random(20261127);
  std::vector<Tick> ticks(4096);
  for (Tick& tick : ticks) {
    tick.ns = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>((count + 1) * kNsPerSecond));
  }
  std::size_t at = 0;
  const CountAllocations count_allocations(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(price_at(kBase, points, ticks[at++ % ticks.size()]));
  }
}

// As many layers as there can be, each inside the one before it.
void compile(benchmark::State& state) {
  std::vector<PriceLayer> layers;
  for (std::size_t i = 0; i < kPriceLayersMax; ++i) {
    const auto step = static_cast<std::int64_t>(i);
    layers.push_back({{step}, {1000 - step}, PriceLayer::Kind::discount, 100 + step});
  }
  const PriceRule rule{.ending = PriceEnding{99, 100}};
  for (auto _ : state) {
    const std::vector<PricePoint> points = compile_prices(kBase, layers, layers, rule);
    DOORBUSTER_CHECK(!points.empty());
    benchmark::DoNotOptimize(points.data());
  }
}

BENCHMARK(price_lookup)->Name("pricing/price_at/smoke")->Arg(0)->Arg(8)->Arg(1000);
BENCHMARK(compile)->Name("pricing/compile/smoke");

}  // namespace
}  // namespace doorbuster::bench
