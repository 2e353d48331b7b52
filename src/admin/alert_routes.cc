// What is raised now, and what was raised and cleared before.

#include <algorithm>
#include <utility>

#include "admin/routes.h"
#include "doorbuster/base/json_writer.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/http/query_reader.h"

namespace doorbuster {
namespace {

constexpr std::uint64_t kAlertsDefault = 100;
constexpr std::uint64_t kAlertsPerPageMax = 1'000;

void write_alert(JsonWriter& json, const Catalog& catalog, const AlertLog::Entry& entry) {
  const Alert& alert = entry.alert;
  json.begin_object();
  json.member("sequence", entry.sequence);
  json.member("at", alert.at);
  json.member("kind", alert_kind_name(alert.kind));
  json.member("event", alert.raised ? "raised" : "cleared");
  json.member("campaign", catalog.campaign(alert.campaign).definition.id);
  if (alert.offer) json.member("sku", catalog.offer(*alert.offer).definition.sku);
  json.member("allocated", alert.allocated);
  json.member("available", alert.available);
  json.member("held", alert.held);
  json.member("sold", alert.sold);
  json.end_object();
}

void write_alerts(JsonWriter& json, std::string_view name, const Catalog& catalog,
                  std::span<const AlertLog::Entry> entries) {
  json.begin_array(name);
  for (const AlertLog::Entry& entry : entries) write_alert(json, catalog, entry);
  json.end_array();
}

}  // namespace

void show_alerts(const Call& call) {
  std::string id;
  std::uint64_t after = 0, limit = kAlertsDefault;
  QueryReader query(call.http().query);
  query.identifier("campaign", id);
  const bool follows = query.integer("after", {}, after);
  query.integer("limit", {1, kAlertsPerPageMax}, limit);
  if (const std::string wrong = query.take_errors(); !wrong.empty()) {
    return call.refuse(Outcome::malformed_request, {.detail = wrong});
  }
  // What the log has before the catalog is asked for, the catalog has too.
  const AlertLog& log = call.state.runtime->alerts();
  const std::uint64_t oldest = log.oldest();
  std::vector<AlertLog::Entry> active = log.active(), history = log.after(after);
  const CatalogPointer catalog = call.catalog();
  // Nobody is told of another tenant's.
  const TenantId tenant = call.exchange.caller.tenant;
  const auto is_anothers = [&](const AlertLog::Entry& entry) {
    return catalog->campaign(entry.alert.campaign).definition.tenant != tenant;
  };
  std::uint64_t next = history.empty() ? after : history.back().sequence;
  std::erase_if(active, is_anothers);
  std::erase_if(history, is_anothers);
  if (!id.empty()) {
    const Campaign* campaign = catalog->find_campaign(tenant, id);
    if (campaign == nullptr) return call.refuse(Outcome::campaign_not_found);
    const auto is_of_another = [campaign](const AlertLog::Entry& entry) {
      return entry.alert.campaign != campaign->definition.campaign;
    };
    std::erase_if(active, is_of_another);
    std::erase_if(history, is_of_another);
  }
  const std::size_t active_total = active.size();
  active.resize(std::min<std::size_t>(active.size(), limit));
  const auto past =
      static_cast<std::ptrdiff_t>(history.size() - std::min<std::size_t>(history.size(), limit));
  if (!follows) {
    history.erase(history.begin(), history.begin() + past);
  } else if (past != 0) {
    history.erase(history.end() - past, history.end());
    next = history.back().sequence;
  }

  JsonWriter json;
  json.begin_object();
  json.member("server_time", call.now());
  write_alerts(json, "active", *catalog, active);
  json.member("active_total", active_total);
  write_alerts(json, "history", *catalog, history);
  json.member("oldest", oldest);
  json.member("next", next);
  json.end_object();
  call.exchange.answer(kJson, std::move(json).take());
}

}  // namespace doorbuster
