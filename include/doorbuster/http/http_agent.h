#pragma once
// One HTTP thread: a listener, its connections, and the way from bytes to requests and back. HTTP/1.1
// keep-alive and pipelining, RFC 9112; replies keep the order of their requests.
//
// Every duty cycle reads what the sockets have, hands requests to the shards, takes answers, and writes once
// to each connection that has something to say: many pipelined requests are one read and one write.
//
// Bounds (name; at the bound; counter):
//   max_connections      503 `overloaded`, closed          connections_refused
//   requests of a thread buys wait kRoomWaitMsMax, then
//                        503 `overloaded`; others at once  room_waits; overloaded_requests
//   kBuyTurnMsMax        503 `overloaded`                  overloaded_turn
//   max_pipeline         reading stops until replies left  pipeline_full
//   reply bytes pending  reading stops until they are sent pipeline_full
//   header, body, idle and write deadlines: closed         timeouts_*

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "doorbuster/base/counters.h"
#include "doorbuster/base/result.h"
#include "doorbuster/http/handler.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/runtime/agent.h"
#include "doorbuster/runtime/door.h"

namespace doorbuster {

struct HttpOptions {
  std::size_t max_body_bytes = kBodyBytesDefault;
  std::uint32_t max_connections = kConnectionsDefault;  // of this thread
  std::uint32_t max_pipeline = kPipelineDepthMax;
  std::int64_t header_timeout_ns = 10 * kNsPerSecond;
  std::int64_t body_timeout_ns = 10 * kNsPerSecond;
  std::int64_t idle_timeout_ns = 75 * kNsPerSecond;
  std::int64_t write_timeout_ns = 10 * kNsPerSecond;
};

// Written by the HTTP thread, read by any.
struct HttpMetrics {
  std::array<Counter, kOutcomeCount> replies;  // by outcome
  Counter connections_accepted, connections_closed, connections_refused, accept_errors;
  Counter timeouts_header, timeouts_body, timeouts_idle, timeouts_write;
  Counter pipeline_full, room_waits, overloaded_requests, overloaded_turn;
  Counter bytes_received, bytes_sent, reads, writes;
  BucketHistogram decision_ns{kLatencyBoundsNs};  // read to decided
  BucketHistogram reply_ns{kLatencyBoundsNs};     // read to written
};

class HttpAgent final : public SleepingAgent {
 public:
  // `door` is null for a listener that asks no shard (the admin listener). `notifier` is the thread's.
  // `stream` is null where there are no live streams.
  HttpAgent(const HttpOptions& options, std::unique_ptr<Handler> handler, EngineDoor* door,
            Notifier& notifier, const Clock& clock, StreamDoor* stream = nullptr);
  ~HttpAgent() override;

  // Takes over a listening socket (see listen_on()). Before the thread runs.
  void listen(int listening_socket);

  std::size_t do_work() override;
  bool has_work() override;
  void sleep(std::int64_t at_most_ns) override;

  // --- any thread ---
  // No new connections, `draining` for new requests, answers for those under way, then every connection is
  // closed.
  void drain();
  bool drained() const { return drained_.load(); }
  const HttpMetrics& metrics() const { return metrics_; }

 private:
  class Impl;
  HttpMetrics metrics_;
  std::atomic<bool> draining_ = false;
  std::atomic<bool> drained_ = false;
  std::unique_ptr<Impl> impl_;
};

// Listening sockets for `count` threads on "HOST:PORT" (SO_REUSEPORT where count > 1, so that the kernel
// spreads connections). Port 0 picks a free one. Fails when somebody else listens there already. `bound`
// becomes "HOST:PORT".
Result<std::vector<int>> listen_on(const std::string& host_port, std::size_t count, std::string& bound);

}  // namespace doorbuster
