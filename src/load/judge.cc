#include "load/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>

#include "doorbuster/base/text.h"

namespace doorbuster::load {
namespace {

std::string count_of(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(static_cast<std::int64_t>(count)), noun, count == 1 ? "" : "s");
}

// Requests grouped by key, in the order of the record; requests without a key are not in it. Keys are dense,
// so that counting them sorts a million requests in a few milliseconds.
std::vector<const RequestRecord*> by_key(const RunRecord& record) {
  std::vector<std::uint32_t> end_of;  // by key; first a count
  for (const RequestRecord& request : record.requests) {
    if (request.ask.key >= end_of.size()) end_of.resize(request.ask.key + std::size_t{1} + end_of.size() / 2);
    if (request.ask.key != kNoKey) ++end_of[request.ask.key];
  }
  std::uint32_t before = 0;
  for (std::uint32_t& place : end_of) before += std::exchange(place, before);
  std::vector<const RequestRecord*> keyed(before);
  for (const RequestRecord& request : record.requests) {
    if (request.ask.key != kNoKey) keyed[end_of[request.ask.key]++] = &request;
  }
  return keyed;
}

template <typename Each>
void for_each_key(const RunRecord& record, Each&& each) {
  const std::vector<const RequestRecord*> keyed = by_key(record);
  for (std::size_t first = 0; first < keyed.size();) {
    std::size_t end = first + 1;
    while (end < keyed.size() && keyed[end]->ask.key == keyed[first]->ask.key) ++end;
    each(std::span(keyed).subspan(first, end - first));
    first = end;
  }
}

Promise promise_of(const RunRecord& record, const RequestRecord& request, const std::vector<SkuTerms>& skus,
                   const Names& names) {
  return {.order = std::string(record.orders[request.order].view()),
          .sku = skus[request.ask.sku].sku,
          .buyer = names.buyer(request.ask.buyer),
          .key = request.ask.key == kNoKey ? "" : names.key(request.ask.key),
          .quantity = request.quantity,
          .durable = !request.not_durable};
}

}  // namespace

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::ptrdiff_t first = number < 0 ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > first; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ' ');
  }
  return digits;
}

bool Judgement::passed() const {
  return std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.passed(); });
}

std::string Judgement::verdict() const {
  std::string reasons;
  for (const Check& check : checks) {
    if (check.passed()) continue;
    reasons += reasons.empty() ? "" : "; ";
    reasons += fmt::format("{}: {}", check.name, check.examples.front());
    if (check.broken > 1)
      reasons += fmt::format(" (and {} more)", grouped(static_cast<std::int64_t>(check.broken - 1)));
  }
  return reasons.empty() ? "PASS" : "FAIL " + reasons;
}

Promises promises_of(const RunRecord& record, const std::vector<SkuTerms>& skus, const Names& names) {
  Promises result;
  result.unknown_units.resize(skus.size());
  result.sold_out_quantity.resize(skus.size());
  for (const RequestRecord& request : record.requests) {
    if (request.answer.is(Outcome::sold_out)) {
      auto& smallest = result.sold_out_quantity[request.ask.sku];
      smallest = std::min<std::uint32_t>(smallest.value_or(request.quantity), request.quantity);
    }
    if (request.ask.key != kNoKey) continue;
    if (request.answer.is_accepted()) result.orders.push_back(promise_of(record, request, skus, names));
    if (request.answer.unknown()) result.unknown_units[request.ask.sku] += request.quantity;
  }
  // Of a key, every order that was named counts once: a second one is a double sale, not a replay.
  for_each_key(record, [&](std::span<const RequestRecord* const> requests) {
    std::vector<Promise> named;
    std::uint32_t unknown_quantity = 0;
    for (const RequestRecord* request : requests) {
      if (request->answer.unknown())
        unknown_quantity = std::max<std::uint32_t>(unknown_quantity, request->quantity);
      if (!request->answer.is_accepted()) continue;
      Promise promise = promise_of(record, *request, skus, names);
      const auto same = [&](const Promise& other) { return other.order == promise.order; };
      if (std::none_of(named.begin(), named.end(), same)) named.push_back(std::move(promise));
    }
    if (named.empty()) result.unknown_units[requests.front()->ask.sku] += unknown_quantity;
    result.orders.insert(result.orders.end(), named.begin(), named.end());
  });
  return result;
}

Check judge_outcomes(const RunRecord& record) {
  Check check{.name = "outcomes", .compared = count_of(record.requests.size(), "request")};
  for (const std::string& text : record.unexpected) {
    check.fail("a buy was answered with what the contract does not allow: " + quoted(text));
  }
  std::uint64_t unexpected = 0;
  std::uint64_t misplaced[2] = {};
  for (const RequestRecord& request : record.requests) {
    if (request.answer.is_unexpected()) ++unexpected;
    if (request.answer.is(Outcome::price_changed) && request.ask.body != Body::low_price) ++misplaced[0];
    if (request.answer.is(Outcome::idempotency_key_reused) && request.ask.body == Body::plain) ++misplaced[1];
  }
  if (misplaced[0] > 0) {
    check.fail(fmt::format("{} price_changed for buys without expected_price", misplaced[0]));
  }
  if (misplaced[1] > 0) {
    check.fail(
        fmt::format("{} idempotency_key_reused for keys that were sent with the same body", misplaced[1]));
  }
  check.broken = std::max(check.broken, unexpected + misplaced[0] + misplaced[1]);
  return check;
}

Check judge_keys(const RunRecord& record) {
  Check check{.name = "same key, same answer"};
  std::size_t keys = 0;
  for_each_key(record, [&](std::span<const RequestRecord* const> requests) {
    if (requests.size() > 1) ++keys;
    const RequestRecord* first = nullptr;
    int fresh = 0;
    for (const RequestRecord* request : requests) {
      if (!request->answer.is_accepted()) continue;
      if (request->ask.body == Body::other_quantity) {
        check.fail(fmt::format("key {} was accepted again with another quantity as order {}",
                               request->ask.key, record.orders[request->order].view()));
        continue;
      }
      if (!request->replayed) ++fresh;
      if (first == nullptr) {
        first = request;
      } else if (!(record.orders[first->order] == record.orders[request->order])) {
        check.fail(fmt::format("key {} has two orders, {} and {}", request->ask.key,
                               record.orders[first->order].view(), record.orders[request->order].view()));
      }
    }
    if (fresh > 1) {
      check.fail(fmt::format("key {}: {} acceptances, and only one may be without Idempotent-Replayed",
                             requests.front()->ask.key, fresh));
    }
  });
  check.compared = count_of(keys, "key") + " sent more than once";
  return check;
}

Check judge_prices(const RunRecord& record) {
  Check check{.name = "expected price"};
  std::size_t checked = 0;
  for (const RequestRecord& request : record.requests) {
    if (request.ask.body != Body::low_price) continue;
    ++checked;
    if (request.answer.is_accepted()) {
      check.fail(
          fmt::format("order {} was sold above its expected_price", record.orders[request.order].view()));
    }
  }
  check.compared = count_of(checked, "buy") + " that expected less than the price in force";
  return check;
}

Check judge_window(const RunRecord& record, const CampaignView& campaign, Tick wall_start) {
  Check check{.name = "window"};
  if (!campaign.starts_at || !campaign.ends_at) {
    check.skipped = "the server does not tell server_time, starts_at and ends_at";
    return check;
  }
  const std::int64_t zero = wall_start.ns + campaign.clock_offset_ns;
  std::size_t accepted = 0;
  for (const RequestRecord& request : record.requests) {
    if (!request.answer.is_accepted() || request.replayed) continue;
    ++accepted;
    const char* where = nullptr;
    if (zero + request.answered_ns < campaign.starts_at->ns - campaign.clock_error_ns)
      where = "before the start";
    if (zero + request.sent_ns > campaign.ends_at->ns + campaign.clock_error_ns) where = "after the end";
    if (where != nullptr) {
      check.fail(fmt::format("order {} was accepted {} of the campaign", record.orders[request.order].view(),
                             where));
    }
  }
  check.compared = count_of(accepted, "acceptance");
  return check;
}

Check judge_limit(const std::vector<Promise>& orders, std::optional<std::uint32_t> limit) {
  Check check{.name = "limit per buyer"};
  if (!limit || *limit == 0) {
    check.skipped = limit ? "the campaign has none" : "the server does not tell it and the scenario does not";
    return check;
  }
  std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> units;
  for (const Promise& order : orders) units[{order.buyer, order.sku}] += order.quantity;
  for (const auto& [who, bought] : units) {
    if (bought <= *limit) continue;
    check.fail(
        fmt::format("buyer {} got {} units of {}, the limit is {}", who.first, bought, who.second, *limit));
  }
  check.compared = count_of(units.size(), "buyer and SKU pair") + fmt::format(", at most {} each", *limit);
  return check;
}

Check judge_orders(const std::vector<Promise>& orders, const std::vector<FoundOrder>& found,
                   const std::string& campaign) {
  Check check{.name = "orders"};
  // First, because one order for two buys also shows as members that differ, and only the first few
  // differences are printed.
  std::unordered_map<std::string_view, const Promise*> seen;
  for (const Promise& promised : orders) {
    const auto [earlier, is_new] = seen.emplace(promised.order, &promised);
    if (!is_new) {
      check.fail(fmt::format("order {} was given to two buys, of {} and of {}", promised.order,
                             earlier->second->buyer, promised.buyer));
    }
  }
  std::size_t weak = 0;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const Promise& promised = orders[i];
    if (!found[i]) {
      if (promised.durable) {
        check.fail(fmt::format("order {} of buyer {} was acknowledged and is missing", promised.order,
                               promised.buyer));
      } else {
        ++weak;
      }
      continue;
    }
    const OrderView& is = *found[i];
    const auto differs = [&](std::string_view what, const auto& wanted, const auto& got) {
      if (wanted == got) return;
      check.fail(fmt::format("order {}: {} is {}, acknowledged was {}", promised.order, what, got, wanted));
    };
    differs("order", promised.order, is.order);
    differs("campaign", campaign, is.campaign);
    differs("sku", promised.sku, is.sku);
    differs("buyer", promised.buyer, is.buyer);
    differs("quantity", static_cast<std::int64_t>(promised.quantity), is.quantity);
    if (is.status != "confirmed" && is.status != "held" && is.status != "expired" &&
        is.status != "cancelled") {
      check.fail(fmt::format("order {} has the status {}", promised.order, quoted(is.status)));
    }
  }
  check.compared = count_of(orders.size(), "acknowledged order") + ", each there once";
  if (weak > 0)
    check.compared += fmt::format("; {} acknowledged with \"durable\": false are gone",
                                  grouped(static_cast<std::int64_t>(weak)));
  return check;
}

Check judge_stock(const std::vector<StockFacts>& facts) {
  Check check{.name = "stock"};
  for (const StockFacts& fact : facts) {
    if (fact.after.committed() > fact.after.allocated) {
      check.fail(fmt::format("{} is oversold: {} units sold or held of {}", fact.sku, fact.after.committed(),
                             fact.after.allocated));
    }
    if (fact.before.committed() + fact.promised_units > fact.after.allocated) {
      check.fail(fmt::format("{} is oversold: {} units acknowledged on top of {} sold before, of {}",
                             fact.sku, fact.promised_units, fact.before.committed(), fact.after.allocated));
    }
    for (const auto& [when, view] : {std::pair("before", &fact.before), std::pair("after", &fact.after)}) {
      if (view->allocated != view->available + view->held + view->sold || view->available < 0 ||
          view->held < 0 || view->sold < 0) {
        check.fail(fmt::format("{} {} the load: {} allocated is not {} available + {} held + {} sold",
                               fact.sku, when, view->allocated, view->available, view->held, view->sold));
      }
    }
    const std::int64_t sold = fact.after.committed() - fact.before.committed();
    if (sold < fact.promised_units) {
      check.fail(fmt::format("{}: {} units acknowledged, the server counts {}", fact.sku, fact.promised_units,
                             sold));
    }
    const std::int64_t at_most = fact.promised_units + fact.released_units + fact.unknown_units;
    if (fact.unknown_is_complete && sold > at_most) {
      check.fail(fmt::format("{}: the server counts {} units sold, acknowledged were {} and {} had no answer",
                             fact.sku, sold, fact.promised_units, fact.unknown_units));
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
    if (!fact.sold_out_quantity) continue;
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
