// What who watches a sale is told: over HTTP, in the metrics and in the log, and again after a restart.

#include <thread>

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

const std::string kAlerts = "/v1/admin/alerts";

ShopSpec watched_shop() {
  return {.campaigns = {{.rules = R"(,"hold_seconds":600,"low_stock_percent":20,"low_stock_units":3)",
                         .offers = {{.sku = "tv", .stock = 10}, {.sku = "pc", .stock = 40}}},
                        {.id = "soon",
                         .starts_at = "2098-01-01T00:00:00Z",
                         .offers = {{.sku = "none", .stock = 0}}}},
          .server = R"(,"stock_metrics":true)",
          .cores = 2};
}

HttpReply wait_for_alerts(const Shop& shop, int count) {
  HttpConnection admin = shop.connect_admin();
  HttpReply reply = admin.get(kAlerts);
  while (reply.at("/next") != std::to_string(count)) reply = admin.get(kAlerts);
  return reply;
}

// An alert is in the log after it can be read over HTTP, and is counted by then.
void wait_for_log(Shop& shop, const std::string& line) {
  while (shop.server().log().find(line) == std::string::npos) std::this_thread::yield();
}

std::string active(const Shop& shop, const std::string& kind) {
  return std::to_string(static_cast<int>(shop.metric("doorbuster_alerts_active{kind=\"" + kind + "\"}")));
}
double total(const Shop& shop, const std::string& kind, const std::string& event) {
  return shop.metric("doorbuster_alerts_total{kind=\"" + kind + "\",event=\"" + event + "\"}");
}

}  // namespace

TEST_CASE("a sale that runs low says so once, and again only after it has not been low", "[e2e]") {
  Shop shop(watched_shop());
  CHECK(wait_for_alerts(shop, 1).at("/active/0/kind") == "campaign_started");
  std::vector<std::string> orders;
  for (int i = 0; i < 7; ++i) orders.push_back(shop.buy({.sku = "tv"}).at("/order"));
  const HttpReply low = wait_for_alerts(shop, 2);
  CHECK(low.at("/active_total") == "2");
  CHECK(low.at("/active/1/kind") == "low_stock");
  CHECK(low.at("/active/1/event") == "raised");
  CHECK(low.at("/active/1/campaign") == "sale");
  CHECK(low.at("/active/1/sku") == "tv");
  CHECK(low.at("/active/1/allocated") == "10");
  CHECK(low.at("/active/1/available") == "3");
  CHECK(low.at("/active/1/held") == "7");
  CHECK(low.at("/active/1/sold") == "0");
  CHECK(low.at("/history/1/sequence") == "2");
  CHECK(low.at("/oldest") == "1");
  CHECK(active(shop, "low_stock") == "1");
  wait_for_log(shop, "low_stock raised: campaign sale, sku tv: 3 of 10 available, 7 held, 0 sold");
  CHECK(total(shop, "low_stock", "raised") == 1);
  CHECK(total(shop, "low_stock", "cleared") == 0);

  // At the mark plus one it is still low; one more back and it is not.
  CHECK(shop.act(orders[0], "cancel").status == 200);
  CHECK(shop.act(orders[1], "confirm").status == 200);
  const HttpReply view = shop.admin("/v1/admin/campaigns/sale");
  CHECK_THAT(view.body, Catch::Contains(R"("completion":0.02,)"));
  CHECK(view.at("/low_stock_percent") == "20");
  CHECK(view.at("/low_stock_units") == "3");
  CHECK(view.at("/offers/0/low_stock") == "false");
  CHECK(shop.metric("doorbuster_campaign_completion_ratio{campaign=\"sale\"}") == 0.02);
  CHECK(shop.act(orders[2], "cancel").status == 200);
  const HttpReply cleared = wait_for_alerts(shop, 3);
  CHECK(cleared.at("/active_total") == "1");
  CHECK(cleared.at("/history/2/kind") == "low_stock");
  CHECK(cleared.at("/history/2/event") == "cleared");
  CHECK(cleared.at("/history/2/available") == "5");
  CHECK(active(shop, "low_stock") == "0");
  wait_for_log(shop, "low_stock cleared: campaign sale, sku tv: 5 of 10 available, 4 held, 1 sold");
  CHECK(total(shop, "low_stock", "cleared") == 1);
}

TEST_CASE("what is raised is there after a restart and after a kill, and is not raised again", "[e2e]") {
  Shop shop(watched_shop());
  wait_for_alerts(shop, 1);
  CHECK(shop.buy({.sku = "tv", .quantity = 10}).status == 201);
  // One look, so one instant: it is low, and all of it is held.
  CHECK(wait_for_alerts(shop, 3).at("/history/2/kind") == "all_held");
  for (const bool kill : {false, true}) {
    if (kill) {
      shop.server().kill();
    } else {
      CHECK(shop.stop().exit_code == 0);
    }
    shop.start();
    const HttpReply found = shop.admin(kAlerts);
    CHECK(found.at("/next") == "3");
    CHECK(found.at("/active_total") == "3");
    CHECK(found.at("/active/1/kind") == "low_stock");
    CHECK(found.at("/active/1/available") == "0");
    CHECK(active(shop, "all_held") == "1");
    CHECK(total(shop, "all_held", "raised") == 0);
  }
  // The next transition is the next alert: nothing was repeated before it.
  CHECK(shop.admin(kAlerts + "?campaign=soon").at("/active_total") == "0");
  CHECK(shop.connect_admin()
            .exchange(post_request("/v1/admin/campaigns/sale/end", R"({"reason":"enough"})"))
            .status == 200);
  const HttpReply ended = wait_for_alerts(shop, 7);
  CHECK(ended.at("/active_total") == "1");
  CHECK(ended.at("/active/0/kind") == "campaign_ended");
  CHECK(ended.at("/history/3/kind") == "campaign_started");
  CHECK(ended.at("/history/3/event") == "cleared");
}

TEST_CASE("alerts are read in pages, of one campaign, and refused when asked wrongly", "[e2e]") {
  ShopSpec spec = watched_shop();
  spec.campaigns.push_back({.id = "other", .offers = {{.sku = "empty", .stock = 0}}});
  Shop shop(spec);
  CHECK(wait_for_alerts(shop, 3).at("/active_total") == "3");
  const HttpReply newest = shop.admin(kAlerts + "?limit=1");
  CHECK(newest.at("/history/0/sequence") == "3");
  CHECK(newest.at("/history/1/sequence") == "<missing>");
  CHECK(newest.at("/active/1/sequence") == "<missing>");
  CHECK(newest.at("/active_total") == "3");
  CHECK(newest.at("/next") == "3");
  const HttpReply first = shop.admin(kAlerts + "?limit=1&after=0");
  CHECK(first.at("/history/0/sequence") == "1");
  CHECK(first.at("/next") == "1");
  const HttpReply rest = shop.admin(kAlerts + "?after=1");
  CHECK(rest.at("/history/0/sequence") == "2");
  CHECK(rest.at("/history/1/sequence") == "3");
  CHECK(shop.admin(kAlerts + "?after=3").at("/next") == "3");
  const HttpReply other = shop.admin(kAlerts + "?campaign=other");
  CHECK(other.at("/active_total") == "2");
  CHECK(other.at("/history/1/kind") == "sold_out");
  CHECK(other.at("/history/1/sku") == "empty");
  CHECK(other.at("/next") == "3");
  CHECK(shop.admin(kAlerts + "?campaign=none").outcome() == "404 campaign_not_found");
  CHECK(shop.admin(kAlerts + "?limit=0").outcome() == "400 malformed_request");
  CHECK(shop.admin(kAlerts + "?kind=low_stock").outcome() == "400 malformed_request");
  CHECK(shop.connect_admin().exchange(post_request(kAlerts, "{}")).outcome() == "405 method_not_allowed");
}

}  // namespace doorbuster
