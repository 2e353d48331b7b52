#include "doorbuster/stream/feed_agent.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "doorbuster/base/limits.h"
#include "doorbuster/platform/thread.h"
#include "stream/feed_connection.h"

namespace doorbuster {

// A place, until its connection comes or ends without.
class FeedAgent::Place final : public Handover {
 public:
  Place(FeedAgent& agent, const FeedQuery& query) : agent_(agent), query_(query) {}
  ~Place() override {
    if (!taken_) agent_.places_.fetch_sub(1);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void take(int socket, std::string unsent) override {
    taken_ = true;
    {
      const std::lock_guard lock(agent_.mutex_);
      agent_.arrivals_.push_back(
          std::make_unique<FeedConnection>(socket, query_, std::move(unsent), agent_.source_));
      agent_.has_arrivals_.store(true);
    }
    agent_.notifier_.notify();
  }

 private:
  FeedAgent& agent_;
  const FeedQuery query_;
  bool taken_ = false;
};

FeedAgent::FeedAgent(const FeedSource& source, const Clock& clock, Notifier& notifier, Notifier& durable)
    : source_(source), clock_(clock), notifier_(notifier), durable_(durable) {}

FeedAgent::~FeedAgent() = default;

std::unique_ptr<Handover> FeedAgent::admit(const FeedQuery& query) {
  std::uint32_t places = places_.load();
  while (places < kFeedReadersMax && !draining_.load()) {
    if (places_.compare_exchange_weak(places, places + 1)) return std::make_unique<Place>(*this, query);
  }
  return nullptr;
}

void FeedAgent::drain() {
  draining_.store(true);
  notifier_.notify();
}

void FeedAgent::on_thread_start() {
  make_this_thread_idle();
}

std::size_t FeedAgent::do_work() {
  std::size_t work = 0;
  if (has_arrivals_.load()) {
    const std::lock_guard lock(mutex_);
    has_arrivals_.store(false);
    work += arrivals_.size();
    std::move(arrivals_.begin(), arrivals_.end(), std::back_inserter(connections_));
    arrivals_.clear();
  }
  if (draining_.load()) {
    end_all();
  } else {
    const std::int64_t now_ns = clock_.monotonic_ns();
    const std::uint64_t durable = source_.durable();
    const bool is_more = durable != durable_seen_;
    if (is_more) next_look_ns_ = now_ns + kFeedPaceNs;
    durable_seen_ = durable;
    for (const auto& connection : connections_) {
      const bool asleep = connection->waits_for_events() && !connection->is_blocked() && !is_more;
      if (!asleep || now_ns >= connection->next_look_ns()) work += connection->step(clock_, metrics_);
    }
  }
  const auto over = std::erase_if(connections_, [](const auto& each) { return each->is_over(); });
  places_.fetch_sub(static_cast<std::uint32_t>(over));
  metrics_.readers.set(connections_.size());
  return work + over;
}

void FeedAgent::end_all() {
  for (const auto& connection : connections_) connection->end(clock_, metrics_);
  // What a client does not take at once is not waited for: it asks again, and nothing is lost to it.
  places_.fetch_sub(static_cast<std::uint32_t>(connections_.size()));
  connections_.clear();
}

bool FeedAgent::has_work() {
  return has_arrivals_.load();
}

std::int64_t FeedAgent::sleep_at_most_ns() {
  if (connections_.empty()) return kUntilCalled;
  std::int64_t next_ns = std::numeric_limits<std::int64_t>::max();
  for (const auto& connection : connections_) next_ns = std::min(next_ns, connection->next_look_ns());
  if (next_ns == std::numeric_limits<std::int64_t>::max()) return kUntilCalled;
  return std::max<std::int64_t>(0, next_ns - clock_.monotonic_ns());
}

// The journal's thread rings only while we are armed: never without readers, and at most once in a pace.
void FeedAgent::sleep(std::int64_t at_most_ns) {
  constexpr std::int64_t kMsMax = 3'600'000;
  const bool follows = std::any_of(connections_.begin(), connections_.end(),
                                   [](const auto& each) { return each->waits_for_events(); });
  const std::int64_t pace_ns = next_look_ns_ - clock_.monotonic_ns();
  const bool arm = follows && pace_ns <= 0;
  if (follows && !arm) at_most_ns = at_most_ns < 0 ? pace_ns : std::min(at_most_ns, pace_ns);
  int ms = at_most_ns < 0
               ? -1
               : static_cast<int>(std::min((at_most_ns + kNsPerMillisecond - 1) / kNsPerMillisecond, kMsMax));
  if (arm) {
    durable_.prepare_to_sleep();
    if (source_.durable() != durable_seen_) ms = 0;
  }
  std::vector<pollfd> waits = {{.fd = notifier_.descriptor(), .events = POLLIN, .revents = 0},
                               {.fd = durable_.descriptor(), .events = POLLIN, .revents = 0}};
  for (const auto& connection : connections_) {
    const int wants = POLLIN | POLLRDHUP | (connection->is_blocked() ? POLLOUT : 0);
    waits.push_back({.fd = connection->socket(), .events = static_cast<short>(wants), .revents = 0});
  }
  const int ready = poll(waits.data(), waits.size(), ms);
  for (std::size_t i = 0; ready > 0 && i < connections_.size(); ++i) {
    if ((waits[i + 2].revents & ~POLLOUT) != 0) connections_[i]->look_at_input();
  }
  durable_.drain();  // also of a ring that came just when we were done with the last sleep
  notifier_.drain();
}

}  // namespace doorbuster
