// From a file with a catalog to a campaign by rule in force: each step on the way, and the way back from the
// journal.

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/base/check.h"
#include "doorbuster/catalog/definition.h"
#include "doorbuster/catalog/offer_rules.h"
#include "doorbuster/journal/journal.h"
#include "doorbuster/runtime/recovery.h"
#include "micro/allocations.h"

namespace doorbuster::bench {
namespace {

// Every item is in one of ten categories; the one rule is about all of them.
std::string text_of(std::int64_t items) {
  std::string text = R"({"catalog": [)";
  for (std::int64_t i = 0; i < items; ++i) {
    text += (i == 0 ? "\n" : ",\n") + std::string(R"({"sku":"sku-)") + std::to_string(1'000'000 + i) +
            R"(","category":"electronics/kind-)" + std::to_string(i % 10) + R"(","list_price":)" +
            std::to_string(10'000 + i) + R"(,"stock":100,"attributes":{"brand":"acme"}})";
  }
  return text + R"(], "campaigns": [{"id": "sale", "currency": "EUR", "starts_at": "2026-11-27T08:00:00Z",
    "ends_at": "2026-11-27T20:00:00Z", "offer_rules": [
      {"category": "electronics", "attributes": {"brand": "acme"}, "discount_percent": 20,
       "stock_percent": 50}]}]})";
}

struct Shop {
  explicit Shop(std::int64_t items) : text(text_of(items)) {
    const ParsedConfiguration parsed = parse_configuration(text);
    DOORBUSTER_CHECK(parsed.configuration.has_value());
    configuration = *parsed.configuration;
  }
  CatalogChangeSet plan() const {
    auto change = plan_change(Catalog(), {}, configuration, kOrdersMax);
    DOORBUSTER_CHECK(change.has_value() && change->offers.size() == configuration.items.size());
    return *std::move(change);
  }
  std::string text;
  Configuration configuration;
};

// A data folder on the disk of the working folder.
class Folder {
 public:
  Folder() {
    std::filesystem::remove_all(path_);
    auto storage = open_posix_storage(path_, true);
    DOORBUSTER_CHECK(storage.has_value());
    storage_ = std::move(*storage);
    DOORBUSTER_CHECK(storage_->lock().has_value());
  }
  ~Folder() {
    storage_.reset();
    std::filesystem::remove_all(path_);
  }
  void write(const std::vector<EncodedRecord>& records) {
    auto recovered = recover_journal(*storage_, [](const JournalRecord&) { return Status{}; });
    DOORBUSTER_CHECK(recovered.has_value());
    auto writer = JournalWriter::open(*storage_, *recovered, {});
    DOORBUSTER_CHECK(writer.has_value());
    for (const EncodedRecord& record : records) {
      if ((*writer)->batch_bytes() + kJournalRecordBytesMax > kJournalBatchBytesMax) {
        DOORBUSTER_CHECK((*writer)->commit().has_value());
      }
      (*writer)->append(record.info, std::as_bytes(std::span(record.payload)));
    }
    DOORBUSTER_CHECK((*writer)->commit().has_value());
  }
  CatalogPointer recover() {
    StateBuilder state({.shards = 2, .orders_max = 1000});
    const auto recovered =
        recover_journal(*storage_, [&state](const JournalRecord& record) { return state.apply(record); });
    DOORBUSTER_CHECK(recovered.has_value());
    return state.catalog();
  }

 private:
  const std::string path_ = "micro_bench_catalog";
  std::unique_ptr<Storage> storage_;
};

std::vector<EncodedRecord> records_of(const Shop& shop) {
  EncodedRecord created;
  created.info = {.kind = RecordKind::folder_created, .tick = Tick{1}};
  encode(FolderCreated{.table_key = {.k0 = 1, .k1 = 2}, .order_id_key = {.k0 = 3, .k1 = 4}}, created.payload);
  std::vector<EncodedRecord> records = {created};
  for (EncodedRecord& record : encode_change(shop.plan(), 1, Tick{1})) records.push_back(std::move(record));
  return records;
}

void parse(benchmark::State& state) {
  const Shop shop(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(parse_configuration(shop.text).configuration.has_value());
}

void expand(benchmark::State& state) {
  const Shop shop(state.range(0));
  const CampaignPut campaign = campaign_put_of(shop.configuration.campaigns[0]);
  for (auto _ : state) {
    benchmark::DoNotOptimize(expand_offer_rules(campaign, {}, shop.configuration.items).offers.data());
  }
}

void plan(benchmark::State& state) {
  const Shop shop(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(shop.plan().offers.data());
}

// What a reload of the same file costs: all of it is looked at, nothing is changed.
void plan_again(benchmark::State& state) {
  const Shop shop(state.range(0));
  const CatalogPointer catalog = apply_change(Catalog(), shop.plan());
  const std::vector<std::int64_t> committed(catalog->offers().size(), 0);
  for (auto _ : state) {
    const auto change = plan_change(*catalog, committed, shop.configuration, kOrdersMax);
    DOORBUSTER_CHECK(change.has_value() && change->empty());
  }
}

void apply(benchmark::State& state) {
  const Shop shop(state.range(0));
  const CatalogChangeSet change = shop.plan();
  for (auto _ : state) benchmark::DoNotOptimize(apply_change(Catalog(), change).get());
}

void journal(benchmark::State& state) {
  const std::vector<EncodedRecord> records = records_of(Shop(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    Folder folder;
    state.ResumeTiming();
    folder.write(records);
  }
}

void recover(benchmark::State& state) {
  Folder folder;
  folder.write(records_of(Shop(state.range(0))));
  for (auto _ : state) benchmark::DoNotOptimize(folder.recover().get());
}

// Of a few items in every build; of many when asked for. Disks have their own time.
#define DOORBUSTER_CATALOG_BENCH(function, name)                                  \
  BENCHMARK(function)->Name("catalog/" name "/smoke")->Arg(1'000)->UseRealTime(); \
  BENCHMARK(function)->Name("catalog/" name)->Arg(100'000)->Unit(benchmark::kMillisecond)->UseRealTime()

DOORBUSTER_CATALOG_BENCH(parse, "parse");
DOORBUSTER_CATALOG_BENCH(expand, "expand");
DOORBUSTER_CATALOG_BENCH(plan, "plan");
DOORBUSTER_CATALOG_BENCH(plan_again, "plan_again");
DOORBUSTER_CATALOG_BENCH(apply, "apply");
DOORBUSTER_CATALOG_BENCH(journal, "journal");
DOORBUSTER_CATALOG_BENCH(recover, "recover");

}  // namespace
}  // namespace doorbuster::bench
