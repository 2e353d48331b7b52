#include "scenarios/answers.h"

#include <algorithm>

#include "doorbuster/catalog/pool.h"
#include "scenarios/line.h"

namespace doorbuster {
namespace {

// tv#3 is the third of its offer.
std::string order_name(const std::string& sku, const Order& order) {
  return sku + "#" + std::to_string(order.number.ordinal());
}

const Campaign& campaign_named(const World& world, const std::string& id) {
  const Campaign* campaign = world.catalog()->find_campaign(kDefaultTenant, id);
  if (campaign == nullptr) throw CannotRead{"sale=" + id + " is no sale"};
  return *campaign;
}

}  // namespace

std::optional<OfferIndex> offer_index(const World& world, const std::string& campaign,
                                      const std::string& sku) {
  const Campaign* found = world.catalog()->find_campaign(kDefaultTenant, campaign);
  if (found == nullptr) return std::nullopt;
  const Offer* offer = world.catalog()->find_offer(found->definition.campaign, sku);
  return offer == nullptr ? std::nullopt : std::optional(offer->definition.offer);
}

std::string refusal_text(const std::string& message) {
  std::string out = "refused: ";
  for (std::size_t at = 0; at < message.size();) {
    const std::string_view separator = at == 0 ? ": " : "; ";
    const auto end = std::min(message.find(separator, at), message.size());
    out += (at == 0 ? "" : " ") + message.substr(at, end - at) + "\n";
    at = end + separator.size();
  }
  return out;
}

std::string reason_text(const World& world, Outcome outcome, const std::string& campaign,
                        const std::string& sku, const Buy& wanted, Tick at) {
  if (outcome == Outcome::campaign_not_started) {
    const CampaignPhase phase = campaign_phase(campaign_named(world, campaign).definition, at);
    return " until " + time_text(std::max(phase.window.from, at));
  }
  if (outcome != Outcome::not_eligible) return "";
  const AudienceRule rule = world.catalog()->leaves_out(*offer_index(world, campaign, sku), wanted);
  return " by " + std::string(audience_rule_name(rule));
}

std::string phase_text(const World& world, const std::string& campaign, Tick at) {
  const CampaignPhase phase = campaign_phase(campaign_named(world, campaign).definition, at);
  return std::string(campaign_state_name(phase.state)) + ", " + time_text(phase.window.from) + " to " +
         time_text(phase.window.to);
}

std::string price_text(const World& world, const std::string& campaign, Tick at) {
  std::string text;
  for (const OfferIndex index : campaign_named(world, campaign).offers) {
    const Offer& offer = world.catalog()->offer(index);
    text += "; " + offer.definition.sku + " at " + std::to_string(offer.price(at));
    if (const auto next = next_price(offer.prices, at)) {
      text += ", " + std::to_string(next->price) + " from " + time_text(next->from);
    }
  }
  return text;
}

std::string pool_text(const World& world) {
  std::string text = "pool:";
  const std::vector<PoolUnits> units = pool_units(*world.catalog());
  for (std::size_t i = 0; i < units.size(); ++i) {
    text += (i == 0 ? " " : ", ") + world.catalog()->items()[i].sku + " " +
            std::to_string(units[i].available()) + " of " + std::to_string(units[i].stock);
  }
  return text;
}

std::string outcome_text(const World& world, const Decision& decision) {
  std::string text(outcome_code(decision.outcome));
  if (decision.outcome == Outcome::price_changed) text += " to " + std::to_string(decision.price);
  if (decision.outcome == Outcome::all_held) {
    text += " until " + time_text(decision.free_at);
    if (decision.kept_until != Tick{}) {
      text += ", kept for other channels until " + time_text(decision.kept_until);
    }
  }
  const bool accepted = is_new_order(decision) || decision.replayed;
  if (!accepted) return text;
  const Order& order = decision.order;
  if (decision.replayed) text += " already";
  const std::string home = world.sku(order.number.offer());
  text += ": order " + order_name(home, order) + ", ";
  for (const OrderLine& line : order.lines) {
    text += std::to_string(line.quantity) + " " + world.sku(line.offer) + " at " +
            std::to_string(line.unit_price) + ", ";
  }
  text += order.lines.empty() ? std::to_string(order.quantity) + " at " : "together ";
  text += std::to_string(order.unit_price);
  if (order.status == OrderStatus::held) text += ", until " + time_text(order.expires_at);
  if (order.status == OrderStatus::waiting) text += ", place " + std::to_string(world.place(order.number));
  // The answer to a replayed place is what has become of it.
  if (decision.outcome == Outcome::waiting && order.status != OrderStatus::waiting) {
    text += ", now " + std::string(order_status_name(order.status));
  }
  return text;
}

std::string order_text(const World& world, const std::string& sku, const Order& order, Tick at) {
  const bool ran_out = order.status == OrderStatus::held && order.expires_at <= at;
  const OrderStatus status = ran_out ? OrderStatus::expired : order.status;
  std::string text = order_name(sku, order) + " " + std::string(order_status_name(status));
  if (status == OrderStatus::held) text += " until " + time_text(order.expires_at);
  if (status == OrderStatus::expired) text += " since " + time_text(order.expires_at);
  if (status == OrderStatus::waiting) text += ", place " + std::to_string(world.place(order.number));
  if (status == OrderStatus::confirmed && order.confirmed_quantity != order.quantity) {
    text += ", " + std::to_string(order.confirmed_quantity) + " of " + std::to_string(order.quantity);
  }
  if (order.returned_quantity != 0) text += ", " + std::to_string(order.returned_quantity) + " returned";
  for (const OrderLine& line : order.lines) {
    const std::uint32_t back = world.part(order.number, line.offer)->returned_quantity;
    if (back != 0) text += " (" + std::to_string(back) + " " + world.sku(line.offer) + ")";
  }
  if (!order.payment.empty()) text += ", paid with " + std::string(order.payment);
  if (order.refund_due) text += ", refund due";
  return text;
}

std::string stock_lines(const World& world, const std::string& campaign,
                        const std::vector<std::string>& skus) {
  std::string text;
  for (const std::string& sku : skus) {
    const std::string stock = stock_text(world, campaign, sku);
    if (stock.empty()) continue;
    text += (text.empty() ? "\n  " : "; ") + sku + ":" + stock.substr(1);
  }
  return text;
}

std::string stock_text(const World& world, const std::string& campaign, const std::string& sku) {
  const auto offer = offer_index(world, campaign, sku);
  if (!offer) return "";
  const OfferStock stock = world.stock(*offer);
  std::string text =
      "; " + std::to_string(stock.available) + " of " + std::to_string(stock.allocated) + " left";
  if (stock.held != 0) text += ", " + std::to_string(stock.held) + " held";
  return text;
}

}  // namespace doorbuster
