// A hundred thousand SKUs in one campaign, and one change of all their prices.

#include <string>

#include "doorbuster/catalog/definition.h"
#include "support/customer.h"
#include "support/server_process.h"

namespace doorbuster {
namespace {

constexpr WiringPlan kPlan = {.shards = 2, .http_threads = 1, .shared = false};
constexpr int kOffers = scaled(100'000, 10'000);

std::string sku(int i) {
  return "sku-" + std::to_string(i);
}

// Every unit of the catalog costs `price`.
bool all_cost(const Catalog& catalog, std::int64_t price) {
  return std::all_of(catalog.offers().begin(), catalog.offers().end(),
                     [price](const Offer& offer) { return offer.price(kOpens) == price; });
}

TEST_CASE("a change of all prices is one change set, which replays and which the same file does not undo") {
  MemoryStorage storage;
  ManualClock clock(kOpens);
  std::vector<OfferConfiguration> offers;
  std::string patch = R"({"offers":{)";
  for (int i = 0; i < kOffers; ++i) {
    offers.push_back({sku(i), 1, 200, 100});
    patch += (i == 0 ? "\"" : ",\"") + sku(i) + R"(":{"price":90})";
  }
  patch += "}}";
  Configuration configuration = configuration_with(std::move(offers));
  configuration.server.segment_bytes = kSegmentBytesDefault;
  std::uint64_t hash = 0;
  {
    OpenShop shop(storage, clock, configuration, kPlan);
    CHECK(shop.customer().buy({.buyer = "ann"}).unit_price == 100);
    const auto changed =
        shop->change([&](const Catalog& catalog, const std::vector<std::int64_t>& committed, Tick) {
          const Result<std::string> merged = merge_definition(definition_json(catalog, {0}), patch);
          REQUIRE(merged.has_value());
          const ParsedDefinition definition = parse_definition(*merged);
          REQUIRE(definition.campaign.has_value());
          return plan_put(catalog, committed, *definition.campaign, shop->orders_max());
        });
    INFO((changed ? std::string() : changed.error().message));
    REQUIRE(changed.has_value());
    CHECK(*changed == kOffers + 1);  // and the campaign, which remembers the file
    CHECK(shop->catalog()->version() == 2);
    CHECK(all_cost(*shop->catalog(), 90));
    CHECK(shop.customer().buy({.buyer = "ann", .offer = {1}}).unit_price == 90);
    const auto stopped = shop->stop();
    REQUIRE(stopped.has_value());
    hash = *stopped;
  }
  storage.kill();
  OpenShop shop(storage, clock, configuration, kPlan);
  CHECK(shop->recovery().state_hash == hash);
  CHECK(shop->catalog()->version() == 2);
  CHECK(all_cost(*shop->catalog(), 90));
  CHECK(shop.customer().buy({.buyer = "ben", .offer = {2}}).unit_price == 90);
  CHECK(*shop->reconfigure(configuration.campaigns) == 0);
  REQUIRE(shop->stop().has_value());
}

}  // namespace
}  // namespace doorbuster
