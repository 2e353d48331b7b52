#include "stream/fan_out.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "doorbuster/base/check.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kHeartbeatNs = 15 * kNsPerSecond;
constexpr std::int64_t kStallNs = kStreamStallMs * kNsPerMillisecond;
constexpr std::int64_t kSnapshotNs = kStreamSnapshotMs * kNsPerMillisecond;

ChunkPointer make_comment() {
  auto comment = std::make_shared<Chunk>(ChunkScope{}, ":\n");
  comment->end();
  return comment;
}

}  // namespace

FanOut::FanOut(const ChunkLog& log, Deflater& deflater, StreamMetrics& metrics, Ticks& ticks)
    : log_(log),
      deflater_(deflater),
      metrics_(metrics),
      ticks_(ticks),
      comment_(make_comment()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  DOORBUSTER_CHECK(epoll_ >= 0);
}

FanOut::~FanOut() {
  close(epoll_);
}

void FanOut::watch(int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  DOORBUSTER_CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0);
}

void FanOut::wait(int at_most_ms) {
  const int count = epoll_wait(epoll_, ready_.data(), static_cast<int>(ready_.size()), at_most_ms);
  ready_count_ = count > 0 ? static_cast<std::size_t>(count) : 0;
}

bool FanOut::add(std::unique_ptr<Subscriber> subscriber) {
  epoll_event event{};
  // By edge: once when there is room again, not all the time that there is.
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = subscriber.get();
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, subscriber->socket(), &event) != 0) return false;
  subscriber->list_index = subscribers_.size();
  if (subscriber->wants().gzip) ++gzips_;
  subscribers_.push_back(std::move(subscriber));
  metrics_.subscribers.set(subscribers_.size());
  return true;
}

std::size_t FanOut::take_ready() {
  const std::size_t taken = look_at_ready();
  wait(0);  // it may not have been wait() that brought us here
  return taken + look_at_ready();
}

// Whoever removes a subscriber does so in sweep(), so what epoll has named is still there.
std::size_t FanOut::look_at_ready() {
  std::size_t taken = 0;
  for (std::size_t i = 0; i < ready_count_; ++i) {
    auto* const subscriber = static_cast<Subscriber*>(ready_[i].data.ptr);
    if (subscriber == nullptr) continue;  // a notifier's
    const std::uint32_t events = ready_[i].events;
    if ((events & EPOLLOUT) != 0) subscriber->unblock();
    const bool ended = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (ended || ((events & EPOLLIN) != 0 && !subscriber->discard_input())) subscriber->leaving = true;
    ++taken;
  }
  ready_count_ = 0;
  return taken;
}

// What a subscriber is sent, in this order: what it came for, the log from its place on, the current tick. A
// tick that it was too slow for is not sent to it.
void FanOut::fill(Subscriber& subscriber, std::uint64_t tick) {
  while (subscriber.has_room()) {
    if (subscriber.in_prelude()) {
      subscriber.queue(subscriber.take_prelude(), deflater_);
    } else if (subscriber.next_sequence <= log_.last()) {
      if (subscriber.next_sequence < log_.first()) return;  // too slow: sweep() will say so
      const ChunkPointer& chunk = log_.at(subscriber.next_sequence++);
      if (concerns(*chunk, subscriber.wants())) subscriber.queue(chunk, deflater_);
    } else if (subscriber.tick_seen < tick) {
      subscriber.tick_seen = tick;
      for (const ChunkPointer& chunk : ticks_.current(subscriber.wants())) subscriber.queue(chunk, deflater_);
    } else {
      return;
    }
  }
}

std::size_t FanOut::write_turn(std::uint64_t tick, std::int64_t now_ns) {
  std::size_t written = 0;
  for (const auto& subscriber : subscribers_) {
    if (subscriber->blocked() || subscriber->leaving) continue;
    fill(*subscriber, tick);
    if (!subscriber->has_queued()) continue;
    std::size_t bytes = 0;
    if (subscriber->write(now_ns, bytes) == Subscriber::Wrote::gone) subscriber->leaving = true;
    written += bytes;
  }
  metrics_.bytes.add(written);
  return written;
}

void FanOut::keep_alive(std::int64_t now_ns) {
  for (const auto& subscriber : subscribers_) {
    if (now_ns - subscriber->last_write_ns() < kHeartbeatNs || subscriber->has_queued()) continue;
    subscriber->queue(comment_, deflater_);
  }
}

bool FanOut::too_slow(const Subscriber& subscriber, std::int64_t now_ns) const {
  if (subscriber.blocked() && now_ns - subscriber.last_write_ns() >= kStallNs) return true;
  if (subscriber.in_prelude() && now_ns - subscriber.since_ns() >= kSnapshotNs) return true;
  if (subscriber.next_sequence < log_.first()) return true;
  return log_.bytes_from(subscriber.next_sequence) > kStreamPendingBytesMax;
}

std::size_t FanOut::sweep(std::int64_t now_ns) {
  std::size_t removed = 0;
  for (std::size_t i = 0; i < subscribers_.size();) {
    Subscriber& subscriber = *subscribers_[i];
    if (!subscriber.leaving && too_slow(subscriber, now_ns)) {
      metrics_.dropped.add();
      subscriber.leaving = true;
    }
    if (!subscriber.leaving) {
      ++i;
      continue;
    }
    remove(subscriber);
    ++removed;
  }
  return removed;
}

void FanOut::remove(Subscriber& subscriber) {
  if (subscriber.wants().gzip) --gzips_;
  const std::size_t index = subscriber.list_index;
  std::swap(subscribers_[index], subscribers_.back());
  subscribers_[index]->list_index = index;
  subscribers_.pop_back();
  metrics_.subscribers.set(subscribers_.size());
}

std::size_t FanOut::end_all(std::int64_t now_ns) {
  while (write_turn(0, now_ns) != 0) {
  }
  for (const auto& subscriber : subscribers_) subscriber->finish();
  const std::size_t count = subscribers_.size();
  subscribers_.clear();
  gzips_ = 0;
  metrics_.subscribers.set(0);
  return count;
}

bool FanOut::all_sent(std::uint64_t sequence) const {
  return std::all_of(subscribers_.begin(), subscribers_.end(), [sequence](const auto& subscriber) {
    return subscriber->next_sequence > sequence && !subscriber->has_queued();
  });
}

std::int64_t FanOut::next_look_ns(std::int64_t limit_ns) const {
  for (const auto& subscriber : subscribers_) {
    const std::int64_t patience = subscriber->blocked() ? kStallNs : kHeartbeatNs;
    limit_ns = std::min(limit_ns, subscriber->last_write_ns() + patience);
    if (subscriber->in_prelude()) limit_ns = std::min(limit_ns, subscriber->since_ns() + kSnapshotNs);
  }
  return limit_ns;
}

}  // namespace doorbuster
