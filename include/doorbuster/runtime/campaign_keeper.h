#pragma once
// Does for campaigns with stock from the pool what their plan says and nobody asks for: arms them when it is
// time, and gives back what is unsold when they are over. Everything it does is a journaled change of the
// catalog like an operator's, by the author "clock"; what it is to do follows from the catalog alone, so what
// was missed while no process ran is done at the next start.
//
// What the pool cannot back is refused as a whole, told once, and tried again after every change of the
// catalog: a reload, more stock, what another campaign has given back.
//
// It also has the names of limits over whole campaigns taken out of which nothing is left, when they have
// used up half of the room that there was.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "doorbuster/base/counters.h"
#include "doorbuster/catalog/pool.h"
#include "doorbuster/runtime/agent.h"
#include "doorbuster/runtime/runtime.h"

namespace doorbuster {

class CampaignKeeper final : public Agent {
 public:
  enum class News {
    done,     // armed, or units given back
    refused,  // the pool does not back a campaign that is due
    failed,   // the change could not be made now; it is tried again
  };
  using Tell = std::function<void(News news, const std::string& text)>;

  // Units that come free after an end (a hold runs out, a return) are found by looking, this often, at
  // kPoolOffersPerLook offers at most; the others wait for the next look.
  static constexpr std::int64_t kLookIntervalNs = 5 * kNsPerSecond;
  // A wall clock that was set forward is noticed after this.
  static constexpr std::int64_t kSleepMaxNs = kNsPerSecond;

  // Both outlive it. `tell` is called on the keeper's thread.
  CampaignKeeper(Runtime& runtime, const Clock& clock, Tell tell);

  // REQUIRES: the runtime is started.
  std::size_t do_work() override;  // the number of changes that it made
  bool has_work() override;
  std::int64_t sleep_at_most_ns() override;

  std::uint64_t refused() const { return refused_.value(); }  // any thread

 private:
  // What is known of one campaign: by index, of the catalog's.
  struct Known {
    std::uint64_t refused_at = kNever;  // the catalog that it was refused with
    bool told = false;                  // that it was
  };
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  bool is_due(std::uint64_t changes, Tick now) const;
  bool is_look_due() const;
  bool is_room_due() const;
  std::size_t make_room();
  std::size_t arm_due(const Catalog& catalog, std::uint64_t changes, Tick now);
  bool arm(const CampaignPut& campaign, std::uint64_t changes);
  std::size_t release_due(const Catalog& catalog, std::size_t offers_max, Tick now);
  bool release(const CampaignPut& campaign);
  bool change(const CampaignPut& campaign, std::string_view action, const Runtime::ChangePlanner& plan,
              const std::string& done);

  Runtime& runtime_;
  const Clock& clock_;
  const Tell tell_;
  Counter refused_;
  std::vector<Known> known_;
  std::uint64_t seen_ = kNever;  // the catalog that was looked at
  Tick event_at_ = kNoEnd;       // when something is to be done that the catalog knows of
  Tick retry_at_ = kNoEnd;       // a change failed
  std::int64_t look_at_ns_ = 0;  // monotonic; when `has_returning_`
  std::int64_t room_at_ns_ = 0;  // monotonic; not before
  bool has_returning_ = false;   // units may come free in what is over
  std::size_t next_offer_ = 0;   // where the next look begins
  bool failed_told_ = false;
};

}  // namespace doorbuster
