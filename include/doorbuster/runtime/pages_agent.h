#pragma once
// Takes memory for the orders to come whenever its thread goes round, off the shards' threads. It has no work
// of its own: it belongs to a thread that is woken while something is sold.

#include "doorbuster/runtime/agent.h"
#include "doorbuster/runtime/runtime.h"

namespace doorbuster {

class PagesAgent final : public Agent {
 public:
  // Takes the first ones at once.
  explicit PagesAgent(Runtime& runtime) : runtime_(runtime) { runtime_.take_pages_ahead(); }
  std::size_t do_work() override {
    runtime_.take_pages_ahead();
    return 0;
  }
  bool has_work() override { return false; }

 private:
  Runtime& runtime_;
};

}  // namespace doorbuster
