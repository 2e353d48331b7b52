#include "doorbuster/runtime/journal_agent.h"

#include <utility>

#include "doorbuster/platform/thread.h"

namespace doorbuster {

JournalAgent::JournalAgent(std::unique_ptr<JournalWriter> writer, std::vector<JournalRing*> rings,
                           std::vector<Notifier*> listeners, const Clock& clock)
    : writer_(std::move(writer)),
      rings_(std::move(rings)),
      listeners_(std::move(listeners)),
      clock_(clock),
      durable_sequence_(writer_->durable_sequence()) {}

void JournalAgent::on_thread_start() {
  make_this_thread_patient();
}

std::size_t JournalAgent::do_work() {
  if (failed() || !has_work()) return 0;
  // Who makes records goes first where it shares our processor: its next ones are in this batch then, and a
  // sync is for more orders. With a processor of our own it costs nothing.
  let_others_run();
  RecordInfo info;
  std::span<const std::byte> payload;
  for (JournalRing* ring : rings_) {
    while (writer_->batch_bytes() + kJournalRecordBytesMax <= kJournalBatchBytesMax &&
           ring->next(info, payload)) {
      writer_->append(info, payload);
    }
    ring->taken();
  }
  const std::uint32_t records = writer_->batch_records();
  if (records == 0) return 0;

  const std::int64_t before = clock_.monotonic_ns();
  if (Status status = writer_->commit(); !status) {
    fail(status.error().message);
    return records;
  }
  // Counted before it is told: who has an answer finds its records in the metrics.
  metrics_.sync_ns.record(clock_.monotonic_ns() - before);
  metrics_.batch_records.record(records);
  const JournalCounters& counters = writer_->counters();
  metrics_.records.set(counters.records);
  metrics_.bytes.set(counters.bytes);
  metrics_.batches.set(counters.batches);
  metrics_.segments.set(counters.segments);
  metrics_.spare_waits.set(counters.spare_waits);

  // Pairs with the acquire in durable_sequence().
  durable_sequence_.store(writer_->durable_sequence(), std::memory_order_release);
  for (JournalRing* ring : rings_) ring->set_durable();
  for (Notifier* listener : listeners_) listener->notify();
  return records;
}

bool JournalAgent::has_work() {
  if (failed()) return false;
  for (const JournalRing* ring : rings_) {
    if (ring->published() != ring->durable()) return true;
  }
  return false;
}

void JournalAgent::fail(std::string why) {
  failure_ = std::move(why);
  metrics_.failures.add();
  // Pairs with the acquire in failed().
  failed_.store(true, std::memory_order_release);
  for (Notifier* listener : listeners_) listener->notify();
}

Status JournalAgent::close() {
  while (do_work() != 0) {
  }
  if (failed()) return doorbuster::fail(ErrorKind::runtime, failure_);
  return writer_->close();
}

}  // namespace doorbuster
