#include "load/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "doorbuster/base/text.h"

namespace doorbuster::load {

std::string count_of(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(static_cast<std::int64_t>(count)), noun, count == 1 ? "" : "s");
}

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

std::uint32_t Promise::quantity() const {
  std::uint32_t units = 0;
  for (const OrderLine& line : lines) units += line.quantity;
  return units;
}

Promise promise_of(const RequestRecord& bought, const Told& told, const std::vector<SkuTerms>& skus,
                   const Names& names) {
  std::vector<OrderLine> lines;
  lines.reserve(bought.ask.lines);
  for_each_line(bought.ask, skus.size(), [&](AskedLine line) {
    lines.push_back({skus[line.sku].sku, line.quantity});
  });
  return {.order = std::string(told.name.view()),
          .buyer = names.buyer(bought.ask.buyer),
          .lines = std::move(lines),
          .basket = bought.ask.body == Body::basket,
          .key = bought.ask.key == kNoKey ? "" : names.key(bought.ask.key),
          .device = bought.ask.body == Body::shared ? names.device(bought.ask.buyer) : "",
          .durable = !bought.not_durable,
          .waits = bought.ask.body == Body::waits,
          .in_line = told.ticket,
          .first_expires_at = told.expires_at,
          .state = state_at_first(told, bought.ask.quantity)};
}

Promises promises_of(const Lives& lives, const std::vector<SkuTerms>& skus, const Names& names) {
  const RunRecord& record = lives.record();
  Promises result;
  result.unknown_units.resize(skus.size());
  result.sold_out_quantity.resize(skus.size());
  const auto add_unknown = [&](const RequestRecord& request) {
    for_each_line(request.ask, skus.size(),
                  [&](AskedLine line) { result.unknown_units[line.sku] += line.quantity; });
  };
  for (const RequestRecord& request : record.requests) {
    if (request.ask.verb != Verb::buy) continue;
    if (request.answer.is(Outcome::sold_out)) {
      const AskedLine line = asked_line(request.ask, request.refused_line, skus.size());
      auto& smallest = result.sold_out_quantity[line.sku];
      smallest = std::min<std::uint32_t>(smallest.value_or(line.quantity), line.quantity);
    }
    if (request.ask.key == kNoKey && request.answer.unknown()) add_unknown(request);
  }
  for_each_key(record, [&](std::span<const RequestRecord* const> requests) {
    const RequestRecord* unknown = nullptr;  // the one that asks for most
    for (const RequestRecord* request : requests) {
      if (request->answer.is_accepted() || request->answer.is_queued()) return;
      if (!request->answer.unknown()) continue;
      if (unknown == nullptr || unknown->ask.quantity < request->ask.quantity) unknown = request;
    }
    if (unknown != nullptr) add_unknown(*unknown);
  });
  for (const Life& life : lives.all()) {
    result.orders.push_back(promise_of(*life.bought, lives.first_told(life), skus, names));
    result.orders.back().state = lives.state(life, names);
  }
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
    if (request.answer.is(Outcome::idempotency_key_reused) && request.ask.body != Body::other_quantity)
      ++misplaced[1];
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
      if (!request->answer.is_accepted() && !request->answer.is_queued()) continue;
      if (request->ask.body == Body::other_quantity) {
        check.fail(fmt::format("key {} was accepted again with another quantity as order {}",
                               request->ask.key, record.name_in(*request)));
        continue;
      }
      if (!request->replayed) ++fresh;
      if (first == nullptr) {
        first = request;
      } else if (record.name_in(*first) != record.name_in(*request)) {
        check.fail(fmt::format("key {} has two orders, {} and {}", request->ask.key, record.name_in(*first),
                               record.name_in(*request)));
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
      check.fail(fmt::format("order {} was sold above its expected_price", record.name_in(request)));
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
      check.fail(fmt::format("order {} was accepted {} of the campaign", record.name_in(request), where));
    }
  }
  check.compared = count_of(accepted, "acceptance");
  return check;
}

}  // namespace doorbuster::load
