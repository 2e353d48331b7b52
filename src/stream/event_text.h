#pragma once
// The words of the stream: docs/stream.md. Each function writes the lines of one event but the last, or a
// part of them.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "doorbuster/base/tick.h"
#include "doorbuster/catalog/catalog.h"
#include "doorbuster/model/alert.h"

namespace doorbuster {

// What is told of an offer's stock. `withdrawn`: it has left the configuration, or was never there.
enum class Showing : std::uint8_t { on_sale, all_held, sold_out, not_on_sale, withdrawn };

struct OfferView {
  static constexpr std::uint32_t kNotShown = std::numeric_limits<std::uint32_t>::max();
  std::int64_t price = 0;
  std::uint32_t remaining = kNotShown;
  Showing showing = Showing::withdrawn;
};

struct CampaignView {
  CampaignPhase phase;
  std::uint64_t revision = 0;
  bool listed = false;
  bool active() const { return listed && phase.state == CampaignState::active; }
};

// Which members of an offer are told.
inline constexpr unsigned kPriceMember = 1;
inline constexpr unsigned kListPriceMember = 2;
inline constexpr unsigned kAvailabilityMember = 4;
inline constexpr unsigned kRemainingMember = 8;
inline constexpr unsigned kAllMembers = 15;

void begin_event(std::string& out, std::string_view name);

void append_campaign_event(std::string& out, const CampaignPut& put, const CampaignView& view, Tick now);

// Without the time, so that it can be given to many: a tick goes behind it.
// {"campaign":"...", ... ,"offers":[ and then offers, and end_offers_event().
void begin_snapshot_event(std::string& out, const CampaignPut& put, const CampaignView& view,
                          std::size_t page, std::size_t pages);
void begin_offers_event(std::string& out, const CampaignPut& put, Tick now);
void append_offer(std::string& out, const OfferPut& put, const OfferView& view, unsigned members);
void end_offers_event(std::string& out);

// {"server_time":"...","campaigns":[ and then campaigns, and end_offers_event().
void begin_tick_event(std::string& out, Tick now);
void append_tick_campaign(std::string& out, const CampaignPut& put, const CampaignView& view, Tick now);

void append_alert_event(std::string& out, const Catalog& catalog, const Alert& alert);

}  // namespace doorbuster
