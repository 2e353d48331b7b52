#include <algorithm>
#include <optional>

#include "catalog/definition_writer.h"
#include "catalog/item_writer.h"
#include "doorbuster/catalog/definition.h"

namespace doorbuster {
namespace {

// In the order of the reader's table.
void append_server(std::string& out, const ServerOptions& server, JsonLayout layout) {
  const ServerOptions usual;
  JsonObjectWriter object(out, layout);
  const auto unless_usual = [&](std::string_view key, auto field) {
    if (server.*field != usual.*field) object.member(key, server.*field);
  };
  unless_usual("listen", &ServerOptions::listen);
  unless_usual("admin", &ServerOptions::admin);
  unless_usual("data_dir", &ServerOptions::data_dir);
  unless_usual("cores", &ServerOptions::cores);
  if (server.acknowledge != usual.acknowledge) {
    object.member("acknowledge", acknowledge_name(server.acknowledge));
  }
  if (server.wiring != usual.wiring) object.member("wiring", wiring_name(server.wiring));
  unless_usual("max_body_bytes", &ServerOptions::max_body_bytes);
  unless_usual("max_connections", &ServerOptions::max_connections);
  unless_usual("max_pipeline", &ServerOptions::max_pipeline);
  unless_usual("max_orders", &ServerOptions::max_orders);
  unless_usual("order_retention_seconds", &ServerOptions::order_retention_seconds);
  unless_usual("segment_bytes", &ServerOptions::segment_bytes);
  unless_usual("checkpoint_segments", &ServerOptions::checkpoint_segments);
  unless_usual("journal_retention_seconds", &ServerOptions::journal_retention_seconds);
  unless_usual("header_timeout_ms", &ServerOptions::header_timeout_ms);
  unless_usual("body_timeout_ms", &ServerOptions::body_timeout_ms);
  unless_usual("idle_timeout_ms", &ServerOptions::idle_timeout_ms);
  unless_usual("write_timeout_ms", &ServerOptions::write_timeout_ms);
  unless_usual("stock_metrics", &ServerOptions::stock_metrics);
  object.end();
}

// An array whose elements are on a line each.
class LinesWriter {
 public:
  LinesWriter(std::string& out, JsonLayout layout) : out_(out), layout_(layout) { out_ += '['; }
  void begin_line() {
    if (!first_) out_ += ',';
    first_ = false;
    layout_.inside().begin_line(out_);
  }
  void end() {
    if (!first_) layout_.begin_line(out_);
    out_ += ']';
  }

 private:
  std::string& out_;
  const JsonLayout layout_;
  bool first_ = true;
};

// The items of one tenant, each on a line; nothing where there are none.
void append_catalog(JsonObjectWriter& object, std::string& out, const Catalog& catalog, TenantId tenant,
                    JsonLayout layout) {
  std::optional<LinesWriter> lines;
  for (const ItemPut& item : catalog.items()) {
    if (!item.listed || item.tenant != tenant) continue;
    if (!lines) {
      object.key("catalog");
      lines.emplace(out, layout);
    }
    lines->begin_line();
    append_item(out, item);
  }
  if (lines) lines->end();
}

void append_tenant(std::string& out, const Catalog& catalog, const TenantConfiguration& tenant,
                   JsonLayout layout) {
  JsonObjectWriter object(out, JsonLayout::one_line());
  object.member("id", tenant.id);
  if (tenant.rate_limit) {
    object.key("rate_limit");
    JsonObjectWriter limit(out, JsonLayout::one_line());
    limit.member("requests_per_second", tenant.rate_limit->requests_per_second);
    limit.member("burst", tenant.rate_limit->burst);
    limit.end();
  }
  if (tenant.requests_share_percent != 100) {
    object.member("requests_share_percent", tenant.requests_share_percent);
  }
  const TenantPut* known = catalog.find_tenant(tenant.id);
  if (known != nullptr && known->tenant != kDefaultTenant) {
    append_catalog(object, out, catalog, known->tenant, layout);
  }
  object.end();
}

// Of the catalog, with the limits that a configuration has for them; and the first one where it has limits.
std::vector<TenantConfiguration> tenants_of(const Configuration& access, const Catalog& catalog) {
  std::vector<TenantConfiguration> tenants;
  for (const TenantPut& put : catalog.tenants()) {
    const auto said = std::ranges::find(access.tenants, put.id, &TenantConfiguration::id);
    if (said != access.tenants.end()) {
      tenants.push_back(*said);
    } else if (put.listed && put.tenant != kDefaultTenant) {
      tenants.push_back({.id = put.id});
    }
  }
  return tenants;
}

void append_api_key(std::string& out, const ApiKeyConfiguration& key) {
  JsonObjectWriter object(out, JsonLayout::one_line());
  object.member("id", key.id);
  if (key.tenant != kDefaultTenantName) object.member("tenant", key.tenant);
  object.key("scopes");
  char before = '[';
  for (const auto& [name, scope] : kScopes) {
    if (!key.scopes.has(scope)) continue;
    out += before;
    append_json_string(out, name);
    before = ',';
  }
  out += ']';
  object.member("sha256", hex(std::as_bytes(std::span(key.sha256))));
  object.end();
}

}  // namespace

std::string api_key_json(const ApiKeyConfiguration& key) {
  std::string out;
  append_api_key(out, key);
  return out;
}

std::string configuration_json(const Configuration& access, const Catalog& catalog) {
  constexpr JsonLayout kLayout = JsonLayout::indented(0);
  const ServerOptions& server = access.server;
  std::string out;
  JsonObjectWriter object(out, kLayout);
  if (!changed_server_keys(ServerOptions{}, server).empty()) {
    object.key("server");
    append_server(out, server, kLayout.inside());
  }
  append_catalog(object, out, catalog, kDefaultTenant, kLayout.inside());
  object.key("campaigns");
  out += '[';
  bool first = true;
  for (const Campaign& campaign : catalog.campaigns()) {
    if (!campaign.definition.listed) continue;
    if (!first) out += ',';
    first = false;
    kLayout.inside().inside().begin_line(out);
    append_definition(out, catalog, campaign, kLayout.inside().inside());
  }
  if (!first) kLayout.inside().begin_line(out);
  out += ']';
  if (const auto tenants = tenants_of(access, catalog); !tenants.empty()) {
    object.key("tenants");
    LinesWriter lines(out, kLayout.inside());
    for (const TenantConfiguration& tenant : tenants) {
      lines.begin_line();
      append_tenant(out, catalog, tenant, kLayout.inside().inside());
    }
    lines.end();
  }
  if (!access.api_keys.empty()) {
    object.key("api_keys");
    LinesWriter lines(out, kLayout.inside());
    for (const ApiKeyConfiguration& key : access.api_keys) {
      lines.begin_line();
      append_api_key(out, key);
    }
    lines.end();
  }
  object.end();
  return out += '\n';
}

std::vector<std::string> not_in_configuration(const Catalog& catalog) {
  std::vector<std::string> sentences;
  for (const Campaign& campaign : catalog.campaigns()) {
    const CampaignPut& put = campaign.definition;
    if (!put.listed) continue;
    if (put.paused) sentences.push_back("campaign " + put.id + " is paused");
    if (put.armed) sentences.push_back("campaign " + put.id + " is armed");
    if (put.ended_at != Tick{}) {
      sentences.push_back("campaign " + put.id + " was ended at " + format_rfc3339(put.ended_at));
    }
  }
  return sentences;
}

}  // namespace doorbuster
