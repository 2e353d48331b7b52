#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "doorbuster/http/access.h"
#include "doorbuster/http/http_agent.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/runtime/alert_agent.h"
#include "doorbuster/runtime/campaign_keeper.h"
#include "doorbuster/runtime/checkpoint_agent.h"
#include "doorbuster/runtime/runtime.h"
#include "doorbuster/sink/sink_agent.h"
#include "doorbuster/stream/feed_agent.h"
#include "doorbuster/stream/stream_agent.h"

namespace doorbuster {

// What the admin listener looks at. Filled in before its thread runs; the atomics change while it does.
struct ServerState {
  Runtime* runtime = nullptr;
  const CampaignKeeper* keeper = nullptr;
  const CheckpointMetrics* checkpoints = nullptr;  // null: nobody makes any
  const StreamAgent* stream = nullptr;
  FeedAgent* feed = nullptr;  // null: nobody can read it
  std::vector<SinkAgent*> sinks;
  std::vector<const HttpAgent*> http;
  const AlertMetrics* alerts = nullptr;  // null: nobody follows the sale
  const Clock* clock = nullptr;
  const AccessCell* access = &open_access();
  Tick started_at;
  bool stock_metrics = false;
  std::string version, compiler, build_type;

  std::atomic<bool> ready = false;  // listening, and not yet draining
  std::atomic<bool> draining = false;
  std::atomic<std::uint64_t> reloads_applied = 0, reloads_refused = 0;
  std::atomic<bool> last_reload_ok = true;
  std::atomic<std::int64_t> last_reload_ns = 0;  // Unix time; 0: never
};

}  // namespace doorbuster
