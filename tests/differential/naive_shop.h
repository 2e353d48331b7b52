#pragma once
// The rules of the contract once more, as plainly as they can be written: lists that are read from the front,
// names instead of indexes, no index, no hash, no view. A hold has run out when somebody looks at the time
// and sees that it has. Slow and obvious; the engine has to agree with it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/catalog/configuration.h"
#include "doorbuster/model/order.h"

namespace doorbuster {

struct NaiveBuy {
  std::string campaign, sku, buyer, key, reference;
  std::vector<std::string> identities;
  std::uint32_t quantity = 1;
  std::int64_t expected_price = Buy::kNoExpectedPrice;
  bool wait = false;
};

struct NaiveReturn {
  std::string key;
  std::uint32_t quantity = 0;
  bool restock = true;
};

struct NaiveOrder {
  NaiveBuy asked;
  std::uint64_t number = 0;  // in its offer
  std::int64_t unit_price = 0;
  OrderStatus first_status = OrderStatus::confirmed, status = OrderStatus::confirmed;
  Tick held_at, expires_at, first_expires_at;
  std::uint32_t confirmed = 0, returned = 0, restocked = 0;
  bool was_offered = false, payment_failed = false, refund_due = false;
  std::string payment;
  std::vector<NaiveReturn> returns;
};

struct NaiveCommand {
  OrderAction action = OrderAction::confirm;
  std::string campaign, sku;
  std::uint64_t number = 0;
  std::uint32_t quantity = 0, seconds = 0;
  bool restock = true;
  std::string payment, key;
};

struct NaiveCampaign {
  bool listed = false;
  CampaignConfiguration rules;
};

struct NaiveOffer {
  bool listed = false;
  std::int64_t stock = 0, price = 0;
  std::vector<NaiveOrder> orders;
  std::vector<std::uint64_t> line;  // numbers of orders, the first in front
};

class NaiveShop {
 public:
  using OfferName = std::pair<std::string, std::string>;  // campaign and SKU

  // "refused", or "" and it is in force.
  std::string configure(const std::vector<CampaignConfiguration>& campaigns, Tick now);
  // What the shop answers, in words.
  std::string buy(const NaiveBuy& wanted, Tick now);
  std::string command(const NaiveCommand& command, Tick now);
  // Everything that has run out is written down, and the lines get what is free.
  void timer(Tick now);

  // Where the contract lets it show whether a timer has run: units that ran out in another SKU count for the
  // limit over all of them until that is written down, and a line gets its units when somebody asks for some.
  bool depends_on_timer(const NaiveBuy& wanted, Tick now) const;
  bool depends_on_timer(const NaiveCommand& command, Tick now) const;

  const NaiveCampaign* find_campaign(const std::string& id) const;
  const std::map<OfferName, NaiveOffer>& offers() const { return offers_; }
  std::size_t orders() const;
  std::int64_t sold(const NaiveOffer& offer) const;
  std::int64_t held(const NaiveOffer& offer, Tick now) const;
  // The next moment at which a hold runs out.
  std::optional<Tick> next_expiry(Tick now) const;
  static OrderStatus status_at(const NaiveOrder& order, Tick now);
  static std::uint32_t place(const NaiveOffer& offer, const NaiveOrder& order);  // 0: does not wait

 private:
  std::string confirm(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder& order,
                      const NaiveCommand& command, Tick now);
  std::string extend(const NaiveCampaign& campaign, NaiveOrder& order, std::uint32_t seconds, Tick now);
  std::string payment_failed(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder& order, Tick now);
  std::string give_back(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder& order,
                        const NaiveCommand& command, Tick now);
  std::string leave(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder& order, Tick now);

  std::int64_t available(const NaiveOffer& offer, Tick now) const;
  bool within_limits(const NaiveBuy& wanted, std::uint32_t quantity, Tick now) const;
  std::uint64_t units(const NaiveOffer& offer, const std::string& buyer, const std::string& identity,
                      Tick now) const;
  bool has_run_out(const NaiveOffer& offer, Tick now) const;
  bool has_run_out(const std::string& campaign, Tick now) const;
  void settle(const NaiveCampaign& campaign, NaiveOffer& offer, Tick now);
  void serve_line(const NaiveCampaign& campaign, NaiveOffer& offer, Tick now);

  std::map<std::string, NaiveCampaign> campaigns_;
  std::map<OfferName, NaiveOffer> offers_;
};

}  // namespace doorbuster
