#pragma once

#include "admin/exposition.h"
#include "doorbuster/admin/server_state.h"
#include "doorbuster/http/access.h"

namespace doorbuster {

// How delivery goes, to each sink that the caller may know of.
void add_sinks(Exposition& out, const ServerState& state, const Caller& caller);

}  // namespace doorbuster
