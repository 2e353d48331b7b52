#pragma once
// How a connection becomes a live stream. The route answers what is wrong with the request; else the session
// gives its socket away, with whatever of its replies is not written yet, and whoever stands behind this door
// writes to it from then on. The HTTP thread has nothing to do with it any more, so a subscriber that reads
// slowly, or a million prices that change at once, cannot keep a buy waiting.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "doorbuster/model/ids.h"

namespace doorbuster {

class Catalog;
struct Exchange;
struct Request;

// Where somebody is in the stream: `id:` of an event, "<epoch>-<sequence>". An epoch is one life of the
// process; a sequence means nothing in another one.
struct StreamPosition {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  friend bool operator==(const StreamPosition&, const StreamPosition&) = default;
};
// "00c0ffee00c0ffee-1042"
std::string format_stream_position(const StreamPosition& position);
// Nothing when the text is no position; what another server or another life wrote may be one.
std::optional<StreamPosition> parse_stream_position(std::string_view text);

// What a subscriber wants.
struct Subscription {
  TenantId tenant = kDefaultTenant;
  std::optional<CampaignIndex> campaign = {};  // only this one
  std::optional<StreamPosition> after = {};    // what it has seen; nothing: begin with a snapshot
  bool gzip = false;
  bool alerts = false;  // an operator's
};

// Any thread.
class StreamDoor {
 public:
  virtual ~StreamDoor() = default;
  // Keeps a place. False: there is none (kStreamSubscribersMax), or all streams are being ended.
  [[nodiscard]] virtual bool reserve() = 0;
  virtual void give_back() = 0;  // a reserved place that is not needed after all
  // Takes the socket over, in a reserved place. `unsent` goes before everything else.
  virtual void subscribe(int socket, const Subscription& subscription, std::string unsent) = 0;
};

// Who takes a connection over. Dies untaken when the connection ends before.
class Handover {
 public:
  virtual ~Handover() = default;
  // The socket is the taker's from now on. `unsent` goes before everything else. Once.
  virtual void take(int socket, std::string unsent) = 0;
};

// For a route: filled in, the session hands the connection over when its earlier requests are answered.
struct HandoverSlot {
  StreamDoor* stream = nullptr;  // of this listener; null: it has no live streams
  std::unique_ptr<Handover> handover = {};
};

// Answers GET on a stream's path: a refusal, or the header of the stream and the handover.
std::nullptr_t begin_stream(const Exchange& exchange, const Catalog& catalog, Subscription subscription);

}  // namespace doorbuster
