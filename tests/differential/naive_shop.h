#pragma once
// The rules of the contract once more, as plainly as they can be written: lists that are read from the front,
// names instead of indexes, no index, no hash, no view. Slow and obvious; the engine has to agree with it.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "doorbuster/catalog/configuration.h"

namespace doorbuster {

struct NaiveBuy {
  std::string campaign, sku, buyer, key, reference;
  std::uint32_t quantity = 1;
  std::int64_t expected_price = Buy::kNoExpectedPrice;
};

struct NaiveOrder {
  NaiveBuy asked;
  std::uint64_t number = 0;  // in its offer
  std::int64_t unit_price = 0;
};

struct NaiveOffer {
  bool listed = false;
  std::int64_t stock = 0, price = 0;
};

class NaiveShop {
 public:
  // "refused", or "" and it is in force.
  std::string configure(const std::vector<CampaignConfiguration>& campaigns);
  // What the shop answers, in words.
  std::string buy(const NaiveBuy& wanted, Tick now);
  std::int64_t sold(const std::string& campaign, const std::string& sku) const;
  const std::map<std::pair<std::string, std::string>, NaiveOffer>& offers() const { return offers_; }
  std::size_t orders() const { return orders_.size(); }

 private:
  struct NaiveCampaign {
    bool listed = false;
    Tick from, to;
    std::uint32_t limit = 0;
  };
  std::map<std::string, NaiveCampaign> campaigns_;
  std::map<std::pair<std::string, std::string>, NaiveOffer> offers_;
  std::vector<NaiveOrder> orders_;
};

}  // namespace doorbuster
