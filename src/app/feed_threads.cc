#include "app/feed_threads.h"

#include <algorithm>
#include <optional>
#include <string>

#include "app/folder_log.h"
#include "doorbuster/runtime/checkpoint.h"

namespace doorbuster {
namespace {

std::optional<TenantId> tenant_of(const Runtime& runtime, const SinkConfiguration& configuration) {
  if (configuration.tenant.empty()) return std::nullopt;
  const CatalogPointer catalog = runtime.catalog();
  const TenantPut* tenant = catalog->find_tenant(configuration.tenant);
  DOORBUSTER_CHECK(tenant != nullptr);  // the configuration was checked, and its tenants are in force
  return tenant->tenant;
}

}  // namespace

FeedThreads::SinkThread::SinkThread(Runtime& runtime, const SinkConfiguration& configuration,
                                    const FeedSource& source, Storage& storage, const Clock& clock)
    : pace(notifier, clock, SinkAgent::kPaceNs),
      agent(configuration, make_sink(configuration, source.identity), source,
            tenant_of(runtime, configuration), storage, clock, log_sink) {
  agent.set_notifier(notifier);
}

FeedThreads::FeedThreads(Runtime& runtime, Storage& storage, const Clock& clock,
                         const std::vector<SinkConfiguration>& sinks)
    : source_{.storage = storage,
              .catalog = runtime.catalog_cell(),
              .durable = [&runtime] { return runtime.durable_sequence(); },
              .identity = runtime.identity(),
              .order_id_key = runtime.keys().order_id_key},
      feed_(source_, clock, feed_notifier_, feed_durable_) {
  runtime.ring_when_durable(feed_durable_);
  for (const SinkConfiguration& each : sinks) {
    sinks_.push_back(std::make_unique<SinkThread>(runtime, each, source_, storage, clock));
    runtime.ring_when_durable(sinks_.back()->notifier);
  }
}

FeedThreads::~FeedThreads() {
  stop();
}

void FeedThreads::start() {
  feed_thread_ =
      std::make_unique<AgentThread>("feed", -1, feed_notifier_, std::vector<Agent*>{&feed_}, &feed_);
  for (const auto& sink : sinks_) {
    const std::string name = "sink " + sink->agent.configuration().id;
    sink->thread = std::make_unique<AgentThread>(name.c_str(), -1, sink->notifier,
                                                 std::vector<Agent*>{&sink->pace, &sink->agent}, &sink->pace);
  }
}

void FeedThreads::stop() {
  for (const auto& sink : sinks_) sink->agent.give_up();
  feed_thread_.reset();
  for (const auto& sink : sinks_) sink->thread.reset();
}

std::vector<SinkAgent*> FeedThreads::sinks() const {
  std::vector<SinkAgent*> agents;
  for (const auto& sink : sinks_) agents.push_back(&sink->agent);
  return agents;
}

std::uint64_t FeedThreads::needed_from() const {
  std::uint64_t first = kNothingNeeded;
  for (const auto& sink : sinks_) first = std::min(first, sink->agent.needed_from());
  return first;
}

}  // namespace doorbuster
