#pragma once
// Latencies in log-linear buckets with three significant digits, laid out as HdrHistogram does (G. Tene), so
// that the percentile files can be read by its tools.
//
// Values are nanoseconds, 1 to kHighestValue; a value outside is counted at the nearest end and in clamped().
// Two values share a bucket only if they differ by less than a thousandth. Single writer; not thread-safe.

#include <cstdint>
#include <string>
#include <vector>

namespace doorbuster::load {

class Histogram {
 public:
  static constexpr std::int64_t kHighestValue = 3'600'000'000'000;  // an hour
  static constexpr int kSubBucketCount = 2048;                      // the first power of two above 2 * 10^3

  Histogram();

  void record(std::int64_t value, std::int64_t count = 1);
  void add(const Histogram& other);
  void clear();

  std::int64_t total_count() const { return total_count_; }
  std::int64_t clamped() const { return clamped_; }
  std::int64_t min() const { return total_count_ == 0 ? 0 : min_; }  // exact
  std::int64_t max() const { return max_; }                          // exact
  double mean() const;
  double standard_deviation() const;

  // The largest value of the bucket that holds the value at `percentile` (0 to 100); 0 when nothing was
  // recorded. Never above max(), which is what 100 gives.
  std::int64_t value_at_percentile(double percentile) const;
  // How many recorded values are in the bucket of `value` or below it.
  std::int64_t count_up_to(std::int64_t value) const;

  // The `.hgrm` text: percentile distribution with five ticks per half distance; values are divided by
  // `nanoseconds_per_unit` first.
  std::string hgrm(double nanoseconds_per_unit) const;

  // First and last value that share a bucket with `value`.
  static std::int64_t lowest_equivalent(std::int64_t value);
  static std::int64_t highest_equivalent(std::int64_t value);

 private:
  static int index_of(std::int64_t value);
  static std::int64_t value_at(int index);

  std::vector<std::int64_t> counts_;
  std::int64_t total_count_ = 0;
  std::int64_t clamped_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace doorbuster::load
