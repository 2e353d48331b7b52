#include "load/judge_life.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace doorbuster::load {
namespace {

// The steps of one order with what they told.
class LifeOf {
 public:
  LifeOf(const Lives& lives, const Life& life) : record_(lives.record()), life_(life) {}
  std::string_view name() const { return record_.name_in(*life_.bought); }
  const Told& told(const RequestRecord& request) const {
    static constexpr Told kNothing;
    return request.told == kNotTold ? kNothing : record_.told[request.told];
  }
  std::uint32_t confirmed_by(const RequestRecord& request) const {
    const Told& said = told(request);
    return said.confirmed == 0 ? life_.bought->ask.quantity : said.confirmed;
  }
  bool cancelled_by(const RequestRecord& request) const {
    return request.answer.is_done() && told(request).standing == Standing::cancelled;
  }
  static bool confirmed(const RequestRecord& request) {
    return request.ask.verb == Verb::confirm && request.answer.is_done();
  }
  // Whether it is certain that `later` was decided after `earlier`.
  static bool in_order(const RequestRecord& earlier, const RequestRecord& later) {
    return earlier.answered_ns >= 0 && earlier.answered_ns <= later.sent_ns;
  }

 private:
  const RunRecord& record_;
  const Life& life_;
};

// `first` resolved the order. Whether a later request was answered as that demands; "" when it was.
std::string contradiction(const LifeOf& life, const RequestRecord& first, const RequestRecord& later) {
  if (is_passing(later.answer) || later.answer.unknown() || later.answer.is_unexpected()) return "";
  if (later.answer.is(Outcome::journal_failed)) return "";
  const bool was_confirmed = LifeOf::confirmed(first);
  const std::string_view was = was_confirmed ? "confirmed" : "cancelled";
  if (later.answer.is(Outcome::order_not_found)) return "and then not found";
  if (later.answer.is(Outcome::order_gone)) return "and then forgotten";
  if (later.ask.verb == first.ask.verb) {
    if (!later.answer.is_done()) {
      return fmt::format("and asked again it says {}", Answer::name(later.answer.index()));
    }
    if (was_confirmed && life.confirmed_by(later) != life.confirmed_by(first)) {
      return fmt::format("with {} units and then with {}", life.confirmed_by(first),
                         life.confirmed_by(later));
    }
    return "";
  }
  const bool resolves = later.ask.verb == Verb::confirm || later.ask.verb == Verb::cancel;
  if (!resolves || later.answer.is_done()) return "";  // both done is said elsewhere
  const std::string_view now = standing_name(life.told(later).standing);
  if (!later.answer.is(Outcome::order_not_held) || now != was) {
    return fmt::format("and a later {} says {} {}", verb_name(later.ask.verb),
                       Answer::name(later.answer.index()), now);
  }
  if (later.ask.body == Body::paid && !life.told(later).refund_due) {
    return "and what was paid for it later has no refund_due";
  }
  return "";
}

}  // namespace

Check judge_resolutions(const Lives& lives) {
  Check check{.name = "resolved once"};
  std::size_t orders = 0;
  for (const Life& each : lives.all()) {
    const LifeOf life(lives, each);
    const RequestRecord* confirmed = nullptr;
    const RequestRecord* cancelled = nullptr;
    for (const RequestRecord* step : each.steps) {
      if (confirmed == nullptr && LifeOf::confirmed(*step)) confirmed = step;
      if (cancelled == nullptr && life.cancelled_by(*step)) cancelled = step;
      const bool is_lost = step->answer.is(Outcome::order_not_found) || step->answer.is(Outcome::order_gone);
      if (is_lost && !each.bought->not_durable) {
        check.fail(fmt::format("order {} was acknowledged and is {} when asked to {}", life.name(),
                               Answer::name(step->answer.index()), verb_name(step->ask.verb)));
      }
    }
    if (confirmed != nullptr || cancelled != nullptr) ++orders;
    if (confirmed != nullptr && cancelled != nullptr) {
      check.fail(fmt::format("order {} was both confirmed and cancelled", life.name()));
      continue;
    }
    const RequestRecord* first = confirmed != nullptr ? confirmed : cancelled;
    if (first == nullptr) continue;
    for (const RequestRecord* step : each.steps) {
      if (step == first || !LifeOf::in_order(*first, *step)) continue;
      const std::string wrong = contradiction(life, *first, *step);
      if (wrong.empty()) continue;
      check.fail(fmt::format("order {} was {} {}", life.name(),
                             confirmed != nullptr ? "confirmed" : "cancelled", wrong));
    }
  }
  check.compared = count_of(orders, "order") + ", confirmed or cancelled and never both";
  return check;
}

Check judge_late_payments(const Lives& lives, const ServerClock& clock) {
  Check check{.name = "late payments"};
  std::size_t refused = 0;
  std::size_t done = 0;
  for (const Life& each : lives.all()) {
    const LifeOf life(lives, each);
    std::int64_t expires_ns = clock.record_ns(lives.first_told(each).expires_at);
    bool expiry_known = lives.first_told(each).standing == Standing::held;
    const RequestRecord* too_late = nullptr;
    const RequestRecord* confirmed = nullptr;
    for (const RequestRecord* step : each.steps) {
      const Told& told = life.told(*step);
      const bool moves = step->ask.verb == Verb::extend || step->ask.verb == Verb::payment_failed;
      if (told.standing == Standing::held && told.expires_at.ns != 0) {
        expires_ns = clock.record_ns(told.expires_at);
        expiry_known = true;
      } else if (moves && !is_passing(step->answer)) {
        expiry_known = false;
      }
      if (step->ask.verb != Verb::confirm) continue;
      const bool refused_late = step->answer.is(Outcome::hold_expired);
      if ((refused_late || step->answer.is(Outcome::limit_reached)) && expiry_known &&
          step->answered_ns < expires_ns - clock.error_ns) {
        check.fail(fmt::format("order {}: {} before its hold had run out", life.name(),
                               Answer::name(step->answer.index())));
      }
      if (refused_late && step->ask.body == Body::paid && !told.refund_due) {
        check.fail(fmt::format("order {}: hold_expired for a payment without refund_due", life.name()));
      }
      if (refused_late && too_late == nullptr) too_late = step;
      if (LifeOf::confirmed(*step) && confirmed == nullptr) {
        confirmed = step;
        if (expiry_known && step->sent_ns > expires_ns + clock.error_ns) ++done;
      }
    }
    if (too_late != nullptr) ++refused;
    if (too_late != nullptr && confirmed != nullptr) {
      check.fail(fmt::format("order {}: a confirmation was answered hold_expired and another one was done",
                             life.name()));
    }
  }
  check.compared = fmt::format("{} done, {} refused", grouped(static_cast<std::int64_t>(done)),
                               grouped(static_cast<std::int64_t>(refused)));
  return check;
}

Check judge_extensions(const Lives& lives, const ServerClock& clock,
                       std::optional<std::uint32_t> hold_max_seconds) {
  Check check{.name = "extended holds"};
  std::size_t extensions = 0;
  for (const Life& each : lives.all()) {
    const LifeOf life(lives, each);
    Tick before = lives.first_told(each).expires_at;
    // By when the hold had begun.
    std::int64_t begun_ns = lives.first_told(each).standing == Standing::held ? each.bought->answered_ns : -1;
    for (const RequestRecord* step : each.steps) {
      const Told& told = life.told(*step);
      if (begun_ns < 0 && told.offered) begun_ns = step->answered_ns;
      if (step->ask.verb == Verb::extend && step->answer.is_done()) {
        ++extensions;
        if (told.expires_at < before) {
          check.fail(fmt::format("order {}: extended from {} to {}", life.name(), format_rfc3339(before),
                                 format_rfc3339(told.expires_at)));
        }
        const std::int64_t latest_ns =
            begun_ns + clock.error_ns + std::int64_t{hold_max_seconds.value_or(0)} * kNsPerSecond;
        if (hold_max_seconds && begun_ns >= 0 && told.expires_at > before &&
            clock.record_ns(told.expires_at) > latest_ns) {
          check.fail(fmt::format("order {}: extended to {}, more than {} s after it began", life.name(),
                                 format_rfc3339(told.expires_at), *hold_max_seconds));
        }
      }
      const bool shortens = step->ask.verb == Verb::payment_failed && !is_passing(step->answer);
      if (told.expires_at.ns != 0) {
        before = told.expires_at;
      } else if (shortens) {
        before = {};  // a failed payment may leave less, and its answer was lost
      }
    }
  }
  check.compared = count_of(extensions, "extension");
  return check;
}

Check judge_returns(const Lives& lives) {
  Check check{.name = "returns"};
  std::size_t returns = 0;
  for (const Life& each : lives.all()) {
    const LifeOf life(lives, each);
    std::vector<const RequestRecord*> done;
    for (const RequestRecord* step : each.steps) {
      if (step->ask.verb != Verb::give_back || !step->answer.is_done()) continue;
      const auto same_key = [&](const RequestRecord* other) { return other->ask.key == step->ask.key; };
      const auto first = std::find_if(done.begin(), done.end(), same_key);
      if (first == done.end()) {
        done.push_back(step);
        ++returns;
        continue;
      }
      if (life.told(*step).returned != life.told(**first).returned) {
        check.fail(fmt::format("order {}: returned_quantity was {}, and {} when the key was sent again",
                               life.name(), life.told(**first).returned, life.told(*step).returned));
      }
      if (LifeOf::in_order(**first, *step) && !step->replayed) {
        check.fail(fmt::format("order {}: a return was answered again without Idempotent-Replayed: true",
                               life.name()));
      }
    }
    std::uint32_t units = 0;
    for (const RequestRecord* step : done) {
      units += step->ask.quantity;
      if (life.told(*step).returned < units) {
        check.fail(fmt::format("order {}: returned_quantity is {} after {} were given back", life.name(),
                               life.told(*step).returned, units));
      }
    }
  }
  check.compared = count_of(returns, "return");
  return check;
}

}  // namespace doorbuster::load
