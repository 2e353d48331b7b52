#pragma once
// One connection. Owned by its HTTP thread; lives until it is closed and every request that it sent to a
// shard has come back. No operation of the socket is ever pending: the thread says when it is ready, and it
// is read and written at once.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doorbuster/http/handler.h"
#include "doorbuster/http/http_agent.h"
#include "socket_poller.h"

namespace doorbuster {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

class Session;

// Connections whose next buy waits for a request of the pool, in the order in which they came.
class WaitingLine {
 public:
  bool empty() const { return line_.empty(); }
  Session* front() const { return line_.front(); }
  // Its place, for leave().
  std::uint64_t join(Session* session) {
    line_.push_back(session);
    return served_ + line_.size() - 1;
  }
  void pop_front() {
    line_.pop_front();
    ++served_;
    drop_gone();
  }
  void leave(std::uint64_t place) {
    line_[static_cast<std::size_t>(place - served_)] = nullptr;
    drop_gone();
  }

 private:
  void drop_gone() {
    for (; !line_.empty() && line_.front() == nullptr; ++served_) line_.pop_front();
  }
  std::deque<Session*> line_;  // null: gone
  std::uint64_t served_ = 0;   // places before the first
};

// What a session needs of its thread.
struct SessionHost {
  const HttpOptions& options;
  Handler& handler;
  EngineDoor* door;
  HttpMetrics& metrics;
  const Clock& clock;
  StreamDoor* stream;     // null: this listener has no streams
  std::string date = {};  // renewed once a second
  std::int64_t date_second = -1;
  bool draining = false;
  std::vector<Session*> dirty = {};  // have something to write or to parse, once each
  // How long the turn had been going on when its last round began. Not longer: where the thread was stopped
  // in a round, what it serves there has waited for that, and not for others.
  std::int64_t turn_ns = 0;
  WaitingLine waiting = {};         // for a request of the pool
  std::vector<Session*> dead = {};  // may be destroyed at the end of the cycle

  void renew_date(std::int64_t now_ns);
};

class Session {
 public:
  Session(SessionHost& host, Socket socket);
  ~Session();

  // False: it cannot be served, destroy it.
  bool start(SocketPoller& poller);
  // The socket has something to read or room to write.
  void on_ready(const SocketPoller::Ready& ready);
  // An answer has come back from a shard.
  void answered(Request* request);
  // It is the first of those that wait. Goes on with what it has read, or gives its buys up as `overloaded`;
  // false: it still waits.
  bool go_on(bool give_up);
  std::int64_t waits_since_ns() const { return waits_since_ns_; }
  // At the end of a duty cycle: replies in order, one write, then what was left to parse.
  void flush(std::int64_t now_ns);
  // Closes when a deadline has passed.
  void check_deadline(std::int64_t now_ns);
  // Drain: whoever asks now is told `draining`, who asks nothing is let go after a moment.
  void drain(std::int64_t now_ns);

  std::size_t list_index = 0;  // the host's place for it
  bool finished() const { return closed_ && under_way_ == 0; }

 private:
  // A reply that has its place in the order: a request at a shard, or bytes that are ready but not first.
  struct Pending {
    Request* request;  // null: `parked_bytes` of parked_
    std::size_t parked_bytes;
    bool close;
    bool http_1_0;
    bool head_only;
  };
  enum class Deadline : std::uint8_t { none, header, body, idle, linger };
  enum class Room : std::uint8_t { ask, wait, first, give_up };
  static constexpr std::int64_t kNoDeadline = std::numeric_limits<std::int64_t>::max();

  // Reads and parses until nothing is left to read or a bound stops it.
  void read();
  void on_end(const boost::system::error_code& ec);
  // Takes as many requests out of the buffer as bounds allow.
  void parse(std::int64_t now_ns);
  bool parse_one(std::int64_t now_ns, std::size_t& immediate);
  // False: it waits, and has not been taken out of the buffer.
  bool dispatch(const HttpRequest& http, std::int64_t now_ns, std::size_t& immediate);
  void wait_for_room(std::int64_t now_ns);
  void invite_body(std::int64_t now_ns);
  void refuse_and_close(Outcome outcome, std::string_view detail);
  void take_ordered_replies(std::int64_t now_ns);
  void write_out(std::int64_t now_ns);
  void make_room();
  void set_deadline(Deadline kind, std::int64_t now_ns, std::int64_t after_ns);
  void update_deadline(std::int64_t now_ns);
  void mark_dirty();
  void hand_over();
  void begin_linger(std::int64_t now_ns);
  void close();
  void maybe_finish();
  ReplyFrame frame(bool close, bool http_1_0, bool head_only) const;
  bool may_parse() const;
  std::size_t replies_pending() const { return pending_.size() - pending_taken_; }

  SessionHost& host_;
  Socket socket_;
  SocketPoller* poller_ = nullptr;
  std::unique_ptr<Handover> handover_;  // the last request was for somebody who takes connections over
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  std::size_t bytes_wanted_ = 0;  // nothing to parse before the buffer holds this many
  std::string out_;               // being written
  std::size_t out_sent_ = 0;
  std::string parked_;  // ready replies behind ones that are not
  std::size_t parked_taken_ = 0;
  std::vector<Pending> pending_;  // from pending_taken_ on
  std::size_t pending_taken_ = 0;
  std::uint32_t under_way_ = 0;  // requests at shards
  std::uint64_t place_ = 0;      // in the line of those that wait for room
  std::int64_t waits_since_ns_ = 0;
  std::int64_t deadline_ns_ = 0;
  Deadline deadline_ = Deadline::none;  // of what we read
  // Of what we write. Apart from the other, because a client that goes on asking must not put it off.
  std::int64_t write_deadline_ns_ = kNoDeadline;
  bool readable_ = false;  // there may be bytes to read
  bool writable_ = true;   // the last write took everything
  bool closed_ = false, dirty_ = false;
  Room room_ = Room::ask;          // wait: in the line. first, give_up: it goes on
  bool no_more_requests_ = false;  // the connection ends after what is pending
  bool lingering_ = false;         // the last reply is out; reading until the client has seen it
  bool hung_up_ = false;           // the end of the client's bytes is in sight
  bool peer_closed_ = false;       // it has been read
  bool body_awaited_ = false, continue_owed_ = false;
};

}  // namespace doorbuster
