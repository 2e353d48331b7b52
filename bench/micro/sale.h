#pragma once
// An engine in the middle of a sale, for benchmarks of its decisions.

#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/base/check.h"
#include "doorbuster/engine/engine.h"

namespace doorbuster::bench {

inline constexpr Tick kNow{1'700'000'000 * kNsPerSecond};
inline constexpr HashKey kKey{0x1234567890abcdefULL, 0xfedcba0987654321ULL};

// One campaign with one offer, an engine of the wanted size, and buyers made without an allocator.
class Sale {
 public:
  // `buyers` have bought already, or hold; `room` more can. With hold_seconds a buy is a hold.
  Sale(std::uint64_t buyers, std::uint64_t room, std::uint32_t limit, std::uint32_t hold_seconds = 0,
       CampaignPlan plan = {})
      : engine_({.shard = 0,
                 .shards = 1,
                 .orders_max = buyers + room,
                 .table_key = kKey,
                 .allowances = &allowances_}) {
    CampaignPut campaign;
    campaign.starts_at = {kNow.ns - kNsPerSecond};
    campaign.ends_at = {kNow.ns + kNsPerSecond};
    campaign.limit_per_buyer = limit;
    campaign.hold_seconds = campaign.hold_max_seconds = campaign.offer_seconds = hold_seconds;
    campaign.id = campaign.name = "sale";
    campaign.currency = "EUR";
    campaign.plan = std::move(plan);
    if (!campaign.plan.audience.regions.empty()) region_ = campaign.plan.audience.regions.back();
    if (!campaign.plan.windows.empty()) {
      campaign.starts_at = campaign.plan.windows.front().from;
      campaign.ends_at = campaign.plan.windows.back().to;
    }
    OfferPut offer;
    offer.sku = "tv-55-oled";
    offer.stock = static_cast<std::int64_t>(buyers + room);
    offer.price = 49'900;
    engine_.install(std::make_shared<const Catalog>(1, std::vector{campaign}, std::vector{offer}));
    while (sold_ + kBatch <= buyers) sell_batch(kAhead);
    while (sold_ < buyers) sell();
    // As a server's watch thread does it during the sale.
    OrdersAhead ahead;
    for (std::uint64_t rows = buyers; rows <= buyers + room; rows += 1024) {
      engine_.store().follow(ahead,
                             {.rows = rows, .lives = hold_seconds != 0 ? rows : 0, .text_bytes = rows * 64});
    }
  }

  // The buyer and key of a serial number.
  Buy buy(std::uint64_t serial) {
    put_digits(buyer_.data() + 2, serial);
    put_digits(key_.data() + 24, serial);
    Buy buy;
    buy.buyer = {buyer_.data(), buyer_.size()};
    buy.key = {key_.data(), key_.size()};
    buy.region = region_;
    return buy;
  }

  void sell() {
    const Buy wanted = buy(++sold_);
    sell(wanted, hash_buy(kKey, wanted), false);
  }

  void sell(const Buy& wanted, const BuyHashes& hashes, bool prefetch) {
    const Decision decision = engine_.decide(wanted, hashes, kNow);
    const bool taken = decision.outcome == Outcome::confirmed || decision.outcome == Outcome::held;
    DOORBUSTER_CHECK(taken && !decision.replayed);
    if (prefetch) engine_.prefetch(decision.order.number);
    benchmark::DoNotOptimize(encode(decision.order, record_));
    OrderSlot slot;
    DOORBUSTER_CHECK(engine_.apply(decision.order, hashes, slot));
  }

  // The next sales as a shard makes them: it has the commands in front of it, and their hashes. `ahead`: so
  // many commands before a decision its places in the tables are asked for; 0: never.
  void sell_batch(std::size_t ahead) {
    for (Command& command : batch_) {
      const Buy wanted = buy(++sold_);
      std::memcpy(command.texts.data(), wanted.buyer.data(), wanted.buyer.size());
      std::memcpy(command.texts.data() + wanted.buyer.size(), wanted.key.data(), wanted.key.size());
      command.buy = wanted;
      command.buy.buyer = {command.texts.data(), wanted.buyer.size()};
      command.buy.key = {command.texts.data() + wanted.buyer.size(), wanted.key.size()};
      command.hashes = hash_buy(kKey, command.buy);
    }
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      if (ahead != 0 && i + ahead < batch_.size()) {
        engine_.prefetch(batch_[i + ahead].buy, batch_[i + ahead].hashes);
      }
      sell(batch_[i].buy, batch_[i].hashes, ahead != 0);
    }
  }
  static constexpr std::size_t kBatch = 256;
  static constexpr std::size_t kAhead = 8;  // as a shard looks

  // The order of a serial number, which is a hold.
  void confirm(std::uint64_t serial) {
    OrderCommand command;
    command.order = OrderNumber::make({}, serial);
    const OrderDecision decision = engine_.decide(command, kNow);
    DOORBUSTER_CHECK(decision.event.has_value());
    benchmark::DoNotOptimize(encode(*decision.event, record_));
    Applied applied;
    DOORBUSTER_CHECK(engine_.apply(*decision.event, applied));
  }

  Engine& engine() { return engine_; }
  std::uint64_t sold() const { return sold_; }

 private:
  static void put_digits(char* at, std::uint64_t number) {
    for (int i = 11; i >= 0; --i, number /= 10) at[i] = static_cast<char>('0' + number % 10);
  }

  struct Command {
    Buy buy;
    BuyHashes hashes;
    std::array<char, 64> texts;
  };

  std::vector<Command> batch_ = std::vector<Command>(kBatch);
  Allowances allowances_{1};
  Engine engine_;
  std::uint64_t sold_ = 0;
  std::string region_;  // one that the plan is for
  std::array<char, 14> buyer_{'b', '-'};
  std::array<char, 36> key_{'8', 'e', '0', '3', '9', '7', '8', 'e', '-', '4', '0', 'd',
                            '5', '-', '4', '3', 'e', '8', '-', 'b', 'c', '9', '3', '-'};
  std::array<std::byte, 1024> record_;
};

}  // namespace doorbuster::bench
