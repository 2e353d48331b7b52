// A million holds that run out at the same instant, and buyers who ask meanwhile: how long a shard keeps one
// of them waiting. Measured is what the shard's thread does between two looks at its queue, so the delay that
// the expiries can add to a decision; the journal's thread has its own processor in the real thing and is
// left out.

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "doorbuster/platform/clock.h"
#include "doorbuster/platform/memory_storage.h"
#include "doorbuster/runtime/door.h"
#include "doorbuster/runtime/journal_agent.h"
#include "micro/sale.h"

namespace doorbuster::bench {
namespace {

constexpr std::uint32_t kHoldSeconds = 60;

// One shard and its journal on a disk in memory, without threads.
class Shard {
 public:
  explicit Shard(std::uint64_t holds) : clock_(kNow), board_(holds) {
    CampaignPut campaign;
    campaign.starts_at = kNow;
    campaign.ends_at = {kNow.ns + 3600 * kNsPerSecond};
    campaign.hold_seconds = campaign.hold_max_seconds = campaign.offer_seconds = kHoldSeconds;
    campaign.id = campaign.name = "sale";
    campaign.currency = "EUR";
    OfferPut offer;
    offer.sku = "tv-55-oled";
    offer.stock = static_cast<std::int64_t>(holds);
    offer.price = 49'900;
    catalog_.set(std::make_shared<const Catalog>(1, std::vector{campaign}, std::vector{offer}));

    auto engine = std::make_unique<Engine>(
        EngineOptions{.orders_max = 2 * holds, .table_key = kKey, .allowances = &allowances_});
    engine->install(catalog_.get());
    DOORBUSTER_CHECK(storage_.lock().has_value());
    auto recovered = recover_journal(storage_, [](const JournalRecord&) { return Status{}; });
    DOORBUSTER_CHECK(recovered.has_value());
    auto writer = JournalWriter::open(storage_, *recovered, {});
    DOORBUSTER_CHECK(writer.has_value());
    shard_ = std::make_unique<ShardAgent>(ShardOptions{}, std::move(engine), 1, board_, clock_);
    journal_ = std::make_unique<JournalAgent>(std::move(*writer), std::vector<JournalRing*>{&shard_->ring()},
                                              std::vector<Notifier*>{&notifier_}, clock_);
    door_ = std::make_unique<EngineDoor>(0, std::vector<ShardAgent*>{shard_.get()}, board_, catalog_,
                                         DataFolderKeys{kKey, kKey});
    door_->set_notifier(&notifier_);
    shard_->connect({{.queue = &door_->replies(), .notifier = &notifier_}}, journal_.get(), &notifier_,
                    &notifier_, {shard_.get()});
    for (std::uint64_t i = 0; i < holds; ++i) {
      ask("h-" + std::to_string(i));
      if (i % kCommandDrainMax == 0) cycle();
    }
    while (cycle() != 0) {
    }
  }

  void ask(const std::string& buyer) {
    Request* request = door_->take();
    DOORBUSTER_CHECK(request != nullptr);
    request->kind = Request::Kind::buy;
    request->buy = {};
    request->buy.buyer = request->keep(buyer);
    request->hashes = hash_buy(kKey, request->buy);
    DOORBUSTER_CHECK(door_->submit(request));
  }
  std::size_t cycle() {
    const std::size_t work = shard_->do_work() + journal_->do_work();
    collect();
    return work;
  }
  std::size_t collect() {
    Request* came[64];
    std::size_t total = 0;
    while (const std::size_t count = door_->collect(came)) {
      for (std::size_t i = 0; i < count; ++i) door_->give_back(came[i]);
      total += count;
    }
    return total;
  }
  ShardAgent& agent() { return *shard_; }
  JournalAgent& journal() { return *journal_; }
  ManualClock& clock() { return clock_; }
  std::int64_t held() { return shard_->engine().stock({}).held; }

 private:
  ManualClock clock_;
  MemoryStorage storage_;
  Board board_;
  CatalogCell catalog_;
  Allowances allowances_{1};
  Notifier notifier_;
  std::unique_ptr<ShardAgent> shard_;
  std::unique_ptr<JournalAgent> journal_;
  std::unique_ptr<EngineDoor> door_;
};

void all_at_once(benchmark::State& state) {
  using Time = std::chrono::steady_clock;
  std::vector<double> cycles_us;
  for (auto _ : state) {
    state.PauseTiming();
    auto shard = std::make_unique<Shard>(static_cast<std::uint64_t>(state.range(0)));
    shard->clock().advance_ns(kHoldSeconds * kNsPerSecond);
    state.ResumeTiming();
    std::uint64_t buyers = 0;
    while (shard->held() > static_cast<std::int64_t>(buyers)) {
      shard->ask("b-" + std::to_string(buyers++));
      const auto before = Time::now();
      shard->agent().do_work();
      cycles_us.push_back(std::chrono::duration<double, std::micro>(Time::now() - before).count());
      state.PauseTiming();
      shard->journal().do_work();
      shard->collect();
      state.ResumeTiming();
    }
    state.PauseTiming();
    shard.reset();
    state.ResumeTiming();
  }
  std::sort(cycles_us.begin(), cycles_us.end());
  state.counters["cycles"] = static_cast<double>(cycles_us.size());
  state.counters["cycle_p50_us"] = cycles_us[cycles_us.size() / 2];
  state.counters["cycle_p99_us"] = cycles_us[cycles_us.size() * 99 / 100];
  state.counters["cycle_max_us"] = cycles_us.back();
}

[[maybe_unused]] const int registered = [] {
  benchmark::RegisterBenchmark("expiry/all_at_once/smoke", all_at_once)->Arg(1'000)->Iterations(1);
  benchmark::RegisterBenchmark("expiry/all_at_once", all_at_once)->Arg(1'000'000)->Iterations(1);
  return 0;
}();

}  // namespace
}  // namespace doorbuster::bench
