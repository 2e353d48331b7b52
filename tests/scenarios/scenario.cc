#include "scenarios/scenario.h"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <tuple>
#include <utility>
#include <vector>

#include "scenarios/line.h"
#include "support/books.h"
#include "support/world.h"

namespace doorbuster {
namespace {

// An order in the words of a scenario: tv#3 is the third of its offer.
std::string order_name(const std::string& sku, const Order& order) {
  return sku + "#" + std::to_string(order.number.ordinal());
}

PaymentFailure payment_failure(const std::string& word) {
  if (word == "release") return PaymentFailure::release;
  if (word == "keep") return PaymentFailure::keep;
  if (word == "grace") return PaymentFailure::grace;
  throw CannotRead{"payment_failed=" + word + " is none of release, keep, grace"};
}

CampaignConfiguration campaign_of(Line& line) {
  CampaignConfiguration campaign;
  campaign.id = campaign.name = line.subject();
  campaign.currency = "EUR";
  campaign.starts_at = line.time("from");
  campaign.ends_at = line.time("to");
  campaign.hold_seconds = line.count("hold", 0);
  campaign.hold_max_seconds = line.count("hold_max", campaign.hold_seconds);
  campaign.limit_per_buyer = line.count("limit", 0);
  campaign.limit_per_buyer_total = line.count("limit_total", 0);
  campaign.on_payment_failed = payment_failure(line.text("payment_failed").value_or("release"));
  campaign.grace_seconds = line.count("grace", 0);
  campaign.waitlist = line.yes_or_no("waitlist", false);
  campaign.offer_seconds = line.count("offer", campaign.hold_seconds);
  return campaign;
}

OfferConfiguration offer_of(Line& line) {
  OfferConfiguration offer;
  offer.sku = line.subject();
  offer.stock = line.number("stock", 0);
  offer.price = line.number("price", 0);
  offer.list_price = 2 * offer.price;
  return offer;
}

// "what: one reason; another", a line each.
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

class Player {
 public:
  std::string play(const std::vector<std::string>& lines) {
    std::string out;
    try {
      if (Line(lines.front()).verb() == "sale") {
        out = configure(lines);
      } else {
        for (const std::string& text : lines) out += play(Line(text)) + "\n";
      }
    } catch (const CannotRead& error) {
      return "cannot read: " + error.why + "\n";
    }
    return out;
  }

 private:
  std::string play(Line line) {
    const std::string answer = answer_to(line);
    for (const Offer& offer : world_->catalog()->offers()) {
      REQUIRE(what_is_wrong(*world_, offer.definition.offer) == "");
    }
    return answer;
  }

  std::string answer_to(Line& line) {
    const std::string& verb = line.verb();
    if (verb == "buy") return buy(line);
    if (verb == "basket") return basket(line);
    if (verb == "confirm") return command(line, OrderAction::confirm);
    if (verb == "cancel") return command(line, OrderAction::cancel);
    if (verb == "extend") return command(line, OrderAction::extend);
    if (verb == "payment-failed") return command(line, OrderAction::payment_failed);
    if (verb == "return") return command(line, OrderAction::give_back);
    if (verb == "leave") return command(line, OrderAction::leave_line);
    if (verb == "timer") return timer(line);
    if (verb == "look") return look(line);
    if (verb == "start") return start(line);
    if (verb == "restart") return restart(line);
    throw CannotRead{"\"" + verb + "\" is no command"};
  }

  std::string start(Line& line) {
    const std::uint32_t orders = line.count("orders", 1000);
    line.nothing_else();
    world_ = std::make_unique<World>(1, orders);
    return "ready; room for orders: " + std::to_string(orders);
  }

  std::string restart(Line& line) {
    const std::uint32_t shards = line.count("shards", 1);
    line.nothing_else();
    world_->restart(shards);
    return "the same state; orders: " + std::to_string(world_->orders());
  }

  std::string configure(const std::vector<std::string>& lines) {
    std::vector<CampaignConfiguration> campaigns;
    std::optional<Tick> at;
    for (const std::string& text : lines) {
      Line line(text);
      if (line.verb() == "sale") {
        campaigns.push_back(campaign_of(line));
        at = line.time("at", at.value_or(campaigns.front().starts_at));
      } else if (line.verb() == "offer") {
        campaigns.back().offers.push_back(offer_of(line));
      } else {
        throw CannotRead{"\"" + line.verb() + "\" stands among the sales and offers"};
      }
      line.nothing_else();
    }
    const auto changed = world_->configure(campaigns, *at);
    if (!changed) return refusal_text(changed.error().message);
    campaign_ = campaigns.front().id;
    return "in force; definitions changed: " + std::to_string(*changed) + "\n";
  }

  static std::vector<Hash128> identities_of(Line& line) {
    std::vector<Hash128> identities;
    for (const std::string& text : line.list("identities")) {
      identities.push_back(hash_identity(kTableKey, text));
    }
    std::sort(identities.begin(), identities.end(), [](const Hash128& a, const Hash128& b) {
      return std::tie(a.low, a.high) < std::tie(b.low, b.high);
    });
    return identities;
  }

  std::string buy(Line& line) {
    const Tick at = line.time("at");
    const std::string who = line.must("who"), sku = line.must("sku");
    const std::string campaign = line.text("sale").value_or(campaign_);
    const std::string key = line.text("key").value_or(""), reference = line.text("reference").value_or("");
    const std::vector<Hash128> identities = identities_of(line);
    Buy wanted = buy_of(who, key, line.count("qty", 1));
    wanted.reference = reference;
    wanted.identities = identities;
    wanted.wait = line.yes_or_no("wait", false);
    wanted.expected_price = line.number("price", Buy::kNoExpectedPrice);
    line.nothing_else();
    const Decision decision = world_->buy(campaign, sku, wanted, at);
    return outcome_text(decision) + stock_text(campaign, sku);
  }

  // `tv:1,radio:2`
  static std::vector<WantedLine> wanted_lines(Line& line) {
    const std::vector<std::string> texts = line.list("lines");
    if (texts.empty()) throw CannotRead{"lines= is missing"};
    std::vector<WantedLine> lines;
    for (const std::string& text : texts) {
      WantedLine& wanted = lines.emplace_back();
      const std::size_t colon = std::min(text.find(':'), text.size());
      wanted.sku = text.substr(0, colon);
      const char* const end = text.data() + text.size();
      const char* const from = colon == text.size() ? end : text.data() + colon + 1;
      if (std::from_chars(from, end, wanted.quantity) != std::from_chars_result{end, std::errc()}) {
        throw CannotRead{"\"" + text + "\" is no SKU and quantity"};
      }
    }
    return lines;
  }

  std::string basket(Line& line) {
    const Tick at = line.time("at");
    const std::string who = line.must("who"), campaign = line.text("sale").value_or(campaign_);
    const std::string key = line.text("key").value_or(""), reference = line.text("reference").value_or("");
    const std::vector<Hash128> identities = identities_of(line);
    const std::vector<WantedLine> lines = wanted_lines(line);
    Buy wanted = buy_of(who, key);
    wanted.reference = reference;
    wanted.identities = identities;
    wanted.expected_price = line.number("price", Buy::kNoExpectedPrice);
    line.nothing_else();
    const BasketDecision decision = world_->basket(campaign, lines, wanted, at);
    std::string text = outcome_text(decision);
    if (!decision.refused_sku.empty()) text += " (" + decision.refused_sku + ")";
    std::vector<std::string> skus;
    for (const WantedLine& each : lines) {
      if (std::find(skus.begin(), skus.end(), each.sku) == skus.end()) skus.push_back(each.sku);
    }
    return text + stock_lines(campaign, skus);
  }

  std::string command(Line& line, OrderAction action) {
    OrderCommand command;
    command.action = action;
    const Tick at = line.time("at");
    const std::string payment = line.text("payment").value_or(""), key = line.text("key").value_or("");
    command.payment = payment;
    command.key = key;
    command.quantity = line.count("qty", 0);
    command.seconds = line.count("seconds", 0);
    command.restock = line.yes_or_no("restock", true);
    const Named named = find(line);
    command.order = named.number;
    if (const auto part = line.text("sku")) {
      command.part = offer_index(named.campaign, *part);
      if (!command.part) throw CannotRead{"sku=" + *part + " is no offer"};
    }
    line.nothing_else();
    const CommandDecision decision = world_->command(command, at);
    std::string text(outcome_code(decision.outcome));
    if (!decision.refused_sku.empty()) text += " (" + decision.refused_sku + ")";
    if (decision.replayed) text += " already";
    const auto order = world_->find(named.number);
    if (order) text += ": " + order_text(named.sku, *order, at);
    return text + stock_of(named, order);
  }

  std::string timer(Line& line) {
    const Tick at = line.time("at");
    const std::uint32_t at_most = line.count("at_most", 1000);
    line.nothing_else();
    return "holds that have run out: " + std::to_string(world_->run_timer(at, at_most));
  }

  std::string look(Line& line) {
    const Tick at = line.time("at");
    const Named named = find(line);
    line.nothing_else();
    const auto order = world_->find(named.number);
    const std::string text = order ? order_text(named.sku, *order, at) : "order_not_found";
    return text + stock_of(named, order);
  }

  struct Named {
    std::string campaign, sku;
    OrderNumber number;
  };
  Named find(Line& line) {
    const std::string name = line.must("order");
    const std::size_t hash = std::min(name.find('#'), name.size());
    Named named;
    named.campaign = line.text("sale").value_or(campaign_);
    named.sku = name.substr(0, hash);
    std::uint64_t ordinal = 0;
    const char* const end = name.data() + name.size();
    const auto offer = offer_index(named.campaign, named.sku);
    if (!offer || hash == name.size() ||
        std::from_chars(name.data() + hash + 1, end, ordinal) != std::from_chars_result{end, std::errc()}) {
      throw CannotRead{"order=" + name + " is no order of an offer"};
    }
    named.number = OrderNumber::make(*offer, ordinal);
    return named;
  }

  std::string outcome_text(const Decision& decision) const {
    std::string text(outcome_code(decision.outcome));
    if (decision.outcome == Outcome::price_changed) text += " to " + std::to_string(decision.price);
    if (decision.outcome == Outcome::all_held) text += " until " + time_text(decision.free_at);
    const bool accepted = is_new_order(decision) || decision.replayed;
    if (!accepted) return text;
    const Order& order = decision.order;
    if (decision.replayed) text += " already";
    const std::string home = world_->sku(order.number.offer());
    text += ": order " + order_name(home, order) + ", ";
    for (const OrderLine& line : order.lines) {
      text += std::to_string(line.quantity) + " " + world_->sku(line.offer) + " at " +
              std::to_string(line.unit_price) + ", ";
    }
    text += order.lines.empty() ? std::to_string(order.quantity) + " at " : "together ";
    text += std::to_string(order.unit_price);
    if (order.status == OrderStatus::held) text += ", until " + time_text(order.expires_at);
    if (order.status == OrderStatus::waiting)
      text += ", place " + std::to_string(world_->place(order.number));
    // The answer to a replayed place is what has become of it.
    if (decision.outcome == Outcome::waiting && order.status != OrderStatus::waiting) {
      text += ", now " + std::string(order_status_name(order.status));
    }
    return text;
  }

  // As GET shows it: a hold whose time is over has expired, whether or not anybody has written that down.
  std::string order_text(const std::string& sku, const Order& order, Tick at) const {
    const bool ran_out = order.status == OrderStatus::held && order.expires_at <= at;
    const OrderStatus status = ran_out ? OrderStatus::expired : order.status;
    std::string text = order_name(sku, order) + " " + std::string(order_status_name(status));
    if (status == OrderStatus::held) text += " until " + time_text(order.expires_at);
    if (status == OrderStatus::expired) text += " since " + time_text(order.expires_at);
    if (status == OrderStatus::waiting) text += ", place " + std::to_string(world_->place(order.number));
    if (status == OrderStatus::confirmed && order.confirmed_quantity != order.quantity) {
      text += ", " + std::to_string(order.confirmed_quantity) + " of " + std::to_string(order.quantity);
    }
    if (order.returned_quantity != 0) text += ", " + std::to_string(order.returned_quantity) + " returned";
    for (const OrderLine& line : order.lines) {
      const std::uint32_t back = world_->part(order.number, line.offer).returned_quantity;
      if (back != 0) text += " (" + std::to_string(back) + " " + world_->sku(line.offer) + ")";
    }
    if (!order.payment.empty()) text += ", paid with " + std::string(order.payment);
    if (order.refund_due) text += ", refund due";
    return text;
  }

  std::optional<OfferIndex> offer_index(const std::string& campaign, const std::string& sku) const {
    const Campaign* found = world_->catalog()->find_campaign(kDefaultTenant, campaign);
    if (found == nullptr) return std::nullopt;
    const Offer* offer = world_->catalog()->find_offer(found->definition.campaign, sku);
    return offer == nullptr ? std::nullopt : std::optional(offer->definition.offer);
  }

  // Of the order's offer, of a basket of all its lines'.
  std::string stock_of(const Named& named, const std::optional<Order>& order) const {
    if (!order || order->lines.empty()) return stock_text(named.campaign, named.sku);
    std::vector<std::string> skus;
    for (const OrderLine& line : order->lines) skus.push_back(world_->sku(line.offer));
    return stock_lines(named.campaign, skus);
  }

  std::string stock_lines(const std::string& campaign, const std::vector<std::string>& skus) const {
    std::string text;
    for (const std::string& sku : skus) {
      const std::string stock = stock_text(campaign, sku);
      if (stock.empty()) continue;
      text += (text.empty() ? "\n  " : "; ") + sku + ":" + stock.substr(1);
    }
    return text;
  }

  std::string stock_text(const std::string& campaign, const std::string& sku) const {
    const auto offer = offer_index(campaign, sku);
    if (!offer) return "";
    const OfferStock stock = world_->stock(*offer);
    std::string text =
        "; " + std::to_string(stock.available) + " of " + std::to_string(stock.allocated) + " left";
    if (stock.held != 0) text += ", " + std::to_string(stock.held) + " held";
    return text;
  }

  std::unique_ptr<World> world_ = std::make_unique<World>();
  std::string campaign_;
};

}  // namespace

std::string play_scenario(const std::string& text) {
  Player player;
  std::istringstream lines(text);
  std::string out;
  std::vector<std::string> commands;
  bool in_answer = false;
  for (std::string line; std::getline(lines, line);) {
    if (in_answer && !line.empty()) continue;  // what was expected
    in_answer = false;
    out += line + "\n";
    if (line == "----") {
      out += commands.empty() ? "cannot read: nothing was asked\n" : player.play(commands);
      commands.clear();
      in_answer = true;
    } else if (!line.empty() && line.front() != '#') {
      commands.push_back(line);
    } else if (line.empty() && !commands.empty()) {
      out += "cannot read: ---- is missing\n";
      commands.clear();
    }
  }
  if (!commands.empty()) out += "cannot read: ---- is missing\n";
  return out;
}

}  // namespace doorbuster
