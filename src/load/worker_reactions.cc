// What came back, and what each visitor does next.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "doorbuster/base/tick.h"
#include "load/reply.h"
#include "load/worker.h"

namespace doorbuster::load {
namespace {

constexpr std::int64_t kRetryPauseNs = 20 * kNsPerMillisecond;  // doubled with every try
constexpr int kRetryDoublingsMax = 5;
constexpr std::int64_t kLatePauseNs = 200 * kNsPerMillisecond;  // refused_late asks again
constexpr std::uint32_t kLateTriesMax = 5;
constexpr std::uint32_t kLimitPushesMax = 6;
constexpr std::size_t kRequestsMax = 2 * kVisitorsMax;  // visitors and all that follows from them

}  // namespace

void Worker::follow_up(FollowUp next) {
  if (next.due_ns > last_due_ns()) return;  // the visitor goes home
  if (record.requests.size() + follow_ups_.size() >= kRequestsMax) return;
  follow_ups_.push_back(next);
  std::push_heap(follow_ups_.begin(), follow_ups_.end());
}

void Worker::on_reply(std::uint32_t tag, int status, bool replayed, std::string_view body) {
  if (read_ns_ < 0) {
    read_ns_ = now_ns();
    read_lock_ = std::unique_lock(shared_mutex);  // once for all replies of one read
  }
  RequestRecord& request = record.requests[tag];
  const Reply reply = read_reply(*setup_.writer, request.ask, status, body);
  request.answered_ns = read_ns_;
  request.answer = reply.answer;
  request.refused_line = reply.refused_line;
  request.replayed = replayed;
  request.not_durable = !reply.durable;
  --in_flight_;
  live_latency.record(read_ns_ - request.planned_ns);
  live.answered.add();
  if (reply.tells) {
    request.told = static_cast<std::uint32_t>(record.told.size());
    record.told.push_back(reply.told);
    if (setup_.hand_over_orders) hand_over(request);
  }
  if (reply.answer.is_accepted()) {
    live.accepted.add();
  } else if (reply.answer.is_unexpected()) {
    note_unexpected(fmt::format("{} {}: {}", verb_name(request.ask.verb), status, body.substr(0, 200)));
  } else if (!reply.answer.is_done() && !reply.answer.is_queued()) {
    live.refused.add();
  }
  react(request);
}

// The caller holds the mutex.
void Worker::hand_over(const RequestRecord& request) {
  const Told& told = record.told[request.told];
  if (request.ask.verb == Verb::look && told.standing == Standing::waiting) return;  // says nothing new
  const bool buys = request.ask.verb == Verb::buy;
  acknowledged.push_back({request, buys ? told.name : record.told[request.ask.about].name, told});
}

void Worker::on_read_end() {
  if (read_ns_ < 0) return;
  read_ns_ = -1;
  read_lock_.unlock();
}

void Worker::on_down(Link& link, const std::vector<std::uint32_t>& lost, const std::string& broken_reply) {
  on_read_end();  // it may come in the middle of a read
  if (!broken_reply.empty()) note_unexpected(broken_reply);
  if (link.number() == kNoLink) {
    link.close(false);
  } else {
    --links_up_;
    if (!stopping_ && !lost.empty()) ++record.connections_lost;
  }
  for (const std::uint32_t tag : lost) {
    --in_flight_;
    live.unknown.add();
    react(record.requests[tag]);
  }
}

void Worker::note_unexpected(std::string text) {
  if (record.unexpected.size() < kUnexpectedMax) record.unexpected.push_back(std::move(text));
}

void Worker::retry(const RequestRecord& done, std::int64_t pause_ns) {
  if (done.ask.verb == Verb::buy && done.ask.key == kNoKey) return;
  follow_up({.due_ns = now_ns() + pause_ns, .ask = done.ask, .tries = done.tries + 1U});
}

// What a visitor does next. `done` is its last request.
void Worker::react(const RequestRecord& done) {
  if (stopping_) return;
  const std::uint32_t tries = done.tries;
  if (done.ask.verb == Verb::look && !done.answer.is_unexpected()) return go_on_in_line(done);
  if (done.answer.unknown() || is_passing(done.answer)) {
    const std::uint32_t tries_max =
        std::max(setup_.scenario->retries, done.ask.actor == Actor::lost_reply ? 5U : 0U);
    const std::uint32_t doublings = std::min<std::uint32_t>(tries, kRetryDoublingsMax);
    if (tries < tries_max) retry(done, kRetryPauseNs << doublings);
    return;
  }
  if (done.ask.verb != Verb::buy) {
    go_on_with_life(done);
  } else if (done.answer.is_queued() || (done.answer.is_accepted() && done.ask.actor >= Actor::payer)) {
    begin_life(done);
  } else {
    react_to_buy(done);
  }
}

void Worker::react_to_buy(const RequestRecord& done) {
  const std::uint32_t tries = done.tries;
  switch (done.ask.actor) {
    case Actor::key_reuser:
      if (done.answer.is_accepted() && done.ask.body == Body::plain) {
        Ask other = done.ask;
        other.body = Body::other_quantity;
        follow_up({.due_ns = now_ns() + moment_ns(), .ask = other});
      }
      break;
    case Actor::limit_pusher:
      if (tries < kLimitPushesMax) {
        Ask more = done.ask;
        more.key = new_key();
        follow_up({.due_ns = now_ns() + moment_ns(), .ask = more, .tries = tries + 1});
      }
      break;
    case Actor::refused_late:
      if (done.answer.is(Outcome::sold_out) && tries < kLateTriesMax) retry(done, kLatePauseNs);
      break;
    default:
      break;
  }
}

}  // namespace doorbuster::load
