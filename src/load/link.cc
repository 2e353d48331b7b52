#include "load/link.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "load/reply_parser.h"

namespace doorbuster::load {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kReadBytes = 64U << 10;
constexpr std::size_t kBodyBytesMax = 64U << 10;  // of the reply to a buy
constexpr std::int64_t kPauseMinMs = 5;
constexpr std::int64_t kPauseMaxMs = 250;

}  // namespace

struct Link::Reader {
  std::vector<char> input = std::vector<char>(kReadBytes);
  std::size_t used = 0;
  std::string body;
  std::optional<ReplyParser> parser;
};

Link::Link(asio::io_context& io, LinkOwner& owner, const tcp::endpoint& endpoint, std::uint32_t number,
           std::uint32_t pipeline)
    : io_(io),
      owner_(owner),
      endpoint_(endpoint),
      number_(number),
      socket_(io),
      pause_(io),
      reader_(std::make_unique<Reader>()),
      in_flight_(pipeline) {}

Link::~Link() = default;

void Link::open() {
  ++generation_;
  socket_.async_connect(endpoint_,
                        [this, self = shared_from_this(), generation = generation_](const ErrorCode& error) {
                          if (generation != generation_) return;
                          if (error) {
                            ErrorCode ignored;
                            socket_.close(ignored);
                            reopen_later();
                          } else {
                            connected();
                          }
                        });
}

void Link::connected() {
  ErrorCode error;
  socket_.set_option(tcp::no_delay(true), error);
  if (!error) socket_.non_blocking(true, error);
  if (error) {
    socket_.close(error);
    return reopen_later();
  }
  up_ = true;
  pause_ms_ = 0;
  start_read();
  owner_.on_up(*this);
}

void Link::reopen_later() {
  pause_ms_ = std::clamp(pause_ms_ * 2, kPauseMinMs, kPauseMaxMs);
  pause_.expires_after(std::chrono::milliseconds(pause_ms_));
  pause_.async_wait([this, self = shared_from_this(), generation = generation_](const ErrorCode& error) {
    if (!error && generation == generation_) open();
  });
}

void Link::push(std::uint32_t tag) {
  in_flight_[(in_flight_first_ + in_flight_count_++) % in_flight_.size()] = tag;
}

void Link::flush() {
  if (!up_ || write_waits_) return;
  while (written_ < output_.size()) {
    ErrorCode error;
    written_ += socket_.write_some(asio::buffer(output_.data() + written_, output_.size() - written_), error);
    if (error == asio::error::would_block) {
      write_waits_ = true;
      socket_.async_wait(tcp::socket::wait_write, [this, self = shared_from_this(),
                                                   generation = generation_](const ErrorCode& failed) {
        if (generation != generation_ || failed) return;  // a dead connection is the reader's to report
        write_waits_ = false;
        flush();
      });
      return;
    }
    if (error) return fail("");
  }
  output_.clear();
  written_ = 0;
  if (close_when_written_) close(false);
}

void Link::start_read() {
  Reader& reader = *reader_;
  socket_.async_read_some(asio::buffer(reader.input.data() + reader.used, reader.input.size() - reader.used),
                          [this, self = shared_from_this(), generation = generation_](const ErrorCode& error,
                                                                                      std::size_t received) {
                            if (generation != generation_) return;
                            if (error) return fail("");
                            read_replies(received);
                            if (generation == generation_) start_read();
                          });
}

void Link::read_replies(std::size_t received) {
  Reader& reader = *reader_;
  const std::uint32_t generation = generation_;
  reader.used += received;
  std::size_t taken = 0;
  while (taken < reader.used) {
    if (!reader.parser) {
      if (in_flight_count_ == 0) return fail("a reply that nobody asked for");
      reader.parser.emplace(reader.body, kBodyBytesMax);
    }
    ErrorCode error;
    taken += reader.parser->put(asio::buffer(reader.input.data() + taken, reader.used - taken), error);
    if (error == boost::beast::http::error::need_more) break;
    if (error) return fail("a reply that is no HTTP/1.1: " + error.message());
    if (!reader.parser->is_done()) continue;

    const std::uint32_t tag = in_flight_[in_flight_first_];
    in_flight_first_ = (in_flight_first_ + 1) % in_flight_.size();
    --in_flight_count_;
    const bool keep = reader.parser->keep_alive();
    owner_.on_reply(tag, reader.parser->status(), reader.parser->replayed(), reader.body);
    reader.parser.reset();
    if (!keep) {
      owner_.on_read_end();
      return close(true);
    }
    if (generation != generation_) return;
  }
  if (reader.used == reader.input.size() && taken == 0) return fail("a reply header above 64 KiB");
  std::memmove(reader.input.data(), reader.input.data() + taken, reader.used - taken);
  reader.used -= taken;
  owner_.on_read_end();
}

void Link::fail(const std::string& broken_reply) {
  shut(true, broken_reply);
}

void Link::close(bool reopen) {
  shut(reopen, "");
}

void Link::shut(bool reopen, const std::string& broken_reply) {
  ++generation_;
  closed_ = !reopen;
  ErrorCode ignored;
  socket_.close(ignored);
  pause_.cancel();
  output_.clear();
  written_ = 0;
  write_waits_ = false;
  reader_->used = 0;
  reader_->parser.reset();
  std::vector<std::uint32_t> lost;
  for (; in_flight_count_ > 0; --in_flight_count_) {
    lost.push_back(in_flight_[in_flight_first_]);
    in_flight_first_ = (in_flight_first_ + 1) % in_flight_.size();
  }
  const bool was_up = std::exchange(up_, false);
  if (reopen) reopen_later();
  if (was_up) owner_.on_down(*this, lost, broken_reply);
}

}  // namespace doorbuster::load
