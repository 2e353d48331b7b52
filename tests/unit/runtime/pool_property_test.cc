// Random lives of campaigns over one pool, beside a shop that counts on its fingers: nothing is taken that is
// not there, and no unit is lost, whatever happens in which order and whenever the process is started again.

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/pools.h"

namespace doorbuster {
namespace {

constexpr std::uint32_t kCampaigns = 4;
constexpr int kSteps = 400;

// One SKU, in the pool and in every campaign.
struct Finger {
  std::int64_t stock = 0, allocated = 0, sold = 0;
  Tick from, to;
  bool armed = false;
};

class Pair {
 public:
  explicit Pair(std::uint64_t seed) : random_(seed) {
    REQUIRE(put_item(world_, "tv", pool_, now_).has_value());
    free_ = pool_;
    for (Finger& finger : fingers_) {
      finger.stock = finger.allocated = between(3, 15);
      finger.from = later(between(0, 2000));
      finger.to = {finger.from.ns + between(100, 2000) * kNsPerSecond};
    }
    REQUIRE(world_.configure(configured(), now_).has_value());
  }

  void step() {
    now_ = later(between(0, 60));
    const auto which = static_cast<std::uint32_t>(between(0, kCampaigns - 1));
    switch (between(0, 19)) {
      case 0:
        return world_.restart(static_cast<std::uint32_t>(between(1, 3)));
      case 1:
        return end(which);
      case 2:
      case 3:
        return extend(which);
      case 4:
        return change_pool();
      case 5:
        return arm(which);
      case 6:
      case 7:
      case 8:
        return give_back();
      case 9:
      case 10:
      case 11:
      case 12:
        return clock();
      default:
        return buy(which);
    }
  }

  void compare() const {
    REQUIRE(free_ >= 0);
    const PoolUnits units = pool_units(*world_.catalog()).at(0);
    REQUIRE(units.stock == pool_);
    REQUIRE(units.available() == free_);
    std::int64_t sum = free_;
    for (std::uint32_t i = 0; i < kCampaigns; ++i) {
      const Finger& finger = fingers_[i];
      const OfferStock stock = world_.stock({i});
      REQUIRE(world_.catalog()->campaign({i}).definition.armed == finger.armed);
      REQUIRE(stock.allocated == finger.allocated);
      REQUIRE(stock.sold == finger.sold);
      REQUIRE(stock.allocated == stock.available + stock.held + stock.sold);
      if (finger.armed) sum += stock.available + stock.sold;
    }
    REQUIRE(sum == pool_);
  }
  std::array<int, 5> seen() const { return seen_; }  // armed, refused, given back, taken again, sold

 private:
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  Tick later(std::int64_t seconds) const { return {now_.ns + seconds * kNsPerSecond}; }
  static std::string id(std::uint32_t which) { return "sale-" + std::to_string(which); }

  std::vector<CampaignConfiguration> configured() const {
    std::vector<CampaignConfiguration> campaigns;
    for (std::uint32_t i = 0; i < kCampaigns; ++i) {
      CampaignConfiguration& campaign = campaigns.emplace_back();
      campaign.id = campaign.name = id(i);
      campaign.currency = "EUR";
      campaign.starts_at = fingers_[i].from;
      campaign.ends_at = planned_end_[i].value_or(fingers_[i].to);
      campaign.from_pool = true;
      campaign.offers = {{.sku = "tv", .stock = fingers_[i].stock, .list_price = 2, .price = 1}};
    }
    return campaigns;
  }

  bool take(Finger& finger) {
    if (free_ < finger.stock) return false;
    free_ -= finger.stock;
    finger.allocated = finger.stock;
    finger.armed = true;
    ++seen_[0];
    return true;
  }

  void clock() {
    for (Finger& finger : fingers_) {
      if (!finger.armed || now_ < finger.to) continue;
      if (finger.allocated > finger.sold) ++seen_[2];
      free_ += finger.allocated - finger.sold;
      finger.allocated = finger.sold;
    }
    int refused = 0;
    for (Finger& finger : fingers_) {
      if (!finger.armed && now_ >= finger.from && now_ < finger.to && !take(finger)) ++refused;
    }
    keep_campaigns(world_, now_, [&](const CampaignPut&, const ActionRefusal* refusal) {
      if (refusal == nullptr) return;
      REQUIRE(refusal->outcome == Outcome::change_refused);
      --refused;
      ++seen_[1];
    });
    REQUIRE(refused == 0);
  }

  void arm(std::uint32_t which) {
    Finger& finger = fingers_[which];
    const auto changed = world_.act(id(which), CampaignAction::arm, now_);
    if (finger.armed) {
      REQUIRE(changed.value_or(9) == 0);
    } else if (now_ >= finger.to) {
      REQUIRE(changed.error().outcome == Outcome::campaign_ended);
    } else {
      REQUIRE(changed.has_value() == take(finger));
    }
  }

  void end(std::uint32_t which) {
    Finger& finger = fingers_[which];
    REQUIRE(world_.act(id(which), CampaignAction::end, now_).has_value());
    if (now_ >= finger.to) return;
    if (!planned_end_[which]) planned_end_[which] = finger.to;
    finger.to = now_;
  }

  // A file that has another end for it, later than any before.
  void extend(std::uint32_t which) {
    Finger& finger = fingers_[which];
    const auto before = planned_end_[which];
    planned_end_[which] = {std::max(now_, before.value_or(finger.to)).ns + between(1, 500) * kNsPerSecond};
    const auto changed = world_.configure(configured(), now_);
    const std::int64_t again = finger.armed ? finger.stock - finger.allocated : 0;
    REQUIRE(changed.has_value() == (again <= free_));
    if (!changed) {
      planned_end_[which] = before;
      return;
    }
    if (again > 0) ++seen_[3];
    finger.to = *std::exchange(planned_end_[which], std::nullopt);
    free_ -= again;
    if (finger.armed) finger.allocated = finger.stock;
  }

  void change_pool() {
    const std::int64_t wanted = between(pool_ - 10, pool_ + 10);
    const bool possible = wanted >= pool_ - free_ && wanted >= 0;
    if (wanted < 0) return;
    REQUIRE(put_item(world_, "tv", wanted, now_).has_value() == possible);
    if (!possible) return;
    free_ += wanted - pool_;
    pool_ = wanted;
  }

  void buy(std::uint32_t which) {
    Finger& finger = fingers_[which];
    const Decision decision = world_.buy(id(which), "tv", buy_of("ann"), now_);
    if (now_ >= finger.to) {
      REQUIRE(decision.outcome == Outcome::campaign_ended);
    } else if (!finger.armed || now_ < finger.from) {
      REQUIRE(decision.outcome == Outcome::campaign_not_started);
    } else if (finger.sold == finger.allocated) {
      REQUIRE(decision.outcome == Outcome::sold_out);
    } else {
      REQUIRE(decision.outcome == Outcome::confirmed);
      ++finger.sold;
      ++seen_[4];
      orders_.push_back(decision.order.number);
    }
  }

  void give_back() {
    if (orders_.empty()) return;
    const auto at = orders_.begin() + between(0, static_cast<std::int64_t>(orders_.size()) - 1);
    OrderCommand command;
    command.action = OrderAction::give_back;
    command.order = *at;
    REQUIRE(world_.command(command, now_).outcome == Outcome::ok);
    --fingers_[at->offer().value].sold;
    orders_.erase(at);
  }

  std::mt19937_64 random_;
  World world_;
  Tick now_ = kOpens;
  std::int64_t pool_ = 25, free_ = 0;
  std::array<Finger, kCampaigns> fingers_;
  // What the file says where somebody has ended it before.
  std::array<std::optional<Tick>, kCampaigns> planned_end_;
  std::vector<OrderNumber> orders_;
  std::array<int, 5> seen_{};
};

TEST_CASE("whatever campaigns do over one pool, no unit is taken twice and none is lost") {
  std::array<int, 5> seen{};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    Pair pair(seed);
    for (int step = 0; step < kSteps; ++step) {
      INFO("step " << step);
      pair.step();
      pair.compare();
    }
    for (std::size_t i = 0; i < seen.size(); ++i) seen[i] += pair.seen()[i];
  }
  for (const int times : seen) CHECK(times > 50);  // none of it is there by name only
}

}  // namespace
}  // namespace doorbuster
