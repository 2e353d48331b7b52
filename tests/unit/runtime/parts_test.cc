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
  board.publish({kOffersMax - 1}, Availability::sold_out, {});
  CHECK(board.sold_out({kOffersMax - 1}));
  board.publish({kOffersMax - 1}, Availability::all_held, {});
  CHECK_FALSE(board.sold_out({kOffersMax - 1}));
  board.publish({0}, Availability::on_sale, {.allocated = kStockMax, .available = kStockMax});
  CHECK(board.remaining({0}) == kStockMax);
}

TEST_CASE("the board says which offers have changed, to each reader once") {
  Board board(1000);
  const auto taken = [&board](BoardReader reader, std::uint32_t offers) {
    std::vector<std::uint32_t> list;
    board.take_changed(reader, offers, [&list](OfferIndex offer) { list.push_back(offer.value); });
    return list;
  };
  const std::vector<std::uint32_t> none;
  constexpr std::uint32_t kOffers = 100;
  CHECK_FALSE(board.has_changed(BoardReader::alerts, kOffers));
  for (const std::uint32_t offer : {0U, 31U, 32U, 63U, 99U, 31U}) board.mark_changed({offer});
  CHECK(board.has_changed(BoardReader::alerts, kOffers));
  CHECK(taken(BoardReader::alerts, kOffers) == std::vector<std::uint32_t>{0, 31, 32, 63, 99});
  CHECK_FALSE(board.has_changed(BoardReader::alerts, kOffers));
  CHECK(taken(BoardReader::alerts, kOffers) == none);
  // What a reader does not know yet stays for when it does.
  CHECK(taken(BoardReader::stream, 63) == std::vector<std::uint32_t>{0, 31, 32});
  CHECK_FALSE(board.has_changed(BoardReader::stream, 63));
  CHECK(taken(BoardReader::stream, 64) == std::vector<std::uint32_t>{63});
  board.mark_changed({kOffersMax - 1});
  CHECK(taken(BoardReader::stream, kOffersMax) == std::vector<std::uint32_t>{99, kOffersMax - 1});
}

TEST_CASE("the board has an offer's figures, and knows whether they are new") {
  Board board(1000);
  const OfferStock most{.allocated = kStockMax, .available = 1, .held = kStockMax - 3, .sold = 2};
  CHECK(board.publish({7}, Availability::all_held, most));
  CHECK_FALSE(board.publish({7}, Availability::all_held, most));
  const OfferFigures figures = board.figures({7});
  CHECK(figures.availability == Availability::all_held);
  CHECK(figures.stock.allocated == kStockMax);
  CHECK(figures.stock.available == 1);
  CHECK(figures.stock.held == kStockMax - 3);
  CHECK(figures.stock.sold == 2);
  // Each of them alone is news.
  CHECK(board.publish({7}, Availability::on_sale, most));
  CHECK(
      board.publish({7}, Availability::on_sale, {.allocated = kStockMax, .held = kStockMax - 2, .sold = 2}));
  CHECK(
      board.publish({7}, Availability::on_sale, {.allocated = kStockMax, .held = kStockMax - 3, .sold = 3}));
  CHECK(board.publish({7}, Availability::on_sale,
                      {.allocated = kStockMax - 1, .held = kStockMax - 4, .sold = 3}));
  CHECK(board.remaining({7}) == 0);
  CHECK(board.held({7}) == kStockMax - 4);
  CHECK(board.sold({7}) == 3);
  CHECK(board.remaining({6}) == 0);
}

TEST_CASE("the alert log numbers what it is told and keeps the last of it") {
  AlertLog log;
  CHECK(log.last() == 0);
  CHECK(log.after(0).empty());
  Alert alert;
  while (alert.sold++ < static_cast<std::int64_t>(kAlertsKeptMax) + 2) log.append(alert);
  CHECK(log.last() == kAlertsKeptMax + 2);
  CHECK(log.after(log.last()).empty());
  CHECK(log.after(log.last() + 5).empty());
  const std::vector<AlertLog::Entry> newest = log.after(log.last() - 2);
  REQUIRE(newest.size() == 2);
  CHECK(newest[0].sequence == kAlertsKeptMax + 1);
  CHECK(newest[1].alert.sold == static_cast<std::int64_t>(kAlertsKeptMax) + 2);
  const std::vector<AlertLog::Entry> all = log.after(0);
  CHECK(all.size() == kAlertsKeptMax);
  CHECK(all.front().sequence == 3);
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
