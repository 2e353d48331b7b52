// What an operator does to a running sale, and what is left of it: after a reload, after a restart, and in
// the audit trail.

#include "doorbuster/base/tick.h"
#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

const std::string kSale = "/v1/admin/campaigns/sale";

ShopSpec one_sale() {
  return {.campaigns = {{.offers = {{.sku = "tv", .stock = 10}, {.sku = "pc", .stock = 5}}},
                        {.id = "soon", .starts_at = "2098-01-01T00:00:00Z", .offers = {{.sku = "tv"}}},
                        {.id = "over", .ends_at = "2020-01-02T00:00:00Z", .offers = {{.sku = "tv"}}}},
          .cores = 2};
}

HttpReply post(const Shop& shop, const std::string& path, const std::string& body = {},
               const std::string& headers = {}) {
  return shop.connect_admin().exchange(body.empty() ? get_request(path, headers, "POST")
                                                    : post_request(path, body, headers));
}
std::string revision(const Shop& shop) {
  return shop.admin(kSale).header("ETag");
}
// Stops and starts; the state that was left is the state that is found.
void restart(Shop& shop) {
  CHECK(shop.stop().exit_code == 0);
  const std::string left = logged_state(shop.server().log(), "stopped:");
  CHECK(left.size() == 16);
  shop.start();
  CHECK(logged_state(shop.server().log(), "recovered data folder") == left);
}

}  // namespace

TEST_CASE("a pause stops buys on a connection that is open, and resuming lets them go on", "[e2e]") {
  Shop shop(one_sale());
  HttpConnection buyer = shop.connect();
  CHECK(buyer.exchange(buy_request({.sku = "tv"})).status == 201);
  const HttpReply paused = post(shop, kSale + "/pause", R"({"reason":"price was wrong"})");
  CHECK(paused.status == 200);
  CHECK(paused.at("/state") == "paused");
  CHECK(paused.at("/paused") == "true");
  CHECK(paused.at("/offers/0/sold") == "1");
  CHECK(buyer.exchange(buy_request({.sku = "tv"})).outcome() == "409 campaign_paused");
  CHECK(buyer.exchange(buy_request({.sku = "tv", .key = "k-1"})).outcome() == "409 campaign_paused");
  CHECK(shop.get("/v1/campaigns/sale").at("/state") == "paused");
  CHECK(shop.get("/v1/campaigns/soon").at("/state") == "scheduled");
  CHECK(shop.metric("doorbuster_campaigns{state=\"paused\"}") == 1);

  const HttpReply again = post(shop, kSale + "/pause");
  CHECK(again.status == 200);
  CHECK(again.header("ETag") == paused.header("ETag"));
  CHECK(shop.metric("doorbuster_catalog_changes_total{source=\"admin\",action=\"pause\"}") == 1);

  CHECK(post(shop, kSale + "/resume").at("/state") == "active");
  CHECK(buyer.exchange(buy_request({.sku = "tv", .key = "k-1"})).status == 201);
  CHECK(shop.stock("tv").sold == 2);
}

TEST_CASE("a pause leaves holds to be confirmed, cancelled and to run out", "[e2e]") {
  ShopSpec spec = one_sale();
  spec.campaigns[0].rules = R"(,"hold_seconds":600,"waitlist":true)";
  spec.campaigns[0].offers[0].stock = 3;
  Shop shop(spec);
  std::vector<std::string> orders;
  for (int i = 0; i < 3; ++i) orders.push_back(shop.buy({.sku = "tv"}).at("/order"));
  const HttpReply place = shop.buy({.sku = "tv", .buyer = "b-2", .members = R"(,"wait":true)"});
  REQUIRE(place.status == 202);
  REQUIRE(post(shop, kSale + "/pause").status == 200);
  CHECK(shop.act(orders[0], "confirm").at("/status") == "confirmed");
  CHECK(shop.act(orders[1], "cancel").at("/status") == "cancelled");
  // What came back is offered to nobody before the campaign goes on; then it is, without anybody asking.
  CHECK(shop.get(place.header("Location")).at("/status") == "waiting");
  CHECK(shop.stock("tv").available == 1);
  REQUIRE(post(shop, kSale + "/resume").status == 200);
  shop.wait_for(place.header("Location"), "/status", "offered");
}

TEST_CASE("a campaign that is ended early is over at once and for good", "[e2e]") {
  Shop shop(one_sale());
  HttpConnection buyer = shop.connect();
  CHECK(buyer.exchange(buy_request({.sku = "tv", .key = "k-1"})).status == 201);
  const HttpReply ended = post(shop, kSale + "/end", R"({"reason":"sold elsewhere"})");
  CHECK(ended.status == 200);
  CHECK(ended.at("/state") == "ended");
  CHECK(ended.at("/ends_at") == "2099-12-31T23:59:59Z");
  CHECK(ended.at("/window/ends_at") == ended.at("/ended_at"));
  CHECK(buyer.exchange(buy_request({.sku = "tv"})).outcome() == "410 campaign_ended");
  CHECK(buyer.exchange(buy_request({.sku = "tv", .key = "k-1"})).header("Idempotent-Replayed") == "true");
  CHECK(post(shop, kSale + "/end").header("ETag") == ended.header("ETag"));
  CHECK(post(shop, kSale + "/pause").outcome() == "410 campaign_ended");
  CHECK(post(shop, kSale + "/extend", R"({"ends_at":"2100-01-01T00:00:00Z"})").outcome() ==
        "410 campaign_ended");
  // One that has not begun never will.
  CHECK(post(shop, "/v1/admin/campaigns/soon/end").at("/state") == "ended");
  CHECK(shop.buy({.sku = "tv", .campaign = "soon"}).outcome() == "410 campaign_ended");
}

TEST_CASE("an extension moves the end, and only later", "[e2e]") {
  Shop shop(one_sale());
  const HttpReply extended = post(shop, kSale + "/extend", R"({"ends_at":"2101-01-01T01:00:00+01:00"})");
  CHECK(extended.status == 200);
  CHECK(extended.at("/ends_at") == "2101-01-01T00:00:00Z");
  CHECK(extended.at("/changed_by_hand") == "true");
  CHECK(shop.get("/v1/campaigns/sale").at("/ends_at") == "2101-01-01T00:00:00Z");
  CHECK(post(shop, kSale + "/extend", R"({"ends_at":"2101-01-01T00:00:00Z"})").header("ETag") ==
        extended.header("ETag"));
  CHECK(post(shop, kSale + "/extend", R"({"ends_at":"2100-01-01T00:00:00Z"})").outcome() ==
        "422 validation_failed");
  CHECK(revision(shop) == extended.header("ETag"));
}

TEST_CASE("what was done by hand stands over a restart and over a reload of the same file", "[e2e]") {
  const ShopSpec spec = one_sale();
  struct Step {
    const char* action;
    const char* body;
    const char* pointer;
    const char* value;
  };
  const Step steps[] = {
      {"/pause", "", "/state", "paused"},
      {"/extend", R"({"ends_at":"2101-01-01T00:00:00Z"})", "/ends_at", "2101-01-01T00:00:00Z"},
      {"/stock", R"({"sku":"pc","delta":3,"reason":"found some"})", "/offers/1/allocated", "8"},
      {"/resume", "", "/state", "active"},
      {"/end", "", "/state", "ended"},
  };
  Shop shop(spec);
  for (const Step& step : steps) {
    INFO(step.action);
    const HttpReply done = post(shop, kSale + step.action, step.body);
    REQUIRE(done.status == 200);
    CHECK(done.at(step.pointer) == step.value);
    CHECK(shop.reload(spec));
    CHECK(shop.admin(kSale).at(step.pointer) == step.value);
    CHECK(revision(shop) == done.header("ETag"));
    restart(shop);
    CHECK(shop.admin(kSale).at(step.pointer) == step.value);
    CHECK(revision(shop) == done.header("ETag"));
  }
  // A file that says something new is heard: another window undoes the early end.
  ShopSpec other = spec;
  other.campaigns[0].ends_at = "2102-01-01T00:00:00Z";
  CHECK(shop.reload(other));
  const HttpReply view = shop.admin(kSale);
  CHECK(view.at("/state") == "active");
  CHECK(view.at("/ends_at") == "2102-01-01T00:00:00Z");
  CHECK(view.at("/offers/1/allocated") == "5");
  CHECK(view.at("/changed_by_hand") == "false");
}

TEST_CASE("stock goes up and down by hand, never below what is sold or held", "[e2e]") {
  Shop shop(one_sale());
  for (int i = 0; i < 5; ++i) REQUIRE(shop.buy({.sku = "pc"}).status == 201);
  CHECK(shop.buy({.sku = "pc"}).outcome() == "409 sold_out");
  const HttpReply more = post(shop, kSale + "/stock", R"({"sku":"pc","delta":2,"reason":"second pallet"})");
  CHECK(more.status == 200);
  CHECK(more.at("/offers/1/allocated") == "7");
  CHECK(more.at("/offers/1/available") == "2");
  CHECK(shop.buy({.sku = "pc"}).status == 201);
  const HttpReply refused = post(shop, kSale + "/stock", R"({"sku":"pc","delta":-2,"reason":"broken"})");
  CHECK(refused.outcome() == "409 change_refused");
  CHECK(refused.at("/allocated") == "7");
  CHECK(refused.at("/available") == "1");
  CHECK(refused.at("/detail").find("below the 6 units") != std::string::npos);
  CHECK(post(shop, kSale + "/stock", R"({"sku":"pc","delta":-1,"reason":"broken"})").status == 200);
  CHECK(shop.stock("pc").available == 0);
  CHECK(shop.buy({.sku = "pc"}).outcome() == "409 sold_out");
  CHECK(shop.get("/v1/campaigns/sale").at("/offers/1/availability") == "sold_out");

  const auto outcome = [&](const std::string& delta, const std::string& sku = "pc") {
    return post(shop, kSale + "/stock", R"({"sku":")" + sku + R"(","reason":"r","delta":)" + delta + "}")
        .outcome();
  };
  CHECK(outcome("0") == "422 validation_failed");
  CHECK(outcome("1000000000") == "422 validation_failed");
  CHECK(outcome("-9223372036854775808") == "422 validation_failed");
  CHECK(outcome("-7") == "422 validation_failed");
  CHECK(outcome("1.5") == "400 malformed_request");
  CHECK(outcome("1", "dvd") == "404 sku_not_found");
  CHECK(outcome("900000") == "409 change_refused");  // more orders than the tables have room for
  CHECK(shop.stock("pc").allocated == 6);
}

TEST_CASE("a change that rests on an old view is refused with the revision that there is", "[e2e]") {
  Shop shop(one_sale());
  const std::string first = revision(shop);
  CHECK(first == "\"1\"");
  CHECK(post(shop, kSale + "/pause", "", "If-Match: " + first + "\r\n").status == 200);
  const HttpReply stale = post(shop, kSale + "/resume", "", "If-Match: " + first + "\r\n");
  CHECK(stale.outcome() == "412 precondition_failed");
  CHECK(stale.header("ETag") == "\"2\"");
  CHECK(shop.admin(kSale).at("/state") == "paused");
  for (const std::string wrong : {"2", "W/\"2\"", "\"3\"", "\"1\", \"3\""}) {
    INFO(wrong);
    CHECK(post(shop, kSale + "/resume", "", "If-Match: " + wrong + "\r\n").status == 412);
  }
  CHECK(post(shop, kSale + "/resume", "", "If-Match: \"1\", \"2\"\r\n").status == 200);
  CHECK(post(shop, kSale + "/pause", "", "If-Match: *\r\n").status == 200);
  const std::string stock = R"({"sku":"tv","delta":1,"reason":"r"})";
  CHECK(post(shop, kSale + "/stock", stock, "If-Match: \"2\"\r\n").status == 412);
  CHECK(post(shop, kSale + "/stock", stock, "If-Match: \"4\"\r\nIf-Match: \"4\"\r\n").status == 400);
  CHECK(shop.stock("tv").allocated == 10);
}

TEST_CASE("a dry run says what would change and changes nothing", "[e2e]") {
  Shop shop(one_sale());
  const HttpReply pause = post(shop, kSale + "/pause?dry_run=true");
  CHECK(pause.status == 200);
  CHECK(pause.body ==
        R"({"dry_run":true,"changes":[{"campaign":"sale","member":"paused","before":false,"after":true}]})");
  const HttpReply stock =
      post(shop, kSale + "/stock?dry_run=true", R"({"sku":"tv","delta":-4,"reason":"broken"})");
  CHECK(stock.at("/changes/0/member") == "changed_by_hand");
  CHECK(stock.at("/changes/1/sku") == "tv");
  CHECK(stock.at("/changes/1/member") == "stock");
  CHECK(stock.at("/changes/1/before") == "10");
  CHECK(stock.at("/changes/1/after") == "6");
  CHECK(post(shop, kSale + "/resume?dry_run=true").body == R"({"dry_run":true,"changes":[]})");
  // What would be refused is refused.
  CHECK(post(shop, kSale + "/stock?dry_run=true", R"({"sku":"tv","delta":0,"reason":"r"})").status == 422);
  CHECK(post(shop, kSale + "/pause?dry_run=true", "", "If-Match: \"7\"\r\n").status == 412);
  CHECK(revision(shop) == "\"1\"");
  CHECK(shop.buy({.sku = "tv"}).status == 201);
  CHECK(shop.admin("/v1/admin/audit").at("/next") == "1");
  CHECK(post(shop, kSale + "/pause?dry_run=false").at("/state") == "paused");
}

TEST_CASE("the audit trail has who, what and why, in pages, by filters, and after a restart", "[e2e]") {
  Shop shop(one_sale());
  REQUIRE(post(shop, kSale + "/pause", R"({"reason":"price \"was\" wrong"})").status == 200);
  REQUIRE(post(shop, "/v1/admin/campaigns/soon/pause").status == 200);
  REQUIRE(post(shop, kSale + "/resume").status == 200);
  REQUIRE(post(shop, kSale + "/stock", R"({"sku":"tv","delta":1,"reason":"found one"})").status == 200);
  ShopSpec spec = one_sale();
  spec.campaigns[2].offers[0].price = 900;
  REQUIRE(shop.reload(spec));

  const HttpReply all = shop.admin("/v1/admin/audit");
  CHECK(all.at("/oldest") == "1");
  CHECK(all.at("/next") == "6");
  CHECK(all.at("/changes/0/action") == "start");
  CHECK(all.at("/changes/0/source") == "file");
  CHECK(all.at("/changes/0/author") == "shop.json");
  CHECK(all.at("/changes/1/change") == "2");
  CHECK(parse_rfc3339(all.at("/changes/1/at")).has_value());
  CHECK(all.at("/changes/1/source") == "admin");
  CHECK(all.at("/changes/1/author") == "admin");
  CHECK(all.at("/changes/1/action") == "pause");
  CHECK(all.at("/changes/1/reason") == "price \"was\" wrong");
  CHECK(all.at("/changes/1/differences/0/member") == "paused");
  CHECK(all.at("/changes/5/action") == "reload");
  CHECK(all.at("/changes/5/differences/0/campaign") == "over");
  CHECK(all.at("/changes/5/differences/0/sku") == "tv");
  CHECK(all.at("/changes/5/differences/0/before") == "1000");
  CHECK(all.at("/changes/5/differences/0/after") == "900");
  CHECK(all.at("/changes/6") == "<missing>");

  const auto numbers = [&](const std::string& query) {
    const HttpReply page = shop.admin("/v1/admin/audit?" + query);
    std::string found = page.outcome() == "200" ? "" : page.outcome();
    for (int i = 0; !page.at("/changes/" + std::to_string(i)).starts_with('<'); ++i) {
      found += page.at("/changes/" + std::to_string(i) + "/change") + " ";
    }
    return found + "next " + page.at("/next");
  };
  CHECK(numbers("after=0&limit=2") == "1 2 next 2");
  CHECK(numbers("after=2&limit=2") == "3 4 next 4");
  CHECK(numbers("after=4&limit=2") == "5 6 next 6");
  CHECK(numbers("after=6") == "next 6");
  CHECK(numbers("limit=2") == "5 6 next 6");
  CHECK(numbers("campaign=sale&after=0&limit=2") == "1 2 next 2");
  CHECK(numbers("campaign=sale&after=2") == "4 5 next 6");
  CHECK(numbers("action=pause") == "2 3 next 6");
  CHECK(numbers("author=shop.json") == "1 6 next 6");
  CHECK(numbers("author=nobody") == "next 6");

  restart(shop);
  CHECK(shop.admin("/v1/admin/audit").body == all.body);
}

TEST_CASE("a parameter or a body that is wrong is told what to write instead, all of it at once", "[e2e]") {
  Shop shop(one_sale());
  const auto detail = [&](const HttpReply& reply, const std::string& outcome) {
    CHECK(reply.outcome() == outcome);
    return reply.at("/detail");
  };
  CHECK_THAT(detail(shop.admin("/v1/admin/audit?limit=0&actoin=pause"), "400 malformed_request"),
             Catch::Contains("from 1 to 1000") && Catch::Contains("did you mean action?"));
  CHECK_THAT(detail(shop.admin("/v1/admin/audit?action=stop"), "400 malformed_request"),
             Catch::Contains("write one of start, reload, pause"));
  CHECK_THAT(detail(shop.admin("/v1/admin/audit?after=-1"), "400 malformed_request"),
             Catch::Contains("after"));
  CHECK(shop.admin("/v1/admin/audit?campaign=none").outcome() == "404 campaign_not_found");
  CHECK_THAT(detail(post(shop, kSale + "/pause?dry_run=yes"), "400 malformed_request"),
             Catch::Contains("write true or false"));
  CHECK_THAT(detail(post(shop, kSale + "/pause", R"({"reason":1,"until":"x"})"), "400 malformed_request"),
             Catch::Contains("/reason") && Catch::Contains("until"));
  CHECK(post(shop, kSale + "/pause", R"({"reason":"a","reason":"b"})").outcome() == "400 malformed_request");
  CHECK(post(shop, kSale + "/pause", R"({"reason":""})").outcome() == "422 validation_failed");
  CHECK(post(shop, kSale + "/pause", "[]").outcome() == "400 malformed_request");
  CHECK(post(shop, kSale + "/pause", R"({"ends_at":"2100-01-01T00:00:00Z"})").outcome() ==
        "400 malformed_request");
  CHECK(post(shop, kSale + "/extend").outcome() == "400 malformed_request");
  CHECK_THAT(detail(post(shop, kSale + "/extend", R"({"ends_at":"tomorrow"})"), "422 validation_failed"),
             Catch::Contains("RFC 3339"));
  CHECK(post(shop, kSale + "/stock", R"({"sku":"tv","delta":1})").outcome() == "400 malformed_request");
  CHECK(post(shop, "/v1/admin/campaigns/none/pause").outcome() == "404 campaign_not_found");
  CHECK(post(shop, kSale + "/stop").outcome() == "404 not_found");
  const HttpReply read = shop.admin(kSale + "/pause");
  CHECK(read.outcome() == "405 method_not_allowed");
  CHECK(read.header("Allow") == "POST");
  CHECK(post(shop, kSale).header("Allow") == "GET, HEAD, PUT, PATCH, DELETE");
  const std::string text = "POST " + kSale + "/pause HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n" +
                           "Content-Length: 2\r\n\r\n{}";
  CHECK(shop.connect_admin().exchange(text).outcome() == "415 unsupported_media_type");
  CHECK(shop.admin(kSale).at("/revision") == "1");
}

TEST_CASE("the list of campaigns and a campaign's occurrences are what its file and its operator say",
          "[e2e]") {
  ShopSpec spec = one_sale();
  spec.campaigns[0].rules = R"(,"regions":["de","at"],"rounding":"half_up","ending":"05",)"
                            R"("price_steps":[{"starts_at":"2090-01-01T00:00:00Z","discount_percent":12.5}])";
  Shop shop(spec);
  REQUIRE(post(shop, "/v1/admin/campaigns/soon/extend", R"({"ends_at":"2101-01-01T00:00:00Z"})").status ==
          200);
  const HttpReply list = shop.admin("/v1/admin/campaigns");
  CHECK(list.at("/campaigns/0/id") == "sale");
  CHECK(list.at("/campaigns/0/state") == "active");
  CHECK(list.at("/campaigns/0/revision") == "1");
  CHECK(list.at("/campaigns/0/source") == "file");
  CHECK(list.at("/campaigns/0/changed_by_hand") == "false");
  CHECK(list.at("/campaigns/0/units") == "15");
  CHECK(list.at("/campaigns/1/state") == "scheduled");
  CHECK(list.at("/campaigns/1/revision") == "2");
  CHECK(list.at("/campaigns/1/changed_by_hand") == "true");
  CHECK(list.at("/campaigns/2/state") == "ended");

  const HttpReply view = shop.admin(kSale);
  CHECK(view.at("/regions/0") == "at");
  CHECK(view.at("/ending") == "05");
  CHECK(view.at("/rounding") == "half_up");
  CHECK_THAT(view.body, Catch::Contains(R"("discount_percent":12.5})"));
  CHECK(view.at("/segments") == "<missing>");
  CHECK(view.at("/window/starts_at") == "2020-01-01T00:00:00Z");
  CHECK(view.at("/offers/0/price") == "1000");
  CHECK(view.at("/offers/0/base_price") == "1000");
  CHECK(view.at("/offers/0/next_price") == "905");  // 875 with the ending 05
  CHECK(view.at("/offers/0/next_price_at") == "2090-01-01T00:00:00Z");

  const HttpReply soon = shop.admin("/v1/admin/campaigns/soon/occurrences");
  CHECK(soon.at("/campaign") == "soon");
  CHECK(soon.at("/occurrences/0/starts_at") == "2098-01-01T00:00:00Z");
  CHECK(soon.at("/occurrences/0/ends_at") == "2101-01-01T00:00:00Z");
  CHECK(soon.at("/occurrences/0/state") == "scheduled");
  CHECK(soon.at("/occurrences/1") == "<missing>");
  CHECK(shop.admin("/v1/admin/campaigns/over/occurrences").at("/occurrences/0") == "<missing>");
  const HttpReply past = shop.admin("/v1/admin/campaigns/over/occurrences?from=2020-01-01T12:00:00Z&limit=1");
  CHECK(past.at("/occurrences/0/state") == "ended");
  REQUIRE(post(shop, kSale + "/pause").status == 200);
  CHECK(shop.admin(kSale + "/occurrences").at("/occurrences/0/state") == "paused");
  CHECK(shop.admin(kSale + "/occurrences?limit=0").outcome() == "400 malformed_request");
}

TEST_CASE("a campaign that the file no longer has is shown, and not changed", "[e2e]") {
  Shop shop(one_sale());
  ShopSpec spec = one_sale();
  spec.campaigns.erase(spec.campaigns.begin());
  REQUIRE(shop.reload(spec));
  CHECK(shop.admin(kSale).at("/listed") == "false");
  CHECK(post(shop, kSale + "/pause").outcome() == "409 change_refused");
  CHECK(shop.admin("/v1/admin/audit?campaign=sale&action=reload").at("/changes/0/differences/0/member") ==
        "listed");
}

}  // namespace doorbuster
