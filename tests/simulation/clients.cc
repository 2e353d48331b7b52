#include "simulation/clients.h"

#include <algorithm>
#include <string>
#include <utility>

namespace doorbuster::simulation {
namespace {

std::string name_of(OrderNumber number) {
  return fmt::format("{}/{}", number.offer().value, number.ordinal());
}

constexpr const char* kActionNames[] = {"confirm",        "cancel", "extend",
                                        "payment failed", "return", "leave line"};

}  // namespace

void Clients::meet(Runtime& runtime, const Clock& clock, const std::vector<std::int64_t>& available) {
  runtime_ = &runtime;
  clock_ = &clock;
  pending_.clear();
  history_.attempts.clear();
  stock_changed_ = false;
  failed_at_ = 0;
  available_ = available;
  gave_back_.assign(available.size(), false);
}

void Clients::step(std::uint64_t step) {
  if (failed_at_ == 0 && runtime_->failed()) failed_at_ = step;
  const std::uint64_t what = dice_.below(100);
  if (what < 25) return hear(step);
  if (what < 55 || history_.wishes.empty()) return ask(make_wish(), step);
  const std::uint32_t some = dice_.below32(static_cast<std::uint32_t>(history_.wishes.size()));
  if (what < 72) {
    Wish& wish = history_.wishes[some];
    if (wish.is_over && dice_.percent(70)) return;  // most are content with what they were told
    if (dice_.percent(5)) wish.is_over = true;      // gives up for ever
    ask(some, step);
    if (dice_.percent(15)) ask(some, step);  // clicks twice
    return;
  }
  if (what < 76) return ask(make_wish_with_key_of(some), step);
  if (what < 96) return command(step);
  find(step);
}

Request* Clients::take(std::uint16_t& door) {
  door = static_cast<std::uint16_t>(dice_.below(runtime_->plan().http_threads));
  return runtime_->door(door).take();
}

void Clients::send(Request* request, std::uint16_t door, const Attempt& attempt) {
  pending_[request] = {history_.attempts.size(), door};
  history_.attempts.push_back(attempt);
  require(runtime_->door(door).submit(request), "a queue is full below its bound");
}

std::uint32_t Clients::make_wish() {
  const auto id = static_cast<std::uint32_t>(history_.wishes.size());
  const Catalog& catalog = *runtime_->catalog();
  Wish wish;
  wish.buyer = "b-" + std::to_string(dice_.below(kBuyers));
  wish.reference = "r-" + std::to_string(id);
  if (dice_.percent(65)) wish.key = "k-" + std::to_string(id);
  if (shop_.fills_segments) {
    if (!wish.key.empty()) wish.key.resize(kIdempotencyKeyBytesMax, 'x');
    wish.buyer.resize(kIdentifierBytesMax, 'x');
  }
  wish.offer = {dice_.below32(static_cast<std::uint32_t>(catalog.offers().size()))};
  if (shop_.fills_segments && dice_.percent(70)) wish.offer = {};
  if (dice_.percent(25)) wish.quantity = 1 + dice_.below32(4);
  if (dice_.percent(30)) wish.channel = kChannels[dice_.below(std::size(kChannels))];
  if (dice_.percent(10)) wish.expected_price = dice_.between(500, 10'000);
  wish.wait = dice_.percent(50);
  if (dice_.percent(25)) {
    const std::string device = "device:" + std::to_string(dice_.below(8));
    wish.identities.push_back(hash_identity(runtime_->door(0).keys().table_key, device));
  }
  if (dice_.percent(15)) make_basket(wish);
  history_.wishes.push_back(std::move(wish));
  return id;
}

// Of SKUs of one campaign, in the order of their offers.
void Clients::make_basket(Wish& wish) {
  const Catalog& catalog = *runtime_->catalog();
  const CampaignIndex campaign = catalog.offer(wish.offer).definition.campaign;
  for (const OfferIndex offer : catalog.campaign(campaign).offers) {
    if (!dice_.percent(70)) continue;
    wish.lines.push_back({.offer = offer, .quantity = 1 + dice_.below32(2)});
  }
  if (wish.lines.empty()) return;
  wish.wait = false;
  wish.offer = wish.lines.front().offer;
  wish.quantity = 0;
  for (const OrderLine& line : wish.lines) wish.quantity += line.quantity;
}

std::uint32_t Clients::make_wish_with_key_of(std::uint32_t other) {
  const auto id = static_cast<std::uint32_t>(history_.wishes.size());
  Wish wish = history_.wishes[other];
  if (wish.key.empty() || wish.key_of) return make_wish();
  wish.key_of = other;
  wish.reference = "r-" + std::to_string(id);
  if (wish.lines.empty() && dice_.percent(50)) wish.quantity += 1;
  wish.attempts = 0;
  wish.is_over = false;
  wish.promises.clear();
  history_.wishes.push_back(std::move(wish));
  return id;
}

void Clients::ask(std::uint32_t id, std::uint64_t step) {
  Wish& wish = history_.wishes[id];
  std::uint16_t door = 0;
  Request* request = take(door);
  if (request == nullptr) return;
  EngineDoor& at = runtime_->door(door);
  request->answer_when_decided = dice_.percent(10);
  request->buy = {};
  Buy& buy = request->buy;
  buy.offer = wish.offer;
  buy.quantity = wish.quantity;
  buy.expected_price = wish.expected_price;
  buy.wait = wish.wait;
  buy.buyer = request->keep(wish.buyer);
  buy.key = request->keep(wish.key);
  buy.reference = request->keep(wish.reference);
  buy.channel = request->keep(wish.channel);
  std::copy(wish.lines.begin(), wish.lines.end(), request->lines.begin());
  buy.lines = OrderLines(request->lines).first(wish.lines.size());
  std::copy(wish.identities.begin(), wish.identities.end(), request->identities.begin());
  buy.identities = Identities(request->identities).first(wish.identities.size());
  request->hashes = hash_buy(at.keys().table_key, buy);

  Attempt attempt;
  attempt.wish = id;
  attempt.invoked = step;
  attempt.was_promised = !wish.promises.empty();
  attempt.key_was_used = wish.key_of && !history_.wishes[*wish.key_of].promises.empty();
  attempt.is_over_limit = is_over_limit(wish);
  if (refuse_at_door(at, wish, request->hashes)) {
    at.give_back(request);
    attempt.answered = step;
    attempt.outcome = Outcome::sold_out;
    history_.attempts.push_back(attempt);
    trace_.line("client asks wish {}, and the door says sold_out", id);
    return check_refusal(attempt, wish);
  }
  ++wish.attempts;
  trace_.line("client asks wish {}: {}{}{} x{} of offer {}{}{}", id, wish.buyer,
              wish.key.empty() ? "" : " with key",
              wish.key_of ? " of wish " + std::to_string(*wish.key_of) : "", wish.quantity, wish.offer.value,
              wish.lines.empty() ? "" : " and more", request->answer_when_decided ? ", asynchronously" : "");
  send(request, door, attempt);
}

// As the HTTP room does it: sold out for good, and nobody who may be at a limit.
bool Clients::refuse_at_door(EngineDoor& door, const Wish& wish, const BuyHashes& hashes) const {
  if (!wish.key.empty() || !wish.lines.empty() || wish.expected_price != Buy::kNoExpectedPrice) return false;
  const Catalog& catalog = door.catalog();
  const CampaignPut& rules = catalog.campaign_of(wish.offer).definition;
  const bool listed = rules.listed && catalog.offer(wish.offer).definition.listed;
  if (!listed || campaign_phase(rules, clock_->wall_now()).state != CampaignState::active) return false;
  for (const std::uint32_t limit : {rules.limit_per_buyer, rules.limit_per_buyer_total}) {
    if (limit != 0 && wish.quantity > limit) return false;
  }
  const Board& board = door.board();
  const auto may_have = [&](const Hash128& name) {
    return (rules.limit_per_buyer != 0 && board.may_have_bought(offer_limit_key(name, wish.offer))) ||
           (rules.limit_per_buyer_total != 0 &&
            board.may_have_bought(campaign_limit_key(name, rules.campaign)));
  };
  if (!board.sold_out(wish.offer) || may_have(hashes.buyer)) return false;
  return std::none_of(wish.identities.begin(), wish.identities.end(), may_have);
}

void Clients::command(std::uint64_t step) {
  if (history_.numbers.empty()) return;
  // Newer orders are more often on somebody's mind.
  const std::size_t count = history_.numbers.size();
  const std::size_t at =
      dice_.percent(60) ? count - 1 - dice_.below(std::min<std::size_t>(count, 10)) : dice_.below(count);
  const OrderAction actions[] = {OrderAction::confirm,   OrderAction::confirm,        OrderAction::cancel,
                                 OrderAction::extend,    OrderAction::payment_failed, OrderAction::give_back,
                                 OrderAction::leave_line};
  const OrderAction action = actions[dice_.below(std::size(actions))];
  if (action == OrderAction::give_back && !shop_.clients_return) return;
  ask_command(action, history_.numbers[at], step);
}

void Clients::ask_command(OrderAction action, OrderNumber number, std::uint64_t step) {
  std::uint16_t door = 0;
  Request* request = take(door);
  if (request == nullptr) return;
  request->kind = Request::Kind::order_command;
  request->command = {};
  OrderCommand& command = request->command;
  command.action = action;
  command.order = number;
  command.seconds = dice_.below32(20);
  if (action == OrderAction::confirm && dice_.percent(50)) command.payment = request->keep("paid");
  if (action == OrderAction::confirm && dice_.percent(10)) command.quantity = 1;
  if (action == OrderAction::give_back) {
    command.quantity = dice_.below32(2);
    command.restock = dice_.percent(70);
    if (dice_.percent(50)) command.key = request->keep("return-" + std::to_string(dice_.below(3)));
    if (dice_.percent(40)) {
      command.part = OfferIndex{dice_.below32(static_cast<std::uint32_t>(available_.size()))};
    }
    // Units of a basket's other lines come back too; which those are only its owner knows.
    gave_back_.assign(gave_back_.size(), true);
  }
  ++history_.orders[number.value].asked[static_cast<std::size_t>(action)];
  Attempt attempt;
  attempt.kind = Attempt::Kind::command;
  attempt.command = command;
  attempt.command.payment = attempt.command.key = {};
  attempt.invoked = step;
  trace_.line("client asks to {} order {}", kActionNames[static_cast<std::size_t>(action)], name_of(number));
  send(request, door, attempt);
}

void Clients::find(std::uint64_t step) {
  std::uint16_t door = 0;
  Request* request = history_.numbers.empty() ? nullptr : take(door);
  if (request == nullptr) return;
  request->kind = Request::Kind::find_order;
  request->order_number = dice_.pick(history_.numbers);
  Attempt attempt;
  attempt.kind = Attempt::Kind::find;
  attempt.command.order = request->order_number;
  attempt.invoked = step;
  send(request, door, attempt);
}

// Final sales, and nothing ever gives a unit back: what a buyer has been told of it has for ever.
bool Clients::is_plain(OfferIndex offer) const {
  const CampaignPut& campaign = runtime_->catalog()->campaign_of(offer).definition;
  return shop_.is_plain(campaign) && !shop_.clients_return;
}

bool Clients::is_over_limit(const Wish& wish) const {
  if (!wish.lines.empty() || !is_plain(wish.offer) || wish.key_of || !wish.promises.empty()) return false;
  const std::uint32_t limit = runtime_->catalog()->campaign_of(wish.offer).definition.limit_per_buyer;
  if (limit == 0 || stock_changed_) return false;
  std::uint32_t units = wish.quantity;
  for (const Wish& other : history_.wishes) {
    if (other.buyer != wish.buyer || other.promises.empty()) continue;
    const auto orders = static_cast<std::uint32_t>(other.promises.size());
    if (other.lines.empty() && other.offer == wish.offer) units += orders * other.quantity;
  }
  return units > limit;
}

std::size_t Clients::buy_one(OfferIndex offer, std::uint64_t step) {
  const std::uint32_t id = make_wish();
  Wish& wish = history_.wishes[id];
  wish = {.buyer = "last-" + std::to_string(id),
          .key = {},
          .reference = wish.reference,
          .channel = {},
          .offer = offer,
          .lines = {},
          .identities = {},
          .key_of = {},
          .promises = {}};
  ask(id, step);
  return history_.attempts.size() - 1;
}

}  // namespace doorbuster::simulation
