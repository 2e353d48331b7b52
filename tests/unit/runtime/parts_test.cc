// The small parts that the agents are made of.
#include <cstring>
#include <random>

#include "doorbuster/runtime/command_queue.h"
#include "doorbuster/runtime/runtime.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr std::size_t kSmallBound = 64;
using SmallQueue = BoundedQueue<int, kSmallBound>;

TEST_CASE("a producer can always have its bound in the queue, wherever the queue stands") {
  for (std::size_t gone = 0; gone < 3 * kSmallBound; ++gone) {
    CAPTURE(gone);
    SmallQueue queue(1);
    int element = 0;
    int* out[256];
    for (std::size_t i = 0; i < gone; ++i) {
      REQUIRE(queue.push(0, &element));
      REQUIRE(queue.pop(out, 1) == 1);
    }
    std::size_t pushed = 0;
    while (queue.push(0, &element)) ++pushed;
    REQUIRE(pushed >= kSmallBound);
    REQUIRE(pushed <= kSmallBound + 32);
    REQUIRE(queue.size() == pushed);
    REQUIRE(queue.pop(out, 256) == pushed);
    REQUIRE(queue.size() == 0);
  }
}

TEST_CASE("each producer has the bound for itself and its own order") {
  SmallQueue queue(3);
  std::vector<int> elements(3 * kSmallBound);
  for (std::size_t i = 0; i < elements.size(); ++i) REQUIRE(queue.push(i % 3, &elements[i]));
  int* out[4 * kSmallBound];
  std::size_t count = 0;
  while (const std::size_t n = queue.pop(out + count, 7)) count += n;
  REQUIRE(count == elements.size());
  std::size_t next[3] = {0, 1, 2};
  for (std::size_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(out[i] - elements.data());
    REQUIRE(index == next[index % 3]);
    next[index % 3] += 3;
  }
}

RecordInfo info_of(std::int64_t tick) {
  return {.kind = RecordKind::order_confirmed, .version = 1, .tenant = {7}, .tick = {tick}};
}

void append_text(JournalRing& ring, const std::string& text, std::int64_t tick) {
  const auto room = ring.reserve(text.size());
  if (!text.empty()) std::memcpy(room.data(), text.data(), text.size());
  ring.append(info_of(tick));
}

TEST_CASE("the ring hands over nothing that is not published, and nothing twice") {
  JournalRing ring(4096);
  RecordInfo info;
  std::span<const std::byte> payload;
  CHECK_FALSE(ring.publish());
  append_text(ring, "hello", 5);
  CHECK_FALSE(ring.next(info, payload));
  CHECK(ring.publish());
  CHECK_FALSE(ring.publish());
  REQUIRE(ring.next(info, payload));
  CHECK(std::string(reinterpret_cast<const char*>(payload.data()), payload.size()) == "hello");
  CHECK(info.kind == RecordKind::order_confirmed);
  CHECK(info.version == 1);
  CHECK(info.tenant == TenantId{7});
  CHECK(info.tick == Tick{5});
  CHECK_FALSE(ring.next(info, payload));
  CHECK(ring.durable() == 0);
  ring.taken();
  CHECK(ring.durable() == 0);
  ring.set_durable();
  CHECK(ring.durable() == ring.published());
}

TEST_CASE("records of every size survive many turns of the ring") {
  std::mt19937_64 random(3);
  JournalRing ring(4096);
  std::vector<std::pair<std::string, std::int64_t>> written;
  std::size_t read = 0;
  const auto read_all = [&] {
    RecordInfo info;
    std::span<const std::byte> payload;
    while (ring.next(info, payload)) {
      REQUIRE(read < written.size());
      REQUIRE(std::string(reinterpret_cast<const char*>(payload.data()), payload.size()) ==
              written[read].first);
      REQUIRE(info.tick.ns == written[read].second);
      ++read;
    }
    ring.taken();
    ring.set_durable();
  };
  std::size_t full = 0;
  for (std::int64_t i = 0; i < 20'000; ++i) {
    if (!ring.has_room()) {
      ++full;
      ring.publish();
      read_all();
      REQUIRE(ring.has_room());
    }
    std::string text(random() % (kJournalRecordBytesMax - 24 + 1), static_cast<char>('a' + i % 26));
    append_text(ring, text, i);
    written.emplace_back(std::move(text), i);
    if (random() % 4 == 0) ring.publish();
    if (random() % 8 == 0) read_all();
  }
  ring.publish();
  read_all();
  CHECK(read == written.size());
  CHECK(full > 100);
}

TEST_CASE("a ring that is not read has room until its bound and not beyond, and gets it back when taken") {
  JournalRing ring(8192);
  std::size_t records = 0;
  while (ring.has_room()) {
    append_text(ring, std::string(100, 'x'), 1);
    ++records;
  }
  CHECK(records == (8192 - 2 * kJournalRecordBytesMax) / 128 + 1);
  ring.publish();
  RecordInfo info;
  std::span<const std::byte> payload;
  REQUIRE(ring.next(info, payload));
  ring.taken();
  CHECK(ring.has_room());  // one is away: room for one, and not for those that were not read
  append_text(ring, std::string(100, 'x'), 1);
  CHECK_FALSE(ring.has_room());
  ring.publish();
  while (ring.next(info, payload)) {
  }
  CHECK_FALSE(ring.has_room());  // read is not taken: the journal still looks at the bytes
  ring.taken();
  CHECK(ring.has_room());
}

TEST_CASE("a pool gives each request once, clean, and knows how many are out") {
  RequestPool pool(3, 2);
  Request* first = pool.take();
  Request* second = pool.take();
  REQUIRE(first != nullptr);
  REQUIRE(second != nullptr);
  CHECK(first != second);
  CHECK(pool.take() == nullptr);
  CHECK(pool.in_use() == 2);
  CHECK(first->http_thread == 3);
  const std::string largest(Request::kTextBytesMax, 'x');
  CHECK(first->keep(largest) == largest);
  CHECK(first->keep({}).empty());
  first->kind = Request::Kind::find_order;
  first->answer_when_decided = first->close_after = first->head_only = true;
  first->replayed = first->durable = first->answered = true;
  pool.give_back(first);
  CHECK(pool.in_use() == 1);
  Request* again = pool.take();
  REQUIRE(again == first);
  CHECK(again->kind == Request::Kind::buy);
  CHECK_FALSE((again->answer_when_decided || again->close_after || again->head_only));
  CHECK_FALSE((again->replayed || again->durable || again->answered));
  CHECK(again->keep(largest) == largest);  // all of its room is there again
}

TEST_CASE("the board knows every buyer that was marked, and few strangers") {
  constexpr std::uint64_t buyers = 20'000;
  Board board(buyers);
  const auto hash = [](std::uint64_t i) { return keyed_hash(kTableKey, 0, "b-" + std::to_string(i)); };
  for (std::uint64_t i = 0; i < buyers; ++i) board.mark_name(hash(i));
  std::uint64_t strangers = 0;
  for (std::uint64_t i = 0; i < buyers; ++i) {
    REQUIRE(board.may_have_bought(hash(i)));
    strangers += board.may_have_bought(hash(buyers + i)) ? 1U : 0U;
  }
  CHECK(strangers < buyers * 8 / 100);
  CHECK_FALSE(board.sold_out({kOffersMax - 1}));
  board.set_availability({kOffersMax - 1}, Availability::sold_out);
  CHECK(board.sold_out({kOffersMax - 1}));
  board.set_availability({kOffersMax - 1}, Availability::all_held);
  CHECK_FALSE(board.sold_out({kOffersMax - 1}));
  board.set_remaining({0}, kStockMax);
  CHECK(board.remaining({0}) == kStockMax);
}

TEST_CASE("the wiring follows the processors and the configuration") {
  CHECK(plan_wiring(Wiring::automatic, 0, 4).shards == 4);
  CHECK(plan_wiring(Wiring::automatic, 2, 4).http_threads == 2);
  CHECK(plan_wiring(Wiring::shared, 0, 1).shared);
  CHECK(plan_wiring(Wiring::automatic, 1000, 4).shards == kShardsMax);
  const WiringPlan dedicated = plan_wiring(Wiring::dedicated, 8, 2);
  CHECK_FALSE(dedicated.shared);
  CHECK(dedicated.shards == 2);
  CHECK(dedicated.http_threads == 6);
  for (std::uint32_t cores = 1; cores <= 4; ++cores) {
    const WiringPlan small = plan_wiring(Wiring::dedicated, cores, 8);
    CHECK(small.shards == 1);
    CHECK(small.http_threads == (cores == 1 ? 1 : cores - 1));
  }
}

}  // namespace
}  // namespace doorbuster
