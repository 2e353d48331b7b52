#pragma once
// A data folder with houses that live in it one after the other, and sell.

#include <memory>
#include <string>
#include <vector>

#include "doorbuster/runtime/checkpoint.h"
#include "support/house.h"

namespace doorbuster {

inline constexpr std::uint32_t kOffers = 4;

inline CatalogChangeSet shop() {
  CampaignPut campaign = campaign_put(0);
  campaign.hold_seconds = 600;
  campaign.hold_max_seconds = 1200;
  campaign.waitlist = true;
  campaign.offer_seconds = 60;
  campaign.limit_per_buyer_total = 900;
  CatalogChangeSet shop = {{campaign}, {}};
  for (std::uint32_t i = 0; i < kOffers; ++i) shop.offers.push_back(offer_put(i, i == 0 ? 3 : 100'000));
  return shop;
}

// One data folder, its houses one after the other, and a clock that only goes ahead.
class Folder {
 public:
  explicit Folder(std::uint32_t shards = 2) : shards_(shards) { open(); }

  void open() {
    house.reset();
    storage.kill();
    auto started = House::start(storage, clock, shop(), {.shards = shards_, .orders_max = 20'000});
    INFO((started ? std::string() : started.error().message));
    REQUIRE(started.has_value());
    house = std::move(*started);
  }
  // Sells until so many segments more are complete.
  void fill(std::uint64_t segments) {
    const std::uint64_t until = house->journal().writer().counters().segments + segments;
    while (house->journal().writer().counters().segments < until) sell_some();
  }
  void sell_some() {
    for (int i = 0; i < 20; ++i) {
      ++sold_;
      clock.advance_ns(kNsPerMillisecond);
      const std::string buyer = "b-" + std::to_string(sold_ % 500);
      const std::string key = "k-" + std::to_string(sold_);
      const std::vector<OrderLine> lines = {{.offer = {1}, .quantity = 1}, {.offer = {2}, .quantity = 2}};
      const Hash128 device = hash_identity(kTableKey, buyer);
      Buy buy = sold_ % 5 == 0 ? basket_of(buyer, lines, key)
                               : buy_of(buyer, key, 1, {static_cast<std::uint32_t>(sold_ % kOffers)});
      buy.wait = buy.lines.empty();
      if (sold_ % 3 == 0) buy.identities = Identities(&device, 1);
      house->ask(buy);
      house->settle();
      for (const Answer& answer : house->answers()) {
        if (answer.outcome != Outcome::held) continue;
        OrderCommand command;
        command.action = sold_ % 2 == 0 ? OrderAction::confirm : OrderAction::cancel;
        command.order = answer.number;
        if (sold_ % 3 != 0) house->command(command);
        if (command.action != OrderAction::confirm || sold_ % 4 != 0 || !answer.lines.empty()) continue;
        const std::string return_key = "r-" + std::to_string(sold_);
        command.action = OrderAction::give_back;
        command.quantity = 1;
        command.restock = true;
        command.key = return_key;
        house->command(command);
      }
    }
  }
  std::uint64_t hash() { return house->hash(); }
  BuiltCheckpoint build() {
    auto built = build_checkpoint(storage, {});
    INFO((built ? std::string() : built.error().message));
    REQUIRE((built && *built));
    return **built;
  }
  std::size_t count(std::string_view suffix) const {
    std::size_t files = 0;
    for (const auto& [name, bytes] : storage.files()) files += name.ends_with(suffix) ? 1U : 0U;
    return files;
  }

  MemoryStorage storage;
  ManualClock clock{kOpens};
  std::unique_ptr<House> house;

 private:
  const std::uint32_t shards_;
  std::uint64_t sold_ = 0;
};

}  // namespace doorbuster
