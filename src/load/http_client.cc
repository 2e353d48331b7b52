#include "load/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "load/reply_parser.h"

namespace doorbuster::load {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kReplyBytesMax = 256U << 20;  // a campaign may have a million SKUs
constexpr std::size_t kReadBytes = 64U << 10;
constexpr int kReconnectsMax = 3;  // in a row, without a single reply between them

}  // namespace

// Every operation is asynchronous under the hood so that it can have a deadline.
struct HttpClient::Connection {
  asio::io_context io{1};
  tcp::socket socket{io};
  std::vector<char> input;
  std::size_t used = 0;  // bytes of `input` that hold something
  std::string body;

  // Runs until the operation that was started is done or the time is up; then the operation is cancelled.
  ErrorCode finish(const bool& done, ErrorCode& result, std::int64_t timeout_ms) {
    io.restart();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    while (!done && io.run_one_until(deadline) != 0) {
    }
    if (done) return result;
    ErrorCode ignored;
    socket.close(ignored);
    io.restart();
    io.run();
    return asio::error::timed_out;
  }
};

HttpClient::HttpClient(Target target, std::int64_t timeout_ms)
    : target_(std::move(target)), timeout_ms_(timeout_ms) {}
HttpClient::~HttpClient() = default;

Status HttpClient::connect() {
  auto fresh = std::make_unique<Connection>();
  ErrorCode error;
  tcp::resolver resolver(fresh->io);
  const auto endpoints = resolver.resolve(target_.host, target_.port, error);
  if (!error) {
    bool done = false;
    asio::async_connect(fresh->socket, endpoints,
                        [&](ErrorCode e, const tcp::endpoint&) { error = e, done = true; });
    error = fresh->finish(done, error, timeout_ms_);
  }
  if (error)
    return fail(ErrorKind::runtime, fmt::format("cannot reach {}: {}", target_.url(), error.message()));
  ErrorCode ignored;
  fresh->socket.set_option(tcp::no_delay(true), ignored);
  fresh->input.resize(kReadBytes);
  connection_ = std::move(fresh);
  return {};
}

Result<std::string> HttpClient::get(std::string_view path) {
  std::string body;
  int status = 0;
  const Status sent = exchange(
      1,
      [&](std::size_t, std::string& out) {
        out += fmt::format("GET {} HTTP/1.1\r\n{}Accept: application/json\r\n\r\n", path,
                           target_.common_lines());
      },
      [&](std::size_t, const HttpReply& reply) {
        status = reply.status;
        body = reply.body;
      });
  if (!sent) return tl::unexpected(sent.error());
  if (status != 200) {
    return fail(ErrorKind::runtime, fmt::format("GET {}{} answered {}: {}", target_.url(), path, status,
                                                std::string_view(body).substr(0, 300)));
  }
  return body;
}

Status HttpClient::exchange(std::size_t count, const std::function<void(std::size_t, std::string&)>& write,
                            const std::function<void(std::size_t, const HttpReply&)>& read) {
  std::size_t answered = 0;
  int failures = 0;
  while (answered < count) {
    if (!connection_) {
      if (const Status connected = connect(); !connected) return connected;
    }
    const std::size_t batch = std::min(kPipelined, count - answered);
    const std::size_t before = answered;
    const Result<std::size_t> done = exchange_once(
        answered, batch, write, [&](std::size_t i, const HttpReply& reply) { read(i, reply), ++answered; });
    failures = answered > before ? 0 : failures + 1;
    if (!done) {
      connection_.reset();
      if (failures > kReconnectsMax) return tl::unexpected(done.error());
    }
  }
  return {};
}

// Returns how many of the batch were answered; fewer than asked for when the server closed after a reply.
Result<std::size_t> HttpClient::exchange_once(
    std::size_t first, std::size_t count, const std::function<void(std::size_t, std::string&)>& write,
    const std::function<void(std::size_t, const HttpReply&)>& read) {
  Connection& c = *connection_;
  const auto broken = [&](const ErrorCode& error) {
    return fail(ErrorKind::runtime, fmt::format("{} broke off: {}", target_.url(), error.message()));
  };
  std::string requests;
  for (std::size_t i = 0; i < count; ++i) write(first + i, requests);
  ErrorCode error;
  bool done = false;
  asio::async_write(c.socket, asio::buffer(requests),
                    [&](ErrorCode e, std::size_t) { error = e, done = true; });
  if (error = c.finish(done, error, timeout_ms_); error) return broken(error);

  for (std::size_t i = 0; i < count; ++i) {
    ReplyParser parser(c.body, kReplyBytesMax);
    while (true) {
      const std::size_t taken = parser.put(asio::buffer(c.input.data(), c.used), error);
      std::copy(c.input.begin() + static_cast<std::ptrdiff_t>(taken),
                c.input.begin() + static_cast<std::ptrdiff_t>(c.used), c.input.begin());
      c.used -= taken;
      if (error && error != boost::beast::http::error::need_more) return broken(error);
      if (parser.is_done()) break;
      if (taken > 0 && c.used > 0 && !error) continue;
      if (c.used == c.input.size()) c.input.resize(c.input.size() * 2);
      std::size_t received = 0;
      done = false;
      c.socket.async_read_some(asio::buffer(c.input.data() + c.used, c.input.size() - c.used),
                               [&](ErrorCode e, std::size_t n) { error = e, received = n, done = true; });
      if (error = c.finish(done, error, timeout_ms_); error) return broken(error);
      c.used += received;
    }
    const bool keep = parser.keep_alive();
    read(first + i, {parser.status(), parser.replayed(), c.body});
    if (!keep) {
      connection_.reset();
      return i + 1;
    }
  }
  return count;
}

}  // namespace doorbuster::load
