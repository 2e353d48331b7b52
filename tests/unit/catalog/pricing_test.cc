#include "doorbuster/catalog/pricing.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr Rounding kRoundings[] = {Rounding::half_even, Rounding::half_up, Rounding::up, Rounding::down};
constexpr std::uint64_t kSeed = 20261127;
constexpr auto kPrice = PriceLayer::Kind::price;
constexpr auto kDiscount = PriceLayer::Kind::discount;

// A number from `low` to `high`.
std::int64_t pick(std::mt19937_64& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
}

// --- one price
// ------------------------------------------------------------------------------------------------

TEST_CASE("a price is rounded as its rule says") {
  struct Row {
    std::int64_t price, basis_points, half_even, half_up, up, down;
  };
  const Row rows[] = {
      {0, 0, 0, 0, 0, 0},                    // nothing is nothing
      {0, 5000, 0, 0, 0, 0},                 //
      {100, 0, 100, 100, 100, 100},          // exact: no rule has a say
      {100, 2500, 75, 75, 75, 75},           //
      {100, 10'000, 0, 0, 0, 0},             //
      {1, 5000, 0, 1, 1, 0},                 // 0.5
      {3, 5000, 2, 2, 2, 1},                 // 1.5
      {5, 5000, 2, 3, 3, 2},                 // 2.5
      {7, 5000, 4, 4, 4, 3},                 // 3.5
      {1004, 1250, 878, 879, 879, 878},      // 878.5
      {1012, 1250, 886, 886, 886, 885},      // 885.5
      {1, 4999, 1, 1, 1, 0},                 // 0.5001, just above a half
      {1, 5001, 0, 0, 1, 0},                 // 0.4999, just below
      {1, 1, 1, 1, 1, 0},                    // 0.9999
      {1, 9999, 0, 0, 1, 0},                 // 0.0001
      {999, 3333, 666, 666, 667, 666},       // 666.0333
      {1999, 1250, 1749, 1749, 1750, 1749},  // 1749.125
      {4999, 1500, 4249, 4249, 4250, 4249},  // 4249.15
      {kPriceMax, 0, kPriceMax, kPriceMax, kPriceMax, kPriceMax},
      {kPriceMax, 10'000, 0, 0, 0, 0},
      {kPriceMax, 1, 999'900'000'000, 999'900'000'000, 999'900'000'000, 999'900'000'000},
      {kPriceMax - 1, 5000, 500'000'000'000, 500'000'000'000, 500'000'000'000, 499'999'999'999},
      {kPriceMax - 1, 1, 999'899'999'999, 999'899'999'999, 999'900'000'000, 999'899'999'999},
  };
  for (const Row& row : rows) {
    INFO(row.price << " less " << row.basis_points << " basis points");
    const auto priced = [&](Rounding rounding) {
      return discounted(row.price, {.discount_basis_points = row.basis_points, .rounding = rounding});
    };
    CHECK(priced(Rounding::half_even) == row.half_even);
    CHECK(priced(Rounding::half_up) == row.half_up);
    CHECK(priced(Rounding::up) == row.up);
    CHECK(priced(Rounding::down) == row.down);
    CHECK(discounted(row.price, {.discount_basis_points = row.basis_points}) == row.half_even);
  }
}

TEST_CASE("over many lines half_even does not drift, and the others drift by what they are") {
  const auto sum = [](std::int64_t lines, std::int64_t basis_points, Rounding rounding) {
    std::int64_t total = 0;
    for (std::int64_t price = 1; price <= lines; ++price) {
      total += discounted(price, {.discount_basis_points = basis_points, .rounding = rounding});
    }
    return total;
  };
  // Prices 1 to 4000 at half: exactly 4,001,000. Each of the 2,000 odd ones ends in a half.
  CHECK(sum(4000, 5000, Rounding::half_even) == 4'001'000);
  CHECK(sum(4000, 5000, Rounding::half_up) == 4'002'000);
  CHECK(sum(4000, 5000, Rounding::up) == 4'002'000);
  CHECK(sum(4000, 5000, Rounding::down) == 4'000'000);
  // Prices 1 to 8000 at seven eighths: exactly 28,003,500. Of eight in a row one ends in a half, and what the
  // other seven lack or have too much is 3.5 with `down` and `up`, half included.
  CHECK(sum(8000, 1250, Rounding::half_even) == 28'003'500);
  CHECK(sum(8000, 1250, Rounding::half_up) == 28'004'000);
  CHECK(sum(8000, 1250, Rounding::up) == 28'007'000);
  CHECK(sum(8000, 1250, Rounding::down) == 28'000'000);
}

struct EndingRow {
  std::int64_t price, basis_points;
  PriceEnding ending;
  std::int64_t floor, expected;
};

void check_endings(const std::vector<EndingRow>& rows) {
  for (const EndingRow& row : rows) {
    INFO(row.price << " less " << row.basis_points << " basis points, ending " << row.ending.ending << " of "
                   << row.ending.modulus << ", floor " << row.floor);
    CHECK(discounted(row.price,
                     {.discount_basis_points = row.basis_points, .ending = row.ending, .floor = row.floor}) ==
          row.expected);
  }
}

TEST_CASE("a price with an ending is the nearest one that has it, and not above what it was") {
  check_endings({
      {4999, 1400, {99, 100}, 0, 4299},               // 4299.14 is there already
      {4999, 1450, {99, 100}, 0, 4299},               // 4274: 75 down, 25 up
      {4999, 1480, {99, 100}, 0, 4299},               // 4259: 60 down, 40 up
      {4999, 1500, {99, 100}, 0, 4199},               // 4249: 50 and 50, so down
      {4980, 100, {99, 100}, 0, 4899},                // 4930: 4999 would be above 4980
      {1999, 0, {99, 100}, 0, 1999},                  // nothing to do
      {5000, 0, {99, 100}, 0, 4999},                  // also without a discount
      {5000, 10'000, {99, 100}, 0, 99},               // and for a gift
      {99, 5000, {99, 100}, 0, 99},                   // the only one up to 99
      {98, 5000, {99, 100}, 0, 49},                   // none up to 98
      {50, 2000, {99, 100}, 0, 40},                   // none up to 50
      {0, 5000, {99, 100}, 0, 0},                     // none up to 0
      {0, 0, {0, 100}, 0, 0},                         // 0 is one
      {9990, 1000, {0, 500}, 0, 9000},                // 8991
      {10'000, 1250, {0, 500}, 0, 8500},              // 8750: 250 and 250
      {400, 5000, {0, 500}, 0, 0},                    // 200: 500 would be above 400
      {1234, 1000, {5, 10}, 0, 1115},                 // 1111: 6 down, 4 up
      {50'000, 3000, {9999, 10'000}, 0, 39'999},      // 35000: 5001 down, 4999 up
      {1003, 0, {0, 1}, 0, 1003},                     // every price has it
      {kPriceMax, 0, {99, 100}, 0, kPriceMax - 1},    //
      {kPriceMax, 1, {99, 100}, 0, 999'899'999'999},  // 999,900,000,000
      {kPriceMax, 5000, {7, kPriceMax}, 0, 7},        // the next would be above
      {kPriceMax, 0, {kPriceMax - 1, kPriceMax}, 0, kPriceMax - 1},
  });
}

TEST_CASE("the floor wins over the ending, and the price as it was over the floor") {
  check_endings({
      {4999, 1500, {99, 100}, 4199, 4199},  // not below it
      {4999, 1500, {99, 100}, 4200, 4299},  // the lowest from 4200 on
      {4999, 1500, {99, 100}, 4299, 4299},  //
      {4999, 1500, {99, 100}, 4300, 4399},  //
      {4999, 1500, {99, 100}, 4950, 4999},  // as high as it was
      {4980, 1500, {99, 100}, 4899, 4899},  //
      {4980, 1500, {99, 100}, 4950, 4950},  // 4999 would be above 4980
      {4980, 1500, {99, 100}, 9999, 4980},  // a floor above the price
      {1050, 100, {99, 100}, 1010, 1010},   // 1040, ending at 999; 1099 would be above
      {50, 2000, {99, 100}, 30, 40},        // no ending up to 50, so only the floor counts
      {50, 2000, {99, 100}, 45, 45},        //
      {50, 2000, {99, 100}, 70, 50},        //
      {400, 5000, {0, 500}, 1, 1},          // not for nothing
      {kPriceMax, 10'000, {99, 100}, kPriceMax, kPriceMax},
      {kPriceMax, 10'000, {99, 100}, std::numeric_limits<std::int64_t>::max(), kPriceMax},
  });
  const auto without_ending = [](std::int64_t floor) {
    return discounted(1000, {.discount_basis_points = 5000, .floor = floor});
  };
  CHECK(without_ending(499) == 500);
  CHECK(without_ending(500) == 500);
  CHECK(without_ending(501) == 501);
  CHECK(without_ending(1000) == 1000);
  CHECK(without_ending(1001) == 1000);
}

// discounted() as its contract reads, by looking at every price that there is.
std::int64_t discounted_by_search(std::int64_t price, const PriceRule& rule) {
  const std::int64_t exact = price * (kBasisPointsMax - rule.discount_basis_points);  // in 1/10,000
  std::int64_t rounded = 0;
  for (std::int64_t p = 0; p <= price; ++p) {
    const std::int64_t error = std::abs(p * kBasisPointsMax - exact);
    const std::int64_t best = std::abs(rounded * kBasisPointsMax - exact);
    const bool below = p * kBasisPointsMax <= exact;
    if (rule.rounding == Rounding::down && below) rounded = p;
    if (rule.rounding == Rounding::up && (p - 1) * kBasisPointsMax < exact) rounded = p;
    if (rule.rounding == Rounding::half_up && error <= best) rounded = p;
    if (rule.rounding == Rounding::half_even && (error < best || (error == best && p % 2 == 0))) rounded = p;
  }
  const std::int64_t floor = std::min(rule.floor, price);
  std::vector<std::int64_t> with_ending;
  for (std::int64_t p = 0; p <= price; ++p) {
    if (rule.ending && p % rule.ending->modulus == rule.ending->ending) with_ending.push_back(p);
  }
  if (with_ending.empty()) return std::max(rounded, floor);
  std::int64_t nearest = with_ending.front();
  for (const std::int64_t p : with_ending) {
    if (std::abs(p - rounded) < std::abs(nearest - rounded)) nearest = p;
  }
  if (nearest >= floor) return nearest;
  for (const std::int64_t p : with_ending) {
    if (p >= floor) return p;
  }
  return floor;
}

PriceRule random_rule(std::mt19937_64& random) {
  PriceRule rule;
  // Round shares half of the time: they are the ones that end in halves.
  rule.discount_basis_points = random() % 2 == 0 ? 1250 * pick(random, 0, 8) : pick(random, 0, 10'000);
  rule.rounding = kRoundings[random() % std::size(kRoundings)];
  if (random() % 3 != 0) {
    const std::int64_t modulus = pick(random, 1, 120);
    rule.ending = PriceEnding{pick(random, 0, modulus - 1), modulus};
  }
  if (random() % 2 == 0) rule.floor = pick(random, 0, 320);
  return rule;
}

TEST_CASE("a price is the one that a search among all prices finds") {
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 30'000; ++i) {
    const std::int64_t price = pick(random, 0, 300);
    const PriceRule rule = random_rule(random);
    const std::int64_t found = discounted(price, rule);
    if (found != discounted_by_search(price, rule)) FAIL("case " << i << ": " << price << " to " << found);
  }
}

TEST_CASE("a larger discount never gives a higher price, and no discount a price above the price") {
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 60; ++i) {
    const std::int64_t price = i % 2 == 0 ? pick(random, 0, 2000) : pick(random, 0, kPriceMax);
    PriceRule rule = random_rule(random);
    std::int64_t last = price;
    for (rule.discount_basis_points = 0; rule.discount_basis_points <= 10'000; ++rule.discount_basis_points) {
      const std::int64_t now = discounted(price, rule);
      if (now > last || now < std::min(rule.floor, price)) FAIL(price << ": " << last << " to " << now);
      last = now;
    }
  }
}

// --- prices over time
// -----------------------------------------------------------------------------------------

using Layers = std::vector<PriceLayer>;
using Points = std::vector<PricePoint>;
constexpr std::int64_t kBase = 1000;

PriceLayer percent(std::int64_t from, std::int64_t to, std::int64_t percent) {
  return {{from}, {to}, kDiscount, percent * 100};
}

Points compiled(const Layers& offer, const Layers& campaign = {}, const PriceRule& rule = {}) {
  return compile_prices(kBase, offer, campaign, rule);
}

TEST_CASE("a layer is in force from its first tick until before its last") {
  const Points points = compiled({percent(10, 20, 50)});
  CHECK(points == Points{{{10}, 500}, {{20}, 1000}});
  CHECK(price_at(kBase, points, {0}) == 1000);
  CHECK(price_at(kBase, points, {9}) == 1000);
  CHECK(price_at(kBase, points, {10}) == 500);
  CHECK(price_at(kBase, points, {19}) == 500);
  CHECK(price_at(kBase, points, {20}) == 1000);
  CHECK(next_price(points, {9}) == PricePoint{{10}, 500});
  CHECK(next_price(points, {10}) == PricePoint{{20}, 1000});
  CHECK(next_price(points, {19}) == PricePoint{{20}, 1000});
  CHECK_FALSE(next_price(points, {20}));
}

TEST_CASE("without a layer the price is the base for ever") {
  CHECK(compiled({}).empty());
  CHECK(price_at(kBase, {}, {5}) == kBase);
  CHECK_FALSE(next_price({}, {5}));
}

TEST_CASE("layers that touch hand over without a gap, and without a point where the price is the same") {
  CHECK(compiled({percent(10, 20, 10), percent(20, 30, 20)}) ==
        Points{{{10}, 900}, {{20}, 800}, {{30}, 1000}});
  CHECK(compiled({percent(10, 20, 10), percent(20, 30, 10)}) == Points{{{10}, 900}, {{30}, 1000}});
}

TEST_CASE("of layers that overlap the one that began last decides, and they do not add up") {
  CHECK(compiled({percent(10, 100, 10), percent(30, 40, 50)}) ==
        Points{{{10}, 900}, {{30}, 500}, {{40}, 900}, {{100}, 1000}});
  CHECK(compiled({percent(30, 40, 50), percent(10, 100, 10)}) ==
        Points{{{10}, 900}, {{30}, 500}, {{40}, 900}, {{100}, 1000}});
  CHECK(compiled({percent(10, 40, 10), percent(30, 100, 20)}) ==
        Points{{{10}, 900}, {{30}, 800}, {{100}, 1000}});
  // The one in the middle ends under the one above it, and does not come back.
  CHECK(compiled({percent(10, 100, 10), percent(20, 50, 20), percent(30, 60, 30)}) ==
        Points{{{10}, 900}, {{20}, 800}, {{30}, 700}, {{60}, 900}, {{100}, 1000}});
}

TEST_CASE("of layers that began together the last in the list decides") {
  CHECK(compiled({percent(10, 20, 10), percent(10, 30, 20)}) == Points{{{10}, 800}, {{30}, 1000}});
  CHECK(compiled({percent(10, 30, 20), percent(10, 20, 10)}) ==
        Points{{{10}, 900}, {{20}, 800}, {{30}, 1000}});
}

TEST_CASE("an offer's own layer goes before the campaign's, also when it began first and costs more") {
  const PriceLayer own{{20}, {40}, kPrice, 950};
  CHECK(compiled({own}, {percent(0, 100, 30)}) ==
        Points{{{0}, 700}, {{20}, 950}, {{40}, 700}, {{100}, 1000}});
  CHECK(compiled({own}, {percent(25, 35, 50)}) == Points{{{20}, 950}, {{40}, 1000}});
  CHECK(compiled({own}, {percent(30, 50, 50)}) == Points{{{20}, 950}, {{40}, 500}, {{50}, 1000}});
}

TEST_CASE("a layer without an end lasts, and one with an end lies over it") {
  const Points points = compiled({{{10}, kNoEnd, kPrice, 400}, percent(20, 30, 10)});
  CHECK(points == Points{{{10}, 400}, {{20}, 900}, {{30}, 400}});
  CHECK(price_at(kBase, points, kNoEnd) == 400);
}

TEST_CASE("a layer that changes nothing leaves no point") {
  CHECK(compiled({percent(10, 20, 0)}).empty());
  CHECK(compiled({{{10}, kNoEnd, kPrice, kBase}}).empty());
  CHECK(compiled({}, {percent(10, 20, 0)}).empty());
}

TEST_CASE("the rule is for discounts, a price is what it says, and the rule's own discount is not taken") {
  const PriceRule rule{.discount_basis_points = 9000, .ending = PriceEnding{99, 100}, .floor = 450};
  CHECK(compiled({{{10}, {20}, kPrice, 123}, percent(20, 30, 25), percent(30, 40, 90)}, {}, rule) ==
        Points{{{10}, 123}, {{20}, 799}, {{30}, 499}, {{40}, 1000}});
  CHECK(compiled({}, {percent(20, 30, 25)}, rule) == Points{{{20}, 799}, {{30}, 1000}});
}

Layers random_layers(std::mt19937_64& random, std::int64_t count_max, bool of_offer) {
  Layers layers(static_cast<std::size_t>(pick(random, 0, count_max)));
  for (PriceLayer& layer : layers) {
    layer.from = {pick(random, 0, 40)};
    layer.to = random() % 6 == 0 ? kNoEnd : Tick{layer.from.ns + pick(random, 1, 30)};
    if (of_offer && random() % 2 == 0) layer.kind = kPrice;
    // Few values, so that neighbours are often the same.
    layer.value = layer.kind == kPrice ? 250 * pick(random, 0, 5) : 2500 * pick(random, 0, 4);
  }
  return layers;
}

const PriceLayer* layer_by_search(const Layers& layers, Tick now) {
  const PriceLayer* decides = nullptr;
  for (const PriceLayer& layer : layers) {
    if (layer.from > now || (layer.to != kNoEnd && layer.to <= now)) continue;
    if (decides == nullptr || layer.from >= decides->from) decides = &layer;
  }
  return decides;
}

std::int64_t price_by_search(const Layers& offer, const Layers& campaign, PriceRule rule, Tick now) {
  const PriceLayer* layer = layer_by_search(offer, now);
  if (layer == nullptr) layer = layer_by_search(campaign, now);
  if (layer == nullptr) return kBase;
  rule.discount_basis_points = layer->value;
  return layer->kind == kPrice ? layer->value : discounted(kBase, rule);
}

TEST_CASE("at every tick the compiled price is the one that a search among the layers finds") {
  std::mt19937_64 random(kSeed);
  std::size_t points_seen = 0;
  for (int i = 0; i < 6000; ++i) {
    const std::int64_t count_max = i % 20 == 0 ? static_cast<std::int64_t>(kPriceLayersMax) : 6;
    const Layers offer = random_layers(random, count_max, true);
    const Layers campaign = random_layers(random, count_max, false);
    const PriceRule rule = random_rule(random);
    const Points points = compiled(offer, campaign, rule);
    points_seen += points.size();
    std::size_t passed = 0;  // points up to now
    std::int64_t before = kBase;
    for (Tick now{-1}; now.ns <= 72; ++now.ns) {
      const std::int64_t wanted = price_by_search(offer, campaign, rule, now);
      if (wanted != before) {
        // A change is a point, and there is no other one.
        if (passed == points.size() || points[passed] != PricePoint{now, wanted}) FAIL("case " << i);
        ++passed;
      }
      before = wanted;
      if (price_at(kBase, points, now) != wanted) FAIL("case " << i << " at " << now.ns);
      const std::optional<PricePoint> next = next_price(points, now);
      if (next.has_value() != (passed < points.size())) FAIL("case " << i << " after " << now.ns);
      if (next && *next != points[passed]) FAIL("case " << i << " after " << now.ns);
    }
    if (passed != points.size()) FAIL("case " << i);
  }
  CHECK(points_seen > 20'000);  // the cases are not empty ones
}

TEST_CASE("as many layers as there can be are taken, each with both of its ends") {
  Layers offer, campaign;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(kPriceLayersMax); ++i) {
    offer.push_back({{4 * i}, {4 * i + 1}, kPrice, i});
    campaign.push_back({{4 * i + 2}, {4 * i + 3}, kDiscount, 100 + i});
  }
  CHECK(compiled(offer, campaign).size() == 4 * kPriceLayersMax);
}

}  // namespace
}  // namespace doorbuster
