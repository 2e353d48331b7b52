// The audit of a shard's books.

#include <algorithm>

#include "doorbuster/runtime/shard_agent.h"

namespace doorbuster {

// A share of the second set of books, by the clock and not by the work: under load it costs what it costs at
// rest. Returns how many offers were found to be wrong.
std::size_t ShardAgent::audit_books(bool busy) {
  if (!has_books_to_audit()) return 0;
  const std::int64_t now_ns = clock_.monotonic_ns();
  const std::int64_t at_most = busy ? kAuditStepsBusyMax : kAuditStepsIdleMax;
  const std::int64_t steps = std::min((now_ns - audited_ns_) / kAuditStepNs, at_most);
  if (steps <= 0) return 0;
  audited_ns_ = now_ns;
  if (!in_audit_) audited_changes_ = changes_;
  const std::vector<BooksFault>& faults = engine_->books_audit().faults();
  const std::size_t known = faults.size();
  in_audit_ = !engine_->audit(static_cast<std::size_t>(steps));
  if (!in_audit_) metrics_.audit_rounds.add();
  for (std::size_t i = known; i < faults.size(); ++i) publish_offer(faults[i].offer);
  metrics_.broken_offers.set(faults.size());
  return faults.size() - known;
}

// Behind all that this cycle has recorded: the engine has applied it. The journal says the rest: whoever
// replays it finds out whether that comes to the same.
void ShardAgent::sample_state() {
  if (ring_.written() - sampled_at_ < options_.sample_bytes || !ring_.has_room()) return;
  sampled_at_ = ring_.written();
  const auto sample = engine_->sample(hash64(&sampled_at_, sizeof sampled_at_, 0));
  if (!sample) return;
  encode(*sample, ring_.reserve(kStateSamplePayloadBytes));
  ring_.append({.kind = RecordKind::state_sample,
                .version = kStateSampleVersion,
                .tenant = kDefaultTenant,
                .tick = last_tick_});
}

}  // namespace doorbuster
