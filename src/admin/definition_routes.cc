// Campaigns as definitions: what a configuration file has of them, read, made, replaced, patched and
// withdrawn one by one.

#include <utility>

#include "admin/change.h"
#include "doorbuster/base/json_document.h"
#include "doorbuster/catalog/definition.h"

namespace doorbuster {
namespace {

// All that is wrong with a definition, a line each; malformed when it is no JSON at all.
void refuse_definition(const Call& call, std::string_view text, const std::vector<Diagnostic>& diagnostics) {
  std::string detail;
  for (const Diagnostic& diagnostic : diagnostics) {
    detail += (detail.empty() ? "" : "\n") + format_diagnostic("body", diagnostic);
  }
  call.refuse(JsonDocument::parse(text) ? Outcome::validation_failed : Outcome::malformed_request,
              {.detail = detail});
}

bool has_json_body(const Call& call) {
  if (call.exchange.has_json()) return true;
  call.refuse(Outcome::unsupported_media_type);
  return false;
}

PlannedChange plan_definition(const Call& call, const Catalog& catalog,
                              const std::vector<std::int64_t>& committed,
                              const CampaignConfiguration& configured) {
  auto planned = plan_put(catalog, committed, configured, call.state.runtime->orders_max());
  if (planned) return std::move(*planned);
  return tl::unexpected(ActionRefusal{Outcome::change_refused, planned.error().message, {}});
}

void put_definition(const Call& call, const Change& change, const CampaignConfiguration& configured) {
  change_campaign(call, change,
                  [&](const Catalog& catalog, const Campaign*, const std::vector<std::int64_t>& committed,
                      Tick) { return plan_definition(call, catalog, committed, configured); });
}

// The name of the tenant whose key it is.
std::string tenant_of(const Call& call) {
  return call.catalog()->tenant(call.tenant()).id;
}

// Nobody is told whether there is such another tenant.
bool is_own(const Call& call, const CampaignConfiguration& configured) {
  const std::string tenant = tenant_of(call);
  if (configured.tenant == tenant) return true;
  call.refuse(Outcome::validation_failed,
              {.detail = "\"tenant\" must be " + tenant + ", whose key this is; it may be left out."});
  return false;
}

bool is_named(const Call& call, const CampaignConfiguration& configured) {
  if (configured.id == call.campaign) return true;
  call.refuse(Outcome::validation_failed,
              {.detail = "The path names campaign " + std::string(call.campaign) + " and the body " +
                         configured.id + ": they must be the same."});
  return false;
}

}  // namespace

void show_definition(const Call& call) {
  const CatalogPointer catalog = call.catalog();
  const Campaign* campaign = catalog->find_campaign(call.tenant(), call.campaign);
  if (campaign == nullptr || !campaign->definition.listed) return call.refuse(Outcome::campaign_not_found);
  call.exchange.answer(kJson, definition_json(*catalog, campaign->definition.campaign),
                       etag_header(campaign->revision));
}

void create_campaign(const Call& call) {
  if (!has_json_body(call)) return;
  const ParsedDefinition parsed = parse_definition(call.http().body, tenant_of(call));
  if (!parsed.campaign) return refuse_definition(call, call.http().body, parsed.diagnostics);
  if (!is_own(call, *parsed.campaign)) return;
  const Call named = {call.state, call.exchange, parsed.campaign->id};
  change_campaign(named, {.action = "put", .takes_reason = true, .may_be_new = true},
                  [&](const Catalog& catalog, const Campaign* campaign,
                      const std::vector<std::int64_t>& committed, Tick) -> PlannedChange {
                    if (campaign != nullptr && campaign->definition.listed) {
                      return tl::unexpected(ActionRefusal{Outcome::campaign_exists, {}, {}});
                    }
                    return plan_definition(call, catalog, committed, *parsed.campaign);
                  });
}

void replace_campaign(const Call& call) {
  if (!has_json_body(call)) return;
  const ParsedDefinition parsed = parse_definition(call.http().body, tenant_of(call));
  if (!parsed.campaign) return refuse_definition(call, call.http().body, parsed.diagnostics);
  if (!is_named(call, *parsed.campaign) || !is_own(call, *parsed.campaign)) return;
  put_definition(call, {.action = "put", .takes_reason = true, .may_be_new = true, .needs_condition = true},
                 *parsed.campaign);
}

// Patched is what was there when the condition held: the revision says so when the change is planned.
void patch_campaign(const Call& call) {
  const bool is_json = call.exchange.has_json() || call.http().content_type == "application/merge-patch+json";
  if (!is_json) return call.refuse(Outcome::unsupported_media_type);
  const CatalogPointer catalog = call.catalog();
  const Campaign* campaign = catalog->find_campaign(call.tenant(), call.campaign);
  if (campaign == nullptr || !campaign->definition.listed) return call.refuse(Outcome::campaign_not_found);
  const std::uint64_t revision = campaign->revision;
  const auto text =
      merge_definition(definition_json(*catalog, campaign->definition.campaign), call.http().body);
  if (!text) return call.refuse(Outcome::malformed_request, {.detail = text.error().message});
  const ParsedDefinition parsed = parse_definition(*text, tenant_of(call));
  if (!parsed.campaign) return refuse_definition(call, *text, parsed.diagnostics);
  if (!is_named(call, *parsed.campaign) || !is_own(call, *parsed.campaign)) return;
  change_campaign(call, {.action = "patch", .takes_reason = true, .needs_condition = true},
                  [&](const Catalog& now, const Campaign* current, const std::vector<std::int64_t>& committed,
                      Tick) -> PlannedChange {
                    if (current->revision != revision) {
                      return tl::unexpected(ActionRefusal{Outcome::precondition_failed, {}, {}});
                    }
                    return plan_definition(call, now, committed, *parsed.campaign);
                  });
}

void remove_campaign(const Call& call) {
  change_campaign(call, {.action = "remove", .takes_reason = true, .needs_condition = true},
                  [](const Catalog& catalog, const Campaign* campaign, const auto&, Tick) -> PlannedChange {
                    return plan_remove(catalog, campaign->definition.campaign);
                  });
}

}  // namespace doorbuster
