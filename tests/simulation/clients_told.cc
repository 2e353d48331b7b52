// What the clients are told, and what must be true of it.

#include <algorithm>
#include <string>

#include "simulation/clients.h"

namespace doorbuster::simulation {
namespace {

bool is_yes(Outcome outcome) {
  return outcome == Outcome::confirmed || outcome == Outcome::held || outcome == Outcome::waiting;
}

// Answers that say nothing about the order: the client asks again.
bool says_nothing(Outcome outcome) {
  return outcome == Outcome::overloaded || outcome == Outcome::journal_failed ||
         outcome == Outcome::request_in_flight;
}

std::string name_of(OrderNumber number) {
  return fmt::format("{}/{}", number.offer().value, number.ordinal());
}

}  // namespace

void Clients::hear(std::uint64_t step) {
  Request* came[64];
  for (std::uint16_t door = 0; door < runtime_->plan().http_threads; ++door) {
    while (const std::size_t count = runtime_->door(door).collect(came)) {
      for (std::size_t i = 0; i < count; ++i) {
        const auto found = pending_.find(came[i]);
        require(found != pending_.end() && found->second.door == door, "an answer to what nobody has asked");
        Attempt& attempt = history_.attempts[found->second.attempt];
        pending_.erase(found);
        attempt.answered = step;
        attempt.outcome = came[i]->outcome;
        attempt.replayed = came[i]->replayed;
        attempt.kind == Attempt::Kind::buy ? told_buy(attempt, *came[i]) : told_order(attempt, *came[i]);
        runtime_->door(door).give_back(came[i]);
      }
    }
  }
}

void Clients::told_buy(Attempt& attempt, const Request& request) {
  Wish& wish = history_.wishes[attempt.wish];
  require(failed_at_ == 0 || attempt.invoked < failed_at_ || says_nothing(request.outcome),
          "wish {}: {} after the journal has failed", attempt.wish, outcome_code(request.outcome));
  // The server has sent it; whether the client gets it is another matter.
  const bool lost = dice_.percent(10);
  if (!is_yes(request.outcome)) {
    trace_.line("wish {}: {}{}", attempt.wish, outcome_code(request.outcome),
                lost ? ", and that is lost" : "");
    if (!lost && !says_nothing(request.outcome)) wish.is_over = true;
    return check_refusal(attempt, wish);
  }
  trace_.line("wish {}: {}{} as order {}{}{}", attempt.wish, outcome_code(request.outcome),
              request.replayed ? " again" : "", name_of(request.order.number),
              request.durable ? ", durable" : "", lost ? ", and that is lost" : "");
  require(!attempt.key_was_used, "wish {}: the key of wish {} was used for it", attempt.wish,
          wish.key_of.value_or(0));
  require(!attempt.is_over_limit || request.replayed, "wish {}: sold to a buyer who had no more to get",
          attempt.wish);
  require(request.replayed == false || !wish.key.empty(), "wish {}: a replay without a key", attempt.wish);
  require(request.order.quantity == wish.quantity, "wish {}: {} units instead of {}", attempt.wish,
          request.order.quantity, wish.quantity);
  require(!attempt.was_promised || wish.key.empty() || request.replayed,
          "wish {}: the key was used, and a new order is made", attempt.wish);
  promise(attempt, wish, request);
  if (!lost) wish.is_over = true;
}

void Clients::promise(Attempt& attempt, Wish& wish, const Request& request) {
  const Order& order = request.order;
  if (!wish.key.empty()) {
    for (const Promise& earlier : wish.promises) {
      require(earlier.number == order.number, "wish {}: order {} and before it was order {}", attempt.wish,
              name_of(order.number), name_of(earlier.number));
    }
  }
  know(order.number);
  OrderFacts& facts = history_.orders[order.number.value];
  const std::uint32_t first = facts.wish.value_or(attempt.wish);
  require(first == attempt.wish, "wish {}: order {} was told to wish {}", attempt.wish, name_of(order.number),
          first);
  facts.wish = attempt.wish;
  if (!request.durable) return;
  facts.is_durable = true;
  ++history_.promises;
  if (wish.key.empty() || wish.promises.empty()) {
    wish.promises.push_back({order.number, order.unit_price, order.decided_at});
  }
}

void Clients::check_refusal(const Attempt& attempt, const Wish& wish) const {
  const Outcome outcome = attempt.outcome;
  if (says_nothing(outcome)) return;
  if (attempt.was_promised && !wish.key.empty()) {
    require(false, "wish {}: it was promised, and is {}", attempt.wish, outcome_code(outcome));
  }
  require(!attempt.key_was_used || outcome == Outcome::idempotency_key_reused,
          "wish {}: its key is another's, and the answer is {}", attempt.wish, outcome_code(outcome));
  const bool after_the_limit =
      outcome == Outcome::sold_out || outcome == Outcome::all_held || outcome == Outcome::price_changed;
  require(!attempt.is_over_limit || !after_the_limit, "wish {}: {} where limit_reached comes first",
          attempt.wish, outcome_code(outcome));
  require(outcome != Outcome::draining && outcome != Outcome::rate_limited, "wish {}: {} by nobody",
          attempt.wish, outcome_code(outcome));
}

void Clients::told_order(const Attempt& attempt, const Request& request) {
  const OrderNumber number = attempt.command.order;
  trace_.line("order {}: {}{}", name_of(number), outcome_code(request.outcome),
              request.durable ? ", durable" : "");
  if (says_nothing(request.outcome)) return;
  if (request.outcome == Outcome::order_not_found) {
    // Told and not durable yet, it may be lost: for ever. Who never waited has no place to leave.
    const bool no_place =
        attempt.kind == Attempt::Kind::command && attempt.command.action == OrderAction::leave_line;
    require(no_place || !history_.orders[number.value].is_durable, "order {} is gone", name_of(number));
    return;
  }
  if (!request.durable || request.order.number != number) return;
  OrderFacts& facts = history_.orders[number.value];
  const Order& order = request.order;
  facts.is_durable = true;
  facts.confirmed = facts.confirmed || order.status == OrderStatus::confirmed;
  facts.cancelled = facts.cancelled || order.status == OrderStatus::cancelled;
  facts.refund_due = facts.refund_due || order.refund_due;
  facts.confirmed_quantity = std::max(facts.confirmed_quantity, order.confirmed_quantity);
  facts.returned_quantity = std::max(facts.returned_quantity, order.returned_quantity);
}

void Clients::know(OrderNumber number) {
  history_.orders.try_emplace(number.value);
  if (std::find(history_.numbers.begin(), history_.numbers.end(), number) == history_.numbers.end()) {
    history_.numbers.push_back(number);
  }
}

void Clients::check_sold_out() const {
  if (stock_changed_) return;
  for (std::uint32_t offer = 0; offer < available_.size(); ++offer) {
    if (is_plain({offer}) && !gave_back_[offer]) check_sold_out({offer});
  }
}

// Units only go, so what is left falls and never rises. "Sold out" for q units has an instant between its
// question and its answer at which fewer than q were left if and only if enough could have been taken by
// then, and nobody who asked later got as many.
void Clients::check_sold_out(OfferIndex offer) const {
  const auto units_of = [&](const Attempt& attempt) -> std::uint32_t {
    const Wish& wish = history_.wishes[attempt.wish];
    if (wish.lines.empty()) return wish.offer == offer ? wish.quantity : 0;
    for (const OrderLine& line : wish.lines) {
      if (line.offer == offer) return line.quantity;
    }
    return 0;
  };
  for (const Attempt& refused : history_.attempts) {
    const bool here = refused.kind == Attempt::Kind::buy && history_.wishes[refused.wish].offer == offer &&
                      history_.wishes[refused.wish].lines.empty();
    if (!here || refused.answered == 0 || refused.outcome != Outcome::sold_out) continue;
    const std::uint32_t wanted = units_of(refused);
    std::int64_t taken = 0;
    for (const Attempt& other : history_.attempts) {
      if (other.kind != Attempt::Kind::buy || other.replayed) continue;
      const bool unknown = other.answered == 0 || other.outcome == Outcome::journal_failed;
      if (!unknown && !is_yes(other.outcome)) continue;
      if (other.invoked <= refused.answered) taken += units_of(other);
      const bool later = !unknown && other.invoked > refused.answered && units_of(other) >= wanted;
      require(!later, "wish {} was told sold_out at step {}, and wish {} bought at step {}", refused.wish,
              refused.answered, other.wish, other.invoked);
    }
    require(available_[offer.value] - taken < wanted,
            "wish {} was told sold_out of offer {} when {} units were left at least", refused.wish,
            offer.value, available_[offer.value] - taken);
  }
}

}  // namespace doorbuster::simulation
