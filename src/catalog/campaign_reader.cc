#include "catalog/campaign_reader.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <utility>

#include "catalog/item_reader.h"
#include "catalog/offer_rule_reader.h"
#include "catalog/price_reader.h"
#include "catalog/quota_reader.h"
#include "catalog/schedule_reader.h"
#include "catalog/time_reader.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kLimitPerBuyerMax = 1'000'000'000;
constexpr std::int64_t kLimitPerBuyerTotalMax = 1'000'000;

constexpr std::pair<std::string_view, PaymentFailure> kPaymentFailures[] = {
    {"release", PaymentFailure::release}, {"keep", PaymentFailure::keep}, {"grace", PaymentFailure::grace}};

// Who may buy: names, each once.
void read_names(JsonReader& reader, const JsonNode& node, std::vector<std::string>& names) {
  reader.array(node, {1, kAudienceNamesMax},
               [&](const JsonNode& name) { reader.identifier(name, names.emplace_back()); });
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end() && !twice->empty()) reader.error(node, quoted(*twice) + " is there twice");
}

template <typename Configured, auto List>
void read_audience(JsonReader& reader, const JsonNode& node, Configured& configured) {
  read_names(reader, node, configured.plan.audience.*List);
}

template <typename Configured>
void read_low_stock_percent(JsonReader& reader, const JsonNode& node, Configured& configured) {
  std::int64_t basis_points = 0;
  if (!reader.decimal(node, {0, kBasisPointsMax, kPercentDecimals, "percent"}, basis_points)) return;
  configured.plan.low_stock.basis_points = static_cast<std::uint32_t>(basis_points);
}

template <typename Configured>
void read_low_stock_units(JsonReader& reader, const JsonNode& node, Configured& configured) {
  reader.integer(node, {0, kStockMax, "units"}, configured.plan.low_stock.units);
}

constexpr JsonMember<OfferConfiguration> kOfferMembers[] = {
    {"sku", Presence::required,
     [](JsonReader& r, const JsonNode& n, OfferConfiguration& o) { r.identifier(n, o.sku); }},
    {"stock", Presence::required,
     [](JsonReader& r, const JsonNode& n, OfferConfiguration& o) {
       r.integer(n, {0, kStockMax, "units"}, o.stock);
     }},
    {"list_price", Presence::optional,
     [](JsonReader& r, const JsonNode& n, OfferConfiguration& o) {
       r.integer(n, {0, kPriceMax, "minor units"}, o.list_price);
     }},
    {"price", Presence::required,
     [](JsonReader& r, const JsonNode& n, OfferConfiguration& o) {
       r.integer(n, {0, kPriceMax, "minor units"}, o.price);
     }},
    {"price_steps", Presence::optional,
     [](JsonReader& r, const JsonNode& n, OfferConfiguration& o) {
       read_price_steps(r, n, PriceStepsOf::offer, o.plan.price_steps);
     }},
    {"regions", Presence::optional, read_audience<OfferConfiguration, &Audience::regions>},
    {"segments", Presence::optional, read_audience<OfferConfiguration, &Audience::segments>},
    {"channels", Presence::optional, read_audience<OfferConfiguration, &Audience::channels>},
    {"low_stock_percent", Presence::optional, read_low_stock_percent<OfferConfiguration>},
    {"low_stock_units", Presence::optional, read_low_stock_units<OfferConfiguration>},
    {"channel_quotas", Presence::optional,
     [](JsonReader& r, const JsonNode& n, OfferConfiguration& o) {
       read_channel_quotas(r, n, o.plan.channel_quotas);
       refuse_repeated(r, n, "channel", "channel");
     }},
};

void read_offer(JsonReader& reader, const JsonNode& node, OfferConfiguration& offer) {
  reader.object(node, kOfferMembers, offer);
  if (node.find("list_price") == nullptr) offer.list_price = offer.price;
  const JsonNode* list_price = reader.sound(node, "list_price");
  if (list_price != nullptr && reader.sound(node, "price") != nullptr && offer.list_price < offer.price) {
    reader.error(*list_price, "list_price " + std::to_string(offer.list_price) + " is below price " +
                                  std::to_string(offer.price) + ": it must be at least the price");
  }
  check_channel_quotas(reader, node, offer);
}

void read_offers(JsonReader& reader, const JsonNode& node, CampaignConfiguration& campaign) {
  reader.array(node, {0, kOffersMax},
               [&](const JsonNode& offer) { read_offer(reader, offer, campaign.offers.emplace_back()); });
  refuse_repeated(reader, node, "sku", "SKU");
}

// A schedule says when the campaign sells; nothing else does then.
void read_windows(JsonReader& reader, const JsonNode& node, CampaignConfiguration& campaign) {
  ScheduleConfiguration schedule;
  CompiledSchedule compiled;
  read_schedule(reader, node, schedule, compiled);
  if (compiled.windows.empty()) return;
  campaign.starts_at = compiled.windows.front().from;
  campaign.ends_at = compiled.windows.back().to;
  campaign.schedule_is_cut = compiled.cut;
  campaign.plan.schedule = schedule_json(schedule);
  DOORBUSTER_CHECK(campaign.plan.schedule.size() <= kScheduleBytesMax);
  if (compiled.windows.size() > 1) campaign.plan.windows = std::move(compiled.windows);
}

template <auto Field, std::int64_t Min>
void read_span(JsonReader& reader, const JsonNode& node, CampaignConfiguration& campaign) {
  reader.integer(node, {Min, kHoldSecondsMax, "seconds"}, campaign.*Field);
}

template <auto Field, std::int64_t Max>
void read_limit(JsonReader& reader, const JsonNode& node, CampaignConfiguration& campaign) {
  reader.integer(node, {0, Max, "units"}, campaign.*Field);
}

template <auto Field>
void read_flag(JsonReader& reader, const JsonNode& node, CampaignConfiguration& campaign) {
  reader.boolean(node, campaign.*Field);
}

constexpr JsonMember<CampaignConfiguration> kCampaignMembers[] = {
    {"id", Presence::required,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) { r.identifier(n, c.id); }},
    {"name", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) {
       r.string(n, {1, kNameBytesMax}, c.name);
     }},
    {"currency", Presence::required,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) { read_currency(r, n, c.currency); }},
    {"starts_at", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) { read_time(r, n, c.starts_at); }},
    {"ends_at", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) { read_time(r, n, c.ends_at); }},
    {"schedule", Presence::optional, read_windows},
    {"hold_seconds", Presence::optional, read_span<&CampaignConfiguration::hold_seconds, 0>},
    {"hold_max_seconds", Presence::optional, read_span<&CampaignConfiguration::hold_max_seconds, 0>},
    {"limit_per_buyer", Presence::optional,
     read_limit<&CampaignConfiguration::limit_per_buyer, kLimitPerBuyerMax>},
    {"limit_per_buyer_total", Presence::optional,
     read_limit<&CampaignConfiguration::limit_per_buyer_total, kLimitPerBuyerTotalMax>},
    {"on_payment_failed", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) {
       r.choice(n, kPaymentFailures, c.on_payment_failed);
     }},
    {"grace_seconds", Presence::optional, read_span<&CampaignConfiguration::grace_seconds, 1>},
    {"waitlist", Presence::optional, read_flag<&CampaignConfiguration::waitlist>},
    {"offer_seconds", Presence::optional, read_span<&CampaignConfiguration::offer_seconds, 1>},
    {"show_remaining", Presence::optional, read_flag<&CampaignConfiguration::show_remaining>},
    {"from_pool", Presence::optional, read_flag<&CampaignConfiguration::from_pool>},
    {"arm_seconds", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) {
       r.integer(n, {0, kArmSecondsMax, "seconds"}, c.arm_seconds);
     }},
    {"price_steps", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) {
       read_price_steps(r, n, PriceStepsOf::campaign, c.plan.price_steps);
     }},
    {"rounding", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) {
       read_rounding(r, n, c.plan.price_form.rounding);
     }},
    {"ending", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) {
       read_price_ending(r, n, c.plan.price_form.ending);
     }},
    {"price_floor", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) {
       read_price_floor(r, n, c.plan.price_form.floor);
     }},
    {"regions", Presence::optional, read_audience<CampaignConfiguration, &Audience::regions>},
    {"segments", Presence::optional, read_audience<CampaignConfiguration, &Audience::segments>},
    {"channels", Presence::optional, read_audience<CampaignConfiguration, &Audience::channels>},
    {"tenant", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) { r.identifier(n, c.tenant); }},
    {"low_stock_percent", Presence::optional, read_low_stock_percent<CampaignConfiguration>},
    {"low_stock_units", Presence::optional, read_low_stock_units<CampaignConfiguration>},
    {"offer_rules", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) {
       read_offer_rules(r, n, c.plan.offer_rules);
     }},
    {"offers", Presence::optional, read_offers},
};

// What was asked for and means nothing where a buy is final at once. What says the default is no mistake.
void refuse_without_holds(JsonReader& reader, const JsonNode& node, const CampaignConfiguration& campaign) {
  const auto refuse_if = [&](bool asked, std::string_view key, std::string_view why) {
    const JsonNode* value = reader.sound(node, key);
    if (!asked || value == nullptr) return;
    reader.error(*value, std::string(key) + " needs holds, " + std::string(why) +
                             ": set hold_seconds above 0, or leave " + std::string(key) + " out");
  };
  refuse_if(campaign.hold_max_seconds > 0, "hold_max_seconds", "there is nothing to extend without them");
  const std::string_view nothing_fails = "a buy is final at once without them";
  refuse_if(campaign.on_payment_failed != PaymentFailure::release, "on_payment_failed", nothing_fails);
  refuse_if(true, "grace_seconds", nothing_fails);
  refuse_if(campaign.waitlist, "waitlist", "no unit comes back without them");
}

// Where two keys of a hold's life must fit together. What was left out follows hold_seconds.
void read_hold_rules(JsonReader& reader, const JsonNode& node, CampaignConfiguration& campaign) {
  const auto is_unsound = [&](std::string_view key) {
    return node.find(key) != nullptr && reader.sound(node, key) == nullptr;
  };
  const JsonNode* max = reader.sound(node, "hold_max_seconds");
  if (!is_unsound("hold_seconds")) {
    if (campaign.hold_seconds == 0) {
      refuse_without_holds(reader, node, campaign);
    } else if (max != nullptr && campaign.hold_max_seconds < campaign.hold_seconds) {
      reader.error(*max, "hold_max_seconds " + std::to_string(campaign.hold_max_seconds) +
                             " is below hold_seconds " + std::to_string(campaign.hold_seconds) +
                             ": it must be at least as long");
    }
  }
  const JsonNode* failed = reader.sound(node, "on_payment_failed");
  const JsonNode* grace = reader.sound(node, "grace_seconds");
  const bool has_grace = campaign.on_payment_failed == PaymentFailure::grace;
  if (failed != nullptr && has_grace && node.find("grace_seconds") == nullptr) {
    reader.error(*failed, "\"grace\" needs grace_seconds: add how long a buyer has to pay in another way");
  } else if (grace != nullptr && !has_grace && !is_unsound("on_payment_failed")) {
    reader.error(*grace,
                 "grace_seconds goes with \"on_payment_failed\": \"grace\": set that, or leave "
                 "grace_seconds out");
  }
  const JsonNode* offer = reader.sound(node, "offer_seconds");
  if (offer != nullptr && !campaign.waitlist && !is_unsound("waitlist")) {
    reader.error(*offer, "offer_seconds goes with \"waitlist\": true: set that, or leave offer_seconds out");
  }
  if (node.find("hold_max_seconds") == nullptr) campaign.hold_max_seconds = campaign.hold_seconds;
  if (offer == nullptr) campaign.offer_seconds = campaign.hold_seconds;
}

// Without the pool there is nothing to take out of it, however early.
void check_arming(JsonReader& reader, const JsonNode& node, const CampaignConfiguration& campaign) {
  const JsonNode* seconds = reader.sound(node, "arm_seconds");
  const JsonNode* from_pool = node.find("from_pool");
  const bool is_known = from_pool == nullptr || reader.sound(node, "from_pool") != nullptr;
  if (seconds == nullptr || campaign.from_pool || !is_known) return;
  reader.error(*seconds, "arm_seconds goes with \"from_pool\": true: set that, or leave arm_seconds out");
}

// A campaign sells something: what it says itself, or what its rules come to, which may be nothing yet.
void check_offers(JsonReader& reader, const JsonNode& node) {
  if (!node.is(JsonType::object) || node.find("offer_rules") != nullptr) return;
  const JsonNode* offers = node.find("offers");
  if (offers == nullptr) {
    reader.error(node, "\"offers\" is missing (or \"offer_rules\" that make them)");
  } else if (offers->is(JsonType::array) && offers->children().empty()) {
    reader.error(*offers, "must have at least 1 element, not 0");
  }
}

// A tenant has one campaign of an id; another may have its own.
void refuse_repeated_campaigns(JsonReader& reader, const JsonNode& array,
                               const std::vector<CampaignConfiguration>& campaigns) {
  boost::unordered_flat_map<std::string, const JsonNode*> first;
  auto campaign = campaigns.begin();
  for (const JsonNode& element : array.children()) {
    const CampaignConfiguration& read = *campaign++;
    const JsonNode* id = reader.sound(element, "id");
    if (id == nullptr) continue;
    const auto [seen, fresh] = first.emplace(read.tenant + '\n' + read.id, id);
    if (fresh) continue;
    reader.error(*id, quoted(read.id) + " is the id of the campaign of line " +
                          std::to_string(reader.position(seen->second->offset()).line) + " already");
  }
}

}  // namespace

void refuse_repeated(JsonReader& reader, const JsonNode& array, std::string_view key, std::string_view what) {
  boost::unordered_flat_map<std::string_view, const JsonNode*> first;
  for (const JsonNode& element : array.children()) {
    const JsonNode* name = reader.sound(element, key);
    if (name == nullptr) continue;
    const auto [seen, fresh] = first.emplace(name->string(), name);
    if (fresh) continue;
    reader.error(*name, quoted(name->string()) + " is the " + std::string(what) + " of line " +
                            std::to_string(reader.position(seen->second->offset()).line) + " already");
  }
}

void read_campaign(JsonReader& reader, const JsonNode& node, CampaignConfiguration& campaign) {
  reader.object(node, kCampaignMembers, campaign);
  if (node.find("name") == nullptr) campaign.name = campaign.id;
  for (const std::string_view key : {"starts_at", "ends_at"}) {
    const JsonNode* member = node.find(key);
    if (node.find("schedule") == nullptr) {
      if (node.is(JsonType::object) && member == nullptr) {
        reader.error(node, quoted(key) + " is missing (or a \"schedule\" instead of starts_at and ends_at)");
      }
    } else if (member != nullptr) {
      reader.error(*member,
                   std::string(key) + " and schedule both say when the campaign sells: leave one out");
    }
  }
  const JsonNode* ends_at = node.find("schedule") == nullptr ? reader.sound(node, "ends_at") : nullptr;
  if (ends_at != nullptr && reader.sound(node, "starts_at") != nullptr &&
      campaign.ends_at <= campaign.starts_at) {
    reader.error(*ends_at, "ends_at " + format_rfc3339(campaign.ends_at) + " is not after starts_at " +
                               format_rfc3339(campaign.starts_at));
  }
  read_hold_rules(reader, node, campaign);
  check_arming(reader, node, campaign);
  check_offers(reader, node);
}

void read_campaigns(JsonReader& reader, const JsonNode& node, std::vector<CampaignConfiguration>& campaigns) {
  reader.array(node, {0, kCampaignsMax},
               [&](const JsonNode& campaign) { read_campaign(reader, campaign, campaigns.emplace_back()); });
  if (node.is(JsonType::array)) refuse_repeated_campaigns(reader, node, campaigns);
  std::size_t offers = 0;
  for (const CampaignConfiguration& campaign : campaigns) offers += campaign.offers.size();
  if (offers > kOffersMax) {
    reader.error(node, "there are " + std::to_string(offers) + " offers in all campaigns together, at most " +
                           std::to_string(kOffersMax) + " are possible");
  }
}

void add_campaign_keys(std::string_view under, std::vector<std::string>& keys) {
  add_keys(under, kCampaignMembers, keys);
  const std::string offer = std::string(under) + "/offers/*";
  add_keys(offer, kOfferMembers, keys);
  add_offer_rule_keys(std::string(under) + "/offer_rules/*", keys);
  add_schedule_keys(std::string(under) + "/schedule", keys);
  add_price_step_keys(std::string(under) + "/price_steps/*", PriceStepsOf::campaign, keys);
  add_price_step_keys(offer + "/price_steps/*", PriceStepsOf::offer, keys);
  add_channel_quota_keys(offer + "/channel_quotas/*", keys);
}

}  // namespace doorbuster
