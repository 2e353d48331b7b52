// Stock from the pool over real time: the clock arms and gives back, also over crashes, and says so.

#include <chrono>
#include <stdexcept>

#include "doorbuster/base/tick.h"
#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

const std::string kSale = "/v1/admin/campaigns/sale";
const std::string kOther = "/v1/admin/campaigns/other";

std::string in_seconds(std::int64_t seconds) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return format_rfc3339(
      {std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() + seconds * kNsPerSecond});
}

std::string tv_in_pool(int stock) {
  return R"({"sku":"tv","list_price":2000,"stock":)" + std::to_string(stock) + "}";
}

// A campaign with stock from the pool that is open, unless it is said otherwise.
CampaignSpec pooled(std::string id, std::int64_t stock, std::string rules = {}) {
  return {.id = std::move(id),
          .rules = R"(,"from_pool":true)" + std::move(rules),
          .offers = {{.sku = "tv", .stock = stock}}};
}

HttpReply post(const Shop& shop, const std::string& path, const std::string& body = {}) {
  return shop.connect_admin().exchange(body.empty() ? get_request(path, {}, "POST")
                                                    : post_request(path, body));
}

// Reads the operator's view until the member has this value.
HttpReply wait_for(const Shop& shop, const std::string& path, const std::string& pointer,
                   const std::string& value) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (;;) {
    HttpReply reply = shop.admin(path);
    if (reply.at(pointer) == value) return reply;
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("not in time: " + reply.body);
  }
}

double clock_changes(const Shop& shop, const std::string& action) {
  return shop.metric("doorbuster_catalog_changes_total{source=\"clock\",action=\"" + action + "\"}");
}

int times(const std::string& text, const std::string& what) {
  int count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("the clock arms a campaign before its start, and gives back after its end", "[e2e]") {
  ShopSpec spec = {.campaigns = {pooled("sale", 8, R"(,"arm_seconds":6)")}, .catalog = tv_in_pool(10)};
  spec.campaigns[0].starts_at = in_seconds(14);  // armed in 8: a start may take its time
  Shop shop(spec);
  CHECK(shop.admin(kSale).at("/armed") == "false");
  CHECK(shop.get("/v1/campaigns/sale").at("/state") == "scheduled");

  wait_for(shop, kSale, "/armed", "true");
  CHECK(clock_changes(shop, "arm") == 1);
  shop.wait_for("/v1/campaigns/sale", "/state", "active");
  CHECK(shop.buy({.sku = "tv", .quantity = 3}).status == 201);
  CHECK(clock_changes(shop, "release") == 0);

  CHECK(post(shop, kSale + "/end").status == 200);
  const HttpReply over = wait_for(shop, kSale, "/offers/0/released", "5");
  CHECK(over.at("/state") == "ended");
  CHECK(over.at("/offers/0/allocated") == "3");
  CHECK(over.at("/offers/0/available") == "0");
  CHECK(clock_changes(shop, "release") == 1);
  const HttpReply audit = shop.admin("/v1/admin/audit?author=clock");
  CHECK(audit.at("/changes/0/action") == "arm");
  CHECK(audit.at("/changes/0/source") == "clock");
  CHECK(audit.at("/changes/1/action") == "release");
  CHECK(audit.at("/changes/1/differences/0/member") == "released");
}

TEST_CASE("what the pool does not back sells nothing, says so once, and is armed when there is more",
          "[e2e]") {
  ShopSpec spec = {.campaigns = {pooled("sale", 8), pooled("other", 5)}, .catalog = tv_in_pool(10)};
  Shop shop(spec);
  wait_for(shop, kSale, "/armed", "true");
  const HttpReply refused = shop.buy({.sku = "tv", .campaign = "other"});
  CHECK(refused.outcome() == "409 campaign_not_started");
  CHECK(refused.header("Retry-After") == "1");
  CHECK(parse_rfc3339(refused.at("/starts_at")).has_value());
  CHECK(shop.buy({.sku = "tv", .key = "k", .campaign = "other"}).outcome() == "409 campaign_not_started");
  CHECK(shop.admin(kOther).at("/state") == "scheduled");

  const HttpReply by_hand = post(shop, kOther + "/arm");
  CHECK(by_hand.outcome() == "409 change_refused");
  CHECK(by_hand.at("/detail") ==
        "campaign other cannot be armed: sku tv: 5 units wanted and 2 of the pool's 10 available");
  // Less than is taken: the file is refused, and nothing of it is in force.
  spec.catalog = tv_in_pool(7);
  CHECK_FALSE(shop.reload(spec));
  CHECK_THAT(shop.server().log(), Catch::Contains("a stock of 7 in the pool is below the 8 units"));
  spec.catalog = tv_in_pool(12);
  CHECK(shop.reload(spec));
  CHECK(shop.admin(kOther).at("/armed") == "false");

  // Other units of the same pool: what the first one has too many.
  CHECK(post(shop, kSale + "/stock", R"({"sku":"tv","delta":-1,"reason":"damaged"})").status == 200);
  wait_for(shop, kOther, "/armed", "true");
  CHECK(shop.buy({.sku = "tv", .campaign = "other"}).status == 201);
  CHECK(shop.metric("doorbuster_arming_refused_total") >= 2);
  CHECK(times(shop.server().log(), "campaign other cannot be armed") == 1);
  CHECK(post(shop, kSale + "/stock", R"({"sku":"tv","delta":1,"reason":"found"})").outcome() ==
        "409 change_refused");
}

TEST_CASE("arming by hand takes a reason, a condition and a dry run, and is nothing the second time",
          "[e2e]") {
  ShopSpec spec = {.campaigns = {pooled("sale", 8), {.id = "own", .offers = {{.sku = "tv"}}}},
                   .catalog = tv_in_pool(10)};
  spec.campaigns[0].starts_at = "2098-01-01T00:00:00Z";
  Shop shop(spec);
  const HttpReply dry = post(shop, kSale + "/arm?dry_run=true");
  CHECK(dry.at("/changes/0/member") == "armed");
  CHECK(shop.admin(kSale).at("/armed") == "false");
  CHECK(
      shop.connect_admin().exchange(get_request(kSale + "/arm", "If-Match: \"99\"\r\n", "POST")).outcome() ==
      "412 precondition_failed");
  const HttpReply armed = post(shop, kSale + "/arm", R"({"reason":"early birds"})");
  CHECK(armed.status == 200);
  CHECK(armed.at("/state") == "armed");
  CHECK(shop.get("/v1/campaigns/sale").at("/state") == "armed");
  CHECK(shop.buy({.sku = "tv"}).outcome() == "409 campaign_not_started");
  const HttpReply again = post(shop, kSale + "/arm");
  CHECK(again.header("ETag") == armed.header("ETag"));
  CHECK(shop.admin("/v1/admin/audit?action=arm").at("/changes/0/reason") == "early birds");
  CHECK(post(shop, "/v1/admin/campaigns/own/arm").outcome() == "409 change_refused");
  CHECK(post(shop, "/v1/admin/campaigns/none/arm").outcome() == "404 campaign_not_found");
  CHECK(shop.metric("doorbuster_campaigns{state=\"armed\"}") == 1);
}

TEST_CASE("a server killed while a campaign is armed gives back what is unsold when it runs again", "[e2e]") {
  ShopSpec spec = {.campaigns = {pooled("sale", 8), pooled("other", 5)}, .catalog = tv_in_pool(10)};
  spec.campaigns[1].starts_at = "2098-01-01T00:00:00Z";
  Shop shop(spec);
  wait_for(shop, kSale, "/armed", "true");
  CHECK(shop.buy({.sku = "tv", .quantity = 3, .key = "k"}).status == 201);
  shop.server().kill();

  // It is armed, and nothing is taken twice.
  shop.start();
  CHECK(shop.admin(kSale).at("/armed") == "true");
  CHECK(shop.stock("tv").available == 5);
  CHECK(shop.buy({.sku = "tv", .quantity = 2}).status == 201);
  CHECK(clock_changes(shop, "arm") == 0);
  shop.server().kill();

  // Over while nobody was there.
  spec.campaigns[0].ends_at = "2020-01-02T00:00:00Z";
  shop.start(spec);
  wait_for(shop, kSale, "/offers/0/released", "3");
  CHECK(clock_changes(shop, "release") == 1);
  shop.server().kill();

  shop.start(spec);
  CHECK(shop.stock("tv").allocated == 5);
  CHECK(shop.stock("tv").adds_up());
  CHECK(post(shop, kOther + "/arm").status == 200);  // with what came back
  CHECK(clock_changes(shop, "release") == 0);
  CHECK(shop.buy({.sku = "tv", .quantity = 3, .key = "k"}).header("Idempotent-Replayed") == "true");
}

}  // namespace doorbuster
