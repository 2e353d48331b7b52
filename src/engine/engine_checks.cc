// What a buy is asked before price and stock: window, audience, limits, and the holds that stand in its way.

#include "doorbuster/engine/engine.h"

namespace doorbuster {

std::optional<OrderSlot> Engine::due_before(const Buy& buy, const BuyHashes& hashes, Tick now) const {
  const OfferState& offer = offers_[buy.offer.value];
  if (offer.held == 0) return std::nullopt;
  const HoldCalendar::First first = calendar_.first(buy.offer);
  if (first.expires_at > now || !is_open_to(buy, now)) return std::nullopt;
  if (!buy.key.empty() && store_.find_key(hashes.key)) return std::nullopt;

  const OwnDue own = own_due(hashes.buyer, buy.identities, buy.quantity, buy.offer, now);
  if (own.over_limit) return own.hold;
  if (offer.open() >= buy.quantity) return std::nullopt;
  return first.hold;
}

// A hold of one of these names in this offer that has run out and counts against a limit still.
Engine::OwnDue Engine::own_due(const Hash128& buyer, Identities identities, std::uint32_t quantity,
                               OfferIndex offer, Tick now) const {
  OwnDue own;
  const OfferState& state = offers_[offer.value];
  const OfferRules& rules = rules_[offer.value];
  if (state.limit_per_buyer == 0 && !state.has_total_limit) return own;
  visit_names(buyer, identities, [&](const Hash128& name) {
    const Hash128 key = offer_limit_key(name, offer);
    const bool over =
        state.limit_per_buyer != 0 && std::uint64_t{ledger_.units(key)} + quantity > state.limit_per_buyer;
    const bool over_total =
        state.has_total_limit &&
        std::uint64_t{options_.allowances->units(campaign_limit_key(name, rules.campaign))} + quantity >
            rules.total_limit;
    if (own.hold || (!over && !over_total)) return;
    own.over_limit = true;
    OrderSlot hold;
    if (ledger_.find_hold(
            key, [&](OrderSlot slot) { return is_due(slot, now); }, hold)) {
      own.hold = hold;
    }
  });
  return own;
}

bool Engine::is_open_to(const Buy& buy, Tick now) const {
  const OfferState& offer = offers_[buy.offer.value];
  if (now < offer.starts_at || now >= offer.ends_at) return false;
  return !offer.is_planned || check_plan(buy, now) == Outcome::ok;
}

Outcome Engine::check_plan(const Buy& buy, Tick now) const {
  const CampaignState state = campaign_phase(catalog_->campaign_of(buy.offer).definition, now).state;
  if (state == CampaignState::paused) return Outcome::campaign_paused;
  if (state == CampaignState::scheduled) return Outcome::campaign_not_started;
  return catalog_->leaves_out(buy.offer, buy) == AudienceRule::none ? Outcome::ok : Outcome::not_eligible;
}

Outcome Engine::check_limits(const Buy& buy, const BuyHashes& hashes, const OfferState& offer) const {
  bool over = false;
  if (offer.limit_per_buyer != 0) {
    visit_names(hashes.buyer, buy.identities, [&](const Hash128& name) {
      const std::uint64_t had = ledger_.units(offer_limit_key(name, buy.offer));
      over = over || had + buy.quantity > offer.limit_per_buyer;
    });
  }
  if (offer.has_total_limit && !over) {
    const OfferRules& rules = rules_[buy.offer.value];
    visit_names(hashes.buyer, buy.identities, [&](const Hash128& name) {
      const std::uint64_t had = options_.allowances->units(campaign_limit_key(name, rules.campaign));
      over = over || had + buy.quantity > rules.total_limit;
    });
  }
  return over ? Outcome::limit_reached : Outcome::ok;
}

}  // namespace doorbuster
