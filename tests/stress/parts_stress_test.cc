// What threads hand to each other: queue, ring, notifier and board, with as many threads as they are made
// for.
#include <array>
#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "doorbuster/platform/notifier.h"
#include "doorbuster/runtime/board.h"
#include "doorbuster/runtime/command_queue.h"
#include "doorbuster/runtime/journal_ring.h"
#include "stress/stress.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

TEST_CASE("a queue loses nothing, doubles nothing and keeps each producer's order and bound") {
  constexpr std::size_t kProducers = 3, kBound = 64;
  struct Item {
    std::size_t producer = 0, number = 0;
    bool seen = false;
  };
  const std::size_t count = stressed(150'000);
  BoundedQueue<Item, kBound> queue(kProducers);
  std::vector<std::vector<Item>> items(kProducers, std::vector<Item>(count));
  std::vector<std::thread> producers;
  std::atomic<std::size_t> full = 0;
  for (std::size_t p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (std::size_t i = 0; i < count; ++i) {
        items[p][i].producer = p;
        items[p][i].number = i;
        while (!queue.push(p, &items[p][i])) {
          full.fetch_add(1);
          std::this_thread::yield();
        }
      }
    });
  }
  std::vector<std::size_t> next(kProducers, 0);
  std::size_t taken = 0, most = 0;
  std::mt19937 random(1);
  Item* out[48];
  while (taken < kProducers * count) {
    most = std::max(most, queue.size());
    const std::size_t n = queue.pop(out, 1 + random() % std::size(out));
    for (std::size_t i = 0; i < n; ++i) {
      Item& item = *out[i];  // what its producer wrote is visible here
      REQUIRE_FALSE(item.seen);
      REQUIRE(item.number == next[item.producer]);
      item.seen = true;
      ++next[item.producer];
    }
    taken += n;
    if (n == 0) std::this_thread::yield();
  }
  for (std::thread& producer : producers) producer.join();
  CHECK(queue.size() == 0);
  CHECK(most <= kProducers * (kBound + std::size(out) + 64));
  CHECK(full.load() > 0);  // the bound was met
}

TEST_CASE("the journal gets every record of a shard whole and in order, and durable never runs ahead") {
  const auto count = static_cast<std::int64_t>(stressed(200'000));
  JournalRing ring(4 * kJournalRecordBytesMax);
  std::atomic<bool> done = false;
  std::thread shard([&] {
    std::mt19937_64 random(2);
    for (std::int64_t i = 0; i < count; ++i) {
      while (!ring.has_room()) {
        ring.publish();
        std::this_thread::yield();
      }
      const std::size_t bytes = random() % 300;
      const auto room = ring.reserve(bytes);
      std::fill(room.begin(), room.end(), static_cast<std::byte>(i));
      const std::uint64_t position =
          ring.append({.kind = RecordKind::order_confirmed, .version = 1, .tenant = {1}, .tick = {i}});
      DOORBUSTER_CHECK(ring.durable() < position);  // not published yet
      if (i % 3 == 0) ring.publish();
    }
    ring.publish();
  });
  std::thread gate([&] {  // looks at the positions as replies do
    std::uint64_t last = 0;
    while (!done.load()) {
      const std::uint64_t durable = ring.durable();
      DOORBUSTER_CHECK(durable >= last && durable <= ring.published());
      last = durable;
      std::this_thread::yield();
    }
  });
  RecordInfo info;
  std::span<const std::byte> payload;
  std::int64_t read = 0;
  std::size_t broken = 0;
  while (read < count) {
    std::size_t batch = 0;
    while (batch < 50 && ring.next(info, payload)) {
      broken += info.tick.ns == read ? 0U : 1U;
      for (const std::byte byte : payload) broken += byte == static_cast<std::byte>(read) ? 0U : 1U;
      ++read;
      ++batch;
    }
    ring.taken();
    ring.set_durable();
    if (batch == 0) std::this_thread::yield();
  }
  done.store(true);
  shard.join();
  gate.join();
  CHECK(broken == 0);
  CHECK(ring.durable() == ring.published());
}

TEST_CASE("no wake-up is ever lost: a sleeper that missed one would sleep for ever") {
  const std::size_t count = stressed(100'000);
  constexpr std::size_t kRingers = 3;
  Notifier notifier;
  std::atomic<std::size_t> work = 0;
  std::vector<std::thread> ringers;
  for (std::size_t r = 0; r < kRingers; ++r) {
    ringers.emplace_back([&, r] {
      for (std::size_t i = 0; i < count; ++i) {
        // relaxed: the notifier is what makes it visible to the sleeper.
        work.fetch_add(1, std::memory_order_relaxed);
        notifier.notify();
        if (i % 64 == r) std::this_thread::yield();  // so that the sleeper gets to sleep
      }
    });
  }
  std::size_t done = 0, slept = 0;
  while (done < kRingers * count) {
    // relaxed, here and below: see above.
    const std::size_t found = work.exchange(0, std::memory_order_relaxed);
    done += found;
    if (found != 0) continue;
    notifier.prepare_to_sleep();
    // relaxed: see above.
    if (work.load(std::memory_order_relaxed) != 0) {
      notifier.cancel_sleep();
    } else {
      notifier.sleep();
      ++slept;
    }
  }
  for (std::thread& ringer : ringers) ringer.join();
  CHECK(done == kRingers * count);
  CHECK(slept > 0);
  CHECK(notifier.wakeups() <= done);
}

TEST_CASE("who sees an offer sold out sees all of its buyers") {
  const auto offers = static_cast<std::uint32_t>(stressed(2000));
  constexpr std::uint64_t kBuyers = 20;
  Board board(offers * kBuyers);
  const auto hash = [](std::uint32_t offer, std::uint64_t buyer) {
    return keyed_hash(kTableKey, offer, "b-" + std::to_string(buyer));
  };
  std::atomic<std::size_t> missed = 0;
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&] {
      for (std::uint32_t offer = 0; offer < offers; ++offer) {
        while (!board.sold_out({offer})) std::this_thread::yield();
        for (std::uint64_t buyer = 0; buyer < kBuyers; ++buyer) {
          if (!board.may_have_bought(hash(offer, buyer))) missed.fetch_add(1);
        }
        if (board.remaining({offer}) != 0) missed.fetch_add(1);
      }
    });
  }
  for (std::uint32_t offer = 0; offer < offers; ++offer) {
    for (std::uint64_t buyer = 0; buyer < kBuyers; ++buyer) {
      board.mark_name(hash(offer, buyer));
    }
    board.publish({offer}, Availability::sold_out, {.allocated = kBuyers, .sold = kBuyers});
  }
  for (std::thread& reader : readers) reader.join();
  CHECK(missed.load() == 0);
}

TEST_CASE("who follows the board ends with the last figures of every offer, and never sees two mixed") {
  constexpr std::uint32_t kOffers = 70;  // of both shards in one word of marks
  constexpr std::int64_t kStock = 1000;
  constexpr std::uint32_t kShards = 2;
  const auto rounds = static_cast<std::int64_t>(stressed(20'000));
  Board board(1);
  std::array<Notifier, kBoardReaders> notifiers;
  std::atomic<std::uint32_t> shards_left = kShards;
  std::vector<std::thread> threads;
  for (std::uint32_t shard = 0; shard < kShards; ++shard) {
    threads.emplace_back([&, shard] {
      for (std::int64_t round = 1; round <= rounds; ++round) {
        const OfferIndex offer{static_cast<std::uint32_t>(round) * kShards % kOffers + shard};
        const std::int64_t sold = round % (kStock + 1);
        if (!board.publish(offer, sold == kStock ? Availability::sold_out : Availability::on_sale,
                           {.allocated = kStock, .held = kStock - sold, .sold = sold})) {
          continue;
        }
        board.mark_changed(offer);
        for (Notifier& notifier : notifiers) notifier.notify();
      }
      shards_left.fetch_sub(1);
      for (Notifier& notifier : notifiers) notifier.notify();
    });
  }
  std::atomic<std::size_t> mixed = 0;
  std::array<std::array<std::int64_t, kOffers>, kBoardReaders> seen{};
  for (std::uint32_t r = 0; r < kBoardReaders; ++r) {
    threads.emplace_back([&, r] {
      const auto reader = BoardReader{static_cast<std::uint8_t>(r)};
      for (bool last = false; !last;) {
        last = shards_left.load() == 0;
        board.take_changed(reader, kOffers, [&](OfferIndex offer) {
          const OfferFigures now = board.figures(offer);
          const bool whole = now.stock.allocated == kStock && now.stock.held + now.stock.sold == kStock &&
                             (now.availability == Availability::sold_out) == (now.stock.sold == kStock);
          if (!whole) mixed.fetch_add(1);
          seen[r][offer.value] = now.stock.sold;
        });
        notifiers[r].prepare_to_sleep();
        if (last || shards_left.load() == 0 || board.has_changed(reader, kOffers)) {
          notifiers[r].cancel_sleep();
        } else {
          notifiers[r].sleep();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(mixed.load() == 0);
  for (std::uint32_t offer = 0; offer < kOffers; ++offer) {
    for (const auto& figures : seen) CHECK(figures[offer] == board.sold({offer}));
  }
}

}  // namespace
}  // namespace doorbuster
