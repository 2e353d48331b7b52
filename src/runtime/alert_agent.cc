#include "doorbuster/runtime/alert_agent.h"

#include <algorithm>
#include <span>
#include <utility>

namespace doorbuster {
namespace {

// Journaled at once: an operator's change waits behind them.
constexpr std::size_t kAlertsPerWriteMax = 4096;
// The wall clock can be set while we sleep; then a window is noticed so late at most.
constexpr std::int64_t kLongestSleepNs = 60 * kNsPerSecond;

std::vector<Alert> standing(const AlertLog& log) {
  std::vector<Alert> alerts;
  for (const AlertLog::Entry& entry : log.active()) alerts.push_back(entry.alert);
  return alerts;
}

}  // namespace

AlertAgent::AlertAgent(Runtime& runtime, const Clock& clock, Tell tell)
    : runtime_(runtime),
      clock_(clock),
      tell_(std::move(tell)),
      figures_(runtime.board()),
      tracker_(figures_, runtime.recovered_at(), standing(runtime.alerts())) {}

std::size_t AlertAgent::do_work() {
  if (runtime_.failed()) return 0;
  const Tick now = clock_.wall_now();
  std::size_t done = 0;
  if (is_behind()) {
    tracker_.install(runtime_.catalog(), now, found_);
    ++done;
  }
  tracker_.look_at_campaigns(now, found_);
  runtime_.board().take_changed(BoardReader::alerts, offers(), [&](OfferIndex offer) {
    tracker_.look_at_offer(offer, now, found_);
    ++done;
  });
  done += found_.size();
  publish();
  return done;
}

void AlertAgent::publish() {
  const CatalogPointer& catalog = tracker_.catalog();
  std::span<const Alert> left = found_;
  while (!left.empty()) {
    const auto some = left.first(std::min(left.size(), kAlertsPerWriteMax));
    // Not durable is not raised: the journal has failed, and the next start finds it anew.
    if (!runtime_.journal_alerts(some)) break;
    for (const Alert& alert : some) {
      const auto kind = static_cast<std::size_t>(alert.kind);
      (alert.raised ? metrics_.raised : metrics_.cleared)[kind].add();
      if (tell_) tell_(alert, *catalog);
    }
    left = left.subspan(some.size());
  }
  found_.clear();
}

bool AlertAgent::has_work() {
  if (runtime_.failed()) return false;
  return is_behind() || clock_.wall_now() >= tracker_.next_instant() ||
         runtime_.board().has_changed(BoardReader::alerts, offers());
}

std::int64_t AlertAgent::sleep_at_most_ns() {
  const Tick next = tracker_.next_instant();
  if (next == kNoEnd || runtime_.failed()) return kUntilCalled;
  return std::clamp(next.ns - clock_.wall_now().ns, std::int64_t{0}, kLongestSleepNs);
}

}  // namespace doorbuster
