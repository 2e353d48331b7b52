#pragma once
// Who reads the journal behind the sale, on threads of their own.

#include <cstdint>
#include <memory>

#include "doorbuster/feed/feed_reader.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/runtime/runtime.h"
#include "doorbuster/stream/feed_agent.h"

namespace doorbuster {

// Used by the application's thread. The runtime and the others outlive it.
class FeedThreads {
 public:
  // Before the runtime is started.
  FeedThreads(Runtime& runtime, Storage& storage, const Clock& clock);

  void start();
  void drain() { feed_.drain(); }
  bool drained() const { return feed_.drained(); }
  void stop() { feed_thread_.reset(); }

  FeedAgent& feed() { return feed_; }

 private:
  const FeedSource source_;
  Notifier feed_notifier_, feed_durable_;
  FeedAgent feed_;
  std::unique_ptr<AgentThread> feed_thread_;
};

}  // namespace doorbuster
