#include "doorbuster/runtime/agent.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "doorbuster/platform/thread.h"

namespace doorbuster {

std::size_t PacedSleeper::do_work() {
  const std::int64_t now_ns = clock_.monotonic_ns();
  if (now_ns < next_ns_) std::this_thread::sleep_for(std::chrono::nanoseconds(next_ns_ - now_ns));
  next_ns_ = std::max(next_ns_, now_ns) + pace_ns_;
  return 0;
}

AgentThread::AgentThread(const char* name, int processor, Notifier& notifier, std::vector<Agent*> agents,
                         SleepingAgent* sleeper)
    : notifier_(notifier), agents_(std::move(agents)), sleeper_(sleeper) {
  // The name is copied: the caller's may be gone before the thread begins.
  thread_ = std::thread([this, name = std::string(name), processor] { run(name.c_str(), processor); });
}

AgentThread::~AgentThread() {
  stop();
  thread_.join();
}

void AgentThread::stop() {
  stopping_.store(true);
  notifier_.notify();
}

void AgentThread::ask_heartbeat() {
  heartbeats_asked_.fetch_add(1);
  notifier_.notify();
}

void AgentThread::run(const char* name, int processor) {
  name_this_thread(name);
  if (processor >= 0) pin_this_thread(processor);
  for (Agent* agent : agents_) agent->on_thread_start();
  while (!stopping_.load()) {
    if (!has_heartbeat()) heartbeats_.store(heartbeats_asked_.load());
    std::size_t work = 0;
    for (Agent* agent : agents_) work += agent->do_work();
    if (work != 0) continue;
    notifier_.prepare_to_sleep();
    bool found = stopping_.load() || !has_heartbeat();
    for (Agent* agent : agents_) found = found || agent->has_work();
    if (found) {
      notifier_.cancel_sleep();
      continue;
    }
    std::int64_t at_most_ns = Agent::kUntilCalled;
    for (Agent* agent : agents_) {
      const std::int64_t wish = agent->sleep_at_most_ns();
      if (wish != Agent::kUntilCalled)
        at_most_ns = at_most_ns == Agent::kUntilCalled ? wish : std::min(at_most_ns, wish);
    }
    sleeper_ != nullptr ? sleeper_->sleep(at_most_ns) : notifier_.sleep(at_most_ns);
  }
  for (Agent* agent : agents_) agent->do_work();
}

}  // namespace doorbuster
