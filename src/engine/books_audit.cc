#include "doorbuster/engine/books_audit.h"

#include "doorbuster/engine/engine.h"

namespace doorbuster {

std::string_view books_fault_name(BooksFault::Kind kind) {
  switch (kind) {
    case BooksFault::Kind::units:
      return "units";
    case BooksFault::Kind::limit:
      return "limit";
    case BooksFault::Kind::bounds:
      return "bounds";
  }
  return "unknown";
}

void BooksAudit::report(const BooksFault& fault) {
  if (faults_.size() < kBooksFaultsKept) faults_.push_back(fault);
}

OfferBooks Engine::books_of(OrderSlot slot) const {
  const OrderRow& row = store_.row(slot);
  OfferBooks books = {.orders = row.is_part ? 0U : 1U};
  if (row.lines != 0) return books;  // its parts have the units
  if (row.status == OrderStatus::held) books.held = row.quantity;
  books.sold = store_.confirmed_quantity(slot);
  if (row.has_life) {
    const OrderLife& life = store_.life(slot);
    books.sold -= life.returned_quantity - life.written_off;
  }
  return books;
}

void Engine::count_books(OrderSlot slot, int sign) {
  const OfferIndex offer = store_.offer(slot);
  if (audit_.has_counted(slot, offer)) audit_.count(offer, books_of(slot), sign);
}

bool Engine::audit(std::size_t steps) {
  for (; steps != 0 && audit_.has_orders_left(store_.rows_used()); --steps) {
    const OrderSlot slot = audit_.take_order();
    if (!store_.is_vacant(slot)) audit_order(slot);
  }
  if (audit_.has_orders_left(store_.rows_used())) return false;
  audit_.end_walk();
  for (; steps != 0 && audit_.has_offers_left(); --steps) {
    OfferBooks orders;
    const OfferIndex offer = audit_.take_offer(orders);
    if (owns(offer)) audit_offer(offer, orders);
  }
  if (audit_.has_offers_left()) return false;
  audit_.end_round();
  return true;
}

void Engine::audit_order(OrderSlot slot) {
  const OfferIndex offer = store_.offer(slot);
  audit_.count(offer, books_of(slot), 1);
  const std::uint32_t units = live_units(slot);
  if (units == 0) return;
  bool counted = true;
  visit_names(buyer_name(slot), store_.identities(slot), [&](const Hash128& name) {
    counted = counted && ledger_.units(offer_limit_key(name, offer)) >= units;
  });
  if (!counted) break_offer(offer, BooksFault::Kind::limit, {});
}

void Engine::audit_offer(OfferIndex index, const OfferBooks& orders) {
  const OfferState& offer = offers_[index.value];
  if (offer.held < 0 || offer.sold < 0 || offer.available() < 0) {
    return break_offer(index, BooksFault::Kind::bounds, orders);
  }
  if (books(index) != orders) break_offer(index, BooksFault::Kind::units, orders);
}

OfferBooks Engine::books(OfferIndex index) const {
  const OfferState& offer = offers_[index.value];
  const OfferTally& tally = tallies_[index.value];
  // What baskets under way have reserved is no order yet, and what was forgotten is none any more.
  return {.held = offer.held - tally.reserved,
          .sold = offer.sold - tally.forgotten_sold,
          .orders = numbers_given(index) - tally.forgotten_orders};
}

// Nothing of it is sold any more in this life: a start counts everything anew, out of the journal.
void Engine::break_offer(OfferIndex offer, BooksFault::Kind kind, const OfferBooks& orders) {
  if (tallies_[offer.value].is_broken) return;
  tallies_[offer.value].is_broken = true;
  offers_[offer.value].is_planned = true;  // check_plan() has the rest
  audit_.report({.offer = offer,
                 .kind = kind,
                 .counters = books(offer),
                 .orders = orders,
                 .allocated = offers_[offer.value].allocated});
}

}  // namespace doorbuster
