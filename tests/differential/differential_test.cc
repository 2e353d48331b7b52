// The engine and its obvious twin get the same questions and must say the same, word for word and unit for
// unit, through changes of the configuration and restarts into other numbers of shards.
#include <rapidcheck.h>

#include <random>

#include "differential/naive_shop.h"
#include "support/world.h"

namespace doorbuster {
namespace {

// One question, in small numbers that meet each other often.
struct Step {
  enum Kind : std::uint32_t { buy, configure, restart } kind = buy;
  std::uint32_t campaign = 0, sku = 0, buyer = 0, key = 0, reference = 0, quantity = 1;
  std::int64_t expected_price = 0;  // 0: none
  std::int64_t at = 0;              // from the opening
  std::uint32_t shards = 1;
  std::uint64_t dice = 0;  // a configuration's
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  if (step.kind == Step::restart) return out << "restart shards=" << step.shards << '\n';
  if (step.kind == Step::configure) return out << "configure dice=" << step.dice << '\n';
  return out << "buy c" << step.campaign << "/s" << step.sku << " b" << step.buyer << " x" << step.quantity
             << " k" << step.key << " r" << step.reference << " price " << step.expected_price << " at "
             << step.at << '\n';
}

constexpr std::int64_t kOpenNs = 100;  // how long the windows are about

std::vector<CampaignConfiguration> configuration_from(std::uint64_t dice) {
  std::mt19937_64 random(dice);
  std::vector<CampaignConfiguration> campaigns;
  for (std::uint32_t c = 0; c < 2; ++c) {
    if (random() % 8 == 0) continue;
    CampaignConfiguration& campaign = campaigns.emplace_back();
    campaign.id = campaign.name = "c" + std::to_string(c);
    campaign.currency = "EUR";
    campaign.starts_at = after(kOpens, static_cast<std::int64_t>(random() % 10));
    campaign.ends_at = after(kOpens, kOpenNs - static_cast<std::int64_t>(random() % 10));
    campaign.limit_per_buyer = static_cast<std::uint32_t>(random() % 3 == 0 ? 0 : random() % 8);
    for (std::uint32_t s = 0; s < 4; ++s) {
      if (random() % 8 == 0) continue;
      campaign.offers.push_back({.sku = "s" + std::to_string(s),
                                 .stock = static_cast<std::int64_t>(random() % 40),
                                 .list_price = 9,
                                 .price = static_cast<std::int64_t>(1 + random() % 4)});
    }
  }
  return campaigns;
}

class Pair {
 public:
  // Empty, or how the two differ.
  std::string play(const Step& step) {
    if (step.kind == Step::restart) {
      world_.restart(step.shards);
      return compare("restarted", "restarted");
    }
    if (step.kind == Step::configure) {
      const auto campaigns = configuration_from(step.dice);
      const std::string engine = world_.configure(campaigns, after(kOpens, step.at)) ? "" : "refused";
      return compare(engine, naive_.configure(campaigns));
    }
    NaiveBuy wanted;
    wanted.campaign = "c" + std::to_string(step.campaign);
    wanted.sku = "s" + std::to_string(step.sku);
    wanted.buyer = "b" + std::to_string(step.buyer);
    if (step.key != 0) wanted.key = "k" + std::to_string(step.key);
    if (step.reference != 0) wanted.reference = "r" + std::to_string(step.reference);
    wanted.quantity = step.quantity;
    if (step.expected_price != 0) wanted.expected_price = step.expected_price;
    const Tick now = after(kOpens, step.at);
    return compare(ask_engine(wanted, now), naive_.buy(wanted, now));
  }
  std::size_t orders() const { return naive_.orders(); }

 private:
  std::string ask_engine(const NaiveBuy& wanted, Tick now) {
    Buy buy = buy_of(wanted.buyer, wanted.key, wanted.quantity);
    buy.reference = wanted.reference;
    buy.expected_price = wanted.expected_price;
    const Decision decision = world_.buy(wanted.campaign, wanted.sku, buy, now);
    if (decision.outcome == Outcome::price_changed)
      return "price_changed to " + std::to_string(decision.price);
    if (decision.outcome != Outcome::confirmed) return std::string(outcome_code(decision.outcome));
    return (decision.replayed ? "again " : "order ") + std::to_string(decision.order.number.ordinal()) +
           " at " + std::to_string(decision.order.unit_price);
  }

  std::string compare(const std::string& engine, const std::string& naive) const {
    if (engine != naive) return "the engine says \"" + engine + "\", the twin \"" + naive + "\"";
    if (world_.orders() != naive_.orders()) return "the numbers of orders differ";
    for (const auto& [name, offer] : naive_.offers()) {
      const Campaign* campaign = world_.catalog()->find_campaign(kDefaultTenant, name.first);
      const Offer* found = world_.catalog()->find_offer(campaign->definition.campaign, name.second);
      const OfferStock stock = world_.stock(found->definition.offer);
      const std::int64_t sold = naive_.sold(name.first, name.second);
      if (stock.sold != sold || stock.allocated != offer.stock || stock.available != offer.stock - sold ||
          stock.held != 0) {
        return "the stock of " + name.first + "/" + name.second + " differs";
      }
    }
    return "";
  }

  World world_{1, 2000};
  NaiveShop naive_;
};

Step random_step(std::mt19937_64& random) {
  const auto below = [&random](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  Step step;
  const std::uint32_t kind = below(100);
  step.kind = kind < 3 ? Step::configure : kind < 5 ? Step::restart : Step::buy;
  step.campaign = below(20) == 0 ? 9 : below(2);
  step.sku = below(20) == 0 ? 9 : below(4);
  step.buyer = below(12);
  step.key = below(3) == 0 ? 0 : 1 + below(60);
  step.reference = below(4) == 0 ? 1 + below(2) : 0;
  step.quantity = below(30) == 0 ? 1000 : 1 + below(3);
  step.expected_price = below(2) == 0 ? 0 : 1 + below(5);
  step.at = static_cast<std::int64_t>(below(10)) == 0 ? static_cast<std::int64_t>(below(130)) - 10
                                                      : 10 + static_cast<std::int64_t>(below(80));
  step.shards = 1 + below(5);
  step.dice = random();
  return step;
}

TEST_CASE("over long random sales the engine and its twin say the same") {
  std::size_t orders = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    Pair pair;
    Step open;
    open.kind = Step::configure;
    open.dice = seed;
    REQUIRE(pair.play(open).empty());
    for (int i = 0; i < 700; ++i) {
      const Step step = random_step(random);
      const std::string difference = pair.play(step);
      if (difference.empty()) continue;
      std::ostringstream told;
      told << step;
      FAIL("seed " << seed << ", step " << i << ": " << told.str() << difference);
    }
    orders += pair.orders();
  }
  CHECK(orders > 2000);  // the sales did happen
}

rc::Gen<Step> arbitrary_step() {
  return rc::gen::build<Step>(
      rc::gen::set(&Step::kind, rc::gen::weightedElement<Step::Kind>(
                                    {{20, Step::buy}, {2, Step::configure}, {1, Step::restart}})),
      rc::gen::set(&Step::campaign, rc::gen::inRange<std::uint32_t>(0, 3)),
      rc::gen::set(&Step::sku, rc::gen::inRange<std::uint32_t>(0, 5)),
      rc::gen::set(&Step::buyer, rc::gen::inRange<std::uint32_t>(0, 3)),
      rc::gen::set(&Step::key, rc::gen::inRange<std::uint32_t>(0, 6)),
      rc::gen::set(&Step::reference, rc::gen::inRange<std::uint32_t>(0, 2)),
      rc::gen::set(&Step::quantity, rc::gen::inRange<std::uint32_t>(1, 12)),
      rc::gen::set(&Step::expected_price, rc::gen::inRange<std::int64_t>(0, 5)),
      rc::gen::set(&Step::at, rc::gen::inRange<std::int64_t>(-1, kOpenNs + 2)),
      rc::gen::set(&Step::shards, rc::gen::inRange<std::uint32_t>(1, 5)),
      rc::gen::set(&Step::dice, rc::gen::arbitrary<std::uint64_t>()));
}

TEST_CASE("any short sale, shrunk to the shortest that shows it, has no difference to show") {
  CHECK(rc::check([] {
    Pair pair;
    Step open;
    open.kind = Step::configure;
    open.dice = 1;
    RC_ASSERT(pair.play(open).empty());
    for (const Step& step : *rc::gen::container<std::vector<Step>>(arbitrary_step())) {
      const std::string difference = pair.play(step);
      if (!difference.empty()) RC_FAIL(difference);
    }
  }));
}

}  // namespace
}  // namespace doorbuster
