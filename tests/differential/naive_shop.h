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

#include "doorbuster/catalog/campaign_action.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/model/order.h"

namespace doorbuster {

struct NaiveLine {
  std::string sku;
  std::uint32_t quantity = 1;
  friend bool operator==(const NaiveLine&, const NaiveLine&) = default;
};

struct NaiveBuy {
  std::string campaign, sku, buyer, key, reference;
  std::string region, segment, channel;
  std::vector<NaiveLine> lines;  // of a basket; then `sku` is the first one's and `quantity` the sum
  std::vector<std::string> identities;
  std::uint32_t quantity = 1;
  std::int64_t expected_price = Buy::kNoExpectedPrice;
  bool wait = false;
};

struct NaiveReturn {
  std::string key, part;
  std::uint32_t quantity = 0;
  bool restock = true;
};

// What a basket has of one SKU. Its time and its status are the basket's.
struct NaivePart {
  std::string sku;
  std::uint32_t quantity = 0;
  std::int64_t unit_price = 0;
  std::uint32_t returned = 0, restocked = 0;
};

struct NaiveOrder {
  NaiveBuy asked;
  std::vector<NaivePart> parts;  // of a basket
  std::uint64_t number = 0;      // in its offer
  std::int64_t unit_price = 0;
  OrderStatus first_status = OrderStatus::confirmed, status = OrderStatus::confirmed;
  Tick held_at, expires_at, first_expires_at;
  std::uint32_t confirmed = 0, returned = 0, restocked = 0;
  bool was_offered = false, payment_failed = false, refund_due = false;
  Tick since;                 // the last thing that somebody did to it
  bool is_forgotten = false;  // as if it had never been, but for the units that went out
  std::string payment;
  std::vector<NaiveReturn> returns;
};

struct NaiveCommand {
  OrderAction action = OrderAction::confirm;
  std::string campaign, sku;
  std::string part;  // give_back of a basket: of which SKU
  std::uint64_t number = 0;
  std::uint32_t quantity = 0, seconds = 0;
  bool restock = true;
  std::string payment, key;
};

struct NaiveCampaign {
  bool listed = false, paused = false;
  std::optional<Tick> ended_at;  // by somebody's hand
  CampaignConfiguration rules;
  std::optional<CampaignConfiguration> file;  // what the file said when somebody moved the end
};

struct NaiveOffer {
  std::string campaign, sku;
  std::size_t defined = 0;  // how many offers were there before
  bool listed = false;
  OfferConfiguration rules;
  std::vector<NaiveOrder> orders;
  std::vector<std::uint64_t> line;  // numbers of orders, the first in front
};

class NaiveShop {
 public:
  explicit NaiveShop(std::uint32_t retention_seconds) : retention_seconds_(retention_seconds) {}

  using OfferName = std::pair<std::string, std::string>;  // campaign and SKU

  // "refused", or "" and it is in force.
  std::string configure(const std::vector<CampaignConfiguration>& campaigns, Tick now);
  // What somebody does to a campaign: "done", "nothing", or why not.
  std::string act(const std::string& campaign, CampaignAction action, Tick until, Tick now);
  // What the shop answers, in words.
  std::string buy(const NaiveBuy& wanted, Tick now);
  std::string basket(const NaiveBuy& wanted, Tick now);
  std::string command(const NaiveCommand& command, Tick now);
  // Everything that has run out is written down, and the lines get what is free.
  void timer(Tick now);
  // Whatever nothing depends on any more, for as long as that is to be remembered.
  void forget(Tick now);
  // The next moment at which something is forgotten, as things stand.
  std::optional<Tick> next_forgotten(Tick now) const;

  // Where the contract lets it show whether a timer has run: units that ran out in another SKU count for the
  // limit over all of them until that is written down, and a line gets its units when somebody asks for some.
  bool depends_on_timer(const NaiveBuy& wanted, Tick now) const;
  bool depends_on_timer(const NaiveCommand& command, Tick now) const;
  bool depends_on_timer(Tick after, Tick now) const;  // of end_quotas()

  // --- quotas: naive_quotas.cc ---
  // What somebody of the channel can have now, whoever waits; and what is kept for it of that.
  std::int64_t open_to(const NaiveOffer& offer, const std::string& channel, Tick now) const;
  std::int64_t kept(const NaiveOffer& offer, const std::string& channel, Tick now) const;
  // Quotas that have ended since `after`: the lines get what was kept.
  void end_quotas(Tick after, Tick now);

  // --- plans: naive_plans.cc ---
  // Those in which it is open, as far as nobody has ended it.
  static std::vector<Window> windows(const NaiveCampaign& campaign);
  // "scheduled", "active", "paused", "ended"
  static std::string state(const NaiveCampaign& campaign, Tick now);
  static bool is_over(const NaiveCampaign& campaign, Tick now) { return state(campaign, now) == "ended"; }
  static std::optional<Tick> next_start(const NaiveCampaign& campaign, Tick now);
  std::int64_t price(const NaiveOffer& offer, Tick now) const;
  // Whether buyers with the region, segment and channel of `wanted` are those that the offer is for.
  bool is_for(const NaiveOffer& offer, const NaiveBuy& wanted) const;
  // The next instant at which a window or a price step begins or ends.
  std::optional<Tick> next_border(Tick now) const;

  const NaiveCampaign* find_campaign(const std::string& id) const;
  const std::map<OfferName, NaiveOffer>& offers() const { return offers_; }
  std::size_t orders() const;  // that are not forgotten
  std::int64_t sold(const NaiveOffer& offer) const;
  std::int64_t held(const NaiveOffer& offer, Tick now) const;
  // The next moment at which a hold runs out.
  std::optional<Tick> next_expiry(Tick now) const;
  static OrderStatus status_at(const NaiveOrder& order, Tick now);
  // Its SKUs in the order in which they were defined, with the first one's name and the sum.
  NaiveBuy as_basket(NaiveBuy wanted) const;
  static std::uint32_t place(const NaiveOffer& offer, const NaiveOrder& order);  // 0: does not wait

 private:
  // Calls visit(order, part) for each order of which units are in the offer; part is null for one of one SKU.
  template <typename Visit>
  void visit_units(const NaiveOffer& offer, const Visit& visit) const {
    for (const NaiveOrder& order : offer.orders) {
      if (order.parts.empty()) visit(order, nullptr);
    }
    for (const auto& [name, home] : offers_) {
      if (name.first != offer.campaign) continue;
      for (const NaiveOrder& order : home.orders) {
        for (const NaivePart& part : order.parts) {
          if (part.sku == offer.sku) visit(order, &part);
        }
      }
    }
  }
  static std::uint32_t quantity(const NaiveOrder& order, const NaivePart* part) {
    return part == nullptr ? order.asked.quantity : part->quantity;
  }
  // When it is forgotten, if nothing happens to it.
  std::optional<Tick> forgotten_at(const NaiveOffer& offer, const NaiveOrder& order, Tick now) const;
  // Nothing when it is open.
  static std::optional<std::string> refuse_now(const NaiveCampaign& campaign, Tick now);
  std::optional<std::string> refuse_lines(const NaiveCampaign& campaign, const NaiveBuy& wanted,
                                          Tick now) const;
  static std::optional<std::string> answer_again(const NaiveOffer& offer, const NaiveBuy& wanted);
  // The first moment at which it could have some: a hold runs out, or what is kept for others no longer is.
  std::optional<Tick> first_back(const NaiveOffer& offer, const NaiveBuy& wanted, std::uint32_t quantity,
                                 Tick now) const;
  // What a newcomer can have: nothing that somebody who waits could.
  std::int64_t open_to_newcomer(const NaiveOffer& offer, const std::string& channel, Tick now) const;
  static bool ends_quota(const NaiveOffer& offer, Tick after, Tick now);
  bool serve_first(const NaiveCampaign& campaign, NaiveOffer& offer, Tick now);
  std::string take(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder order, Tick now);
  // Whether its units are there for somebody who pays late; "", or why not.
  std::string too_late(const NaiveCampaign& campaign, const NaiveOrder& order, std::uint32_t wanted,
                       Tick now) const;
  std::string act(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder& order,
                  const NaiveCommand& command, Tick now);
  std::string confirm(const NaiveCampaign& campaign, NaiveOrder& order, const NaiveCommand& command,
                      Tick now);
  std::string extend(const NaiveCampaign& campaign, NaiveOrder& order, std::uint32_t seconds, Tick now);
  std::string payment_failed(const NaiveCampaign& campaign, NaiveOrder& order, Tick now);
  std::string give_back(const NaiveCampaign& campaign, NaiveOrder& order, const NaiveCommand& command,
                        Tick now);
  std::string leave(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder& order, Tick now);

  std::int64_t available(const NaiveOffer& offer, Tick now) const;
  bool within_limits(const NaiveBuy& wanted, const std::vector<NaiveLine>& lines, Tick now) const;
  std::uint64_t units(const NaiveOffer& offer, const std::string& buyer, const std::string& identity,
                      Tick now) const;
  bool has_run_out(const NaiveOffer& offer, Tick now) const;
  bool has_run_out(const std::string& campaign, Tick now) const;
  bool has_run_out_in_line(const NaiveBuy& asked, Tick now) const;  // where somebody waits for it
  void settle(const NaiveCampaign& campaign, NaiveOffer& offer, Tick now);
  void serve_line(const NaiveCampaign& campaign, NaiveOffer& offer, Tick now);
  void serve_lines(const NaiveCampaign& campaign, const NaiveOrder& order, Tick now);
  static std::vector<NaiveLine> lines_of(const NaiveBuy& buy) {
    return buy.lines.empty() ? std::vector<NaiveLine>{{buy.sku, buy.quantity}} : buy.lines;
  }

  const std::uint32_t retention_seconds_;
  std::map<std::string, NaiveCampaign> campaigns_;
  std::map<OfferName, NaiveOffer> offers_;
};

}  // namespace doorbuster
