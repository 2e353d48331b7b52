#include "differential/pair.h"

#include <algorithm>
#include <limits>
#include <sstream>
#include <tuple>

namespace doorbuster {
namespace {

std::vector<Hash128> hashes_of(const std::vector<std::string>& identities) {
  std::vector<Hash128> hashes;
  for (const std::string& identity : identities) hashes.push_back(hash_identity(kTableKey, identity));
  std::sort(hashes.begin(), hashes.end(), [](const Hash128& a, const Hash128& b) {
    return std::tie(a.low, a.high) < std::tie(b.low, b.high);
  });
  return hashes;
}

// The number of an order of the offer, or, rarely, the next one, which nobody has. Who leaves a line mostly
// stands in it.
std::uint64_t number_of(const Step& step, const NaiveOffer& offer) {
  if (step.order == 0) return offer.orders.size() + 1;
  if (step.action == OrderAction::leave_line && !offer.line.empty() && step.order % 4 != 0) {
    return offer.line[step.order % offer.line.size()];
  }
  return 1 + step.order % offer.orders.size();
}

// What only baskets have, and what they have not: a line to return, and a part to confirm.
void address_basket(NaiveCommand& command, const NaiveOrder& order, const Step& step) {
  if (command.action == OrderAction::confirm && step.quantity < 3) command.quantity = 0;
  if (command.action != OrderAction::give_back) return;
  const NaivePart& part = order.parts[step.dice % order.parts.size()];
  command.part = step.dice % 16 == 0 ? "s" + std::to_string(step.dice / 16 % kSkus) : part.sku;
}

}  // namespace

Pair::Pair(std::uint64_t dice, std::uint64_t orders_max, bool days)
    : world_(1, orders_max), days_(days), dice_(dice) {
  const auto campaigns = configuration_from(dice, opens_, days_);
  REQUIRE(world_.configure(campaigns, now_).has_value());
  REQUIRE(twin_.configure(campaigns, now_) == "");
}

std::string Pair::play(const Step& step) {
  const std::string difference = play_step(step);
  return difference.empty() ? check_promises(step.kind == Step::configure) : difference;
}

std::string Pair::play_step(const Step& step) {
  Tick from = now_;
  if (step.to_next_expiry) from = twin_.next_expiry(now_).value_or(now_);
  if (step.to_next_border) from = twin_.next_border(now_).value_or(now_);
  if (step.to_next_forgotten) from = twin_.next_forgotten(now_).value_or(now_);
  const Tick before = now_;
  now_ = std::max(now_, after(from, step.pause_ns));
  if (twin_.depends_on_timer(before, now_)) run_timer();
  twin_.end_quotas(before, now_);
  twin_.forget(now_);
  switch (step.kind) {
    case Step::buy:
    case Step::basket:
      return play_buy(step);
    case Step::command:
      return play_command(step);
    case Step::timer:
      return play_timer(step.at_most, step.dice % 2 == 0);
    case Step::restart:
      world_.restart(step.shards);
      world_.end_quotas(now_);  // a shard's first cycle does
      return compare_all();
    case Step::configure:
      return play_configure(step);
    case Step::act:
      return play_act(step);
  }
  return "";
}

std::string Pair::play_configure(const Step& step) {
  // What has run out and is not written down is held: a stock below it is refused.
  run_timer();
  const std::uint64_t dice = step.again ? dice_ : step.dice;
  const Tick opens = days_ && !step.again ? now_ : opens_;
  const auto campaigns = configuration_from(dice, opens, days_);
  const std::string engine = world_.configure(campaigns, now_) ? "" : "refused";
  const std::string twin = twin_.configure(campaigns, now_);
  if (engine != twin) return "only one of them refuses the configuration";
  if (twin.empty()) dice_ = dice;
  if (twin.empty()) opens_ = opens;
  twin_.forget(now_);  // by the new rules more may be over
  return compare_all();
}

std::string Pair::play_act(const Step& step) {
  const std::string campaign = "c" + std::to_string(step.campaign);
  if (twin_.find_campaign(campaign) == nullptr) return "";
  run_timer();  // who resumes looks at every line
  const Tick until = after(now_, static_cast<std::int64_t>(step.dice % 40) * kNsPerSecond - kNsPerSecond);
  const auto done = world_.act(campaign, step.campaign_action, now_, until);
  const std::string engine = !done        ? std::string(outcome_code(done.error().outcome))
                             : *done == 0 ? "nothing"
                                          : "done";
  const std::string twin = twin_.act(campaign, step.campaign_action, until, now_);
  if (engine != twin) return "the engine says \"" + engine + "\", the twin \"" + twin + "\"";
  twin_.forget(now_);  // by the new rules more may be over
  ++answers_[std::string(campaign_action_name(step.campaign_action)) + " " + twin];
  return compare_all();
}

void Pair::add_to(Fates& fates) const {
  for (const auto& [answer, times] : answers_) fates.answers[answer] += times;
  for (const auto& [name, offer] : twin_.offers()) {
    for (const NaiveOrder& order : offer.orders) {
      ++fates.orders;
      if (order.is_forgotten) ++fates.forgotten;
      if (NaiveShop::status_at(order, now_) == OrderStatus::expired) ++fates.expired;
      if (order.status == OrderStatus::confirmed) ++fates.confirmed;
      if (order.was_offered) ++fates.offered;
      if (order.refund_due) ++fates.refunds;
      if (order.returned != 0) ++fates.returned;
      if (order.parts.size() > 1) ++fates.baskets;
      if (order.parts.size() > 1 && order.refund_due) ++fates.owed_baskets;
    }
  }
}

namespace {

void must_agree(Pair& pair, const Step& step, std::uint64_t seed, std::uint32_t number) {
  const std::string difference = pair.play(step);
  if (difference.empty()) return;
  std::ostringstream told;
  told << step;
  FAIL("seed " << seed << ", step " << number << ": " << told.str() << difference);
}

}  // namespace

void play_random_sale(std::uint64_t seed, std::uint32_t steps, Fates& fates) {
  std::mt19937_64 random(seed);
  Pair pair(seed, steps * (1 + kSkus));
  for (std::uint32_t i = 0; i < steps; ++i) {
    const Step step = random_step(random);
    must_agree(pair, step, seed, i);
  }
  pair.add_to(fates);
}

void play_random_weeks(std::uint64_t seed, std::uint32_t steps, Fates& fates) {
  constexpr std::int64_t kHalfDayNs = 43'200 * kNsPerSecond;
  std::mt19937_64 random(seed);
  // Never all of them at a time: there is room only because orders are forgotten.
  Pair pair(seed, 1'000, true);
  for (std::uint32_t i = 0; i < steps; ++i) {
    Step step = random_step(random);
    const std::uint64_t jump = random() % 60;
    if (jump < 2) {
      step.pause_ns = static_cast<std::int64_t>(1 + random() % 5) * kHalfDayNs;
      step.kind = random() % 3 == 0 ? Step::configure : step.kind;
    } else if (jump < 6) {
      step.to_next_forgotten = true;
      step.to_next_expiry = step.to_next_border = false;
      step.pause_ns = static_cast<std::int64_t>(random() % 3) - 1;
    }
    must_agree(pair, step, seed, i);
  }
  pair.add_to(fates);
}

void Pair::run_timer() {
  world_.run_timer(now_, std::numeric_limits<std::size_t>::max());
  twin_.timer(now_);
}

std::string Pair::play_timer(std::uint32_t at_most, bool sweeps) {
  if (sweeps) world_.sweep(now_);  // nobody may notice
  const bool somebody_waits = std::any_of(twin_.offers().begin(), twin_.offers().end(),
                                          [](const auto& entry) { return !entry.second.line.empty(); });
  if (at_most != 0 && !somebody_waits) {
    world_.run_timer(now_, at_most);  // nobody may notice
    return compare_all();
  }
  run_timer();
  const std::string left = compare_held();
  return left.empty() ? compare_all() : left;
}

NaiveBuy Pair::wanted_by(const Step& step) const {
  NaiveBuy wanted;
  wanted.campaign = "c" + std::to_string(step.campaign);
  wanted.sku = "s" + std::to_string(step.sku);
  const auto offer = twin_.offers().find({wanted.campaign, wanted.sku});
  if (step.again && offer != twin_.offers().end() && !offer->second.orders.empty()) {
    wanted = offer->second.orders[step.order % offer->second.orders.size()].asked;
    if (step.reference != 0) wanted.reference = "r" + std::to_string(step.reference);
    return wanted;
  }
  wanted.buyer = "b" + std::to_string(step.buyer);
  if (step.key != 0) wanted.key = "k" + std::to_string(step.key);
  if (step.reference != 0) wanted.reference = "r" + std::to_string(step.reference);
  for (std::uint32_t i = 0; i < kIdentities && wanted.identities.size() < kIdentitiesMax; ++i) {
    if ((step.identities >> i & 1) != 0) wanted.identities.push_back("i" + std::to_string(i));
  }
  const Origin origin = origin_of(step.origin);
  wanted.region = origin.region;
  wanted.segment = origin.segment;
  wanted.channel = origin.channel;
  wanted.quantity = step.quantity;
  wanted.wait = step.wait && step.kind == Step::buy;
  if (step.expected_price != 0) wanted.expected_price = step.expected_price;
  if (step.kind == Step::buy) return wanted;
  for (std::uint32_t i = 0; i < kSkus; ++i) {
    const std::uint32_t quantity = step.lines >> 2 * i & 3;
    if (quantity != 0) wanted.lines.push_back({"s" + std::to_string(i), quantity});
  }
  if (wanted.lines.empty() || step.sku >= kSkus) wanted.lines.push_back({wanted.sku, step.quantity});
  if (step.expected_price != 0) wanted.expected_price *= 2;
  return twin_.as_basket(wanted);
}

std::string Pair::play_buy(const Step& step) {
  const NaiveBuy wanted = wanted_by(step);
  if (twin_.depends_on_timer(wanted, now_)) run_timer();
  const std::string engine = ask_engine(wanted);
  const std::string twin = wanted.lines.empty() ? twin_.buy(wanted, now_) : twin_.basket(wanted, now_);
  if (engine != twin) return "the engine says \"" + engine + "\", the twin \"" + twin + "\"";
  ++answers_[twin.substr(0, twin.find(' '))];
  return compare_touched(wanted);
}

std::string Pair::play_command(const Step& step) {
  // To that offer, or the next that has orders.
  const auto& offers = twin_.offers();
  auto offer = offers.find({"c" + std::to_string(step.campaign), "s" + std::to_string(step.sku)});
  const auto has_orders = [](const auto& entry) { return !entry.second.orders.empty(); };
  if (offer == offers.end() || !has_orders(*offer))
    offer = std::find_if(offers.begin(), offers.end(), has_orders);
  if (offer == offers.end()) return "";
  NaiveCommand command;
  command.campaign = offer->first.first;
  command.sku = offer->first.second;
  command.action = step.action;
  command.number = number_of(step, offer->second);
  command.seconds = step.seconds;
  command.restock = step.restock;
  command.quantity = step.quantity % 4;
  if (step.payment != 0) command.payment = "p" + std::to_string(step.payment);
  // One key always comes with a quantity or always without.
  if (step.key != 0) command.key = "k" + std::to_string(step.key % 4);
  if (step.key != 0 && step.key % 2 == 0) command.quantity = 0;
  if (step.key % 2 == 1) command.quantity = 1 + command.quantity % 2;
  const NaiveOrder* order =
      command.number > offer->second.orders.size() ? nullptr : &offer->second.orders[command.number - 1];
  if (order != nullptr && !order->parts.empty()) address_basket(command, *order, step);
  if (twin_.depends_on_timer(command, now_)) run_timer();
  const std::string engine = ask_engine(command), twin = twin_.command(command, now_);
  if (engine != twin) return "the engine says \"" + engine + "\", the twin \"" + twin + "\"";
  ++answers_["command " + twin];
  return order == nullptr ? compare({command.campaign, command.sku}) : compare_touched(order->asked);
}

std::string Pair::ask_engine(const NaiveBuy& wanted) {
  Buy buy = buy_of(wanted.buyer, wanted.key, wanted.quantity);
  const std::vector<Hash128> identities = hashes_of(wanted.identities);
  buy.identities = identities;
  buy.reference = wanted.reference;
  buy.region = wanted.region;
  buy.segment = wanted.segment;
  buy.channel = wanted.channel;
  buy.expected_price = wanted.expected_price;
  buy.wait = wanted.wait;
  const Decision decision = wanted.lines.empty() ? world_.buy(wanted.campaign, wanted.sku, buy, now_)
                                                 : Decision(ask_basket(wanted, buy));
  const std::string code(outcome_code(decision.outcome));
  if (decision.outcome == Outcome::price_changed) return code + " to " + std::to_string(decision.price);
  if (decision.outcome == Outcome::all_held) return code + " until " + std::to_string(decision.free_at.ns);
  if (!is_new_order(decision) && !decision.replayed) return code;
  const Order& order = decision.order;
  std::string text = (decision.replayed ? "again " : "new ") + code + " " +
                     std::to_string(order.number.ordinal()) + " at " + std::to_string(order.unit_price);
  if (decision.outcome == Outcome::held) text += " until " + std::to_string(order.expires_at.ns);
  return text;
}

BasketDecision Pair::ask_basket(const NaiveBuy& wanted, const Buy& buy) {
  std::vector<WantedLine> lines;
  for (const NaiveLine& line : wanted.lines) lines.push_back({line.sku, line.quantity});
  return world_.basket(wanted.campaign, lines, buy, now_);
}

std::string Pair::ask_engine(const NaiveCommand& command) {
  OrderCommand asked;
  asked.action = command.action;
  asked.order = OrderNumber::make(index_of({command.campaign, command.sku}), command.number);
  asked.quantity = command.quantity;
  asked.seconds = command.seconds;
  asked.restock = command.restock;
  asked.payment = command.payment;
  asked.key = command.key;
  const NaiveShop::OfferName part = {command.campaign, command.part};
  if (!command.part.empty() && twin_.offers().contains(part)) asked.part = index_of(part);
  const OrderDecision decision = world_.command(asked, now_);
  return (decision.replayed ? "again " : "") + std::string(outcome_code(decision.outcome));
}

}  // namespace doorbuster
