#pragma once
// Units of offers that are kept for buys of one channel until an instant. Part of the engine; same owner.
//
// Kept for a channel is what its quota says less what orders of the channel have; what comes back from them
// is kept again. While a quota is in force, nobody else gets what is kept. When a change of the catalog has
// left less than is kept, it goes to those for whom it is kept in the order in which they come.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "doorbuster/base/tick.h"
#include "doorbuster/model/ids.h"
#include "doorbuster/model/plan.h"

namespace doorbuster {

class ChannelQuotas {
 public:
  static constexpr Tick kNever{std::numeric_limits<std::int64_t>::max()};

  struct Counter {
    ChannelQuota quota;
    std::int64_t taken = 0;     // units that orders of the channel have
    std::uint32_t waiting = 0;  // its places in the line
    std::int64_t kept(Tick now) const {
      return now < quota.until ? std::max<std::int64_t>(quota.units - taken, 0) : 0;
    }
    friend bool operator==(const Counter&, const Counter&) = default;
  };

  // --- control path ---
  void resize_offers(std::size_t offers) { counters_.resize(offers); }
  // True: they are not what they were; what is taken and who waits is to be counted anew, from zero.
  bool set(OfferIndex offer, const std::vector<ChannelQuota>& quotas);
  // After all were set: every end is to come, or to be told, once more.
  void arm();

  // --- what orders of a channel do; nothing where it has no quota ---
  void add_taken(OfferIndex offer, std::string_view channel, std::int64_t units) {
    if (Counter* counter = find(offer, channel)) counter->taken += units;
  }
  void add_waiting(OfferIndex offer, std::string_view channel, std::int32_t places) {
    if (Counter* counter = find(offer, channel)) counter->waiting += static_cast<std::uint32_t>(places);
  }

  // Of the offer, in the order of their channels.
  std::span<const Counter> of(OfferIndex offer) const;
  // What a buy of the channel may take of `available` units when nobody stands in front of it.
  std::int64_t open_to(OfferIndex offer, std::string_view channel, std::int64_t available, Tick now) const;
  // The same behind a line: what nobody who waits there can have.
  std::int64_t open_past_line(OfferIndex offer, std::string_view channel, std::int64_t available,
                              Tick now) const;
  // When the first of those ends that keep units from the channel; nothing: none does.
  std::optional<Tick> next_end_for(OfferIndex offer, std::string_view channel, Tick now) const;

  // --- time ---
  Tick next_end() const { return ends_.empty() ? kNever : ends_.back().at; }
  // An offer of which a quota has ended at `now`; each end is told once.
  std::optional<OfferIndex> ended(Tick now);

 private:
  struct End {
    Tick at;
    OfferIndex offer;
  };
  using Counters = std::vector<Counter>;

  Counter* find(OfferIndex offer, std::string_view channel);

  std::vector<std::unique_ptr<Counters>> counters_;  // by offer; null: it has no quotas
  std::vector<End> ends_;                            // the next one last
};

}  // namespace doorbuster
