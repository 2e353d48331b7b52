#include "doorbuster/sink/sink_agent.h"

#include <algorithm>
#include <array>
#include <utility>

#include "doorbuster/platform/thread.h"
#include "doorbuster/runtime/checkpoint.h"

namespace doorbuster {

std::string_view sink_state_name(SinkState state) {
  static constexpr std::array<std::string_view, 6> kNames = {"connecting", "delivering", "waiting",
                                                             "paused",     "disabled",   "stopped"};
  return kNames[static_cast<std::size_t>(state)];
}

SinkAgent::SinkAgent(const SinkConfiguration& configuration, std::unique_ptr<Sink> sink,
                     const FeedSource& source, std::optional<TenantId> tenant, Storage& storage,
                     const Clock& clock, Tell tell)
    : configuration_(configuration),
      sink_(std::move(sink)),
      source_(source),
      tenant_(tenant),
      storage_(storage),
      clock_(clock),
      tell_(std::move(tell)),
      dead_letters_(storage, configuration.id),
      random_(static_cast<std::minstd_rand::result_type>(clock.wall_now().ns)) {
  view_.since = clock.wall_now();
}

void SinkAgent::on_thread_start() {
  make_this_thread_idle();
}

std::size_t SinkAgent::do_work() {
  take_wish();
  const std::uint64_t before = metrics_.events.value();
  const std::int64_t until_ns = clock_.monotonic_ns() + kTurnNs;
  while (!stop_.load() && may_work()) {
    const bool more = reader_ ? step() : open();
    if (!more || clock_.monotonic_ns() >= until_ns) break;
  }
  if (stop_.load()) save_cursor();
  return metrics_.events.value() - before;
}

bool SinkAgent::may_work() const {
  return state_ == SinkState::connecting || state_ == SinkState::delivering ||
         (state_ == SinkState::waiting && clock_.monotonic_ns() >= retry_at_ns_);
}

bool SinkAgent::has_work() {
  if (stop_.load() || wish_.load() != Wish::none) return true;
  if (state_ == SinkState::delivering && reader_) return reader_->lag() != 0;
  return may_work();
}

std::int64_t SinkAgent::sleep_at_most_ns() {
  if (state_ == SinkState::waiting) return std::max<std::int64_t>(0, retry_at_ns_ - clock_.monotonic_ns());
  // A change that is durable and not in force yet, or a place that is not written down.
  const bool is_unfinished = reader_ && (!reader_->may_read() || !cursor_ || cursor_->place != place_);
  return state_ == SinkState::delivering && is_unfinished ? kCursorNs : kUntilCalled;
}

void SinkAgent::take_wish() {
  const Wish wish = wish_.exchange(Wish::none);
  if (wish == Wish::pause && state_ != SinkState::paused) {
    set_state(SinkState::paused);
    save_cursor();
  } else if (wish == Wish::resume && state_ != SinkState::delivering) {
    back_off_ns_ = 0;
    reader_.reset();
    set_state(SinkState::connecting);
    save_cursor();
  }
}

// The cursor first: it says whether there is anything to be done at all.
bool SinkAgent::open() {
  if (!cursor_read_) {
    auto cursor = read_sink_cursor(storage_, configuration_.id);
    Status letters = dead_letters_.open();
    if (!cursor || !letters) {
      return end(SinkState::stopped, !cursor ? cursor.error().message : letters.error().message);
    }
    cursor_read_ = true;
    cursor_ = *cursor;
    metrics_.dead_letters.set(dead_letters_.letters().size());
    if (cursor_) {
      place_ = cursor_->place;
      needed_from_.store(place_.sequence + 1);
      if (cursor_->disabled) return end(SinkState::disabled, "it was disabled by its target");
      if (cursor_->paused) {
        set_state(SinkState::paused);
        return false;
      }
    }
  }
  const auto told = sink_->open(stop_);
  if (!told && told.error().kind == ErrorKind::configuration) {
    return end(SinkState::stopped, told.error().message);
  }
  if (!told) return failed(told.error().message);
  return find_place(*told);
}

bool SinkAgent::find_place(const std::optional<FeedPosition>& told) {
  using Found = FeedReader::Found;
  pending_.clear();
  pending_at_ = 0;
  reader_.emplace(source_, tenant_);
  FeedPosition place = told.value_or(place_);
  // Who has never been told anything begins with what there is.
  if (place == FeedPosition{}) {
    const auto oldest = reader_->oldest();
    if (!oldest) return failed(oldest.error().message);
    place = *oldest;
  }
  const auto found = reader_->go_behind(place);
  if (!found) return failed(found.error().message);
  if (*found != Found::yes) {
    const std::string text = format_feed_position(place);
    end(SinkState::stopped, *found == Found::pruned
                                ? "events behind " + text + ", where it stands, are not all kept any more"
                                : "it stands at " + text +
                                      ", which is none of this folder's history: a restore gave it up, or "
                                      "it is another folder's");
    needed_from_.store(kNothingNeeded);  // there is nothing to be kept for it
    return false;
  }
  move_to(place);
  through_ = place;
  set_state(SinkState::delivering);
  return true;
}

bool SinkAgent::step() {
  if (pending_at_ == pending_.size() && !read()) return false;
  // Up to the first event that follows one which was refused.
  std::size_t count = 0;
  while (pending_at_ + count < pending_.size() &&
         !dead_letters_.holds(pending_[pending_at_ + count].subject)) {
    ++count;
  }
  if (count == 0 && pending_at_ != pending_.size()) {
    return pass_by("an earlier event of this order is a dead letter");
  }
  return deliver(count);
}

// False: there is nothing to be delivered.
bool SinkAgent::read() {
  pending_.clear();
  pending_at_ = 0;
  const Sink::Batch batch = sink_->batch();
  if (Status status = reader_->read(batch.events, batch.bytes, pending_); !status) {
    return end(SinkState::stopped, status.error().message);
  }
  through_ = reader_->position();
  {
    const std::lock_guard lock(mutex_);
    view_.oldest_waiting = pending_.empty() ? Tick{} : pending_.front().time;
  }
  if (!pending_.empty() || through_ != place_) return true;
  succeeded();
  if (clock_.monotonic_ns() - cursor_ns_ >= kCursorNs) save_cursor();
  return false;
}

bool SinkAgent::deliver(std::size_t count) {
  const auto events = std::span(pending_).subspan(pending_at_, count);
  const bool all = pending_at_ + count == pending_.size();
  const FeedPosition through = all ? through_ : events.back().at;
  const Delivery delivery = sink_->deliver(events, through, stop_);
  const std::size_t delivered = std::min(delivery.delivered, count);
  metrics_.events.add(delivered);
  if (delivered != 0) metrics_.batches.add();
  pending_at_ += delivered;
  if (delivered == count && delivery.then == Delivery::Then::go_on) {
    move_to(through);
  } else if (delivered != 0) {
    move_to(events[delivered - 1].at);
  }
  switch (delivery.then) {
    case Delivery::Then::go_on:
      succeeded();
      return true;
    case Delivery::Then::retry:
      return failed(delivery.reason, delivery.retry_after_ns);
    case Delivery::Then::refused:
      return pass_by(delivery.reason);
    case Delivery::Then::disabled:
      return end(SinkState::disabled, delivery.reason);
  }
  return false;
}

bool SinkAgent::pass_by(const std::string& reason) {
  if (dead_letters_.is_full()) {
    return failed("the dead letters are full (" + std::to_string(DeadLetters::kDeadLettersMax) +
                  "), and the next one is: " + reason);
  }
  FeedEvent& event = pending_[pending_at_];
  const Status added = dead_letters_.add({.at = event.at,
                                          .refused_at = clock_.wall_now(),
                                          .subject = event.subject,
                                          .reason = reason,
                                          .json = event.json});
  if (!added) return failed(added.error().message);
  metrics_.dead_letters.set(dead_letters_.letters().size());
  tell_(News::refused, configuration_.id, format_feed_position(event.at) + ": " + reason);
  move_to(event.at);
  ++pending_at_;
  return true;
}

void SinkAgent::move_to(const FeedPosition& place) {
  place_ = place;
  needed_from_.store(place.sequence + 1);
  {
    const std::lock_guard lock(mutex_);
    view_.place = place;
  }
  if (clock_.monotonic_ns() - cursor_ns_ >= kCursorNs) save_cursor();
}

// Waits twice as long as the last time, and somewhere between half of that and all of it: those that failed
// together do not come back together.
bool SinkAgent::failed(const std::string& reason, std::int64_t retry_after_ns) {
  if (stop_.load()) return false;
  metrics_.failures.add();
  reader_.reset();
  back_off_ns_ = std::clamp(back_off_ns_ * 2, kSinkBackOffMinMs * kNsPerMillisecond,
                            kSinkBackOffMaxMs * kNsPerMillisecond);
  const std::int64_t half = back_off_ns_ / 2;
  const std::int64_t wait_ns = half + std::uniform_int_distribution<std::int64_t>(0, half)(random_);
  retry_at_ns_ = clock_.monotonic_ns() + std::max(wait_ns, retry_after_ns);
  if (!has_failed_) tell_(News::failed, configuration_.id, reason);
  has_failed_ = true;
  set_state(SinkState::waiting, reason);
  return false;
}

void SinkAgent::succeeded() {
  back_off_ns_ = 0;
  if (std::exchange(has_failed_, false)) tell_(News::recovered, configuration_.id, "");
}

bool SinkAgent::end(SinkState state, const std::string& reason) {
  reader_.reset();
  set_state(state, reason);
  tell_(state == SinkState::disabled ? News::disabled : News::stopped, configuration_.id, reason);
  save_cursor();
  if (state == SinkState::disabled) needed_from_.store(kNothingNeeded);  // its target wants nothing any more
  return false;
}

void SinkAgent::set_state(SinkState state, std::string reason) {
  state_ = state;
  const std::lock_guard lock(mutex_);
  if (view_.state != state) view_.since = clock_.wall_now();
  view_.state = state;
  view_.reason = std::move(reason);
  view_.place = place_;
}

// A failure here is none of the delivery's: then more is told once more after a crash.
void SinkAgent::save_cursor() {
  if (!cursor_read_) return;
  const SinkCursor now = {
      .place = place_, .paused = state_ == SinkState::paused, .disabled = state_ == SinkState::disabled};
  cursor_ns_ = clock_.monotonic_ns();
  if (cursor_ == now) return;
  if (write_sink_cursor(storage_, configuration_.id, now)) cursor_ = now;
}

SinkAgent::View SinkAgent::view() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

std::uint64_t SinkAgent::lag() const {
  const std::uint64_t durable = source_.durable();
  return durable - std::min(durable, view().place.sequence);
}

}  // namespace doorbuster
