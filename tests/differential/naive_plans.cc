// The obvious twin's plans: every window, every price step and every list is looked at, at every question.

#include <algorithm>
#include <cstdlib>

#include "differential/naive_shop.h"

namespace doorbuster {
namespace {

std::vector<Window> planned_windows(const CampaignConfiguration& rules) {
  if (!rules.plan.windows.empty()) return rules.plan.windows;
  return {{rules.starts_at, rules.ends_at}};
}

// The one that began last; of several that began together the last one.
const PriceLayer* step_in_force(const std::vector<PriceLayer>& steps, Tick now) {
  const PriceLayer* chosen = nullptr;
  for (const PriceLayer& step : steps) {
    const bool in_force = step.from <= now && now < step.to;
    if (in_force && (chosen == nullptr || step.from >= chosen->from)) chosen = &step;
  }
  return chosen;
}

std::int64_t rounded(std::int64_t ten_thousandths, Rounding rounding) {
  const std::int64_t below = ten_thousandths / 10'000, rest = ten_thousandths % 10'000;
  if (rest == 0 || rounding == Rounding::down) return below;
  if (rounding == Rounding::up) return below + 1;
  const bool is_half = rest == 5'000;
  if (is_half && rounding == Rounding::half_even) return below % 2 == 0 ? below : below + 1;
  return rest >= 5'000 ? below + 1 : below;
}

// Of all prices from nothing to the whole one.
std::int64_t discounted_by_trying(std::int64_t whole, std::int64_t basis_points, const PriceForm& form) {
  const std::int64_t wanted = rounded(whole * (10'000 - basis_points), form.rounding);
  const std::int64_t floor = std::min(form.floor, whole);
  if (!form.ending) return std::max(wanted, floor);
  std::optional<std::int64_t> nearest, nearest_above_floor;
  for (std::int64_t price = 0; price <= whole; ++price) {
    if (price % form.ending->modulus != form.ending->ending) continue;
    if (!nearest || std::abs(price - wanted) < std::abs(*nearest - wanted)) nearest = price;
    if (price >= floor && !nearest_above_floor) nearest_above_floor = price;
  }
  if (!nearest) return std::max(wanted, floor);
  if (*nearest >= floor) return *nearest;
  return nearest_above_floor.value_or(floor);
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

bool is_in(const Audience& audience, const NaiveBuy& wanted) {
  return has(audience.regions, wanted.region) && has(audience.segments, wanted.segment) &&
         has(audience.channels, wanted.channel);
}

}  // namespace

std::vector<Window> NaiveShop::windows(const NaiveCampaign& campaign) {
  std::vector<Window> open;
  for (Window window : planned_windows(campaign.rules)) {
    if (campaign.ended_at) window.to = std::min(window.to, *campaign.ended_at);
    if (window.from < window.to) open.push_back(window);
  }
  return open;
}

std::string NaiveShop::state(const NaiveCampaign& campaign, Tick now) {
  bool open = false, coming = false;
  for (const Window& window : windows(campaign)) {
    open = open || (window.from <= now && now < window.to);
    coming = coming || now < window.from;
  }
  if (!open && !coming) return "ended";
  if (campaign.paused) return "paused";
  return open ? "active" : "scheduled";
}

std::optional<Tick> NaiveShop::next_start(const NaiveCampaign& campaign, Tick now) {
  std::optional<Tick> next;
  for (const Window& window : windows(campaign)) {
    if (window.from > now) next = std::min(next.value_or(window.from), window.from);
  }
  return next;
}

std::optional<std::string> NaiveShop::refuse_now(const NaiveCampaign& campaign, Tick now) {
  const std::string where = state(campaign, now);
  if (where == "ended") return "campaign_ended";
  if (where == "paused") return "campaign_paused";
  return where == "scheduled" ? std::optional<std::string>("campaign_not_started") : std::nullopt;
}

std::int64_t NaiveShop::price(const NaiveOffer& offer, Tick now) const {
  const CampaignPlan& plan = campaigns_.at(offer.campaign).rules.plan;
  const PriceLayer* step = step_in_force(offer.rules.plan.price_steps, now);
  if (step == nullptr) step = step_in_force(plan.price_steps, now);
  if (step == nullptr) return offer.rules.price;
  if (step->kind == PriceLayer::Kind::price) return step->value;
  return discounted_by_trying(offer.rules.price, step->value, plan.price_form);
}

bool NaiveShop::is_for(const NaiveOffer& offer, const NaiveBuy& wanted) const {
  return is_in(campaigns_.at(offer.campaign).rules.plan.audience, wanted) &&
         is_in(offer.rules.plan.audience, wanted);
}

std::optional<Tick> NaiveShop::next_border(Tick now) const {
  std::optional<Tick> next;
  const auto look = [&](Tick from, Tick to) {
    for (const Tick border : {from, to}) {
      if (border > now && border != kNoEnd) next = std::min(next.value_or(border), border);
    }
  };
  for (const auto& [id, campaign] : campaigns_) {
    for (const Window& window : windows(campaign)) look(window.from, window.to);
    for (const PriceLayer& step : campaign.rules.plan.price_steps) look(step.from, step.to);
  }
  for (const auto& [name, offer] : offers_) {
    for (const PriceLayer& step : offer.rules.plan.price_steps) look(step.from, step.to);
    for (const ChannelQuota& quota : offer.rules.plan.channel_quotas) look(quota.until, quota.until);
  }
  return next;
}

std::string NaiveShop::act(const std::string& id, CampaignAction action, Tick until, Tick now) {
  NaiveCampaign& campaign = campaigns_.at(id);
  if (!campaign.listed) return "change_refused";
  const std::vector<Window> open = windows(campaign);
  const Tick last_end = open.empty() ? *campaign.ended_at : open.back().to;
  const bool over = is_over(campaign, now);
  switch (action) {
    case CampaignAction::pause:
      if (campaign.paused) return "nothing";
      if (over) return "campaign_ended";
      campaign.paused = true;
      break;
    case CampaignAction::resume:
      if (!campaign.paused) return "nothing";
      campaign.paused = false;
      break;
    case CampaignAction::end:
      if (over) return "nothing";
      campaign.ended_at = now;
      break;
    case CampaignAction::extend:
      if (until == last_end) return "nothing";
      if (until < last_end || until <= now) return "validation_failed";
      if (over) return "campaign_ended";
      if (!campaign.file) campaign.file = campaign.rules;
      campaign.ended_at.reset();
      campaign.rules.ends_at = until;
      if (!campaign.rules.plan.windows.empty()) campaign.rules.plan.windows.back().to = until;
      break;
    case CampaignAction::arm:
      return "change_refused";  // no campaign here takes its stock from a pool
  }
  for (auto& [name, offer] : offers_) serve_line(campaigns_[name.first], offer, now);
  return "done";
}

namespace {

// Whether the file wants the campaign at other times than somebody has ended it in.
bool wants_other_times(const NaiveCampaign& campaign, const CampaignConfiguration& file) {
  std::vector<Window> had = planned_windows(campaign.rules), wanted = planned_windows(file);
  // The end that somebody has moved was another before.
  if (campaign.file && wanted.back().to < had.back().to) wanted.back().to = had.back().to;
  return wanted != had;
}

}  // namespace

std::string NaiveShop::configure(const std::vector<CampaignConfiguration>& campaigns, Tick now) {
  for (const CampaignConfiguration& campaign : campaigns) {
    for (const OfferConfiguration& offer : campaign.offers) {
      const auto had = offers_.find({campaign.id, offer.sku});
      if (had == offers_.end()) continue;
      if (offer.stock < sold(had->second) + held(had->second, now)) return "refused";
    }
  }
  for (auto& [name, offer] : offers_) offer.listed = false;
  std::map<std::string, NaiveCampaign> before = campaigns_;
  for (auto& [name, campaign] : campaigns_) campaign.listed = false;
  for (const CampaignConfiguration& file : campaigns) {
    NaiveCampaign& campaign = campaigns_[file.id];
    const bool says_nothing_new = before[file.id].listed && campaign.file == file;
    campaign.listed = true;
    for (const OfferConfiguration& configured : file.offers) {
      const std::size_t defined = offers_.size();
      const auto [entry, is_new] = offers_.try_emplace({file.id, configured.sku});
      NaiveOffer& offer = entry->second;
      if (is_new) offer.defined = defined;
      offer.campaign = file.id;
      offer.sku = configured.sku;
      offer.listed = true;
      offer.rules = configured;
    }
    if (says_nothing_new) continue;
    if (!campaign.rules.id.empty() && wants_other_times(campaign, file)) campaign.ended_at.reset();
    campaign.rules = file;
    campaign.file.reset();
  }
  for (auto& [name, offer] : offers_) serve_line(campaigns_[name.first], offer, now);
  return "";
}

}  // namespace doorbuster
