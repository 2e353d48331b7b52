#pragma once
// The inside of a Generator: its links, its pace, and what its visitors do next.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/result.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/load/histogram.h"
#include "doorbuster/load/plan.h"
#include "doorbuster/platform/clock.h"
#include "load/generator.h"
#include "load/link.h"
#include "load/record.h"

namespace doorbuster::load {

inline constexpr std::uint32_t kNoLink = 0xffff'ffff;
inline constexpr std::int64_t kNoAlarm = std::numeric_limits<std::int64_t>::min();  // below every time

// A request that follows from an earlier one.
struct FollowUp {
  std::int64_t due_ns = 0;
  Ask ask;
  std::uint32_t tries = 0;
  std::uint32_t link = kNoLink;  // of the earlier one: to be used again, or to be avoided
  bool same_link = false;
  // A heap of them has the earliest on top.
  friend bool operator<(const FollowUp& a, const FollowUp& b) { return a.due_ns > b.due_ns; }
};

// A lost_reply has a connection of its own, so that only its own reply is lost.
struct LostVisit {
  std::shared_ptr<Link> link;
  Ask ask;
  std::int64_t due_ns = 0;
};

class Worker final : public LinkOwner {
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
  const Visitor& visitor(std::size_t ordinal) const {
    return setup_.plan->visitors[index_ + ordinal * setup_.threads];
  }
  std::uint32_t new_key() { return static_cast<std::uint32_t>(++keys_ * setup_.threads - index_); }

  // --- sending: worker.cc
  void send_due(std::int64_t now);
  void visit(const Visitor& visitor);
  void send(Link& link, const Ask& ask, std::int64_t planned_ns, std::uint32_t tries);
  void connect_to_hang_up(const Visitor& visitor);
  void stamp_and_flush();
  Link* link_with_room();
  Link* link_for(const FollowUp& next);
  bool finished(std::int64_t now);
  void wait(std::int64_t now);
  void reap_lost_visits();

  // After this nothing is sent any more.
  std::int64_t last_due_ns() const;

  // --- what follows from an answer: worker_reactions.cc
  void follow_up(FollowUp next);
  void react(const RequestRecord& done);
  void react_to_buy(const RequestRecord& done);
  void retry(const RequestRecord& done, std::int64_t pause_ns);
  void note_unexpected(std::string text);
  void hand_over(const RequestRecord& request);

  // --- an order's life: worker_life.cc
  void begin_life(const RequestRecord& bought);
  void go_on_with_life(const RequestRecord& done);
  void go_on_in_line(const RequestRecord& done);
  void go_on_after_confirm(const RequestRecord& done);
  void step(const RequestRecord& done, Ask ask, std::int64_t pause_ns);
  bool chance(std::uint32_t one_in) { return random_.below(one_in) == 0; }
  std::int64_t moment_ns() { return (1 + random_.below(20)) * kNsPerMillisecond; }
  std::int64_t think_ns(const Told& told);

  const LoadSetup& setup_;
  const std::uint32_t index_;
  SystemClock clock_;
  Random random_;
  std::int64_t start_ns_ = 0;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer alarm_{io_};
  std::int64_t alarm_ns_ = kNoAlarm;  // when it goes off
  boost::asio::ip::tcp::endpoint endpoint_;
  std::vector<std::shared_ptr<Link>> links_;
  std::vector<LostVisit> lost_visits_;
  std::uint32_t links_up_ = 0;
  std::vector<Link*> dirty_;  // have output that is not flushed
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

}  // namespace doorbuster::load
