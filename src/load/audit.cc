#include "load/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "doorbuster/platform/clock.h"

namespace doorbuster::load {
namespace {

constexpr std::size_t kReplaySampleMax = 1000;
// A server may answer an auditor, too, with a passing refusal; it is asked again this often.
constexpr int kPatienceRounds = 5;
constexpr auto kPatiencePause = std::chrono::milliseconds(100);

void append_get(const Target& target, std::string_view path, std::string_view rest, std::string& out) {
  out += fmt::format("GET {}{} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n\r\n", path, rest,
                     target.authority);
}

void append_buy(const Target& target, const std::string& campaign, const Promise& promise, std::string& out) {
  const std::string json = fmt::format(R"({{"campaign":"{}","sku":"{}","quantity":{},"buyer":"{}"}})",
                                       campaign, promise.sku, promise.quantity, promise.buyer);
  out += fmt::format(
      "POST /v1/buy HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nIdempotency-Key: {}\r\n"
      "Content-Length: {}\r\n\r\n{}",
      target.authority, promise.key, json.size(), json);
}

Result<std::vector<FoundOrder>> find_orders(HttpClient& api, const std::vector<Promise>& promises) {
  std::vector<FoundOrder> found(promises.size());
  std::string trouble;
  const Status asked = api.exchange(
      promises.size(),
      [&](std::size_t i, std::string& out) {
        append_get(api.target(), "/v1/orders/", promises[i].order, out);
      },
      [&](std::size_t i, const HttpReply& reply) {
        if (reply.status == 404 && find_string_member(reply.body, "code") == "order_not_found") return;
        const Result<OrderView> order = parse_order(reply.body);
        if (reply.status == 200 && order) {
          found[i] = *order;
        } else if (trouble.empty()) {
          trouble = fmt::format(
              "GET of order {} answered {}: {}", promises[i].order, reply.status,
              reply.status == 200 ? order.error().message : std::string(reply.body.substr(0, 200)));
        }
      });
  if (!asked) return tl::unexpected(asked.error());
  if (!trouble.empty()) return fail(ErrorKind::runtime, trouble);
  return found;
}

void check_replay(const Promise& promise, const HttpReply& reply, Check& check) {
  const BuyReply answer = read_buy_reply(reply.status, reply.body);
  if (!answer.answer.is_accepted()) {
    check.fail(fmt::format("key {} of order {} is now answered {} {}", promise.key, promise.order,
                           reply.status, find_string_member(reply.body, "code")));
  } else if (answer.order.view() != promise.order) {
    check.fail(
        fmt::format("key {} got order {}, now it gets {}", promise.key, promise.order, answer.order.view()));
  } else if (!reply.replayed) {
    check.fail(fmt::format("key {} was answered again without Idempotent-Replayed: true", promise.key));
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
    if (round > 1) std::this_thread::sleep_for(kPatiencePause);
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
    const Promise& promise = input.promises[i];
    const auto at = index.find(promise.sku);
    if (at == index.end()) continue;
    // A hold may have run out since, and an order that was only decided may be gone.
    const bool may_be_free = found[i] ? found[i]->status != "confirmed" : !promise.durable;
    auto& units = may_be_free ? facts[at->second].released_units : facts[at->second].promised_units;
    units += promise.quantity;
  }
  return facts;
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
  for (const Promise& promise : input.promises) {
    if (find_stock(after->offers, promise.sku) != nullptr) continue;
    checks.back().fail(fmt::format("{} was sold and is not in the campaign any more", promise.sku));
    break;
  }
  checks.push_back(judge_sell_out(facts));
}

}  // namespace

void audit(const AuditInput& input, std::vector<Check>& checks) {
  checks.push_back(judge_limit(input.promises, input.limit_per_buyer));
  const Result<std::vector<FoundOrder>> found = find_orders(input.api, input.promises);
  if (!found) {
    checks.push_back({.name = "orders"});
    checks.back().fail(found.error().message);
    return;
  }
  checks.push_back(judge_orders(input.promises, *found, input.campaign));
  checks.push_back(check_replays(input.api, input.campaign, input.promises, *found));
  check_stock(input, *found, checks);
}

Status settle_unknown(HttpClient& api, const BuyWriter& writer, std::int64_t start_ns, RunRecord& record) {
  const SystemClock clock;
  std::map<std::uint32_t, std::uint32_t> lost;  // key to request; only keys with a lost reply, which are few
  for (std::uint32_t i = 0; i < record.requests.size(); ++i) {
    const RequestRecord& request = record.requests[i];
    if (request.ask.key != kNoKey && request.ask.body != Body::other_quantity && request.answer.unknown()) {
      lost[request.ask.key] = i;
    }
  }
  for (const RequestRecord& request : record.requests) {
    if (request.answer.is_accepted()) lost.erase(request.ask.key);
  }
  std::vector<Ask> open;
  for (const auto& [key, request] : lost) open.push_back(record.requests[request].ask);

  for (int round = 0; round < kPatienceRounds && !open.empty(); ++round) {
    if (round > 0) std::this_thread::sleep_for(kPatiencePause);
    std::vector<Ask> again;
    const std::int64_t sent_ns = clock.monotonic_ns() - start_ns;
    const Status asked = api.exchange(
        open.size(), [&](std::size_t i, std::string& out) { writer.append(open[i], out); },
        [&](std::size_t i, const HttpReply& reply) {
          const BuyReply answer = read_buy_reply(reply.status, reply.body);
          RequestRecord request = record.requests[lost[open[i].key]];
          request.planned_ns = request.sent_ns = sent_ns;
          request.answered_ns = clock.monotonic_ns() - start_ns;
          request.answer = answer.answer;
          request.replayed = reply.replayed;
          request.not_durable = !answer.durable;
          if (answer.answer.is_accepted()) {
            request.order = static_cast<std::uint32_t>(record.orders.size());
            record.orders.push_back(answer.order);
          } else if (answer.answer.is_unexpected()) {
            record.unexpected.push_back(fmt::format("{} {}", reply.status, reply.body.substr(0, 200)));
          } else if (is_passing(answer.answer)) {
            again.push_back(open[i]);
          }
          record.requests.push_back(request);
        });
    if (!asked) return asked;
    open = std::move(again);
  }
  return {};
}

}  // namespace doorbuster::load
