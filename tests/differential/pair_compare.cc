// Every way in which the engine and its twin may differ.
#include <algorithm>
#include <limits>

#include "differential/pair.h"
#include "support/books.h"

namespace doorbuster {
namespace {

// As anybody is shown it: what has run out has expired, whether or not that is written down.
bool same_order(const Order& order, std::uint32_t place, const NaiveOffer& offer, const NaiveOrder& twin,
                Tick now) {
  const bool ran_out = order.status == OrderStatus::held && order.expires_at <= now;
  const OrderStatus status = ran_out ? OrderStatus::expired : order.status;
  const bool timed = status == OrderStatus::held || status == OrderStatus::expired;
  return status == NaiveShop::status_at(twin, now) && (!timed || order.expires_at == twin.expires_at) &&
         order.quantity == twin.asked.quantity && order.unit_price == twin.unit_price &&
         order.buyer == twin.asked.buyer && order.confirmed_quantity == twin.confirmed &&
         order.returned_quantity == twin.returned && order.refund_due == twin.refund_due &&
         order.payment == twin.payment && place == NaiveShop::place(offer, twin);
}

bool same_lines(const Order& order, const NaiveOrder& twin, const Catalog& catalog) {
  return std::equal(order.lines.begin(), order.lines.end(), twin.parts.begin(), twin.parts.end(),
                    [&](const OrderLine& line, const NaivePart& part) {
                      return catalog.offer(line.offer).definition.sku == part.sku &&
                             line.quantity == part.quantity && line.unit_price == part.unit_price;
                    });
}

// That count for the order's names as long as nobody has written down that it has run out.
std::uint32_t units_of(const Order& order) {
  if (order.status == OrderStatus::held || order.status == OrderStatus::waiting) return order.quantity;
  return order.confirmed_quantity - order.returned_quantity;
}

std::string offer_text(const NaiveShop::OfferName& name) {
  return name.first + "/" + name.second;
}

}  // namespace

std::string Pair::compare_touched(const NaiveBuy& asked) const {
  world_.check_engines();
  std::vector<NaiveLine> lines = asked.lines;
  if (lines.empty()) lines.push_back({asked.sku, asked.quantity});
  for (const NaiveLine& line : lines) {
    if (!twin_.offers().contains({asked.campaign, line.sku})) continue;
    std::string difference = compare({asked.campaign, line.sku});
    if (!difference.empty()) return difference;
    NaiveBuy here = asked;
    here.sku = line.sku;
    difference = compare_limits(here);
    if (!difference.empty()) return difference;
  }
  return "";
}

std::vector<Order> Pair::orders_in(const NaiveShop::OfferName& name) const {
  std::vector<Order> orders;
  const OfferIndex index = index_of(name);
  for (const auto& [home, offer] : twin_.offers()) {
    if (home.first != name.first) continue;
    for (const NaiveOrder& order : offer.orders) {
      const OrderNumber number = OrderNumber::make(index_of(home), order.number);
      const auto found = order.parts.empty() && home == name ? world_.find(number) : std::nullopt;
      const auto part = order.parts.empty() ? std::nullopt : world_.part(number, index);
      for (const auto& each : {found, part}) {
        if (each) orders.push_back(*each);
      }
    }
  }
  return orders;
}

OfferIndex Pair::index_of(const NaiveShop::OfferName& name) const {
  const Campaign* campaign = world_.catalog()->find_campaign(kDefaultTenant, name.first);
  return world_.catalog()->find_offer(campaign->definition.campaign, name.second)->definition.offer;
}

std::string Pair::compare_all() const {
  if (world_.orders(now_) != twin_.orders()) return "the numbers of orders differ";
  for (const auto& [name, offer] : twin_.offers()) {
    std::string difference = compare(name);
    if (!difference.empty()) return difference;
  }
  return "";
}

std::string Pair::compare_held() const {
  for (const auto& [name, offer] : twin_.offers()) {
    if (world_.stock(index_of(name)).held != twin_.held(offer, now_)) {
      return "the timer has left a hold of " + offer_text(name);
    }
  }
  return "";
}

std::string Pair::compare(const NaiveShop::OfferName& name) const {
  const OfferIndex index = index_of(name);
  const NaiveOffer& twin = twin_.offers().at(name);
  const std::string wrong = what_is_wrong(world_, index);
  if (!wrong.empty()) return offer_text(name) + ": " + wrong;
  std::string difference = compare_orders(name);
  if (difference.empty()) difference = compare_plan(name);
  if (!difference.empty()) return difference;

  std::int64_t ran_out = 0;
  for (const Order& order : orders_in(name)) {
    if (order.status == OrderStatus::held && order.expires_at <= now_) ran_out += order.quantity;
  }
  // What has run out may still be held there, as long as nobody needed it.
  const OfferStock stock = world_.stock(index);
  const std::int64_t held = twin_.held(twin, now_), sold = twin_.sold(twin);
  const bool same = stock.allocated == twin.rules.stock && stock.sold == sold &&
                    stock.held - ran_out == held &&
                    stock.available + ran_out == twin.rules.stock - sold - held;
  return same ? "" : "the stock of " + offer_text(name) + " differs";
}

std::string Pair::compare_orders(const NaiveShop::OfferName& name) const {
  const OfferIndex index = index_of(name);
  const NaiveOffer& twin = twin_.offers().at(name);
  for (const NaiveOrder& order : twin.orders) {
    const OrderNumber number = OrderNumber::make(index, order.number);
    const Outcome told = world_.find(number, now_);
    if (order.is_forgotten && told == Outcome::order_gone) continue;
    const auto found = world_.find(number);
    if (told != Outcome::ok || order.is_forgotten || !found) {
      return "order " + std::to_string(order.number) + " of " + offer_text(name) + " is " +
             std::string(outcome_code(told)) + ", and is not";
    }
    if (!same_order(*found, world_.place(number), twin, order, now_) ||
        !same_lines(*found, order, *world_.catalog())) {
      return "order " + std::to_string(order.number) + " of " + offer_text(name) + " differs";
    }
    for (const NaivePart& part : order.parts) {
      const auto line = world_.part(number, index_of({name.first, part.sku}));
      // A line that came back as a whole, or ran out, may go before its basket.
      const std::uint32_t forgotten = order.status == OrderStatus::confirmed ? part.quantity : 0;
      if ((line ? line->returned_quantity : forgotten) != part.returned)
        return "more or less came back of " + part.sku;
    }
  }
  if (world_.find(OrderNumber::make(index, twin.orders.size() + 1), now_) != Outcome::order_not_found)
    return "there is an order too many";
  return "";
}

// Where the campaign stands and what a unit costs, as everybody is shown it.
std::string Pair::compare_plan(const NaiveShop::OfferName& name) const {
  const OfferIndex index = index_of(name);
  const NaiveOffer& twin = twin_.offers().at(name);
  const NaiveCampaign& campaign = *twin_.find_campaign(name.first);
  const CampaignPut& put = world_.catalog()->campaign_of(index).definition;
  const CampaignPhase phase = campaign_phase(put, now_);
  const std::string state(campaign_state_name(phase.state));
  if (state != NaiveShop::state(campaign, now_)) return name.first + " is " + state + ", and is not";
  if (state == "scheduled" && phase.window.from != NaiveShop::next_start(campaign, now_)) {
    return name.first + " starts at another time";
  }
  std::vector<Window> windows = selling_windows(put);
  std::erase_if(windows, [](const Window& window) { return window.from >= window.to; });
  if (windows != NaiveShop::windows(campaign)) return name.first + " sells in other windows";
  const std::int64_t price = world_.owner(index).price(index, now_), twin_price = twin_.price(twin, now_);
  if (price == twin_price && price == world_.catalog()->offer(index).price(now_)) return "";
  return offer_text(name) + " costs " + std::to_string(price) + ", and to the twin " +
         std::to_string(twin_price);
}

// What the engine counts for a name, from outside: how many more units it would let it have.
std::string Pair::compare_limits(const NaiveBuy& asked) const {
  std::string difference = compare_limit(asked, asked.buyer, {});
  if (!difference.empty() || asked.identities.empty()) return difference;
  const Hash128 identity = hash_identity(kTableKey, asked.identities.front());
  return compare_limit(asked, "nobody", {&identity, 1});
}

std::string Pair::compare_limit(const NaiveBuy& asked, std::string_view buyer, Identities identity) const {
  const NaiveCampaign& campaign = *twin_.find_campaign(asked.campaign);
  const CampaignConfiguration& rules = campaign.rules;
  if (!campaign.listed || !twin_.offers().at({asked.campaign, asked.sku}).listed) return "";
  std::int64_t room = std::numeric_limits<std::int64_t>::max(), total = rules.limit_per_buyer_total;
  for (const auto& [name, offer] : twin_.offers()) {
    if (name.first != asked.campaign) continue;
    std::int64_t units = 0;
    for (const Order& order : orders_in(name)) {
      const auto& names = order.identities;
      const bool counts = identity.empty()
                              ? order.buyer == buyer
                              : std::find(names.begin(), names.end(), identity.front()) != names.end();
      if (counts) units += units_of(order);
    }
    total -= units;
    if (name.second == asked.sku && rules.limit_per_buyer != 0) room = rules.limit_per_buyer - units;
  }
  if (rules.limit_per_buyer_total != 0) room = std::min(room, total);
  if (room == std::numeric_limits<std::int64_t>::max()) return "";

  Buy buy = buy_of(buyer, {}, 1, index_of({asked.campaign, asked.sku}));
  buy.identities = identity;
  const auto when = when_only_limits_count(asked, buy);
  if (!when) return "";
  const Engine& engine = world_.owner(buy.offer);
  const auto reaches_limit = [&](std::int64_t quantity) {
    buy.quantity = static_cast<std::uint32_t>(quantity);
    return engine.decide(buy, hash_buy(kTableKey, buy), *when).outcome == Outcome::limit_reached;
  };
  if (room > 0 && reaches_limit(room)) return "the engine counts too many units for a name";
  if (!reaches_limit(std::max<std::int64_t>(room, 0) + 1))
    return "the engine counts too few units for a name";
  return "";
}

std::optional<Tick> Pair::when_only_limits_count(const NaiveBuy& asked, Buy& buy) const {
  const NaiveCampaign& campaign = *twin_.find_campaign(asked.campaign);
  const std::vector<Window> windows = NaiveShop::windows(campaign);
  if (campaign.paused || windows.empty()) return std::nullopt;
  const Offer& offer = world_.catalog()->offer(buy.offer);
  // Of each list the first will do, and where both have one somebody who is in both.
  const Audience& of_campaign = world_.catalog()->campaign_of(buy.offer).definition.plan.audience;
  const Audience& of_offer = offer.definition.plan.audience;
  const auto pick = [](const std::vector<std::string>& a, const std::vector<std::string>& b) {
    const std::vector<std::string>& names = a.empty() ? b : a;
    const auto in_both = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
      return b.empty() || std::find(b.begin(), b.end(), name) != b.end();
    });
    return in_both == names.end() ? std::string_view() : std::string_view(*in_both);
  };
  buy.region = pick(of_campaign.regions, of_offer.regions);
  buy.segment = pick(of_campaign.segments, of_offer.segments);
  buy.channel = pick(of_campaign.channels, of_offer.channels);
  if (world_.catalog()->leaves_out(buy.offer, buy) != AudienceRule::none) return std::nullopt;
  return windows.front().from;
}

}  // namespace doorbuster
