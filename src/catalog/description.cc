#include "catalog/description.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <limits>
#include <optional>
#include <span>
#include <tuple>

#include "catalog/pool_reader.h"
#include "doorbuster/catalog/pool.h"

namespace doorbuster {
namespace {

// While the campaign sells.
std::int64_t lowest_price(const CampaignConfiguration& campaign, const OfferConfiguration& offer) {
  std::int64_t lowest = offer.price;
  const auto points = compile_prices(offer.price, offer.plan.price_steps, campaign.plan.price_steps,
                                     price_rule(campaign.plan.price_form));
  for (const PricePoint& point : points) {
    if (point.from < campaign.ends_at) lowest = std::min(lowest, point.price);
  }
  return lowest;
}

CampaignSummary summarize(const CampaignConfiguration& campaign, Tick now) {
  CampaignSummary summary;
  summary.campaign = &campaign;
  CampaignPut put = campaign_put_of(campaign);
  if (put.from_pool) {
    summary.arms_at = arms_at(put);
    put.armed = now >= *summary.arms_at;  // if its pool backs it
  }
  const CampaignPhase phase = campaign_phase(put, now);
  summary.state = phase.state;
  summary.window = phase.window;
  for (const OfferConfiguration& offer : campaign.offers) {
    summary.units += static_cast<std::uint64_t>(offer.stock);
    const std::int64_t lowest = lowest_price(campaign, offer);
    if (offer.rule != 0) summary.by_rule.push_back({&offer, lowest});
    if (summary.lowest == nullptr || lowest < summary.lowest_price) {
      summary.lowest = &offer;
      summary.lowest_price = lowest;
    }
    if (lowest >= offer.list_price) continue;
    if (summary.discount == nullptr ||
        discount_basis_points(offer.list_price, lowest) >
            discount_basis_points(summary.discount->list_price, summary.discount_price)) {
      summary.discount = &offer;
      summary.discount_price = lowest;
    }
  }
  return summary;
}

// Rules that make nothing: nothing is wrong with them, and hardly anybody means them.
void find_idle_rules(const Configuration& configuration, CampaignSummary& summary,
                     std::vector<std::string>& warnings) {
  const CampaignConfiguration& campaign = *summary.campaign;
  for (const std::string& text : campaign.plan.offer_rules) {
    if (auto rule = parse_offer_rule(text)) summary.rules.push_back(std::move(*rule));
  }
  std::vector<std::size_t> made(summary.rules.size() + 1, 0);
  for (const OfferByRule& each : summary.by_rule) ++made[each.offer->rule];
  for (std::size_t i = 0; i < summary.rules.size(); ++i) {
    if (made[i + 1] != 0) continue;
    const bool has_items =
        std::ranges::any_of(items_of(configuration, campaign.tenant),
                            [&](const ItemPut& item) { return matches(summary.rules[i], item); });
    warnings.push_back("campaign " + campaign.id + ", offer rule " + std::to_string(i + 1) +
                       (has_items ? " makes no offer: rules before it, or offers of the campaign's own, have "
                                    "all of its items"
                                  : " matches no item of the catalog"));
  }
}

void take_earlier(NextEvent& next, const CampaignConfiguration& campaign, Tick at, Tick now) {
  if (at > now && (next.campaign == nullptr || at < next.at)) next = {&campaign, at};
}

struct Sale {
  std::string_view sku;
  const CampaignConfiguration* campaign;
};

// The first time when both sell.
std::optional<Window> first_common(const CampaignConfiguration& a, const CampaignConfiguration& b) {
  const std::vector<Window> of_a = selling_windows(campaign_put_of(a));
  const std::vector<Window> of_b = selling_windows(campaign_put_of(b));
  for (std::size_t i = 0, j = 0; i < of_a.size() && j < of_b.size();) {
    const Window both = {std::max(of_a[i].from, of_b[j].from), std::min(of_a[i].to, of_b[j].to)};
    if (both.from < both.to) return both;
    of_a[i].to < of_b[j].to ? ++i : ++j;
  }
  return std::nullopt;
}

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
      const auto both = first_common(*earlier->campaign, *later.campaign);
      if (both)
        description.overlaps.push_back({later.sku, earlier->campaign, later.campaign, both->from, both->to});
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
    return std::tie(a.sku, a.campaign->tenant, a.campaign->starts_at) <
           std::tie(b.sku, b.campaign->tenant, b.campaign->starts_at);
  });
  for (auto first = sales.begin(); first != sales.end() && !description.more_overlaps;) {
    // What one tenant calls a SKU is nothing to another.
    const auto next = std::find_if(first, sales.end(), [&](const Sale& sale) {
      return sale.sku != first->sku || sale.campaign->tenant != first->campaign->tenant;
    });
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
    CampaignSummary& summary = description.campaigns.emplace_back(summarize(campaign, now));
    find_idle_rules(configuration, summary, description.warnings);
    description.offers += campaign.offers.size();
    description.units += summary.units;
    for (const Window& window : selling_windows(campaign_put_of(campaign))) {
      take_earlier(description.next_start, campaign, window.from, now);
      take_earlier(description.next_end, campaign, window.to, now);
    }
  }
  for (std::string& warning : find_pool_shortages(configuration)) {
    description.warnings.push_back(std::move(warning));
  }
  find_overlaps(configuration, description);
  return description;
}

std::int64_t discount_basis_points(std::int64_t list_price, std::int64_t price) {
  if (list_price == 0) return 0;
  static_assert(kPriceMax <= std::numeric_limits<std::int64_t>::max() / 10'000);
  return (list_price - price) * 10'000 / list_price;
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
