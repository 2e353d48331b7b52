#pragma once
// Follows the board and the clock, and has what is raised and cleared journaled, logged and counted. It costs
// the shards a ring in a duty cycle that has changed something; it never asks them.

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "doorbuster/base/counters.h"
#include "doorbuster/engine/alert_tracker.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/runtime/agent.h"
#include "doorbuster/runtime/runtime.h"

namespace doorbuster {

// How often at most it looks. An alert is about a minute's work of a person, not about a microsecond.
inline constexpr std::int64_t kWatchPaceNs = 10 * kNsPerMillisecond;

// Since the start, by AlertKind. Written by the agent, read by any.
struct AlertMetrics {
  std::array<Counter, kAlertKindCount> raised, cleared;
};

class AlertAgent final : public Agent {
 public:
  // Called for each alert when it is durable, with a catalog that has what it is about.
  using Tell = std::function<void(const Alert& alert, const Catalog& catalog)>;

  // Before runtime.start(); takes BoardReader::alerts. After the journal has failed it does nothing more.
  AlertAgent(Runtime& runtime, const Clock& clock, Tell tell);

  std::size_t do_work() override;
  bool has_work() override;
  // Until the next window opens or ends.
  std::int64_t sleep_at_most_ns() override;

  const AlertMetrics& metrics() const { return metrics_; }

 private:
  std::uint32_t offers() const { return static_cast<std::uint32_t>(tracker_.catalog()->offers().size()); }
  bool is_behind() const { return tracker_.catalog() != runtime_.catalog(); }
  void publish();

  struct OfBoard final : FigureSource {
    explicit OfBoard(const Board& from) : board(from) {}
    OfferFigures figures(OfferIndex offer) const override { return board.figures(offer); }
    const Board& board;
  };

  Runtime& runtime_;
  const Clock& clock_;
  const Tell tell_;
  const OfBoard figures_;
  AlertTracker tracker_;
  std::vector<Alert> found_;
  AlertMetrics metrics_;
};

}  // namespace doorbuster
