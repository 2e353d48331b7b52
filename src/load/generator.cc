#include "load/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <limits>
#include <mutex>
#include <utility>

#include "doorbuster/base/tick.h"
#include "doorbuster/platform/clock.h"
#include "load/link.h"

namespace doorbuster::load {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

// Between two looks at the plan while requests are due faster than that. Batches the system calls of a fast load; it
// is part of the scheduling lag that is reported.
constexpr std::int64_t kPacingQuantumNs = 100 * kNsPerMicrosecond;
constexpr std::int64_t kConnectTimeoutNs = 5 * kNsPerSecond;
constexpr std::int64_t kOverrunNs = 10 * kNsPerSecond;  // for a backlog to be sent after the plan's end
constexpr std::int64_t kDrainNs = 5 * kNsPerSecond;     // for the last replies after that
constexpr std::int64_t kGiveUpNs = 2 * kNsPerSecond;    // without a single connection
constexpr std::int64_t kRetryPauseNs = 20 * kNsPerMillisecond;  // doubled with every try
constexpr int kRetryDoublingsMax = 5;
constexpr std::int64_t kLatePauseNs = 200 * kNsPerMillisecond;  // refused_late asks again
constexpr std::uint32_t kLateTriesMax = 5;
constexpr std::uint32_t kLimitPushesMax = 6;
constexpr std::uint32_t kTriesMax = 63;
constexpr std::uint32_t kLostVisitsMax = 64;  // connections of lost_reply at the same time
constexpr std::size_t kRequestsMax = 2 * kVisitorsMax;  // visitors and all that follows from them
constexpr std::uint32_t kNoLink = 0xffff'ffff;
constexpr std::int64_t kNoAlarm = std::numeric_limits<std::int64_t>::min();  // below every time, also before the start

// A request that follows from an earlier one.
struct FollowUp {
  std::int64_t due_ns = 0;
  Ask ask;
  std::uint32_t tries = 0;
  std::uint32_t link = kNoLink;  // of the earlier one: to be used again, or to be avoided
  bool same_link = false;
  friend bool operator<(const FollowUp& a, const FollowUp& b) { return a.due_ns > b.due_ns; }  // earliest on top
};

// A lost_reply has a connection of its own, so that only its own reply is lost.
struct LostVisit {
  std::shared_ptr<Link> link;
  Ask ask;
  std::int64_t due_ns = 0;
};

}  // namespace

class Generator::Worker final : public LinkOwner {
 public:
  Worker(const LoadSetup& setup, std::uint32_t index);
  Status connect();
  void run(std::int64_t start_ns);

  RunRecord record;
  Histogram lag;
  LiveCounters live;
  std::mutex shared_mutex;  // guards the two below
  Histogram live_latency;
  std::vector<Acknowledged> acknowledged;

 private:
  void on_up(Link& link) override;
  void on_reply(std::uint32_t tag, int status, bool replayed, std::string_view body) override;
  void on_read_end() override;
  void on_down(Link& link, const std::vector<std::uint32_t>& lost, const std::string& broken_reply) override;

  std::int64_t now_ns() const { return clock_.monotonic_ns() - start_ns_; }
  const Visitor& visitor(std::size_t ordinal) const { return setup_.plan->visitors[index_ + ordinal * setup_.threads]; }
  std::uint32_t new_key() { return static_cast<std::uint32_t>(++keys_ * setup_.threads - index_); }

  void send_due(std::int64_t now);
  void visit(const Visitor& visitor);
  void send(Link& link, const Ask& ask, std::int64_t planned_ns, std::uint32_t tries);
  void connect_to_hang_up(const Visitor& visitor);
  void stamp_and_flush();
  Link* link_with_room();
  Link* link_for(const FollowUp& next);
  void follow_up(FollowUp next);
  void react(const RequestRecord& done);
  void retry(const RequestRecord& done, std::int64_t pause_ns);
  bool finished(std::int64_t now);
  void wait(std::int64_t now);
  void reap_lost_visits();
  void note_unexpected(std::string text);

  const LoadSetup& setup_;
  const std::uint32_t index_;
  SystemClock clock_;
  Random random_;
  std::int64_t start_ns_ = 0;
  asio::io_context io_{1};
  asio::steady_timer alarm_{io_};
  std::int64_t alarm_ns_ = kNoAlarm;  // when it goes off
  tcp::endpoint endpoint_;
  std::vector<std::shared_ptr<Link>> links_;
  std::vector<LostVisit> lost_visits_;
  std::uint32_t links_up_ = 0;
  std::vector<Link*> dirty_;                       // have output that is not flushed
  std::size_t cursor_ = 0;
  std::size_t visitors_ = 0;
  std::size_t next_ = 0;     // first visitor that was not sent
  std::size_t noticed_ = 0;  // first visitor that was not due when last looked
  std::size_t stamped_ = 0;  // first request without a send time
  std::uint32_t in_flight_ = 0;
  std::uint64_t keys_ = 0;
  std::vector<FollowUp> follow_ups_;  // a heap
  std::int64_t last_up_ns_ = 0;
  std::int64_t read_ns_ = -1;  // time of the replies of the current read; -1: between reads
  std::unique_lock<std::mutex> read_lock_;
  bool stopping_ = false;
};

Generator::Worker::Worker(const LoadSetup& setup, std::uint32_t index)
    : setup_(setup), index_(index), random_(setup.scenario->seed * setup.threads + index + 1) {
  const std::size_t all = setup.plan->visitors.size();
  visitors_ = all > index ? (all - index - 1) / setup.threads + 1 : 0;
  record.planned_visitors = static_cast<std::int64_t>(visitors_);
  record.requests.reserve(visitors_ + visitors_ / 4 + 1024);
}

Status Generator::Worker::connect() {
  boost::system::error_code error;
  tcp::resolver resolver(io_);
  const auto found = resolver.resolve(setup_.target.host, setup_.target.port, error);
  tcp::socket probe(io_);
  if (!error) error = asio::error::host_not_found;
  for (const auto& candidate : found) {
    probe.close(error);
    probe.connect(candidate.endpoint(), error);
    if (error) continue;
    endpoint_ = candidate.endpoint();
    break;
  }
  if (error) {
    return fail(ErrorKind::runtime, fmt::format("cannot reach {}: {}", setup_.target.url(), error.message()));
  }
  probe.close(error);

  const std::uint32_t all = std::max(setup_.scenario->connections, setup_.threads);
  const std::uint32_t mine = all / setup_.threads + (index_ < all % setup_.threads ? 1 : 0);
  for (std::uint32_t i = 0; i < mine; ++i) {
    links_.push_back(std::make_shared<Link>(io_, *this, endpoint_, i, setup_.scenario->pipeline));
    links_.back()->open();
  }
  const std::int64_t deadline = clock_.monotonic_ns() + kConnectTimeoutNs;
  while (record.connections_opened < mine && clock_.monotonic_ns() < deadline) {
    io_.run_one_for(std::chrono::milliseconds(50));
  }
  if (links_up_ == 0) {
    return fail(ErrorKind::runtime, fmt::format("cannot reach {}: no connection was accepted", setup_.target.url()));
  }
  return {};
}

void Generator::Worker::on_up(Link& link) {
  ++record.connections_opened;
  if (link.number() != kNoLink) {
    ++links_up_;
    return;
  }
  const auto visit = std::find_if(lost_visits_.begin(), lost_visits_.end(),
                                  [&](const LostVisit& lost) { return lost.link.get() == &link; });
  link.close_when_written();
  send(link, visit->ask, visit->due_ns, 0);
  stamp_and_flush();
}

void Generator::Worker::run(std::int64_t start_ns) {
  start_ns_ = start_ns;
  last_up_ns_ = now_ns();
  while (true) {
    const std::int64_t now = now_ns();
    if (finished(now)) break;
    send_due(now);
    stamp_and_flush();
    if (io_.poll() == 0) wait(now_ns());
    reap_lost_visits();
  }
  stopping_ = true;
  for (auto& visit : lost_visits_) visit.link->close(false);
  for (auto& link : links_) link->close(false);
  io_.poll();
  record.unsent_visitors = static_cast<std::int64_t>(visitors_ - next_);
}

bool Generator::Worker::finished(std::int64_t now) {
  if (next_ == visitors_ && follow_ups_.empty() && in_flight_ == 0 && lost_visits_.empty()) return true;
  if (links_up_ > 0) last_up_ns_ = now;
  if (now - last_up_ns_ > kGiveUpNs) {
    record.gave_up = true;
    return true;
  }
  const std::int64_t end_ns = setup_.plan->duration_ns + kOverrunNs;
  if (now > end_ns && in_flight_ == 0) return true;
  return now > end_ns + kDrainNs;
}

void Generator::Worker::send_due(std::int64_t now) {
  for (; noticed_ < visitors_ && visitor(noticed_).due_ns <= now; ++noticed_) {
    lag.record(now - visitor(noticed_).due_ns);
  }
  if (now > setup_.plan->duration_ns + kOverrunNs) return;
  ++cursor_;  // one batch goes to few links, the next one to others
  while (!follow_ups_.empty() && follow_ups_.front().due_ns <= now) {
    Link* link = link_for(follow_ups_.front());
    if (link == nullptr) return;
    std::pop_heap(follow_ups_.begin(), follow_ups_.end());
    const FollowUp next = follow_ups_.back();
    follow_ups_.pop_back();
    send(*link, next.ask, next.due_ns, next.tries);
  }
  for (; next_ < noticed_; ++next_) {
    const Visitor& due = visitor(next_);
    if (due.actor == Actor::lost_reply && lost_visits_.size() < kLostVisitsMax) {
      connect_to_hang_up(due);
    } else {
      Link* link = link_with_room();
      if (link == nullptr) return;
      visit(due);
    }
  }
}

// The link under the cursor until it is full, then the next one.
Link* Generator::Worker::link_with_room() {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    Link& link = *links_[(cursor_ + i) % links_.size()];
    if (!link.has_room()) continue;
    cursor_ = (cursor_ + i) % links_.size();
    return &link;
  }
  return nullptr;
}

Link* Generator::Worker::link_for(const FollowUp& next) {
  if (next.link != kNoLink && next.same_link && links_[next.link]->has_room()) return links_[next.link].get();
  Link* link = link_with_room();
  if (link == nullptr || next.same_link || link->number() != next.link || links_.size() == 1) return link;
  ++cursor_;
  return link_with_room();
}

void Generator::Worker::visit(const Visitor& visitor) {
  Link& link = *link_with_room();
  Ask ask{.buyer = visitor.buyer, .sku = visitor.sku, .actor = visitor.actor};
  if (visitor.actor != Actor::no_key) ask.key = new_key();
  if (visitor.actor == Actor::price_checker && (*setup_.skus)[visitor.sku].price > 0) ask.body = Body::low_price;
  if (visitor.actor == Actor::double_clicker) {
    follow_up({.due_ns = visitor.due_ns + visitor.gap_ms * kNsPerMillisecond,
               .ask = ask,
               .tries = 1,
               .link = link.number(),
               .same_link = visitor.gap_ms % 2 == 0});
  }
  send(link, ask, visitor.due_ns, 0);
}

void Generator::Worker::send(Link& link, const Ask& ask, std::int64_t planned_ns, std::uint32_t tries) {
  if (link.output().empty()) dirty_.push_back(&link);
  setup_.writer->append(ask, link.output());
  link.push(static_cast<std::uint32_t>(record.requests.size()));
  RequestRecord& request = record.requests.emplace_back();
  request.planned_ns = planned_ns;
  request.ask = ask;
  request.quantity = setup_.writer->quantity(ask.body);
  request.tries = static_cast<std::uint8_t>(std::min(tries, kTriesMax)) & 63;
  ++in_flight_;
}

void Generator::Worker::connect_to_hang_up(const Visitor& visitor) {
  const Ask ask{.buyer = visitor.buyer, .key = new_key(), .sku = visitor.sku, .actor = visitor.actor};
  auto link = std::make_shared<Link>(io_, *this, endpoint_, kNoLink, 1);
  lost_visits_.push_back({link, ask, visitor.due_ns});
  link->open();  // on_up() sends
}

void Generator::Worker::stamp_and_flush() {
  if (stamped_ == record.requests.size()) return;
  const std::int64_t now = now_ns();
  live.sent.add(record.requests.size() - stamped_);
  for (; stamped_ < record.requests.size(); ++stamped_) record.requests[stamped_].sent_ns = now;
  for (Link* link : dirty_) link->flush();
  dirty_.clear();
}

void Generator::Worker::follow_up(FollowUp next) {
  if (record.requests.size() + follow_ups_.size() >= kRequestsMax) return;
  follow_ups_.push_back(next);
  std::push_heap(follow_ups_.begin(), follow_ups_.end());
}

void Generator::Worker::on_reply(std::uint32_t tag, int status, bool replayed, std::string_view body) {
  if (read_ns_ < 0) {
    read_ns_ = now_ns();
    read_lock_ = std::unique_lock(shared_mutex);  // once for all replies of one read
  }
  RequestRecord& request = record.requests[tag];
  const BuyReply reply = read_buy_reply(status, body);
  request.answered_ns = read_ns_;
  request.answer = reply.answer;
  request.replayed = replayed;
  request.not_durable = !reply.durable;
  --in_flight_;
  live_latency.record(read_ns_ - request.planned_ns);
  live.answered.add();
  if (reply.answer.is_accepted()) {
    live.accepted.add();
    request.order = static_cast<std::uint32_t>(record.orders.size());
    record.orders.push_back(reply.order);
    if (setup_.hand_over_orders) acknowledged.push_back({request, reply.order});
  } else if (reply.answer.is_unexpected()) {
    note_unexpected(fmt::format("{} {}", status, body.substr(0, 200)));
  } else {
    live.refused.add();
  }
  react(request);
}

void Generator::Worker::on_read_end() {
  if (read_ns_ < 0) return;
  read_ns_ = -1;
  read_lock_.unlock();
}

void Generator::Worker::on_down(Link& link, const std::vector<std::uint32_t>& lost, const std::string& broken_reply) {
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

void Generator::Worker::note_unexpected(std::string text) {
  if (record.unexpected.size() < kUnexpectedMax) record.unexpected.push_back(std::move(text));
}

void Generator::Worker::retry(const RequestRecord& done, std::int64_t pause_ns) {
  if (done.ask.key == kNoKey) return;
  follow_up({.due_ns = now_ns() + pause_ns, .ask = done.ask, .tries = done.tries + 1U});
}

// What a visitor does next. `done` is its last request.
void Generator::Worker::react(const RequestRecord& done) {
  if (stopping_) return;
  const std::uint32_t tries = done.tries;
  if (done.answer.unknown() || is_passing(done.answer)) {
    const std::uint32_t tries_max = std::max(setup_.scenario->retries, done.ask.actor == Actor::lost_reply ? 5U : 0U);
    const std::uint32_t doublings = std::min<std::uint32_t>(tries, kRetryDoublingsMax);
    if (tries < tries_max) retry(done, kRetryPauseNs << doublings);
    return;
  }
  const std::int64_t soon_ns = (1 + random_.below(20)) * kNsPerMillisecond;
  switch (done.ask.actor) {
    case Actor::key_reuser:
      if (done.answer.is_accepted() && done.ask.body == Body::plain) {
        Ask other = done.ask;
        other.body = Body::other_quantity;
        follow_up({.due_ns = now_ns() + soon_ns, .ask = other});
      }
      break;
    case Actor::limit_pusher:
      if (tries < kLimitPushesMax) {
        Ask more = done.ask;
        more.key = new_key();
        follow_up({.due_ns = now_ns() + soon_ns, .ask = more, .tries = tries + 1});
      }
      break;
    case Actor::refused_late:
      if (done.answer.is(Outcome::sold_out) && tries < kLateTriesMax) retry(done, kLatePauseNs);
      break;
    default:
      break;
  }
}

// Sleeps until something is due or a socket is ready, but not shorter than the pacing quantum.
void Generator::Worker::wait(std::int64_t now) {
  std::int64_t due = now + 50 * kNsPerMillisecond;  // to look at the deadlines
  if (noticed_ < visitors_) due = std::min(due, visitor(noticed_).due_ns);
  if (!follow_ups_.empty() && follow_ups_.front().due_ns > now) due = std::min(due, follow_ups_.front().due_ns);
  due = std::max(due, now + kPacingQuantumNs);
  if (alarm_ns_ < now || alarm_ns_ > due) {
    alarm_ns_ = due;
    alarm_.expires_after(std::chrono::nanoseconds(due - now));
    alarm_.async_wait([this](const boost::system::error_code& error) {
      if (!error) alarm_ns_ = kNoAlarm;
    });
  }
  io_.run_one();
}

void Generator::Worker::reap_lost_visits() {
  std::erase_if(lost_visits_, [](const LostVisit& visit) { return visit.link->is_closed(); });
}

Generator::Generator(const LoadSetup& setup, std::uint32_t index) : worker_(std::make_unique<Worker>(setup, index)) {}
Generator::~Generator() = default;
Status Generator::connect() { return worker_->connect(); }
void Generator::run(std::int64_t start_ns) { worker_->run(start_ns); }
RunRecord Generator::take_record() { return std::move(worker_->record); }
const Histogram& Generator::lag() const { return worker_->lag; }
const LiveCounters& Generator::live() const { return worker_->live; }

void Generator::take_live_latency(Histogram& to) {
  const std::lock_guard lock(worker_->shared_mutex);
  to.add(worker_->live_latency);
  worker_->live_latency.clear();
}

void Generator::take_acknowledged(std::vector<Acknowledged>& to) {
  const std::lock_guard lock(worker_->shared_mutex);
  to.insert(to.end(), worker_->acknowledged.begin(), worker_->acknowledged.end());
  worker_->acknowledged.clear();
}

}  // namespace doorbuster::load
