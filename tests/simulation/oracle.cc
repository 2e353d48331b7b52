#include "simulation/oracle.h"

#include <algorithm>
#include <string>

namespace doorbuster::simulation {
namespace {

std::string name_of(OrderNumber number) {
  return fmt::format("{}/{}", number.offer().value, number.ordinal());
}

std::uint32_t wish_of(const BookOrder& order, const History& history) {
  require(order.reference.starts_with("r-"), "order {} is nobody's", name_of(order.number));
  const auto wish = static_cast<std::uint32_t>(std::stoul(order.reference.substr(2)));
  require(wish < history.wishes.size(), "order {} is of wish {}, which nobody has", name_of(order.number),
          wish);
  return wish;
}

void check_body(const BookOrder& order, const Wish& wish) {
  const bool same_lines =
      order.is_basket == !wish.lines.empty() &&
      (!order.is_basket || std::equal(order.lines.begin(), order.lines.end(), wish.lines.begin(),
                                      wish.lines.end(), [](const BookLine& a, const OrderLine& b) {
                                        return a.offer == b.offer && a.quantity == b.quantity;
                                      }));
  const bool same = order.buyer == wish.buyer && order.key == wish.key && order.quantity == wish.quantity &&
                    order.number.offer() == wish.offer && same_lines && order.identities == wish.identities;
  require(same, "order {} is not what {} asked for", name_of(order.number), wish.reference);
}

void check_events(const BookOrder& order, const History& history) {
  const auto found = history.orders.find(order.number.value);
  const auto asked = [&](OrderAction action) {
    return found == history.orders.end() ? 0U : found->second.asked[static_cast<std::size_t>(action)];
  };
  const auto happened = [&](OrderEventKind kind) { return order.events[static_cast<std::size_t>(kind)]; };
  const std::uint32_t confirms = asked(OrderAction::confirm);
  const std::uint32_t failures = asked(OrderAction::payment_failed);
  const std::string name = name_of(order.number);
  require(happened(OrderEventKind::confirmed) <= std::min(confirms, 1U), "order {} was confirmed by nobody",
          name);
  require(happened(OrderEventKind::cancelled) <= asked(OrderAction::cancel) + failures,
          "order {} was cancelled by nobody", name);
  require(happened(OrderEventKind::extended) <= asked(OrderAction::extend) + failures,
          "order {} was extended by nobody", name);
  require(happened(OrderEventKind::refund_due) <= std::min(confirms, 1U), "order {}: a refund by nobody",
          name);
  require(happened(OrderEventKind::returned) <= asked(OrderAction::give_back),
          "order {} was returned by nobody", name);
  require(happened(OrderEventKind::left_line) <= asked(OrderAction::leave_line),
          "order {} left the line by nobody's wish", name);
}

void check_facts(const BookOrder& order, const OrderFacts& facts) {
  const std::string name = name_of(order.number);
  require(!facts.confirmed || order.status == OrderStatus::confirmed, "order {} was confirmed, and is not",
          name);
  require(!facts.cancelled || order.status == OrderStatus::cancelled, "order {} was cancelled, and is not",
          name);
  require(!facts.refund_due || order.refund_due, "order {}: a refund that was due is forgotten", name);
  require(!facts.confirmed || facts.confirmed_quantity == order.confirmed(),
          "order {}: {} units confirmed, {} told", name, order.confirmed(), facts.confirmed_quantity);
  require(facts.returned_quantity <= order.returned(), "order {}: {} units came back, {} were told", name,
          order.returned(), facts.returned_quantity);
}

}  // namespace

void check_promises(const Books& books, const History& history) {
  std::vector<std::uint32_t> orders(history.wishes.size(), 0);
  for (const auto& [number, order] : books.orders()) {
    const std::uint32_t id = wish_of(order, history);
    const Wish& wish = history.wishes[id];
    check_body(order, wish);
    const std::uint32_t at_most = wish.key.empty() ? wish.attempts : std::min(wish.attempts, 1U);
    require(++orders[id] <= at_most, "wish {} has {} orders and was asked for {} times", id, orders[id],
            wish.attempts);
    check_events(order, history);
  }
  for (std::uint32_t id = 0; id < history.wishes.size(); ++id) {
    for (const Promise& promise : history.wishes[id].promises) {
      const BookOrder* order = books.find(promise.number);
      require(order != nullptr, "wish {}: order {} was promised and is lost", id, name_of(promise.number));
      require(wish_of(*order, history) == id, "wish {}: order {} was promised and is another's", id,
              name_of(promise.number));
      require(order->unit_price == promise.unit_price && order->decided_at == promise.decided_at,
              "wish {}: order {} is not as it was promised", id, name_of(promise.number));
    }
  }
  for (const auto& [number, facts] : history.orders) {
    const BookOrder* order = books.find({number});
    require(order != nullptr || !facts.is_durable, "order {} is lost", name_of({number}));
    if (order == nullptr) continue;
    require(!facts.wish || wish_of(*order, history) == *facts.wish,
            "order {} was told to wish {} and is another's", name_of({number}), facts.wish.value_or(0));
    check_facts(*order, facts);
  }
}

}  // namespace doorbuster::simulation
