#include "catalog/description.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <limits>
#include <span>

namespace doorbuster {
namespace {

CampaignSummary summarize(const CampaignConfiguration& campaign, Tick now) {
  CampaignSummary summary;
  summary.campaign = &campaign;
  summary.state = campaign_state(campaign.starts_at, campaign.ends_at, now);
  for (const OfferConfiguration& offer : campaign.offers) {
    summary.units += static_cast<std::uint64_t>(offer.stock);
    if (summary.lowest == nullptr || offer.price < summary.lowest->price) summary.lowest = &offer;
    if (offer.price == offer.list_price) continue;
    if (summary.discount == nullptr ||
        discount_basis_points(offer) > discount_basis_points(*summary.discount)) {
      summary.discount = &offer;
    }
  }
  return summary;
}

void take_earlier(NextEvent& next, const CampaignConfiguration& campaign, Tick at, Tick now) {
  if (at > now && (next.campaign == nullptr || at < next.at)) next = {&campaign, at};
}

struct Sale {
  std::string_view sku;
  const CampaignConfiguration* campaign;
};

// Sweeps the sales of one SKU in the order of their starts; `sales` is sorted so.
void add_overlaps(std::span<const Sale> sales, Description& description) {
  std::vector<const Sale*> open;  // have started before `later` and not ended
  for (const Sale& later : sales) {
    const Tick start = later.campaign->starts_at;
    std::erase_if(open, [&](const Sale* earlier) { return earlier->campaign->ends_at <= start; });
    for (const Sale* earlier : open) {
      if (description.overlaps.size() == kOverlapsListedMax) {
        description.more_overlaps = true;
        return;
      }
      const Tick until = std::min(earlier->campaign->ends_at, later.campaign->ends_at);
      description.overlaps.push_back({later.sku, earlier->campaign, later.campaign, start, until});
    }
    open.push_back(&later);
  }
}

void find_overlaps(const Configuration& configuration, Description& description) {
  std::vector<Sale> sales;
  for (const CampaignConfiguration& campaign : configuration.campaigns) {
    for (const OfferConfiguration& offer : campaign.offers) sales.push_back({offer.sku, &campaign});
  }
  // Equal starts keep the order of the file.
  std::stable_sort(sales.begin(), sales.end(), [](const Sale& a, const Sale& b) {
    return a.sku != b.sku ? a.sku < b.sku : a.campaign->starts_at < b.campaign->starts_at;
  });
  for (auto first = sales.begin(); first != sales.end() && !description.more_overlaps;) {
    const auto next =
        std::find_if(first, sales.end(), [&](const Sale& sale) { return sale.sku != first->sku; });
    add_overlaps({first, next}, description);
    first = next;
  }
}

std::tm local_time(Tick tick) {
  // localtime_r() need not look at TZ by itself.
  tzset();
  const auto seconds = static_cast<std::time_t>(tick.ns / kNsPerSecond);
  std::tm broken_down{};
  localtime_r(&seconds, &broken_down);
  return broken_down;
}

}  // namespace

Description describe(const Configuration& configuration, Tick now) {
  Description description;
  for (const CampaignConfiguration& campaign : configuration.campaigns) {
    const CampaignSummary& summary = description.campaigns.emplace_back(summarize(campaign, now));
    description.offers += campaign.offers.size();
    description.units += summary.units;
    take_earlier(description.next_start, campaign, campaign.starts_at, now);
    take_earlier(description.next_end, campaign, campaign.ends_at, now);
  }
  find_overlaps(configuration, description);
  return description;
}

std::int64_t discount_basis_points(const OfferConfiguration& offer) {
  if (offer.list_price == 0) return 0;
  static_assert(kPriceMax <= std::numeric_limits<std::int64_t>::max() / 10'000);
  return (offer.list_price - offer.price) * 10'000 / offer.list_price;
}

std::string format_local(Tick tick) {
  const std::tm time = local_time(tick);
  std::array<char, 40> buffer{};
  const std::size_t size = std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S%z", &time);
  std::string text(buffer.data(), size);
  return text.insert(text.size() - 2, ":");  // +0100 is no RFC 3339 offset
}

std::string local_zone(Tick tick) {
  const std::tm time = local_time(tick);
  return time.tm_zone;
}

}  // namespace doorbuster
