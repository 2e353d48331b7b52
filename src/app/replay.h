#pragma once

#include <memory>

#include "doorbuster/base/result.h"
#include "doorbuster/platform/storage.h"
#include "doorbuster/runtime/recovery.h"

namespace doorbuster {

// What a folder's journal replays to. Nothing is changed and no lock is taken, so it works beside a running
// server. A folder without a journal is an error.
Result<std::unique_ptr<StateBuilder>> replay_journal(Storage& storage);

}  // namespace doorbuster
