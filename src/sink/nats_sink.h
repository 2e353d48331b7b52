#pragma once
// Events as messages of a JetStream stream, in the order of the journal, without holes and each of them once,
// for any number of consumers.
//
// A message has the subject SUBJECT.<type without "doorbuster.">, the event as its body, and the headers
//   Nats-Msg-Id: <folder>-<epoch>-<sequence>
//   Doorbuster-Folder: <folder, 32 hex digits>
//   Doorbuster-Place: <epoch>-<sequence>
//   Doorbuster-Tenant: <tenant>, where the sink sends the events of one alone
// The last message says where the sink stands, so open() needs nobody's memory. nats_sink.cc says why no
// event is there twice or missing, also when the server or the engine is killed at any time.
//
// SUBJECT.> belongs to one data folder and one choice of tenants: where its last message is of another one,
// open() is an error of kind `configuration`. Two sinks of the same folder and choice share it: each event is
// there once, whoever is faster. Messages of strangers on it are passed over, kNatsForeignMessagesMax of
// them. Strangers may write to other subjects of the same stream: that is correct and slower, so a stream of
// its own is better.
//
// Kept by a limit of the stream (age, size) the last message is the last to go. Where consumers take messages
// away (retention `workqueue` or `interest`), or all was purged, the stream cannot tell, and open() returns
// nothing.
//
// The url is nats://[USER:PASSWORD@]HOST:PORT or nats://TOKEN@HOST:PORT, without TLS. What stands in front of
// the '@' is never told.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "doorbuster/journal/format.h"
#include "doorbuster/sink/sink.h"
#include "sink/nats_link.h"
#include "sink/nats_stream.h"

namespace doorbuster {

inline constexpr std::size_t kNatsPendingMax = 512;         // messages under way
inline constexpr std::size_t kNatsPendingBytes = 1U << 20;  // of them; one message may have more
inline constexpr std::int64_t kNatsOpenNs = 10 * kNsPerSecond;
inline constexpr std::int64_t kNatsSendNs = 10 * kNsPerSecond;  // of one delivery; then what is under way
static_assert(kNatsConnectMs * 1'000'000 + kNatsOpenNs + kNatsSendNs + kNatsAnswerNs < kSinkCallNs);

// One thread.
class NatsSink final : public Sink {
 public:
  NatsSink(const SinkConfiguration& configuration, const FolderIdentity& folder);
  ~NatsSink() override;

  Result<std::optional<FeedPosition>> open(const std::atomic<bool>& stop) override;
  Delivery deliver(std::span<const FeedEvent> events, const FeedPosition& through,
                   const std::atomic<bool>& stop) override;

  // What an operator should know of the stream since open(); empty: nothing.
  const std::string& notice() const { return stream_.notice(); }

 private:
  class Chain;

  Status check_options() const;
  Status connect(const std::atomic<bool>& stop);
  Status connect_again(const std::atomic<bool>& stop);
  Status look_again(const std::atomic<bool>& stop);
  bool is_there(const FeedEvent& event) const;
  Delivery retry(std::size_t delivered, std::string reason);

  const NatsSinkOptions options_;
  NatsLink link_;
  NatsStream stream_;
  NatsStream::End end_;  // as far as it is known
  std::unique_ptr<Chain> chain_;
};

}  // namespace doorbuster
