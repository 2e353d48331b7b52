#include "doorbuster/load/histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>

namespace doorbuster::load {
namespace {

constexpr int kHalf = Histogram::kSubBucketCount / 2;
constexpr int kHalfBits = 10;
static_assert(1 << kHalfBits == kHalf);

// Bucket b > 0 holds values in [2048 << (b - 1), 2048 << b) with a resolution of 1 << b; bucket 0 holds [0,
// 2048).
constexpr int bucket_of(std::int64_t value) {
  const auto bits = std::bit_width(static_cast<std::uint64_t>(value) | (Histogram::kSubBucketCount - 1));
  return static_cast<int>(bits) - kHalfBits - 1;
}

constexpr int kBucketCount = bucket_of(Histogram::kHighestValue) + 1;
constexpr int kCountsLength = (kBucketCount + 1) * kHalf;
constexpr int kTicksPerHalfDistance = 5;

}  // namespace

Histogram::Histogram() : counts_(kCountsLength) {}

// Bucket 0 has 2048 slots, every further one only its upper 1024: the lower half would repeat the bucket
// before.
int Histogram::index_of(std::int64_t value) {
  const int bucket = bucket_of(value);
  return bucket * kHalf + static_cast<int>(value >> bucket);
}

std::int64_t Histogram::value_at(int index) {
  const int bucket = std::max(0, (index >> kHalfBits) - 1);
  return static_cast<std::int64_t>(index - bucket * kHalf) << bucket;
}

std::int64_t Histogram::lowest_equivalent(std::int64_t value) {
  return value_at(index_of(value));
}

std::int64_t Histogram::highest_equivalent(std::int64_t value) {
  return lowest_equivalent(value) + (std::int64_t{1} << bucket_of(value)) - 1;
}

void Histogram::record(std::int64_t value, std::int64_t count) {
  if (value < 0 || value > kHighestValue) {
    clamped_ += count;
    value = std::clamp<std::int64_t>(value, 0, kHighestValue);
  }
  counts_[static_cast<std::size_t>(index_of(value))] += count;
  min_ = total_count_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  total_count_ += count;
}

void Histogram::add(const Histogram& other) {
  if (other.total_count_ == 0) return;
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  min_ = total_count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  total_count_ += other.total_count_;
  clamped_ += other.clamped_;
}

void Histogram::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  total_count_ = clamped_ = min_ = max_ = 0;
}

double Histogram::mean() const {
  if (total_count_ == 0) return 0;
  double sum = 0;
  for (int i = 0; i < kCountsLength; ++i) {
    const std::int64_t count = counts_[static_cast<std::size_t>(i)];
    if (count == 0) continue;
    const std::int64_t value = value_at(i);
    const double middle = static_cast<double>(value + highest_equivalent(value)) / 2;
    sum += static_cast<double>(count) * middle;
  }
  return sum / static_cast<double>(total_count_);
}

double Histogram::standard_deviation() const {
  if (total_count_ == 0) return 0;
  const double average = mean();
  double squares = 0;
  for (int i = 0; i < kCountsLength; ++i) {
    const std::int64_t count = counts_[static_cast<std::size_t>(i)];
    if (count == 0) continue;
    const std::int64_t value = value_at(i);
    const double distance = static_cast<double>(value + highest_equivalent(value)) / 2 - average;
    squares += static_cast<double>(count) * distance * distance;
  }
  return std::sqrt(squares / static_cast<double>(total_count_));
}

std::int64_t Histogram::value_at_percentile(double percentile) const {
  if (total_count_ == 0) return 0;
  const double wanted =
      std::ceil(std::clamp(percentile, 0.0, 100.0) / 100.0 * static_cast<double>(total_count_));
  const std::int64_t rank = std::clamp<std::int64_t>(static_cast<std::int64_t>(wanted), 1, total_count_);
  std::int64_t seen = 0;
  for (int i = 0; i < kCountsLength; ++i) {
    seen += counts_[static_cast<std::size_t>(i)];
    if (seen >= rank) return std::min(highest_equivalent(value_at(i)), max_);
  }
  return max_;
}

std::int64_t Histogram::count_up_to(std::int64_t value) const {
  const int last = index_of(std::clamp<std::int64_t>(value, 0, kHighestValue));
  std::int64_t seen = 0;
  for (int i = 0; i <= last; ++i) seen += counts_[static_cast<std::size_t>(i)];
  return seen;
}

std::string Histogram::hgrm(double nanoseconds_per_unit) const {
  std::string out =
      fmt::format("{:>12} {:>12} {:>12} {:>12}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
  const auto total = static_cast<double>(total_count_);
  std::int64_t seen = 0;
  double next_percentile = 0;
  for (int i = 0; i < kCountsLength && seen < total_count_; ++i) {
    const std::int64_t count = counts_[static_cast<std::size_t>(i)];
    if (count == 0) continue;
    seen += count;
    const double value = static_cast<double>(highest_equivalent(value_at(i))) / nanoseconds_per_unit;
    while (seen < total_count_ && next_percentile <= 100.0 * static_cast<double>(seen) / total) {
      fmt::format_to(std::back_inserter(out), "{:12.3f} {:12f} {:12d} {:12.2f}\n", value,
                     next_percentile / 100, seen, 1 / (1 - next_percentile / 100));
      const double half_distance = std::exp2(std::floor(std::log2(100 / (100 - next_percentile))) + 1);
      next_percentile += 100 / (kTicksPerHalfDistance * half_distance);
    }
  }
  if (total_count_ > 0) {
    fmt::format_to(std::back_inserter(out), "{:12.3f} {:12f} {:12d} {:>12}\n",
                   static_cast<double>(highest_equivalent(max_)) / nanoseconds_per_unit, 1.0, total_count_,
                   "inf");
  }
  fmt::format_to(std::back_inserter(out),
                 "#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n"
                 "#[Max     = {:12.3f}, Total count    = {:12d}]\n"
                 "#[Buckets = {:12d}, SubBuckets     = {:12d}]\n",
                 mean() / nanoseconds_per_unit, standard_deviation() / nanoseconds_per_unit,
                 static_cast<double>(max_) / nanoseconds_per_unit, total_count_, kBucketCount,
                 kSubBucketCount);
  return out;
}

}  // namespace doorbuster::load
