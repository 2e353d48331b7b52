// How a connection ends: in time, in order, or by going to somebody else.

#include <utility>

#include "session.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kLingerNs = kNsPerSecond;
constexpr std::int64_t kDrainGraceNs = 250 * kNsPerMillisecond;

}  // namespace

void Session::set_deadline(Deadline kind, std::int64_t now_ns, std::int64_t after_ns) {
  deadline_ = kind;
  deadline_ns_ = now_ns + after_ns;
}

void Session::update_deadline(std::int64_t now_ns) {
  if (deadline_ == Deadline::linger) return;
  const bool partial = end_ != begin_ && bytes_wanted_ != 0;
  if (partial && body_awaited_) return;  // set when the header ended; more bytes do not move it
  if (partial) {
    if (deadline_ != Deadline::header)
      set_deadline(Deadline::header, now_ns, host_.options.header_timeout_ns);
  } else if (replies_pending() == 0 && out_.empty() && room_ != Room::wait) {
    // While draining, a request that is already on its way still gets its answer.
    set_deadline(Deadline::idle, now_ns, host_.draining ? kDrainGraceNs : host_.options.idle_timeout_ns);
  } else {
    deadline_ = Deadline::none;  // the next move is ours
  }
}

void Session::check_deadline(std::int64_t now_ns) {
  if (closed_) return;
  if (now_ns >= write_deadline_ns_) {
    host_.metrics.timeouts_write.add();
    return close();
  }
  if (deadline_ == Deadline::none || now_ns < deadline_ns_) return;
  switch (deadline_) {
    case Deadline::header:
      host_.metrics.timeouts_header.add();
      break;
    case Deadline::body:
      host_.metrics.timeouts_body.add();
      break;
    case Deadline::idle:
      if (host_.draining) return begin_linger(now_ns);
      host_.metrics.timeouts_idle.add();
      break;
    default:
      break;
  }
  close();
}

void Session::drain(std::int64_t now_ns) {
  if (!closed_) update_deadline(now_ns);
}

// What is not written yet goes along: the stream's header, and replies that stand before it.
void Session::hand_over() {
  poller_->remove(socket_.native_handle());
  boost::system::error_code ec;
  const int socket = socket_.release(ec);
  if (ec) return close();
  handover_->take(socket, out_.substr(out_sent_));
  close();
}

// Closing a socket with unread bytes makes the kernel reset the connection, and the client may then never see
// the last reply. So: say that we are done, and read until the client is, for a bounded time.
void Session::begin_linger(std::int64_t now_ns) {
  boost::system::error_code ec;
  socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ec);
  if (ec) return close();
  lingering_ = true;
  bytes_wanted_ = 0;
  set_deadline(Deadline::linger, now_ns, kLingerNs);
  read();
}

void Session::close() {
  if (closed_) return;
  closed_ = true;
  handover_.reset();
  if (room_ == Room::wait) host_.waiting.leave(place_);
  boost::system::error_code ec;
  socket_.close(ec);
  // Answers that are here have nobody to go to; those under way come back to answered().
  for (std::size_t i = pending_taken_; i < pending_.size(); ++i) {
    Request* request = pending_[i].request;
    if (request != nullptr && request->answered) host_.door->give_back(request);
  }
  pending_.clear();
  pending_taken_ = 0;
  maybe_finish();
}

void Session::maybe_finish() {
  if (finished()) host_.dead.push_back(this);
}

}  // namespace doorbuster
