// What can stand against a buy besides the stock: the plan of its campaign, and limits.

#include "doorbuster/engine/engine.h"

namespace doorbuster {

bool Engine::is_open_to(const Buy& buy, Tick now) const {
  const OfferState& offer = offers_[buy.offer.value];
  if (now < offer.starts_at || now >= offer.ends_at) return false;
  return !offer.is_planned || check_plan(buy, now) == Outcome::ok;
}

Outcome Engine::check_plan(const Buy& buy, Tick now) const {
  if (tallies_[buy.offer.value].is_broken) return Outcome::campaign_paused;
  const CampaignState state = campaign_phase(catalog_->campaign_of(buy.offer).definition, now).state;
  if (state == CampaignState::paused) return Outcome::campaign_paused;
  if (state != CampaignState::active) return Outcome::campaign_not_started;
  return catalog_->leaves_out(buy.offer, buy) == AudienceRule::none ? Outcome::ok : Outcome::not_eligible;
}

// A hold of one of these names in this offer that has run out and counts against a limit still.
Engine::OwnDue Engine::own_due(const Hash128& buyer, Identities identities, std::uint32_t quantity,
                               OfferIndex offer, Tick now) const {
  OwnDue own;
  visit_names(buyer, identities, [&](const Hash128& name) {
    if (own.hold || !(over_limit(name, quantity, offer) || over_total_limit(name, quantity, offer))) return;
    own.over_limit = true;
    OrderSlot hold;
    if (ledger_.find_hold(
            offer_limit_key(name, offer), [&](OrderSlot slot) { return is_due(slot, now); }, hold)) {
      own.hold = hold;
    }
  });
  return own;
}

bool Engine::over_limit(const Hash128& name, std::uint32_t quantity, OfferIndex offer) const {
  const std::uint32_t limit = offers_[offer.value].limit_per_buyer;
  return limit != 0 && std::uint64_t{ledger_.units(offer_limit_key(name, offer))} + quantity > limit;
}

bool Engine::over_total_limit(const Hash128& name, std::uint32_t quantity, OfferIndex offer) const {
  if (!has_total_limit(offer)) return false;
  const OfferRules& rules = rules_[offer.value];
  const std::uint64_t had = options_.allowances->units(campaign_limit_key(name, rules.campaign));
  return had + quantity > rules.total_limit;
}

bool Engine::over_any_limit(const Hash128& buyer, Identities identities, std::uint32_t quantity,
                            OfferIndex offer) const {
  bool over = false;
  visit_names(buyer, identities, [&](const Hash128& name) {
    over = over || over_limit(name, quantity, offer) || over_total_limit(name, quantity, offer);
  });
  return over;
}

}  // namespace doorbuster
