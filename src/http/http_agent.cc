#include "doorbuster/http/http_agent.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "session.h"

namespace doorbuster {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kSweepInterval{100};  // how late a deadline may be noticed
constexpr std::chrono::milliseconds kAcceptBackoff{50};   // after EMFILE and its like: no spinning
constexpr std::size_t kRepliesPerPop = 256;
constexpr std::uint32_t kCyclesPerAsioPoll = 16;
// Connections that had to wait for a request of the pool, in one duty cycle: those that go on, and those that
// give up. To refuse must not take the time that makes room for the others.
constexpr std::size_t kWaitingServedPerCycle = 256;
constexpr std::size_t kGivenUpPerCycle = 16;

using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

bool out_of_resources(const boost::system::error_code& ec) {
  return ec == asio::error::no_descriptors || ec == asio::error::no_buffer_space ||
         ec == asio::error::no_memory || ec == boost::system::errc::too_many_files_open_in_system;
}

}  // namespace

class HttpAgent::Impl {
 public:
  Impl(const HttpOptions& options, std::unique_ptr<Handler> handler, EngineDoor* door, Notifier& notifier,
       const Clock& clock, HttpMetrics& metrics, StreamDoor* stream)
      : options_(options),
        handler_(std::move(handler)),
        notifier_(notifier),
        // One thread and nobody else: without locks inside. What other threads want comes through the
        // notifier.
        context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE),
        acceptor_(context_),
        wakeup_(context_, notifier.descriptor()),
        poller_ready_(context_, poller_.descriptor()),
        sweep_timer_(context_),
        accept_timer_(context_),
        host_{options_, *handler_, door, metrics, clock, stream} {
    host_.renew_date(clock.monotonic_ns());
    wait_for_wakeup();
    sweep_later();
  }

  ~Impl() {
    wakeup_.release();  // the notifier's, not ours
    poller_ready_.release();
  }

  void listen(int listening_socket) {
    acceptor_.assign(tcp::v4(),
                     listening_socket);  // the family matters to new sockets only; accept() takes the peer's
    boost::system::error_code ec;
    acceptor_.non_blocking(true, ec);
    accept();
  }

  std::size_t do_work(bool draining, std::atomic<bool>& drained) {
    if (draining && !host_.draining) begin_drain();
    begin_round();
    std::size_t work = poller_.poll(
        [](void* owner, const SocketPoller::Ready& ready) { static_cast<Session*>(owner)->on_ready(ready); });
    served_ = work;
    served_in_turn_ += work;
    // Asio has the rare things: connections, timers, wake-ups. Under load it is asked now and then, before a
    // sleep always.
    if (work == 0 || ++cycles_ % kCyclesPerAsioPoll == 0) work += context_.poll();
    work += collect_replies();
    work += flush_dirty();
    work += serve_waiting();
    if (host_.door != nullptr) host_.door->ring_shards();
    if (host_.draining && sessions_.empty()) drained.store(true);
    return work;
  }

  bool has_work(bool draining) const {
    return (draining && !host_.draining) || (host_.door != nullptr && host_.door->has_replies());
  }

  void sleep(std::int64_t at_most_ns) {
    watch_sockets();
    if (at_most_ns < 0) {
      context_.run_one();
    } else {
      context_.run_one_for(std::chrono::nanoseconds(at_most_ns));
    }
  }
  void notify() { notifier_.notify(); }

 private:
  // A turn is over when nobody was left to serve, or when as many have been served as there are connections:
  // the kernel names them in the order in which they came.
  void begin_round() {
    const std::int64_t now_ns = host_.clock.monotonic_ns();
    if (SocketPoller::is_full(served_) && served_in_turn_ < sessions_.size()) {
      host_.turn_ns = now_ns - turn_began_ns_;
      return;
    }
    turn_began_ns_ = now_ns;
    host_.turn_ns = 0;
    served_in_turn_ = 0;
  }

  std::size_t collect_replies() {
    if (host_.door == nullptr) return 0;
    std::array<Request*, kRepliesPerPop> answered;
    std::size_t total = 0;
    for (;;) {
      const std::size_t count = host_.door->collect(answered);
      for (std::size_t i = 0; i < count; ++i)
        static_cast<Session*>(answered[i]->session)->answered(answered[i]);
      total += count;
      if (count < answered.size()) return total;
    }
  }

  // The first goes on as soon as there is room; without any, who has waited too long gives up.
  std::size_t serve_waiting() {
    if (host_.waiting.empty()) return 0;
    const std::int64_t now_ns = host_.clock.monotonic_ns();
    std::size_t served = 0, given_up = 0;
    while (!host_.waiting.empty() && served < kWaitingServedPerCycle) {
      Session* first = host_.waiting.front();
      const bool room = host_.draining || host_.door->has_room(Request::Kind::buy);
      const bool late = now_ns - first->waits_since_ns() > kRoomWaitMsMax * kNsPerMillisecond;
      if (!room && (!late || given_up++ == kGivenUpPerCycle)) break;
      ++served;  // also where it only came a part of the way: it may have replies to write
      if (!first->go_on(!room)) break;
      host_.waiting.pop_front();
    }
    return served;
  }

  std::size_t flush_dirty() {
    std::size_t flushed = 0;
    while (!host_.dirty.empty()) {
      const std::int64_t now_ns = host_.clock.monotonic_ns();
      host_.renew_date(now_ns);
      flushing_.swap(host_.dirty);
      for (Session* session : flushing_) session->flush(now_ns);
      flushed += flushing_.size();
      flushing_.clear();
    }
    for (Session* session : host_.dead) remove(session);
    host_.dead.clear();
    return flushed;
  }

  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& ec, Socket socket) {
      if (ec == asio::error::operation_aborted || !acceptor_.is_open()) return;
      if (!ec) {
        take(std::move(socket));
        return accept();
      }
      host_.metrics.accept_errors.add();
      if (!out_of_resources(ec)) return accept();
      accept_timer_.expires_after(kAcceptBackoff);
      accept_timer_.async_wait([this](const boost::system::error_code& timer_ec) {
        if (!timer_ec && acceptor_.is_open()) accept();
      });
    });
  }

  void take(Socket socket) {
    if (sessions_.size() >= options_.max_connections) {
      host_.metrics.connections_refused.add();
      host_.metrics.replies[static_cast<std::size_t>(Outcome::overloaded)].add();
      std::string text;
      append_refusal(text, {.date = host_.date, .close = true}, Outcome::overloaded,
                     {.detail = "The server has as many connections as it takes (server.max_connections)."});
      boost::system::error_code ec;
      socket.non_blocking(true, ec);
      socket.write_some(asio::buffer(text), ec);  // what does not fit at once is not worth waiting for
      socket.shutdown(tcp::socket::shutdown_send, ec);
      return;
    }
    auto session = std::make_unique<Session>(host_, std::move(socket));
    if (!session->start(poller_)) return;
    session->list_index = sessions_.size();
    sessions_.push_back(std::move(session));
  }

  void remove(Session* session) {
    const std::size_t index = session->list_index;
    std::swap(sessions_[index], sessions_.back());
    sessions_[index]->list_index = index;
    sessions_.pop_back();
  }

  // Closing the listener resets the connections that wait in it: they end in good order like the others.
  void accept_waiting() {
    boost::system::error_code ec;
    acceptor_.non_blocking(true, ec);
    for (std::uint32_t i = 0; i < options_.max_connections && !ec; ++i) {
      Socket socket = acceptor_.accept(ec);
      if (!ec) take(std::move(socket));
    }
  }

  void begin_drain() {
    accept_waiting();
    host_.draining = true;
    boost::system::error_code ec;
    acceptor_.close(ec);
    const std::int64_t now_ns = host_.clock.monotonic_ns();
    for (const auto& session : sessions_) session->drain(now_ns);
  }

  void wait_for_wakeup() {
    wakeup_.async_wait(Descriptor::wait_read, [this](const boost::system::error_code& ec) {
      if (ec) return;
      notifier_.drain();
      wait_for_wakeup();
    });
  }

  // Only to end the sleep: do_work() asks the poller itself. Armed for one sleep and not by its own handler,
  // which would run again and again while poll() is not yet done and nobody has looked at the sockets.
  void watch_sockets() {
    if (watching_sockets_) return;
    watching_sockets_ = true;
    poller_ready_.async_wait(Descriptor::wait_read,
                             [this](const boost::system::error_code&) { watching_sockets_ = false; });
  }

  void sweep_later() {
    sweep_timer_.expires_after(kSweepInterval);
    sweep_timer_.async_wait([this](const boost::system::error_code& ec) {
      if (ec) return;
      const std::int64_t now_ns = host_.clock.monotonic_ns();
      for (const auto& session : sessions_) session->check_deadline(now_ns);
      sweep_later();
    });
  }

  const HttpOptions options_;
  const std::unique_ptr<Handler> handler_;
  Notifier& notifier_;
  asio::io_context context_;
  asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor_;
  SocketPoller poller_;
  Descriptor wakeup_, poller_ready_;
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                             asio::io_context::executor_type>
      sweep_timer_, accept_timer_;
  SessionHost host_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<Session*> flushing_;
  std::int64_t turn_began_ns_ = 0;
  std::size_t served_ = 0, served_in_turn_ = 0;  // by the last poll; since the turn began
  std::uint32_t cycles_ = 0;
  bool watching_sockets_ = false;
};

HttpAgent::HttpAgent(const HttpOptions& options, std::unique_ptr<Handler> handler, EngineDoor* door,
                     Notifier& notifier, const Clock& clock, StreamDoor* stream)
    : impl_(std::make_unique<Impl>(options, std::move(handler), door, notifier, clock, metrics_, stream)) {}

HttpAgent::~HttpAgent() = default;

void HttpAgent::drain() {
  draining_.store(true);
  impl_->notify();
}

void HttpAgent::listen(int listening_socket) {
  impl_->listen(listening_socket);
}

std::size_t HttpAgent::do_work() {
  return impl_->do_work(draining_.load(), drained_);
}

bool HttpAgent::has_work() {
  return impl_->has_work(draining_.load());
}

void HttpAgent::sleep(std::int64_t at_most_ns) {
  impl_->sleep(at_most_ns);
}

}  // namespace doorbuster
