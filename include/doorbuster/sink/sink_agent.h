#pragma once
// Delivers the feed to one sink, at its own pace: reads behind the journal's writer, hands batches over,
// waits longer after each failure, and remembers how far the target has taken them. A thread of its own;
// neither a buy nor another sink waits for it.
//
// Where it goes on is the target's own place where it knows one, else the cursor in the data folder, which is
// written at most every kCursorNs and when there is nothing to deliver: after a crash the target is told the
// events of that time once more, with the same ids.
//
// An event that the target refuses for good goes to the dead letters, and so does each later one of the same
// order: they must not overtake it. All others go on.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "doorbuster/base/counters.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/runtime/agent.h"
#include "doorbuster/sink/sink.h"
#include "doorbuster/sink/sink_store.h"

namespace doorbuster {

enum class SinkState : std::uint8_t {
  connecting,
  delivering,  // or nothing is to be delivered
  waiting,     // after a failure, for the next try
  paused,      // by an operator
  disabled,    // by its target
  stopped,     // it cannot go on without an operator
};
std::string_view sink_state_name(SinkState state);

// Written by the sink's thread, read by any.
struct SinkMetrics {
  Counter events;   // delivered
  Counter batches;  // with events
  Counter failures;
  Counter dead_letters;  // there are now
};

class SinkAgent final : public Agent {
 public:
  static constexpr std::int64_t kTurnNs = 200 * kNsPerMillisecond;  // of work in a cycle, before it looks up
  static constexpr std::int64_t kCursorNs = kNsPerSecond;
  // Its cycles begin that far apart: who is told of fewer things at once makes everybody sync more often.
  static constexpr std::int64_t kPaceNs = 100 * kNsPerMillisecond;

  enum class News : std::uint8_t { failed, recovered, refused, disabled, stopped };
  // On the agent's thread. `failed` is told at the first failure in a row, not at each.
  using Tell = std::function<void(News news, const std::string& sink, const std::string& text)>;

  // All outlive it. `tenant`: only its events.
  SinkAgent(const SinkConfiguration& configuration, std::unique_ptr<Sink> sink, const FeedSource& source,
            std::optional<TenantId> tenant, Storage& storage, const Clock& clock, Tell tell);

  // Rung after pause(), resume() and give_up(): the thread's. Before it runs.
  void set_notifier(Notifier& notifier) { notifier_ = &notifier; }

  // --- the thread ---
  void on_thread_start() override;
  std::size_t do_work() override;  // how many events were delivered
  bool has_work() override;
  std::int64_t sleep_at_most_ns() override;

  // --- any thread ---
  // From now on it delivers nothing; what is under way ends soon. Its last cycle writes the cursor.
  void give_up() {
    stop_.store(true);
    ring();
  }
  // The next cycle does so, and it is kept over restarts. resume() also enables what was disabled, and tries
  // at once what waits or was stopped.
  void pause() { wish(Wish::pause); }
  void resume() { wish(Wish::resume); }

  struct View {
    SinkState state = SinkState::connecting;
    FeedPosition place;   // behind it nothing is delivered
    std::string reason;   // of waiting, disabled and stopped; else empty
    Tick since;           // of the state
    Tick oldest_waiting;  // of the first event that was read and is not delivered; zero: there is none
    // How old what is delivered next is.
    std::int64_t lag_ms(Tick now) const {
      if (oldest_waiting == Tick{} || now <= oldest_waiting) return 0;
      return (now.ns - oldest_waiting.ns) / kNsPerMillisecond;
    }
  };
  View view() const;
  std::uint64_t lag() const;  // durable records behind the place
  // The first record that is still needed; kNothingNeeded: none.
  std::uint64_t needed_from() const { return needed_from_.load(); }
  const SinkConfiguration& configuration() const { return configuration_; }
  const SinkMetrics& metrics() const { return metrics_; }

 private:
  enum class Wish : std::uint8_t { none, pause, resume };

  void ring() {
    if (notifier_ != nullptr) notifier_->notify();
  }
  void wish(Wish wish) {
    wish_.store(wish);
    ring();
  }
  void take_wish();
  bool may_work() const;
  bool open();
  bool find_place(const std::optional<FeedPosition>& told);
  bool step();  // false: nothing more to do now
  bool read();
  bool deliver(std::size_t count);
  bool pass_by(const std::string& reason);
  void move_to(const FeedPosition& place);
  bool failed(const std::string& reason, std::int64_t retry_after_ns = 0);
  void succeeded();
  bool end(SinkState state, const std::string& reason);
  void set_state(SinkState state, std::string reason = {});
  void save_cursor();

  const SinkConfiguration configuration_;
  const std::unique_ptr<Sink> sink_;
  const FeedSource& source_;
  const std::optional<TenantId> tenant_;
  Storage& storage_;
  const Clock& clock_;
  const Tell tell_;
  SinkMetrics metrics_;
  Notifier* notifier_ = nullptr;
  std::atomic<bool> stop_ = false;
  std::atomic<Wish> wish_ = Wish::none;
  std::atomic<std::uint64_t> needed_from_ = 0;

  mutable std::mutex mutex_;
  View view_;  // under mutex_

  // The thread's.
  SinkState state_ = SinkState::connecting;
  std::optional<SinkCursor> cursor_;  // as it is in the folder; nothing: not read yet, or there is none
  bool cursor_read_ = false;
  DeadLetters dead_letters_;
  std::optional<FeedReader> reader_;  // nothing: open() is to be called
  std::vector<FeedEvent> pending_;    // read and not delivered, from pending_at_ on
  std::size_t pending_at_ = 0;
  FeedPosition place_, through_;  // delivered through; read through
  std::int64_t cursor_ns_ = 0;    // when it was written last
  std::int64_t retry_at_ns_ = 0, back_off_ns_ = 0;
  bool has_failed_ = false;  // since the last success
  std::minstd_rand random_;
};

}  // namespace doorbuster
