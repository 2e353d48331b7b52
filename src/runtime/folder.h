#pragma once

#include "doorbuster/runtime/checkpoint.h"

namespace doorbuster {

// read_folder() without the newest segment: what a checkpoint may be made of while a writer is at work.
Result<RecoveredFolder> read_sealed_folder(Storage& storage, const FolderOptions& options);

}  // namespace doorbuster
