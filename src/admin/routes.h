#pragma once
// The routes of the admin listener, one function each. admin_handler.cc has the table that finds them.

#include <string_view>

#include "doorbuster/admin/server_state.h"
#include "doorbuster/http/exchange.h"

namespace doorbuster {

inline constexpr std::string_view kJson = "application/json";

// One request of an operator. A route writes the whole reply.
struct Call {
  ServerState& state;
  const Exchange& exchange;
  std::string_view campaign;  // what stands for {campaign}, {sku} or {sink} in the path

  const HttpRequest& http() const { return exchange.http; }
  TenantId tenant() const { return exchange.caller.tenant; }
  Tick now() const { return state.clock->wall_now(); }
  CatalogPointer catalog() const { return state.runtime->catalog(); }
  void refuse(Outcome outcome, const RefusalDetails& details = {}) const {
    exchange.refuse(outcome, details);
  }
  // The journal has failed, or a shard did not answer in time.
  void refuse(const Error& error) const {
    refuse(state.runtime->failed() ? Outcome::journal_failed : Outcome::overloaded,
           {.detail = error.message});
  }
};

// campaign_routes.cc: reading
void list_campaigns(const Call& call);
void show_campaign(const Call& call);
void show_occurrences(const Call& call);
// The answer to a change that was made. When a shard does not answer in time, the units are left out: a
// refusal would say that nothing has changed. REQUIRES: the campaign is in the catalog.
void show_changed_campaign(const Call& call, bool is_new = false);

// change_routes.cc: changing
void pause_campaign(const Call& call);
void resume_campaign(const Call& call);
void end_campaign(const Call& call);
void extend_campaign(const Call& call);
void arm_campaign(const Call& call);
void adjust_stock(const Call& call);

// definition_routes.cc: as a configuration file has them
void show_definition(const Call& call);
void create_campaign(const Call& call);
void replace_campaign(const Call& call);
void patch_campaign(const Call& call);
void remove_campaign(const Call& call);

// catalog_routes.cc
void list_items(const Call& call);
void show_item(const Call& call);

// audit_routes.cc
void show_audit(const Call& call);

// alert_routes.cc
void show_alerts(const Call& call);

// sink_routes.cc
void list_sinks(const Call& call);
void show_sink(const Call& call);
void pause_sink(const Call& call);
void resume_sink(const Call& call);

// feed_routes.cc: the connection is handed over
void read_feed(const Call& call);
void stream_feed(const Call& call);

}  // namespace doorbuster
