#pragma once
// What an operator does to one campaign while it runs: plans of a change, as plan_change() makes them from a
// file. Nothing here happens by itself; Runtime::change() makes it durable and puts it in force.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/catalog/catalog.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster {

enum class CampaignAction : std::uint8_t {
  pause,   // nothing new is sold; what is held can be confirmed, cancelled and run out
  resume,  // undoes a pause
  end,     // over from now on, whatever the plan says
  extend,  // the last window ends later
  arm,     // takes its stock out of the pool, all of it or nothing
};
// "pause" for CampaignAction::pause, and so on: the word of the route and of the audit trail.
std::string_view campaign_action_name(CampaignAction action);
std::optional<CampaignAction> campaign_action(std::string_view name);

struct StockFigures {
  std::int64_t allocated = 0, available = 0;  // the rest is held or sold
};
struct ActionRefusal {
  Outcome outcome = Outcome::validation_failed;
  std::string detail;
  std::optional<StockFigures> stock = {};  // of the offer that it is about
};

// What has to change; empty when it is so already. `until`: extend, the new end. What the file no longer has
// is refused (`change_refused`), and so is arming what the pool does not back, with the figures of every SKU.
// REQUIRES: the campaign is in the catalog.
tl::expected<CatalogChangeSet, ActionRefusal> plan_action(const Catalog& catalog, CampaignIndex campaign,
                                                          CampaignAction action, Tick now,
                                                          std::optional<Tick> until = {});

// More or less of an offer's stock, by `delta`. Refused: `validation_failed` when the delta is zero or the
// stock would leave 0 to kStockMax; `change_refused` when the stock would fall below the units that are sold
// or held (`committed`, by offer), when the tables have no room for so many orders (`orders_reserved`), when
// the campaign is armed and the pool has not so many units, and for what is no longer listed. An offer by
// rule becomes the campaign's own, as it is then: it does not follow its item any more. REQUIRES: the offer
// is in the catalog; committed.size() == catalog.offers().size().
tl::expected<CatalogChangeSet, ActionRefusal> plan_stock_adjustment(
    const Catalog& catalog, const std::vector<std::int64_t>& committed, OfferIndex offer, std::int64_t delta,
    std::uint64_t orders_reserved);

// Of what a file can say about a campaign or an offer, whatever index it has and whatever was done to it
// since. A campaign's and its offers' hashes are added.
std::uint64_t definition_hash(const CampaignPut& put);
std::uint64_t definition_hash(const OfferPut& put);

}  // namespace doorbuster
