// The obvious twin's time: what runs out, and who gets it.

#include <algorithm>

#include "differential/naive_shop.h"

namespace doorbuster {
void NaiveShop::settle(const NaiveCampaign& campaign, NaiveOffer& offer, Tick now) {
  for (NaiveOrder& order : offer.orders) {
    if (order.parts.empty()) order.status = status_at(order, now);
  }
  serve_line(campaign, offer, now);
}

void NaiveShop::timer(Tick now) {
  for (auto& [name, offer] : offers_) settle(campaigns_[name.first], offer, now);
  for (auto& [name, offer] : offers_) {
    for (NaiveOrder& order : offer.orders) order.status = status_at(order, now);
  }
}

void NaiveShop::serve_line(const NaiveCampaign& campaign, NaiveOffer& offer, Tick now) {
  if (campaign.paused || is_over(campaign, now)) return;
  while (!offer.line.empty() && available(offer, now) > 0 && serve_first(campaign, offer, now)) {
  }
}

void NaiveShop::serve_lines(const NaiveCampaign& campaign, const NaiveOrder& order, Tick now) {
  for (const NaiveLine& line : lines_of(order.asked)) {
    serve_line(campaign, offers_.at({order.asked.campaign, line.sku}), now);
  }
}

bool NaiveShop::has_run_out(const NaiveOffer& offer, Tick now) const {
  bool found = false;
  visit_units(offer, [&](const NaiveOrder& order, const NaivePart*) {
    found = found || status_at(order, now) != order.status;
  });
  return found;
}

bool NaiveShop::has_run_out_in_line(const NaiveBuy& asked, Tick now) const {
  const std::vector<NaiveLine> lines = lines_of(asked);
  return std::any_of(lines.begin(), lines.end(), [&](const NaiveLine& line) {
    const auto offer = offers_.find({asked.campaign, line.sku});
    return offer != offers_.end() && !offer->second.line.empty() && has_run_out(offer->second, now);
  });
}

bool NaiveShop::has_run_out(const std::string& campaign, Tick now) const {
  return std::any_of(offers_.begin(), offers_.end(), [&](const auto& entry) {
    return entry.first.first == campaign && has_run_out(entry.second, now);
  });
}

bool NaiveShop::depends_on_timer(const NaiveBuy& wanted, Tick now) const {
  const NaiveCampaign* campaign = find_campaign(wanted.campaign);
  const auto found = offers_.find({wanted.campaign, wanted.sku});
  if (campaign == nullptr || found == offers_.end()) return false;
  if (!wanted.lines.empty() && campaign->rules.limit_per_buyer_total == 0) {
    return has_run_out_in_line(wanted, now);
  }
  if (campaign->rules.limit_per_buyer_total != 0) return has_run_out(wanted.campaign, now);
  const NaiveOffer& offer = found->second;
  if (offer.line.empty() || !has_run_out(offer, now)) return false;
  const bool asks_for_units = !answer_again(offer, wanted) && campaign->listed && offer.listed &&
                              !refuse_now(*campaign, now) && is_for(offer, wanted) &&
                              within_limits(wanted, lines_of(wanted), now);
  return !asks_for_units || !offer.rules.plan.channel_quotas.empty();
}

bool NaiveShop::depends_on_timer(const NaiveCommand& command, Tick now) const {
  const auto found = offers_.find({command.campaign, command.sku});
  if (found == offers_.end()) return false;
  const NaiveOffer& offer = found->second;
  if (find_campaign(command.campaign)->rules.limit_per_buyer_total != 0) {
    return has_run_out(command.campaign, now);
  }
  if (command.number == 0 || command.number > offer.orders.size()) return false;
  const NaiveOrder& order = offer.orders[command.number - 1];
  if (!order.parts.empty()) return has_run_out_in_line(order.asked, now);
  if (offer.line.empty() || !has_run_out(offer, now)) return false;
  const bool asks_for_units = command.action == OrderAction::confirm && !order.refund_due &&
                              command.quantity <= order.asked.quantity &&
                              status_at(order, now) == OrderStatus::expired;
  return !asks_for_units || !offer.rules.plan.channel_quotas.empty();
}

// --- what nothing depends on any more ---

std::optional<Tick> NaiveShop::forgotten_at(const NaiveOffer& offer, const NaiveOrder& order,
                                            Tick now) const {
  const auto later = [](Tick from, std::int64_t seconds) { return Tick{from.ns + seconds * kNsPerSecond}; };
  const OrderStatus status = status_at(order, now);
  if (order.is_forgotten || status == OrderStatus::held || status == OrderStatus::waiting)
    return std::nullopt;
  if (status == OrderStatus::expired)
    return later(std::max(order.since, order.expires_at), retention_seconds_);
  if (status == OrderStatus::cancelled) return later(order.since, retention_seconds_);

  std::uint32_t restocked = order.restocked;
  for (const NaivePart& part : order.parts) restocked += part.restocked;
  const NaiveCampaign& campaign = campaigns_.at(offer.campaign);
  const bool limits = campaign.rules.limit_per_buyer != 0 || campaign.rules.limit_per_buyer_total != 0;
  bool quotas = !offer.rules.plan.channel_quotas.empty();
  for (const auto& [name, other] : offers_) {
    const bool counts = !order.parts.empty() && name.first == offer.campaign;
    if (counts && !other.rules.plan.channel_quotas.empty()) quotas = true;
  }
  // What came back and is not sold again is gone from its channel for good.
  const bool of_names = limits && order.confirmed > order.returned;
  const bool of_channel = quotas && order.confirmed > restocked;
  Tick over = order.since;
  if (of_names || of_channel) {
    const std::vector<Window> open = windows(campaign);
    over = std::max(over, later(open.empty() ? *campaign.ended_at : open.back().to, kHoldSecondsMax));
  }
  return later(over, retention_seconds_);
}

void NaiveShop::forget(Tick now) {
  for (auto& [name, offer] : offers_) {
    for (NaiveOrder& order : offer.orders) {
      const auto at = forgotten_at(offer, order, now);
      if (at && *at <= now) order.is_forgotten = true;
    }
  }
}

std::optional<Tick> NaiveShop::next_forgotten(Tick now) const {
  std::optional<Tick> next;
  for (const auto& [name, offer] : offers_) {
    for (const NaiveOrder& order : offer.orders) {
      if (const auto at = forgotten_at(offer, order, now)) next = std::min(next.value_or(*at), *at);
    }
  }
  return next;
}

}  // namespace doorbuster
