#include "admin/sink_metrics.h"

#include <vector>

#include "admin/sinks_seen.h"

namespace doorbuster {
namespace {

template <typename Value>
void add_each(Exposition& out, const std::vector<SinkAgent*>& sinks, std::string_view name,
              std::string_view type, std::string_view help, Value&& value) {
  out.family(name, type, help);
  for (const SinkAgent* sink : sinks) {
    out.sample(label("sink", sink->configuration().id), value(*sink));
  }
}

}  // namespace

void add_sinks(Exposition& out, const ServerState& state, const Caller& caller) {
  if (!caller.scopes.has(Scope::operate)) return;
  const std::vector<SinkAgent*> sinks = sinks_seen(state, caller);
  if (sinks.empty()) return;
  const Tick now = state.clock->wall_now();
  add_each(out, sinks, "doorbuster_sink_up", "gauge",
           "1: it delivers. 0: it waits, is paused or has stopped.", [](const SinkAgent& sink) {
             return static_cast<std::uint64_t>(sink.view().state == SinkState::delivering);
           });
  add_each(out, sinks, "doorbuster_sink_lag_records", "gauge", "Durable records that are not delivered.",
           [](const SinkAgent& sink) { return sink.lag(); });
  add_each(out, sinks, "doorbuster_sink_lag_seconds", "gauge",
           "Age of the event that is delivered next; 0: nothing waits.",
           [now](const SinkAgent& sink) { return static_cast<double>(sink.view().lag_ms(now)) / 1e3; });
  add_each(out, sinks, "doorbuster_sink_events_total", "counter", "Events delivered.",
           [](const SinkAgent& sink) { return sink.metrics().events.value(); });
  add_each(out, sinks, "doorbuster_sink_batches_total", "counter", "Batches of events delivered.",
           [](const SinkAgent& sink) { return sink.metrics().batches.value(); });
  add_each(out, sinks, "doorbuster_sink_failures_total", "counter", "Tries that failed.",
           [](const SinkAgent& sink) { return sink.metrics().failures.value(); });
  add_each(out, sinks, "doorbuster_sink_dead_letters", "gauge", "Events that the target refused.",
           [](const SinkAgent& sink) { return sink.metrics().dead_letters.value(); });
}

}  // namespace doorbuster
