#pragma once
// Which event of one delivery may be sent next, and what has become of all of them. Knows nothing of HTTP.
// One thread.
//
// Events of one order go one after the other, each when the one before it is delivered. So do those of the
// catalog and alerts, all together. An order's event also waits for the catalog's events before it: nobody
// hears of an order before its offer. Everything else may be under way at once, up to kWebhookAheadMax behind
// the first event that is not delivered.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "doorbuster/sink/sink.h"

namespace doorbuster {

// What may have been taken by the target behind one that was not, and is remembered for the next delivery.
inline constexpr std::size_t kWebhookAheadMax = 1'024;

// What one attempt for one event has come to.
struct WebhookOutcome {
  enum class Kind : std::uint8_t { delivered, retry, refused, disabled };
  Kind kind = Kind::delivered;
  std::string reason = {};  // of all but `delivered`
  std::int64_t retry_after_ns = 0;
};

class WebhookBatch {
 public:
  // `acknowledged`: events that the target has already, by their sequence.
  WebhookBatch(std::span<const FeedEvent> events, std::span<const FeedPosition> acknowledged);

  // The next event that may be sent; it is under way then. Nothing: none, until one that is under way ends,
  // or at all. Behind one that was refused nothing more begins, but what stands before it does; once the
  // target is in trouble, nothing.
  std::optional<std::size_t> take();
  // REQUIRES: `event` is under way.
  void end(std::size_t event, WebhookOutcome outcome);

  // So many from the first on are delivered.
  std::size_t prefix() const { return prefix_; }
  // Delivered ones behind the first that is not.
  std::vector<FeedPosition> acknowledged() const;
  // What is to be said of the batch as it stands; what is still under way counts as not delivered.
  Delivery result() const;

 private:
  enum class State : std::uint8_t { waiting, under_way, refused, delivered };
  static constexpr std::size_t kNone = SIZE_MAX;
  struct Item {
    State state = State::waiting;
    std::size_t same_order = kNone;  // the one before it of the same order, or of the catalog and alerts
    std::size_t catalog = kNone;     // the last one of the catalog before it
  };

  bool is_delivered(std::size_t event) const {
    return event == kNone || items_[event].state == State::delivered;
  }
  void move_prefix();

  const std::span<const FeedEvent> events_;
  std::vector<Item> items_;
  std::size_t prefix_ = 0;
  std::size_t first_refused_ = kNone;
  std::string refusal_;     // of the first that was refused
  WebhookOutcome trouble_;  // `retry` or `disabled`: nothing more begins
};

}  // namespace doorbuster
