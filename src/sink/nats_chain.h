#pragma once
// Messages that are sent without waiting for each other and stored one behind the other or not at all:
// nats_sink.cc.

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sink/nats_sink.h"

namespace doorbuster {

class NatsSink::Chain {
 public:
  enum class Ended : std::uint8_t {
    all,      // everything is stored
    refused,  // the event behind those that are stored is taken by nobody; nothing is under way
    moved,    // the stream's end was not where we believed; nothing is under way
    failed,   // the connection is of no use any more
  };
  struct Run {
    std::size_t stored = 0;
    Ended ended = Ended::all;
    std::string reason = {};
  };

  Chain(NatsLink& link, const NatsSinkOptions& options, const NatsStream& stream)
      : link_(link), options_(options), folder_(stream.folder()), tenant_(stream.tenant()) {}

  // `end` is moved on with each message that is stored. REQUIRES: nothing is under way.
  Run run(std::span<const FeedEvent> events, NatsStream::End& end, std::int64_t send_until_ns,
          const std::atomic<bool>& stop);

 private:
  enum class Answer : std::uint8_t { none, stored, refused };

  void begin(std::span<const FeedEvent> events, NatsStream::End& end);
  void send_what_fits();
  NatsLink::Sent send(std::size_t index);
  bool subject_of(const FeedEvent& event);
  void hear(const NatsLink::Reply& reply);
  void hear_stored(std::size_t index, std::uint64_t sequence, bool duplicate);
  void fail_at(std::size_t index, Ended ended, std::string reason);
  std::size_t stored() const;
  Run lost(std::string reason) const;

  NatsLink& link_;
  const NatsSinkOptions& options_;
  const std::string &folder_, &tenant_;
  simdjson::ondemand::parser parser_;
  std::string padded_, subject_, id_, previous_id_;

  // Of one run.
  std::span<const FeedEvent> events_;
  NatsStream::End* end_ = nullptr;
  std::uint64_t first_token_ = 0;
  std::vector<Answer> answers_;  // of those that were sent
  std::size_t under_way_ = 0, bytes_under_way_ = 0;
  bool failed_ = false;
  std::size_t failed_at_ = 0;  // the first that was not stored
  Run failure_;
};

}  // namespace doorbuster
