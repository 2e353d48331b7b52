#pragma once
// What is known of one order from the answers about it: its last acknowledged state, and what was asked and
// not answered, which may have happened or not.

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "doorbuster/base/tick.h"
#include "load/record.h"

namespace doorbuster::load {

// What an order promises of one SKU.
struct OrderLine {
  std::string sku;
  std::uint32_t quantity = 0;
  friend bool operator==(const OrderLine&, const OrderLine&) = default;
  friend auto operator<=>(const OrderLine&, const OrderLine&) = default;
};

// One thing that was asked about an order, and what came of it.
struct Step {
  Verb verb = Verb::look;
  Body body = Body::plain;
  std::uint32_t quantity = 0;
  std::string key = {};  // give_back
  bool answered = false;
  bool done = false;  // and not refused
  Told told = {};     // when answered
};

struct ReturnedUnits {
  std::string key;
  std::uint32_t quantity = 0;
  bool restock = true;
  bool acknowledged = false;
  friend bool operator==(const ReturnedUnits&, const ReturnedUnits&) = default;
};

struct OrderState {
  Standing standing = Standing::none;
  bool ticket = false;  // it is a place in the line that was not offered yet
  bool refund_due = false;
  bool paid = false;      // confirmed with a payment reference
  std::uint8_t open = 0;  // bits by Verb: asked, not answered
  std::uint32_t confirmed = 0;
  Tick expires_at;                     // of what is or was held
  std::vector<ReturnedUnits> returns;  // one for each key
  friend bool operator==(const OrderState&, const OrderState&) = default;

  bool may_have(Verb verb) const { return (open >> static_cast<int>(verb) & 1) != 0; }
  // Units of returns: acknowledged ones or the others; only those to be sold again, or all.
  std::uint32_t returned(bool acknowledged, bool only_restocked) const;
};
static_assert(kVerbCount <= 8);

// As the reply to the buy told it. `quantity` is what was asked for.
OrderState state_at_first(const Told& told, std::uint32_t quantity);
// Steps in the order of their answers. REQUIRES: `quantity` as above.
void take_step(OrderState& state, const Step& step, std::uint32_t quantity);

}  // namespace doorbuster::load
