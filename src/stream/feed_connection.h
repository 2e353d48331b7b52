#pragma once
// One reader of the feed, from its request to its last byte.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "doorbuster/feed/feed_reader.h"
#include "doorbuster/model/outcome.h"
#include "doorbuster/stream/feed_agent.h"

namespace doorbuster {

// Made on any thread, used by the feed's.
class FeedConnection {
 public:
  // Takes the socket over. `unsent` goes before the answer.
  FeedConnection(int socket, const FeedQuery& query, std::string unsent, const FeedSource& source);
  ~FeedConnection();
  FeedConnection(const FeedConnection&) = delete;
  FeedConnection& operator=(const FeedConnection&) = delete;

  int socket() const { return socket_; }
  // Reads a piece of the feed where there is one and room for it, and writes what can be written. How much it
  // did.
  std::size_t step(const Clock& clock, FeedMetrics& metrics);
  // The client is gone, or talks more than a reader has to.
  void look_at_input();
  // Nothing more is to be told: what waits for an event is answered without.
  void end(const Clock& clock, FeedMetrics& metrics);

  bool is_over() const { return state_ == State::over; }
  bool is_blocked() const { return blocked_; }
  // Nothing to do before more of the journal is durable.
  bool waits_for_events() const { return waits_; }
  // When it has to be looked at without anything happening (monotonic).
  std::int64_t next_look_ns() const;

 private:
  enum class State : std::uint8_t {
    arrived,
    collecting,  // a page
    streaming,
    closing,  // when all is written
    over,
  };

  void begin(const Clock& clock);
  Result<FeedReader::Found> find_place();
  void collect(const Clock& clock, FeedMetrics& metrics);
  void stream(const Clock& clock, FeedMetrics& metrics);
  void write_page(const Clock& clock, FeedMetrics& metrics);
  void refuse(const Clock& clock, Outcome outcome, const std::string& detail);
  void write(std::int64_t now_ns, FeedMetrics& metrics);
  bool has_room() const { return out_.size() - sent_ < kStreamTurnBytes; }

  const int socket_;
  const FeedQuery query_;
  std::optional<FeedReader> reader_;  // made by the thread that reads
  const FeedSource& source_;
  State state_ = State::arrived;
  std::vector<FeedEvent> events_;  // of the page
  std::size_t event_bytes_ = 0;
  std::string out_;
  std::size_t sent_ = 0;
  std::int64_t looked_ns_ = 0, wait_until_ns_ = 0;
  std::int64_t last_write_ns_ = 0;  // or since when there is no room to write
  std::size_t input_bytes_ = 0;
  bool blocked_ = false, waits_ = false;
};

}  // namespace doorbuster
