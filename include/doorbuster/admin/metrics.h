#pragma once
// The Prometheus text format, version 0.0.4, and what we say in it. docs/operating.md lists every family.

#include <string>
#include <vector>

#include "doorbuster/admin/server_state.h"

namespace doorbuster {

inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

// All families, at this instant. With keys configured, what names campaigns, SKUs or tenants is for a caller
// who has the scope to operate, and of the caller's tenant; without keys, of everybody's.
std::string render_metrics(const ServerState& state, const Caller& caller);

}  // namespace doorbuster
