#pragma once
// Who pulls the feed by HTTP: pages, which may wait for the next event, and server-sent events. Each reader
// is a connection that was handed over with its request, and goes at its own pace. One thread serves them
// all; it only reads what the journal has made durable, and nothing waits for it.
//
// Bounds (name; at the bound; counter):
//   kFeedReadersMax                      503 `overloaded`; `overloaded` replies of the admin listener
//   kFeedPageEventsMax, kFeedPageBytes   the rest is on the next page
//   kFeedStallMs                         the connection is closed; dropped

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "doorbuster/base/counters.h"
#include "doorbuster/feed/feed_reader.h"
#include "doorbuster/http/stream_door.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/runtime/agent.h"

namespace doorbuster {

// What a reader wants.
struct FeedQuery {
  enum class From : std::uint8_t { place, oldest, now };
  TenantId tenant = kDefaultTenant;
  From from = From::oldest;
  FeedPosition after = {};  // From::place
  bool stream = false;      // server-sent events; else one page
  std::uint32_t limit = kFeedPageEventsDefault;
  std::int64_t wait_ns = 0;  // for the page's first event
};

// Written by the feed's thread, read by any.
struct FeedMetrics {
  Counter readers;  // now
  Counter pages;
  Counter events;  // told, to each reader
  Counter bytes;
  Counter dropped;
};

class FeedConnection;

class FeedAgent final : public SleepingAgent {
 public:
  // `notifier` is the thread's. `durable` is rung when more of the journal is durable; nobody else sleeps in
  // it. `source` and the others outlive the agent.
  FeedAgent(const FeedSource& source, const Clock& clock, Notifier& notifier, Notifier& durable);
  ~FeedAgent() override;

  // --- the thread ---
  void on_thread_start() override;
  std::size_t do_work() override;
  bool has_work() override;
  std::int64_t sleep_at_most_ns() override;
  void sleep(std::int64_t at_most_ns) override;

  // --- any thread ---
  // Null: there are as many readers as there may be, or all are being ended.
  std::unique_ptr<Handover> admit(const FeedQuery& query);
  // Ends every reader, and takes no more.
  void drain();
  bool drained() const { return draining_.load() && places_.load() == 0; }
  const FeedMetrics& metrics() const { return metrics_; }

 private:
  class Place;

  void end_all();

  const FeedSource& source_;
  const Clock& clock_;
  Notifier& notifier_;
  Notifier& durable_;
  FeedMetrics metrics_;
  std::atomic<std::uint32_t> places_ = 0;  // given out or taken
  std::atomic<bool> draining_ = false;
  std::mutex mutex_;
  std::vector<std::unique_ptr<FeedConnection>> arrivals_;  // under mutex_
  std::atomic<bool> has_arrivals_ = false;
  std::vector<std::unique_ptr<FeedConnection>> connections_;  // the thread's, like what follows
  std::uint64_t durable_seen_ = 0;
  std::int64_t next_look_ns_ = 0;  // at what is durable
};

}  // namespace doorbuster
