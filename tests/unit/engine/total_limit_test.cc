// The limit over all offers of a campaign, and baskets that are under way when it comes or goes.
#include "support/shop.h"

namespace doorbuster {
namespace {

CatalogPointer with_limit(std::uint32_t limit_per_buyer_total) {
  CampaignPut campaign = campaign_put(0);
  campaign.limit_per_buyer_total = limit_per_buyer_total;
  return catalog_of({campaign}, {offer_put(0, 100), offer_put(1, 100)});
}

// How many units more somebody can have of the other offer.
std::uint32_t left_to(const Till& till, std::string_view buyer) {
  std::uint32_t most = 0;
  for (std::uint32_t quantity = 1; quantity <= 5; ++quantity) {
    if (is_new_order(till.look(buy_of(buyer, {}, quantity, {1})))) most = quantity;
  }
  return most;
}

TEST_CASE("a limit over the campaign that comes while a basket is under way counts what is kept for it") {
  Till till(with_limit(0));
  Engine& engine = till.engine();
  const Buy line = buy_of("ann", {}, 2);
  const BuyHashes hashes = hash_buy(kTableKey, line);
  bool charged = true;
  REQUIRE(engine.reserve(line, hashes, charged));
  CHECK_FALSE(charged);

  engine.install(with_limit(3));
  engine.agree_on_charge(line, hashes, charged);
  CHECK(charged);
  CHECK(left_to(till, "ann") == 1);
  CHECK(left_to(till, "ben") == 3);
  engine.agree_on_charge(line, hashes, charged);  // another change that leaves the limit as it is
  CHECK(left_to(till, "ann") == 1);

  SECTION("and lets go of it with the basket") {
    engine.release(line, hashes, charged);
    CHECK(left_to(till, "ann") == 3);
  }
  SECTION("and lets go of it when the limit goes") {
    engine.install(with_limit(0));
    engine.agree_on_charge(line, hashes, charged);
    CHECK_FALSE(charged);
    engine.release(line, hashes, charged);
    engine.install(with_limit(3));
    CHECK(left_to(till, "ann") == 3);
  }
}

}  // namespace
}  // namespace doorbuster
