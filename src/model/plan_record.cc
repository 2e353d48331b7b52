// Plans as records: lists that are cut into pieces and put together again.

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "doorbuster/base/limits.h"
#include "doorbuster/model/record.h"
#include "model/payload.h"

namespace doorbuster {
namespace {

// Of one piece, so that it fits into a record whatever is in it.
constexpr std::size_t kWindowsPerPart = 48;
constexpr std::size_t kStepsPerPart = 32;
constexpr std::size_t kTextsPerPart = 12;
constexpr std::size_t kQuotasPerPart = 10;
constexpr std::size_t kPartFixedBytes = 12;
constexpr std::size_t kRecordHeadBytes = 40;
static_assert(kRecordHeadBytes + kPartFixedBytes + kWindowsPerPart * 16 <= kJournalRecordBytesMax);
static_assert(kRecordHeadBytes + kPartFixedBytes + kStepsPerPart * 25 <= kJournalRecordBytesMax);
static_assert(kRecordHeadBytes + kPartFixedBytes + kTextsPerPart * (2 + kIdentifierBytesMax) <=
              kJournalRecordBytesMax);
static_assert(kRecordHeadBytes + kPartFixedBytes + 2 + kScheduleBytesMax <= kJournalRecordBytesMax);
static_assert(kRecordHeadBytes + kPartFixedBytes + 2 + kOfferRuleBytesMax <= kJournalRecordBytesMax);
static_assert(kRecordHeadBytes + kPartFixedBytes + kQuotasPerPart * (18 + kIdentifierBytesMax) <=
              kJournalRecordBytesMax);

using List = PlanPart::List;

template <typename Element>
void cut(const std::vector<Element>& list, std::size_t per_part, const PlanPart& head,
         std::vector<Element> PlanPart::*into, std::vector<PlanPart>& parts) {
  for (std::size_t at = 0; at < list.size(); at += per_part) {
    const auto from = list.begin() + static_cast<std::ptrdiff_t>(at);
    const auto to = list.begin() + static_cast<std::ptrdiff_t>(std::min(at + per_part, list.size()));
    PlanPart& part = parts.emplace_back(head);
    (part.*into).assign(from, to);
  }
}

PlanPart with(PlanPart head, List list) {
  head.list = list;
  return head;
}

void cut(const std::vector<PriceLayer>& steps, const Audience& audience, const PlanPart& head,
         std::vector<PlanPart>& parts) {
  cut(steps, kStepsPerPart, with(head, List::price_steps), &PlanPart::price_steps, parts);
  cut(audience.regions, kTextsPerPart, with(head, List::regions), &PlanPart::texts, parts);
  cut(audience.segments, kTextsPerPart, with(head, List::segments), &PlanPart::texts, parts);
  cut(audience.channels, kTextsPerPart, with(head, List::channels), &PlanPart::texts, parts);
}

template <typename Element>
void add(std::vector<Element>&& more, std::vector<Element>& list) {
  list.insert(list.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

bool add_steps(PlanPart&& part, bool prices_possible, std::vector<PriceLayer>& steps) {
  for (const PriceLayer& step : part.price_steps) {
    const bool is_price = step.kind == PriceLayer::Kind::price;
    if (step.from >= step.to || step.value < 0 || (is_price && !prices_possible)) return false;
    if (step.value > (is_price ? kPriceMax : kBasisPointsMax)) return false;
  }
  add(std::move(part.price_steps), steps);
  return steps.size() <= kPriceLayersMax;
}

bool add_names(PlanPart&& part, Audience& audience) {
  std::vector<std::string>& list = part.list == List::regions    ? audience.regions
                                   : part.list == List::segments ? audience.segments
                                                                 : audience.channels;
  add(std::move(part.texts), list);
  const bool ascending = std::adjacent_find(list.begin(), list.end(), std::greater_equal<>()) == list.end();
  return list.size() <= kAudienceNamesMax && ascending &&
         std::all_of(list.begin(), list.end(),
                     [](const std::string& name) { return name.size() <= kIdentifierBytesMax; });
}

bool add_quotas(PlanPart&& part, std::vector<ChannelQuota>& quotas) {
  add(std::move(part.channel_quotas), quotas);
  const bool ascending =
      std::ranges::adjacent_find(quotas, std::greater_equal<>(), &ChannelQuota::channel) == quotas.end();
  return quotas.size() <= kChannelQuotasMax && ascending &&
         std::ranges::all_of(
             quotas, [](const ChannelQuota& quota) { return quota.units > 0 && quota.units <= kStockMax; });
}

}  // namespace

std::string_view rounding_name(Rounding rounding) {
  switch (rounding) {
    case Rounding::half_even:
      return "half_even";
    case Rounding::half_up:
      return "half_up";
    case Rounding::up:
      return "up";
    case Rounding::down:
      return "down";
  }
  return "unknown";
}

std::vector<PlanPart> plan_parts(const CampaignPut& put) {
  std::vector<PlanPart> parts;
  PlanPart head;
  head.campaign = put.campaign;
  const CampaignPlan& plan = put.plan;
  cut(plan.windows, kWindowsPerPart, with(head, List::windows), &PlanPart::windows, parts);
  if (!plan.schedule.empty()) parts.emplace_back(with(head, List::schedule)).texts = {plan.schedule};
  cut(plan.price_steps, plan.audience, head, parts);
  cut(plan.offer_rules, 1, with(head, List::offer_rules), &PlanPart::texts, parts);
  return parts;
}

std::vector<PlanPart> plan_parts(const OfferPut& put) {
  std::vector<PlanPart> parts;
  PlanPart head;
  head.campaign = put.campaign;
  head.offer = put.offer;
  cut(put.plan.price_steps, put.plan.audience, head, parts);
  cut(put.plan.channel_quotas, kQuotasPerPart, with(head, List::channel_quotas), &PlanPart::channel_quotas,
      parts);
  return parts;
}

bool add_part(PlanPart part, CampaignPut& put) {
  if (part.offer || part.campaign != put.campaign) return false;
  CampaignPlan& plan = put.plan;
  switch (part.list) {
    case List::windows: {
      for (const Window& window : part.windows) {
        const bool in_order =
            plan.windows.empty() ? window.from == put.starts_at : window.from > plan.windows.back().to;
        if (!in_order || window.from >= window.to || window.to > put.ends_at) return false;
        plan.windows.push_back(window);
      }
      return plan.windows.size() <= kOccurrencesMax;
    }
    case List::schedule:
      if (!plan.schedule.empty() || part.texts.size() != 1) return false;
      plan.schedule = std::move(part.texts.front());
      return true;
    case List::price_steps:
      return add_steps(std::move(part), false, plan.price_steps);
    case List::offer_rules:
      add(std::move(part.texts), plan.offer_rules);
      return plan.offer_rules.size() <= kOfferRulesMax;
    case List::channel_quotas:
      return false;
    case List::regions:
    case List::segments:
    case List::channels:
      break;
  }
  return add_names(std::move(part), plan.audience);
}

bool add_part(PlanPart part, OfferPut& put) {
  if (part.offer != put.offer || part.campaign != put.campaign) return false;
  switch (part.list) {
    case List::windows:
    case List::schedule:
    case List::offer_rules:
      return false;
    case List::price_steps:
      return add_steps(std::move(part), true, put.plan.price_steps);
    case List::channel_quotas:
      return add_quotas(std::move(part), put.plan.channel_quotas);
    case List::regions:
    case List::segments:
    case List::channels:
      break;
  }
  return add_names(std::move(part), put.plan.audience);
}

void encode(const PlanPart& value, std::string& out) {
  put(out, value.campaign.value);
  put(out, value.offer ? value.offer->value : 0U);
  put(out, static_cast<std::uint8_t>(value.offer.has_value()));
  put(out, static_cast<std::uint8_t>(value.list));
  put(out, static_cast<std::uint16_t>(value.windows.size() + value.price_steps.size() + value.texts.size() +
                                      value.channel_quotas.size()));
  for (const Window& window : value.windows) {
    put(out, window.from.ns);
    put(out, window.to.ns);
  }
  for (const PriceLayer& step : value.price_steps) {
    put(out, step.from.ns);
    put(out, step.to.ns);
    put(out, step.value);
    put(out, static_cast<std::uint8_t>(step.kind));
  }
  for (const std::string& text : value.texts) put_text(out, text);
  for (const ChannelQuota& quota : value.channel_quotas) {
    put(out, quota.units);
    put(out, quota.until.ns);
    put_text(out, quota.channel);
  }
}

std::optional<PlanPart> decode_plan_part(std::span<const std::byte> payload) {
  Taker take(payload);
  PlanPart value;
  value.campaign.value = take.word<std::uint32_t>();
  const OfferIndex offer{take.word<std::uint32_t>()};
  if (take.flag()) {
    value.offer = offer;
  } else if (offer.value != 0) {
    return std::nullopt;
  }
  const auto list = take.word<std::uint8_t>();
  const auto count = take.word<std::uint16_t>();
  if (list > static_cast<std::uint8_t>(List::channel_quotas) || count == 0) return std::nullopt;
  value.list = List{list};
  const std::size_t text_max = value.list == List::schedule      ? kScheduleBytesMax
                               : value.list == List::offer_rules ? kOfferRuleBytesMax
                                                                 : kIdentifierBytesMax;
  for (std::size_t i = 0; i < count && take.ok(); ++i) {
    if (value.list == List::windows) {
      Window& window = value.windows.emplace_back();
      window.from.ns = take.word<std::int64_t>();
      window.to.ns = take.word<std::int64_t>();
    } else if (value.list == List::price_steps) {
      PriceLayer& step = value.price_steps.emplace_back();
      step.from.ns = take.word<std::int64_t>();
      step.to.ns = take.word<std::int64_t>();
      step.value = take.word<std::int64_t>();
      const auto kind = take.word<std::uint8_t>();
      if (kind > static_cast<std::uint8_t>(PriceLayer::Kind::discount)) return std::nullopt;
      step.kind = PriceLayer::Kind{kind};
    } else if (value.list == List::channel_quotas) {
      ChannelQuota& quota = value.channel_quotas.emplace_back();
      quota.units = take.word<std::int64_t>();
      quota.until.ns = take.word<std::int64_t>();
      quota.channel = take.sized_text(text_max);
      if (quota.channel.empty()) return std::nullopt;
    } else {
      value.texts.emplace_back(take.sized_text(text_max));
      if (value.texts.back().empty()) return std::nullopt;
    }
  }
  if (!take.done()) return std::nullopt;
  return value;
}

}  // namespace doorbuster
