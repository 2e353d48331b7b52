#include "load/settle.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "doorbuster/platform/clock.h"
#include "load/audit.h"
#include "load/lives.h"
#include "load/reply.h"

namespace doorbuster::load {
namespace {

constexpr std::int64_t kHoldWaitMaxNs = 60 * kNsPerSecond;
constexpr std::int64_t kMomentNs = 300 * kNsPerMillisecond;  // after the last hold has run out
constexpr int kFreeLooksMax = 20;
constexpr std::int64_t kFreePauseMs = 50;

// Sends requests one after the other, as often as they get a passing refusal, and writes them down.
Status ask_all(const Settler& settler, std::vector<Ask> open) {
  const SystemClock clock;
  RunRecord& record = settler.record;
  for (int round = 0; round < kPatienceRounds && !open.empty(); ++round) {
    if (round > 0) pause_for_ms(kPatiencePauseMs);
    std::vector<Ask> again;
    const std::int64_t sent_ns = clock.monotonic_ns() - settler.start_ns;
    const Status asked = settler.api.exchange(
        open.size(),
        [&](std::size_t i, std::string& out) {
          if (open[i].verb == Verb::buy) {
            settler.writer.append_buy(open[i], out);
          } else {
            settler.writer.append_step(open[i], record.told[open[i].about].name.view(), out);
          }
        },
        [&](std::size_t i, const HttpReply& got) {
          const Reply reply = read_reply(settler.writer, open[i], got.status, got.body);
          RequestRecord& request = record.requests.emplace_back();
          request.planned_ns = request.sent_ns = sent_ns;
          request.answered_ns = clock.monotonic_ns() - settler.start_ns;
          request.ask = open[i];
          request.answer = reply.answer;
          request.refused_line = reply.refused_line;
          request.replayed = got.replayed;
          request.not_durable = !reply.durable;
          if (reply.tells) {
            request.told = static_cast<std::uint32_t>(record.told.size());
            record.told.push_back(reply.told);
          } else if (reply.answer.is_unexpected()) {
            record.unexpected.push_back(
                fmt::format("{} {}: {}", verb_name(open[i].verb), got.status, got.body.substr(0, 200)));
          } else if (is_passing(reply.answer)) {
            again.push_back(open[i]);
          }
        });
    if (!asked) return asked;
    open = std::move(again);
  }
  return {};
}

// The places in line whose last known standing is `waiting`; in `standing` otherwise.
std::vector<Ask> steps_for(const Settler& settler, const Names& names, Standing standing, bool ticket,
                           Verb verb) {
  const Lives lives(settler.record);
  std::vector<Ask> asks;
  for (const Life& life : lives.all()) {
    if (!lives.first_told(life).ticket) continue;
    const OrderState state = lives.state(life, names);
    if (state.standing != standing || state.ticket != ticket) continue;
    Ask ask = life.bought->ask;
    asks.push_back({.buyer = ask.buyer,
                    .about = life.bought->told,
                    .sku = ask.sku,
                    .verb = verb,
                    .body = Body::plain,
                    .actor = ask.actor});
  }
  return asks;
}

}  // namespace

Status settle_unknown(const Settler& settler) {
  std::map<std::uint32_t, Ask> lost;  // by key; only keys with a lost reply, which are few
  for (const RequestRecord& request : settler.record.requests) {
    const Ask& ask = request.ask;
    if (ask.verb == Verb::buy && ask.key != kNoKey && ask.body != Body::other_quantity &&
        request.answer.unknown()) {
      lost[ask.key] = ask;
    }
  }
  for (const RequestRecord& request : settler.record.requests) {
    if (request.answer.is_accepted() || request.answer.is_queued()) lost.erase(request.ask.key);
  }
  std::vector<Ask> open;
  for (const auto& [key, ask] : lost) open.push_back(ask);
  return ask_all(settler, std::move(open));
}

Status leave_lines(const Settler& settler, const Names& names) {
  if (const Status left = ask_all(settler, steps_for(settler, names, Standing::waiting, true, Verb::leave));
      !left) {
    return left;
  }
  // Those who were offered a unit first: until when it is held.
  return ask_all(settler, steps_for(settler, names, Standing::held, false, Verb::look));
}

void wait_for_holds(const std::vector<Promise>& promises, std::int64_t clock_offset_ns,
                    std::int64_t clock_error_ns) {
  const SystemClock clock;
  std::int64_t latest_ns = 0;
  for (const Promise& promise : promises) {
    if (promise.state.standing == Standing::held) {
      latest_ns = std::max(latest_ns, promise.state.expires_at.ns);
    }
  }
  const std::int64_t now_ns = clock.wall_now().ns + clock_offset_ns;
  const std::int64_t wait_ns = latest_ns + clock_error_ns + kMomentNs - now_ns;
  if (latest_ns != 0 && wait_ns > 0) pause_for_ms(std::min(wait_ns, kHoldWaitMaxNs) / kNsPerMillisecond + 1);
}

void wait_for_free_units(HttpClient& admin, const std::string& campaign,
                         const std::vector<StockView>& baseline) {
  const auto held_before = [&](const std::string& sku) -> std::int64_t {
    const auto found = std::find_if(baseline.begin(), baseline.end(),
                                    [&](const StockView& view) { return view.sku == sku; });
    return found == baseline.end() ? 0 : found->held;
  };
  for (int look = 0; look < kFreeLooksMax; ++look) {
    const Result<StockReading> stock = read_stock(admin, campaign);
    if (!stock) return;  // the audit will say so
    const bool is_free = std::all_of(stock->offers.begin(), stock->offers.end(), [&](const StockView& view) {
      return view.held <= held_before(view.sku);
    });
    if (is_free) return;
    pause_for_ms(kFreePauseMs);
  }
}

}  // namespace doorbuster::load
