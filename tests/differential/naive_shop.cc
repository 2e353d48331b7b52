#include "differential/naive_shop.h"

#include <algorithm>

namespace doorbuster {
namespace {

Tick later(Tick tick, std::uint32_t seconds) {
  return {tick.ns + seconds * kNsPerSecond};
}

std::string at_price(const NaiveOrder& order) {
  return " " + std::to_string(order.number) + " at " + std::to_string(order.unit_price);
}

const NaiveOrder* find_key(const NaiveOffer& offer, const std::string& key) {
  for (const NaiveOrder& order : offer.orders) {
    if (!key.empty() && order.asked.key == key) return &order;
  }
  return nullptr;
}

}  // namespace

OrderStatus NaiveShop::status_at(const NaiveOrder& order, Tick now) {
  const bool ran_out = order.status == OrderStatus::held && order.expires_at <= now;
  return ran_out ? OrderStatus::expired : order.status;
}

std::uint32_t NaiveShop::place(const NaiveOffer& offer, const NaiveOrder& order) {
  for (std::uint32_t i = 0; i < offer.line.size(); ++i) {
    if (offer.line[i] == order.number) return i + 1;
  }
  return 0;
}

std::int64_t NaiveShop::sold(const NaiveOffer& offer) const {
  std::int64_t units = 0;
  for (const NaiveOrder& order : offer.orders) units += std::int64_t{order.confirmed} - order.restocked;
  return units;
}

std::int64_t NaiveShop::held(const NaiveOffer& offer, Tick now) const {
  std::int64_t units = 0;
  for (const NaiveOrder& order : offer.orders) {
    if (status_at(order, now) == OrderStatus::held) units += order.asked.quantity;
  }
  return units;
}

std::int64_t NaiveShop::available(const NaiveOffer& offer, Tick now) const {
  return offer.stock - sold(offer) - held(offer, now);
}

std::size_t NaiveShop::orders() const {
  std::size_t count = 0;
  for (const auto& [name, offer] : offers_) count += offer.orders.size();
  return count;
}

const NaiveCampaign* NaiveShop::find_campaign(const std::string& id) const {
  const auto found = campaigns_.find(id);
  return found == campaigns_.end() ? nullptr : &found->second;
}

std::optional<Tick> NaiveShop::next_expiry(Tick now) const {
  std::optional<Tick> next;
  for (const auto& [name, offer] : offers_) {
    for (const NaiveOrder& order : offer.orders) {
      if (status_at(order, now) == OrderStatus::held) {
        next = std::min(next.value_or(order.expires_at), order.expires_at);
      }
    }
  }
  return next;
}

std::string NaiveShop::configure(const std::vector<CampaignConfiguration>& campaigns, Tick now) {
  for (const CampaignConfiguration& campaign : campaigns) {
    for (const OfferConfiguration& offer : campaign.offers) {
      const auto had = offers_.find({campaign.id, offer.sku});
      if (had == offers_.end()) continue;
      if (offer.stock < sold(had->second) + held(had->second, now)) return "refused";
    }
  }
  for (auto& [name, campaign] : campaigns_) campaign.listed = false;
  for (auto& [name, offer] : offers_) offer.listed = false;
  for (const CampaignConfiguration& campaign : campaigns) {
    campaigns_[campaign.id] = {true, campaign};
    for (const OfferConfiguration& configured : campaign.offers) {
      NaiveOffer& offer = offers_[{campaign.id, configured.sku}];
      offer.listed = true;
      offer.stock = configured.stock;
      offer.price = configured.price;
    }
  }
  for (auto& [name, offer] : offers_) serve_line(campaigns_[name.first], offer, now);
  return "";
}

// --- buying ---

std::uint64_t NaiveShop::units(const NaiveOffer& offer, const std::string& buyer, const std::string& identity,
                               Tick now) const {
  std::uint64_t units = 0;
  for (const NaiveOrder& order : offer.orders) {
    const auto& names = order.asked.identities;
    const bool same = identity.empty() ? order.asked.buyer == buyer
                                       : std::find(names.begin(), names.end(), identity) != names.end();
    if (!same) continue;
    const OrderStatus status = status_at(order, now);
    if (status == OrderStatus::held || status == OrderStatus::waiting) units += order.asked.quantity;
    if (status == OrderStatus::confirmed) units += order.confirmed - order.returned;
  }
  return units;
}

bool NaiveShop::within_limits(const NaiveBuy& wanted, std::uint32_t quantity, Tick now) const {
  const CampaignConfiguration& rules = find_campaign(wanted.campaign)->rules;
  std::vector<std::string> identities = wanted.identities;
  identities.push_back("");  // the buyer
  for (const std::string& identity : identities) {
    std::uint64_t total = 0;
    for (const auto& [name, offer] : offers_) {
      if (name.first != wanted.campaign) continue;
      const std::uint64_t had = units(offer, wanted.buyer, identity, now);
      total += had;
      if (name.second != wanted.sku || rules.limit_per_buyer == 0) continue;
      if (had + quantity > rules.limit_per_buyer) return false;
    }
    if (rules.limit_per_buyer_total != 0 && total + quantity > rules.limit_per_buyer_total) return false;
  }
  return true;
}

std::string NaiveShop::buy(const NaiveBuy& wanted, Tick now) {
  const auto campaign = campaigns_.find(wanted.campaign);
  if (campaign == campaigns_.end()) return "campaign_not_found";
  const auto found = offers_.find({wanted.campaign, wanted.sku});
  if (found != offers_.end()) {
    if (const NaiveOrder* order = find_key(found->second, wanted.key)) {
      const NaiveBuy& first = order->asked;
      const bool same = first.quantity == wanted.quantity && first.buyer == wanted.buyer &&
                        first.expected_price == wanted.expected_price && first.reference == wanted.reference;
      if (!same) return "idempotency_key_reused";
      if (order->first_status == OrderStatus::confirmed) return "again confirmed" + at_price(*order);
      if (order->first_status == OrderStatus::held) {
        return "again held" + at_price(*order) + " until " + std::to_string(order->first_expires_at.ns);
      }
      return "again waiting" + at_price(*order);
    }
  }
  if (!campaign->second.listed) return "campaign_not_found";
  if (found == offers_.end() || !found->second.listed) return "sku_not_found";
  const CampaignConfiguration& rules = campaign->second.rules;
  NaiveOffer& offer = found->second;

  if (now < rules.starts_at) return "campaign_not_started";
  if (now >= rules.ends_at) return "campaign_ended";
  if (!within_limits(wanted, wanted.quantity, now)) return "limit_reached";
  if (!offer.line.empty()) settle(campaign->second, offer, now);
  if (wanted.expected_price >= 0 && wanted.expected_price < offer.price) {
    return "price_changed to " + std::to_string(offer.price);
  }

  NaiveOrder order;
  order.asked = wanted;
  order.number = offer.orders.size() + 1;
  order.unit_price = offer.price;
  std::string answer;
  if (offer.line.empty() && available(offer, now) >= wanted.quantity) {
    if (rules.hold_seconds == 0) {
      order.status = OrderStatus::confirmed;
      order.confirmed = wanted.quantity;
      answer = "new confirmed" + at_price(order);
    } else {
      order.status = OrderStatus::held;
      order.held_at = now;
      order.expires_at = order.first_expires_at = later(now, rules.hold_seconds);
      answer = "new held" + at_price(order) + " until " + std::to_string(order.expires_at.ns);
    }
  } else {
    std::optional<Tick> first_back;
    for (const NaiveOrder& other : offer.orders) {
      if (status_at(other, now) != OrderStatus::held) continue;
      first_back = std::min(first_back.value_or(other.expires_at), other.expires_at);
    }
    if (!first_back) return "sold_out";
    if (!wanted.wait || !rules.waitlist || offer.stock - sold(offer) < wanted.quantity) {
      return "all_held until " + std::to_string(first_back->ns);
    }
    order.status = OrderStatus::waiting;
    offer.line.push_back(order.number);
    answer = "new waiting" + at_price(order);
  }
  order.first_status = order.status;
  offer.orders.push_back(order);
  return answer;
}

// --- what happens to orders ---

std::string NaiveShop::command(const NaiveCommand& command, Tick now) {
  NaiveOffer& offer = offers_[{command.campaign, command.sku}];
  if (command.number == 0 || command.number > offer.orders.size()) return "order_not_found";
  NaiveOrder& order = offer.orders[command.number - 1];
  const NaiveCampaign& campaign = campaigns_[command.campaign];
  if (!offer.line.empty()) settle(campaign, offer, now);
  order.status = status_at(order, now);
  switch (command.action) {
    case OrderAction::confirm:
      return confirm(campaign, offer, order, command, now);
    case OrderAction::cancel:
      if (order.status == OrderStatus::cancelled) return "ok";
      if (order.status != OrderStatus::held) return "order_not_held";
      order.status = OrderStatus::cancelled;
      serve_line(campaign, offer, now);
      return "ok";
    case OrderAction::extend:
      return extend(campaign, order, command.seconds, now);
    case OrderAction::payment_failed:
      return payment_failed(campaign, offer, order, now);
    case OrderAction::give_back:
      return give_back(campaign, offer, order, command, now);
    case OrderAction::leave_line:
      return leave(campaign, offer, order, now);
  }
  return "";
}

std::string NaiveShop::confirm(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder& order,
                               const NaiveCommand& command, Tick now) {
  const auto money_back = [&](const std::string& refusal) {
    if (!command.payment.empty() && !order.refund_due) {
      order.refund_due = true;
      order.payment = command.payment;
    }
    return refusal;
  };
  const std::uint32_t wanted = command.quantity == 0 ? order.asked.quantity : command.quantity;
  if (order.status == OrderStatus::confirmed) {
    return command.quantity == 0 || command.quantity == order.confirmed ? "ok" : "order_not_held";
  }
  if (order.status == OrderStatus::cancelled) return money_back("order_not_held");
  if (order.status == OrderStatus::waiting) return "order_not_held";
  if (wanted > order.asked.quantity) return "validation_failed";
  if (order.status == OrderStatus::expired) {
    // What is there belongs to the line, as long as the sale lasts.
    const bool kept_for_line = !offer.line.empty() && now < campaign.rules.ends_at;
    if (order.refund_due || kept_for_line || available(offer, now) < wanted)
      return money_back("hold_expired");
    if (!within_limits(order.asked, wanted, now)) return money_back("limit_reached");
  }
  order.status = OrderStatus::confirmed;
  order.confirmed = wanted;
  order.payment = command.payment;
  serve_line(campaign, offer, now);
  return "ok";
}

std::string NaiveShop::extend(const NaiveCampaign& campaign, NaiveOrder& order, std::uint32_t seconds,
                              Tick now) {
  if (order.status == OrderStatus::expired) return "hold_expired";
  if (order.status != OrderStatus::held) return "order_not_held";
  const Tick wanted = later(now, seconds == 0 ? campaign.rules.hold_seconds : seconds);
  const Tick longest = later(order.held_at, campaign.rules.hold_max_seconds);
  order.expires_at = std::max(order.expires_at, std::min(wanted, longest));
  return "ok";
}

std::string NaiveShop::payment_failed(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder& order,
                                      Tick now) {
  if (order.status == OrderStatus::expired) return "hold_expired";
  if (order.status == OrderStatus::cancelled && order.payment_failed) return "ok";
  if (order.status != OrderStatus::held) return "order_not_held";
  switch (campaign.rules.on_payment_failed) {
    case PaymentFailure::keep:
      return "ok";
    case PaymentFailure::grace: {
      const Tick longest = std::max(order.expires_at, later(order.held_at, campaign.rules.hold_max_seconds));
      order.expires_at = std::min(later(now, campaign.rules.grace_seconds), longest);
      return "ok";
    }
    case PaymentFailure::release:
      order.status = OrderStatus::cancelled;
      order.payment_failed = true;
      serve_line(campaign, offer, now);
      return "ok";
  }
  return "";
}

std::string NaiveShop::give_back(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder& order,
                                 const NaiveCommand& command, Tick now) {
  for (const NaiveReturn& done : order.returns) {
    if (command.key.empty() || done.key != command.key) continue;
    const bool same =
        (command.quantity == 0 || command.quantity == done.quantity) && command.restock == done.restock;
    return same ? "again ok" : "idempotency_key_reused";
  }
  if (order.status != OrderStatus::confirmed) return "order_not_held";
  const std::uint32_t left = order.confirmed - order.returned;
  const std::uint32_t quantity = command.quantity == 0 ? left : command.quantity;
  if (quantity == 0 || quantity > left) return "validation_failed";
  order.returned += quantity;
  if (command.restock) order.restocked += quantity;
  order.returns.push_back({command.key, quantity, command.restock});
  serve_line(campaign, offer, now);
  return "ok";
}

std::string NaiveShop::leave(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder& order, Tick now) {
  if (order.first_status != OrderStatus::waiting) return "order_not_found";
  if (order.status == OrderStatus::cancelled && !order.was_offered) return "ok";
  if (order.status != OrderStatus::waiting) return "order_not_held";
  order.status = OrderStatus::cancelled;
  offer.line.erase(std::find(offer.line.begin(), offer.line.end(), order.number));
  serve_line(campaign, offer, now);
  return "ok";
}

// --- time, and the line ---

void NaiveShop::settle(const NaiveCampaign& campaign, NaiveOffer& offer, Tick now) {
  for (NaiveOrder& order : offer.orders) order.status = status_at(order, now);
  serve_line(campaign, offer, now);
}

void NaiveShop::timer(Tick now) {
  for (auto& [name, offer] : offers_) settle(campaigns_[name.first], offer, now);
}

void NaiveShop::serve_line(const NaiveCampaign& campaign, NaiveOffer& offer, Tick now) {
  if (now >= campaign.rules.ends_at) return;
  while (!offer.line.empty() && available(offer, now) > 0) {
    NaiveOrder& first = offer.orders[offer.line.front() - 1];
    const bool never = offer.stock - sold(offer) < first.asked.quantity;
    if (!never && available(offer, now) < first.asked.quantity) return;
    offer.line.erase(offer.line.begin());
    first.status = never ? OrderStatus::cancelled : OrderStatus::held;
    if (never) continue;
    first.was_offered = true;
    first.held_at = now;
    first.expires_at = later(now, std::max(campaign.rules.offer_seconds, 1U));
  }
}

bool NaiveShop::has_run_out(const NaiveOffer& offer, Tick now) const {
  return std::any_of(offer.orders.begin(), offer.orders.end(),
                     [now](const NaiveOrder& order) { return status_at(order, now) != order.status; });
}

bool NaiveShop::has_run_out(const std::string& campaign, Tick now) const {
  return std::any_of(offers_.begin(), offers_.end(), [&](const auto& entry) {
    return entry.first.first == campaign && has_run_out(entry.second, now);
  });
}

bool NaiveShop::depends_on_timer(const NaiveBuy& wanted, Tick now) const {
  const NaiveCampaign* campaign = find_campaign(wanted.campaign);
  const auto found = offers_.find({wanted.campaign, wanted.sku});
  if (campaign == nullptr || found == offers_.end()) return false;
  if (campaign->rules.limit_per_buyer_total != 0) return has_run_out(wanted.campaign, now);
  const NaiveOffer& offer = found->second;
  if (offer.line.empty() || !has_run_out(offer, now)) return false;
  const bool asks_for_units = find_key(offer, wanted.key) == nullptr && campaign->listed && offer.listed &&
                              now >= campaign->rules.starts_at && now < campaign->rules.ends_at &&
                              within_limits(wanted, wanted.quantity, now);
  return !asks_for_units;
}

bool NaiveShop::depends_on_timer(const NaiveCommand& command, Tick now) const {
  const auto found = offers_.find({command.campaign, command.sku});
  if (found == offers_.end()) return false;
  const NaiveOffer& offer = found->second;
  if (find_campaign(command.campaign)->rules.limit_per_buyer_total != 0) {
    return has_run_out(command.campaign, now);
  }
  if (offer.line.empty() || !has_run_out(offer, now)) return false;
  if (command.number == 0 || command.number > offer.orders.size()) return false;
  const NaiveOrder& order = offer.orders[command.number - 1];
  const bool asks_for_units = command.action == OrderAction::confirm && !order.refund_due &&
                              command.quantity <= order.asked.quantity &&
                              status_at(order, now) == OrderStatus::expired;
  return !asks_for_units;
}

}  // namespace doorbuster
