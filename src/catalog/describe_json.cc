#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string_view>

#include "catalog/description.h"
#include "doorbuster/catalog/schedule.h"

namespace doorbuster {
namespace {

namespace json = boost::json;

json::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}

json::value next_value(const NextEvent& event) {
  if (event.campaign == nullptr) return nullptr;
  json::object value;
  value["campaign"] = view(event.campaign->id);
  value["at"] = view(format_rfc3339(event.at));
  value["at_local"] = view(format_local(event.at));
  return value;
}

// The windows that are not over.
json::object schedule_value(const CampaignConfiguration& campaign, Tick now) {
  const std::string zone = schedule_zone(campaign.plan.schedule);
  json::object value;
  value["zone"] = view(zone);
  value["is_cut"] = campaign.schedule_is_cut;
  json::array& windows = value["windows"].emplace_array();
  for (const Window& window : selling_windows(campaign_put_of(campaign))) {
    if (window.to <= now) continue;
    windows.push_back(json::object{{"starts_at", view(format_rfc3339(window.from))},
                                   {"starts_at_local", view(format_local(window.from, zone))},
                                   {"ends_at", view(format_rfc3339(window.to))},
                                   {"ends_at_local", view(format_local(window.to, zone))}});
  }
  return value;
}

json::array by_rule_values(const CampaignSummary& summary) {
  json::array values;
  values.reserve(summary.by_rule.size());
  for (const auto& [offer, lowest] : summary.by_rule) {
    values.push_back(
        json::object{{"sku", view(offer->sku)},
                     {"list_price", offer->list_price},
                     {"rule", offer->rule},
                     {"discount_basis_points", summary.rules[offer->rule - 1U].discount_basis_points},
                     {"price", offer->price},
                     {"lowest_price", lowest},
                     {"units", offer->stock}});
  }
  return values;
}

json::array quota_values(const CampaignConfiguration& campaign) {
  json::array values;
  for (const OfferConfiguration& offer : campaign.offers) {
    for (const ChannelQuota& quota : offer.plan.channel_quotas) {
      values.push_back(json::object{{"sku", view(offer.sku)},
                                    {"channel", view(quota.channel)},
                                    {"units", quota.units},
                                    {"until", view(format_rfc3339(quota.until))},
                                    {"until_local", view(format_local(quota.until))}});
    }
  }
  return values;
}

json::object campaign_value(const CampaignSummary& summary, Tick now) {
  const CampaignConfiguration& campaign = *summary.campaign;
  json::object value;
  value["id"] = view(campaign.id);
  value["name"] = view(campaign.name);
  value["state"] = view(campaign_state_name(summary.state));
  value["currency"] = view(campaign.currency);
  value["starts_at"] = view(format_rfc3339(summary.window.from));
  value["starts_at_local"] = view(format_local(summary.window.from));
  value["ends_at"] = view(format_rfc3339(summary.window.to));
  value["ends_at_local"] = view(format_local(summary.window.to));
  if (!campaign.plan.schedule.empty()) value["schedule"] = schedule_value(campaign, now);
  value["hold_seconds"] = campaign.hold_seconds;
  value["hold_max_seconds"] = campaign.hold_max_seconds;
  value["on_payment_failed"] = view(payment_failure_name(campaign.on_payment_failed));
  value["grace_seconds"] = campaign.grace_seconds;
  value["waitlist"] = campaign.waitlist;
  value["offer_seconds"] = campaign.offer_seconds;
  value["limit_per_buyer"] = campaign.limit_per_buyer;
  value["limit_per_buyer_total"] = campaign.limit_per_buyer_total;
  value["offers"] = campaign.offers.size();
  value["units"] = summary.units;
  if (!summary.rules.empty()) value["offers_by_rule"] = by_rule_values(summary);
  value["stock_backing"] = summary.arms_at ? "pool" : "own";
  if (summary.arms_at) {
    value["arms_at"] = view(format_rfc3339(*summary.arms_at));
    value["arms_at_local"] = view(format_local(*summary.arms_at));
  }
  value["channel_quotas"] = quota_values(campaign);
  json::value& lowest = value["lowest_price"];
  if (summary.lowest != nullptr)
    lowest = {{"sku", view(summary.lowest->sku)}, {"price", summary.lowest_price}};
  json::value& discount = value["biggest_discount"];
  if (summary.discount != nullptr) {
    discount = {
        {"sku", view(summary.discount->sku)},
        {"list_price", summary.discount->list_price},
        {"price", summary.discount_price},
        {"basis_points", discount_basis_points(summary.discount->list_price, summary.discount_price)}};
  }
  return value;
}

json::object overlap_value(const Overlap& overlap) {
  json::object value;
  value["sku"] = view(overlap.sku);
  value["campaigns"] = json::array{view(overlap.first->id), view(overlap.second->id)};
  value["from"] = view(format_rfc3339(overlap.from));
  value["until"] = view(format_rfc3339(overlap.until));
  return value;
}

json::array error_values(const std::vector<Diagnostic>& diagnostics) {
  json::array values;
  for (const Diagnostic& diagnostic : diagnostics) {
    json::object& value = values.emplace_back(json::object()).as_object();
    value["pointer"] = view(diagnostic.pointer);
    value["line"] = diagnostic.line;
    value["column"] = diagnostic.column;
    value["message"] = view(diagnostic.message);
  }
  return values;
}

}  // namespace

std::string describe_configuration_json(const ParsedConfiguration& parsed, Tick now) {
  json::object value;
  value["valid"] = parsed.configuration.has_value();
  value["errors"] = error_values(parsed.diagnostics);
  if (parsed.configuration) {
    const Description description = describe(*parsed.configuration, now);
    value["now"] = view(format_rfc3339(now));
    value["offers"] = description.offers;
    value["units"] = description.units;
    value["next_start"] = next_value(description.next_start);
    value["next_end"] = next_value(description.next_end);
    json::array& campaigns = value["campaigns"].emplace_array();
    for (const CampaignSummary& summary : description.campaigns)
      campaigns.push_back(campaign_value(summary, now));
    json::array& overlaps = value["overlaps"].emplace_array();
    for (const Overlap& overlap : description.overlaps) overlaps.push_back(overlap_value(overlap));
    value["more_overlaps"] = description.more_overlaps;
    json::array& warnings = value["warnings"].emplace_array();
    for (const std::string& warning : description.warnings) warnings.push_back(view(warning));
    const ServerOptions& server = parsed.configuration->server;
    const std::string exposed =
        exposed_without_keys(server.listen, server.admin, parsed.configuration->api_keys);
    if (!exposed.empty()) warnings.push_back(view(exposed));
  }
  return json::serialize(value);
}

}  // namespace doorbuster
