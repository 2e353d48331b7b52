// What recovery does with an engine beside applying records: numbers of a start, and coming back from a
// checkpoint.

#include <algorithm>
#include <array>
#include <vector>

#include "doorbuster/base/check.h"
#include "doorbuster/engine/engine.h"

namespace doorbuster {
namespace {

constexpr std::size_t kOrdersAhead = 16;

}  // namespace

void Engine::begin_start(std::uint32_t start) {
  start_ = start;
  for (std::uint32_t i = 0; i < offers_.size(); ++i) DOORBUSTER_CHECK(skip_numbers({i}, start));
}

bool Engine::skip_numbers(OfferIndex offer, std::uint32_t start) {
  OfferTally& tally = tallies_[offer.value];
  if (start < tally.start || start > kStartsMax) return false;
  offers_[offer.value].last_ordinal += (start - tally.start) * OrderNumber::kOrdinalsPerStart;
  tally.start = start;
  return true;
}

SavedOffer Engine::saved_offer(OfferIndex offer) const {
  const OfferState& state = offers_[offer.value];
  return {.offer = offer.value,
          .next_place = lines_.next_place(offer),
          .orders = numbers_given(offer),
          .held = state.held,
          .sold = state.sold,
          .forgotten_orders = tallies_[offer.value].forgotten_orders,
          .forgotten_sold = tallies_[offer.value].forgotten_sold,
          .start = tallies_[offer.value].start};
}

bool Engine::restore(const SavedOffer& saved) {
  const OfferIndex offer{saved.offer};
  DOORBUSTER_CHECK(offer.value < offers_.size() && owns(offer));
  OfferState& state = offers_[offer.value];
  if (saved.start == 0 || saved.start > kStartsMax) return false;
  if (saved.orders >> OrderNumber::kOrdinalBits != 0 || saved.forgotten_orders > saved.orders) return false;
  if (saved.forgotten_sold < 0 || saved.forgotten_sold > saved.sold) return false;
  if (saved.held < 0 || saved.sold < 0 || saved.held > state.allocated - saved.sold) return false;
  state.last_ordinal = saved.orders + (saved.start - 1) * OrderNumber::kOrdinalsPerStart;
  tallies_[offer.value].start = saved.start;
  state.held = saved.held;
  state.sold = saved.sold;
  tallies_[offer.value].forgotten_orders = saved.forgotten_orders;
  tallies_[offer.value].forgotten_sold = saved.forgotten_sold;
  lines_.restore_next_place(offer, saved.next_place);
  return true;
}

bool Engine::restore(const Hash128& key, const KeptReturn& kept) {
  if (store_.returns_full() || store_.find_return(key) != nullptr) return false;
  store_.restore_return(key, kept);
  return true;
}

Engine::Restored Engine::finish_restore() {
  Restored restored = Restored::fine;
  std::vector<OfferBooks> orders(offers_.size());
  // Each waits for some others, in which the memory brings the places that it will take.
  std::array<Returning, kOrdersAhead> ahead;
  std::uint64_t came = 0, gone = 0;
  const auto take_one = [&] {
    const Returning& order = ahead[gone++ % kOrdersAhead];
    if (restored == Restored::fine) restored = restore_tables(order);
  };
  store_.visit([&](OrderSlot slot) {
    OfferBooks& sum = orders[store_.offer(slot).value];
    const OfferBooks one = books_of(slot);
    sum.held += one.held;
    sum.sold += one.sold;
    sum.orders += one.orders;
    if (came - gone == kOrdersAhead) take_one();
    ahead[came++ % kOrdersAhead] = prefetch_tables(slot);
  });
  while (gone != came) take_one();
  if (restored != Restored::fine) return restored;
  std::vector<bool> quotas(offers_.size(), false);
  for (std::uint32_t i = 0; i < offers_.size(); ++i) {
    if (owns({i}) && books({i}) != orders[i]) return Restored::contradiction;
    offers_[i].has_line = lines_.size({i}) != 0;
    quotas[i] = offers_[i].has_quotas;
  }
  restore_holds();
  if (std::find(quotas.begin(), quotas.end(), true) != quotas.end()) count_quotas(quotas, quotas_);
  return Restored::fine;
}

Engine::Returning Engine::prefetch_tables(OrderSlot slot) const {
  const OrderRow& row = store_.row(slot);
  Returning order = {.slot = slot, .key = {}, .buyer = buyer_name(slot)};
  if (row.key_bytes != 0) {
    order.key = store_.key_hash(slot);
    store_.prefetch_key(order.key);
  }
  store_.prefetch(OrderNumber{row.number});
  ledger_.prefetch(offer_limit_key(order.buyer, store_.offer(slot)));
  return order;
}

// Everything but holds, which have to come in the order of their ends.
Engine::Restored Engine::restore_tables(const Returning& order) {
  const OrderSlot slot = order.slot;
  const OrderRow& row = store_.row(slot);
  const OfferIndex offer = store_.offer(slot);
  if (!store_.index(slot, order.key)) return Restored::contradiction;
  const std::uint32_t units = live_units(slot);
  if (units == 0) return Restored::fine;
  if (has_total_limit(offer) && !charge_anyway(slot, units)) return Restored::no_room;
  if (row.status == OrderStatus::waiting) {
    if (!lines_.restore(offer, store_.life(slot).place, slot)) return Restored::contradiction;
  }
  if (row.status != OrderStatus::held) {
    visit_names(order.buyer, store_.identities(slot),
                [&](const Hash128& name) { ledger_.add(offer_limit_key(name, offer), units); });
  }
  return Restored::fine;
}

// In the order in which they run out, which is also that in which most were made, so each offer's list takes
// them at its end.
void Engine::restore_holds() {
  std::vector<std::pair<std::int64_t, std::uint32_t>> holds;
  store_.visit([&](OrderSlot slot) {
    const OrderRow& row = store_.row(slot);
    if (row.status == OrderStatus::held && row.lines == 0) {
      holds.emplace_back(store_.life(slot).expires_ns, slot.value);
    }
  });
  std::sort(holds.begin(), holds.end());
  const auto live = [this](OrderSlot other) { return store_.row(other).status == OrderStatus::held; };
  for (const auto& [expires_ns, value] : holds) {
    const OrderSlot slot{value};
    const OfferIndex offer = store_.offer(slot);
    if (expires_ns == store_.life(slot).first_expires_ns) {
      calendar_.add(slot, offer, {expires_ns});
    } else {
      calendar_.add_moved(slot, offer, {expires_ns});
    }
    NamedHold hold{.slot = slot};
    visit_names(buyer_name(slot), store_.identities(slot), [&](const Hash128& name) {
      ledger_.add_hold(offer_limit_key(name, offer), store_.row(slot).quantity, hold, live);
      ++hold.name;
    });
  }
}

}  // namespace doorbuster
