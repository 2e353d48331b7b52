#include <string>
#include <string_view>

#include "doorbuster/base/text.h"
#include "doorbuster/http/exchange.h"
#include "doorbuster/http/public_handler.h"

namespace doorbuster {
namespace {

constexpr std::string_view kJson = "application/json";

std::string_view availability_name(Availability availability) {
  switch (availability) {
    case Availability::all_held:
      return "all_held";
    case Availability::sold_out:
      return "sold_out";
    case Availability::stopped:
      return "not_on_sale";
    default:
      return "on_sale";
  }
}

// Rounded up: a countdown that shows zero is over. Zero when it is in the past.
std::int64_t ms_until(Tick tick, Tick now) {
  return tick <= now ? 0 : (tick.ns - now.ns + kNsPerMillisecond - 1) / kNsPerMillisecond;
}

}  // namespace

void PublicHandler::append_campaign(std::string& body, const Campaign& campaign, Tick now) {
  const CampaignPut& put = campaign.definition;
  const auto [state, window] = campaign_phase(put, now);
  body += "{\"id\":\"" + put.id + "\",\"name\":";
  append_json_string(body, put.name);
  body += ",\"currency\":\"" + put.currency + "\",\"state\":\"";
  body += campaign_state_name(state);
  body +=
      "\",\"starts_at\":\"" + format_rfc3339(window.from) + "\",\"ends_at\":\"" + format_rfc3339(window.to);
  body += "\",\"starts_in_ms\":" + std::to_string(ms_until(window.from, now));
  body += ",\"ends_in_ms\":" + std::to_string(ms_until(window.to, now));
  body += ",\"limit_per_buyer\":" + std::to_string(put.limit_per_buyer) + ",\"offers\":[";
  bool first = true;
  for (const OfferIndex index : campaign.offers) {
    const Offer& planned = door_.catalog().offer(index);
    const OfferPut& offer = planned.definition;
    if (!first) body += ',';
    first = false;
    body += "{\"sku\":\"" + offer.sku + "\",\"price\":" + std::to_string(planned.price(now)) +
            ",\"list_price\":" + std::to_string(offer.list_price) + ",\"availability\":\"";
    body +=
        state == CampaignState::active ? availability_name(door_.board().availability(index)) : "not_on_sale";
    body += '"';
    if (put.show_remaining) body += ",\"remaining\":" + std::to_string(door_.board().remaining(index));
    body += '}';
  }
  body += ']';
}

Request* PublicHandler::show_campaign(const Exchange& exchange, std::string_view id) {
  const Campaign* campaign = door_.catalog().find_campaign(exchange.caller.tenant, id);
  if (campaign == nullptr || !campaign->definition.listed) {
    return exchange.refuse(Outcome::campaign_not_found);
  }
  if (is_shed(exchange, kReadTurnMsMax)) return nullptr;
  const Tick now = clock_.wall_now();
  std::string body;
  append_campaign(body, *campaign, now);
  body += ",\"server_time\":\"" + format_rfc3339(now) + "\"}";
  return exchange.answer(kJson, body);
}

Request* PublicHandler::list_campaigns(const Exchange& exchange, std::string_view) {
  if (is_shed(exchange, kReadTurnMsMax)) return nullptr;
  const Tick now = clock_.wall_now();
  std::string body = "{\"server_time\":\"" + format_rfc3339(now) + "\",\"campaigns\":[";
  bool first = true;
  for (const Campaign& campaign : door_.catalog().campaigns()) {
    if (!campaign.definition.listed || campaign.definition.tenant != exchange.caller.tenant) continue;
    if (!first) body += ',';
    first = false;
    append_campaign(body, campaign, now);
    body += '}';
  }
  body += "]}";
  return exchange.answer(kJson, body);
}

}  // namespace doorbuster
