#include "sink/webhook_batch.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "doorbuster/base/check.h"

namespace doorbuster {
namespace {

// An event's type as it stands in its JSON, "order.held" of "doorbuster.order.held". No text of a client's is
// in front of it.
std::string_view short_type(const FeedEvent& event) {
  constexpr std::string_view kBefore = "\"type\":\"doorbuster.";
  const std::string_view json = event.json;
  const auto at = json.find(kBefore);
  return at == std::string_view::npos ? std::string_view() : json.substr(at + kBefore.size());
}

bool comes_before(const FeedPosition& a, const FeedPosition& b) {
  return a.sequence < b.sequence;
}

}  // namespace

WebhookBatch::WebhookBatch(std::span<const FeedEvent> events, std::span<const FeedPosition> acknowledged)
    : events_(events), items_(events.size()) {
  std::unordered_map<std::string_view, std::size_t> last_of_order;
  std::size_t last_of_rest = kNone, last_of_catalog = kNone;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::string_view type = short_type(events[i]);
    Item& item = items_[i];
    if (type.starts_with("order.")) {
      const auto [last, is_first] = last_of_order.try_emplace(events[i].subject, i);
      if (!is_first) item.same_order = std::exchange(last->second, i);
      item.catalog = last_of_catalog;
    } else {
      item.same_order = std::exchange(last_of_rest, i);
      if (!type.starts_with("alert.")) last_of_catalog = i;
    }
    const auto known = std::lower_bound(acknowledged.begin(), acknowledged.end(), events[i].at, comes_before);
    if (known != acknowledged.end() && *known == events[i].at) item.state = State::delivered;
  }
  move_prefix();
}

void WebhookBatch::move_prefix() {
  while (prefix_ < items_.size() && items_[prefix_].state == State::delivered) ++prefix_;
}

std::optional<std::size_t> WebhookBatch::take() {
  if (trouble_.kind != WebhookOutcome::Kind::delivered) return {};
  const std::size_t end = std::min({items_.size(), first_refused_, prefix_ + kWebhookAheadMax});
  for (std::size_t i = prefix_; i < end; ++i) {
    Item& item = items_[i];
    if (item.state != State::waiting) continue;
    if (!is_delivered(item.same_order) || !is_delivered(item.catalog)) continue;
    item.state = State::under_way;
    return i;
  }
  return {};
}

void WebhookBatch::end(std::size_t event, WebhookOutcome outcome) {
  using Kind = WebhookOutcome::Kind;
  Item& item = items_[event];
  DOORBUSTER_CHECK(item.state == State::under_way);
  switch (outcome.kind) {
    case Kind::delivered:
      item.state = State::delivered;
      move_prefix();
      return;
    case Kind::refused:
      item.state = State::refused;
      if (event < first_refused_) {
        first_refused_ = event;
        refusal_ = std::move(outcome.reason);
      }
      return;
    case Kind::retry:
    case Kind::disabled:
      item.state = State::waiting;
      if (trouble_.kind == Kind::disabled) return;
      // The first trouble is told, and of what the target asks for the longest.
      const std::int64_t longest = std::max(trouble_.retry_after_ns, outcome.retry_after_ns);
      if (trouble_.kind == Kind::delivered || outcome.kind == Kind::disabled) trouble_ = std::move(outcome);
      trouble_.retry_after_ns = longest;
      return;
  }
}

std::vector<FeedPosition> WebhookBatch::acknowledged() const {
  std::vector<FeedPosition> ahead;
  for (std::size_t i = prefix_; i < items_.size(); ++i) {
    if (items_[i].state == State::delivered) ahead.push_back(events_[i].at);
  }
  return ahead;
}

Delivery WebhookBatch::result() const {
  using Then = Delivery::Then;
  if (trouble_.kind == WebhookOutcome::Kind::disabled) return {prefix_, Then::disabled, trouble_.reason};
  // Before the trouble of another: or two that always end like this would keep each other for ever.
  if (prefix_ == first_refused_) return {prefix_, Then::refused, refusal_};
  if (trouble_.kind == WebhookOutcome::Kind::retry) {
    return {prefix_, Then::retry, trouble_.reason, trouble_.retry_after_ns};
  }
  if (prefix_ == items_.size() || prefix_ != 0) return {prefix_, Then::go_on};
  return {0, Then::retry, "the delivery was stopped before the target had answered"};
}

}  // namespace doorbuster
