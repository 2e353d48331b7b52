#pragma once
// All subscribers: their places in the log, their turns at writing, and who has to go.

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "doorbuster/stream/stream_agent.h"
#include "stream/chunk_log.h"
#include "stream/subscriber.h"
#include "stream/ticks.h"

namespace doorbuster {

class FanOut {
 public:
  FanOut(const ChunkLog& log, Deflater& deflater, StreamMetrics& metrics, Ticks& ticks);
  ~FanOut();

  // Besides sockets: a descriptor that ends wait().
  void watch(int descriptor);
  // Sleeps until something is to be read or written, or a watched descriptor is readable.
  void wait(int at_most_ms);

  // False: it cannot be served, and is gone.
  bool add(std::unique_ptr<Subscriber> subscriber);
  bool empty() const { return subscribers_.empty(); }
  std::size_t size() const { return subscribers_.size(); }
  bool any_gzip() const { return gzips_ != 0; }

  // Each adds to what it returns how much it did.
  std::size_t take_ready();
  // One turn for everybody who is not blocked. `tick`: the number of the current one, 0: there is none.
  std::size_t write_turn(std::uint64_t tick, std::int64_t now_ns);
  // A comment to whom nothing has been sent for long.
  void keep_alive(std::int64_t now_ns);
  // Drops who is too far behind, and removes who is gone. Returns how many were removed.
  std::size_t sweep(std::int64_t now_ns);
  // A last turn, and the end for everybody. Returns how many there were.
  std::size_t end_all(std::int64_t now_ns);
  // Whether everybody has been sent the log up to here.
  bool all_sent(std::uint64_t sequence) const;
  // When somebody has to be looked at without anything happening; at most `limit_ns`.
  std::int64_t next_look_ns(std::int64_t limit_ns) const;

 private:
  std::size_t look_at_ready();
  void fill(Subscriber& subscriber, std::uint64_t tick);
  bool too_slow(const Subscriber& subscriber, std::int64_t now_ns) const;
  void remove(Subscriber& subscriber);

  const ChunkLog& log_;
  Deflater& deflater_;
  StreamMetrics& metrics_;
  Ticks& ticks_;
  const ChunkPointer comment_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::size_t gzips_ = 0;
  int epoll_ = -1;
  std::array<epoll_event, 256> ready_;
  std::size_t ready_count_ = 0;  // of wait(), not looked at yet
};

}  // namespace doorbuster
