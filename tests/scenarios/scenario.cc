#include "scenarios/scenario.h"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <tuple>
#include <utility>
#include <vector>

#include "scenarios/answers.h"
#include "scenarios/line.h"
#include "scenarios/sale_lines.h"
#include "support/books.h"
#include "support/pools.h"

namespace doorbuster {
namespace {

// Each part on a line of its own.
std::string broken_at_colons(const std::string& detail) {
  std::string out = "\n ";
  for (std::size_t at = 0; at < detail.size(); ++at) {
    out += detail[at];
    if (detail.compare(at, 2, ": ") == 0) out += "\n";
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
    world_->check_engines();
    return answer;
  }

  std::string answer_to(Line& line) {
    const std::string& verb = line.verb();
    if (verb == "buy") return buy(line);
    if (verb == "basket") return basket(line);
    if (verb == "confirm") return command(line, OrderAction::confirm);
    if (verb == "cancel") return command(line, OrderAction::cancel);
    if (verb == "extend" && line.has("order")) return command(line, OrderAction::extend);
    if (const auto action = campaign_action(verb)) return act(line, *action);
    if (verb == "state") return state(line);
    if (verb == "pool") return pool(line);
    if (verb == "clock") return clock(line);
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
    const Sales sales = read_sales(lines);
    // Items stay where nothing is said of them.
    const Configuration& said = sales.configuration;
    const auto changed =
        said.items.empty() ? world_->configure(said.campaigns, sales.at) : world_->configure(said, sales.at);
    if (!changed) return refusal_text(changed.error().message);
    campaign_ = said.campaigns.front().id;
    return "in force; definitions changed: " + std::to_string(*changed) + "\n";
  }

  std::string act(Line& line, CampaignAction action) {
    const Tick at = line.time("at");
    const std::string campaign = line.text("sale").value_or(campaign_);
    const std::optional<Tick> until = line.has("to") ? std::optional(line.time("to")) : std::nullopt;
    line.nothing_else();
    const std::string before = phase_text(*world_, campaign, at);
    const auto changed = world_->act(campaign, action, at, until);
    if (!changed) {
      return std::string(outcome_code(changed.error().outcome)) + broken_at_colons(changed.error().detail);
    }
    return *changed == 0 ? "as it was: " + before : phase_text(*world_, campaign, at);
  }

  std::string state(Line& line) {
    const Tick at = line.time("at");
    const std::string campaign = line.text("sale").value_or(campaign_);
    line.nothing_else();
    return phase_text(*world_, campaign, at) + price_text(*world_, campaign, at);
  }

  std::string pool(Line& line) {
    const Tick at = line.time("at");
    const std::int64_t stock = line.number("stock", 0);
    line.nothing_else();
    const auto changed = put_item(*world_, line.subject(), stock, at);
    if (!changed) return "refused:" + broken_at_colons(changed.error().message);
    return pool_text(*world_);
  }

  // What each campaign is that the clock did something to, and the pool after it.
  std::string clock(Line& line) {
    const Tick at = line.time("at");
    line.nothing_else();
    std::string text;
    keep_campaigns(*world_, at, [&](const CampaignPut& campaign, const ActionRefusal* refusal) {
      text += campaign.id + " ";
      text += refusal == nullptr
                  ? std::string(campaign_state_name(campaign_phase(campaign, at).state))
                  : std::string(outcome_code(refusal->outcome)) + broken_at_colons(refusal->detail);
      text += "\n";
    });
    return text + pool_text(*world_);
  }

  // Where a buyer comes from.
  struct Origin {
    explicit Origin(Line& line)
        : region(line.text("region").value_or("")),
          segment(line.text("segment").value_or("")),
          channel(line.text("channel").value_or("")) {}
    void put_into(Buy& buy) const {
      buy.region = region;
      buy.segment = segment;
      buy.channel = channel;
    }
    std::string region, segment, channel;
  };

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
    const Origin origin(line);
    origin.put_into(wanted);
    wanted.expected_price = line.number("price", Buy::kNoExpectedPrice);
    line.nothing_else();
    const Decision decision = world_->buy(campaign, sku, wanted, at);
    return outcome_text(*world_, decision) +
           reason_text(*world_, decision.outcome, campaign, sku, wanted, at) +
           stock_text(*world_, campaign, sku);
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
    const Origin origin(line);
    origin.put_into(wanted);
    wanted.expected_price = line.number("price", Buy::kNoExpectedPrice);
    line.nothing_else();
    const BasketDecision decision = world_->basket(campaign, lines, wanted, at);
    std::string text = outcome_text(*world_, decision) +
                       reason_text(*world_, decision.outcome, campaign, decision.refused_sku, wanted, at);
    if (!decision.refused_sku.empty()) text += " (" + decision.refused_sku + ")";
    std::vector<std::string> skus;
    for (const WantedLine& each : lines) {
      if (std::find(skus.begin(), skus.end(), each.sku) == skus.end()) skus.push_back(each.sku);
    }
    return text + stock_lines(*world_, campaign, skus);
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
      command.part = offer_index(*world_, named.campaign, *part);
      if (!command.part) throw CannotRead{"sku=" + *part + " is no offer"};
    }
    line.nothing_else();
    const CommandDecision decision = world_->command(command, at);
    std::string text(outcome_code(decision.outcome));
    if (!decision.refused_sku.empty()) text += " (" + decision.refused_sku + ")";
    if (decision.replayed) text += " already";
    const auto order = world_->find(named.number);
    if (order) text += ": " + order_text(*world_, named.sku, *order, at);
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
    const std::string text = order ? order_text(*world_, named.sku, *order, at) : "order_not_found";
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
    const auto offer = offer_index(*world_, named.campaign, named.sku);
    if (!offer || hash == name.size() ||
        std::from_chars(name.data() + hash + 1, end, ordinal) != std::from_chars_result{end, std::errc()}) {
      throw CannotRead{"order=" + name + " is no order of an offer"};
    }
    named.number = OrderNumber::make(*offer, ordinal);
    return named;
  }

  // Of the order's offer, of a basket of all its lines'.
  std::string stock_of(const Named& named, const std::optional<Order>& order) const {
    if (!order || order->lines.empty()) return stock_text(*world_, named.campaign, named.sku);
    std::vector<std::string> skus;
    for (const OrderLine& line : order->lines) skus.push_back(world_->sku(line.offer));
    return stock_lines(*world_, named.campaign, skus);
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
