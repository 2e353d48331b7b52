#pragma once
// One question on its way through the house and back. An HTTP thread takes it from its pool, fills in the
// question, and a shard fills in the answer. Exactly one thread has it at any time; the queues hand it over.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "doorbuster/base/limits.h"
#include "doorbuster/engine/engine.h"
#include "doorbuster/model/order.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster {

struct Basket;

struct Request {
  enum class Kind : std::uint8_t { buy, find_order, order_command };

  // --- the question: written by the HTTP thread ---
  Kind kind = Kind::buy;
  bool answer_when_decided = false;  // Prefer: respond-async
  bool close_after = false;          // HTTP: the connection ends with this reply
  bool head_only = false;            // HTTP: HEAD
  std::uint16_t http_thread = 0;     // whose pool this is, and whose reply queue the answer goes to
  TenantId tenant = kDefaultTenant;  // who asks
  Buy buy;                           // texts stand in `text`, identities in `identities`
  BuyHashes hashes;
  std::array<Hash128, kIdentitiesMax> identities;
  std::array<OrderLine, kBasketLinesMax> lines;  // of a basket, asked for or answered
  OrderNumber order_number;                      // find_order
  OrderCommand command;                          // order_command; texts stand in `text`
  bool about_place = false;  // HTTP: the question is about a place in a line, and so is the answer
  std::int64_t received_ns = 0;

  // --- the answer: written by the shard ---
  Outcome outcome = Outcome::overloaded;
  bool replayed = false;
  bool durable = false;
  // The order: always for what was sold, reserved or found; for order_not_held and hold_expired too. For a
  // new buy its texts are the buy's own, else they stand in `text`: buyer, reference and payment, the others
  // are empty. The order that a replay of a buy carries is as it was decided.
  Order order;
  std::int64_t price = 0;   // price_changed
  std::uint32_t place = 0;  // waiting: 1 is the first in the line
  bool from_line = false;   // the order began as a place in a line
  OfferIndex refused_line;  // of a basket: whose refusal it is
  Tick now;                 // the tick of the decision
  Tick free_at;             // all_held: no unit comes back before, unless somebody gives one back
  Tick kept_until;          // all_held: what is left is kept for other channels until then; zero: it is not
  std::int64_t decided_ns = 0;

  // --- the shards' own ---
  Basket* basket = nullptr;
  // A buy whose own units may come back when what waits in the ring is durable is asked once more then.
  enum class Asked : std::uint8_t { once, waits_to_ask_again, again };
  Asked asked = Asked::once;

  // --- the HTTP thread's own: where the reply goes ---
  void* session = nullptr;
  Request* next = nullptr;  // in the session's order of requests, or in the pool's free list
  bool answered = false;
  std::uint32_t text_bytes = 0;

  // REQUIRES: the sum of all texts of one question is within the bounds of its parts.
  std::string_view keep(std::string_view text_in);
  void forget_texts() { text_bytes = 0; }

  static constexpr std::size_t kTextBytesMax =
      4 * kIdentifierBytesMax + kIdempotencyKeyBytesMax + 2 * kReferenceBytesMax;
  std::array<char, kTextBytesMax> text;
};

// The requests of one HTTP thread: made at start, never more. Not thread-safe; only that thread takes and
// gives back.
class RequestPool {
 public:
  RequestPool(std::uint16_t http_thread, std::uint32_t capacity);
  // Null when as many are on their way as there may be for one of this kind: the outcome is `overloaded`.
  // REQUIRES: tenant.value <= kTenantsMax.
  Request* take(TenantId tenant = kDefaultTenant, Request::Kind kind = Request::Kind::buy);
  void give_back(Request* request);
  // Whether take() of this kind would give one.
  bool has_room(Request::Kind kind) const { return in_use_ < in_use_max_[static_cast<std::size_t>(kind)]; }
  std::uint32_t in_use() const { return in_use_; }
  std::uint32_t in_use(TenantId tenant) const { return in_use_by_tenant_[tenant.value]; }

 private:
  const std::uint16_t http_thread_;
  std::unique_ptr<Request[]> requests_;
  std::array<std::uint32_t, 3> in_use_max_;  // when one of the kind may still be taken
  Request* free_ = nullptr;
  std::uint32_t in_use_ = 0;
  std::array<std::uint32_t, kTenantsMax + 1> in_use_by_tenant_{};
};

}  // namespace doorbuster
