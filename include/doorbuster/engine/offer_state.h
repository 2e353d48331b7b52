#pragma once
// What an engine keeps for each offer. The hot part, which each buy reads, is one cache line.

#include <cstdint>

#include "doorbuster/base/tick.h"
#include "doorbuster/model/ids.h"
#include "doorbuster/model/record.h"

namespace doorbuster {

// Rules and stock of one offer, together in one cache line: a hot SKU is one line.
struct alignas(64) OfferState {
  std::int64_t allocated = 0;
  std::int64_t held = 0;
  std::int64_t sold = 0;
  std::uint64_t last_ordinal = 0;  // of its orders' numbers
  std::int64_t price = 0;
  Tick starts_at, ends_at;
  std::uint32_t limit_per_buyer = 0;
  bool campaign_listed : 1 = false;
  bool offer_listed : 1 = false;
  bool has_total_limit : 1 = false;
  bool sells_by_hold : 1 = false;
  bool has_line : 1 = false;    // somebody waits
  bool has_quotas : 1 = false;  // of channels
  bool is_planned : 1 = false;  // windows, a pause, arming, price steps, an audience: the catalog knows
  std::int64_t available() const { return allocated - held - sold; }
  // What anybody can have: with a line, what comes back belongs to it.
  std::int64_t open() const { return has_line ? 0 : available(); }
  bool is_gone() const { return held <= 0 && available() <= 0; }
};
static_assert(sizeof(OfferState) == 64);

// What only holds, lines and campaign limits need.
struct OfferRules {
  CampaignIndex campaign;
  std::uint32_t hold_seconds = 0, hold_max_seconds = 0, grace_seconds = 0, offer_seconds = 0;
  std::uint32_t total_limit = 0;
  PaymentFailure on_payment_failed = PaymentFailure::release;
  bool waitlist = false;
  bool campaign_has_quotas = false;  // one of its offers, of whatever shard
};

// What is seldom asked, and no catalog says.
struct OfferTally {
  bool is_broken = false;           // its books are wrong: it is not sold
  std::uint32_t start = 1;          // of the engine on its folder: in which its last number was given
  std::int64_t reserved = 0;        // of `held`: by baskets that are being decided
  std::int64_t forgotten_sold = 0;  // of `sold`, and of the numbers given: by orders that are forgotten
  std::uint64_t forgotten_orders = 0;
};

}  // namespace doorbuster
