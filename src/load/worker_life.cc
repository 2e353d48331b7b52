// What a visitor does with the order, or the place in the line, that it got.

#include <algorithm>
#include <utility>

#include "load/worker.h"

namespace doorbuster::load {
namespace {

constexpr std::int64_t kThinkMaxNs = 2 * kNsPerSecond;
constexpr std::int64_t kLateMaxMs = 500;                       // late_payer: after the hold has run out
constexpr std::int64_t kLookPauseNs = 80 * kNsPerMillisecond;  // waiter: between two looks, at least
constexpr std::uint32_t kLooksMax = 60;                        // then it leaves the line
constexpr std::uint32_t kOneBasketInIsAbandoned = 3;
constexpr std::uint32_t kOneInIsImpatient = 4;  // and leaves after the first

Told still_waiting() {
  Told told;
  told.standing = Standing::waiting;
  return told;
}

}  // namespace

void Worker::step(const RequestRecord& done, Ask ask, std::int64_t pause_ns) {
  ask.about = done.ask.verb == Verb::buy ? done.told : done.ask.about;
  ask.buyer = done.ask.buyer;
  ask.sku = done.ask.sku;
  ask.actor = done.ask.actor;
  follow_up({.due_ns = now_ns() + pause_ns, .ask = ask});
}

// Somewhere in the first half of what is left of a hold; a moment where there is none.
std::int64_t Worker::think_ns(const Told& told) {
  if (told.standing != Standing::held) return moment_ns();
  const std::int64_t left_ns = setup_.clock.record_ns(told.expires_at) - now_ns();
  return std::clamp(static_cast<std::int64_t>(static_cast<double>(left_ns) * random_.unit() / 2), moment_ns(),
                    kThinkMaxNs);
}

void Worker::begin_life(const RequestRecord& bought) {
  const Told told = record.told[bought.told];
  const bool held = told.standing == Standing::held;
  if (told.standing == Standing::waiting) return step(bought, {.verb = Verb::look}, kLookPauseNs);
  switch (bought.ask.actor) {
    case Actor::payer:
    case Actor::identity_sharer:
    case Actor::returner:
    case Actor::waiter:
      if (held || told.standing == Standing::confirmed) {
        step(bought, {.verb = Verb::confirm, .body = Body::paid}, think_ns(told));
      }
      break;
    case Actor::basket_buyer:
      if (!chance(kOneBasketInIsAbandoned)) {
        step(bought, {.verb = Verb::confirm, .body = Body::paid}, think_ns(told));
      }
      break;
    case Actor::partial_payer: {
      // A final order is confirmed as it is: of that there is no part.
      const int part = held ? std::max(1, bought.ask.quantity / 2) : 0;
      step(bought, {.quantity = static_cast<std::uint16_t>(part), .verb = Verb::confirm, .body = Body::paid},
           think_ns(told));
      break;
    }
    case Actor::late_payer: {
      const std::int64_t left_ns = held ? setup_.clock.record_ns(told.expires_at) - now_ns() : 0;
      const std::int64_t late_ns = (1 + random_.below(kLateMaxMs)) * kNsPerMillisecond;
      step(bought, {.verb = Verb::confirm, .body = chance(2) ? Body::paid : Body::plain},
           std::max<std::int64_t>(left_ns, 0) + setup_.clock.error_ns + late_ns);
      break;
    }
    case Actor::canceller:
      step(bought, {.verb = Verb::cancel}, think_ns(told));
      break;
    case Actor::extender:
      step(bought, {.quantity = static_cast<std::uint16_t>(random_.below(3)), .verb = Verb::extend},
           think_ns(told));
      break;
    case Actor::payment_failer:
      step(bought, {.verb = Verb::payment_failed}, think_ns(told));
      break;
    default:
      break;  // an abandoner
  }
}

void Worker::go_on_with_life(const RequestRecord& done) {
  switch (done.ask.verb) {
    case Verb::confirm:
      return go_on_after_confirm(done);
    case Verb::cancel:
      if (!done.answer.is_done() || done.tries > 0) return;
      if (chance(3)) {
        follow_up({.due_ns = now_ns() + moment_ns(), .ask = done.ask, .tries = 1});
      } else if (chance(2)) {
        step(done, {.verb = Verb::confirm, .body = Body::paid}, moment_ns());
      }
      return;
    case Verb::extend:
    case Verb::payment_failed: {
      if (!done.answer.is_done()) return;
      const Told told = record.told[done.told];
      if (told.standing == Standing::held) {
        step(done, {.verb = Verb::confirm, .body = Body::paid}, think_ns(told));
      }
      return;
    }
    case Verb::give_back:
      if (done.answer.is_done() && done.tries == 0 && chance(2)) {
        follow_up({.due_ns = now_ns() + moment_ns(), .ask = done.ask, .tries = 1});
      }
      return;
    case Verb::leave:
      if (done.answer.is(Outcome::order_not_held)) {
        step(done, {.verb = Verb::cancel}, moment_ns());  // it was offered meanwhile
      } else if (done.answer.is_done() && done.tries == 0 && chance(4)) {
        follow_up({.due_ns = now_ns() + moment_ns(), .ask = done.ask, .tries = 1});
      }
      return;
    case Verb::look:
    case Verb::buy:
      return;
  }
}

void Worker::go_on_after_confirm(const RequestRecord& done) {
  // Asked again, it must be answered alike. Without a payment, units that come back may make a yes of a no.
  const bool is_final =
      done.answer.is_done() || (done.answer.is(Outcome::hold_expired) && done.ask.body == Body::paid);
  if (!is_final || done.tries > 0) return;
  if (done.answer.is_done() && done.ask.actor == Actor::returner) {
    Ask ask{.key = new_key(), .quantity = 1, .verb = Verb::give_back};
    if (chance(4)) ask.body = Body::scrapped;
    return step(done, ask, moment_ns());
  }
  if (done.answer.is_done() && chance(8)) return step(done, {.verb = Verb::cancel}, moment_ns());
  if (chance(done.answer.is_done() ? 4 : 2)) {
    follow_up({.due_ns = now_ns() + moment_ns(), .ask = done.ask, .tries = 1});
  }
}

// A waiter has looked at its place. No answer is as good as the last one.
void Worker::go_on_in_line(const RequestRecord& done) {
  const bool knows = done.answer.is_done();
  const Told told = knows ? record.told[done.told] : still_waiting();
  if (told.standing == Standing::held) {
    return step(done, {.verb = Verb::confirm, .body = Body::paid}, think_ns(told));
  }
  if (told.standing != Standing::waiting || (!knows && !done.answer.unknown() && !is_passing(done.answer))) {
    return;
  }
  const bool impatient = done.ask.buyer % kOneInIsImpatient == 0;
  if (impatient || done.tries >= kLooksMax) {
    return step(done, {.verb = Verb::leave}, moment_ns());
  }
  follow_up({.due_ns = now_ns() + kLookPauseNs + moment_ns(), .ask = done.ask, .tries = done.tries + 1U});
}

}  // namespace doorbuster::load
