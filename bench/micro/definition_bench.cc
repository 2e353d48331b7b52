// What it takes to change a campaign of many SKUs while it runs: each step from a patch of all prices to the
// catalog in force. While `plan` and `apply` run, and while what `encode` made is written, all shards wait.

#include <string>
#include <vector>

#include "doorbuster/base/check.h"
#include "doorbuster/catalog/definition.h"
#include "doorbuster/runtime/recovery.h"
#include "micro/allocations.h"

namespace doorbuster::bench {
namespace {

// A campaign with a price step and an audience; of every offer the price is to change.
struct Sale {
  explicit Sale(std::int64_t offers) {
    CampaignConfiguration campaign;
    campaign.id = campaign.name = "sale";
    campaign.currency = "EUR";
    campaign.starts_at = {0};
    campaign.ends_at = {1'000 * kNsPerSecond};
    campaign.plan.price_steps = {{{0}, {500 * kNsPerSecond}, PriceLayer::Kind::discount, 1250}};
    campaign.plan.audience.regions = {"at", "de"};
    patch = R"({"offers":{)";
    for (std::int64_t i = 0; i < offers; ++i) {
      const std::string sku = "sku-" + std::to_string(1'000'000 + i);
      campaign.offers.push_back({sku, 10, 49'900, 39'900});
      patch += (i == 0 ? "\"" : ",\"") + sku + R"(":{"price":29900})";
    }
    patch += "}}";
    const auto change = plan_change(Catalog(), {}, {campaign}, kOrdersMax);
    DOORBUSTER_CHECK(change.has_value());
    catalog = apply_change(Catalog(), *change);
    committed.resize(catalog->offers().size(), 0);
    text = definition_json(*catalog, {0});
    const Result<std::string> merged = merge_definition(text, patch);
    DOORBUSTER_CHECK(merged.has_value());
    const ParsedDefinition parsed = parse_definition(*merged);
    DOORBUSTER_CHECK(parsed.campaign.has_value());
    wanted = *parsed.campaign;
  }
  CatalogChangeSet plan() const {
    auto change = plan_put(*catalog, committed, wanted, kOrdersMax);
    DOORBUSTER_CHECK(change.has_value() && change->offers.size() == wanted.offers.size());
    return *std::move(change);
  }

  CatalogPointer catalog;
  std::vector<std::int64_t> committed;
  std::string text, patch;
  CampaignConfiguration wanted;
};

void write(benchmark::State& state) {
  const Sale sale(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(definition_json(*sale.catalog, {0}).data());
}

void merge(benchmark::State& state) {
  const Sale sale(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(merge_definition(sale.text, sale.patch).has_value());
}

void parse(benchmark::State& state) {
  const Sale sale(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(parse_definition(sale.text).campaign.has_value());
}

void plan(benchmark::State& state) {
  const Sale sale(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(sale.plan().offers.data());
}

void encode_all(benchmark::State& state) {
  const Sale sale(state.range(0));
  const CatalogChangeSet change = sale.plan();
  for (auto _ : state) benchmark::DoNotOptimize(encode_change(change, 2, Tick{1}).data());
}

void apply(benchmark::State& state) {
  const Sale sale(state.range(0));
  const CatalogChangeSet change = sale.plan();
  for (auto _ : state) benchmark::DoNotOptimize(apply_change(*sale.catalog, change).get());
}

// Of a few offers in every build; of many when asked for.
#define DOORBUSTER_DEFINITION_BENCH(function, name)                   \
  BENCHMARK(function)->Name("definition/" name "/smoke")->Arg(1'000); \
  BENCHMARK(function)->Name("definition/" name)->Arg(100'000)->Unit(benchmark::kMillisecond)

DOORBUSTER_DEFINITION_BENCH(write, "write");
DOORBUSTER_DEFINITION_BENCH(merge, "merge");
DOORBUSTER_DEFINITION_BENCH(parse, "parse");
DOORBUSTER_DEFINITION_BENCH(plan, "plan");
DOORBUSTER_DEFINITION_BENCH(encode_all, "encode");
DOORBUSTER_DEFINITION_BENCH(apply, "apply");

}  // namespace
}  // namespace doorbuster::bench
