#pragma once
// The live stream of the sale: server-sent events (WHATWG HTML, 9.2) to every connection that has asked for
// them. One thread does all of it and only reads what the others publish: the catalog, the board, the clock.
// It is never waited for.
//
// Bounds (name; at the bound; counter):
//   kStreamSubscribersMax    503 `overloaded`                       overloaded replies of the HTTP thread
//   kStreamPendingBytesMax, kStreamStallMs, kStreamSnapshotMs
//                            the subscriber is closed               dropped
//   kStreamLogBytesMax, kStreamLogChunksMax
//                            who is further behind gets a snapshot  snapshots
//   kStreamTurnBytes         the rest waits for the others' turns

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "doorbuster/base/counters.h"
#include "doorbuster/http/stream_door.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/runtime/agent.h"
#include "doorbuster/runtime/alert_log.h"
#include "doorbuster/runtime/board.h"
#include "doorbuster/runtime/door.h"

namespace doorbuster {

// Written by the stream's thread, read by any.
struct StreamMetrics {
  Counter subscribers;  // now
  Counter events;       // made, each once for everybody
  Counter bytes;        // written
  Counter dropped;
  Counter snapshots;                                   // made
  Counter resumed;                                     // connections that went on where they were
  BucketHistogram price_latency_ns{kLatencyBoundsNs};  // from an instant to the last subscriber's last byte
};

// What it looks at. All of it outlives the agent.
struct StreamSources {
  const CatalogCell& catalog;
  Board& board;
  const AlertLog& alerts;
  const Clock& clock;
  Notifier& watch;  // rung when the board or the catalog has changed; nobody else sleeps in it
};

class StreamAgent final : public SleepingAgent, public StreamDoor {
 public:
  // `notifier` is the thread's.
  StreamAgent(const StreamSources& sources, Notifier& notifier,
              std::uint32_t subscribers_max = kStreamSubscribersMax);
  ~StreamAgent() override;

  // --- the thread ---
  std::size_t do_work() override;
  bool has_work() override;
  std::int64_t sleep_at_most_ns() override;
  void sleep(std::int64_t at_most_ns) override;

  // --- any thread ---
  bool reserve() override;
  void give_back() override;
  void subscribe(int socket, const Subscription& subscription, std::string unsent) override;
  // Ends every stream, and takes no more.
  void drain();
  bool drained() const { return draining_.load() && places_.load() == 0; }
  const StreamMetrics& metrics() const { return metrics_; }

 private:
  struct Arrival {
    int socket;
    Subscription subscription;
    std::string unsent;
  };
  class Impl;

  StreamMetrics metrics_;
  Notifier& notifier_;
  const std::uint32_t subscribers_max_;
  std::atomic<std::uint32_t> places_ = 0;  // reserved or taken
  std::atomic<bool> draining_ = false;
  std::mutex mutex_;
  std::vector<Arrival> arrivals_;  // under mutex_
  std::atomic<bool> has_arrivals_ = false;
  bool drain_seen_ = false;  // by the thread
  std::unique_ptr<Impl> impl_;
};

}  // namespace doorbuster
