#include "app/feed_threads.h"

namespace doorbuster {

FeedThreads::FeedThreads(Runtime& runtime, Storage& storage, const Clock& clock)
    : source_{.storage = storage,
              .catalog = runtime.catalog_cell(),
              .durable = [&runtime] { return runtime.durable_sequence(); },
              .identity = runtime.identity(),
              .order_id_key = runtime.keys().order_id_key},
      feed_(source_, clock, feed_notifier_, feed_durable_) {
  runtime.ring_when_durable(feed_durable_);
}

void FeedThreads::start() {
  feed_thread_ =
      std::make_unique<AgentThread>("feed", -1, feed_notifier_, std::vector<Agent*>{&feed_}, &feed_);
}

}  // namespace doorbuster
