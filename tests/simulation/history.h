#pragma once
// What the clients of one run know: what they asked for, how often, and what they were told. Nothing of it
// comes from the engine's books; the oracle holds the two against each other.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "doorbuster/model/order.h"
#include "doorbuster/model/outcome.h"
#include "simulation/base.h"

namespace doorbuster::simulation {

// A durable yes.
struct Promise {
  OrderNumber number;
  std::int64_t unit_price = 0;
  Tick decided_at;
};

// What one client wants. It may ask for it many times: with a key that is one order, without one order each.
struct Wish {
  std::string buyer, key, reference, channel;  // the reference is the wish's own: it finds its orders
  OfferIndex offer;                            // of a basket: of its first line
  std::uint32_t quantity = 1;
  std::int64_t expected_price = Buy::kNoExpectedPrice;
  bool wait = false;
  std::vector<OrderLine> lines;
  std::vector<Hash128> identities;
  std::optional<std::uint32_t> key_of;  // another wish's key, with this body
  std::uint32_t attempts = 0;
  bool is_over = false;  // answered, or given up
  std::vector<Promise> promises;
};

// What was asked and told about one order, by whomever.
struct OrderFacts {
  std::array<std::uint32_t, 6> asked{};  // by OrderAction: how often
  std::optional<std::uint32_t> wish;     // that was told of it, durable or not: nobody else ever is
  // Told durably.
  bool is_durable = false;  // that there is such an order
  bool confirmed = false, cancelled = false, refund_due = false;
  std::uint32_t confirmed_quantity = 0, returned_quantity = 0;
};

// One request on its way, or answered.
struct Attempt {
  enum class Kind : std::uint8_t { buy, command, find } kind = Kind::buy;
  std::uint32_t wish = 0;      // buy
  OrderCommand command;        // command, without its texts; find: its order
  std::uint64_t invoked = 0;   // step
  std::uint64_t answered = 0;  // step; 0: not yet, or never
  Outcome outcome = Outcome::overloaded;
  bool replayed = false;
  bool was_promised = false;   // buy: the client had a durable yes already
  bool key_was_used = false;   // buy: whose key it has had one
  bool is_over_limit = false;  // buy: the units that the buyer has been told of leave no room for it
};

struct History {
  std::vector<Wish> wishes;
  std::map<std::uint64_t, OrderFacts> orders;  // by number
  std::vector<OrderNumber> numbers;            // that clients know, in the order in which they were told
  std::vector<Attempt> attempts;               // of this life only
  std::uint64_t promises = 0;
};

}  // namespace doorbuster::simulation
