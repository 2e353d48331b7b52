#include "scenarios/scenario.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "support/world.h"

namespace doorbuster {
namespace {

struct CannotRead {
  std::string why;
};

// `buy at=08:00:00 who=ann`: a word, what it is about, and values by name. A value that nobody asks for is an
// error.
class Line {
 public:
  explicit Line(const std::string& text) {
    std::istringstream words(text);
    words >> verb_;
    for (std::string word; words >> word;) {
      const auto equals = word.find('=');
      if (equals == std::string::npos) {
        if (!subject_.empty()) throw CannotRead{"\"" + word + "\" is one word too many"};
        subject_ = word;
      } else if (!values_.emplace(word.substr(0, equals), word.substr(equals + 1)).second) {
        throw CannotRead{word.substr(0, equals) + " is there twice"};
      }
    }
  }
  const std::string& verb() const { return verb_; }
  const std::string& subject() const { return subject_; }

  std::optional<std::string> text(const std::string& name) {
    const auto found = values_.find(name);
    if (found == values_.end()) return std::nullopt;
    std::string value = found->second;
    values_.erase(found);
    return value;
  }
  std::string must(const std::string& name) {
    auto value = text(name);
    if (!value) throw CannotRead{name + "= is missing"};
    return *value;
  }
  std::int64_t number(const std::string& name, std::int64_t otherwise) {
    const auto value = text(name);
    if (!value) return otherwise;
    std::int64_t result = 0;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), result);
    if (error != std::errc() || end != value->data() + value->size()) {
      throw CannotRead{name + "=" + *value + " is no number"};
    }
    return result;
  }
  // A time of the day of the sale, in UTC.
  Tick time(const std::string& name) {
    const std::string value = must(name);
    const auto tick = parse_rfc3339("2026-11-27T" + value + "Z");
    if (!tick) throw CannotRead{name + "=" + value + " is no time of the day"};
    return *tick;
  }
  void nothing_else() const {
    if (!values_.empty()) throw CannotRead{"nobody knows " + values_.begin()->first + "="};
  }

 private:
  std::string verb_, subject_;
  std::map<std::string, std::string> values_;
};

class Player {
 public:
  std::string play(const std::vector<std::string>& lines) {
    try {
      if (Line(lines.front()).verb() == "sale") return configure(lines);
      std::string out;
      for (const std::string& text : lines) out += play(Line(text)) + "\n";
      return out;
    } catch (const CannotRead& error) {
      return "cannot read: " + error.why + "\n";
    }
  }

 private:
  std::string play(Line line) {
    if (line.verb() == "buy") return buy(line);
    if (line.verb() == "start") return start(line);
    if (line.verb() == "restart") return restart(line);
    throw CannotRead{"\"" + line.verb() + "\" is no command"};
  }

  std::string start(Line& line) {
    const std::int64_t orders = line.number("orders", 1000);
    line.nothing_else();
    world_ = std::make_unique<World>(1, static_cast<std::uint64_t>(orders));
    return "ready; room for orders: " + std::to_string(orders);
  }

  std::string restart(Line& line) {
    const std::int64_t shards = line.number("shards", 1);
    line.nothing_else();
    world_->restart(static_cast<std::uint32_t>(shards));
    return "the same state; orders: " + std::to_string(world_->orders());
  }

  std::string configure(const std::vector<std::string>& lines) {
    std::vector<CampaignConfiguration> campaigns;
    for (const std::string& text : lines) {
      Line line(text);
      if (line.verb() == "sale") {
        CampaignConfiguration& campaign = campaigns.emplace_back();
        campaign.id = campaign.name = line.subject();
        campaign.currency = "EUR";
        campaign.starts_at = line.time("from");
        campaign.ends_at = line.time("to");
        campaign.limit_per_buyer = static_cast<std::uint32_t>(line.number("limit", 0));
      } else if (line.verb() == "offer") {
        OfferConfiguration& offer = campaigns.back().offers.emplace_back();
        offer.sku = line.subject();
        offer.stock = line.number("stock", 0);
        offer.price = line.number("price", 0);
        offer.list_price = 2 * offer.price;
      } else {
        throw CannotRead{"\"" + line.verb() + "\" stands among the sales and offers"};
      }
      line.nothing_else();
    }
    const auto changed = world_->configure(campaigns, campaigns.front().starts_at);
    if (!changed) return refusal_text(changed.error().message);
    campaign_ = campaigns.front().id;
    return "in force; definitions changed: " + std::to_string(*changed) + "\n";
  }

  std::string buy(Line& line) {
    const Tick at = line.time("at");
    const std::string who = line.must("who"), sku = line.must("sku");
    const std::string campaign = line.text("sale").value_or(campaign_);
    const std::string key = line.text("key").value_or(""), reference = line.text("reference").value_or("");
    Buy wanted = buy_of(who, key, static_cast<std::uint32_t>(line.number("qty", 1)));
    wanted.reference = reference;
    wanted.expected_price = line.number("price", Buy::kNoExpectedPrice);
    line.nothing_else();
    const Decision decision = world_->buy(campaign, sku, wanted, at);
    return outcome_text(decision, sku) + stock_text(campaign, sku);
  }

  // "what: one reason; another", a line each.
  static std::string refusal_text(const std::string& message) {
    std::string out = "refused: ";
    for (std::size_t at = 0; at < message.size();) {
      const std::string_view separator = at == 0 ? ": " : "; ";
      const auto end = std::min(message.find(separator, at), message.size());
      out += (at == 0 ? "" : " ") + message.substr(at, end - at) + "\n";
      at = end + separator.size();
    }
    return out;
  }

  static std::string outcome_text(const Decision& decision, const std::string& sku) {
    std::string text(outcome_code(decision.outcome));
    if (decision.outcome == Outcome::price_changed) text += " to " + std::to_string(decision.price);
    if (decision.outcome != Outcome::confirmed) return text;
    const Order& order = decision.order;
    if (decision.replayed) text += " already";
    return text + ": order " + sku + "#" + std::to_string(order.number.ordinal()) + ", " +
           std::to_string(order.quantity) + " at " + std::to_string(order.unit_price);
  }

  std::string stock_text(const std::string& campaign, const std::string& sku) const {
    const Campaign* found = world_->catalog()->find_campaign(kDefaultTenant, campaign);
    if (found == nullptr) return "";
    const Offer* offer = world_->catalog()->find_offer(found->definition.campaign, sku);
    if (offer == nullptr) return "";
    const OfferStock stock = world_->stock(offer->definition.offer);
    return "; " + std::to_string(stock.available) + " of " + std::to_string(stock.allocated) + " left";
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
