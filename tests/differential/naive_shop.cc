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
    if (!key.empty() && order.asked.key == key && !order.is_forgotten) return &order;
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
  visit_units(offer, [&](const NaiveOrder& order, const NaivePart* part) {
    if (part == nullptr) units += std::int64_t{order.confirmed} - order.restocked;
    if (part != nullptr && order.status == OrderStatus::confirmed) {
      units += std::int64_t{part->quantity} - part->restocked;
    }
  });
  return units;
}

std::int64_t NaiveShop::held(const NaiveOffer& offer, Tick now) const {
  std::int64_t units = 0;
  visit_units(offer, [&](const NaiveOrder& order, const NaivePart* part) {
    if (status_at(order, now) == OrderStatus::held) units += quantity(order, part);
  });
  return units;
}

std::int64_t NaiveShop::available(const NaiveOffer& offer, Tick now) const {
  return offer.rules.stock - sold(offer) - held(offer, now);
}

std::size_t NaiveShop::orders() const {
  std::size_t count = 0;
  for (const auto& [name, offer] : offers_) {
    for (const NaiveOrder& order : offer.orders) count += order.is_forgotten ? 0U : 1U;
  }
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

// --- buying ---

std::uint64_t NaiveShop::units(const NaiveOffer& offer, const std::string& buyer, const std::string& identity,
                               Tick now) const {
  std::uint64_t units = 0;
  visit_units(offer, [&](const NaiveOrder& order, const NaivePart* part) {
    const auto& names = order.asked.identities;
    const bool same = identity.empty() ? order.asked.buyer == buyer
                                       : std::find(names.begin(), names.end(), identity) != names.end();
    if (!same || order.is_forgotten) return;
    const OrderStatus status = status_at(order, now);
    const bool counts = status == OrderStatus::held || status == OrderStatus::waiting;
    if (counts) units += quantity(order, part);
    if (status != OrderStatus::confirmed) return;
    units += part == nullptr ? order.confirmed - order.returned : part->quantity - part->returned;
  });
  return units;
}

bool NaiveShop::within_limits(const NaiveBuy& wanted, const std::vector<NaiveLine>& lines, Tick now) const {
  const CampaignConfiguration& rules = find_campaign(wanted.campaign)->rules;
  std::vector<std::string> identities = wanted.identities;
  identities.push_back("");  // the buyer
  for (const std::string& identity : identities) {
    std::uint64_t total = 0;
    for (const auto& [name, offer] : offers_) {
      if (name.first != wanted.campaign) continue;
      const std::uint64_t had = units(offer, wanted.buyer, identity, now);
      total += had;
      for (const NaiveLine& line : lines) {
        if (line.sku != name.second) continue;
        total += line.quantity;
        if (rules.limit_per_buyer != 0 && had + line.quantity > rules.limit_per_buyer) return false;
      }
    }
    if (rules.limit_per_buyer_total != 0 && total > rules.limit_per_buyer_total) return false;
  }
  return true;
}

// The order that the key stands for, in words, or that it was asked for otherwise.
std::optional<std::string> NaiveShop::answer_again(const NaiveOffer& offer, const NaiveBuy& wanted) {
  const NaiveOrder* order = find_key(offer, wanted.key);
  if (order == nullptr) return std::nullopt;
  const NaiveBuy& first = order->asked;
  const bool same = first.quantity == wanted.quantity && first.buyer == wanted.buyer &&
                    first.expected_price == wanted.expected_price && first.reference == wanted.reference &&
                    first.lines == wanted.lines;
  if (!same) return "idempotency_key_reused";
  if (order->first_status == OrderStatus::confirmed) return "again confirmed" + at_price(*order);
  if (order->first_status == OrderStatus::waiting) return "again waiting" + at_price(*order);
  return "again held" + at_price(*order) + " until " + std::to_string(order->first_expires_at.ns);
}

// Units that are there: sold, or held where the sale holds.
std::string NaiveShop::take(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder order, Tick now) {
  order.number = offer.orders.size() + 1;
  order.since = now;
  std::string answer = "new confirmed" + at_price(order);
  order.status = OrderStatus::confirmed;
  if (campaign.rules.hold_seconds == 0) {
    order.confirmed = order.asked.quantity;
  } else {
    order.status = OrderStatus::held;
    order.held_at = now;
    order.expires_at = order.first_expires_at = later(now, campaign.rules.hold_seconds);
    answer = "new held" + at_price(order) + " until " + std::to_string(order.expires_at.ns);
  }
  order.first_status = order.status;
  offer.orders.push_back(order);
  // What is left may be too little for somebody who waits.
  if (order.status == OrderStatus::confirmed || !order.parts.empty()) serve_lines(campaign, order, now);
  return answer;
}

std::string NaiveShop::buy(const NaiveBuy& wanted, Tick now) {
  const auto campaign = campaigns_.find(wanted.campaign);
  if (campaign == campaigns_.end()) return "campaign_not_found";
  const auto found = offers_.find({wanted.campaign, wanted.sku});
  if (found != offers_.end()) {
    if (const auto again = answer_again(found->second, wanted)) return *again;
  }
  if (!campaign->second.listed) return "campaign_not_found";
  if (found == offers_.end() || !found->second.listed) return "sku_not_found";
  const CampaignConfiguration& rules = campaign->second.rules;
  NaiveOffer& offer = found->second;

  if (const auto closed = refuse_now(campaign->second, now)) return *closed;
  if (!is_for(offer, wanted)) return "not_eligible";
  if (!within_limits(wanted, lines_of(wanted), now)) return "limit_reached";
  if (!offer.line.empty()) settle(campaign->second, offer, now);
  const std::int64_t price_now = price(offer, now);
  if (wanted.expected_price >= 0 && wanted.expected_price < price_now) {
    return "price_changed to " + std::to_string(price_now);
  }

  NaiveOrder order;
  order.asked = wanted;
  order.unit_price = price_now;
  if (open_to_newcomer(offer, wanted.channel, now) >= wanted.quantity) {
    return take(campaign->second, offer, order, now);
  }
  const auto back = first_back(offer, wanted, wanted.quantity, now);
  if (!back) return "sold_out";
  if (!wanted.wait || !rules.waitlist || offer.rules.stock - sold(offer) < wanted.quantity) {
    return "all_held until " + std::to_string(back->ns);
  }
  order.number = offer.orders.size() + 1;
  order.first_status = order.status = OrderStatus::waiting;
  order.since = now;
  offer.line.push_back(order.number);
  offer.orders.push_back(order);
  return "new waiting" + at_price(order);
}

// --- what happens to orders ---

std::string NaiveShop::command(const NaiveCommand& command, Tick now) {
  NaiveOffer& offer = offers_[{command.campaign, command.sku}];
  if (command.number == 0 || command.number > offer.orders.size()) return "order_not_found";
  NaiveOrder& order = offer.orders[command.number - 1];
  if (order.is_forgotten) return "order_gone";
  const NaiveCampaign& campaign = campaigns_[command.campaign];
  if (!offer.line.empty()) settle(campaign, offer, now);
  const OrderStatus before = order.status;
  order.status = status_at(order, now);
  std::string answer = act(campaign, offer, order, command, now);
  // Of a basket each SKU writes down for itself that it has run out.
  if (!order.parts.empty() && order.status == OrderStatus::expired) order.status = before;
  return answer;
}

std::string NaiveShop::act(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder& order,
                           const NaiveCommand& command, Tick now) {
  switch (command.action) {
    case OrderAction::confirm:
      return confirm(campaign, order, command, now);
    case OrderAction::cancel:
      if (order.status == OrderStatus::cancelled) return "ok";
      if (order.status != OrderStatus::held) return "order_not_held";
      order.status = OrderStatus::cancelled;
      order.since = now;
      serve_lines(campaign, order, now);
      return "ok";
    case OrderAction::extend:
      return extend(campaign, order, command.seconds, now);
    case OrderAction::payment_failed:
      return payment_failed(campaign, order, now);
    case OrderAction::give_back:
      return give_back(campaign, order, command, now);
    case OrderAction::leave_line:
      return leave(campaign, offer, order, now);
  }
  return "";
}

std::string NaiveShop::confirm(const NaiveCampaign& campaign, NaiveOrder& order, const NaiveCommand& command,
                               Tick now) {
  const auto money_back = [&](const std::string& refusal) {
    if (!command.payment.empty() && !order.refund_due) {
      order.refund_due = true;
      order.since = now;
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
  const bool in_part = wanted < order.asked.quantity;
  if (wanted > order.asked.quantity || (in_part && !order.parts.empty())) return "validation_failed";
  if (order.refund_due) return "hold_expired";
  if (order.status == OrderStatus::expired) {
    const std::string refusal = too_late(campaign, order, wanted, now);
    if (!refusal.empty()) return money_back(refusal);
  }
  order.status = OrderStatus::confirmed;
  order.since = now;
  order.confirmed = wanted;
  order.payment = command.payment;
  serve_lines(campaign, order, now);
  return "ok";
}

std::string NaiveShop::too_late(const NaiveCampaign& campaign, const NaiveOrder& order, std::uint32_t wanted,
                                Tick now) const {
  std::vector<NaiveLine> lines = lines_of(order.asked);
  if (order.parts.empty()) lines.front().quantity = wanted;
  for (const NaiveLine& line : lines) {
    const NaiveOffer& offer = offers_.at({order.asked.campaign, line.sku});
    // What is there belongs to the line and to its channel, as long as the sale lasts.
    const std::int64_t units =
        is_over(campaign, now) ? available(offer, now) : open_to_newcomer(offer, order.asked.channel, now);
    if (units < line.quantity) return "hold_expired";
  }
  return within_limits(order.asked, lines, now) ? "" : "limit_reached";
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

std::string NaiveShop::payment_failed(const NaiveCampaign& campaign, NaiveOrder& order, Tick now) {
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
      order.since = now;
      serve_lines(campaign, order, now);
      return "ok";
  }
  return "";
}

std::string NaiveShop::give_back(const NaiveCampaign& campaign, NaiveOrder& order,
                                 const NaiveCommand& command, Tick now) {
  for (const NaiveReturn& done : order.returns) {
    // Each SKU of a basket has keys of its own.
    if (command.key.empty() || done.key != command.key || done.part != command.part) continue;
    const bool same =
        (command.quantity == 0 || command.quantity == done.quantity) && command.restock == done.restock;
    return same ? "again ok" : "idempotency_key_reused";
  }
  if (order.status != OrderStatus::confirmed) return "order_not_held";
  const auto part = std::find_if(order.parts.begin(), order.parts.end(),
                                 [&](const NaivePart& each) { return each.sku == command.part; });
  const bool is_basket = !order.parts.empty();
  if (is_basket && part == order.parts.end()) return "validation_failed";
  const std::uint32_t left = is_basket ? part->quantity - part->returned : order.confirmed - order.returned;
  const std::uint32_t quantity = command.quantity == 0 ? left : command.quantity;
  if (quantity == 0 || quantity > left) return "validation_failed";
  order.returned += quantity;
  order.since = now;
  if (is_basket) part->returned += quantity;
  if (command.restock) (is_basket ? part->restocked : order.restocked) += quantity;
  order.returns.push_back({command.key, command.part, quantity, command.restock});
  serve_lines(campaign, order, now);
  return "ok";
}

std::string NaiveShop::leave(const NaiveCampaign& campaign, NaiveOffer& offer, NaiveOrder& order, Tick now) {
  if (order.first_status != OrderStatus::waiting) return "order_not_found";
  if (order.status == OrderStatus::cancelled && !order.was_offered) return "ok";
  if (order.status != OrderStatus::waiting) return "order_not_held";
  order.status = OrderStatus::cancelled;
  order.since = now;
  offer.line.erase(std::find(offer.line.begin(), offer.line.end(), order.number));
  serve_line(campaign, offer, now);
  return "ok";
}

}  // namespace doorbuster
