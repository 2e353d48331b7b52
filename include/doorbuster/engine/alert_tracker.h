#pragma once
// Decides what is raised and what is cleared, from the figures of offers and the windows of campaigns. A
// function of what it was given, like the engine: no clock, no journal, no thread.
//
//   low_stock         available is at or below the mark; cleared when it is above the mark by a step, so that
//                     a hold that comes and goes does not raise it again and again
//   sold_out          Availability::sold_out. It raises no low_stock besides; one that is raised stays
//   all_held          Availability::all_held
//   campaign_started  a window has opened; cleared when it is over
//   campaign_ended    a window is over; cleared when the next one opens, or when the campaign is extended
//
// An alert of an offer is about a sale that is going on: outside of its campaign's windows, and for what has
// left the configuration, nothing is raised and what was is cleared. A pause changes nothing: the window goes
// on. A window that nobody looked at while it was open still has its two alerts, unless it was over before
// the campaign was known.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "doorbuster/catalog/catalog.h"
#include "doorbuster/engine/engine.h"
#include "doorbuster/model/alert.h"

namespace doorbuster {

// Units at or below which an offer is low; negative: it has no mark. The campaign's where it has none itself.
std::int64_t low_stock_mark(const CampaignPut& campaign, const OfferPut& offer, std::int64_t allocated);
// How far above its mark an offer must come to be low no more: a tenth of the mark, at least one unit.
inline constexpr std::int64_t kLowStockStepDivisor = 10;
inline constexpr std::int64_t kLowStockStepMin = 1;
constexpr std::int64_t low_stock_step(std::int64_t mark) {
  return std::max(kLowStockStepMin, mark / kLowStockStepDivisor);
}

// Where the figures are.
class FigureSource {
 public:
  virtual ~FigureSource() = default;
  virtual OfferFigures figures(OfferIndex offer) const = 0;
};

class AlertTracker {
 public:
  // What was before `since` is history and raises nothing. `raised`: what stands, of earlier lives.
  AlertTracker(const FigureSource& source, Tick since, std::span<const Alert> raised);

  // Each appends to `out` what is raised and cleared, in the order in which it happened. `now` never runs
  // backwards; where it does, the last one counts.
  //
  // The catalog in force from here on; looks at everything in it.
  void install(CatalogPointer catalog, Tick now, std::vector<Alert>& out);
  // At the campaigns whose windows have opened or ended since the last look, and at the offers of those.
  void look_at_campaigns(Tick now, std::vector<Alert>& out);
  // At an offer that has changed.
  void look_at_offer(OfferIndex offer, Tick now, std::vector<Alert>& out);

  // look_at_campaigns() finds nothing before it; kNoEnd: never.
  Tick next_instant() const { return next_instant_; }
  const CatalogPointer& catalog() const { return catalog_; }

 private:
  using Bits = std::uint8_t;  // by AlertKind: what is raised
  static constexpr Bits bit(AlertKind kind) { return static_cast<Bits>(1U << static_cast<unsigned>(kind)); }

  // `seen`: what has opened or ended by then is told already.
  void look_at_windows(const Campaign& campaign, Tick seen, std::vector<Alert>& out);
  void open(const Campaign& campaign, Tick at, std::vector<Alert>& out);
  void close(const Campaign& campaign, Tick at, std::vector<Alert>& out);
  void set(const Campaign& campaign, AlertKind kind, bool raised, Tick at, std::vector<Alert>& out);
  void look_at_offer(const OfferPut& offer, std::vector<Alert>& out);
  // What is raised of an offer with these figures, after `before`.
  Bits conditions(const OfferPut& offer, const OfferFigures& figures, Bits before) const;

  const FigureSource& source_;
  CatalogPointer catalog_;
  std::vector<Bits> campaigns_, offers_;  // by index
  std::vector<bool> is_open_;             // by campaign: it is in a window
  std::vector<Tick> instants_;            // by campaign: when a window of it opens or ends next
  Tick now_;
  Tick next_instant_ = kNoEnd;
};

}  // namespace doorbuster
