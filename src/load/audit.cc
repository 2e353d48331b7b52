#include "load/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>
#include <utility>

#include "doorbuster/platform/clock.h"
#include "load/judge_orders.h"
#include "load/reply.h"
#include "load/settle.h"
#include "load/wire.h"

namespace doorbuster::load {
namespace {

constexpr std::size_t kReplaySampleMax = 1000;

std::string expiry_text(Tick tick) {
  return tick.ns == 0 ? "none" : format_rfc3339(tick);
}

void append_buy(const Target& target, const std::string& campaign, const Promise& promise, std::string& out) {
  std::string json = fmt::format(R"({{"campaign":"{}",{},"buyer":"{}")", campaign,
                                 content_member(promise.lines, promise.basket), promise.buyer);
  if (promise.waits) json += R"(,"wait":true)";
  if (!promise.device.empty()) json += fmt::format(R"(,"identities":["{}"])", promise.device);
  json += "}";
  out += fmt::format(
      "POST /v1/buy HTTP/1.1\r\n{}Content-Type: application/json\r\nIdempotency-Key: {}\r\n"
      "Content-Length: {}\r\n\r\n{}",
      target.common_lines(), promise.key, json.size(), json);
}

// Asks for the orders with these indexes; places in the line that were not offered are asked for as such.
Status find_some(HttpClient& api, const std::vector<Promise>& promises,
                 const std::vector<std::size_t>& indexes, bool as_orders, std::vector<FoundOrder>& found) {
  std::string trouble;
  const Status asked = api.exchange(
      indexes.size(),
      [&](std::size_t i, std::string& out) {
        const Promise& promise = promises[indexes[i]];
        append_get_order(api.target(), promise.order, promise.state.ticket && !as_orders, out);
      },
      [&](std::size_t i, const HttpReply& reply) {
        if (reply.status == 404 && find_string_member(reply.body, "code") == "order_not_found") return;
        const Result<OrderView> order = parse_order(reply.body);
        if (reply.status == 200 && order) {
          found[indexes[i]] = *order;
        } else if (trouble.empty()) {
          trouble = fmt::format(
              "GET of order {} answered {}: {}", promises[indexes[i]].order, reply.status,
              reply.status == 200 ? order.error().message : std::string(reply.body.substr(0, 200)));
        }
      });
  if (asked && !trouble.empty()) return fail(ErrorKind::runtime, trouble);
  return asked;
}

Result<std::vector<FoundOrder>> find_orders(HttpClient& api, const std::vector<Promise>& promises) {
  std::vector<FoundOrder> found(promises.size());
  std::vector<std::size_t> all(promises.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (const Status asked = find_some(api, promises, all, false, found); !asked) {
    return tl::unexpected(asked.error());
  }
  std::vector<std::size_t> offered;  // its view is short: the order says more
  for (const std::size_t i : all) {
    if (found[i] && found[i]->offered) offered.push_back(i);
  }
  if (const Status asked = find_some(api, promises, offered, true, found); !asked) {
    return tl::unexpected(asked.error());
  }
  return found;
}

void check_replay(const Promise& promise, const HttpReply& reply, Check& check) {
  const Reply answer = read_buy_reply(reply.status, reply.body);
  const auto fail = [&](std::string_view what) {
    check.fail(fmt::format("key {} of order {} {}", promise.key, promise.order, what));
  };
  if (!answer.answer.is_accepted() && !answer.answer.is_queued()) {
    return fail(fmt::format("is now answered {} {}", reply.status, find_string_member(reply.body, "code")));
  }
  if (answer.told.name.view() != promise.order) {
    check.fail(fmt::format("key {} got order {}, now it gets {}", promise.key, promise.order,
                           answer.told.name.view()));
  } else if (!reply.replayed) {
    check.fail(fmt::format("key {} was answered again without Idempotent-Replayed: true", promise.key));
  } else if (answer.told.ticket != promise.in_line) {
    fail(promise.in_line ? "got a place in the line, now an order" : "got an order, now a place in the line");
  } else if (!promise.in_line && answer.told.expires_at != promise.first_expires_at) {
    fail(fmt::format("was answered with expires_at {}, now with {}", expiry_text(promise.first_expires_at),
                     expiry_text(answer.told.expires_at)));
  }
}

Check check_replays(HttpClient& api, const std::string& campaign, const std::vector<Promise>& promises,
                    const std::vector<FoundOrder>& found) {
  Check check{.name = "replays"};
  std::vector<const Promise*> keyed;
  for (std::size_t i = 0; i < promises.size(); ++i) {
    const bool may_be_gone = !promises[i].durable && !found[i];  // asking would buy it again
    if (!promises[i].key.empty() && !may_be_gone) keyed.push_back(&promises[i]);
  }
  const std::size_t step = keyed.size() / kReplaySampleMax + 1;
  std::vector<const Promise*> sample;
  for (std::size_t i = 0; i < keyed.size(); i += step) sample.push_back(keyed[i]);

  check.compared = fmt::format("{} of {} keys sent once more, each with its first order",
                               grouped(static_cast<std::int64_t>(sample.size())),
                               grouped(static_cast<std::int64_t>(keyed.size())));
  for (int round = 1; round <= kPatienceRounds && !sample.empty(); ++round) {
    if (round > 1) pause_for_ms(kPatiencePauseMs);
    std::vector<const Promise*> again;
    const Status asked = api.exchange(
        sample.size(),
        [&](std::size_t i, std::string& out) { append_buy(api.target(), campaign, *sample[i], out); },
        [&](std::size_t i, const HttpReply& reply) {
          if (round < kPatienceRounds && is_passing(read_buy_reply(reply.status, reply.body).answer)) {
            again.push_back(sample[i]);
          } else {
            check_replay(*sample[i], reply, check);
          }
        });
    if (!asked) {
      check.fail(asked.error().message);
      break;
    }
    sample = std::move(again);
  }
  return check;
}

const StockView* find_stock(const std::vector<StockView>& stock, const std::string& sku) {
  const auto found =
      std::find_if(stock.begin(), stock.end(), [&](const StockView& view) { return view.sku == sku; });
  return found == stock.end() ? nullptr : &*found;
}

template <typename T>
T value_or(const std::map<std::string, T>& map, const std::string& key, T otherwise) {
  const auto found = map.find(key);
  return found == map.end() ? otherwise : found->second;
}

std::vector<StockFacts> stock_facts(const AuditInput& input, const std::vector<StockView>& after,
                                    const std::vector<FoundOrder>& found) {
  std::map<std::string, std::size_t> index;
  std::vector<StockFacts> facts;
  for (const StockView& now : after) {
    const StockView* before = find_stock(input.baseline, now.sku);
    index.emplace(now.sku, facts.size());
    StockFacts fact{.sku = now.sku,
                    .before = before == nullptr ? StockView{.sku = now.sku} : *before,
                    .after = now,
                    .unknown_units = value_or<std::int64_t>(input.unknown_units, now.sku, 0),
                    .unknown_is_complete = input.unknown_is_complete};
    const auto sold_out = input.sold_out_quantity.find(now.sku);
    if (sold_out != input.sold_out_quantity.end()) fact.sold_out_quantity = sold_out->second;
    facts.push_back(std::move(fact));
  }
  for (std::size_t i = 0; i < input.promises.size(); ++i) {
    for (const OrderLine& line : input.promises[i].lines) {
      const auto at = index.find(line.sku);
      if (at != index.end()) add_line(facts[at->second], input.promises[i], line, found[i]);
    }
  }
  return facts;
}

std::string sku_that_is_gone(const std::vector<Promise>& promises, const std::vector<StockView>& stock) {
  for (const Promise& promise : promises) {
    for (const OrderLine& line : promise.lines) {
      if (find_stock(stock, line.sku) == nullptr) return line.sku;
    }
  }
  return "";
}

void check_stock(const AuditInput& input, const std::vector<FoundOrder>& found, std::vector<Check>& checks) {
  if (input.admin == nullptr) {
    checks.push_back({.name = "stock", .skipped = "no --admin"});
    checks.push_back({.name = "sell-out", .skipped = "no --admin"});
    return;
  }
  const Result<StockReading> after = read_stock(*input.admin, input.campaign);
  if (!after) {
    checks.push_back({.name = "stock"});
    checks.back().fail(after.error().message);
    return;
  }
  const std::vector<StockFacts> facts = stock_facts(input, after->offers, found);
  checks.push_back(judge_stock(facts));
  if (const std::string sku = sku_that_is_gone(input.promises, after->offers); !sku.empty()) {
    checks.back().fail(fmt::format("{} was sold and is not in the campaign any more", sku));
  }
  checks.push_back(judge_sell_out(facts));
}

}  // namespace

void pause_for_ms(std::int64_t ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

void audit(const AuditInput& input, std::vector<Check>& checks) {
  checks.push_back(judge_limit(input.live, input.limits.per_buyer));
  checks.push_back(judge_total_limit(input.live, input.limits.per_buyer_total));
  wait_for_holds(input.promises, input.clock_offset_ns, input.clock_error_ns);
  if (input.admin != nullptr) wait_for_free_units(*input.admin, input.campaign, input.baseline);

  const SystemClock clock;
  const auto server_now_ns = [&] { return clock.wall_now().ns + input.clock_offset_ns; };
  const Tick found_from{server_now_ns() - input.clock_error_ns};
  const Result<std::vector<FoundOrder>> found = find_orders(input.api, input.promises);
  const Tick found_until{server_now_ns() + input.clock_error_ns};
  if (!found) {
    checks.push_back({.name = "orders"});
    checks.back().fail(found.error().message);
    return;
  }
  checks.push_back(judge_orders({.orders = input.promises,
                                 .found = *found,
                                 .campaign = input.campaign,
                                 .found_from = found_from,
                                 .found_until = found_until,
                                 .record_is_complete = input.unknown_is_complete}));
  checks.push_back(check_replays(input.api, input.campaign, input.promises, *found));
  check_stock(input, *found, checks);
}

}  // namespace doorbuster::load
