// The decision alone: what a shard's thread spends between taking a command and having its answer. Arguments:
// how many buyers the tables hold already, so that the working set is that of a sale's end and not of its
// first second. Includes hashing the buyer and the key (an HTTP thread's work), encoding the record, and
// applying it; excludes queues, the journal and HTTP.

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "doorbuster/base/check.h"
#include "doorbuster/engine/engine.h"
#include "micro/allocations.h"

namespace doorbuster::bench {
namespace {

constexpr Tick kNow{1'700'000'000 * kNsPerSecond};
constexpr HashKey kKey{0x1234567890abcdefULL, 0xfedcba0987654321ULL};

// One campaign with one offer, an engine of the wanted size, and buyers made without an allocator.
class Sale {
 public:
  Sale(std::uint64_t buyers, std::uint64_t room, std::uint32_t limit)
      : engine_({.shard = 0,
                 .shards = 1,
                 .orders_max = buyers + room,
                 .table_key = kKey,
                 .allowances = &allowances_}) {
    CampaignPut campaign;
    campaign.starts_at = {kNow.ns - kNsPerSecond};
    campaign.ends_at = {kNow.ns + kNsPerSecond};
    campaign.limit_per_buyer = limit;
    campaign.id = campaign.name = "sale";
    campaign.currency = "EUR";
    OfferPut offer;
    offer.sku = "tv-55-oled";
    offer.stock = static_cast<std::int64_t>(buyers + room);
    offer.price = 49'900;
    engine_.install(std::make_shared<const Catalog>(1, std::vector{campaign}, std::vector{offer}));
    while (sold_ < buyers) sell();
  }

  // The buyer and key of a serial number.
  Buy buy(std::uint64_t serial) {
    put_digits(buyer_.data() + 2, serial);
    put_digits(key_.data() + 24, serial);
    Buy buy;
    buy.buyer = {buyer_.data(), buyer_.size()};
    buy.key = {key_.data(), key_.size()};
    return buy;
  }

  void sell() {
    const Buy wanted = buy(++sold_);
    const BuyHashes hashes = hash_buy(kKey, wanted);
    const Decision decision = engine_.decide(wanted, hashes, kNow);
    DOORBUSTER_CHECK(decision.outcome == Outcome::confirmed && !decision.replayed);
    benchmark::DoNotOptimize(encode(decision.order, record_));
    OrderSlot slot;
    DOORBUSTER_CHECK(engine_.apply(decision.order, hashes, slot));
  }

  Engine& engine() { return engine_; }
  std::uint64_t sold() const { return sold_; }

 private:
  static void put_digits(char* at, std::uint64_t number) {
    for (int i = 11; i >= 0; --i, number /= 10) at[i] = static_cast<char>('0' + number % 10);
  }

  Allowances allowances_{1};
  Engine engine_;
  std::uint64_t sold_ = 0;
  std::array<char, 14> buyer_{'b', '-'};
  std::array<char, 36> key_{'8', 'e', '0', '3', '9', '7', '8', 'e', '-', '4', '0', 'd',
                            '5', '-', '4', '3', 'e', '8', '-', 'b', 'c', '9', '3', '-'};
  std::array<std::byte, 1024> record_;
};

std::uint64_t scrambled(std::uint64_t i, std::uint64_t count) {
  return (i * 0x9e3779b97f4a7c15ULL >> 8) % count + 1;
}

void sale(benchmark::State& state) {
  Sale sale(static_cast<std::uint64_t>(state.range(0)), static_cast<std::uint64_t>(state.max_iterations), 2);
  const CountAllocations count(state);
  for (auto _ : state) sale.sell();
}

void refusal_by_limit(benchmark::State& state) {
  const auto buyers = static_cast<std::uint64_t>(state.range(0));
  Sale sale(buyers, 1, 1);
  std::uint64_t i = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    Buy wanted = sale.buy(scrambled(++i, buyers));
    wanted.key = {};
    const Decision decision = sale.engine().decide(wanted, hash_buy(kKey, wanted), kNow);
    DOORBUSTER_CHECK(decision.outcome == Outcome::limit_reached);
  }
}

void refusal_sold_out(benchmark::State& state) {
  const auto buyers = static_cast<std::uint64_t>(state.range(0));
  Sale sale(buyers, 0, 2);
  std::uint64_t i = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    const Buy wanted = sale.buy(buyers + ++i);
    const Decision decision = sale.engine().decide(wanted, hash_buy(kKey, wanted), kNow);
    DOORBUSTER_CHECK(decision.outcome == Outcome::sold_out);
  }
}

void replayed_key(benchmark::State& state) {
  const auto buyers = static_cast<std::uint64_t>(state.range(0));
  Sale sale(buyers, 1, 2);
  std::uint64_t i = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    const Buy wanted = sale.buy(scrambled(++i, buyers));
    const Decision decision = sale.engine().decide(wanted, hash_buy(kKey, wanted), kNow);
    DOORBUSTER_CHECK(decision.replayed);
  }
}

[[maybe_unused]] const int registered = [] {
  const auto add = [](const char* name, auto function) {
    benchmark::RegisterBenchmark((std::string("decision/") + name + "/smoke").c_str(), function)->Arg(1'000);
    benchmark::RegisterBenchmark((std::string("decision/") + name).c_str(), function)
        ->Arg(1'000'000)
        ->Arg(10'000'000);
  };
  add("sale", sale);
  add("refusal_by_limit", refusal_by_limit);
  add("refusal_sold_out", refusal_sold_out);
  add("replayed_key", replayed_key);
  return 0;
}();

}  // namespace
}  // namespace doorbuster::bench
