#pragma once
// Which sinks somebody may know of.

#include <vector>

#include "doorbuster/admin/server_state.h"
#include "doorbuster/http/access.h"

namespace doorbuster {

// A sink of one tenant is its own; those of everybody's events are the first tenant's, who sees all.
std::vector<SinkAgent*> sinks_seen(const ServerState& state, const Caller& caller);

}  // namespace doorbuster
