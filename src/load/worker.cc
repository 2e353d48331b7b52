#include "load/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "doorbuster/base/tick.h"

namespace doorbuster::load {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

// Between two looks at the plan while requests are due faster than that. Batches the system calls of a fast
// load; it is part of the scheduling lag that is reported.
constexpr std::int64_t kPacingQuantumNs = 100 * kNsPerMicrosecond;
constexpr std::int64_t kConnectTimeoutNs = 5 * kNsPerSecond;
// For a backlog to be sent after the plan's end, and for orders to be lived to theirs.
constexpr std::int64_t kOverrunNs = 10 * kNsPerSecond;
constexpr std::int64_t kDrainNs = 5 * kNsPerSecond;   // for the last replies after that
constexpr std::int64_t kGiveUpNs = 2 * kNsPerSecond;  // without a single connection
constexpr std::uint32_t kTriesMax = 63;
constexpr std::uint32_t kBasketLinesLeast = 2, kBasketLinesMost = 4;  // where the campaign has as many
constexpr std::uint32_t kLostVisitsMax = 64;  // connections of lost_reply at the same time

}  // namespace

Worker::Worker(const LoadSetup& setup, std::uint32_t index)
    : setup_(setup), index_(index), random_(setup.scenario->seed * setup.threads + index + 1) {
  const std::size_t all = setup.plan->visitors.size();
  visitors_ = all > index ? (all - index - 1) / setup.threads + 1 : 0;
  record.planned_visitors = static_cast<std::int64_t>(visitors_);
  // A million of these moved to a larger place are 60 ms in which nothing is sent or read, and each new
  // page is one or more: so they are written once before it begins.
  record.requests.resize(visitors_ + visitors_ / 4 + 1024);
  record.told.resize(visitors_ + 1024);
  record.requests.clear();
  record.told.clear();
}

Status Worker::connect() {
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
    return fail(ErrorKind::runtime,
                fmt::format("cannot reach {}: no connection was accepted", setup_.target.url()));
  }
  return {};
}

void Worker::on_up(Link& link) {
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

void Worker::run(std::int64_t start_ns) {
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

bool Worker::finished(std::int64_t now) {
  if (next_ == visitors_ && follow_ups_.empty() && in_flight_ == 0 && lost_visits_.empty()) return true;
  if (links_up_ > 0) last_up_ns_ = now;
  if (now - last_up_ns_ > kGiveUpNs) {
    record.gave_up = true;
    return true;
  }
  if (now > last_due_ns() && in_flight_ == 0) return true;
  return now > last_due_ns() + kDrainNs;
}

std::int64_t Worker::last_due_ns() const {
  return setup_.plan->duration_ns + kOverrunNs;
}

void Worker::send_due(std::int64_t now) {
  for (; noticed_ < visitors_ && visitor(noticed_).due_ns <= now; ++noticed_) {
    lag.record(now - visitor(noticed_).due_ns);
  }
  if (now > last_due_ns()) return;
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
Link* Worker::link_with_room() {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    Link& link = *links_[(cursor_ + i) % links_.size()];
    if (!link.has_room()) continue;
    cursor_ = (cursor_ + i) % links_.size();
    return &link;
  }
  return nullptr;
}

Link* Worker::link_for(const FollowUp& next) {
  if (next.link != kNoLink && next.same_link && links_[next.link]->has_room()) return links_[next.link].get();
  Link* link = link_with_room();
  if (link == nullptr || next.same_link || link->number() != next.link || links_.size() == 1) return link;
  ++cursor_;
  return link_with_room();
}

void Worker::visit(const Visitor& visitor) {
  Link& link = *link_with_room();
  Ask ask{.buyer = visitor.buyer, .sku = visitor.sku, .actor = visitor.actor};
  if (visitor.actor != Actor::no_key) ask.key = new_key();
  if (visitor.actor == Actor::price_checker && (*setup_.skus)[visitor.sku].price > 0)
    ask.body = Body::low_price;
  if (visitor.actor == Actor::waiter) ask.body = Body::waits;
  if (visitor.actor == Actor::identity_sharer) ask.body = Body::shared;
  if (visitor.actor == Actor::basket_buyer) {
    ask.body = Body::basket;
    const std::size_t lines = kBasketLinesLeast + random_.below(kBasketLinesMost - kBasketLinesLeast + 1);
    ask.lines = static_cast<std::uint8_t>(std::min(lines, setup_.skus->size()));
  }
  if (visitor.actor == Actor::double_clicker) {
    follow_up({.due_ns = visitor.due_ns + visitor.gap_ms * kNsPerMillisecond,
               .ask = ask,
               .tries = 1,
               .link = link.number(),
               .same_link = visitor.gap_ms % 2 == 0});
  }
  send(link, ask, visitor.due_ns, 0);
}

void Worker::send(Link& link, const Ask& ask, std::int64_t planned_ns, std::uint32_t tries) {
  if (link.output().empty()) dirty_.push_back(&link);
  const bool buys = ask.verb == Verb::buy;
  if (buys) {
    setup_.writer->append_buy(ask, link.output());
  } else {
    setup_.writer->append_step(ask, record.told[ask.about].name.view(), link.output());
  }
  link.push(static_cast<std::uint32_t>(record.requests.size()));
  RequestRecord& request = record.requests.emplace_back();
  request.planned_ns = planned_ns;
  request.ask = ask;
  if (buys) request.ask.quantity = setup_.writer->quantity(ask);
  request.tries = static_cast<std::uint8_t>(std::min(tries, kTriesMax)) & 63;
  ++in_flight_;
}

void Worker::connect_to_hang_up(const Visitor& visitor) {
  const Ask ask{.buyer = visitor.buyer, .key = new_key(), .sku = visitor.sku, .actor = visitor.actor};
  auto link = std::make_shared<Link>(io_, *this, endpoint_, kNoLink, 1);
  lost_visits_.push_back({link, ask, visitor.due_ns});
  link->open();  // on_up() sends
}

void Worker::stamp_and_flush() {
  if (stamped_ == record.requests.size()) return;
  const std::int64_t now = now_ns();
  live.sent.add(record.requests.size() - stamped_);
  for (; stamped_ < record.requests.size(); ++stamped_) record.requests[stamped_].sent_ns = now;
  for (Link* link : dirty_) link->flush();
  dirty_.clear();
}

// Sleeps until something is due or a socket is ready, but not shorter than the pacing quantum.
void Worker::wait(std::int64_t now) {
  std::int64_t due = now + 50 * kNsPerMillisecond;  // to look at the deadlines
  if (noticed_ < visitors_) due = std::min(due, visitor(noticed_).due_ns);
  if (!follow_ups_.empty() && follow_ups_.front().due_ns > now)
    due = std::min(due, follow_ups_.front().due_ns);
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

void Worker::reap_lost_visits() {
  std::erase_if(lost_visits_, [](const LostVisit& visit) { return visit.link->is_closed(); });
}

}  // namespace doorbuster::load
