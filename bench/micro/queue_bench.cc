// One hop through a bounded queue, and one record through the ring to the journal, on one thread: the
// instructions of the hand-over without the cache misses of two cores.

#include <array>
#include <cstring>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/runtime/command_queue.h"
#include "doorbuster/runtime/journal_ring.h"
#include "micro/allocations.h"

namespace doorbuster::bench {
namespace {

void queue_hop(benchmark::State& state) {
  BoundedQueue<int, kRequestsPerThreadMax> queue(1);
  std::array<int, 64> values{};
  std::array<int*, 64> out{};
  const auto batch = static_cast<std::size_t>(state.range(0));
  for (std::size_t warm = 0; warm < kRequestsPerThreadMax; ++warm) {
    DOORBUSTER_CHECK(queue.push(0, values.data()));
    DOORBUSTER_CHECK(queue.pop(out.data(), 1) == 1);
  }
  const CountAllocations count(state);
  for (auto _ : state) {
    for (std::size_t i = 0; i < batch; ++i) DOORBUSTER_CHECK(queue.push(0, &values[i]));
    DOORBUSTER_CHECK(queue.pop(out.data(), batch) == batch);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}

void ring_record(benchmark::State& state) {
  JournalRing ring(kJournalRingBytes);
  RecordInfo info = {.kind = RecordKind::order_confirmed, .tick = {}};
  std::span<const std::byte> payload;
  const CountAllocations count(state);
  for (auto _ : state) {
    DOORBUSTER_CHECK(ring.has_room());
    const std::span<std::byte> room = ring.reserve(96);
    std::memset(room.data(), 7, room.size());
    ring.append(info);
    ring.publish();
    DOORBUSTER_CHECK(ring.next(info, payload) && payload.size() == 96);
    ring.taken();
  }
}

BENCHMARK(queue_hop)->Name("queue/hop/smoke")->Arg(1)->Arg(32);
BENCHMARK(ring_record)->Name("queue/journal_ring/smoke");

}  // namespace
}  // namespace doorbuster::bench
