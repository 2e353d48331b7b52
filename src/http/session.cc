#include "session.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cstring>
#include <utility>

#include "doorbuster/http/buy_decoder.h"

namespace doorbuster {
namespace {

constexpr std::size_t kBufferBytesFirst = 16'384;  // some fifty pipelined buys
constexpr std::size_t kOutKeptBytes = 64U << 10;   // a reply buffer that once was larger is given back

bool would_block(const boost::system::error_code& ec) {
  return ec == boost::asio::error::would_block || ec == boost::asio::error::try_again;
}

}  // namespace

void SessionHost::renew_date(std::int64_t now_ns) {
  const std::int64_t second = now_ns / kNsPerSecond;
  if (second == date_second) return;
  date_second = second;
  date = http_date(clock.wall_now());
}

Session::Session(SessionHost& host, Socket socket) : host_(host), socket_(std::move(socket)) {
  host_.metrics.connections_accepted.add();
}

Session::~Session() {
  host_.metrics.connections_closed.add();
}

bool Session::start(SocketPoller& poller) {
  boost::system::error_code ec;
  socket_.non_blocking(true, ec);
  if (!ec) socket_.set_option(boost::asio::ip::tcp::no_delay(true), ec);
  if (ec || !poller.add(socket_.native_handle(), this)) return false;
  poller_ = &poller;
  update_deadline(host_.clock.monotonic_ns());
  return true;
}

ReplyFrame Session::frame(bool close, bool http_1_0, bool head_only) const {
  return {.date = host_.date, .close = close, .http_1_0 = http_1_0, .head_only = head_only};
}

// --- reading
// ------------------------------------------------------------------------------------------------------

void Session::make_room() {
  if (begin_ == end_) begin_ = end_ = 0;
  const std::size_t wanted = std::max(bytes_wanted_, end_ - begin_ + 1);
  if (buffer_ != nullptr && begin_ + wanted <= capacity_ && end_ < capacity_) return;
  if (buffer_ != nullptr && wanted <= capacity_) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  } else {
    // Bounded: frame_request() refuses what is larger than a header and a body may be.
    capacity_ = std::max(kBufferBytesFirst, 2 * wanted);
    std::unique_ptr<char[]> larger(new char[capacity_ + kBodyPaddingBytes]);
    if (buffer_ != nullptr) std::memcpy(larger.get(), buffer_.get() + begin_, end_ - begin_);
    buffer_ = std::move(larger);
  }
  end_ -= begin_;
  begin_ = 0;
}

void Session::on_ready(const SocketPoller::Ready& ready) {
  if (closed_) return;
  hung_up_ = hung_up_ || ready.hung_up;
  if (ready.writable && !writable_) {
    writable_ = true;
    mark_dirty();
  }
  if (ready.readable || ready.hung_up) {
    readable_ = true;
    read();
  }
}

void Session::read() {
  while (readable_ && !closed_ && !peer_closed_ && (lingering_ || may_parse())) {
    if (lingering_) begin_ = end_ = 0;  // thrown away: nothing that comes now will be answered
    make_room();
    boost::system::error_code ec;
    const std::size_t room = capacity_ - end_;
    const std::size_t bytes = socket_.read_some(boost::asio::buffer(buffer_.get() + end_, room), ec);
    if (would_block(ec)) {
      readable_ = false;
      return;
    }
    if (ec) return on_end(ec);
    host_.metrics.reads.add();
    host_.metrics.bytes_received.add(bytes);
    // Fewer bytes than there was room for: all has been read, and the next edge will say when there is more.
    // (epoll(7), question 9.) Unless the end has been announced, which comes as a read of nothing.
    if (bytes < room && !hung_up_) readable_ = false;
    if (lingering_) continue;
    end_ += bytes;
    const std::int64_t now_ns = host_.clock.monotonic_ns();
    host_.renew_date(now_ns);
    parse(now_ns);
  }
}

// A client may close its sending half and still wait for replies; without any there is nobody to wait for.
void Session::on_end(const boost::system::error_code& ec) {
  peer_closed_ = true;
  if (ec != boost::asio::error::eof || lingering_ || (replies_pending() == 0 && out_.empty())) return close();
  no_more_requests_ = true;
  mark_dirty();
}

bool Session::may_parse() const {
  return !closed_ && !no_more_requests_ && room_ != Room::wait &&
         replies_pending() < host_.options.max_pipeline &&
         out_.size() - out_sent_ + parked_.size() - parked_taken_ <= kReplyBytesPendingMax;
}

void Session::parse(std::int64_t now_ns) {
  std::size_t immediate = 0;
  while (may_parse() && end_ - begin_ >= std::max<std::size_t>(bytes_wanted_, 1)) {
    if (!parse_one(now_ns, immediate)) break;
  }
  if (closed_) return;
  if (immediate != 0) {
    const std::int64_t took_ns = host_.clock.monotonic_ns() - now_ns;
    for (std::size_t i = 0; i < immediate; ++i) {
      host_.metrics.decision_ns.record(took_ns);
      host_.metrics.reply_ns.record(took_ns);
    }
  }
  update_deadline(now_ns);
  // What cannot be written waits for the socket's edge. To flush it again and again would never end: flush()
  // comes here as long as a part of a request is in the buffer.
  if ((writable_ && !out_.empty()) || (no_more_requests_ && replies_pending() == 0)) mark_dirty();
  if (!no_more_requests_ && room_ != Room::wait && !may_parse())
    host_.metrics.pipeline_full.add();  // flush() goes on when replies have left
}

void Session::wait_for_room(std::int64_t now_ns) {
  if (room_ == Room::ask) {
    place_ = host_.waiting.join(this);
    waits_since_ns_ = now_ns;
    host_.metrics.room_waits.add();
  }
  room_ = Room::wait;
}

// What it has read has waited as long as the first of it.
bool Session::go_on(bool give_up) {
  room_ = give_up ? Room::give_up : Room::first;
  parse(waits_since_ns_);
  if (room_ == Room::wait) return false;
  room_ = Room::ask;
  if (!closed_) mark_dirty();  // and reads on
  return true;
}

bool Session::parse_one(std::int64_t now_ns, std::size_t& immediate) {
  const std::string_view bytes(buffer_.get() + begin_, end_ - begin_);
  HttpRequest http;
  const Framing framing = frame_request(bytes, host_.options.max_body_bytes, http);
  switch (framing.state) {
    case Framing::State::need_header:
      bytes_wanted_ = bytes.size() + 1;
      body_awaited_ = false;
      return false;
    case Framing::State::need_body:
      bytes_wanted_ = framing.bytes;
      if (!body_awaited_) {
        body_awaited_ = true;
        continue_owed_ = framing.expects_continue;
        set_deadline(Deadline::body, now_ns, host_.options.body_timeout_ns);
      }
      invite_body(now_ns);
      return false;
    case Framing::State::refused:
      refuse_and_close(framing.refusal, framing.detail);
      return false;
    case Framing::State::complete:
      break;
  }
  bytes_wanted_ = 0;
  body_awaited_ = continue_owed_ = false;
  deadline_ = Deadline::none;  // the next request has deadlines of its own
  if (!dispatch(http, now_ns, immediate)) return false;
  begin_ += framing.bytes;
  if (!http.keep_alive) no_more_requests_ = true;
  return true;
}

// "100 Continue" has its place in the order of the replies, like any other.
void Session::invite_body(std::int64_t now_ns) {
  if (!continue_owed_ || replies_pending() != 0) return;
  continue_owed_ = false;
  out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  set_deadline(Deadline::body, now_ns, host_.options.body_timeout_ns);
}

bool Session::dispatch(const HttpRequest& http, std::int64_t now_ns, std::size_t& immediate) {
  const bool close = !http.keep_alive || host_.draining;
  HandoverSlot slot{.stream = host_.stream};
  bool shed = false, waits = false;
  const RequestContext context = {.frame = frame(close, http.http_1_0, http.method == Method::head),
                                  .received_ns = now_ns,
                                  .turn_ns = host_.turn_ns,
                                  .shed = &shed,
                                  .waits = room_ == Room::give_up ? nullptr : &waits,
                                  .others_wait = room_ == Room::ask && !host_.waiting.empty(),
                                  .draining = host_.draining,
                                  .handover = &slot};
  if (host_.draining) no_more_requests_ = true;
  Outcome outcome = Outcome::ok;
  // A reply that is ready and first goes straight into the output; behind others it is parked.
  const bool first = replies_pending() == 0;
  std::string& out = first ? out_ : parked_;
  const std::size_t before = out.size();
  Request* request = host_.handler.handle(http, context, out, outcome);
  if (waits) {
    wait_for_room(now_ns);
    return false;
  }
  if (request != nullptr) {
    request->session = this;
    request->received_ns = now_ns;
    if (host_.door->submit(request)) {
      ++under_way_;
      pending_.push_back({request, 0, close, http.http_1_0, false});
      return true;
    }
    host_.door->give_back(request);
    outcome = Outcome::overloaded;
    append_refusal(out, context.frame, outcome);
  }
  if (slot.handover) {
    handover_ = std::move(slot.handover);
    no_more_requests_ = true;  // what stands behind it is not read
  }
  if (outcome == Outcome::overloaded) {
    (shed ? host_.metrics.overloaded_turn : host_.metrics.overloaded_requests).add();
  }
  ++immediate;
  host_.metrics.replies[static_cast<std::size_t>(outcome)].add();
  if (!first) pending_.push_back({nullptr, out.size() - before, close, http.http_1_0, false});
  return true;
}

void Session::refuse_and_close(Outcome outcome, std::string_view detail) {
  const bool first = replies_pending() == 0;
  std::string& out = first ? out_ : parked_;
  const std::size_t before = out.size();
  append_refusal(out, frame(true, false, false), outcome, {.detail = detail});
  host_.metrics.replies[static_cast<std::size_t>(outcome)].add();
  if (!first) pending_.push_back({nullptr, out.size() - before, true, false, false});
  no_more_requests_ = true;
}

// --- replying
// -----------------------------------------------------------------------------------------------------

void Session::answered(Request* request) {
  request->answered = true;
  --under_way_;
  if (closed_) {
    host_.door->give_back(request);
    return maybe_finish();
  }
  mark_dirty();
}

void Session::mark_dirty() {
  if (dirty_) return;
  dirty_ = true;
  host_.dirty.push_back(this);
}

void Session::take_ordered_replies(std::int64_t now_ns) {
  for (; pending_taken_ < pending_.size(); ++pending_taken_) {
    const Pending& first = pending_[pending_taken_];
    if (first.request == nullptr) {
      out_.append(parked_, parked_taken_, first.parked_bytes);
      parked_taken_ += first.parked_bytes;
      continue;
    }
    Request* request = first.request;
    if (!request->answered) break;
    const Outcome told =
        host_.handler.append_answer(*request, frame(first.close, first.http_1_0, request->head_only), out_);
    host_.metrics.replies[static_cast<std::size_t>(told)].add();
    host_.metrics.decision_ns.record(request->decided_ns - request->received_ns);
    host_.metrics.reply_ns.record(now_ns - request->received_ns);
    host_.door->give_back(request);
  }
  if (pending_taken_ == pending_.size()) {
    pending_.clear();
    pending_taken_ = 0;
    parked_.clear();
    parked_taken_ = 0;
  } else if (pending_taken_ >= host_.options.max_pipeline) {
    // A client that always has more under way: what has left makes room.
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(pending_taken_));
    pending_taken_ = 0;
    parked_.erase(0, parked_taken_);
    parked_taken_ = 0;
  }
}

void Session::flush(std::int64_t now_ns) {
  dirty_ = false;
  if (closed_) return;
  take_ordered_replies(now_ns);
  invite_body(now_ns);
  if (handover_ && replies_pending() == 0) return hand_over();
  if (writable_) write_out(now_ns);
  if (closed_ || lingering_) return;
  if (no_more_requests_) {
    if (replies_pending() == 0 && out_.empty()) peer_closed_ ? close() : begin_linger(now_ns);
    return;
  }
  if (!may_parse()) return;
  if (end_ != begin_) parse(now_ns);  // what was in the buffer when a bound stopped us
  if (readable_) read();
}

void Session::write_out(std::int64_t now_ns) {
  while (out_sent_ < out_.size()) {
    boost::system::error_code ec;
    const auto rest = boost::asio::buffer(out_.data() + out_sent_, out_.size() - out_sent_);
    const std::size_t sent = socket_.write_some(rest, ec);
    if (would_block(ec)) {
      writable_ = false;  // the next edge says when there is room
      write_deadline_ns_ = now_ns + host_.options.write_timeout_ns;
      return;
    }
    if (ec) return close();
    out_sent_ += sent;
    host_.metrics.writes.add();
    host_.metrics.bytes_sent.add(sent);
  }
  out_.clear();
  out_sent_ = 0;
  if (out_.capacity() > kOutKeptBytes) out_.shrink_to_fit();
  write_deadline_ns_ = kNoDeadline;
  update_deadline(now_ns);
}

}  // namespace doorbuster
