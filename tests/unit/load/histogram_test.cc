#include "doorbuster/load/histogram.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include "doorbuster/load/plan.h"
#include "support/catch.h"

using doorbuster::load::Histogram;
using doorbuster::load::Random;

TEST_CASE("histogram: every percentile is within a thousandth of the sorted values") {
  Random random(20261127);
  Histogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 100'000; ++i) {
    // From 1 ns to minutes: spread evenly over the logarithm.
    const auto value = static_cast<std::int64_t>(std::exp(random.unit() * 25));
    values.push_back(value);
    histogram.record(value);
  }
  std::sort(values.begin(), values.end());
  for (const double percentile : {0.0, 1.0, 25.0, 50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    const auto wanted = std::ceil(percentile / 100 * static_cast<double>(values.size()));
    const auto rank = static_cast<std::size_t>(std::max(1.0, wanted));
    const std::int64_t exact = values[rank - 1];
    const std::int64_t got = histogram.value_at_percentile(percentile);
    CAPTURE(percentile, exact, got);
    REQUIRE(got >= exact);
    REQUIRE(static_cast<double>(got - exact) <= static_cast<double>(exact) / 1000);
  }
  REQUIRE(histogram.min() == values.front());
  REQUIRE(histogram.max() == values.back());
  REQUIRE(histogram.value_at_percentile(100) == values.back());
  double sum = 0;
  for (const std::int64_t value : values) sum += static_cast<double>(value);
  REQUIRE(histogram.mean() == Approx(sum / static_cast<double>(values.size())).epsilon(0.001));
}

TEST_CASE("histogram: buckets are exact below 2048 and never wider than a thousandth of their value") {
  for (std::int64_t value = 0; value < 2048; ++value) {
    REQUIRE(Histogram::lowest_equivalent(value) == value);
    REQUIRE(Histogram::highest_equivalent(value) == value);
  }
  for (std::int64_t value = 2048; value < Histogram::kHighestValue; value += value / 7) {
    const std::int64_t low = Histogram::lowest_equivalent(value);
    const std::int64_t high = Histogram::highest_equivalent(value);
    REQUIRE(low <= value);
    REQUIRE(value <= high);
    REQUIRE((high - low + 1) * 1000 <= low);
    REQUIRE(Histogram::lowest_equivalent(high) == low);
    REQUIRE(Histogram::lowest_equivalent(high + 1) == high + 1);
  }
}

TEST_CASE("histogram: what is out of range is counted at the end and said") {
  Histogram histogram;
  histogram.record(-5);
  histogram.record(Histogram::kHighestValue + 1);
  REQUIRE(histogram.total_count() == 2);
  REQUIRE(histogram.clamped() == 2);
  REQUIRE(histogram.max() == Histogram::kHighestValue);
  REQUIRE(histogram.min() == 0);
}

TEST_CASE("histogram: adding two is recording both") {
  Histogram a;
  Histogram b;
  Histogram both;
  for (std::int64_t value = 1; value < 5'000'000; value = value * 3 / 2 + 1) {
    (value % 2 == 0 ? a : b).record(value, 3);
    both.record(value, 3);
  }
  a.add(b);
  REQUIRE(a.total_count() == both.total_count());
  REQUIRE(a.min() == both.min());
  REQUIRE(a.hgrm(1) == both.hgrm(1));
  a.clear();
  REQUIRE(a.total_count() == 0);
  REQUIRE(a.value_at_percentile(99) == 0);
}

TEST_CASE("histogram: the percentile file is what HdrHistogram prints") {
  Histogram histogram;
  for (int i = 1; i <= 10; ++i) histogram.record(i * 1'000'000);
  std::istringstream text(histogram.hgrm(1e6));
  std::string line;
  std::getline(text, line);
  REQUIRE(line == "       Value   Percentile   TotalCount 1/(1-Percentile)");
  std::getline(text, line);
  REQUIRE(line.empty());
  std::getline(text, line);
  REQUIRE(line == "       1.000     0.000000            1         1.00");
  std::vector<std::string> rows;
  while (std::getline(text, line) && line.front() != '#') rows.push_back(line);
  REQUIRE(rows.back() == "      10.002     1.000000           10          inf");
  REQUIRE(line == "#[Mean    =        5.500, StdDeviation   =        2.872]");
  std::getline(text, line);
  REQUIRE(line == "#[Max     =       10.000, Total count    =           10]");
  std::getline(text, line);
  REQUIRE(line == "#[Buckets =           32, SubBuckets     =         2048]");

  // Percentiles and counts never fall, and five of them halve the distance to 100 %.
  double percentile_before = 0;
  long count_before = 0;
  for (const std::string& row : rows) {
    double value = 0;
    double percentile = 0;
    long count = 0;
    std::istringstream(row) >> value >> percentile >> count;
    REQUIRE(percentile >= percentile_before);
    REQUIRE(count >= count_before);
    percentile_before = percentile;
    count_before = count;
  }
  REQUIRE(std::any_of(rows.begin(), rows.end(), [](const std::string& row) {
    return row.find("    0.500000            5         2.00") != std::string::npos;
  }));
}
