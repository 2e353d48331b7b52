#pragma once

#include "admin/exposition.h"
#include "doorbuster/admin/server_state.h"

namespace doorbuster {

// What the kernel says of this process, by the names that Prometheus clients use.
void add_process(Exposition& out, const ServerState& state);

}  // namespace doorbuster
