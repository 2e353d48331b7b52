#pragma once
// A part of the program that has a duty cycle. Who calls it, and on which thread, is wiring: a thread of its
// own, a thread shared with others, or a test by hand.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "doorbuster/platform/clock.h"
#include "doorbuster/platform/notifier.h"

namespace doorbuster {

class Agent {
 public:
  virtual ~Agent() = default;
  // Once, by AgentThread and on it, before the first cycle: for how an agent with a thread of its own wants
  // it to be scheduled. Who steps an agent by hand does not call it.
  virtual void on_thread_start() {}
  // One duty cycle, bounded. Returns how much was done; 0 means that there was nothing to do.
  virtual std::size_t do_work() = 0;
  // Whether do_work() would find something. Asked after prepare_to_sleep(), so it must look at what others
  // publish.
  virtual bool has_work() = 0;
  // How long at most until there is something to do without anybody saying so; kUntilCalled: never.
  static constexpr std::int64_t kUntilCalled = -1;
  virtual std::int64_t sleep_at_most_ns() { return kUntilCalled; }
};

// An agent whose thread sleeps in a way of its own (an HTTP thread, in epoll, with the notifier's descriptor
// in it).
class SleepingAgent : public Agent {
 public:
  // Returns when the notifier was rung, when there is something else to do, or after `at_most_ns`
  // (kUntilCalled: not before).
  virtual void sleep(std::int64_t at_most_ns) = 0;
};

// For a thread that follows what others do and need not see each step of it: its cycles begin at least a pace
// apart. In between it is awake for who rings, so ringing costs no system call, and asleep only when there
// was nothing to do. The first of its thread's agents, and its sleeper.
class PacedSleeper final : public SleepingAgent {
 public:
  PacedSleeper(Notifier& notifier, const Clock& clock, std::int64_t pace_ns)
      : notifier_(notifier), clock_(clock), pace_ns_(pace_ns) {}
  std::size_t do_work() override;
  bool has_work() override { return false; }
  void sleep(std::int64_t at_most_ns) override { notifier_.sleep(at_most_ns); }

 private:
  Notifier& notifier_;
  const Clock& clock_;
  const std::int64_t pace_ns_;
  std::int64_t next_ns_ = 0;
};

// One thread that runs agents in turn until it is told to stop, and sleeps when none of them has work.
class AgentThread {
 public:
  // The thread sleeps in `sleeper` (one of the agents) or, when that is null, in the notifier itself.
  AgentThread(const char* name, int processor, Notifier& notifier, std::vector<Agent*> agents,
              SleepingAgent* sleeper);
  ~AgentThread();  // stops and joins
  void stop();     // returns at once; the agents get one more cycle

  // --- any thread: for a watchdog ---
  void ask_heartbeat();
  // Whether a cycle has begun since the last ask_heartbeat(): the thread runs, and no agent is stuck.
  bool has_heartbeat() const { return heartbeats_.load() == heartbeats_asked_.load(); }

 private:
  void run(const char* name, int processor);

  Notifier& notifier_;
  const std::vector<Agent*> agents_;
  SleepingAgent* const sleeper_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> heartbeats_asked_ = 0, heartbeats_ = 0;
  std::thread thread_;
};

}  // namespace doorbuster
