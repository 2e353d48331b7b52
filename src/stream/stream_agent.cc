#include "doorbuster/stream/stream_agent.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <utility>

#include "doorbuster/base/check.h"
#include "stream/fan_out.h"
#include "stream/sale_watch.h"
#include "stream/snapshots.h"
#include "stream/ticks.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kIntervalNs = kStreamIntervalMs * kNsPerMillisecond;
constexpr std::int64_t kPrepareNs = 500 * kNsPerMillisecond;  // how long before its instant an event is made
constexpr std::int64_t kIdleNs = 60 * kNsPerSecond;  // without subscribers, what they were told is kept
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kArrivalsPerCycle = 16;  // so that a crowd that comes does not hold up who is there

std::uint64_t random_epoch() {
  std::uint64_t epoch = 0;
  DOORBUSTER_CHECK(getrandom(&epoch, sizeof epoch, 0) == sizeof epoch);
  return epoch;
}

ChunkPointer ended(std::string event) {
  auto chunk = std::make_shared<Chunk>(ChunkScope{}, std::move(event));
  chunk->end();
  return chunk;
}

// An event without data tells nobody anything, but leaves its id with the client.
ChunkPointer position_mark(const StreamPosition& position) {
  return ended("id: " + format_stream_position(position) + "\n");
}

}  // namespace

class StreamAgent::Impl {
 public:
  Impl(const StreamSources& sources, StreamMetrics& metrics, int thread_descriptor)
      : sources_(sources),
        metrics_(metrics),
        log_(random_epoch(), kStreamLogBytesMax, kStreamLogChunksMax),
        watch_(sources.board),
        ticks_(watch_),
        fan_out_(log_, deflater_, metrics, ticks_),
        retry_(ended("retry: 2000\n")) {
    fan_out_.watch(thread_descriptor);
    fan_out_.watch(sources.watch.descriptor());
  }

  ~Impl() {
    for (const Arrival& arrival : arrivals_) close(arrival.socket);
  }

  void arrive(std::vector<Arrival>& arrivals) {
    for (Arrival& arrival : arrivals) arrivals_.push_back(std::move(arrival));
    arrivals.clear();
  }
  // Returns how much was done, and adds those who are gone to `left`.
  std::size_t do_work(std::uint32_t& left);
  std::uint32_t end_all();
  std::int64_t sleep_at_most_ns() const;
  void sleep(std::int64_t at_most_ns);

 private:
  void rest(std::int64_t now_ns);
  void look(std::int64_t now_ns);
  void publish();
  void take_alerts();
  void admit(Arrival arrival, std::int64_t now_ns, std::uint32_t& left);
  std::vector<ChunkPointer> snapshot_for(const Subscription& wants);
  void measure();
  bool prepare_next();
  bool something_changed() const;

  const StreamSources sources_;
  StreamMetrics& metrics_;
  Deflater deflater_;
  ChunkLog log_;
  SaleWatch watch_;
  Ticks ticks_;
  Snapshots snapshots_;
  FanOut fan_out_;
  const ChunkPointer retry_;
  std::deque<Arrival> arrivals_;
  Events events_;  // being made
  std::uint64_t catalog_seen_ = kNoCatalog;
  std::uint64_t alerts_seen_ = 0;
  Tick now_;  // never runs backwards
  std::int64_t next_compare_ns_ = 0;
  std::int64_t idle_since_ns_ = kNever;
  struct Awaited {
    Tick instant;
    std::uint64_t sequence;
  };
  std::vector<Awaited> awaited_;  // instants that not everybody has been told of

  static constexpr std::uint64_t kNoCatalog = std::numeric_limits<std::uint64_t>::max();
};

std::size_t StreamAgent::Impl::do_work(std::uint32_t& left) {
  std::size_t work = fan_out_.take_ready();
  const std::int64_t now_ns = sources_.clock.monotonic_ns();
  if (fan_out_.empty() && arrivals_.empty()) {
    rest(now_ns);
    return work;
  }
  idle_since_ns_ = kNever;
  look(now_ns);
  ticks_.renew(now_, now_ns);
  for (std::size_t i = 0; i < kArrivalsPerCycle && !arrivals_.empty(); ++i) {
    admit(std::move(arrivals_.front()), now_ns, left);
    arrivals_.pop_front();
    ++work;
  }
  fan_out_.keep_alive(now_ns);
  const std::size_t written = fan_out_.write_turn(ticks_.number(), now_ns);
  const std::size_t removed = fan_out_.sweep(now_ns);
  left += static_cast<std::uint32_t>(removed);
  measure();
  // Only when nobody has anything to wait for: it may take a while.
  if (written == 0 && prepare_next()) ++work;
  return work + written + removed;
}

// What subscribers were told is kept for a while, so that one who was the only one can go on where it was.
void StreamAgent::Impl::rest(std::int64_t now_ns) {
  if (idle_since_ns_ == kNever) idle_since_ns_ = now_ns;
  if (now_ns - idle_since_ns_ < kIdleNs || catalog_seen_ == kNoCatalog) return;
  catalog_seen_ = kNoCatalog;
  watch_.forget();
  log_.forget();
  snapshots_.forget();
}

void StreamAgent::Impl::look(std::int64_t now_ns) {
  now_ = std::max(now_, sources_.clock.wall_now());
  const std::uint64_t changes = sources_.catalog.changes();
  if (changes != catalog_seen_) {
    catalog_seen_ = changes;
    if (watch_.catalog() == nullptr) alerts_seen_ = sources_.alerts.last();
    watch_.set_catalog(sources_.catalog.get(), now_, events_);
  }
  const std::optional<Tick> passed = watch_.pass_instants(now_, events_);
  if (now_ns >= next_compare_ns_) {
    const std::size_t before = events_.size();
    watch_.take_changed(now_, events_);
    if (events_.size() != before) next_compare_ns_ = now_ns + kIntervalNs;
  }
  take_alerts();
  publish();
  if (passed && !fan_out_.empty()) awaited_.push_back({*passed, log_.last()});
}

void StreamAgent::Impl::take_alerts() {
  if (sources_.alerts.last() == alerts_seen_) return;
  const Catalog& catalog = *watch_.catalog();
  for (const AlertLog::Entry& entry : sources_.alerts.after(alerts_seen_)) {
    alerts_seen_ = entry.sequence;
    std::string text;
    append_alert_event(text, catalog, entry.alert);
    events_.push_back(
        std::make_shared<Chunk>(ChunkScope{.tenant = catalog.campaign(entry.alert.campaign).definition.tenant,
                                           .campaign = entry.alert.campaign,
                                           .operators_only = true},
                                std::move(text)));
  }
}

void StreamAgent::Impl::publish() {
  metrics_.events.add(events_.size());
  for (ChunkPointer& event : events_) {
    log_.append(event);
    snapshots_.count(*event);
  }
  events_.clear();
}

void StreamAgent::Impl::admit(Arrival arrival, std::int64_t now_ns, std::uint32_t& left) {
  const Subscription& wants = arrival.subscription;
  auto subscriber = std::make_unique<Subscriber>(arrival.socket, wants, std::move(arrival.unsent), now_ns);
  std::vector<ChunkPointer> prelude = {retry_};
  if (wants.after && log_.goes_on_from(*wants.after)) {
    subscriber->next_sequence = wants.after->sequence + 1;
    metrics_.resumed.add();
  } else {
    const auto snapshot = snapshot_for(wants);
    prelude.insert(prelude.end(), snapshot.begin(), snapshot.end());
    prelude.push_back(position_mark({.epoch = log_.epoch(), .sequence = log_.last()}));
    subscriber->next_sequence = log_.last() + 1;
    for (ChunkPointer& tick : ticks_.make(wants, now_)) prelude.push_back(std::move(tick));
  }
  subscriber->tick_seen = ticks_.number();
  subscriber->set_prelude(std::move(prelude));
  if (!fan_out_.add(std::move(subscriber))) ++left;
}

// Pages that were made before need what has been told since behind them.
std::vector<ChunkPointer> StreamAgent::Impl::snapshot_for(const Subscription& wants) {
  std::vector<ChunkPointer> chunks;
  std::uint64_t made = 0;
  std::vector<std::uint64_t> seen_to(watch_.catalog()->campaigns().size(), log_.last());
  std::uint64_t first = log_.last() + 1;
  for (const Campaign& campaign : watch_.catalog()->campaigns()) {
    const CampaignPut& put = campaign.definition;
    if (!put.listed || put.tenant != wants.tenant) continue;
    if (wants.campaign && *wants.campaign != put.campaign) continue;
    const Snapshot& snapshot = snapshots_.of(put.campaign, watch_, log_, made);
    chunks.insert(chunks.end(), snapshot.pages.begin(), snapshot.pages.end());
    seen_to[put.campaign.value] = snapshot.at;
    first = std::min(first, snapshot.at + 1);
  }
  for (std::uint64_t sequence = first; sequence <= log_.last(); ++sequence) {
    const ChunkPointer& chunk = log_.at(sequence);
    const auto& campaign = chunk->scope().campaign;
    if (campaign && sequence > seen_to[campaign->value] && concerns(*chunk, wants)) chunks.push_back(chunk);
  }
  metrics_.snapshots.add(made);
  return chunks;
}

void StreamAgent::Impl::measure() {
  if (awaited_.empty()) return;
  const Tick now = sources_.clock.wall_now();
  std::erase_if(awaited_, [&](const Awaited& awaited) {
    if (!fan_out_.all_sent(awaited.sequence)) return false;
    if (!fan_out_.empty()) metrics_.price_latency_ns.record(now.ns - awaited.instant.ns);
    return true;
  });
}

bool StreamAgent::Impl::prepare_next() {
  const std::optional<Tick> next = watch_.next_instant();
  if (!next || next->ns - sources_.clock.wall_now().ns > kPrepareNs) return false;
  return watch_.prepare(fan_out_.any_gzip() ? &deflater_ : nullptr);
}

std::uint32_t StreamAgent::Impl::end_all() {
  const std::size_t waiting = arrivals_.size();
  for (const Arrival& arrival : arrivals_) close(arrival.socket);
  arrivals_.clear();
  return static_cast<std::uint32_t>(waiting + fan_out_.end_all(sources_.clock.monotonic_ns()));
}

bool StreamAgent::Impl::something_changed() const {
  return sources_.catalog.changes() != catalog_seen_ || sources_.alerts.last() != alerts_seen_ ||
         sources_.board.has_changed(BoardReader::stream,
                                    static_cast<std::uint32_t>(watch_.catalog()->offers().size()));
}

std::int64_t StreamAgent::Impl::sleep_at_most_ns() const {
  const std::int64_t now_ns = sources_.clock.monotonic_ns();
  if (fan_out_.empty()) {
    if (catalog_seen_ == kNoCatalog) return kUntilCalled;
    return idle_since_ns_ == kNever ? 0 : std::max<std::int64_t>(0, idle_since_ns_ + kIdleNs - now_ns);
  }
  std::int64_t until_ns = fan_out_.next_look_ns(kNever);
  if (!watch_.live_campaigns().empty()) until_ns = std::min(until_ns, ticks_.next_ns());
  if (now_ns < next_compare_ns_) until_ns = std::min(until_ns, next_compare_ns_);
  std::int64_t at_most_ns = until_ns - now_ns;
  if (const std::optional<Tick> next = watch_.next_instant()) {
    const std::int64_t ahead_ns = next->ns - sources_.clock.wall_now().ns;
    at_most_ns = std::min(at_most_ns, ahead_ns > kPrepareNs ? ahead_ns - kPrepareNs : ahead_ns);
  }
  return std::max<std::int64_t>(0, at_most_ns);
}

// Shards ring when something has changed only while we are armed: never without subscribers, and at most once
// in an interval.
void StreamAgent::Impl::sleep(std::int64_t at_most_ns) {
  constexpr std::int64_t kMsMax = 3'600'000;
  int ms = at_most_ns < 0
               ? -1
               : static_cast<int>(std::min((at_most_ns + kNsPerMillisecond - 1) / kNsPerMillisecond, kMsMax));
  const bool arm = !fan_out_.empty() && sources_.clock.monotonic_ns() >= next_compare_ns_;
  if (arm) {
    sources_.watch.prepare_to_sleep();
    if (something_changed()) ms = 0;
  }
  fan_out_.wait(ms);
  sources_.watch.drain();  // also of a ring that came just when we were done with the last sleep
}

// --- the agent
// ------------------------------------------------------------------------------------------------------

StreamAgent::StreamAgent(const StreamSources& sources, Notifier& notifier, std::uint32_t subscribers_max)
    : notifier_(notifier),
      subscribers_max_(subscribers_max),
      impl_(std::make_unique<Impl>(sources, metrics_, notifier.descriptor())) {}

StreamAgent::~StreamAgent() {
  for (const Arrival& arrival : arrivals_) close(arrival.socket);
}

std::size_t StreamAgent::do_work() {
  std::size_t work = 0;
  if (has_arrivals_.load()) {
    const std::lock_guard lock(mutex_);
    has_arrivals_.store(false);
    work += arrivals_.size();
    impl_->arrive(arrivals_);
  }
  std::uint32_t left = 0;
  if (draining_.load()) {
    drain_seen_ = true;
    left = impl_->end_all();
    work += left;
  } else {
    work += impl_->do_work(left);
  }
  if (left != 0) places_.fetch_sub(left);
  return work;
}

bool StreamAgent::has_work() {
  return has_arrivals_.load() || (draining_.load() && !drain_seen_);
}

std::int64_t StreamAgent::sleep_at_most_ns() {
  return draining_.load() ? kUntilCalled : impl_->sleep_at_most_ns();
}

void StreamAgent::sleep(std::int64_t at_most_ns) {
  impl_->sleep(at_most_ns);
  notifier_.drain();
}

bool StreamAgent::reserve() {
  std::uint32_t places = places_.load();
  while (places < subscribers_max_ && !draining_.load()) {
    if (places_.compare_exchange_weak(places, places + 1)) return true;
  }
  return false;
}

void StreamAgent::give_back() {
  places_.fetch_sub(1);
}

void StreamAgent::subscribe(int socket, const Subscription& subscription, std::string unsent) {
  {
    const std::lock_guard lock(mutex_);
    arrivals_.push_back({socket, subscription, std::move(unsent)});
    has_arrivals_.store(true);
  }
  notifier_.notify();
}

void StreamAgent::drain() {
  draining_.store(true);
  notifier_.notify();
}

}  // namespace doorbuster
