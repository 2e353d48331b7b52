// Plans: dated prices, audiences and schedules, as buyers meet them.

#include <chrono>
#include <thread>

#include "doorbuster/base/tick.h"
#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

Tick now() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

std::string in_seconds(std::int64_t seconds) {
  return format_rfc3339({now().ns + seconds * kNsPerSecond});
}

std::string window_of(const HttpReply& campaign) {
  return campaign.at("/state") + ' ' + campaign.at("/starts_at") + ' ' + campaign.at("/ends_at");
}

std::string day_from_now(int days) {
  return in_seconds(days * 86'400).substr(0, 10);
}

// A window of twelve hours from midnight in UTC, on `count` days from the first on.
std::string daily_sale(const std::string& first, int count) {
  return R"({"campaigns":[{"id":"sale","currency":"EUR","schedule":{"zone":"Etc/UTC","starts_at":")" + first +
         R"(T00:00:00","duration_seconds":43200,"rrule":"FREQ=DAILY;COUNT=)" + std::to_string(count) +
         R"("},"offers":[{"sku":"tv","stock":10,"price":1000}]}]})";
}

}  // namespace

TEST_CASE("a price step is in force while it lasts, and nothing is written for it", "[e2e]") {
  // On a loaded machine a start takes its time, so the step begins late enough to be bought before.
  constexpr int kBegins = 6, kEnds = 16;
  const std::string steps = R"(,"price_steps":[{"starts_at":")" + in_seconds(kBegins) + R"(","ends_at":")" +
                            in_seconds(kEnds) + R"(","discount_percent":20}])";
  Shop shop({.campaigns = {{.rules = steps, .offers = {{.sku = "tv", .price = 1000}}}}});
  // That the sale has started is written down, once.
  while (shop.metric("doorbuster_alerts_active{kind=\"campaign_started\"}") != 1) std::this_thread::yield();
  const HttpReply before = shop.buy({.sku = "tv", .buyer = "early", .key = "k"});
  CHECK(before.at("/unit_price") == "1000");
  const double records = shop.metric("doorbuster_journal_records_total");

  shop.wait_for("/v1/campaigns/sale", "/offers/0/price", "800");
  CHECK(shop.buy({.sku = "tv", .expected_price = 799}).outcome() == "409 price_changed");
  CHECK(shop.metric("doorbuster_journal_records_total") == records);
  const HttpReply cheap = shop.buy({.sku = "tv", .expected_price = 800});
  CHECK(cheap.at("/unit_price") == "800");
  // The order of a key keeps the price that it was made at.
  CHECK(shop.buy({.sku = "tv", .buyer = "early", .key = "k"}).at("/unit_price") == "1000");

  shop.wait_for("/v1/campaigns/sale", "/offers/0/price", "1000");
  CHECK(shop.buy({.sku = "tv", .expected_price = 800}).at("/price") == "1000");
  CHECK(shop.get("/v1/orders/" + cheap.at("/order")).at("/unit_price") == "800");
}

TEST_CASE("who is not meant is told by which rule, before anything about stock or limits", "[e2e]") {
  Shop shop({.campaigns = {{.limit_per_buyer = 1,
                            .rules = R"(,"regions":["AT","DE"])",
                            .offers = {{.sku = "tv", .stock = 1}, {.sku = "pc"}}}}});
  const auto buy = [&](const std::string& members, const std::string& key = {}) {
    return shop.buy({.sku = "tv", .key = key, .members = members});
  };
  CHECK(buy(R"(,"region":"DE")").status == 201);
  for (const std::string key : {"", "k"}) {
    const HttpReply stranger = buy(R"(,"region":"FR")", key);
    CHECK(stranger.outcome() == "403 not_eligible");
    CHECK(stranger.at("/rule") == "region");
    CHECK(buy("", key).outcome() == "403 not_eligible");
    CHECK(buy(R"(,"region":"AT")", key).outcome() == "409 limit_reached");
  }
  CHECK(shop.reload({.campaigns = {{.offers = {{.sku = "tv"}, {.sku = "pc"}}}}}));
  CHECK(shop.buy({.sku = "pc"}).status == 201);
}

TEST_CASE("a sale by schedule is open in its windows and tells the next one between them", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv"}}}}});
  // Not tomorrow: midnight may come while this runs.
  const std::string first = day_from_now(2);
  REQUIRE(shop.reload_text(daily_sale(first, 3)));
  const HttpReply view = shop.get("/v1/campaigns/sale");
  CHECK(window_of(view) == "scheduled " + first + "T00:00:00Z " + first + "T12:00:00Z");
  CHECK(std::stoll(view.at("/starts_in_ms")) <= 2 * 86'400'000);
  CHECK(std::stoll(view.at("/ends_in_ms")) - std::stoll(view.at("/starts_in_ms")) == 43'200'000);
  const HttpReply early = shop.buy({.sku = "tv", .key = "k"});
  CHECK(early.outcome() == "409 campaign_not_started");
  CHECK(early.at("/starts_at") == first + "T00:00:00Z");

  // The same file is no change, and a restart finds the same windows.
  CHECK(shop.reload_text(daily_sale(first, 3)));
  CHECK(shop.stop().exit_code == 0);
  shop.start();
  CHECK(window_of(shop.get("/v1/campaigns/sale")) == window_of(view));
  CHECK(run_doorbuster({"journal", "verify", shop.data()}).exit_code == 0);

  // Over since the day before yesterday.
  REQUIRE(shop.reload_text(daily_sale(day_from_now(-5), 3)));
  CHECK(shop.get("/v1/campaigns/sale").at("/state") == "ended");
  CHECK(shop.buy({.sku = "tv"}).outcome() == "410 campaign_ended");
}

}  // namespace doorbuster
