#pragma once
// One keep-alive connection of the load: pipelined requests out, replies in, in order. Runs on its
// generator's thread. Held by shared_ptr: a handler that was cancelled still runs, and must find its link.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace doorbuster::load {

class Link;

// What a link tells its generator. Called from within Link's functions and from the io_context.
class LinkOwner {
 public:
  virtual ~LinkOwner() = default;
  virtual void on_up(Link& link) = 0;
  // `tag` is what the request was pushed with. `body` lives until the call returns.
  virtual void on_reply(std::uint32_t tag, int status, bool replayed, std::string_view body) = 0;
  // The replies that came with one read have all been handed over.
  virtual void on_read_end() = 0;
  // `lost` were sent and will not be answered. `broken_reply` says what no HTTP/1.1 server may send, or is
  // empty.
  virtual void on_down(Link& link, const std::vector<std::uint32_t>& lost,
                       const std::string& broken_reply) = 0;
};

class Link : public std::enable_shared_from_this<Link> {
 public:
  using tcp = boost::asio::ip::tcp;

  Link(boost::asio::io_context& io, LinkOwner& owner, const tcp::endpoint& endpoint, std::uint32_t number,
       std::uint32_t pipeline);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  std::uint32_t number() const { return number_; }
  bool is_up() const { return up_; }
  bool is_closed() const { return closed_; }  // for good
  bool has_room() const { return up_ && in_flight_count_ < in_flight_.size(); }

  // Opens; on_up() follows, or another try after a pause that grows.
  void open();
  // The buffer to append one request to, which push() then announces. REQUIRES: has_room().
  std::string& output() { return output_; }
  void push(std::uint32_t tag);
  // Writes what was pushed, as far as the socket takes it; the rest follows by itself.
  void flush();
  // Closes for good, or to be opened again. on_down() is called before it returns when the link was up.
  void close(bool reopen);
  // Closes right after what was pushed is written, without reading a reply.
  void close_when_written() { close_when_written_ = true; }

 private:
  struct Reader;  // the parser's state

  void connected();
  void reopen_later();
  void start_read();
  void read_replies(std::size_t received);
  void fail(const std::string& broken_reply);
  void shut(bool reopen, const std::string& broken_reply);

  boost::asio::io_context& io_;
  LinkOwner& owner_;
  const tcp::endpoint endpoint_;
  const std::uint32_t number_;
  tcp::socket socket_;
  boost::asio::steady_timer pause_;
  std::int64_t pause_ms_ = 0;
  // Handlers of an earlier connection compare it and leave.
  std::uint32_t generation_ = 0;
  bool up_ = false;
  bool closed_ = false;
  bool write_waits_ = false;
  bool close_when_written_ = false;

  std::string output_;
  std::size_t written_ = 0;
  std::unique_ptr<Reader> reader_;
  std::vector<std::uint32_t> in_flight_;  // ring of tags, oldest at in_flight_first_
  std::size_t in_flight_first_ = 0;
  std::size_t in_flight_count_ = 0;
};

}  // namespace doorbuster::load
