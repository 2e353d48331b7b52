#pragma once
// A basket on its way from shard to shard: what it asks for, what is kept for it, and what comes next. It
// travels with its request, so exactly one thread has it at any time, and no shard ever waits for another.
//
//   home: open ---> every shard of a line: take ---> home: record, when all that the basket rests on is
//   durable
//                                                      |
//   home: close <--- every shard of a line: settle <---+  when the record is durable
//
// What take() keeps is in memory only. One record decides for all lines at once: where it is in the journal
// the basket is whole, where it is not nothing ever happened. A refusal goes the same way, and gives back
// what was kept (drop). Shards are visited in one order, and what is not there is refused and not waited for:
// nothing can lock up.

#include <array>
#include <cstdint>
#include <optional>

#include "doorbuster/base/limits.h"
#include "doorbuster/engine/engine.h"
#include "doorbuster/model/order.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster {

struct Basket {
  enum class Step : std::uint8_t { take, record, settle, drop };
  Step step = Step::take;
  std::uint32_t home = 0;  // shard
  bool refused = false;    // one line cannot be had: no other is taken any more

  struct Line {
    OrderLine line;
    Outcome outcome = Outcome::ok;        // why it cannot be had
    Engine::Pin pin = Engine::Pin::none;  // what happens to an order: how its part stands still
    bool reserved = false;                // a new basket: its units are kept
    bool charged = false;                 // and count for the limit over the campaign
    bool visited = false;                 // in this step
    std::uint64_t position = 0;  // in its shard's ring: what was recorded there before must be durable
  };
  std::array<Line, kBasketLinesMax> lines;
  std::size_t count = 0;
  std::optional<OrderEvent> event;  // what happens to an order that is there; none: a new basket
  OrderNumber number;               // zero: a new basket that has none yet
  Hash128 key;                      // of a new basket: its idempotency key, or zero

  // Of several reasons the first in the order of the checks is the answer, of the first line that has it.
  const Line* first_refusal() const {
    const Line* first = nullptr;
    for (std::size_t i = 0; i < count; ++i) {
      if (lines[i].outcome == Outcome::ok) continue;
      if (first == nullptr || comes_before(lines[i].outcome, first->outcome)) first = &lines[i];
    }
    return first;
  }

 private:
  // As for one SKU: who confirms late is asked for the units first, and for the limits only where they are
  // there.
  static bool comes_before(Outcome a, Outcome b) {
    if (a == Outcome::hold_expired && b == Outcome::limit_reached) return true;
    if (a == Outcome::limit_reached && b == Outcome::hold_expired) return false;
    return a < b;
  }
};

}  // namespace doorbuster
