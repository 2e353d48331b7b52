#pragma once
// Events to an HTTP endpoint: one POST for each, signed by the Standard Webhooks rules
// (https://www.standardwebhooks.com). The body is the event's JSON (CloudEvents, structured mode). What the
// answers mean: webhook_request.h. Which events may overtake others: webhook_batch.h.
//
// Up to kWebhookRequestsMax events are under way at once, over connections that are kept. A delivery that
// fails ends once those are answered. What the target has taken behind the first event that it has not is
// remembered and not sent again by the next delivery; only an end of the process, a `stop`, or an answer that
// was lost make an event come twice, with the same webhook-id.
//
// deliver() takes no new events when one that begins could last beyond kSinkCallNs. Then, and when `stop` is
// set, it says `go_on` with fewer events delivered than there are, as long as nothing failed and there is at
// least one; else `retry`. After `stop`, answers that are due are waited for a moment (kWebhookStopGraceNs).
//
// Nothing is connected to that is_private_address() says is private, unless the options allow it; that is
// looked at where a connection is made, whatever the name in the url stands for by then.

#include <memory>
#include <vector>

#include "doorbuster/platform/clock.h"
#include "doorbuster/sink/sink.h"

namespace doorbuster {

inline constexpr std::size_t kWebhookRequestsMax = 16;
// A request has as long as the options say, up to this: so that a call can begin some and see them end.
inline constexpr std::uint32_t kWebhookTimeoutMsMax = 20'000;
inline constexpr std::int64_t kWebhookStopGraceNs = 300 * kNsPerMillisecond;

class WebhookSink final : public Sink {
 public:
  // REQUIRES: `configuration.options` are WebhookSinkOptions.
  WebhookSink(const SinkConfiguration& configuration, const FolderIdentity& folder);
  // With another clock, which outlives it: timestamps and the time of a call are read from it.
  WebhookSink(const SinkConfiguration& configuration, const FolderIdentity& folder, const Clock& clock);
  ~WebhookSink() override;

  // Connects to nothing yet, and cannot tell where the target stands. An error: the url or a secret is none.
  Result<std::optional<FeedPosition>> open(const std::atomic<bool>& stop) override;
  Delivery deliver(std::span<const FeedEvent> events, const FeedPosition& through,
                   const std::atomic<bool>& stop) override;

 private:
  struct Parts;
  class Call;

  const WebhookSinkOptions options_;
  const FolderIdentity folder_;
  const Clock& clock_;
  std::unique_ptr<Parts> parts_;  // there is none before open()
  // What the target has behind the prefix of the last call, by sequence; at most kWebhookAheadMax.
  std::vector<FeedPosition> acknowledged_;
  FeedPosition delivered_through_;
};

}  // namespace doorbuster
