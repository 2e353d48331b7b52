#include <algorithm>
#include <string>

#include "catalog/currency.h"
#include "catalog/description.h"
#include "doorbuster/base/decimal.h"
#include "doorbuster/catalog/schedule.h"

namespace doorbuster {
namespace {

constexpr std::size_t kWindowsShown = 5;
constexpr std::size_t kOffersByRuleShown = 20;

// 1234567 as 1,234,567.
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string counted(std::uint64_t count, std::string_view one) {
  return grouped(count) + ' ' + std::string(one) + (count == 1 ? "" : "s");
}

struct Unit {
  std::int64_t seconds;
  std::string_view name;
};
constexpr Unit kUnits[] = {{86'400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};

// The two largest units of a span: "3 days 4 hours".
std::string span(std::int64_t ns) {
  std::int64_t seconds = ns / kNsPerSecond;
  std::string text;
  int parts = 0;
  for (const Unit& unit : kUnits) {
    const std::int64_t count = seconds / unit.seconds;
    if (count == 0) {
      if (parts > 0) break;
      continue;
    }
    seconds -= count * unit.seconds;
    text += (parts == 0 ? "" : " ") + counted(static_cast<std::uint64_t>(count), unit.name);
    if (++parts == 2) break;
  }
  return parts == 0 ? "less than a second" : text;
}

// Exactly, in the largest unit that can say it: "10 minutes", "90 seconds".
std::string exact_span(std::uint32_t seconds) {
  for (const Unit& unit : kUnits) {
    if (seconds % unit.seconds != 0) continue;
    return counted(static_cast<std::uint64_t>(seconds / unit.seconds), unit.name);
  }
  return {};  // never: the last unit is a second
}

std::string moment(Tick at, Tick now) {
  const std::string relative = at > now ? "in " + span(at.ns - now.ns) : span(now.ns - at.ns) + " ago";
  return format_rfc3339(at) + "  local " + format_local(at) + " (" + local_zone(at) + ")  " + relative;
}

std::string percent(std::int64_t basis_points) {
  const std::int64_t tenths = basis_points / 10;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " %";
}

std::string next_line(std::string_view title, const NextEvent& event, Tick now) {
  const std::string what =
      event.campaign == nullptr ? "none" : moment(event.at, now) + "  " + event.campaign->id;
  return std::string(title) + what + '\n';
}

std::string hold_lines(const CampaignConfiguration& campaign) {
  if (campaign.hold_seconds == 0) return "\n  holds             none: a buy is final at once";
  std::string text = "\n  holds             " + exact_span(campaign.hold_seconds) + " to confirm";
  if (campaign.hold_max_seconds > campaign.hold_seconds) {
    text += ", can be extended to " + exact_span(campaign.hold_max_seconds);
  } else {
    text += ", cannot be extended";
  }
  text += "\n  failed payment    ";
  switch (campaign.on_payment_failed) {
    case PaymentFailure::release:
      text += "releases the hold at once";
      break;
    case PaymentFailure::keep:
      text += "changes nothing: the hold runs on";
      break;
    case PaymentFailure::grace:
      text += "leaves " + exact_span(campaign.grace_seconds) + " to pay in another way";
      break;
  }
  if (!campaign.waitlist)
    return text + "\n  wait-list         none: what comes back is for whoever asks first";
  return text + "\n  wait-list         what comes back is held " + exact_span(campaign.offer_seconds) +
         " for the first in the line";
}

std::string limit_line(const CampaignConfiguration& campaign) {
  std::string text;
  if (campaign.limit_per_buyer > 0) text = counted(campaign.limit_per_buyer, "unit") + " of each SKU";
  if (campaign.limit_per_buyer_total > 0) {
    text += (text.empty() ? "" : ", ") + counted(campaign.limit_per_buyer_total, "unit") +
            " of all SKUs together";
  }
  return "\n  limit per buyer   " + (text.empty() ? "none" : text);
}

std::string schedule_lines(const CampaignConfiguration& campaign, Tick now) {
  if (campaign.plan.schedule.empty()) return {};
  const std::string zone = schedule_zone(campaign.plan.schedule);
  const std::vector<Window> windows = selling_windows(campaign_put_of(campaign));
  std::string text =
      "\n  schedule          " + counted(windows.size(), "window") + " by the clock of " + zone;
  if (campaign.schedule_is_cut) text += "; the rule goes on, what is behind them is not planned";
  std::size_t shown = 0, coming = 0;
  for (const Window& window : windows) {
    if (window.to <= now) continue;
    ++coming;
    if (shown == kWindowsShown) continue;
    ++shown;
    text += "\n                    " + format_rfc3339(window.from) + " to " + format_rfc3339(window.to) +
            "  local " + format_local(window.from, zone) + " to " + format_local(window.to, zone);
  }
  if (coming > shown) text += "\n                    and " + grouped(coming - shown) + " more";
  return text;
}

// Steps of the campaign, and how many offers have their own, which win.
std::string step_lines(const CampaignConfiguration& campaign) {
  std::string text;
  for (const PriceLayer& step : campaign.plan.price_steps) {
    text += "\n  price step        " + percent(step.value) + " off from " + format_rfc3339(step.from) +
            (step.to == kNoEnd ? std::string(" on") : " to " + format_rfc3339(step.to));
  }
  const auto own =
      std::count_if(campaign.offers.begin(), campaign.offers.end(),
                    [](const OfferConfiguration& offer) { return !offer.plan.price_steps.empty(); });
  if (own > 0) {
    text += "\n  own price steps   " + counted(static_cast<std::uint64_t>(own), "offer") +
            (text.empty() ? "" : "; they win over the campaign's");
  }
  return text;
}

// From each item's list price to the lowest price that the campaign can reach.
std::string rule_lines(const CampaignSummary& summary) {
  if (summary.rules.empty()) return {};
  std::string text = "\n  offers by rule    " + counted(summary.by_rule.size(), "offer") + " of " +
                     counted(summary.rules.size(), "rule");
  const std::string& currency = summary.campaign->currency;
  const std::size_t shown = std::min(summary.by_rule.size(), kOffersByRuleShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [offer, lowest] = summary.by_rule[i];
    const OfferRule& rule = summary.rules[offer->rule - 1U];
    text += "\n                    " + offer->sku + "  " + format_money(offer->list_price, currency) +
            " -> rule " + std::to_string(offer->rule) + ", " +
            format_decimal(rule.discount_basis_points, kPercentDecimals) + " % off -> " +
            format_money(offer->price, currency) + " -> lowest " + format_money(lowest, currency);
  }
  if (summary.by_rule.size() > shown) {
    text += "\n                    and " + grouped(summary.by_rule.size() - shown) + " more";
  }
  return text;
}

// What is kept for whom, and until when.
std::string quota_lines(const CampaignConfiguration& campaign, Tick now) {
  std::string text;
  for (const OfferConfiguration& offer : campaign.offers) {
    for (const ChannelQuota& quota : offer.plan.channel_quotas) {
      text += "\n  kept              " + counted(static_cast<std::uint64_t>(quota.units), "unit") + " of " +
              offer.sku + " for channel " + quota.channel + " until " + moment(quota.until, now);
    }
  }
  return text;
}

std::string campaign_lines(const CampaignSummary& summary, Tick now) {
  const CampaignConfiguration& campaign = *summary.campaign;
  std::string text = "\ncampaign " + campaign.id;
  if (campaign.name != campaign.id) text += "  " + campaign.name;
  if (campaign.tenant != kDefaultTenantName) text += "\n  tenant            " + campaign.tenant;
  text += "\n  state             " + std::string(campaign_state_name(summary.state));
  text += "\n  starts            " + moment(summary.window.from, now);
  text += "\n  ends              " + moment(summary.window.to, now);
  text += schedule_lines(campaign, now);
  text += "\n  offers            " + counted(campaign.offers.size(), "offer") + ", " +
          counted(summary.units, "unit");
  text += "\n  stock backing     ";
  text += summary.arms_at ? "out of the pool, which it takes it from when it is armed"
                          : "each offer by its own stock";
  if (summary.arms_at) text += "\n  armed             " + moment(*summary.arms_at, now);
  text += hold_lines(campaign) + limit_line(campaign) + step_lines(campaign) + rule_lines(summary) +
          quota_lines(campaign, now);
  if (summary.lowest != nullptr) {
    text += "\n  lowest price      " + format_money(summary.lowest_price, campaign.currency) + " (" +
            summary.lowest->sku + ")";
  }
  if (summary.discount != nullptr) {
    const OfferConfiguration& offer = *summary.discount;
    text += "\n  biggest discount  " +
            percent(discount_basis_points(offer.list_price, summary.discount_price)) + " (" + offer.sku +
            ", " + format_money(offer.list_price, campaign.currency) + " to " +
            format_money(summary.discount_price, campaign.currency) + ")";
  } else {
    text += "\n  biggest discount  none";
  }
  return text + '\n';
}

std::string overlap_lines(const Description& description) {
  if (description.overlaps.empty()) return "\noverlaps: none\n";
  std::string text = "\noverlaps: the same SKU in two campaigns at once, each with its own stock\n";
  for (const Overlap& overlap : description.overlaps) {
    text += "  " + std::string(overlap.sku) + " in " + overlap.first->id + " and " + overlap.second->id +
            "  " + format_rfc3339(overlap.from) + " to " + format_rfc3339(overlap.until) + '\n';
  }
  if (description.more_overlaps) text += "  and more than these " + grouped(kOverlapsListedMax) + '\n';
  return text;
}

}  // namespace

std::string describe_configuration(const Configuration& configuration, Tick now) {
  const Description description = describe(configuration, now);
  std::string text = "valid: " + counted(description.campaigns.size(), "campaign") + ", " +
                     counted(description.offers, "offer") + ", " + counted(description.units, "unit") + '\n';
  text += next_line("next start: ", description.next_start, now);
  text += next_line("next end:   ", description.next_end, now);
  for (const CampaignSummary& summary : description.campaigns) text += campaign_lines(summary, now);
  for (const std::string& warning : description.warnings) text += "\nwarning: " + warning + '\n';
  text += overlap_lines(description);
  const ServerOptions& server = configuration.server;
  const std::string exposed = exposed_without_keys(server.listen, server.admin, configuration.api_keys);
  if (!exposed.empty()) text += "\nwarning: serve will refuse to start: " + exposed + '\n';
  return text;
}

}  // namespace doorbuster
