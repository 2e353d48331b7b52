#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace doorbuster::bench {

// How often operator new was called by this thread so far.
std::uint64_t allocations();

// Puts allocations per iteration, since construction, beside a benchmark's times.
class CountAllocations {
 public:
  explicit CountAllocations(benchmark::State& state) : state_(state), before_(allocations()) {}
  ~CountAllocations() {
    state_.counters["allocations"] =
        benchmark::Counter(static_cast<double>(allocations() - before_), benchmark::Counter::kAvgIterations);
  }

 private:
  benchmark::State& state_;
  const std::uint64_t before_;
};

}  // namespace doorbuster::bench
