// What an order costs a checkpoint: to write it, and to start with it. The files are in the system's cache.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/base/check.h"
#include "doorbuster/platform/storage.h"
#include "doorbuster/runtime/recovery.h"

namespace doorbuster::bench {
namespace {

constexpr Tick kNow{1'700'000'000 * kNsPerSecond};
constexpr std::uint32_t kOffers = 1000;
constexpr std::uint64_t kLast = 1;

// Confirmed orders with buyer and key, of many offers.
class Sold {
 public:
  explicit Sold(std::uint64_t orders) : state_({.shards = 2, .orders_max = orders}) {
    state_.set_keys({.table_key = {1, 2}, .order_id_key = {3, 4}});
    CatalogChangeSet change;
    change.campaigns.emplace_back();
    change.campaigns[0].ends_at = {kNow.ns * 2};
    change.campaigns[0].id = change.campaigns[0].name = "sale";
    change.campaigns[0].currency = "EUR";
    for (std::uint32_t i = 0; i < kOffers; ++i) {
      OfferPut& offer = change.offers.emplace_back();
      offer.offer = {i};
      offer.stock = static_cast<std::int64_t>(orders);
      offer.sku = "sku-" + std::to_string(i);
    }
    state_.install(apply_change(*state_.catalog(), change));
    for (std::uint64_t i = 0; i < orders; ++i) sell(i);
  }

  const StateBuilder& state() const { return state_; }

 private:
  void sell(std::uint64_t serial) {
    const std::string buyer = "buyer-" + std::to_string(serial);
    const std::string key = "8e03978e-40d5-43e8-bc93-" + std::to_string(100'000'000'000 + serial);
    Order order;
    order.number = OrderNumber::make({static_cast<std::uint32_t>(serial % kOffers)}, serial / kOffers + 1);
    order.quantity = order.confirmed_quantity = 1;
    order.buyer = buyer;
    order.key = key;
    std::string payload(order_payload_bytes(order), '\0');
    encode(order, std::as_writable_bytes(std::span(payload)));
    JournalRecord record;
    record.info = {.kind = RecordKind::order_confirmed, .tick = kNow};
    record.payload = std::as_bytes(std::span(std::as_const(payload)));
    DOORBUSTER_CHECK(state_.apply(record).has_value());
  }

  StateBuilder state_;
};

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "doorbuster-bench-XXXXXX").string();
    DOORBUSTER_CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
    storage_ = std::move(*open_posix_storage(path_, false));
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::uint64_t save(const StateBuilder& state) {
    const std::string name = checkpoint_name(kLast);
    static_cast<void>(storage_->remove(name));
    auto file = storage_->open(name, Storage::Mode::create);
    CheckpointWriter writer(**file, {.place = {.next_sequence = kLast + 1}, .tick = state.last_tick()},
                            StateBuilder::checkpoint_content());
    DOORBUSTER_CHECK(state.save(writer).has_value());
    return writer.bytes();
  }
  Storage& storage() { return *storage_; }

 private:
  std::string path_;
  std::unique_ptr<Storage> storage_;
};

void save_checkpoint(benchmark::State& state) {
  const Sold sold(static_cast<std::uint64_t>(state.range(0)));
  Folder folder;
  std::uint64_t bytes = 0;
  for (auto _ : state) bytes = folder.save(sold.state());
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes_per_order"] = static_cast<double>(bytes) / static_cast<double>(state.range(0));
}

void load_checkpoint(benchmark::State& state) {
  Folder folder;
  const auto orders = static_cast<std::uint64_t>(state.range(0));
  folder.save(Sold(orders).state());
  for (auto _ : state) {
    StateBuilder loaded({.shards = static_cast<std::uint32_t>(state.range(1)), .orders_max = orders});
    auto reader = CheckpointReader::open(folder.storage(), kLast, StateBuilder::checkpoint_content());
    DOORBUSTER_CHECK(loaded.load(*reader).has_value());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(save_checkpoint)->Name("save_checkpoint/smoke")->Arg(1000)->UseRealTime();
BENCHMARK(load_checkpoint)->Name("load_checkpoint/smoke")->Args({1000, 2})->UseRealTime();
BENCHMARK(save_checkpoint)->Arg(1'000'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(load_checkpoint)
    ->Args({1'000'000, 1})
    ->Args({1'000'000, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace doorbuster::bench
