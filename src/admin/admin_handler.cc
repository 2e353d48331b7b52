#include "doorbuster/admin/admin_handler.h"

#include <string>

#include "doorbuster/admin/metrics.h"
#include "doorbuster/base/check.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

constexpr std::string_view kCampaignPath = "/v1/admin/campaigns/";
constexpr std::string_view kText = "text/plain; charset=utf-8";

}  // namespace

Request* AdminHandler::handle(const HttpRequest& http, const RequestContext& context, std::string& out,
                              Outcome& outcome) {
  outcome = Outcome::ok;
  const ReplyFrame& frame = context.frame;
  const bool campaign = http.path.starts_with(kCampaignPath);
  const bool known = campaign || http.path == "/livez" || http.path == "/readyz" || http.path == "/healthz" ||
                     http.path == "/metrics" || http.path == "/openapi.json";
  if (!known) {
    outcome = Outcome::not_found;
    append_refusal(out, frame, outcome);
  } else if (http.method != Method::get && http.method != Method::head) {
    outcome = Outcome::method_not_allowed;
    append_refusal(out, frame, outcome, {.allow = "GET, HEAD"});
  } else if (campaign) {
    outcome = show_campaign(http.path.substr(kCampaignPath.size()), context, out);
  } else if (http.path == "/metrics") {
    append_reply(out, frame, 200, kMetricsContentType, render_metrics(state_));
  } else if (http.path == "/openapi.json") {
    append_reply(out, frame, 200, "application/json", openapi_document());
  } else if (http.path == "/readyz") {
    show_readiness(http, context, out);
  } else {
    append_reply(out, frame, 200, kText, "ok\n");  // this thread runs: the process lives
  }
  return nullptr;
}

Outcome AdminHandler::append_answer(const Request& request, const ReplyFrame&, std::string&) {
  DOORBUSTER_CHECK(false);  // handle() never asks a shard through a queue
  return request.outcome;
}

void AdminHandler::show_readiness(const HttpRequest& http, const RequestContext& context, std::string& out) {
  const bool journal_ok = !state_.runtime->failed();
  const bool open = state_.ready.load() && !state_.draining.load();
  const bool ready = journal_ok && open;
  std::string body = ready ? "ok\n" : "not ready\n";
  if (http.query == "verbose" || !ready) {
    body += journal_ok ? "[+]journal ok\n" : "[-]journal failed: " + state_.runtime->failure() + "\n";
    body += open ? "[+]listening ok\n" : "[-]listening: draining\n";
  }
  append_reply(out, context.frame, ready ? 200 : 503, kText, body);
}

Outcome AdminHandler::show_campaign(std::string_view id, const RequestContext& context, std::string& out) {
  const CatalogPointer catalog = state_.runtime->catalog();
  const Campaign* campaign = catalog->find_campaign(kDefaultTenant, id);
  if (campaign == nullptr) {
    append_refusal(out, context.frame, Outcome::campaign_not_found);
    return Outcome::campaign_not_found;
  }
  const auto stock = state_.runtime->stock(campaign->offers);
  if (!stock) {
    append_refusal(out, context.frame, Outcome::overloaded, {.detail = stock.error().message});
    return Outcome::overloaded;
  }
  const CampaignPut& put = campaign->definition;
  const Tick now = state_.clock->wall_now();
  std::string body = "{\"id\":\"" + put.id + "\",\"name\":";
  append_json_string(body, put.name);
  body += ",\"currency\":\"" + put.currency + "\",\"state\":\"";
  body += campaign_state_name(campaign_phase(put, now).state);
  body += "\",\"server_time\":\"" + format_rfc3339(now) + "\",\"starts_at\":\"" +
          format_rfc3339(put.starts_at) + "\",\"ends_at\":\"" + format_rfc3339(put.ends_at) +
          "\",\"hold_seconds\":" + std::to_string(put.hold_seconds) +
          ",\"hold_max_seconds\":" + std::to_string(put.hold_max_seconds) +
          ",\"limit_per_buyer\":" + std::to_string(put.limit_per_buyer) +
          ",\"limit_per_buyer_total\":" + std::to_string(put.limit_per_buyer_total) +
          ",\"on_payment_failed\":\"" + std::string(payment_failure_name(put.on_payment_failed)) +
          "\",\"grace_seconds\":" + std::to_string(put.grace_seconds) +
          ",\"waitlist\":" + (put.waitlist ? "true" : "false") +
          ",\"offer_seconds\":" + std::to_string(put.offer_seconds) +
          ",\"listed\":" + (put.listed ? "true" : "false") + ",\"offers\":[";
  for (std::size_t i = 0; i < campaign->offers.size(); ++i) {
    const Offer& planned = catalog->offer(campaign->offers[i]);
    const OfferPut& offer = planned.definition;
    const OfferStock& units = (*stock)[i];
    if (i != 0) body += ',';
    body += "{\"sku\":\"" + offer.sku + "\",\"price\":" + std::to_string(planned.price(now)) +
            ",\"list_price\":" + std::to_string(offer.list_price) +
            ",\"allocated\":" + std::to_string(units.allocated) +
            ",\"available\":" + std::to_string(units.available) + ",\"held\":" + std::to_string(units.held) +
            ",\"sold\":" + std::to_string(units.sold) + "}";
  }
  body += "]}";
  append_reply(out, context.frame, 200, "application/json", body);
  return Outcome::ok;
}

}  // namespace doorbuster
