// The sinks: how they stand, and what an operator does to them.

#include <algorithm>

#include "admin/routes.h"
#include "admin/sinks_seen.h"
#include "doorbuster/base/json_writer.h"
#include "doorbuster/sink/sink_agent.h"

namespace doorbuster {
namespace {

SinkAgent* find_sink(const Call& call) {
  const auto seen = sinks_seen(call.state, call.exchange.caller);
  const auto found = std::ranges::find_if(
      seen, [&](const SinkAgent* sink) { return sink->configuration().id == call.campaign; });
  return found == seen.end() ? nullptr : *found;
}

void write_sink(JsonWriter& json, const SinkAgent& sink, Tick now) {
  const SinkAgent::View view = sink.view();
  const SinkMetrics& metrics = sink.metrics();
  json.begin_object();
  json.member("id", sink.configuration().id);
  json.member("kind", sink_kind_name(sink.configuration().options));
  if (!sink.configuration().tenant.empty()) json.member("tenant", sink.configuration().tenant);
  json.member("state", sink_state_name(view.state));
  json.member("since", view.since);
  if (!view.reason.empty()) json.member("reason", view.reason);
  json.member("place", format_feed_position(view.place));
  json.member("lag", sink.lag());
  json.member("lag_ms", view.lag_ms(now));
  json.member("delivered", metrics.events.value());
  json.member("failures", metrics.failures.value());
  json.member("dead_letters", metrics.dead_letters.value());
  json.end_object();
}

void answer_with(const Call& call, const SinkAgent& sink) {
  JsonWriter json;
  write_sink(json, sink, call.now());
  call.exchange.answer(kJson, std::move(json).take());
}

constexpr RefusalDetails kNoSink = {.detail = "There is no such sink."};

}  // namespace

std::vector<SinkAgent*> sinks_seen(const ServerState& state, const Caller& caller) {
  if (caller.tenant == kDefaultTenant) return state.sinks;
  const CatalogPointer catalog = state.runtime->catalog();
  std::vector<SinkAgent*> seen;
  for (SinkAgent* sink : state.sinks) {
    const std::string& tenant = sink->configuration().tenant;
    const TenantPut* found = tenant.empty() ? nullptr : catalog->find_tenant(tenant);
    if (found != nullptr && found->tenant == caller.tenant) seen.push_back(sink);
  }
  return seen;
}

void list_sinks(const Call& call) {
  JsonWriter json;
  json.begin_object();
  json.member("server_time", call.now());
  json.begin_array("sinks");
  for (const SinkAgent* sink : sinks_seen(call.state, call.exchange.caller)) {
    write_sink(json, *sink, call.now());
  }
  json.end_array();
  json.end_object();
  call.exchange.answer(kJson, std::move(json).take());
}

void show_sink(const Call& call) {
  const SinkAgent* sink = find_sink(call);
  sink == nullptr ? call.refuse(Outcome::not_found, kNoSink) : answer_with(call, *sink);
}

void pause_sink(const Call& call) {
  SinkAgent* sink = find_sink(call);
  if (sink == nullptr) return call.refuse(Outcome::not_found, kNoSink);
  sink->pause();
  answer_with(call, *sink);
}

void resume_sink(const Call& call) {
  SinkAgent* sink = find_sink(call);
  if (sink == nullptr) return call.refuse(Outcome::not_found, kNoSink);
  sink->resume();
  answer_with(call, *sink);
}

}  // namespace doorbuster
