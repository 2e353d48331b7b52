#include "load/order_state.h"

#include <algorithm>

namespace doorbuster::load {
namespace {

std::uint8_t bit_of(Verb verb) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(verb));
}

void take_return(OrderState& state, const Step& step) {
  const auto same = [&](const ReturnedUnits& units) { return units.key == step.key; };
  const auto found = std::find_if(state.returns.begin(), state.returns.end(), same);
  if (step.answered && !step.done) {
    // Had an earlier try with this key got through, this one would have been a replay.
    if (found != state.returns.end() && !found->acknowledged) state.returns.erase(found);
  } else if (found == state.returns.end()) {
    state.returns.push_back({.key = step.key,
                             .quantity = step.quantity,
                             .restock = step.body != Body::scrapped,
                             .acknowledged = step.answered});
  } else if (step.answered) {
    found->acknowledged = true;
  }
}

}  // namespace

std::uint32_t OrderState::returned(bool acknowledged, bool only_restocked) const {
  std::uint32_t units = 0;
  for (const ReturnedUnits& each : returns) {
    if (each.acknowledged == acknowledged && (each.restock || !only_restocked)) units += each.quantity;
  }
  return units;
}

OrderState state_at_first(const Told& told, std::uint32_t quantity) {
  OrderState state;
  state.standing = told.standing;
  state.ticket = told.ticket && !told.offered;
  state.refund_due = told.refund_due;
  state.expires_at = told.expires_at;
  if (told.standing == Standing::confirmed) state.confirmed = told.confirmed == 0 ? quantity : told.confirmed;
  return state;
}

void take_step(OrderState& state, const Step& step, std::uint32_t quantity) {
  if (step.verb == Verb::give_back) take_return(state, step);
  if (!step.answered) {
    if (step.verb != Verb::give_back && step.verb != Verb::look) state.open |= bit_of(step.verb);
    return;
  }
  // An answer also tells what had become of earlier tries.
  state.open &= static_cast<std::uint8_t>(~bit_of(step.verb));
  const bool was_final = state.standing == Standing::confirmed;
  if (step.told.ticket) state.ticket = !step.told.offered;
  if (step.told.standing != Standing::none) {
    state.standing = step.told.standing;
    if (!step.told.ticket && step.told.standing != Standing::waiting) state.ticket = false;
  }
  if (step.told.expires_at.ns != 0) state.expires_at = step.told.expires_at;
  if (step.told.refund_due) state.refund_due = true;
  if (step.verb == Verb::confirm && step.done && !was_final) {
    state.confirmed = step.told.confirmed == 0 ? quantity : step.told.confirmed;
    state.paid = step.body == Body::paid;
  }
}

}  // namespace doorbuster::load
