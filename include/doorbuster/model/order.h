#pragma once
// Orders: what is asked for, what stands in the books, and what happens to it on the way.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "doorbuster/base/limits.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/model/ids.h"

namespace doorbuster {

// held --> confirmed | cancelled | expired;  expired --> confirmed, while nobody else has taken the units.
// waiting: a place in an offer's line, without units; it becomes held, or cancelled when it is left.
enum class OrderStatus : std::uint8_t { confirmed, held, cancelled, expired, waiting };
inline constexpr int kOrderStatusCount = static_cast<int>(OrderStatus::waiting) + 1;
// "held" for OrderStatus::held, and so on: the word that clients see.
std::string_view order_status_name(OrderStatus status);

// Other names of the person who buys ("card:...", "device:..."), as keyed hashes: the texts are kept nowhere.
using Identities = std::span<const Hash128>;

// One SKU of a basket. A basket has its lines in the order of their offers, no offer twice.
struct OrderLine {
  OfferIndex offer;
  std::uint32_t quantity = 0;
  std::int64_t unit_price = 0;  // of an order: as it was decided
};
using OrderLines = std::span<const OrderLine>;

// What stands against the audience token that came with a buy; none: there was none, or it holds.
enum class TokenFault : std::uint8_t { none, signature, expired, too_early, other_campaign, other_buyer };

// What a buyer asked for. The views point into memory that outlives the decision (a request's slot).
struct Buy {
  OfferIndex offer;
  std::uint32_t quantity = 1;
  std::int64_t expected_price = kNoExpectedPrice;
  bool wait = false;                          // where all is held: take a place in the line
  TokenFault token_fault = TokenFault::none;  // other than none: not eligible, unless its key has an order
  std::string_view buyer;                     // 1..kIdentifierBytesMax
  std::string_view key;                       // idempotency key without its quotes; empty: none
  std::string_view reference;                 // at most kReferenceBytesMax
  std::string_view channel, region, segment;  // identifiers, or empty
  OrderLines lines;       // a basket's; then `offer` is the first line's, `quantity` the sum
  Identities identities;  // at most kIdentitiesMax, in the order of their values, no two equal

  static constexpr std::int64_t kNoExpectedPrice = -1;
};

// An order: as it was decided, and what has become of it. The views point into the store that it was read
// from.
struct Order {
  OrderNumber number;
  std::uint32_t quantity = 0;  // as asked for
  std::int64_t unit_price = 0;
  std::int64_t expected_price = Buy::kNoExpectedPrice;
  Tick decided_at;
  std::string_view buyer, key, reference, channel, region, segment;
  Identities identities;
  OrderLines lines;  // of a basket; then `quantity` is their sum and `unit_price` what all of it costs

  OrderStatus status = OrderStatus::confirmed;
  bool refund_due = false;               // money came when the units were gone
  Tick expires_at;                       // of what is or was held
  std::uint32_t confirmed_quantity = 0;  // confirmed: of `quantity`, the rest went back
  std::uint32_t returned_quantity = 0;   // of confirmed_quantity
  std::string_view payment;              // the reference that the confirmation came with
};

// What somebody wants to happen to an order that is there.
enum class OrderAction : std::uint8_t { confirm, cancel, extend, payment_failed, give_back, leave_line };

struct OrderCommand {
  OrderAction action = OrderAction::confirm;
  OrderNumber order;
  std::uint32_t quantity = 0;      // confirm, give_back; 0: all
  std::optional<OfferIndex> part;  // give_back of a basket: of which line
  std::uint32_t seconds = 0;       // extend: from now on; 0: the campaign's hold_seconds
  bool restock = true;             // give_back: whether the units can be sold again
  std::string_view payment;        // confirm: at most kReferenceBytesMax; empty: none
  std::string_view key;            // give_back: idempotency key; empty: none
};

// What has happened to an order: one journaled step of its life. Which members mean something depends on the
// kind; the others are zero.
enum class OrderEventKind : std::uint8_t {
  confirmed,   // quantity, payment; late: it had expired, and its units were still there
  cancelled,   // by `reason`
  expired,     // its time was over at the event's tick
  extended,    // expires_at, by `reason`
  refund_due,  // payment
  returned,    // quantity, restock, key
  offered,     // a waiting one got its units: expires_at
  left_line,   // by `reason`
};
enum class OrderEventReason : std::uint8_t { asked, payment_failed, cannot_be_served };
std::string_view order_event_reason_name(OrderEventReason reason);  // the enumerator as a word

struct OrderEvent {
  OrderEventKind kind{};
  OrderEventReason reason = OrderEventReason::asked;
  bool late = false;
  bool restock = false;
  OrderNumber order;
  std::optional<OfferIndex> part;  // of a basket's order: only its line of this offer
  Tick tick;                       // of the record that it stands in
  Tick expires_at;
  std::uint32_t quantity = 0;
  std::string_view payment;  // at most kReferenceBytesMax
  Hash128 key;               // zero: none
};

// An order of which nothing counts any more, or a basket's line of an offer, on its way out of the books.
struct ForgottenOrder {
  OrderNumber order;
  std::optional<OfferIndex> part;
};

}  // namespace doorbuster
