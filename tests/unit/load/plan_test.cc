#include "doorbuster/load/plan.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "doorbuster/base/tick.h"
#include "support/catch.h"

using namespace doorbuster;
using namespace doorbuster::load;

namespace {

Scenario scenario_of(std::vector<Stage> stages, Arrivals arrivals = Arrivals::uniform) {
  Scenario scenario;
  scenario.stages = std::move(stages);
  scenario.arrivals = arrivals;
  return scenario;
}

std::size_t due_between(const Plan& plan, double from_s, double to_s) {
  return static_cast<std::size_t>(
      std::count_if(plan.visitors.begin(), plan.visitors.end(), [&](const Visitor& v) {
        return static_cast<double>(v.due_ns) >= from_s * 1e9 && static_cast<double>(v.due_ns) < to_s * 1e9;
      }));
}

bool same(const Visitor& a, const Visitor& b) {
  return a.due_ns == b.due_ns && a.buyer == b.buyer && a.sku == b.sku && a.actor == b.actor &&
         a.gap_ms == b.gap_ms;
}

}  // namespace

TEST_CASE("plan: uniform arrivals are exact in number and evenly spaced") {
  const Plan plan = make_plan(scenario_of({{StageShape::hold, 2, 1000}}), 1, std::nullopt);
  REQUIRE(plan.visitors.size() == 2000);
  REQUIRE(plan.duration_ns == 2 * kNsPerSecond);
  for (std::size_t i = 0; i < plan.visitors.size(); ++i) {
    REQUIRE(std::abs(plan.visitors[i].due_ns - static_cast<std::int64_t>(i) * kNsPerMillisecond) <= 1);
  }
}

TEST_CASE("plan: a ramp starts at the rate before and is half done at 1/sqrt(2) of its time") {
  const Plan plan =
      make_plan(scenario_of({{StageShape::ramp, 4, 1000}, {StageShape::ramp, 1, 0}}), 1, std::nullopt);
  REQUIRE(plan.visitors.size() == 2500);
  REQUIRE(due_between(plan, 0, 4 / std::sqrt(2.0)) == Approx(1000).margin(1));
  REQUIRE(due_between(plan, 4, 5) == 500);
  REQUIRE(due_between(plan, 4, 4.5) == 375);
}

TEST_CASE("plan: slow stages add up across their borders") {
  const std::vector<Stage> stages(100, Stage{StageShape::hold, 0.1, 1});
  REQUIRE(make_plan(scenario_of(stages), 1, std::nullopt).visitors.size() == 10);
}

TEST_CASE("plan: a spike has most of its visitors in its first half and none outside") {
  const Plan plan =
      make_plan(scenario_of({{StageShape::hold, 1, 10}, {StageShape::spike, 5, 1000}}), 1, std::nullopt);
  REQUIRE(due_between(plan, 1, 6.0001) == 5000);
  REQUIRE(due_between(plan, 1, 3.5) > 4700);
  REQUIRE(due_between(plan, 1, 2.25) > due_between(plan, 2.25, 3.5));
}

TEST_CASE("plan: a burst comes all at once at the start of its stage") {
  const Plan plan = make_plan(
      scenario_of({{StageShape::hold, 1, 0}, {StageShape::hold, 2, 300}}, Arrivals::burst), 1, std::nullopt);
  REQUIRE(plan.visitors.size() == 600);
  REQUIRE(std::all_of(plan.visitors.begin(), plan.visitors.end(),
                      [](const Visitor& visitor) { return visitor.due_ns == kNsPerSecond; }));
}

TEST_CASE("plan: poisson gaps have the mean and the spread of independent visitors") {
  const Plan plan =
      make_plan(scenario_of({{StageShape::hold, 20, 5000}}, Arrivals::poisson), 1, std::nullopt);
  const auto count = static_cast<double>(plan.visitors.size());
  REQUIRE(count == Approx(100'000).epsilon(0.02));
  double squares = 0;
  for (std::size_t i = 1; i < plan.visitors.size(); ++i) {
    const auto gap = static_cast<double>(plan.visitors[i].due_ns - plan.visitors[i - 1].due_ns);
    REQUIRE(gap >= 0);
    squares += gap * gap;
  }
  // E[gap^2] of an exponential is twice its mean squared; of even spacing it would be once.
  REQUIRE(squares / count == Approx(2 * 200e3 * 200e3).epsilon(0.05));
}

TEST_CASE("plan: the same seed gives the same plan, another seed another one") {
  Scenario scenario = scenario_of({{StageShape::hold, 1, 2000}}, Arrivals::poisson);
  scenario.skus = {"", 0, 1.0, {}};
  scenario.actors = {0.5, 0.5};
  const Plan first = make_plan(scenario, 7, std::nullopt);
  const Plan again = make_plan(scenario, 7, std::nullopt);
  REQUIRE(std::equal(first.visitors.begin(), first.visitors.end(), again.visitors.begin(),
                     again.visitors.end(), same));
  scenario.seed = 2;
  const Plan other = make_plan(scenario, 7, std::nullopt);
  REQUIRE_FALSE(std::equal(first.visitors.begin(), first.visitors.end(), other.visitors.begin(),
                           other.visitors.end(), same));
}

TEST_CASE("plan: SKUs, actors and buyers come in the shares that were asked for") {
  Scenario scenario = scenario_of({{StageShape::hold, 10, 10'000}});
  scenario.skus.hot = "hot";
  scenario.skus.hot_share = 0.6;
  scenario.skus.zipf = 1;
  scenario.buyers = 50;
  scenario.actors = {0.7, 0, 0.1, 0, 0, 0.2};
  const Plan plan = make_plan(scenario, 4, 2);
  std::array<double, 4> skus{};
  std::array<double, kActorCount> actors{};
  std::array<int, 50> buyers{};
  for (const Visitor& visitor : plan.visitors) {
    skus[visitor.sku] += 1e-5;
    actors[static_cast<std::size_t>(visitor.actor)] += 1e-5;
    ++buyers.at(visitor.buyer);
    REQUIRE(visitor.gap_ms >= 1);
    REQUIRE(visitor.gap_ms <= 50);
  }
  REQUIRE(skus[2] == Approx(0.6).margin(0.01));
  REQUIRE(skus[0] == Approx(0.4 * 6 / 11).margin(0.01));  // 1, 1/2, 1/3 over their sum
  REQUIRE(skus[1] == Approx(0.4 * 3 / 11).margin(0.01));
  REQUIRE(skus[3] == Approx(0.4 * 2 / 11).margin(0.01));
  REQUIRE(actors[0] == Approx(0.7).margin(0.01));
  REQUIRE(actors[2] == Approx(0.1).margin(0.01));
  REQUIRE(actors[5] == Approx(0.2).margin(0.01));
  REQUIRE(*std::min_element(buyers.begin(), buyers.end()) > 1700);
}

TEST_CASE("plan: a hot SKU that is the only one gets everybody") {
  Scenario scenario = scenario_of({{StageShape::hold, 1, 100}});
  scenario.skus.hot = "hot";
  scenario.skus.hot_share = 0.5;
  const Plan plan = make_plan(scenario, 1, 0);
  REQUIRE(plan.visitors.size() == 100);
  REQUIRE(
      std::all_of(plan.visitors.begin(), plan.visitors.end(), [](const Visitor& v) { return v.sku == 0; }));
}
