#include "doorbuster/runtime/agent.h"

#include <atomic>
#include <functional>
#include <thread>

#include "doorbuster/platform/notifier.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

// Stays in its cycle for as long as it is told to.
class Stuck final : public Agent {
 public:
  std::size_t do_work() override {
    while (stuck.load()) {
      inside.store(true);
      std::this_thread::yield();
    }
    return 0;
  }
  bool has_work() override { return false; }
  std::atomic<bool> stuck = false, inside = false;
};

void wait_until(const std::function<bool()>& holds) {
  while (!holds()) std::this_thread::yield();  // the suite's timeout is the bound
}

}  // namespace

TEST_CASE("a thread that goes round has a heartbeat, also out of its sleep") {
  Notifier notifier;
  Stuck agent;
  AgentThread thread("test", -1, notifier, {&agent}, nullptr);
  for (int i = 0; i < 3; ++i) {
    thread.ask_heartbeat();
    wait_until([&] { return thread.has_heartbeat(); });
  }
}

TEST_CASE("a thread with an agent that never comes back has none") {
  Notifier notifier;
  Stuck agent;
  agent.stuck.store(true);
  AgentThread thread("test", -1, notifier, {&agent}, nullptr);
  wait_until([&] { return agent.inside.load(); });
  thread.ask_heartbeat();
  // It is inside of one cycle and begins no other while it is stuck, however long one looks.
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(thread.has_heartbeat());
  agent.stuck.store(false);
  wait_until([&] { return thread.has_heartbeat(); });
}

}  // namespace doorbuster
