#include "app/replay.h"

#include "doorbuster/runtime/checkpoint.h"

namespace doorbuster {

Result<std::unique_ptr<StateBuilder>> replay_journal(Storage& storage) {
  auto folder = read_folder(storage);
  if (!folder) return tl::unexpected(folder.error());
  if (!folder->state->has_keys())
    return fail(ErrorKind::runtime, "there is no journal in " + storage.path(""));
  return std::move(folder->state);
}

}  // namespace doorbuster
