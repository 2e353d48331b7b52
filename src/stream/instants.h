#pragma once
// When something changes by itself: windows of campaigns, prices of offers. Each of them has its next instant
// in a queue, so nothing is looked at before its time.

#include <cstdint>
#include <optional>
#include <vector>

#include "doorbuster/catalog/catalog.h"

namespace doorbuster {

class Instants {
 public:
  struct Due {
    std::vector<CampaignIndex> campaigns;
    std::vector<OfferIndex> offers;
  };

  // One look at everything. Only what is after `now` is kept.
  void read(const Catalog& catalog, Tick now);
  std::optional<Tick> next() const {
    return queue_.empty() ? std::nullopt : std::optional(queue_.front().at);
  }
  // Takes all up to `at`, and puts the next of each in their place.
  void take(const Catalog& catalog, Tick at, Due& due);

 private:
  struct Entry {
    Tick at;
    std::uint32_t index;
    bool is_campaign;
  };
  static bool later(const Entry& a, const Entry& b) { return a.at > b.at; }
  void put(const Catalog& catalog, std::uint32_t index, bool is_campaign, Tick now);

  std::vector<Entry> queue_;  // a heap, the next one first
};

}  // namespace doorbuster
