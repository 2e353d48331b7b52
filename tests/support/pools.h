#pragma once
// Items of a World, and what the clock does to its campaigns with stock from the pool.

#include <string>

#include "doorbuster/catalog/pool.h"
#include "support/world.h"

namespace doorbuster {

// So many units of the item in the pool from now on.
inline Result<std::size_t> put_item(World& world, const std::string& sku, std::int64_t stock, Tick now) {
  const Catalog& catalog = *world.catalog();
  CatalogChangeSet change;
  ItemPut& item = change.items.emplace_back();
  const ItemPut* known = catalog.find_item(kDefaultTenant, sku);
  item.item = known != nullptr ? known->item : ItemIndex{static_cast<std::uint32_t>(catalog.items().size())};
  item.sku = sku;
  item.stock = stock;
  item.currency = "EUR";
  const auto faults = find_pool_faults(catalog, change);
  if (!faults.empty()) return fail(ErrorKind::configuration, "the pool: " + describe_faults(faults));
  world.make(change, now);
  return 1;
}

// The same plans as the keeper's, in its order. Calls told(campaign, refusal) for each that something
// happened to; the refusal is null where it was done.
template <typename Told>
void keep_campaigns(World& world, Tick now, Told told) {
  const auto campaign = [&](std::uint32_t i) -> const CampaignPut& {
    return world.catalog()->campaign({i}).definition;
  };
  for (std::uint32_t i = 0; i < world.catalog()->campaigns().size(); ++i) {
    auto released = plan_release(*world.catalog(), world.committed(), {i}, now);
    if (released.empty()) continue;
    released.origin = {ChangeOrigin::Source::clock, "clock", "release", ""};
    world.make(released, now);
    told(campaign(i), nullptr);
  }
  for (std::uint32_t i = 0; i < world.catalog()->campaigns().size(); ++i) {
    if (!is_to_arm(campaign(i), now)) continue;
    auto armed = plan_arming(*world.catalog(), {i}, now);
    if (armed) {
      armed->origin = {ChangeOrigin::Source::clock, "clock", "arm", ""};
      world.make(*armed, now);
    }
    told(campaign(i), armed ? nullptr : &armed.error());
  }
}

}  // namespace doorbuster
