#pragma once
// Somewhere that events are delivered to. A sink only knows how to deliver; where it stands, when it is tried
// again and what becomes of an event that it refuses is its agent's (sink_agent.h).

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "doorbuster/base/result.h"
#include "doorbuster/catalog/sinks.h"
#include "doorbuster/feed/feed_reader.h"

namespace doorbuster {

// What became of a batch of events.
struct Delivery {
  enum class Then : std::uint8_t {
    go_on,     // all of them are delivered; or some are, and there was no time for more
    retry,     // something behind `delivered` is to be tried again
    refused,   // the event behind `delivered` will never be taken; those behind it may be
    disabled,  // the target wants nothing any more
  };
  std::size_t delivered = 0;  // so many, from the first on, are the target's now: it has said so
  Then then = Then::go_on;
  std::string reason = {};          // in one sentence, of all but go_on
  std::int64_t retry_after_ns = 0;  // the target asked for it; 0: when the agent thinks so
};

// One thread, which may wait for the target. Each call ends within kSinkCallNs, and soon after `stop` is set.
class Sink {
 public:
  virtual ~Sink() = default;

  // How much one delivery should have, at most.
  struct Batch {
    std::size_t events = kSinkBatchEvents;
    std::size_t bytes = kSinkBatchBytes;
  };
  virtual Batch batch() const { return {}; }

  // Begins anew: a connection that there is has been of no use, or there was none. Returns the place behind
  // which the target wants events, by what it has; nothing: it cannot tell. A target that has them from
  // another data folder is an error of kind `configuration`: it is not tried again.
  virtual Result<std::optional<FeedPosition>> open(const std::atomic<bool>& stop) = 0;

  // Delivers the events, in order. `through` is the place behind the last of them: records that say nothing
  // to others may stand between it and the event. `events` may be empty: then only the place has moved on.
  // REQUIRES: open() has succeeded, and no delivery since then has ended with `retry`.
  virtual Delivery deliver(std::span<const FeedEvent> events, const FeedPosition& through,
                           const std::atomic<bool>& stop) = 0;
};

inline constexpr std::int64_t kSinkCallNs = 30 * kNsPerSecond;

// `folder`: whose events they are.
std::unique_ptr<Sink> make_sink(const SinkConfiguration& configuration, const FolderIdentity& folder);

}  // namespace doorbuster
