#pragma once
// Who looks for orders to forget: a cursor that walks the rows of one engine in a circle. Part of the engine;
// same owner. It has no list of what is over and needs none: nothing waits for it but the memory.
//
// In a whole circle it learns when the next order can be forgotten, and needs not look before: what is sold
// or ends meanwhile is remembered for the retention at least.

#include <cstddef>
#include <cstdint>
#include <span>

#include "doorbuster/base/tick.h"
#include "doorbuster/engine/engine.h"

namespace doorbuster {

class RetentionSweep {
 public:
  // A basket's lines live in other shards, whose clocks may be a little ahead: they go a minute after it is
  // over, so that the whole goes first. While all shards stand still they go with it.
  enum class Lines : std::uint8_t { later, at_once };

  // Nothing can be forgotten before it, or it was looked a moment ago. Begins with "now".
  Tick next_look() const { return next_look_; }
  // Goes on for a bounded number of rows. Finds orders to forget, at most so many; those that the owner
  // cannot forget yet it puts off().
  std::span<OrderSlot> look(const Engine& engine, Tick now, std::span<OrderSlot> found,
                            Lines lines = Lines::later);
  // One that was found stays: it is looked at again in the next circle, which begins soon.
  void put_off(Tick now);
  // The rules have changed: what was learned may be wrong.
  void start_over();
  // After a whole circle: nothing is left to forget now.
  bool is_clean(Tick now) const { return cursor_ == 0 && earliest_ > now; }
  bool at_start() const { return cursor_ == 0; }

 private:
  std::uint32_t cursor_ = 0;
  Tick earliest_{};  // at which an order that was passed in this circle can be forgotten
  Tick next_look_{};
};

}  // namespace doorbuster
