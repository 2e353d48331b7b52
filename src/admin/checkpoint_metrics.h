#pragma once

#include "admin/exposition.h"
#include "doorbuster/admin/server_state.h"

namespace doorbuster {

// What there is on disk of journal and checkpoints, and how making them goes.
void add_checkpoints(Exposition& out, const ServerState& state);

}  // namespace doorbuster
