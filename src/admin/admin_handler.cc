#include "doorbuster/admin/admin_handler.h"

#include <string>

#include "admin/routes.h"
#include "doorbuster/admin/metrics.h"
#include "doorbuster/base/check.h"

namespace doorbuster {
namespace {

// Who has no key where keys are: told what everybody may know.
const Caller kStranger = {.scopes = {}, .name = {}};

constexpr std::string_view kText = "text/plain; charset=utf-8";

void show_health(const Call& call) {
  call.exchange.answer(kText, "ok\n");  // this thread runs: the process lives
}

void show_readiness(const Call& call) {
  const ServerState& state = call.state;
  const bool journal_ok = !state.runtime->failed();
  const bool open = state.ready.load() && !state.draining.load();
  const bool ready = journal_ok && open;
  std::string body = ready ? "ok\n" : "not ready\n";
  if (call.http().query == "verbose" || !ready) {
    body += journal_ok ? "[+]journal ok\n" : "[-]journal failed: " + state.runtime->failure() + "\n";
    body += open ? "[+]listening ok\n" : "[-]listening: draining\n";
  }
  call.exchange.outcome = Outcome::ok;
  append_reply(call.exchange.out, call.exchange.context.frame, ready ? 200 : 503, kText, body);
}

void show_metrics(const Call& call) {
  call.exchange.answer(kMetricsContentType, render_metrics(call.state, call.exchange.caller));
}

void show_openapi(const Call& call) {
  call.exchange.answer(kJson, openapi_document());
}

void open_stream(const Call& call) {
  begin_stream(call.exchange, *call.catalog(), {.tenant = call.exchange.caller.tenant, .alerts = true});
}

struct Route {
  Method method;
  std::string_view path;
  Scope scope;
  void (*answer)(const Call& call);
};
// What has no row here is not there.
constexpr Route kRoutes[] = {
    {Method::get, "/livez", Scope::open, show_health},
    {Method::get, "/healthz", Scope::open, show_health},
    {Method::get, "/readyz", Scope::open, show_readiness},
    {Method::get, "/metrics", Scope::open, show_metrics},
    {Method::get, "/openapi.json", Scope::open, show_openapi},
    {Method::get, "/v1/admin/campaigns", Scope::operate, list_campaigns},
    {Method::post, "/v1/admin/campaigns", Scope::admin, create_campaign},
    {Method::get, "/v1/admin/campaigns/{campaign}", Scope::operate, show_campaign},
    {Method::put, "/v1/admin/campaigns/{campaign}", Scope::admin, replace_campaign},
    {Method::patch, "/v1/admin/campaigns/{campaign}", Scope::admin, patch_campaign},
    {Method::del, "/v1/admin/campaigns/{campaign}", Scope::admin, remove_campaign},
    {Method::get, "/v1/admin/campaigns/{campaign}/definition", Scope::operate, show_definition},
    {Method::get, "/v1/admin/campaigns/{campaign}/occurrences", Scope::operate, show_occurrences},
    {Method::post, "/v1/admin/campaigns/{campaign}/pause", Scope::operate, pause_campaign},
    {Method::post, "/v1/admin/campaigns/{campaign}/resume", Scope::operate, resume_campaign},
    {Method::post, "/v1/admin/campaigns/{campaign}/end", Scope::operate, end_campaign},
    {Method::post, "/v1/admin/campaigns/{campaign}/extend", Scope::operate, extend_campaign},
    {Method::post, "/v1/admin/campaigns/{campaign}/arm", Scope::operate, arm_campaign},
    {Method::post, "/v1/admin/campaigns/{campaign}/stock", Scope::operate, adjust_stock},
    {Method::get, "/v1/admin/catalog", Scope::operate, list_items},
    {Method::get, "/v1/admin/catalog/{sku}", Scope::operate, show_item},
    {Method::get, "/v1/admin/stream", Scope::operate, open_stream},
    {Method::get, "/v1/admin/alerts", Scope::operate, show_alerts},
    {Method::get, "/v1/admin/feed", Scope::operate, read_feed},
    {Method::get, "/v1/admin/feed/stream", Scope::operate, stream_feed},
    {Method::get, "/v1/admin/sinks", Scope::operate, list_sinks},
    {Method::get, "/v1/admin/sinks/{sink}", Scope::operate, show_sink},
    {Method::post, "/v1/admin/sinks/{sink}/pause", Scope::operate, pause_sink},
    {Method::post, "/v1/admin/sinks/{sink}/resume", Scope::operate, resume_sink},
    {Method::get, "/v1/admin/audit", Scope::admin, show_audit},
};

}  // namespace

Request* AdminHandler::handle(const HttpRequest& http, const RequestContext& context, std::string& out,
                              Outcome& outcome) {
  const auto found = find_route(kRoutes, http.method, http.path);
  const bool open = found.route != nullptr && found.route->scope == Scope::open;
  const Caller* caller = gate_.identify(http);
  // What is open to everybody is not shut by a key that is wrong; but who shows one wants to know.
  const bool shows_wrong_key = caller == nullptr && http.has_authorization;
  if (caller == nullptr && (!open || shows_wrong_key)) {
    return refuse_unauthorized({http, context, out, outcome});
  }
  const Exchange exchange{http, context, out, outcome, caller == nullptr ? kStranger : *caller};
  if (found.route == nullptr) {
    return found.allow.empty() ? exchange.refuse(Outcome::not_found) : exchange.refuse_method(found.allow);
  }
  if (!exchange.caller.scopes.has(found.route->scope)) return refuse_scope(exchange, found.route->scope);
  found.route->answer({state_, exchange, found.part});
  return nullptr;
}

std::vector<RouteScope> admin_routes() {
  std::vector<RouteScope> routes;
  for (const Route& route : kRoutes) routes.push_back({route.method, route.path, route.scope});
  return routes;
}

Outcome AdminHandler::append_answer(const Request& request, const ReplyFrame&, std::string&) {
  DOORBUSTER_CHECK(false);  // handle() never asks a shard through a queue
  return request.outcome;
}

}  // namespace doorbuster
