#pragma once
// Who reads the journal behind the sale, on threads of their own: those who pull the feed, and the sinks.

#include <cstdint>
#include <memory>
#include <vector>

#include "doorbuster/catalog/sinks.h"
#include "doorbuster/feed/feed_reader.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/runtime/runtime.h"
#include "doorbuster/sink/sink_agent.h"
#include "doorbuster/stream/feed_agent.h"

namespace doorbuster {

// Used by the application's thread. The runtime and the others outlive it.
class FeedThreads {
 public:
  // Before the runtime is started. The sinks' tenants are in its catalog.
  FeedThreads(Runtime& runtime, Storage& storage, const Clock& clock,
              const std::vector<SinkConfiguration>& sinks);
  ~FeedThreads();

  void start();
  void drain() { feed_.drain(); }
  bool drained() const { return feed_.drained(); }
  // What is being delivered is given up, and goes on at the next start.
  void stop();

  FeedAgent& feed() { return feed_; }
  std::vector<SinkAgent*> sinks() const;
  // The first record that a sink still needs. Any thread.
  std::uint64_t needed_from() const;

 private:
  struct SinkThread {
    SinkThread(Runtime& runtime, const SinkConfiguration& configuration, const FeedSource& source,
               Storage& storage, const Clock& clock);

    Notifier notifier;  // rung when more of the journal is durable
    PacedSleeper pace;
    SinkAgent agent;
    std::unique_ptr<AgentThread> thread;
  };

  const FeedSource source_;
  Notifier feed_notifier_, feed_durable_;
  FeedAgent feed_;
  std::vector<std::unique_ptr<SinkThread>> sinks_;
  std::unique_ptr<AgentThread> feed_thread_;
};

}  // namespace doorbuster
