#include "doorbuster/admin/admin_handler.h"

#include <optional>
#include <string>

#include "admin/routes.h"
#include "doorbuster/admin/metrics.h"
#include "doorbuster/base/check.h"

namespace doorbuster {
namespace {

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
  call.exchange.answer(kMetricsContentType, render_metrics(call.state));
}

void show_openapi(const Call& call) {
  call.exchange.answer(kJson, openapi_document());
}

void open_stream(const Call& call) {
  begin_stream(call.exchange, *call.catalog(), {.alerts = true});
}

// What takes GET takes HEAD too.
struct Route {
  Method method;
  std::string_view path;  // with a name in braces for one part that is not empty
  void (*answer)(const Call& call);
};
constexpr Route kRoutes[] = {
    {Method::get, "/livez", show_health},
    {Method::get, "/healthz", show_health},
    {Method::get, "/readyz", show_readiness},
    {Method::get, "/metrics", show_metrics},
    {Method::get, "/openapi.json", show_openapi},
    {Method::get, "/v1/admin/campaigns", list_campaigns},
    {Method::post, "/v1/admin/campaigns", create_campaign},
    {Method::get, "/v1/admin/campaigns/{campaign}", show_campaign},
    {Method::put, "/v1/admin/campaigns/{campaign}", replace_campaign},
    {Method::patch, "/v1/admin/campaigns/{campaign}", patch_campaign},
    {Method::del, "/v1/admin/campaigns/{campaign}", remove_campaign},
    {Method::get, "/v1/admin/campaigns/{campaign}/definition", show_definition},
    {Method::get, "/v1/admin/campaigns/{campaign}/occurrences", show_occurrences},
    {Method::post, "/v1/admin/campaigns/{campaign}/pause", pause_campaign},
    {Method::post, "/v1/admin/campaigns/{campaign}/resume", resume_campaign},
    {Method::post, "/v1/admin/campaigns/{campaign}/end", end_campaign},
    {Method::post, "/v1/admin/campaigns/{campaign}/extend", extend_campaign},
    {Method::post, "/v1/admin/campaigns/{campaign}/arm", arm_campaign},
    {Method::post, "/v1/admin/campaigns/{campaign}/stock", adjust_stock},
    {Method::get, "/v1/admin/catalog", list_items},
    {Method::get, "/v1/admin/catalog/{sku}", show_item},
    {Method::get, "/v1/admin/audit", show_audit},
    {Method::get, "/v1/admin/stream", open_stream},
    {Method::get, "/v1/admin/alerts", show_alerts},
};

// What stands for the name in braces, "" where the route has no such part; nothing when the path is another
// one.
std::optional<std::string_view> match(std::string_view route, std::string_view path) {
  const std::size_t at = route.find('{');
  if (at == std::string_view::npos) return route == path ? std::optional(std::string_view{}) : std::nullopt;
  const std::string_view before = route.substr(0, at), behind = route.substr(route.find('}') + 1);
  if (path.size() <= before.size() + behind.size()) return std::nullopt;
  if (!path.starts_with(before) || !path.ends_with(behind)) return std::nullopt;
  const std::string_view part = path.substr(at, path.size() - before.size() - behind.size());
  return part.find('/') == std::string_view::npos ? std::optional(part) : std::nullopt;
}

std::string_view methods_of(Method method) {
  switch (method) {
    case Method::get:
      return "GET, HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
    case Method::head:
    case Method::other:
      break;
  }
  return "";
}

}  // namespace

Request* AdminHandler::handle(const HttpRequest& http, const RequestContext& context, std::string& out,
                              Outcome& outcome) {
  const Exchange exchange{http, context, out, outcome};
  const Method wanted = exchange.reads() ? Method::get : http.method;
  std::string allow;
  for (const Route& route : kRoutes) {
    const auto campaign = match(route.path, http.path);
    if (!campaign) continue;
    if (route.method == wanted) {
      route.answer({state_, exchange, *campaign});
      return nullptr;
    }
    allow += (allow.empty() ? "" : ", ") + std::string(methods_of(route.method));
  }
  return allow.empty() ? exchange.refuse(Outcome::not_found) : exchange.refuse_method(allow);
}

Outcome AdminHandler::append_answer(const Request& request, const ReplyFrame&, std::string&) {
  DOORBUSTER_CHECK(false);  // handle() never asks a shard through a queue
  return request.outcome;
}

}  // namespace doorbuster
