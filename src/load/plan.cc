#include "doorbuster/load/plan.h"

#include <algorithm>
#include <cmath>

#include "doorbuster/base/check.h"
#include "doorbuster/base/tick.h"

namespace doorbuster::load {
namespace {

constexpr double kSpikeSigma = 0.25;  // of the stage's length
constexpr double kTwoPi = 6.283185307179586;

// Seconds into the stage at which `area` visitors have come: the inverse of the integral of a linear rate.
double ramp_time(double from, double to, double seconds, double area) {
  if (area <= 0) return 0;
  const double slope = (to - from) / seconds;
  if (std::abs(slope) < 1e-9) return area / from;
  // Roots of slope/2 t^2 + from t - area; this form keeps its digits when from is large and slope small.
  const double root = std::sqrt(std::max(0.0, from * from + 2 * slope * area));
  return std::min(seconds, 2 * area / (from + root));
}

struct Curve {
  double from = 0, to = 0, seconds = 0;
  double area() const { return (from + to) / 2 * seconds; }
};

class Arranger {
 public:
  Arranger(Arrivals arrivals, Random& random) : arrivals_(arrivals), random_(random) {}

  // Appends the due times of one stage that starts at `start_s`, ascending.
  void stage(const Stage& stage, double rate_before, double start_s, std::vector<std::int64_t>& due) {
    if (arrivals_ == Arrivals::burst || stage.shape == StageShape::spike) {
      crowd(stage, rate_before, start_s, due);
    } else {
      stream(curve_of(stage, rate_before), start_s, due);
    }
  }

 private:
  static Curve curve_of(const Stage& stage, double rate_before) {
    return {stage.shape == StageShape::ramp ? rate_before : stage.rate, stage.rate, stage.seconds};
  }

  void crowd(const Stage& stage, double rate_before, double start_s, std::vector<std::int64_t>& due) {
    const auto first = static_cast<std::ptrdiff_t>(due.size());
    const auto count = static_cast<std::uint64_t>(std::llround(curve_of(stage, rate_before).area()));
    for (std::uint64_t i = 0; i < count; ++i) {
      double offset_s = 0;
      if (arrivals_ != Arrivals::burst) {
        offset_s = std::min(random_.half_normal() * kSpikeSigma, 1.0) * stage.seconds;
      }
      due.push_back(std::llround((start_s + offset_s) * static_cast<double>(kNsPerSecond)));
    }
    std::sort(due.begin() + first, due.end());
  }

  // `until_next_` runs on across stages, so that short stages with a low rate still add up.
  void stream(const Curve& curve, double start_s, std::vector<std::int64_t>& due) {
    const double area = curve.area();
    double position = until_next_;
    for (; position < area; position += gap()) {
      const double offset_s = ramp_time(curve.from, curve.to, curve.seconds, position);
      due.push_back(std::llround((start_s + offset_s) * static_cast<double>(kNsPerSecond)));
    }
    until_next_ = position - area;
  }

  double gap() { return arrivals_ == Arrivals::poisson ? random_.exponential() : 1.0; }

  Arrivals arrivals_;
  Random& random_;
  double until_next_ = 0;
};

// Running sums of weights; picks an index by a number in [0, 1).
class Picker {
 public:
  void add(double weight) { sums_.push_back((sums_.empty() ? 0 : sums_.back()) + weight); }
  std::size_t pick(double unit) const {
    const auto found = std::upper_bound(sums_.begin(), sums_.end(), unit * sums_.back());
    return std::min(static_cast<std::size_t>(found - sums_.begin()), sums_.size() - 1);
  }

 private:
  std::vector<double> sums_;
};

Picker sku_picker(const SkuMix& mix, std::size_t sku_count, std::optional<std::size_t> hot) {
  const double hot_share = !hot ? 0 : sku_count == 1 ? 1 : mix.hot_share;
  double others = 0;
  for (std::size_t i = 0, rank = 1; i < sku_count; ++i) {
    if (i != hot) others += std::pow(static_cast<double>(rank++), -mix.zipf);
  }
  Picker picker;
  for (std::size_t i = 0, rank = 1; i < sku_count; ++i) {
    const bool is_hot = i == hot;
    picker.add(is_hot ? hot_share
                      : (1 - hot_share) * std::pow(static_cast<double>(rank), -mix.zipf) / others);
    if (!is_hot) ++rank;
  }
  return picker;
}

}  // namespace

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

double Random::unit() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

double Random::exponential() {
  return -std::log1p(-unit());
}

double Random::half_normal() {
  const double radius = std::sqrt(2 * exponential());
  return std::abs(radius * std::cos(kTwoPi * unit()));
}

std::uint32_t Random::below(std::uint32_t bound) {
  return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
}

Plan make_plan(const Scenario& scenario, std::size_t sku_count, std::optional<std::size_t> hot) {
  DOORBUSTER_CHECK(sku_count > 0 && sku_count <= kScenarioSkusMax);
  Random random(scenario.seed);
  std::vector<std::int64_t> due;
  due.reserve(static_cast<std::size_t>(expected_visitors(scenario.stages) * 1.01) + 1024);
  Arranger arranger(scenario.arrivals, random);
  double start_s = 0;
  double rate = 0;
  for (const Stage& stage : scenario.stages) {
    arranger.stage(stage, rate, start_s, due);
    start_s += stage.seconds;
    rate = stage.rate;
  }

  const Picker skus = sku_picker(scenario.skus, sku_count, hot);
  Picker actors;
  for (const double share : scenario.actors) actors.add(share);
  Plan plan;
  plan.duration_ns = std::llround(start_s * static_cast<double>(kNsPerSecond));
  plan.visitors.reserve(due.size());
  for (const std::int64_t due_ns : due) {
    plan.visitors.push_back({
        .due_ns = due_ns,
        .buyer = random.below(scenario.buyers),
        .sku = static_cast<std::uint16_t>(skus.pick(random.unit())),
        .actor = static_cast<Actor>(actors.pick(random.unit())),
        .gap_ms = static_cast<std::uint8_t>(1 + random.below(50)),
    });
  }
  return plan;
}

}  // namespace doorbuster::load
