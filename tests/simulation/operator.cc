// The operator: pauses, ends, extends and arms campaigns, moves stock, reloads the file, all in the middle of
// the sale.

#include <string>
#include <utility>

#include "doorbuster/catalog/campaign_action.h"
#include "simulation/life.h"

namespace doorbuster::simulation {

void Simulation::operate() {
  Life& life = *life_;
  life.waits = 0;
  switch (dice_.below(5)) {
    case 0:
    case 1:
      act_on_campaign();
      break;
    case 2:
      adjust_stock();
      break;
    case 3:
      reload();
      break;
    default:
      ask_for_stock();
  }
}

void Simulation::act_on_campaign() {
  Runtime& runtime = *life_->runtime;
  const CampaignIndex campaign = {
      dice_.below32(static_cast<std::uint32_t>(runtime.catalog()->campaigns().size()))};
  CampaignAction action = static_cast<CampaignAction>(dice_.below(5));
  // A pause is mostly a short one, and an early end mostly the last that happens.
  if (action == CampaignAction::pause && dice_.percent(50)) action = CampaignAction::resume;
  if (action == CampaignAction::end && dice_.percent(70)) action = CampaignAction::resume;
  const Tick until = {clock_.wall_now().ns + dice_.between(5, 200) * kNsPerSecond};
  std::string answer = "changed";
  clients_.stock_has_changed();  // what is over and is armed again has other stock
  const auto changed = runtime.change(
      [&](const Catalog& catalog, const std::vector<std::int64_t>&, Tick now) -> Result<CatalogChangeSet> {
        auto planned = plan_action(catalog, campaign, action, now, until);
        if (planned) return std::move(*planned);
        answer = outcome_code(planned.error().outcome);
        return CatalogChangeSet{};
      });
  if (changed) summary_.changes += *changed;
  trace_.line("operator: {} campaign {}: {}", campaign_action_name(action), campaign.value,
              changed ? answer : changed.error().message);
}

void Simulation::adjust_stock() {
  Runtime& runtime = *life_->runtime;
  const OfferIndex offer = {dice_.below32(static_cast<std::uint32_t>(runtime.catalog()->offers().size()))};
  const std::int64_t delta = dice_.percent(60) ? dice_.between(1, 4) : dice_.between(-4, -1);
  std::string answer = "changed";
  clients_.stock_has_changed();
  const auto changed = runtime.change([&](const Catalog& catalog, const std::vector<std::int64_t>& committed,
                                          Tick) -> Result<CatalogChangeSet> {
    auto planned = plan_stock_adjustment(catalog, committed, offer, delta, kOrdersMax);
    if (planned) return std::move(*planned);
    answer = outcome_code(planned.error().outcome);
    return CatalogChangeSet{};
  });
  if (changed) summary_.changes += *changed;
  trace_.line("operator: stock of offer {} by {}: {}", offer.value, delta,
              changed ? answer : changed.error().message);
}

void Simulation::reload() {
  if (previous_file_) return;  // the journal has failed over one, and another tells nothing
  const Configuration edited = dice_.percent(70) ? edit(shop_.configuration, dice_) : shop_.configuration;
  clients_.stock_has_changed();
  // The file is written first. Who dies over it, or fails, does not know whether it is in force.
  previous_file_ = std::exchange(shop_.configuration, edited);
  const auto changed =
      life_->runtime->reconfigure(edited, {.author = "file", .action = "reload", .reason = {}});
  if (changed) {
    summary_.changes += *changed;
    previous_file_.reset();
  } else if (!life_->runtime->failed()) {
    shop_.configuration = std::move(*previous_file_);
    previous_file_.reset();
  }
  trace_.line("operator: reload: {}",
              changed ? std::to_string(*changed) + " changed" : changed.error().message);
}

void Simulation::ask_for_stock() {
  Runtime& runtime = *life_->runtime;
  const OfferIndex offers[] = {
      {dice_.below32(static_cast<std::uint32_t>(runtime.catalog()->offers().size()))}};
  const auto stock = runtime.stock(offers);
  if (!stock) return;
  const OfferStock& figures = stock->front();
  require(figures.available >= 0 && figures.allocated == figures.available + figures.held + figures.sold,
          "offer {}: {} units are not {} and {} and {}", offers[0].value, figures.allocated,
          figures.available, figures.held, figures.sold);
}

}  // namespace doorbuster::simulation
