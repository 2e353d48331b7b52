// A decision allocates nothing: what a sale costs does not depend on the heap's mood.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <new>

#include "support/house.h"
#include "support/sanitizers.h"

namespace {
bool counting = false;
std::size_t allocations = 0;

void* counted(std::size_t bytes) {
  if (counting) ++allocations;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t bytes) {
  return counted(bytes);
}
void* operator new[](std::size_t bytes) {
  return counted(bytes);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

#if !defined(DOORBUSTER_SANITIZED)
// The engine's tables take their memory past the heap. (The sanitizers have an mmap of their own.)
extern "C" void* mmap(void* address, std::size_t bytes, int protection, int flags, int file,
                      off_t offset) noexcept {
  if (counting) ++allocations;
  return reinterpret_cast<void*>(syscall(SYS_mmap, address, bytes, protection, flags, file, offset));
}
#endif

namespace doorbuster {
namespace {

template <typename Work>
std::size_t allocations_of(Work&& work) {
  allocations = 0;
  counting = true;
  work();
  counting = false;
  return allocations;
}

TEST_CASE("the counter counts") {
  CHECK(allocations_of([] { delete new int; }) == 1);
  CHECK(allocations_of([] { std::string(100, 'x').clear(); }) == 1);
  CHECK(allocations_of([] { const ReservedArray<int> array(100); }) <= 1);  // 0 under a sanitizer
}

TEST_CASE("decide, apply and find allocate nothing, from the first order to a full table") {
  constexpr std::uint64_t orders = 5000;
  Allowances allowances(orders);
  Engine engine({.orders_max = orders, .table_key = kTableKey, .allowances = &allowances});
  engine.install(catalog_of({campaign_put(0, 2)}, {offer_put(0, 2 * orders)}));
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i <= orders; ++i) names.push_back("buyer-with-a-long-name-" + std::to_string(i));
  std::size_t confirmed = 0, replayed = 0, refused = 0;
  CHECK(allocations_of([&] {
          for (const std::string& name : names) {
            const Buy buy = buy_of(name, name);
            const BuyHashes hashes = hash_buy(kTableKey, buy);
            const Decision decision = engine.decide(buy, hashes, kOpens);
            OrderSlot slot;
            if (decision.outcome != Outcome::confirmed || !engine.apply(decision.order, hashes, slot))
              continue;
            ++confirmed;
            replayed += engine.decide(buy, hashes, kOpens).replayed ? 1U : 0U;
            Buy more = buy_of(name, {}, 2);
            refused += engine.decide(more, hashes, kOpens).outcome == Outcome::limit_reached ? 1U : 0U;
            if (!engine.find(decision.order.number)) return;
          }
        }) == 0);
  CHECK(confirmed == orders);
  CHECK(replayed == orders);
  CHECK(refused == orders);
}

// One request of every kind through queue, shard, ring, gate and reply queue; the disk's part is not counted.
TEST_CASE("a shard's whole cycle allocates nothing: a sale, a replay, a refusal and a look") {
  Estate estate({{campaign_put(0, 1)}, {offer_put(0, 100'000)}},
                {.orders_max = 50'000, .requests_max = 4096});
  House& house = *estate.house;
  std::vector<std::string> names;
  for (int i = 0; i < 20'000; ++i) names.push_back("b-" + std::to_string(i));
  std::size_t answered = 0, counted = 0;
  for (std::size_t from = 0; from < names.size(); from += 500) {
    counted += allocations_of([&] {
      for (std::size_t i = from; i < from + 500; ++i) {
        for (const Buy& buy : {buy_of(names[i], names[i]), buy_of(names[i], names[i]), buy_of(names[i])}) {
          Request* request = house.take();
          fill(*request, buy, kTableKey);
          if (!house.door().submit(request)) return;
        }
        Request* look = house.take();
        look->kind = Request::Kind::find_order;
        look->order_number = OrderNumber::make({0}, i + 1);
        if (!house.door().submit(look)) return;
      }
      house.door().ring_shards();
      while (house.decide() != 0) {
      }
    });
    house.write();
    counted += allocations_of([&] {
      house.decide();
      Request* came[256];
      while (const std::size_t count = house.door().collect(came)) {
        for (std::size_t i = 0; i < count; ++i) house.door().give_back(came[i]);
        answered += count;
      }
    });
  }
  CHECK(counted == 0);
  CHECK(answered == 4 * names.size());
  CHECK(house.stock({0}).sold == static_cast<std::int64_t>(names.size()));
}

TEST_CASE("a queue takes all of its memory at the start, for every producer at its bound") {
  using Queue = BoundedQueue<int, 256>;
  for (const std::size_t producers : {1U, 2U, 5U}) {
    Queue queue(producers);
    int element = 0;
    int* out[64];
    std::size_t moved = 0;
    CHECK(allocations_of([&] {
            for (std::size_t round = 0; round < 50; ++round) {
              for (std::size_t p = 0; p < producers; ++p) {
                for (std::size_t i = 0; i < 256; ++i) moved += queue.push(p, &element) ? 1U : 0U;
              }
              if (round % 2 == 0) queue.pop(out, 7);  // off the blocks' borders
              while (queue.pop(out, 64) != 0) {
              }
            }
          }) == 0);
    CHECK(moved == 50 * 256 * producers);
  }
}

}  // namespace
}  // namespace doorbuster
