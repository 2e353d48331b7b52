#include "app/replay.h"

#include <algorithm>

#include "doorbuster/journal/journal.h"

namespace doorbuster {

Result<std::unique_ptr<StateBuilder>> replay_journal(Storage& storage) {
  const Result<std::uint64_t> recorded = orders_recorded_at_most(storage);
  if (!recorded) return tl::unexpected(recorded.error());
  auto state = std::make_unique<StateBuilder>(
      RecoveryOptions{.shards = 1, .orders_max = std::min(*recorded, kOrdersMax)});
  const auto read =
      read_journal(storage, [&state](const JournalRecord& record) { return state->apply(record); });
  if (!read) return tl::unexpected(read.error());
  if (!state->has_keys()) return fail(ErrorKind::runtime, "there is no journal in " + storage.path(""));
  return state;
}

}  // namespace doorbuster
