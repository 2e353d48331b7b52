#pragma once
// What an engine answers, and what it is asked besides the texts.

#include <cstdint>
#include <optional>

#include "doorbuster/base/hash.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/engine/order_slot.h"
#include "doorbuster/model/ids.h"
#include "doorbuster/model/order.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster {

// Hashes of a command's texts, made by whoever has time for it.
struct BuyHashes {
  Hash128 buyer;  // a name: see offer_limit_key()
  Hash128 key;    // zero without a key
};
BuyHashes hash_buy(const HashKey& table_key, const Buy& buy);
// The name that is kept of an identity.
Hash128 hash_identity(const HashKey& table_key, std::string_view identity);

// What a name's units are counted under, in one offer and in a whole campaign. A name is 128 keyed bits, so
// what is laid over it only has to differ from one index to the next.
constexpr Hash128 offer_limit_key(const Hash128& name, OfferIndex offer) {
  return {.low = name.low ^ (offer.value + 1) * 0x9e3779b97f4a7c15, .high = name.high};
}
constexpr Hash128 campaign_limit_key(const Hash128& name, CampaignIndex campaign) {
  return {.low = name.low ^ (campaign.value + 1) * 0xc2b2ae3d27d4eb4f, .high = ~name.high};
}

struct Decision {
  // order_gone: nothing is decided. The key is that of an order whose retention is over; the owner forgets it
  // (`slot`) and asks again.
  Outcome outcome = Outcome::overloaded;
  bool replayed = false;   // an earlier order under the same key; `slot` says which
  OrderSlot slot = {};     // of a replayed order
  Order order = {};        // confirmed, held, waiting: the order, new (to be applied) or replayed
  std::int64_t price = 0;  // price_changed: the price in force
  Tick free_at = {};       // all_held: no unit comes back before it, unless somebody gives one back
  Tick kept_until = {};    // all_held: what is left is kept for other channels until then; zero: it is not
};

struct OrderDecision {
  Outcome outcome = Outcome::order_not_found;
  bool replayed = false;            // give_back: done before under the same key
  OrderSlot slot;                   // of the order, unless it was not found, or is gone
  std::optional<OrderEvent> event;  // to be journaled and applied; also some refusals have one (refund_due)
};

struct Applied {
  OrderSlot slot;
  std::uint32_t discharged = 0;  // units that the names have back: for discharge()
  std::uint32_t charged = 0;     // units that a part took once more: recovery charges them
  bool freed = false;            // units came back to the offer: for next_offer()
};

struct OfferStock {
  std::int64_t allocated = 0, available = 0, held = 0, sold = 0;
};

// stopped: its books are wrong, so nothing of it is sold.
enum class Availability : std::uint8_t { on_sale, all_held, sold_out, stopped };

struct OfferFigures {
  Availability availability{};
  OfferStock stock;
};

}  // namespace doorbuster
