#include "load/judge_orders.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "doorbuster/base/text.h"

namespace doorbuster::load {
namespace {

// A hold that has run out is free at once; that the server writes it down may take this much longer.
constexpr std::int64_t kMomentNs = 200 * kNsPerMillisecond;

bool may_have_run_out(const OrderState& state, const OrderFacts& facts) {
  return state.expires_at.ns == 0 || state.expires_at <= facts.found_until ||
         state.may_have(Verb::payment_failed);
}

bool must_have_run_out(const OrderState& state, const OrderFacts& facts) {
  const bool may_be_longer = state.may_have(Verb::extend) || state.may_have(Verb::payment_failed);
  return !may_be_longer && state.expires_at.ns != 0 &&
         state.expires_at.ns + kMomentNs < facts.found_from.ns && facts.record_is_complete;
}

// Whether an order whose last acknowledged state is `state` may be found as `is`.
bool may_be(const OrderState& state, Standing is, const OrderFacts& facts) {
  const bool lost = !facts.record_is_complete;  // any last request may have had no answer
  switch (state.standing) {
    case Standing::held:
      if (is == Standing::held) return !must_have_run_out(state, facts);
      if (is == Standing::expired) return may_have_run_out(state, facts) || lost;
      if (is == Standing::confirmed) return lost || state.may_have(Verb::confirm);
      return is == Standing::cancelled &&
             (lost || state.may_have(Verb::cancel) || state.may_have(Verb::payment_failed));
    case Standing::expired:
      return is == Standing::expired ||
             (is == Standing::confirmed && (lost || state.may_have(Verb::confirm)));
    case Standing::waiting:
      // It may have been offered, and run out, without anybody looking.
      return lost || (is != Standing::confirmed && is != Standing::cancelled);
    case Standing::ended:
      return is == Standing::ended || is == Standing::left;
    default:
      return is == state.standing;
  }
}

// "2 tv", "a basket of 2 tv, 1 mug": equal where the content is. In which order a basket shows its lines is
// not promised.
std::string content_text(std::vector<OrderLine> lines, bool basket) {
  std::sort(lines.begin(), lines.end());
  std::string text = basket ? "a basket of " : "";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", lines[i].quantity, lines[i].sku);
  }
  return text;
}

class OrderJudge {
 public:
  OrderJudge(const OrderFacts& facts, Check& check) : facts_(facts), check_(check) {}

  void judge(const Promise& promised, const OrderView& is) {
    promised_ = &promised;
    differs("order", promised.order, is.order);
    differs("campaign", facts_.campaign, is.campaign);
    differs("buyer", promised.buyer, is.buyer);
    differs("content", content_text(promised.lines, promised.basket), content_text(is.lines, is.basket));
    const OrderState& state = promised.state;
    if (is.standing == Standing::none) {
      fail(fmt::format("has the status {}", quoted(is.status)));
    } else if (!may_be(state, is.standing, facts_)) {
      const bool over = state.standing == Standing::held && is.standing == Standing::held;
      fail(over ? fmt::format("is held, and its time was over at {}", format_rfc3339(state.expires_at))
                : fmt::format("is {}, acknowledged was {}", standing_name(is.standing),
                              standing_name(state.standing)));
    } else if (is.standing == Standing::confirmed) {
      judge_confirmed(is);
    }
    if (state.refund_due && !is.refund_due) fail("shows no refund_due, which was acknowledged");
  }

 private:
  void judge_confirmed(const OrderView& is) {
    const OrderState& state = promised_->state;
    const std::int64_t confirmed = is.confirmed == 0 ? is.quantity : is.confirmed;
    if (state.standing == Standing::confirmed) {
      differs("confirmed_quantity", static_cast<std::int64_t>(state.confirmed), confirmed);
    }
    const std::int64_t returned = state.returned(true, false);
    const std::int64_t at_most = returned + state.returned(false, false);
    if (is.returned < returned || (is.returned > at_most && facts_.record_is_complete)) {
      fail(fmt::format("returned_quantity is {}, acknowledged was {}", is.returned, returned));
    }
    if (state.paid) differs("payment_reference", Names::payment(promised_->order), is.payment);
  }

  template <typename Wanted, typename Got>
  void differs(std::string_view what, const Wanted& wanted, const Got& got) {
    if (wanted == got) return;
    check_.fail(fmt::format("order {}: {} is {}, acknowledged was {}", promised_->order, what, got, wanted));
  }
  void fail(std::string_view what) {
    check_.fail(fmt::format("order {} of buyer {} {}", promised_->order, promised_->buyer, what));
  }

  const OrderFacts& facts_;
  Check& check_;
  const Promise* promised_ = nullptr;
};

// First, because one order for two buys also shows as members that differ, and only the first few differences
// are printed.
void judge_names(const std::vector<Promise>& orders, Check& check) {
  std::unordered_map<std::string_view, const Promise*> seen;
  for (const Promise& promised : orders) {
    const auto [earlier, is_new] = seen.emplace(promised.order, &promised);
    if (!is_new) {
      check.fail(fmt::format("order {} was given to two buys, of {} and of {}", promised.order,
                             earlier->second->buyer, promised.buyer));
    }
  }
}

}  // namespace

Check judge_orders(const OrderFacts& facts) {
  Check check{.name = "orders"};
  judge_names(facts.orders, check);
  OrderJudge judge(facts, check);
  std::size_t weak = 0;
  std::size_t open = 0;
  for (std::size_t i = 0; i < facts.orders.size(); ++i) {
    const Promise& promised = facts.orders[i];
    if (facts.found[i]) {
      judge.judge(promised, *facts.found[i]);
      if (facts.found[i]->standing == Standing::held) ++open;
    } else if (promised.durable) {
      check.fail(fmt::format("order {} of buyer {} was acknowledged and is missing", promised.order,
                             promised.buyer));
    } else {
      ++weak;
    }
  }
  check.compared =
      count_of(facts.orders.size(), "acknowledged order") + ", each there once and as it was told";
  if (open > 0) check.compared += fmt::format("; {} still held", grouped(static_cast<std::int64_t>(open)));
  if (weak > 0) {
    check.compared += fmt::format("; {} acknowledged with \"durable\": false are gone",
                                  grouped(static_cast<std::int64_t>(weak)));
  }
  return check;
}

void add_line(StockFacts& fact, const Promise& promise, const OrderLine& line, const FoundOrder& found) {
  if (!found) {
    if (!promise.durable) fact.sold_max += line.quantity;
    return;
  }
  // Who waits may have been offered a unit since.
  const bool may_hold = found->standing == Standing::held || found->standing == Standing::waiting;
  if (may_hold) fact.held_max += line.quantity;
  if (found->standing != Standing::confirmed) return;
  const OrderState& state = promise.state;
  const std::int64_t confirmed = found->confirmed == 0 ? line.quantity : found->confirmed;
  const std::int64_t restocked = state.returned(true, true);
  const std::int64_t more_returned = std::max<std::int64_t>(0, found->returned - state.returned(true, false));
  const std::int64_t more_restocked = std::min<std::int64_t>(more_returned, state.returned(false, true));
  // When all that had no answer was done, it is known what it was.
  const bool exact = more_returned == 0 || more_returned == state.returned(false, false);
  fact.sold_min += confirmed - restocked - more_restocked;
  fact.sold_max += confirmed - restocked - (exact ? more_restocked : 0);
  fact.restocked = fact.restocked || restocked + more_restocked > 0;
}

std::string wrong_in_stock(const StockView& view) {
  if (view.allocated == view.available + view.held + view.sold && view.available >= 0 && view.held >= 0 &&
      view.sold >= 0) {
    return "";
  }
  return fmt::format("{} allocated is not {} available + {} held + {} sold", view.allocated, view.available,
                     view.held, view.sold);
}

Check judge_stock(const std::vector<StockFacts>& facts) {
  Check check{.name = "stock"};
  for (const StockFacts& fact : facts) {
    if (fact.after.committed() > fact.after.allocated) {
      check.fail(fmt::format("{} is oversold: {} units sold or held of {}", fact.sku, fact.after.committed(),
                             fact.after.allocated));
    }
    if (fact.before.sold + fact.sold_min > fact.after.allocated) {
      check.fail(fmt::format("{} is oversold: {} units acknowledged on top of {} sold before, of {}",
                             fact.sku, fact.sold_min, fact.before.sold, fact.after.allocated));
    }
    for (const auto& [when, view] : {std::pair("before", &fact.before), std::pair("after", &fact.after)}) {
      const std::string wrong = wrong_in_stock(*view);
      if (!wrong.empty()) check.fail(fmt::format("{} {} the load: {}", fact.sku, when, wrong));
    }
    const std::int64_t sold = fact.after.sold - fact.before.sold;
    if (sold < fact.sold_min) {
      check.fail(
          fmt::format("{}: {} units acknowledged, the server counts {}", fact.sku, fact.sold_min, sold));
    }
    // What others held before may have been confirmed, or not.
    if (fact.unknown_is_complete && sold > fact.sold_max + fact.unknown_units + fact.before.held) {
      check.fail(fmt::format("{}: the server counts {} units sold, acknowledged were {} and {} had no answer",
                             fact.sku, sold, fact.sold_max, fact.unknown_units));
    }
    if (fact.unknown_is_complete && fact.after.held > fact.held_max + fact.unknown_units + fact.before.held) {
      check.fail(fmt::format("{}: {} units are held, and orders that can hold them come to {}", fact.sku,
                             fact.after.held, fact.held_max));
    }
  }
  check.compared =
      count_of(facts.size(), "SKU") + ": allocated = available + held + sold, sold = acknowledged";
  return check;
}

Check judge_sell_out(const std::vector<StockFacts>& facts) {
  Check check{.name = "sell-out"};
  std::size_t refused = 0;
  for (const StockFacts& fact : facts) {
    if (!fact.sold_out_quantity || fact.restocked) continue;
    ++refused;
    if (fact.after.available >= *fact.sold_out_quantity) {
      check.fail(fmt::format("{}: {} asked for was refused as sold_out, and {} are still available", fact.sku,
                             *fact.sold_out_quantity, fact.after.available));
    }
  }
  check.compared = count_of(refused, "sold-out SKU") + ", none with units left";
  return check;
}

}  // namespace doorbuster::load
