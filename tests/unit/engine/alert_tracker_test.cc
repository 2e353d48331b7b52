#include "doorbuster/engine/alert_tracker.h"

#include <map>
#include <random>
#include <utility>

#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kHourNs = 3600 * kNsPerSecond;

// Offers with figures that the test sets, and the alerts as text: "+low_stock 0/3 @0h" for offer 3 of
// campaign 0, raised at the opening.
class Shop final : FigureSource {
 public:
  Shop(std::vector<CampaignPut> campaigns, std::vector<OfferPut> offers, Tick since = kOpens,
       std::vector<Alert> raised = {})
      : tracker_(*this, since, raised) {
    for (const OfferPut& offer : offers) set(offer.offer.value, offer.stock, 0, 0);
    install(catalog_of(std::move(campaigns), std::move(offers)), since);
  }

  void install(CatalogPointer catalog, Tick now) { tracker_.install(std::move(catalog), now, found_); }
  void set(std::uint32_t offer, std::int64_t available, std::int64_t held, std::int64_t sold) {
    const auto availability = available != 0 ? Availability::on_sale
                              : held != 0    ? Availability::all_held
                                             : Availability::sold_out;
    figures_[offer] = {availability, {available + held + sold, available, held, sold}};
  }
  std::string look(std::uint32_t offer, Tick now = kOpens) {
    tracker_.look_at_offer({offer}, now, found_);
    return take();
  }
  std::string look_at_campaigns(Tick now) {
    tracker_.look_at_campaigns(now, found_);
    return take();
  }
  std::string take() {
    std::string text;
    for (const Alert& alert : found_) {
      if (!text.empty()) text += ", ";
      text += alert.raised ? '+' : '-';
      text += std::string(alert_kind_name(alert.kind)) + ' ' + std::to_string(alert.campaign.value);
      if (alert.offer) text += '/' + std::to_string(alert.offer->value);
      text += " @" + std::to_string((alert.at.ns - kOpens.ns) / kHourNs) + 'h';
    }
    last_ = found_.empty() ? Alert{} : found_.back();
    found_.clear();
    return text;
  }
  const Alert& last() const { return last_; }
  AlertTracker& tracker() { return tracker_; }

 private:
  OfferFigures figures(OfferIndex offer) const override { return figures_.at(offer.value); }

  std::map<std::uint32_t, OfferFigures> figures_;
  AlertTracker tracker_;
  std::vector<Alert> found_;
  Alert last_;
};

OfferPut low_at(std::int64_t stock, LowStock mark) {
  OfferPut offer = offer_put(0, stock);
  offer.plan.low_stock = mark;
  return offer;
}

TEST_CASE("an offer's mark is the larger of its two, its own before the campaign's") {
  CampaignPut campaign = campaign_put(0);
  OfferPut offer = offer_put(0, 1000);
  CHECK(low_stock_mark(campaign, offer, 1000) == -1);
  campaign.plan.low_stock = {.basis_points = 1000, .units = 0};
  CHECK(low_stock_mark(campaign, offer, 1000) == 100);
  CHECK(low_stock_mark(campaign, offer, 1009) == 100);
  CHECK(low_stock_mark(campaign, offer, 9) == 0);
  campaign.plan.low_stock.units = 120;
  CHECK(low_stock_mark(campaign, offer, 1000) == 120);
  CHECK(low_stock_mark(campaign, offer, 1300) == 130);
  CHECK(low_stock_mark(campaign, offer, kStockMax) == kStockMax / 10);
  offer.plan.low_stock = {.basis_points = 0, .units = 3};  // replaces both of the campaign's
  CHECK(low_stock_mark(campaign, offer, 1000) == 3);
}

TEST_CASE("low stock is raised at the mark and cleared a step above it") {
  Shop shop({campaign_put(0)}, {low_at(100, {.basis_points = 0, .units = 20})});
  CHECK(shop.take() == "+campaign_started 0 @0h");
  shop.set(0, 21, 0, 79);
  CHECK(shop.look(0).empty());
  shop.set(0, 20, 1, 79);
  CHECK(shop.look(0, after(kOpens, kHourNs)) == "+low_stock 0/0 @1h");
  CHECK(shop.last().allocated == 100);
  CHECK(shop.last().available == 20);
  CHECK(shop.last().held == 1);
  CHECK(shop.last().sold == 79);
  for (const std::int64_t available : {5, 20, 21, 22}) {
    shop.set(0, available, 0, 100 - available);
    CHECK(shop.look(0).empty());
  }
  shop.set(0, 23, 0, 77);
  CHECK(shop.look(0) == "-low_stock 0/0 @1h");  // time does not run backwards
  shop.set(0, 22, 0, 78);
  CHECK(shop.look(0).empty());
  shop.set(0, 20, 0, 80);
  CHECK(shop.look(0) == "+low_stock 0/0 @1h");
}

TEST_CASE("the step is a tenth of the mark and at least one unit") {
  CHECK(low_stock_step(0) == 1);
  CHECK(low_stock_step(19) == 1);
  CHECK(low_stock_step(20) == 2);
  CHECK(low_stock_step(1000) == 100);
}

TEST_CASE("what is sold out is not low besides, and what was low stays low") {
  Shop shop({campaign_put(0)}, {low_at(100, {.basis_points = 0, .units = 20})});
  shop.take();
  shop.set(0, 0, 0, 100);
  CHECK(shop.look(0) == "+sold_out 0/0 @0h");
  CHECK(shop.look(0).empty());
  shop.set(0, 1, 0, 99);
  CHECK(shop.look(0) == "-sold_out 0/0 @0h, +low_stock 0/0 @0h");
  shop.set(0, 0, 1, 99);
  CHECK(shop.look(0) == "+all_held 0/0 @0h");
  shop.set(0, 0, 0, 100);
  CHECK(shop.look(0) == "-all_held 0/0 @0h, +sold_out 0/0 @0h");
  shop.set(0, 50, 0, 50);
  CHECK(shop.look(0) == "-low_stock 0/0 @0h, -sold_out 0/0 @0h");
}

TEST_CASE("an offer without a mark is never low, and a mark that is taken away clears") {
  Shop shop({campaign_put(0)}, {low_at(100, {.basis_points = 5000, .units = 0})});
  shop.set(0, 50, 0, 50);
  shop.take();
  CHECK(shop.look(0) == "+low_stock 0/0 @0h");
  shop.install(catalog_of({campaign_put(0)}, {offer_put(0, 100)}, 2), kOpens);
  CHECK(shop.take() == "-low_stock 0/0 @0h");
  shop.set(0, 1, 0, 99);
  CHECK(shop.look(0).empty());
  CampaignPut campaign = campaign_put(0);
  campaign.plan.low_stock.units = 1;
  shop.install(catalog_of({campaign}, {offer_put(0, 100)}, 3), kOpens);
  CHECK(shop.take() == "+low_stock 0/0 @0h");
}

TEST_CASE(
    "offers raise nothing before their campaign opens, and are looked at when it does and when it ends") {
  Shop shop({campaign_put(0)}, {low_at(0, {.basis_points = 0, .units = 5}), offer_put(1, 10)},
            after(kOpens, -kHourNs));
  CHECK(shop.take().empty());
  CHECK(shop.look(0, after(kOpens, -1)).empty());
  CHECK(shop.tracker().next_instant() == kOpens);
  CHECK(shop.look_at_campaigns(kOpens) == "+campaign_started 0 @0h, +sold_out 0/0 @0h");
  CHECK(shop.tracker().next_instant() == kCloses);
  CHECK(shop.look_at_campaigns(after(kCloses, -1)).empty());
  CHECK(shop.look_at_campaigns(after(kCloses, kHourNs)) ==
        "-campaign_started 0 @12h, +campaign_ended 0 @12h, -sold_out 0/0 @13h");
  CHECK(shop.tracker().next_instant() == kNoEnd);
  CHECK(shop.look(0, after(kCloses, 2 * kHourNs)).empty());
}

TEST_CASE("a campaign's alert has the figures of all of its offers") {
  Shop shop({campaign_put(0), campaign_put(1)}, {offer_put(0, 10), offer_put(1, 20), offer_put(2, 40, 1, 1)},
            after(kOpens, -1));
  shop.set(0, 3, 2, 5);
  shop.set(1, 20, 0, 0);
  CHECK(shop.look_at_campaigns(kOpens) == "+campaign_started 0 @0h, +campaign_started 1 @0h");
  CHECK(shop.last().allocated == 40);
  Shop other({campaign_put(0)}, {offer_put(0, 10), offer_put(1, 20)});
  other.take();
  CHECK(other.last().allocated == 30);
  CHECK(other.last().available == 30);
}

CampaignPut recurring() {
  CampaignPut campaign = campaign_put(0);
  for (std::int64_t i = 0; i < 3; ++i) {
    campaign.plan.windows.push_back({after(kOpens, 24 * i * kHourNs), after(kOpens, (24 * i + 1) * kHourNs)});
  }
  campaign.ends_at = campaign.plan.windows.back().to;
  return campaign;
}

TEST_CASE("each window of a recurring campaign has its two alerts, also those that nobody looked at") {
  Shop shop({recurring()}, {offer_put(0, 10)}, after(kOpens, -1));
  CHECK(shop.look_at_campaigns(kOpens) == "+campaign_started 0 @0h");
  CHECK(shop.tracker().next_instant() == after(kOpens, kHourNs));
  CHECK(shop.look_at_campaigns(after(kOpens, 60 * kHourNs)) ==
        "-campaign_started 0 @1h, +campaign_ended 0 @1h, "
        "-campaign_ended 0 @24h, +campaign_started 0 @24h, "
        "-campaign_started 0 @25h, +campaign_ended 0 @25h, "
        "-campaign_ended 0 @48h, +campaign_started 0 @48h, "
        "-campaign_started 0 @49h, +campaign_ended 0 @49h");
  CHECK(shop.tracker().next_instant() == kNoEnd);
}

TEST_CASE("a pause changes nothing; an early end ends, and an extension opens again") {
  CampaignPut campaign = campaign_put(0);
  const auto put_at = [&](Shop& shop, std::int64_t hours) {
    shop.install(catalog_of({campaign}, {offer_put(0, 10)}), after(kOpens, hours * kHourNs));
    return shop.take();
  };
  Shop shop({campaign}, {offer_put(0, 10)});
  CHECK(shop.take() == "+campaign_started 0 @0h");
  campaign.paused = true;
  CHECK(put_at(shop, 1).empty());
  campaign.ended_at = after(kOpens, 2 * kHourNs);
  CHECK(put_at(shop, 2) == "-campaign_started 0 @2h, +campaign_ended 0 @2h");
  campaign.ended_at = {};
  campaign.ends_at = after(kCloses, 5 * kHourNs);
  CHECK(put_at(shop, 3) == "-campaign_ended 0 @3h, +campaign_started 0 @3h");
  CHECK(shop.look_at_campaigns(campaign.ends_at) == "-campaign_started 0 @17h, +campaign_ended 0 @17h");
  campaign.ends_at = after(kCloses, 20 * kHourNs);
  CHECK(put_at(shop, 18) == "-campaign_ended 0 @18h, +campaign_started 0 @18h");
}

TEST_CASE("what was over before the campaign was known raises nothing") {
  Shop shop({campaign_put(0)}, {offer_put(0, 10)}, after(kCloses, kHourNs));
  CHECK(shop.take().empty());
  CHECK(shop.tracker().next_instant() == kNoEnd);
  // Also when the last look was before it.
  CampaignPut late = campaign_put(1);
  shop.install(catalog_of({campaign_put(0), late}, {offer_put(0, 10)}, 2), after(kCloses, 100 * kHourNs));
  CHECK(shop.take().empty());
}

TEST_CASE("what is withdrawn ends, and so do the alerts of its offers") {
  CampaignPut campaign = campaign_put(0);
  OfferPut offer = offer_put(0, 0);
  Shop shop({campaign}, {offer, offer_put(1, 5)});
  CHECK(shop.take() == "+campaign_started 0 @0h, +sold_out 0/0 @0h");
  offer.listed = false;
  shop.install(catalog_of({campaign}, {offer, offer_put(1, 5)}, 2), kOpens);
  CHECK(shop.take() == "-sold_out 0/0 @0h");
  campaign.listed = false;
  shop.install(catalog_of({campaign}, {offer, offer_put(1, 5)}, 3), kOpens);
  CHECK(shop.take() == "-campaign_started 0 @0h, +campaign_ended 0 @0h");
}

TEST_CASE("a campaign that waits for stock out of the pool has not begun") {
  CampaignPut campaign = campaign_put(0);
  campaign.from_pool = true;
  Shop shop({campaign}, {offer_put(0, 0)});
  CHECK(shop.take().empty());
  campaign.armed = true;
  shop.set(0, 7, 0, 0);
  shop.install(catalog_of({campaign}, {offer_put(0, 7)}, 2), after(kOpens, kHourNs));
  CHECK(shop.take() == "+campaign_started 0 @1h");
}

Alert standing(AlertKind kind, std::optional<OfferIndex> offer) {
  Alert alert;
  alert.kind = kind;
  alert.offer = offer;
  return alert;
}

TEST_CASE("what stood before a restart is not raised again, and what has passed meanwhile is told") {
  const std::vector<Alert> raised = {standing(AlertKind::campaign_started, {}),
                                     standing(AlertKind::low_stock, OfferIndex{0})};
  {
    Shop shop({campaign_put(0)}, {low_at(3, {.basis_points = 0, .units = 5})}, kOpens, raised);
    CHECK(shop.take().empty());
    shop.set(0, 7, 0, 0);
    CHECK(shop.look(0) == "-low_stock 0/0 @0h");
  }
  Shop shop({recurring()}, {low_at(3, {.basis_points = 0, .units = 5})}, after(kOpens, kHourNs / 2), raised);
  CHECK(shop.take().empty());
  Shop late({recurring()}, {low_at(3, {.basis_points = 0, .units = 5})}, after(kOpens, 30 * kHourNs), raised);
  // The end that nobody saw before the last record: told as soon as somebody looks.
  CHECK(late.take() == "-campaign_started 0 @30h, +campaign_ended 0 @30h, -low_stock 0/0 @30h");
}

// What must be, said in the plainest way.
struct Twin {
  bool low = false, sold_out = false, all_held = false;
  void see(const OfferStock& stock, std::int64_t mark, bool is_open) {
    const bool nothing = is_open && stock.available == 0;
    sold_out = nothing && stock.held == 0;
    all_held = nothing && stock.held != 0;
    const std::int64_t step = mark / 10 > 1 ? mark / 10 : 1;
    if (!is_open || stock.available > mark + step) low = false;
    if (is_open && stock.available <= mark && !sold_out) low = true;
  }
};

TEST_CASE(
    "through any figures an alert is raised exactly while its condition holds, and never twice in a row") {
  std::mt19937_64 random(20261127);
  const auto below = [&random](std::uint64_t bound) { return static_cast<std::int64_t>(random() % bound); };
  for (int run = 0; run < 50; ++run) {
    const std::int64_t stock = 1 + below(60);
    const std::int64_t mark = below(40);
    OfferPut offer = low_at(stock, {.basis_points = 0, .units = mark + 1});
    std::vector<Alert> found;
    struct : FigureSource {
      OfferFigures figures(OfferIndex) const override { return now; }
      OfferFigures now{};
    } source;
    OfferFigures& figures = source.now;
    figures.stock = {stock, stock, 0, 0};
    AlertTracker tracker(source, after(kOpens, -1), {});
    tracker.install(catalog_of({recurring()}, {offer}), after(kOpens, -1), found);
    Tick now = after(kOpens, -1);
    Twin twin;
    std::map<AlertKind, bool> raised;
    for (int step = 0; step < 400; ++step) {
      now.ns += below(4) == 0 ? below(kHourNs / 2) : 0;
      const std::int64_t held = below(static_cast<std::uint64_t>(stock) + 1);
      const std::int64_t sold =
          below(2) == 0 ? stock - held : below(static_cast<std::uint64_t>(stock - held) + 1);
      figures.stock = {stock, stock - held - sold, held, sold};
      figures.availability = figures.stock.available != 0 ? Availability::on_sale
                             : held != 0                  ? Availability::all_held
                                                          : Availability::sold_out;
      // Passing an instant looks at every offer: with these figures.
      tracker.look_at_offer({0}, now, found);
      for (const Alert& alert : found) {
        REQUIRE(raised[alert.kind] != alert.raised);
        raised[alert.kind] = alert.raised;
      }
      found.clear();
      twin.see(figures.stock, mark + 1, campaign_phase(recurring(), now).state == CampaignState::active);
      REQUIRE(raised[AlertKind::low_stock] == twin.low);
      REQUIRE(raised[AlertKind::sold_out] == twin.sold_out);
      REQUIRE(raised[AlertKind::all_held] == twin.all_held);
    }
  }
}

}  // namespace
}  // namespace doorbuster
