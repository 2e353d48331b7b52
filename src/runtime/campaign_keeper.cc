#include "doorbuster/runtime/campaign_keeper.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace doorbuster {
namespace {

constexpr std::string_view kAuthor = "clock";

// Offers that may have units to give back, now or later.
std::vector<OfferIndex> giving_offers(const Catalog& catalog, Tick now) {
  std::vector<OfferIndex> offers;
  const bool any = std::any_of(catalog.campaigns().begin(), catalog.campaigns().end(),
                               [](const Campaign& campaign) { return campaign.definition.armed; });
  if (!any) return offers;
  for (const Offer& offer : catalog.offers()) {
    const OfferPut& put = offer.definition;
    const bool has_units = put.allocation() > 0;
    if (has_units && gives_back(catalog.campaign(put.campaign).definition, put, now))
      offers.push_back(put.offer);
  }
  return offers;
}

}  // namespace

CampaignKeeper::CampaignKeeper(Runtime& runtime, const Clock& clock, Tell tell)
    : runtime_(runtime), clock_(clock), tell_(std::move(tell)) {}

bool CampaignKeeper::is_due(std::uint64_t changes, Tick now) const {
  return changes != seen_ || now >= event_at_ || now >= retry_at_;
}

bool CampaignKeeper::is_look_due() const {
  return has_returning_ && clock_.monotonic_ns() >= look_at_ns_;
}

bool CampaignKeeper::has_work() {
  return is_due(runtime_.catalog_changes(), clock_.wall_now()) || is_look_due() || is_room_due();
}

std::int64_t CampaignKeeper::sleep_at_most_ns() {
  std::int64_t ns = has_returning_ ? look_at_ns_ - clock_.monotonic_ns() : kUntilCalled;
  const auto at_most = [&ns](std::int64_t other) { ns = ns == kUntilCalled ? other : std::min(ns, other); };
  const Tick next = std::min(event_at_, retry_at_);
  if (next != kNoEnd) at_most(std::min(next.ns - clock_.wall_now().ns, kSleepMaxNs));
  if (runtime_.counts_names()) at_most(kLookIntervalNs);
  return ns == kUntilCalled ? ns : std::max<std::int64_t>(ns, 0);
}

std::size_t CampaignKeeper::do_work() {
  const Tick now = clock_.wall_now();
  // The number before the catalog: a change in between is looked at once more.
  const std::uint64_t changes = runtime_.catalog_changes();
  const bool due = is_due(changes, now);
  const std::size_t rooms = make_room();
  if (!due && !is_look_due()) return rooms;
  const CatalogPointer catalog = runtime_.catalog();
  known_.resize(catalog->campaigns().size());
  seen_ = changes;
  retry_at_ = kNoEnd;
  event_at_ = next_pool_instant(*catalog, now).value_or(kNoEnd);
  const std::size_t offers_max = due ? catalog->offers().size() : kPoolOffersPerLook;
  // What comes back first: it may be what another campaign waits for.
  std::size_t done = rooms + release_due(*catalog, offers_max, now);
  if (due) done += arm_due(*catalog, changes, now);
  return done;
}

bool CampaignKeeper::is_room_due() const {
  return runtime_.is_crowded() && clock_.monotonic_ns() >= room_at_ns_;
}

std::size_t CampaignKeeper::make_room() {
  if (!is_room_due()) return 0;
  room_at_ns_ = clock_.monotonic_ns() + kLookIntervalNs;
  return runtime_.make_room() ? 1 : 0;
}

std::size_t CampaignKeeper::arm_due(const Catalog& catalog, std::uint64_t changes, Tick now) {
  std::vector<const CampaignPut*> due;
  for (const Campaign& campaign : catalog.campaigns()) {
    Known& known = known_[campaign.definition.campaign.value];
    if (!is_to_arm(campaign.definition, now)) {
      known = {};
    } else if (known.refused_at != changes) {
      due.push_back(&campaign.definition);
    }
  }
  // Who was to be armed first comes first.
  std::sort(due.begin(), due.end(), [](const CampaignPut* a, const CampaignPut* b) {
    return std::tuple(arms_at(*a), a->campaign.value) < std::tuple(arms_at(*b), b->campaign.value);
  });
  std::size_t armed = 0;
  for (const CampaignPut* campaign : due) armed += std::size_t{arm(*campaign, changes)};
  return armed;
}

bool CampaignKeeper::arm(const CampaignPut& campaign, std::uint64_t changes) {
  Known& known = known_[campaign.campaign.value];
  std::optional<ActionRefusal> refusal;
  const bool armed = change(
      campaign, "arm",
      [&](const Catalog& catalog, const std::vector<std::int64_t>&, Tick now) -> Result<CatalogChangeSet> {
        refusal.reset();
        // It may have been changed since.
        if (!is_to_arm(catalog.campaign(campaign.campaign).definition, now)) return CatalogChangeSet{};
        auto planned = plan_arming(catalog, campaign.campaign, now);
        if (planned) return std::move(*planned);
        refusal = std::move(planned.error());
        return CatalogChangeSet{};  // no change is no failure
      },
      "campaign " + campaign.id + " is armed");
  if (!refusal) return armed;
  refused_.add();
  known.refused_at = changes;
  if (!known.told) tell_(News::refused, refusal->detail + "; it sells nothing until the pool has enough");
  known.told = true;
  return false;
}

std::size_t CampaignKeeper::release_due(const Catalog& catalog, std::size_t offers_max, Tick now) {
  std::vector<OfferIndex> offers = giving_offers(catalog, now);
  has_returning_ = !offers.empty();
  look_at_ns_ = clock_.monotonic_ns() + kLookIntervalNs;
  if (!has_returning_) return 0;
  if (offers.size() > offers_max) {
    // Round and round, from where the last look ended.
    next_offer_ = next_offer_ >= offers.size() ? 0 : next_offer_;
    std::rotate(offers.begin(), offers.begin() + static_cast<std::ptrdiff_t>(next_offer_), offers.end());
    offers.resize(offers_max);
    next_offer_ += offers_max;
  }
  const auto stock = runtime_.stock(offers);
  if (!stock) {
    retry_at_ = {now.ns + kSleepMaxNs};
    return 0;
  }
  std::vector<std::uint32_t> campaigns;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    if ((*stock)[i].available > 0) campaigns.push_back(catalog.offer(offers[i]).definition.campaign.value);
  }
  std::sort(campaigns.begin(), campaigns.end());
  campaigns.erase(std::unique(campaigns.begin(), campaigns.end()), campaigns.end());
  std::size_t released = 0;
  for (const std::uint32_t campaign : campaigns) {
    released += std::size_t{release(catalog.campaign({campaign}).definition)};
  }
  return released;
}

bool CampaignKeeper::release(const CampaignPut& campaign) {
  return change(
      campaign, "release",
      [&](const Catalog& catalog, const std::vector<std::int64_t>& committed, Tick now) {
        return Result<CatalogChangeSet>(plan_release(catalog, committed, campaign.campaign, now));
      },
      "campaign " + campaign.id + " has given back what is unsold");
}

bool CampaignKeeper::change(const CampaignPut& campaign, std::string_view action,
                            const Runtime::ChangePlanner& plan, const std::string& done) {
  const auto changed =
      runtime_.change([&](const Catalog& catalog, const std::vector<std::int64_t>& committed, Tick now) {
        auto planned = plan(catalog, committed, now);
        if (planned) {
          planned->origin = {.source = ChangeOrigin::Source::clock,
                             .author = std::string(kAuthor),
                             .action = std::string(action),
                             .reason = {}};
        }
        return planned;
      });
  if (!changed) {
    retry_at_ = {clock_.wall_now().ns + kSleepMaxNs};
    if (!failed_told_) {
      tell_(News::failed,
            "campaign " + campaign.id + ": " + std::string(action) + ": " + changed.error().message);
    }
    failed_told_ = true;
    return false;
  }
  failed_told_ = false;
  if (*changed == 0) return false;
  tell_(News::done, done);
  return true;
}

}  // namespace doorbuster
