// Units that are kept for a channel until an instant, as buyers of that channel and others meet them.

#include <chrono>

#include "doorbuster/base/tick.h"
#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {

TEST_CASE("what is kept for the app is the app's across a restart, and the line's when that ends", "[e2e]") {
  // Long enough for a server that stops and starts on a loaded machine.
  constexpr std::int64_t kSecondsKept = 10;
  Shop shop({.campaigns = {{.offers = {{.sku = "tv", .stock = 3}}}}});
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string until = format_rfc3339(
      {std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() + kSecondsKept * kNsPerSecond});
  REQUIRE(shop.reload_text(
      R"({"campaigns":[{"id":"sale","currency":"EUR","starts_at":"2020-01-01T00:00:00Z",)"
      R"("ends_at":"2099-12-31T23:59:59Z","hold_seconds":3600,"waitlist":true,"offers":[)"
      R"({"sku":"tv","stock":3,"price":1000,"channel_quotas":[{"channel":"app","units":2,"until":")" +
      until + R"("}]}]}]})"));
  const auto buy = [&](const std::string& buyer, const std::string& channel, const std::string& more = {}) {
    return shop.buy({.sku = "tv", .buyer = buyer, .members = R"(,"channel":")" + channel + '"' + more});
  };
  CHECK(buy("b-1", "web").status == 201);
  const HttpReply refused = buy("b-2", "web");
  CHECK(refused.outcome() == "409 all_held");
  CHECK(refused.at("/detail") == "What is left is kept for other channels until " + until + ".");
  CHECK(refused.at("/earliest_return_at") == until);
  const int retry_after = std::stoi(refused.header("Retry-After"));
  CHECK((retry_after >= 1 && retry_after <= kSecondsKept));
  CHECK(shop.get("/v1/campaigns/sale").at("/offers/0/availability") == "on_sale");
  const HttpReply place = buy("b-3", "web", R"(,"wait":true)");
  REQUIRE(place.status == 202);
  CHECK(buy("b-4", "app").status == 201);
  CHECK(shop.admin("/v1/admin/campaigns/sale").at("/offers/0/channel_quotas/0/until") == until);

  CHECK(shop.stop().exit_code == 0);
  shop.start();
  CHECK(run_doorbuster({"journal", "verify", shop.data()}).exit_code == 0);
  const std::string ticket = "/v1/waitlist/" + place.at("/ticket");
  CHECK(buy("b-5", "web").outcome() == "409 all_held");
  // Nobody asks for a unit; the line is served by itself.
  shop.wait_for(ticket, "/status", "offered");
  CHECK(format_rfc3339({std::chrono::duration_cast<std::chrono::nanoseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count()}) >= until.substr(0, 19));
  CHECK(shop.stock("tv").held == 3);
  CHECK(buy("b-5", "app").outcome() == "409 all_held");
}

}  // namespace doorbuster
