#include "stream/event_text.h"

#include <array>
#include <charconv>
#include <utility>

#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

constexpr std::array<std::string_view, 5> kShowings = {"on_sale", "all_held", "sold_out", "not_on_sale",
                                                       "withdrawn"};

void append_number(std::string& out, std::int64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

// Identifiers and words of our own: nothing to escape.
void append_word(std::string& out, std::string_view member, std::string_view word) {
  out += '"';
  out += member;
  out += "\":\"";
  out += word;
  out += '"';
}

void append_time(std::string& out, std::string_view member, Tick time) {
  append_word(out, member, format_rfc3339(time));
}

// As GET /v1/campaigns has it: rounded up, and zero when it is in the past.
void append_ms_until(std::string& out, std::string_view member, Tick tick, Tick now) {
  out += '"';
  out += member;
  out += "\":";
  append_number(out, tick <= now ? 0 : (tick.ns - now.ns - 1) / kNsPerMillisecond + 1);
}

void append_countdown(std::string& out, const Window& window, Tick now) {
  append_ms_until(out, "starts_in_ms", window.from, now);
  out += ',';
  append_ms_until(out, "ends_in_ms", window.to, now);
}

void append_campaign_members(std::string& out, const CampaignPut& put, const CampaignView& view) {
  append_word(out, "campaign", put.id);
  out += ",\"name\":";
  append_json_string(out, put.name);
  out += ',';
  append_word(out, "currency", put.currency);
  out += ',';
  append_word(out, "state", campaign_state_name(view.phase.state));
  out += ',';
  append_time(out, "starts_at", view.phase.window.from);
  out += ',';
  append_time(out, "ends_at", view.phase.window.to);
}

void begin_item(std::string& out) {
  if (out.back() != '[') out += ',';
  out += '{';
}

}  // namespace

void begin_event(std::string& out, std::string_view name) {
  out += "event: ";
  out += name;
  out += "\ndata: ";
}

void append_campaign_event(std::string& out, const CampaignPut& put, const CampaignView& view, Tick now) {
  begin_event(out, "campaign");
  out += '{';
  if (view.listed) {
    append_campaign_members(out, put, view);
    out += ',';
    append_countdown(out, view.phase.window, now);
  } else {
    append_word(out, "campaign", put.id);
    out += ',';
    append_word(out, "state", "withdrawn");
  }
  out += ',';
  append_time(out, "server_time", now);
  out += "}\n";
}

void begin_snapshot_event(std::string& out, const CampaignPut& put, const CampaignView& view,
                          std::size_t page, std::size_t pages) {
  begin_event(out, "snapshot");
  out += '{';
  append_campaign_members(out, put, view);
  out += ",\"page\":";
  append_number(out, static_cast<std::int64_t>(page));
  out += ",\"pages\":";
  append_number(out, static_cast<std::int64_t>(pages));
  out += ",\"offers\":[";
}

void begin_offers_event(std::string& out, const CampaignPut& put, Tick now) {
  begin_event(out, "offers");
  out += '{';
  append_word(out, "campaign", put.id);
  out += ',';
  append_time(out, "server_time", now);
  out += ",\"offers\":[";
}

void append_offer(std::string& out, const OfferPut& put, const OfferView& view, unsigned members) {
  begin_item(out);
  append_word(out, "sku", put.sku);
  if ((members & kPriceMember) != 0) {
    out += ",\"price\":";
    append_number(out, view.price);
  }
  if ((members & kListPriceMember) != 0) {
    out += ",\"list_price\":";
    append_number(out, put.list_price);
  }
  if ((members & kAvailabilityMember) != 0) {
    out += ',';
    append_word(out, "availability", kShowings[static_cast<std::size_t>(view.showing)]);
  }
  if ((members & kRemainingMember) != 0) {
    out += ",\"remaining\":";
    if (view.remaining == OfferView::kNotShown) {
      out += "null";  // it is not shown any more
    } else {
      append_number(out, view.remaining);
    }
  }
  out += '}';
}

void end_offers_event(std::string& out) {
  out += "]}\n";
}

void begin_tick_event(std::string& out, Tick now) {
  begin_event(out, "tick");
  out += '{';
  append_time(out, "server_time", now);
  out += ",\"campaigns\":[";
}

void append_tick_campaign(std::string& out, const CampaignPut& put, const CampaignView& view, Tick now) {
  begin_item(out);
  append_word(out, "campaign", put.id);
  out += ',';
  append_word(out, "state", campaign_state_name(view.phase.state));
  out += ',';
  append_countdown(out, view.phase.window, now);
  out += '}';
}

void append_alert_event(std::string& out, const Catalog& catalog, const Alert& alert) {
  begin_event(out, "alert");
  out += '{';
  append_word(out, "kind", alert_kind_name(alert.kind));
  out += alert.raised ? ",\"raised\":true," : ",\"raised\":false,";
  append_word(out, "campaign", catalog.campaign(alert.campaign).definition.id);
  if (alert.offer) {
    out += ',';
    append_word(out, "sku", catalog.offer(*alert.offer).definition.sku);
  }
  out += ',';
  append_time(out, "at", alert.at);
  for (const auto& [member, units] : {std::pair{"allocated", alert.allocated},
                                      {"available", alert.available},
                                      {"held", alert.held},
                                      {"sold", alert.sold}}) {
    out += ",\"";
    out += member;
    out += "\":";
    append_number(out, units);
  }
  out += "}\n";
}

}  // namespace doorbuster
