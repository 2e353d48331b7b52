// What the journal thread tells, and in which order.

#include "doorbuster/runtime/journal_agent.h"

#include <functional>

#include "doorbuster/platform/memory_storage.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

// The agent looks at the clock around each sync: a place to look at the agent from.
class WatchedClock final : public Clock {
 public:
  Tick wall_now() const override { return {1'000}; }
  std::int64_t monotonic_ns() const override {
    on_look();
    return 0;
  }
  std::function<void()> on_look;
};

TEST_CASE("who is told that a record is durable finds it in the metrics") {
  MemoryStorage storage;
  WatchedClock clock;
  JournalRing ring(64U << 10);
  auto writer = JournalWriter::open(storage, RecoveredJournal{},
                                    {.segment_bytes = kSegmentBytesMin, .prepare_in_background = false});
  REQUIRE(writer);
  JournalAgent agent(std::move(*writer), {&ring}, {}, clock);

  int looks = 0;
  clock.on_look = [&] {
    looks += 1;
    CHECK((ring.durable() == 0 || agent.metrics().records.value() != 0));
    CHECK((ring.durable() == 0 || agent.durable_sequence() != 0));
  };
  CHECK(agent.durable_sequence() == 0);
  ring.reserve(64);
  const std::uint64_t position = ring.append({.kind = RecordKind::order_confirmed, .tick = clock.wall_now()});
  ring.publish();
  CHECK(agent.do_work() == 1);
  CHECK(looks >= 2);
  CHECK(ring.durable() == position);
  CHECK(agent.metrics().records.value() == 2);  // with the end of the batch
  CHECK(agent.durable_sequence() == 2);
}

}  // namespace
}  // namespace doorbuster
